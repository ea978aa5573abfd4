/** A mail as bytes (RFC 5322, MIME), in clear or encrypted. */
import MailComposer from 'nodemailer/lib/mail-composer';
import { encrypt } from './smime.ts';

export interface MailAttachment {
  readonly name: string;
  /** Media type. */
  readonly type: string;
  readonly content: Uint8Array;
}

export interface Mail {
  readonly from: { readonly name: string; readonly address: string };
  readonly to: string;
  /** Readable on every server on the way, encrypted or not: no personal data. */
  readonly subject: string;
  /** Plain text. Without encryption as readable as the subject. */
  readonly text: string;
  /** Without angle brackets, as `id@host`; the same for every repetition. */
  readonly messageId: string;
  readonly attachments?: readonly MailAttachment[];
  /** PEM of the receiver's certificate: text and attachments are encrypted for it (S/MIME). */
  readonly certificate?: string | undefined;
}

/** The mail, ready to send. @throws CertificateUnfit */
export async function compose(mail: Mail): Promise<Buffer> {
  const head = {
    from: mail.from,
    to: mail.to,
    subject: mail.subject,
    messageId: `<${mail.messageId}>`,
    headers: { 'Auto-Submitted': 'auto-generated' },
    // what a mail is made of is given here, and is never a path or an address to be read
    disableFileAccess: true,
    disableUrlAccess: true,
  };
  const body = {
    text: mail.text,
    attachments: (mail.attachments ?? []).map(({ name, type, content }) => ({
      filename: name,
      contentType: type,
      content: Buffer.from(content),
    })),
  };
  if (mail.certificate === undefined) return new MailComposer({ ...head, ...body }).compile().build();
  const inside = await new MailComposer({ ...body, disableFileAccess: true, disableUrlAccess: true }).compile().build();
  const content = await encrypt(inside, mail.certificate);
  const contentType = 'application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m';
  return new MailComposer({ ...head, attachments: [{ filename: 'smime.p7m', contentType, content }] }).compile().build();
}
