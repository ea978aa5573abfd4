/** All protocols. A new one is a folder, a line here, and its document in `#server/config` and `static/schemas/municipality.schema.json`. */
import type { DestinationDocument } from '#server/config';
import { fitConnect, type FitConnectSettings } from './fit-connect/index.ts';
import { httpJson, type HttpJsonSettings } from './http-json/index.ts';
import { mail, type MailSettings } from './mail/index.ts';
import { print, type PrintSettings } from './print/index.ts';
import { soap, type SoapSettings } from './soap/index.ts';
import type { Protocol } from './types.ts';

/** A destination with its secrets. */
export type DestinationSettings = HttpJsonSettings | FitConnectSettings | SoapSettings | MailSettings | PrintSettings;

type Of<Union extends { adapter: string }, Name> = Extract<Union, { adapter: Name }>;

const PROTOCOLS: {
  readonly [Name in DestinationDocument['adapter']]: Protocol<Of<DestinationDocument, Name>, Of<DestinationSettings, Name>>;
} = {
  'fit-connect': fitConnect,
  'http-json': httpJson,
  mail,
  print,
  soap,
};

/** Document and settings of one destination always name the same protocol, which the types of a table cannot say. */
export const protocolOf = (adapter: DestinationDocument['adapter']) =>
  PROTOCOLS[adapter] as unknown as Protocol<DestinationDocument, DestinationSettings>;

/** Whether this destination gets answers to what it asks. */
export const takesAnswers = (destination: DestinationSettings): boolean => protocolOf(destination.adapter).answers(destination);

/** Whether what leaves this way is typed in again by somebody. */
export const isMediaBreak = (adapter: string): boolean =>
  Object.hasOwn(PROTOCOLS, adapter) && (protocolOf(adapter as DestinationDocument['adapter']).mediaBreak ?? false);
