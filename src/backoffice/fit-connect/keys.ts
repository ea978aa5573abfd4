/** The keys of the three parties that this program plays: the delivery service, and the office with one key to decrypt and one to sign. */
import { generateKeyPair, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { importJWK, type JWK } from 'jose';

export interface KeyPair {
  readonly kid: string;
  readonly publicJwk: JWK;
  readonly privateJwk: JWK;
}

export interface OfficeKeys {
  readonly service: KeyPair;
  readonly signing: KeyPair;
  readonly encryption: KeyPair;
}

/** Milliseconds matter little here: FIT-Connect wants 4096 bits. */
export async function makeKeyPair(alg: 'PS512' | 'RSA-OAEP-256', bits = 4_096): Promise<KeyPair> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: bits });
  const kid = randomUUID();
  const [publicOps, privateOps] = alg === 'PS512' ? [['verify'], ['sign']] : [['wrapKey'], ['unwrapKey']];
  return {
    kid,
    publicJwk: { ...(publicKey.export({ format: 'jwk' }) as JWK), kid, alg, key_ops: publicOps },
    privateJwk: { ...(privateKey.export({ format: 'jwk' }) as JWK), kid, alg, key_ops: privateOps },
  };
}

/** Made at the first start, and the same from then on. */
export async function officeKeys(dataDir: string): Promise<OfficeKeys> {
  const path = join(dataDir, 'fit-connect-keys.json');
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as OfficeKeys;
  const [service, signing, encryption] = await Promise.all([makeKeyPair('PS512'), makeKeyPair('PS512'), makeKeyPair('RSA-OAEP-256')]);
  mkdirSync(dataDir, { recursive: true });
  writeFileSync(path, JSON.stringify({ service, signing, encryption }), { mode: 0o600 });
  return { service, signing, encryption };
}

/** The private half, without the names of operations that the library calls otherwise. */
export const privateKey = ({ privateJwk: { key_ops: _, ...jwk } }: KeyPair) => importJWK(jwk);
