/** News from the back office: verified, checked, recorded once, and never turning an application back. And what citizens see of it. */
import { faultPoint } from '#server/faults';
import { Ajv2020 } from 'ajv/dist/2020.js';
import {
  confirmDelivery,
  open,
  purposes,
  recordStatus,
  seal,
  SealBroken,
  submissionById,
  timeline,
  type KeyRing,
  type Store,
  type SubmissionRow,
} from '#server/store';
import schema from '../../../static/schemas/status-callback.v1.schema.json' with { type: 'json' };
import { takesAnswers, type DestinationSettings } from './adapters/index.ts';
import { verify } from './signature.ts';

/** `status-callback.v1`. */
interface News {
  eventId: string;
  /** `<submission>:<destination>`, from the envelope. */
  id: string;
  status: 'received' | 'in_progress' | 'information_requested' | 'decided';
  at: string;
  text?: string;
}

const fits = new Ajv2020({ strict: false }).compile<News>(schema);

/** Clocks may differ by so many milliseconds; news from further ahead is not news. */
const AHEAD = 5 * 60_000;

/** From which states each news leads on: late and doubled ones find no way (the lifecycle machine is tested against this table). */
export const LEADS_ON: Readonly<Record<News['status'], readonly string[]>> = {
  received: ['submitted', 'forwarded'],
  in_progress: ['submitted', 'forwarded', 'received', 'information_requested'],
  information_requested: ['submitted', 'forwarded', 'received', 'in_progress'],
  decided: ['submitted', 'forwarded', 'received', 'in_progress', 'information_requested'],
};

/** How a destination is named as the source of what it says. */
export const sourceOf = (destination: string): string => `backoffice:${destination}`;

export interface NewsContext {
  readonly store: Store;
  readonly keys: KeyRing;
  readonly logger: {
    info(event: 'callback', fields: object): void;
    warn(event: 'callback_refused' | 'question_unanswerable', fields: object): void;
  };
  readonly destination: (municipality: string, id: string) => DestinationSettings | undefined;
  readonly now?: () => number;
}

/**
 * Takes a call-back's raw body. 200 noted, now or before; 400 not a call-back; 401 for anything not signed by the destination it names;
 * 404 for a delivery that it never got. @throws DatabaseUnavailable
 */
export async function receiveStatus(
  { store, keys, logger, destination: settingsOf, now = store.now }: NewsContext,
  municipality: { id: string },
  headers: NodeJS.Dict<string | string[]>,
  body: Buffer,
): Promise<{ status: number; body: string }> {
  const refuse = (status: number, reason: string) => {
    logger.warn('callback_refused', { municipality: municipality.id, status, reason });
    return { status, body: reason };
  };
  const news = readNews(body);
  if (!news) return refuse(400, 'invalid');
  const [submission = '', destination = ''] = news.id.split(':');
  const settings = settingsOf(municipality.id, destination);
  if (!settings || headers['webhook-id'] !== news.eventId || !verify(settings.secrets, headers, body, now()))
    return refuse(401, 'unauthorized');
  if (!(Date.parse(news.at) <= now() + AHEAD)) return refuse(400, 'invalid');
  const row = await submissionById(store, municipality.id, submission);
  if (!row?.destinations.includes(destination)) return refuse(404, 'unknown');
  const source = sourceOf(destination);
  faultPoint('status-verified');
  const { outcome } = await recordStatus(store, {
    municipality: municipality.id,
    submission,
    status: news.status,
    at: new Date(news.at),
    source,
    textKey: null,
    textSealed: news.text ? await sealedText(keys, municipality.id, row, news.text) : null,
    externalId: `${source}:${news.eventId}`,
    lifecycle: { to: news.status, from: LEADS_ON[news.status] },
  });
  faultPoint('status-recorded');
  await confirmDelivery(store, municipality.id, news.id, source);
  logger.info('callback', { municipality: municipality.id, destination, status: 200, news: news.status, outcome });
  if (news.status === 'information_requested' && !takesAnswers(settings))
    logger.warn('question_unanswerable', { municipality: municipality.id, destination });
  return { status: 200, body: outcome };
}

function readNews(body: Buffer): News | undefined {
  try {
    const parsed: unknown = JSON.parse(body.toString());
    return fits(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

const textContext = (municipality: string, row: SubmissionRow) => ({
  municipality,
  application: row.application,
  purpose: purposes.statusText,
  revision: 0,
});

async function sealedText(keys: KeyRing, municipality: string, row: SubmissionRow, text: string): Promise<Buffer> {
  const key = await keys.unwrap(municipality, row.keyEpoch, row.wrappedKey);
  return seal(key, textContext(municipality, row), Buffer.from(text));
}

/** One thing that happened to an application. */
export interface TimelineEntry {
  /** Counts up in the order in which it became known here. */
  readonly id: string;
  /** The office's own id of this news. */
  readonly eventId?: string;
  readonly status: string;
  readonly at: Date;
  /** What the back office wrote to the applicant: plain text, line breaks kept. Escape it like any other. */
  readonly text?: string;
}

/** What happened to a submission, oldest first. */
export async function statusTimeline(store: Store, keys: KeyRing, municipality: string, row: SubmissionRow): Promise<TimelineEntry[]> {
  const events = await timeline(store, municipality, row.id);
  const key = events.some((event) => event.textSealed) ? await keys.unwrap(municipality, row.keyEpoch, row.wrappedKey) : undefined;
  return events.map(({ id, status, at, source, textSealed, externalId }) => {
    const text = key && textSealed ? shownText(key, municipality, row, textSealed) : undefined;
    const eventId = source.startsWith('backoffice:') ? externalId?.slice(source.length + 1) : undefined;
    return { id, status, at, ...(text && { text }), ...(eventId && { eventId }) };
  });
}

/** Without control characters and without those that turn the direction of reading. A text that does not open must not hide the rest. */
function shownText(key: Buffer, municipality: string, row: SubmissionRow, sealed: Buffer): string | undefined {
  try {
    return open(key, textContext(municipality, row), sealed)
      .toString()
      .replace(/\r\n?|[\u2028\u2029]/g, '\n')
      .replace(/(?!\n)[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '')
      .trim();
  } catch (error) {
    if (error instanceof SealBroken) return undefined;
    throw error;
  }
}
