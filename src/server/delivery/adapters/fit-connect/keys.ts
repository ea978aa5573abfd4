/** Keys of FIT-Connect (JWK, RFC 7517): what they must be, and whether their certificates lead to a root that we trust. */
import { createPublicKey, X509Certificate, type JsonWebKey } from 'node:crypto';
import { importJWK } from 'jose';
import type { Revocations } from './revocations.ts';

/** The key that was given may not be used. The message is a code. */
export class KeyRefused extends Error {
  override readonly name = 'KeyRefused';
}

export type KeyUse = 'encrypt' | 'verify';

interface Jwk extends JsonWebKey {
  kid?: string;
  alg?: string;
  key_ops?: string[];
  x5c?: string[];
}

/** FIT-Connect, "Anforderungen an Schlüssel": RSA, 4096 bits or more, one purpose. */
const BITS = 4_096;
const PURPOSES = { encrypt: { alg: 'RSA-OAEP-256', operation: 'wrapKey' }, verify: { alg: 'PS512', operation: 'verify' } } as const;

export interface Trust {
  /** Undefined: certificates are not asked for. */
  readonly roots: readonly X509Certificate[] | undefined;
  readonly revocations: Revocations | undefined;
  /** Milliseconds. */
  readonly now: number;
}

/** Imports a key for one purpose. @throws KeyRefused */
export async function usableKey(given: unknown, kid: string, use: KeyUse, trust: Trust) {
  const { alg, operation } = PURPOSES[use];
  const jwk = (given ?? {}) as Jwk;
  const { n, e } = jwk;
  if (jwk.kid !== kid) throw new KeyRefused('key-other');
  if (jwk.kty !== 'RSA' || jwk.alg !== alg) throw new KeyRefused('key-algorithm');
  if (!Array.isArray(jwk.key_ops) || jwk.key_ops.length !== 1 || jwk.key_ops[0] !== operation) throw new KeyRefused('key-use');
  if (typeof n !== 'string' || e !== 'AQAB') throw new KeyRefused('key-malformed');
  let bits: number;
  try {
    bits = createPublicKey({ key: { kty: 'RSA', n, e }, format: 'jwk' }).asymmetricKeyDetails?.modulusLength ?? 0;
  } catch {
    throw new KeyRefused('key-malformed');
  }
  if (bits < BITS) throw new KeyRefused('key-short');
  if (trust.roots) checkChain(jwk, trust as Trust & { roots: readonly X509Certificate[] });
  // Only what makes the key: "wrapKey" is no operation that the library knows for a public key.
  return importJWK({ kty: 'RSA', n, e }, alg);
}

/** Longest chain that is followed. */
const MOST_CERTIFICATES = 8;

function checkChain({ n, x5c }: Jwk, { roots, revocations, now }: Trust & { roots: readonly X509Certificate[] }): void {
  if (!Array.isArray(x5c) || x5c.length === 0 || x5c.length > MOST_CERTIFICATES) throw new KeyRefused('chain-missing');
  let chain: X509Certificate[];
  try {
    chain = x5c.map((one) => new X509Certificate(Buffer.from(one, 'base64')));
    if (chain[0]!.publicKey.export({ format: 'jwk' }).n !== n) throw new KeyRefused('chain-other-key');
  } catch (error) {
    throw error instanceof KeyRefused ? error : new KeyRefused('chain-malformed');
  }
  // A root may stand at the end of the chain or be left out; only ours counts.
  const sent = roots.some((root) => root.fingerprint256 === chain.at(-1)!.fingerprint256) ? chain.slice(0, -1) : chain;
  const last = sent.at(-1) ?? chain[0]!;
  const root = roots.find((one) => last.checkIssued(one) && last.verify(one.publicKey));
  if (!root) throw new KeyRefused('chain-untrusted');
  const whole = [...sent, root];
  for (const [at, certificate] of whole.entries()) {
    if (Date.parse(certificate.validFrom) > now || Date.parse(certificate.validTo) < now) throw new KeyRefused('chain-expired');
    const signer = whole[at + 1];
    if (!signer) break;
    if (!signer.ca || !certificate.checkIssued(signer) || !certificate.verify(signer.publicKey)) throw new KeyRefused('chain-broken');
    const problem = revocations?.problemOf(certificate, signer, now);
    if (problem) throw new KeyRefused(problem);
  }
}
