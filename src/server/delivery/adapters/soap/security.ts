/** WS-Security UsernameToken (OASIS, profile 1.0): the password as digest, or as text where TLS hides it. */
import { createHash, randomBytes } from 'node:crypto';
import { escapeXml } from './xml.ts';

const WSSE = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd';
const WSU = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd';
const PROFILE = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0';
const MESSAGE = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0';
/** Clocks of both sides may differ by less. */
const VALID = 5 * 60_000;

/** The header, for a message that is sent now. */
export function usernameToken({ name, password, digest }: { name: string; password: string; digest: boolean }, now: Date): string {
  const nonce = randomBytes(16);
  const created = now.toISOString();
  const expires = new Date(now.getTime() + VALID).toISOString();
  const shown = digest
    ? `<w:Password Type="${PROFILE}#PasswordDigest">${createHash('sha1').update(nonce).update(created).update(password).digest('base64')}</w:Password>`
    : `<w:Password Type="${PROFILE}#PasswordText">${escapeXml(password)}</w:Password>`;
  return (
    `<w:Security xmlns:w="${WSSE}" xmlns:u="${WSU}" s:mustUnderstand="1"><u:Timestamp><u:Created>${created}</u:Created><u:Expires>${expires}</u:Expires></u:Timestamp>` +
    `<w:UsernameToken><w:Username>${escapeXml(name)}</w:Username>${shown}` +
    `<w:Nonce EncodingType="${MESSAGE}#Base64Binary">${nonce.toString('base64')}</w:Nonce><u:Created>${created}</u:Created></w:UsernameToken></w:Security>`
  );
}
