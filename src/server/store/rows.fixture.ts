/** Rows for tests of the store: a municipality's draft and what belongs to it, with made-up sealed bytes. */
import { randomBytes, randomUUID } from 'node:crypto';
import {
  claimDraft,
  createHandover,
  createSession,
  createStaffSession,
  type Hands,
  pinFlow,
  setStation,
  startDraft,
  type Store,
  submitApplication,
  type Submit,
} from './index.ts';

export const limits = { idle: 3_600_000, absolute: 36_000_000 };

export interface Draft {
  municipality: string;
  sessionHash: Buffer;
  id: string;
  service: string;
}

/** A session with a draft at revision 1. */
export async function draftIn(store: Store, municipality: string, service = 'dog-tax', keepDays = 30): Promise<Draft> {
  await pinFlow(store, municipality, 'hash-1', service, { id: service });
  const { hash } = await createSession(store, municipality, limits);
  const started = await startDraft(store, {
    municipality,
    sessionHash: hash,
    id: randomUUID(),
    service,
    flowHash: 'hash-1',
    channel: 'online',
    language: 'de',
    startedOn: '2026-11-24',
    keyEpoch: '2026-11',
    wrappedKey: randomBytes(61),
    content: randomBytes(400),
    keepDays,
  });
  if (started.outcome !== 'created') throw new Error(`not created: ${started.outcome}`);
  return { municipality, sessionHash: hash, id: started.id, service };
}

/** What handing in a draft takes, to one destination unless others are named. */
export function submitOf(draft: Draft, destinations: readonly string[] = ['office'], revision = 1): Submit {
  return {
    municipality: draft.municipality,
    sessionHash: draft.sessionHash,
    application: draft.id,
    revision,
    id: randomUUID(),
    reference: randomBytes(5).toString('hex'),
    idempotencyKey: randomUUID(),
    payload: randomBytes(300),
    payloadSha256: randomBytes(32),
    summarySha256: '0'.repeat(64),
    summaryPdf: null,
    factorKind: 'birthDate',
    factorHash: randomBytes(32),
    submittedAt: new Date(),
    orders: destinations.map((destination) => ({ id: randomUUID(), destination, adapter: 'http-json', envelope: randomBytes(300) })),
  };
}

/** Hands in `count` applications to one destination; gives their municipality's deliveries' number. */
export async function queueDeliveries(store: Store, municipality: string, count: number, destination = 'office'): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    const draft = await draftIn(store, municipality);
    const done = await submitApplication(store, submitOf(draft, [destination]));
    if (done.outcome !== 'submitted') throw new Error(done.outcome);
  }
}

/** A clerk who is logged in and sits at a desk. */
export async function handsIn(
  store: Store,
  municipality: string,
  name = 'Test Clerk',
  roles: readonly string[] = ['counter'],
): Promise<Hands> {
  const session = await createStaffSession(store, municipality, { subject: randomBytes(6).toString('hex'), name, roles }, limits);
  await setStation(store, municipality, session.hash, { site: 'townhall', desk: '3' }, limits);
  return { municipality, staff: session.hash };
}

export interface HandedOver {
  draft: Draft;
  id: string;
  codeHash: Buffer;
  factorHash: Buffer;
}

/** A code for a citizen's draft. */
export async function handedOver(store: Store, draft: Draft, lasts = 30 * 86_400_000): Promise<HandedOver> {
  const made = { id: randomUUID(), codeHash: randomBytes(32), factorHash: randomBytes(32) };
  const done = await createHandover(store, { ...draft, application: draft.id, ...made, factorKind: 'pin', lasts, idle: limits.idle });
  if (!done) throw new Error('no code');
  return { draft, ...made };
}

/** Claims with a code, and the right factor unless another is given. */
export const handsOn = (store: Store, hands: Hands, { codeHash, factorHash }: HandedOver, factor = factorHash) =>
  claimDraft(store, { ...hands, codeHash, factorHashes: [randomBytes(32), factor], purpose: 'the citizen asks for help' });
