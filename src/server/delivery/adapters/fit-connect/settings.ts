/** A destination that is reached by FIT-Connect. */
import { X509Certificate } from 'node:crypto';
import type { FitConnectDestination } from '#server/config';
import type { Credentials } from '../oauth2.ts';
import type { CommonSettings, OwnSettings, References } from '../types.ts';

export interface FitConnectSettings extends CommonSettings {
  readonly adapter: 'fit-connect';
  /** Without a slash at its end, and without "/v2". */
  readonly url: string;
  readonly oauth2: Credentials;
  readonly destinationId: string;
  readonly services: FitConnectDestination['services'];
  /** What certificates of keys must lead to; undefined: keys are self-made, for the test environment. */
  readonly roots: readonly X509Certificate[] | undefined;
  /** Addresses of revocation lists. */
  readonly revocations: readonly string[];
  readonly callbackSecret: string | undefined;
}

const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

export function fitConnectSettings(
  document: FitConnectDestination,
  { secret, open, problem }: References,
): OwnSettings<FitConnectSettings> {
  const { url, oauth2, destinationId, services, keys } = document;
  const revocations = 'roots' in keys ? (keys.revocations ?? []) : [];
  return {
    endpoints: [url, oauth2.tokenUrl, ...revocations],
    url: url.replace(/\/+$/, ''),
    oauth2: { ...oauth2, clientSecret: secret(oauth2.clientSecret) ?? '', method: 'client_secret_post' },
    destinationId,
    services,
    roots: 'roots' in keys ? certificates(keys.roots) : undefined,
    revocations,
    callbackSecret: secret(document.callbackSecret),
  };

  function certificates(reference: string): X509Certificate[] {
    const pem = open(reference);
    if (pem === undefined) return [];
    try {
      const found = (pem.match(PEM) ?? []).map((one) => new X509Certificate(one));
      if (found.length > 0) return found;
    } catch {
      // told below
    }
    problem(`${reference}: no certificate in PEM`);
    return [];
  }
}
