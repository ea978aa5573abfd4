/** A destination that speaks `http-json`. */
import type { HttpJsonDestination } from '#server/config';
import type { CommonSettings, OwnSettings, References } from '../types.ts';

export interface HttpJsonSettings extends CommonSettings {
  readonly adapter: 'http-json';
  readonly url: string;
  readonly oauth2?:
    | { readonly tokenUrl: string; readonly clientId: string; readonly clientSecret: string; readonly scope?: string | undefined }
    | undefined;
}

export function httpJsonSettings({ url, oauth2 }: HttpJsonDestination, { secret }: References): OwnSettings<HttpJsonSettings> {
  return {
    endpoints: [url, ...(oauth2 ? [oauth2.tokenUrl] : [])],
    url,
    oauth2: oauth2 && { ...oauth2, clientSecret: secret(oauth2.clientSecret) ?? '' },
  };
}
