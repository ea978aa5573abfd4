/** What can go wrong with the database as such, apart from what a statement says. */

/** The database cannot be reached, is starting, is full or does not answer in time. Nothing is known about the statement: repeat it with its key. */
export class DatabaseUnavailable extends Error {
  /** Seconds after which another try makes sense (`Retry-After`). */
  readonly retryAfter = 5;

  constructor(cause: unknown) {
    super('The database is not available.', { cause });
    this.name = 'DatabaseUnavailable';
  }
}

// SQLSTATE classes: 08 connection, 53 out of resources (disk full, too many connections), 57 operator intervention (shutdown, recovery, time limit)
const unavailableClasses = new Set(['08', '53', '57']);
const socketErrors = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/** Whether an error of `pg` means that the database is away rather than that the statement is wrong. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  // first, because EPIPE looks like an SQLSTATE
  if (socketErrors.has(code)) return true;
  // 25P03: the server ended an idle transaction; 58: its files cannot be read or written
  if (/^[0-9A-Z]{5}$/.test(code)) return unavailableClasses.has(code.slice(0, 2)) || code === '25P03' || code.startsWith('58');
  // pg gives these without a code
  return /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Query read timeout)/.test(
    error.message,
  );
}
