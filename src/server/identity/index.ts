/**
 * Who works at the counter. Staff log in at the municipality's identity provider (OpenID Connect); what it says becomes a session of ours, whose
 * limits the database's clock decides. Roles are checked on the server, and who is refused is written down.
 */
import {
  createStaffSession,
  endStaffSession,
  refuseStaff,
  setStation,
  touchStaffSession,
  type KeyRing,
  type Session,
  type SessionLimits,
  type Station,
  type Store,
} from '#server/store';
import * as openid from 'openid-client';
import { beginLogin, finishLogin } from './login.ts';
import { createProviders } from './provider.ts';
import { ROLES, type Clerk, type Role, type StaffedMunicipality } from './types.ts';

export { LOGIN_TIME } from './login.ts';
export { returnPath } from './return-path.ts';
export { COUNTER_ROLES, LoginRefused, LoginUnavailable, type Clerk, type Role, type StaffedMunicipality } from './types.ts';

/** Half an hour without use, twelve hours in any case. */
const STAFF_SESSION: SessionLimits = { idle: 30 * 60_000, absolute: 12 * 3_600_000 };

export interface Identity {
  /** Sends somebody to the provider. @throws LoginUnavailable */
  readonly begin: (
    municipality: StaffedMunicipality,
    how: { callback: string; to: string; lang: string },
  ) => Promise<{ location: string; cookie: string }>;
  /** Somebody is back from the provider: a new session, or none. @throws LoginRefused, LoginUnavailable */
  readonly finish: (
    municipality: StaffedMunicipality,
    returned: URL,
    cookie: string | undefined,
  ) => Promise<{ session: Session; to: string }>;
  /** Whose session it is, while it lives. Notes its use. */
  readonly clerk: (municipality: string, hash: Buffer) => Promise<Clerk | undefined>;
  /** False: the session has ended. */
  readonly sit: (clerk: Clerk, station: Station) => Promise<boolean>;
  /** Notes that the clerk asked for a route that takes one of the roles `needed`. */
  readonly refused: (clerk: Clerk, route: string, needed: readonly Role[]) => Promise<void>;
  /** Ends the session, in all tabs. */
  readonly leave: (clerk: Clerk) => Promise<void>;
  /** Where the provider ends its own session, if it offers that. Never throws. */
  readonly leaveProvider: (municipality: StaffedMunicipality, how: { left: string; lang: string }) => Promise<string | undefined>;
}

/** `secret` resolves a reference and throws where it cannot. */
export function createIdentity(store: Store, keys: KeyRing, secret: (reference: string) => string): Identity {
  const room = { store, keys };
  const providerOf = createProviders(secret, store.now);
  return {
    begin: async (municipality, how) => beginLogin(room, municipality, await providerOf(municipality.staff), how),
    finish: async (municipality, returned, cookie) => {
      const provider = await providerOf(municipality.staff);
      const { who, to } = await finishLogin(room, municipality, provider, returned, cookie);
      return { session: await createStaffSession(store, municipality.id, who, STAFF_SESSION), to };
    },
    clerk: async (municipality, hash) => {
      const session = await touchStaffSession(store, municipality, hash, STAFF_SESSION);
      if (!session) return undefined;
      const { subject, name, station } = session;
      return { subject, name, roles: ROLES.filter((role) => session.roles.includes(role)), station, sessionHash: hash, municipality };
    },
    sit: ({ municipality, sessionHash }, station) => setStation(store, municipality, sessionHash, station, STAFF_SESSION),
    refused: ({ municipality, subject }, route, needed) => refuseStaff(store, municipality, subject, route, needed),
    leave: ({ municipality, sessionHash }) => endStaffSession(store, municipality, sessionHash),
    leaveProvider: async ({ staff }, { left, lang }) => {
      const provider = await providerOf(staff).catch(() => undefined);
      if (!provider?.serverMetadata().end_session_endpoint) return undefined;
      return openid.buildEndSessionUrl(provider, { post_logout_redirect_uri: left, state: lang, ui_locales: lang }).href;
    },
  };
}
