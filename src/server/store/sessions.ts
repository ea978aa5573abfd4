/** Sessions of citizens. The cookie holds 256 random bits; the database only their SHA-256, so that a copy of it opens no session. */
import { createHash, randomBytes } from 'node:crypto';
import { milliseconds } from './interval.ts';
import type { Statements } from './pool.ts';

export interface Session {
  /** What the cookie holds. */
  id: string;
  hash: Buffer;
}

/** Ends without use after `idle`, in any case after `absolute`; both in milliseconds. */
export interface SessionLimits {
  idle: number;
  absolute: number;
}

/** Hash of a cookie's value; undefined when it cannot be a session id. */
export function sessionHash(id: string | undefined): Buffer | undefined {
  if (!id || !/^[A-Za-z0-9_-]{43}$/.test(id)) return undefined;
  return createHash('sha256').update(id).digest();
}

/** Begins a session. */
export async function createSession(store: Statements, municipality: string, { absolute }: SessionLimits): Promise<Session> {
  const id = randomBytes(32).toString('base64url');
  const hash = createHash('sha256').update(id).digest();
  await store.query('session-create', `select create_session($1, $2, $3)`, [municipality, hash, milliseconds(absolute)]);
  return { id, hash };
}

/** Whether the session lives, by the database's clock; notes its use. */
export async function touchSession(store: Statements, municipality: string, hash: Buffer, { idle }: SessionLimits): Promise<boolean> {
  const [row] = await store.query<{ alive: boolean }>('session-touch', `select touch_session($1, $2, $3) as alive`, [
    municipality,
    hash,
    milliseconds(idle),
  ]);
  return row?.alive ?? false;
}

/**
 * A new id for the same session (after a resume code or a login: whoever planted the old id has nothing). Its drafts move along.
 * Undefined when the old one does not live any more.
 */
export async function renewSession(
  store: Statements,
  municipality: string,
  old: Buffer,
  { absolute }: SessionLimits,
): Promise<Session | undefined> {
  const id = randomBytes(32).toString('base64url');
  const hash = createHash('sha256').update(id).digest();
  const [row] = await store.query<{ renewed: boolean }>('session-renew', `select renew_session($1, $2, $3, $4) as renewed`, [
    municipality,
    old,
    hash,
    milliseconds(absolute),
  ]);
  return row?.renewed ? { id, hash } : undefined;
}

/** Ends a session at once. Drafts that a code leads back to can be fetched again; the others are out of everybody's reach until they expire. */
export async function endSession(store: Statements, municipality: string, hash: Buffer): Promise<void> {
  await store.query('session-end', `select end_session($1, $2)`, [municipality, hash]);
}

/** A draft of a session, without its contents. */
export interface SessionDraft {
  service: string;
  /** It can be fetched with a resume code. */
  kept: boolean;
  expiresAt: Date;
}

/** The drafts that a living session has, by service. */
export function sessionDrafts(store: Statements, municipality: string, hash: Buffer): Promise<SessionDraft[]> {
  return store.query<SessionDraft>('session-drafts', `select service, kept, expires_at as "expiresAt" from session_drafts($1, $2)`, [
    municipality,
    hash,
  ]);
}
