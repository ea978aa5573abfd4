/** Certificates for tests, made on the spot: an authority, and what it signs. X.509 v3 with elliptic keys, or RSA where a test needs it. */
import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';

export interface Identity {
  readonly name: string;
  /** PEM. */
  readonly certificate: string;
  readonly der: Buffer;
  readonly serial: Buffer;
  readonly key: string;
  readonly privateKey: KeyObject;
}

export interface Wanted {
  readonly name: string;
  /** Who signs; without one it signs itself and is an authority. */
  readonly by?: Identity;
  /** IPv4 addresses it is valid for. */
  readonly addresses?: readonly string[];
  readonly until?: Date;
  /** Its own key pair. Default: a fresh elliptic one. */
  readonly pair?: { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
  /** May sign others. Default: when it signs itself. */
  readonly ca?: boolean;
}

const DAY = 86_400_000;

export function identity({ name, by, addresses = [], until = new Date(Date.now() + DAY), pair, ca = !by }: Wanted): Identity {
  const { publicKey, privateKey } = pair ?? generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const serial = Buffer.concat([Buffer.from([1]), randomBytes(8)]);
  const extensions = [seq(oid('2.5.29.19'), der(0x01, Buffer.from([0xff])), octets(ca ? seq(der(0x01, Buffer.from([0xff]))) : seq()))];
  if (addresses.length > 0)
    extensions.push(seq(oid('2.5.29.17'), octets(seq(...addresses.map((one) => der(0x87, Buffer.from(one.split('.').map(Number))))))));
  const tbs = seq(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    ALGORITHM,
    distinguished(by?.name ?? name),
    seq(time(new Date(Date.now() - 30 * DAY)), time(until)),
    distinguished(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, seq(...extensions)),
  );
  const signature = sign('sha256', tbs, by?.privateKey ?? privateKey);
  const whole = seq(tbs, ALGORITHM, bits(signature));
  return {
    name,
    certificate: `-----BEGIN CERTIFICATE-----\n${whole.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
    der: whole,
    serial,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    privateKey,
  };
}

/** A list of what `by` revoked, DER. */
export function revocationList(by: Identity, revoked: readonly Identity[], until = new Date(Date.now() + DAY)): Buffer {
  const now = new Date(Date.now() - 60_000);
  const entries = revoked.map(({ serial }) => seq(der(0x02, serial), time(now)));
  const tbs = seq(
    der(0x02, Buffer.from([1])),
    ALGORITHM,
    distinguished(by.name),
    time(now),
    time(until),
    ...(entries.length > 0 ? [seq(...entries)] : []),
  );
  return seq(tbs, ALGORITHM, bits(sign('sha256', tbs, by.privateKey)));
}

function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const size = content.length;
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

const seq = (...parts: readonly Uint8Array[]) => der(0x30, ...parts);
const bits = (content: Uint8Array) => der(0x03, Buffer.concat([Buffer.from([0]), content]));
const octets = (content: Uint8Array) => der(0x04, content);
const distinguished = (name: string) => seq(der(0x31, seq(oid('2.5.4.3'), der(0x0c, Buffer.from(name)))));
const time = (date: Date) => der(0x17, Buffer.from(date.toISOString().slice(2, 19).replace(/[-:T]/g, '') + 'Z'));

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const groups = [arc & 0x7f];
    for (let left = arc >> 7; left > 0; left >>= 7) groups.unshift((left & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return der(0x06, Buffer.from(bytes));
}

/** ECDSA with SHA-256: whoever signs here has an elliptic key. */
const ALGORITHM = seq(oid('1.2.840.10045.4.3.2'));
