/** Sessions of staff. As with citizens, the cookie holds 256 random bits and the database their SHA-256 (`sessionHash` gives it). */
import { createHash, randomBytes } from 'node:crypto';
import { milliseconds } from './interval.ts';
import type { Statements } from './pool.ts';
import type { Session, SessionLimits } from './sessions.ts';

/** Who logged in, as the identity provider says. */
export interface StaffIdentity {
  /** The provider's identifier; stays the same over names and logins. */
  subject: string;
  name: string;
  roles: readonly string[];
}

/** Where somebody sits: ids of the municipality's configuration. */
export interface Station {
  site: string;
  desk: string;
}

/** A session that lives. */
export interface StaffSession extends StaffIdentity {
  station: Station | undefined;
  expiresAt: Date;
}

/** Begins a session, writes the login to the audit trail, and ends any other session of this clerk. A station chosen today comes along. */
export async function createStaffSession(
  store: Statements,
  municipality: string,
  { subject, name, roles }: StaffIdentity,
  { absolute }: Pick<SessionLimits, 'absolute'>,
): Promise<Session> {
  const id = randomBytes(32).toString('base64url');
  const hash = createHash('sha256').update(id).digest();
  await store.query('staff-create', `select create_staff_session($1, $2, $3, $4, $5, $6)`, [
    municipality,
    hash,
    subject,
    name,
    roles,
    milliseconds(absolute),
  ]);
  return { id, hash };
}

interface StaffRow extends StaffIdentity {
  site: string | null;
  desk: string | null;
  expires_at: Date;
}

/** The session while it lives, by the database's clock; notes its use. */
export async function touchStaffSession(
  store: Statements,
  municipality: string,
  hash: Buffer,
  { idle }: Pick<SessionLimits, 'idle'>,
): Promise<StaffSession | undefined> {
  const [row] = await store.query<StaffRow>('staff-touch', `select * from touch_staff_session($1, $2, $3)`, [
    municipality,
    hash,
    milliseconds(idle),
  ]);
  if (!row) return undefined;
  const { subject, name, roles, site, desk } = row;
  return { subject, name, roles, station: site !== null && desk !== null ? { site, desk } : undefined, expiresAt: row.expires_at };
}

/** Notes where the clerk sits. False: the session has ended. */
export async function setStation(
  store: Statements,
  municipality: string,
  hash: Buffer,
  { site, desk }: Station,
  { idle }: Pick<SessionLimits, 'idle'>,
): Promise<boolean> {
  const [row] = await store.query<{ set: boolean }>('staff-station', `select set_station($1, $2, $3, $4, $5) as set`, [
    municipality,
    hash,
    site,
    desk,
    milliseconds(idle),
  ]);
  return row?.set ?? false;
}

/** Ends the session, in every tab at once. */
export async function endStaffSession(store: Statements, municipality: string, hash: Buffer): Promise<void> {
  await store.query('staff-end', `select end_staff_session($1, $2)`, [municipality, hash]);
}

/** Writes to the audit trail that a clerk asked for a route that needs one of the roles `needed`. */
export async function refuseStaff(
  store: Statements,
  municipality: string,
  subject: string,
  route: string,
  needed: readonly string[],
): Promise<void> {
  await store.query('staff-refuse', `select refuse_staff($1, $2, $3, $4)`, [municipality, subject, route, needed]);
}
