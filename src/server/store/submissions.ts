/** Handing in, and what can be seen of it afterwards. */
import type { Statements, Store } from './pool.ts';

export interface Order {
  /** Fresh UUID. */
  id: string;
  destination: string;
  adapter: string;
  /** The document to send, sealed with purpose `envelope:<destination>` at the submission's revision. */
  envelope: Buffer;
}

export interface Submit {
  municipality: string;
  /** Null for an application that no citizen's session holds. */
  sessionHash: Buffer | null;
  application: string;
  /** The revision the citizen saw in the review. */
  revision: number;
  /** Fresh UUID of the submission. */
  id: string;
  reference: string;
  /** From the form: the same for every repetition of one click. */
  idempotencyKey: string;
  /** Sealed with purposes `payload` and `summary` at `revision`. */
  payload: Buffer;
  payloadSha256: Buffer;
  /** Hex, of the summary that was confirmed: for the audit trail. */
  summarySha256: string;
  summaryPdf: Buffer | null;
  factorKind: string | null;
  factorHash: Buffer | null;
  submittedAt: Date;
  orders: readonly Order[];
}

export type Submitted =
  | { outcome: 'submitted' | 'replayed'; id: string; reference: string; submittedAt: Date; revision: number }
  | { outcome: 'stale' | 'gone' | 'reference-taken'; id: null; reference: null; submittedAt: null; revision: number | null };

/**
 * Freezes an application: submission, deliveries, status and audit in one statement and one transaction. Repeating it in any way gives the first
 * submission (`replayed`). `reference-taken`: call again with another reference.
 * @throws RangeError without orders: an application that goes nowhere is not accepted
 */
