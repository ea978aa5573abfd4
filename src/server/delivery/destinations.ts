/** From a destination in a municipality's document to what an adapter works with: references become secrets, and what is missing becomes a problem with a name. */
import type { DestinationDocument } from '#server/config';
import type { DestinationSettings } from './adapters/types.ts';
import { checkSecret } from './signature.ts';

/** Resolves a reference. `open`: not a secret (a certificate), so others may be able to read the file. @throws Error that names the reference, never the value */
export type ReadReference = (reference: string, open?: boolean) => string;

/** Never throws: a destination that cannot be used keeps its deliveries waiting, with the problems in the log and in `doctor`. */
export function destinationSettings(document: DestinationDocument, read: ReadReference): DestinationSettings {
  const problems: string[] = [];
  const resolved = (reference: string | undefined, open = false): string | undefined => {
    if (reference === undefined) return undefined;
    try {
      return read(reference, open);
    } catch (error) {
      problems.push((error as Error).message);
      return undefined;
    }
  };
  const secrets = document.secrets.flatMap((reference) => {
    const secret = resolved(reference);
    if (secret === undefined) return [];
    try {
      checkSecret(secret);
      return [secret];
    } catch (error) {
      problems.push(`secret ${reference}: ${(error as Error).message}`);
      return [];
    }
  });
  const { tls, oauth2 } = document;
  return {
    id: document.id,
    adapter: document.adapter,
    url: document.url,
    secrets,
    allowHttp: document.allowHttp,
    allowPrivate: document.allowPrivate,
    maxInFlight: document.maxInFlight,
    timeoutSeconds: document.timeoutSeconds,
    onUnknown: document.onUnknown,
    tls: tls && { ca: resolved(tls.ca, true), certificate: resolved(tls.certificate, true), key: resolved(tls.key) },
    oauth2: oauth2 && { ...oauth2, clientSecret: resolved(oauth2.clientSecret) ?? '' },
    problems,
  };
}
