/** The municipality document (`static/schemas/municipality.schema.json`): the tenant as data. */
import type { Channel, KeyStyle } from '#package';
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
  /** What the portal itself sends by e-mail, to people who want it. Without it, nothing. */
  mail?: MailDocument;
}

/** A mail server that takes mail to anybody. */
export interface MailDocument {
  /** `smtps://host:465` or `smtp://host:587`. */
  server: string;
  /** `smtp` may go on without TLS. */
  allowPlain?: boolean;
  /** The server may lie in a private network. */
  allowPrivate?: boolean;
  from: string;
  user?: { name: string; /** A reference. */ password: string };
}

/** What a member of staff may do. */
export type Role = 'counter' | 'phone' | 'post' | 'lead' | 'deliveries' | 'services';

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
export type DestinationDocument = HttpJsonDestination | FitConnectDestination | SoapDestination | MailDestination | PrintDestination;

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
  /** Keys of FIM payloads: bare ids (default), or ids with their versions (`F60000227V1.1`). */
  payloadKeys?: KeyStyle;
  /** By service: address (URI) of the schema that the office knows the payload by; sent along with it. */
  payloadSchemas?: Record<string, string>;
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

/** A web service that a WSDL describes. Without `wsdl`: the contract that Schalter publishes, at `url`. */
export interface SoapDestination extends CommonDestination {
  adapter: 'soap';
  /** `file:/path`, or where it is published. */
  wsdl?: string;
  /** Address of the service, instead of the one in the WSDL. */
  url?: string;
  operation?: string;
  /** Which port of the WSDL, where several offer the operation. */
  port?: string;
  /** What stands in the body. Default: as in our contract. */
  message?: SoapPart[];
  /** WS-Security UsernameToken. `password` is a reference. Default form: digest. */
  user?: { name: string; password: string; form?: 'digest' | 'text' };
  /** Default: as the WSDL asks, else inline. */
  attachments?: 'inline' | 'mtom';
  /** What fault codes (without prefix) mean, where it differs from what they mean of themselves. */
  faults?: Record<string, 'retry' | 'park' | 'settings'>;
  /** Taken only when the answer says so: path of elements below the answer's own (`Result/Code`), and the values that are good. */
  accepted?: { path: string; values: string[] };
}

/** A mailbox: a media break. `onUnknown` is `manual` of itself: a mailbox takes the same mail twice. */
export interface MailDestination extends CommonDestination {
  adapter: 'mail';
  /** `smtps://host:465` or `smtp://host:587`. */
  server: string;
  /** `smtp` may go on without TLS. */
  allowPlain?: boolean;
  from: string;
  to: string;
  /** `password` is a reference. */
  user?: { name: string; password: string };
  /** Reference to the PEM of the receiver's S/MIME certificate: the mail is encrypted for it. */
  certificate?: string;
}

/** Paper: the post room prints it. A media break. */
export interface PrintDestination extends CommonDestination {
  adapter: 'print';
}

/** An element of the body, or with `@` an attribute of the element round it. */
export interface SoapPart {
  element: string;
  /** Dotted path in the envelope (`payload.applicant.familyName`), within `each` in the entry; `.`: all of it, as JSON where it is no single value. */
  from?: string;
  /** A fixed value. */
  text?: string;
  /** Once for each entry of the list at this path. */
  each?: string;
  /** Within each of `attachments`: the file's contents. */
  content?: true;
  children?: SoapPart[];
}

export interface ConfigFinding {
  file: string;
  place: string;
  message: string;
  remedy: string;
}
