/** A destination that speaks `http-json`. */
import type { HttpJsonDestination } from '#server/config';
import type { Credentials } from '../oauth2.ts';
import type { CommonSettings, OwnSettings, References } from '../types.ts';

export interface HttpJsonSettings extends CommonSettings {
  readonly adapter: 'http-json';
  readonly url: string;
  readonly oauth2?: Credentials | undefined;
}

export function httpJsonSettings({ url, oauth2 }: HttpJsonDestination, { secret }: References): OwnSettings<HttpJsonSettings> {
  return {
    endpoints: [url, ...(oauth2 ? [oauth2.tokenUrl] : [])],
    url,
    oauth2: oauth2 && { ...oauth2, clientSecret: secret(oauth2.clientSecret) ?? '' },
  };
}
