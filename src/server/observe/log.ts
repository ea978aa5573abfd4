/**
 * The log: one JSON line per event. A line is an event name and fields of the list below, each in the shape the list asks for. What a person typed
 * cannot reach a log, because there is no field for it: anything else is left out and only counted. Redaction by a list of secret names would
 * miss the name nobody thought of.
 */
import { destination, pino } from 'pino';
import type { Logger as StoreLogger } from '#server/store';

/** `code`: an id, a code, a number or yes/no, never a sentence. `codes`: a list of them. */
type Shape = 'code' | 'codes';

const FIELDS = new Map<string, Shape>([
  ...(
    [
      'attempt',
      'correlation',
      'count',
      'delivery',
      'destination',
      'drafts',
      'error',
      'flow',
      'held',
      'method',
      'milliseconds',
      'municipality',
    ] as const
  ).map((name) => [name, 'code'] as const),
  ...(['outcome', 'pid', 'port', 'reason', 'route', 'rule', 'service', 'sessions', 'severity', 'status', 'uploads'] as const).map(
    (name) => [name, 'code'] as const,
  ),
  ['applied', 'codes'],
]);

/**
 * Events about the operator's own files and machine may hold sentences: they are made at start or by the store, from no request.
 * `place` of a failed request is a place in our code.
 */
const SENTENCES = new Map<string, readonly string[]>([
  ['configuration', ['file', 'place', 'message', 'remedy']],
  ['flow', ['file', 'place', 'message', 'remedy']],
  ['secret', ['message']],
  ['request_failed', ['place']],
]);
const STORE_SENTENCES = ['reason', 'path'];

/** Route ids of Kit have brackets: `/[lang=lang]/apply/[service]`. */
const CODE = /^[\w.:/+@#[\]()=-]{1,160}$/;
const LONGEST_SENTENCE = 500;
const MOST_CODES = 100;

export interface PortalLogger {
  /** `event` is a name written in the code, never made of anything else. */
  info(event: string, fields?: object): void;
  warn(event: string, fields?: object): void;
  error(event: string, fields?: object): void;
  /** The same log for rooms that name the event last. */
  readonly forStore: StoreLogger;
}

type Level = 'info' | 'warn' | 'error';

/** Line breaks would make two events of one, and control characters play with terminals. */
// eslint-disable-next-line no-control-regex
const oneLine = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').slice(0, LONGEST_SENTENCE);

function isCode(value: unknown): boolean {
  return (
    (typeof value === 'string' && CODE.test(value)) || (typeof value === 'number' && Number.isFinite(value)) || typeof value === 'boolean'
  );
}

function allowed(fields: object, sentences: readonly string[]): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  let dropped = 0;
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    const shape = FIELDS.get(name);
    if (shape === 'code' && isCode(value)) kept[name] = value;
    else if (shape === 'codes' && Array.isArray(value)) kept[name] = value.filter(isCode).slice(0, MOST_CODES);
    else if (typeof value === 'string' && sentences.includes(name)) kept[name] = oneLine(value);
    else dropped++;
  }
  // How much is missing may be known, what it was may not: even a name can come from outside.
  return dropped > 0 ? { ...kept, dropped } : kept;
}

export interface LoggerOptions {
  /** `debug`, `info`, `warn`, `error` or `silent`; anything else counts as `info`. */
  readonly level?: string | undefined;
  /** Takes the lines instead of standard output. */
  readonly write?: (line: string) => void;
}

/** Makes the log. Lines are written at once: there are few of them, and the last before a crash matter most. */
export function createLogger({ level = process.env.SCHALTER_LOG, write }: LoggerOptions = {}): PortalLogger {
  const log = pino(
    {
      base: undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
      level: level !== undefined && (Object.hasOwn(pino.levels.values, level) || level === 'silent') ? level : 'info',
      formatters: { level: (label) => ({ level: label }) },
    },
    write ? { write } : destination({ dest: 1, sync: true }),
  );
  const line = (level: Level, event: string, fields: object, sentences: readonly string[]): void =>
    log[level]({ event: oneLine(event), ...allowed(fields, sentences) });
  const named =
    (level: Level) =>
    (event: string, fields: object = {}) =>
      line(level, event, fields, SENTENCES.get(event) ?? []);
  const ofStore = (level: Level) => (fields: object, event: string) => line(level, event, fields, STORE_SENTENCES);
  return {
    info: named('info'),
    warn: named('warn'),
    error: named('error'),
    forStore: { info: ofStore('info'), warn: ofStore('warn'), error: ofStore('error') },
  };
}
