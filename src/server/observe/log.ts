/** The log: one JSON line an event, of the events and fields in `events.ts` and nothing else. */
import { destination as pinoDestination, pino } from 'pino';
import type { Logger as StoreLogger } from '#server/store';
import { EVENTS, STORE_EVENTS, type EventName, type FieldForm } from './events.ts';

export interface PortalLogger {
  info(event: EventName, fields?: object): void;
  warn(event: EventName, fields?: object): void;
  error(event: EventName, fields?: object): void;
  /** The same log for the store, which says what happened in a sentence. */
  readonly forStore: StoreLogger;
}

const LEVELS = ['debug', 'info', 'warn', 'error', 'silent'];
const LONGEST = 500;

const ID = /^(?:[a-z][a-z0-9-]{0,60}|[0-9a-f]{8,64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;
/** Names of errors, and reasons of our own: one word, a status at its end. */
const CODE = /^[A-Za-z][A-Za-z_.:-]{0,60}\d{0,3}$/;
const ROUTE = /^(?:none|\/[a-z0-9./[\]()=-]{0,200})$/;
/** A line of a stack trace: a function and a place in a program. */
const FRAME = /^at (?:(?:async |new )?[\w.$<>]+ \()?[\w./:@$-]+:\d+:\d+\)?$/;

const matching = (pattern: RegExp) => (value: unknown) => (typeof value === 'string' && pattern.test(value) ? value : undefined);

const FORMS: Readonly<Record<FieldForm, (value: unknown) => unknown>> = {
  id: matching(ID),
  code: matching(CODE),
  day: matching(/^\d{4}-\d\d-\d\d$/),
  route: matching(ROUTE),
  number: (value) => (typeof value === 'number' && Number.isFinite(value) ? value : undefined),
  boolean: (value) => (typeof value === 'boolean' ? value : undefined),
  stack: (value) =>
    typeof value === 'string'
      ? value
          .split(' < ')
          .filter((frame) => FRAME.test(frame))
          .join(' < ')
      : undefined,

  text: (value) =>
    typeof value === 'string' ? value.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').slice(0, LONGEST) : undefined,
};

/** What of `fields` the event may have. */
export function allowed(event: EventName, fields: object): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [name, form] of Object.entries<FieldForm>(EVENTS[event])) {
    const value = FORMS[form]((fields as Record<string, unknown>)[name]);
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}

/** `level`: debug, info, warn, error or silent; anything else is info. `write` is for tests. */
export function createLogger(level = process.env.SCHALTER_LOG, write?: (line: string) => void): PortalLogger {
  const log = pino(
    {
      base: undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
      level: LEVELS.includes(level ?? '') ? level! : 'info',
      formatters: { level: (label) => ({ level: label }) },
    },
    write ? { write } : pinoDestination({ dest: 1, sync: false }),
  );
  const line =
    (name: 'info' | 'warn' | 'error') =>
    (event: EventName, fields: object = {}) => {
      const known = Object.hasOwn(EVENTS, event) ? event : 'unnamed';
      log[name]({ event: known, ...allowed(known, fields) });
    };
  const sentence = (name: 'info' | 'warn' | 'error') => (fields: object, message: string) =>
    line(name)(Object.hasOwn(STORE_EVENTS, message) ? STORE_EVENTS[message]! : 'unnamed', fields);
  return {
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    forStore: { info: sentence('info'), warn: sentence('warn'), error: sentence('error') },
  };
}
