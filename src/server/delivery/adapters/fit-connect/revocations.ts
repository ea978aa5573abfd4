/** Revocation lists (RFC 5280, section 5): who signed them, until when they are good, and what they revoke. */
import { verify, type X509Certificate } from 'node:crypto';
import { AsnConvert } from '@peculiar/asn1-schema';
import { CertificateList } from '@peculiar/asn1-x509';

interface List {
  readonly list: CertificateList;
  readonly signed: Buffer;
  /** Hex, upper case, as `X509Certificate` writes them. */
  readonly revoked: ReadonlySet<string>;
}

export class Revocations {
  readonly #lists: readonly List[];

  /** @param lists DER or PEM. @throws when one cannot be read */
  constructor(lists: readonly Buffer[]) {
    this.#lists = lists.map(read);
  }

  /** A code when the certificate is revoked, or when no list of its signer says that it is not. */
  problemOf(certificate: X509Certificate, signer: X509Certificate, now: number): string | undefined {
    const good = this.#lists.filter((one) => isGood(one, signer, now));
    if (good.length === 0) return 'revocations-missing';
    const serial = number(certificate.serialNumber);
    return good.some((one) => one.revoked.has(serial)) ? 'chain-revoked' : undefined;
  }
}

const number = (hex: string) => hex.toUpperCase().replace(/^0+(?=.)/, '');
/** Signatures that are taken, RFC 8017 and RFC 5758. */
const DIGESTS: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
};

function isGood({ list, signed }: List, signer: X509Certificate, now: number): boolean {
  const { thisUpdate, nextUpdate } = list.tbsCertList;
  if (!nextUpdate || thisUpdate.getTime().getTime() > now || nextUpdate.getTime().getTime() < now) return false;
  const digest = DIGESTS[list.signatureAlgorithm.algorithm];
  return digest !== undefined && verify(digest, signed, signer.publicKey, Buffer.from(list.signature));
}

function read(bytes: Buffer): List {
  const pem = /-----BEGIN X509 CRL-----([^-]+)-----END/.exec(bytes.toString('latin1'))?.[1];
  const der = pem === undefined ? bytes : Buffer.from(pem, 'base64');
  const list = AsnConvert.parse(der, CertificateList);
  const revoked = (list.tbsCertList.revokedCertificates ?? []).map((one) => number(Buffer.from(one.userCertificate).toString('hex')));
  return { list, signed: Buffer.from(list.tbsCertListRaw!), revoked: new Set(revoked) };
}
