/** The municipality document (`static/schemas/municipality.schema.json`): the tenant as data. */
import type { Channel } from '#package';
import type { Json } from '#flow';

export interface MunicipalityDocument {
  $schema?: string;
  id: string;
  /** Full name as on a letterhead, e.g. "Stadt Musterstadt". */
  name: string;
  shortName: string;
  /** Amtlicher Regionalschlüssel, 12 digits. */
  ars: string;
  /** ISO 3166-2 code of the Land without "DE-", e.g. "NW". */
  land: string;
  hosts: string[];
  languages: string[];
  colors: { action: string; visited?: string; header?: string; onHeader?: string; accent?: string };
  contact: { office: string; street: string; city: string; phone: string; email: string; hours: Record<string, string> };
  legal: Record<'imprint' | 'privacy' | 'accessibility', Record<string, string>>;
  services: OfferingDocument[];
  destinations: DestinationDocument[];
  /** Without it there is no counter. */
  staff?: StaffDocument;
}

/** What a member of staff may do. */
export type Role = 'counter' | 'phone' | 'post' | 'lead';

/** Where staff log in (OpenID Connect), and where they sit. */
export interface StaffDocument {
  issuer: string;
  clientId: string;
  /** A reference. */
  clientSecret: string;
  /** Claim of the ID token that names the roles; dots lead into it. Default `roles`. */
  claim?: string;
  /** What the provider calls them -> what they are here. */
  roles: Record<string, Role>;
  /** For a provider on this machine only. */
  allowHttp?: boolean;
  /** The login is the demonstration's, with invented staff: `identity-provider` serves it, and every page says so. */
  demo?: boolean;
  sites: SiteDocument[];
}

export interface SiteDocument {
  id: string;
  name: string;
  desks: { id: string; name: string }[];
}

/** An offering: this municipality offers a service. */
export interface OfferingDocument {
  service: string;
  channels: Channel[];
  params?: Record<string, Json>;
  destination: string;
  /** Not offered before / after these days (ISO dates, inclusive). */
  from?: string;
  until?: string;
  /** Temporarily closed, with the reason a person reads, by language. */
  closed?: Record<string, string>;
}

/** A destination, by the protocol that its back office speaks. */
export type DestinationDocument = HttpJsonDestination | FitConnectDestination;

/** What every destination has. */
export interface CommonDestination {
  id: string;
  /** Who receives it, as citizens read it. */
  name: string;
  adapter: string;
  /** What messages are signed with. References to secrets, newest first: `env:NAME` or `file:/path`. */
  secrets?: string[];
  allowHttp?: boolean;
  allowPrivate?: boolean;
  maxInFlight?: number;
  timeoutSeconds?: number;
  /** `manual`: it takes a second send for a second application, so a send whose outcome is not known waits for a person. */
  onUnknown?: 'resend' | 'manual';
  /** Version of the envelope it reads. Default 1. */
  envelope?: 1 | 2;
  /** References. `ca`: who signs its certificate; `certificate` and `key`: what we show (mTLS). */
  tls?: { ca?: string; certificate?: string; key?: string };
}

export interface HttpJsonDestination extends CommonDestination {
  adapter: 'http-json';
  url: string;
  secrets: string[];
  /** Client credentials. `clientSecret` is a reference. */
  oauth2?: { tokenUrl: string; clientId: string; clientSecret: string; scope?: string };
}

export interface FitConnectDestination extends CommonDestination {
  adapter: 'fit-connect';
  /** The delivery service's Submission API, without "/v2". */
  url: string;
  /** Client credentials of the portal, from the self-service portal. `clientSecret` is a reference. */
  oauth2: { tokenUrl: string; clientId: string; clientSecret: string; scope?: string };
  /** The office's Zustellpunkt. */
  destinationId: string;
  /** By service: its name in the announcement, and the schema of the payload as the destination offers it. */
  services: Record<string, { name: string; schema: string }>;
  /** What its keys are held against. `roots` and `revocations`: see the schema. */
  keys: { roots: string; revocations?: string[] } | { selfMade: true };
  /** Reference: what the delivery service signs its call-backs with. Without it there are none. */
  callbackSecret?: string;
}

export interface ConfigFinding {
  file: string;
  place: string;
  message: string;
  remedy: string;
}