export async function submitApplication(store: Statements, wanted: Submit): Promise<Submitted> {
  if (wanted.orders.length === 0) throw new RangeError('A submission needs at least one destination.');
  const [row] = await store.query<Submitted>(
    'submit',
    `select outcome, submission_id as id, reference, submitted_at as "submittedAt", revision
     from submit_application($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
    [
      wanted.municipality,
      wanted.sessionHash,
      wanted.application,
      wanted.revision,
      wanted.id,
      wanted.reference,
      wanted.idempotencyKey,
      wanted.payload,
      wanted.payloadSha256,
      wanted.summaryPdf,
      wanted.factorKind,
      wanted.factorHash,
      wanted.submittedAt,
      wanted.orders.map((order) => order.id),
      wanted.orders.map((order) => order.destination),
      wanted.orders.map((order) => order.adapter),
      wanted.orders.map((order) => order.envelope),
      wanted.summarySha256,
    ],
  );
  return row ?? { outcome: 'gone', id: null, reference: null, submittedAt: null, revision: null };
}

/** A submission as the status and receipt pages need it. */
export interface SubmissionRow {
  id: string;
  application: string;
  service: string;
  reference: string;
  flowHash: string;
  revision: number;
  lifecycle: string;
  /** Where it goes: as it was ordered, or where people sent it afterwards. */
  destinations: string[];
  language: string;
  submittedAt: Date;
  factorKind: string | null;
  keyEpoch: string;
  wrappedKey: Buffer;
}

const submissionColumns = `s.id, s.application_id as application, s.service, s.reference, s.flow_hash as "flowHash", s.revision, a.lifecycle, a.language,
  array(select w.destination from delivery w where w.municipality = s.municipality and w.submission_id = s.id and w.followup_id is null
    and w.state <> 'redirected') as destinations,
  s.submitted_at as "submittedAt", s.factor_kind as "factorKind", s.key_epoch as "keyEpoch", s.wrapped_key as "wrappedKey"
  from submission s join application a on a.municipality = s.municipality and a.id = s.application_id where s.municipality = $1`;

async function one(
  store: Store,
  municipality: string,
  name: string,
  condition: string,
  values: readonly unknown[],
): Promise<SubmissionRow | undefined> {
  const rows = await store.transaction(municipality, (tx) =>
    tx.query<SubmissionRow>(name, `select ${submissionColumns} and ${condition}`, [municipality, ...values]),
  );
  return rows[0];
}

/** By reference and keyed hash of the second factor; a wrong factor is the same as an unknown reference. Count tries with `hitLimit` before. */
export const findSubmission = (store: Store, municipality: string, reference: string, factorHash: Buffer) =>
  one(store, municipality, 'submission-by-reference', 's.reference = $2 and s.factor_hash = $3', [reference, factorHash]);

/** The submission of an application that this session handed in: the receipt page. */
export const submissionOfSession = (store: Store, municipality: string, sessionHash: Buffer, reference: string) =>
  one(store, municipality, 'submission-by-session', 's.reference = $2 and a.session_hash = $3', [reference, sessionHash]);

/** The submission that an application of this session became: for forms that come again after handing in. */
export const submissionOfApplication = (store: Store, municipality: string, sessionHash: Buffer, application: string) =>
  one(store, municipality, 'submission-by-application', 'a.id = $2 and a.session_hash = $3', [application, sessionHash]);

/** By its id: for call-backs, which know it from the envelope. */
export const submissionById = (store: Store, municipality: string, id: string) =>
  one(store, municipality, 'submission-by-id', 's.id = $2', [id]);

/** The sealed payload and summary document. */
export async function submissionContents(
  store: Store,
  municipality: string,
  id: string,
): Promise<{ payload: Buffer; summaryPdf: Buffer | null } | undefined> {
  const rows = await store.transaction(municipality, (tx) =>
    tx.query<{ payload: Buffer; summaryPdf: Buffer | null }>(
      'submission-contents',
      `select payload, summary_pdf as "summaryPdf" from submission where municipality = $1 and id = $2`,
      [municipality, id],
    ),
  );
  return rows[0];
}

/** Adds the sealed summary document where it was not made at once. The first one counts; false when there is one already. */
export async function addSummary(store: Store, municipality: string, id: string, summaryPdf: Buffer): Promise<boolean> {
  const rows = await store.transaction(municipality, (tx) =>
    tx.query(
      'submission-summary',
      `update submission set summary_pdf = $3 where municipality = $1 and id = $2 and summary_pdf is null returning 1`,
      [municipality, id, summaryPdf],
    ),
  );
  return rows.length > 0;
}

export interface StatusEvent {
  /** Counts up in the order in which news was recorded. */
  id: string;
  status: string;
  at: Date;
  source: string;
  textKey: string | null;
  /** Sealed with purpose `status-text`, revision 0. */
  textSealed: Buffer | null;
  /** The sender's id of this news: the same news twice is recorded once. */
  externalId: string | null;
}

/** What happened to a submission, oldest first. */
export function timeline(store: Store, municipality: string, submission: string): Promise<StatusEvent[]> {
  return store.transaction(municipality, (tx) =>
    tx.query<StatusEvent>(
      'status-timeline',
      `select id::text as id, status, at, source, text_key as "textKey", text_sealed as "textSealed", external_id as "externalId" from status_event
       where municipality = $1 and submission_id = $2 order by at, id`,
      [municipality, submission],
    ),
  );
}

export interface NewStatus extends Omit<StatusEvent, 'id'> {
  municipality: string;
  submission: string;
  /** Lifecycle that follows, and from which ones it may be reached: late news never turn it back. */
  lifecycle?: { to: string; from: readonly string[] } | undefined;
}

export type Recorded = { outcome: 'recorded' | 'replayed'; lifecycle: string } | { outcome: 'unknown'; lifecycle: null };

/** Notes news about a submission. */
export async function recordStatus(store: Statements, news: NewStatus): Promise<Recorded> {
  const [row] = await store.query<Recorded>('status-record', `select * from record_status($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, [
    news.municipality,
    news.submission,
    news.status,
    news.at,
    news.source,
    news.textKey,
    news.textSealed,
    news.externalId,
    news.lifecycle?.to ?? null,
    news.lifecycle?.from ?? null,
  ]);
  return row ?? { outcome: 'unknown', lifecycle: null };
}
