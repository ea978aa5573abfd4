/** Keys of the demo provider, made at the first start and kept beside the data, readable for their owner only. */
import { generateKeyPairSync, randomBytes, type JsonWebKey } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Keys {
  /** Signs ID tokens. */
  readonly signing: JsonWebKey & { kid: string };
  /** Signs the provider's own cookies. */
  readonly cookies: string;
}

/** Reads the keys of `dir`, or makes them there. */
export function keysIn(dir: string): Keys {
  const file = join(dir, 'keys.json');
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Keys;
  mkdirSync(dir, { recursive: true });
  chmodSync(dir, 0o700);
  const jwk = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });
  const keys: Keys = {
    signing: { ...jwk, kid: randomBytes(6).toString('hex'), use: 'sig', alg: 'RS256' },
    cookies: randomBytes(32).toString('base64url'),
  };
  writeFileSync(`${file}.new`, JSON.stringify(keys), { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return keys;
}
