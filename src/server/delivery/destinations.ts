/** From a destination in a municipality's document to what an adapter works with: references become secrets, and what is missing becomes a problem with a name. */
import type { DestinationDocument } from '#server/config';
import { protocolOf, type DestinationSettings } from './adapters/index.ts';
import type { References } from './adapters/types.ts';
import { checkSecret } from './signature.ts';

/** Resolves a reference. `open`: not a secret (a certificate), so others may be able to read the file. @throws Error that names the reference, never the value */
export type ReadReference = (reference: string, open?: boolean) => string;

/** Never throws: a destination that cannot be used keeps its deliveries waiting, with the problems in the log and in `doctor`. */
export function destinationSettings(document: DestinationDocument, read: ReadReference): DestinationSettings {
  const problems: string[] = [];
  const resolved = (reference: string | undefined, open: boolean): string | undefined => {
    if (reference === undefined) return undefined;
    try {
      return read(reference, open);
    } catch (error) {
      problems.push((error as Error).message);
      return undefined;
    }
  };
  const references: References = {
    secret: (reference) => resolved(reference, false),
    open: (reference) => resolved(reference, true),
    problem: (message) => void problems.push(message),
  };
  const secrets = (document.secrets ?? []).flatMap((reference) => {
    const secret = references.secret(reference);
    if (secret === undefined) return [];
    try {
      checkSecret(secret);
      return [secret];
    } catch (error) {
      problems.push(`secret ${reference}: ${(error as Error).message}`);
      return [];
    }
  });
  const { id, adapter, allowHttp, allowPrivate, maxInFlight, timeoutSeconds, onUnknown, tls } = document;
  return {
    id,
    adapter,
    secrets,
    allowHttp,
    allowPrivate,
    maxInFlight,
    timeoutSeconds,
    onUnknown,
    tls: tls && { ca: references.open(tls.ca), certificate: references.open(tls.certificate), key: references.secret(tls.key) },
    ...protocolOf(adapter).settings(document, references),
    problems,
  } as DestinationSettings;
}
