/** S/MIME encryption (RFC 8551, CMS EnvelopedData): AES-256-CBC, the key for an RSA certificate by RSAES-OAEP with SHA-256. What mail programs read today. */
import { webcrypto, X509Certificate } from 'node:crypto';

/** The certificate cannot be used to encrypt. The message is a code. */
export class CertificateUnfit extends Error {
  override readonly name = 'CertificateUnfit';
}

const SHORTEST_RSA = 2_048;

/** @throws CertificateUnfit: not a certificate, out of date, or without an RSA key of 2048 bits or more. `pem`: the receiver's certificate */
export function checkCertificate(pem: string, now = new Date()): X509Certificate {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(pem);
  } catch {
    throw new CertificateUnfit('certificate-unreadable');
  }
  if (now < certificate.validFromDate || now > certificate.validToDate) throw new CertificateUnfit('certificate-expired');
  const { asymmetricKeyType, asymmetricKeyDetails } = certificate.publicKey;
  if (asymmetricKeyType !== 'rsa' || (asymmetricKeyDetails?.modulusLength ?? 0) < SHORTEST_RSA)
    throw new CertificateUnfit('certificate-key');
  return certificate;
}

/** CMS EnvelopedData, DER. @throws CertificateUnfit */
export async function encrypt(content: Uint8Array, pem: string): Promise<Buffer> {
  const { raw } = checkCertificate(pem);
  // half a megabyte of program that nobody else needs
  const { Certificate, ContentInfo, CryptoEngine, EnvelopedData, setEngine } = await import('pkijs');
  setEngine('node', new CryptoEngine({ name: 'node', crypto: webcrypto as Crypto }));
  const enveloped = new EnvelopedData();
  enveloped.addRecipientByCertificate(Certificate.fromBER(bytes(raw)), { oaepHashAlgorithm: 'SHA-256' });
  const cipher: AesKeyAlgorithm = { name: 'AES-CBC', length: 256 };
  await enveloped.encrypt(cipher, bytes(content));
  const info = new ContentInfo({ contentType: ContentInfo.ENVELOPED_DATA, content: enveloped.toSchema() });
  return Buffer.from(info.toSchema().toBER());
}

/** The bytes alone, copied: a Buffer lies in a larger block with what others wrote there, and its own `slice` leaves it there. */
const bytes = (from: Uint8Array): ArrayBuffer => new Uint8Array(from).buffer;
