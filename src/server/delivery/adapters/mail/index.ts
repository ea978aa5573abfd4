/**
 * `mail`: for offices without a web service. The application as PDF, as JSON (the envelope) and its files, encrypted where the office has a certificate.
 * A mailbox takes the same mail twice, so a send whose outcome is not known waits for a person unless the configuration says otherwise.
 */
import { faultPoint } from '#server/faults';
import type { MailDestination } from '#server/config';
import { CertificateUnfit, checkCertificate, MailFailed, sendMail, type MailAttachment } from '#server/mail';
import { attachmentContents } from '../../attachments.ts';
import { isFollowup, type Envelope, type EnvelopeAttachment } from '../../envelope.ts';
import type { CommonSettings, DeliveryContext, DeliveryOutcome, OwnSettings, Protocol, References } from '../types.ts';

export interface MailSettings extends CommonSettings {
  readonly adapter: 'mail';
  readonly server: string;
  readonly allowPlain: boolean | undefined;
  readonly from: string;
  readonly to: string;
  readonly user: { readonly name: string; readonly password: string } | undefined;
  /** PEM: who reads it. */
  readonly certificate: string | undefined;
}

export const mail: Protocol<MailDestination, MailSettings> = { settings, send, mediaBreak: true, answers: () => true };

function settings(
  document: MailDestination,
  { secret, open, problem }: References,
): OwnSettings<MailSettings> & Pick<MailSettings, 'onUnknown'> {
  const { server, allowPlain, from, to, user, onUnknown = 'manual' } = document;
  const certificate = open(document.certificate);
  try {
    if (certificate !== undefined) checkCertificate(certificate);
  } catch (error) {
    problem(`certificate ${document.certificate}: ${(error as Error).message}`);
  }
  return {
    endpoints: [],
    onUnknown,
    server,
    allowPlain,
    from,
    to,
    user: user && { name: user.name, password: secret(user.password) ?? '' },
    certificate,
  };
}

const DEFAULT_TIMEOUT = 60_000;

async function send(context: DeliveryContext<MailSettings>): Promise<DeliveryOutcome> {
  const { destination, envelope } = context;
  const { server: url, allowPlain, allowPrivate, user, tls, timeoutSeconds } = destination;
  const [pdf, files] = [await context.summary(), await filesOf(context)];
  const timeoutMilliseconds = timeoutSeconds === undefined ? DEFAULT_TIMEOUT : timeoutSeconds * 1_000;
  try {
    await sendMail(
      { url, allowPlain, allowPrivate, lookup: context.lookup, user: user?.name, password: user?.password, tls, timeoutMilliseconds },
      {
        from: { name: envelope.municipality.name, address: destination.from },
        to: destination.to,
        ...letter(envelope, files.length),
        messageId: `${envelope.id.replaceAll(':', '.')}@${destination.from.split('@').at(-1)}`,
        attachments: [
          { name: `${nameOf(envelope)}.pdf`, type: 'application/pdf', content: pdf },
          { name: `${nameOf(envelope)}.json`, type: 'application/json', content: context.bytes },
          ...files,
        ],
        certificate: destination.certificate,
      },
      { signal: context.signal, begin: context.beginSend },
    );
    faultPoint('delivery-answered');
    return { kind: 'delivered', status: 250 };
  } catch (error) {
    if (error instanceof CertificateUnfit) return { kind: 'retry', cause: 'settings', reason: error.message };
    if (!(error instanceof MailFailed)) throw error;
    return outcomeOf(error, destination.onUnknown === 'manual');
  }
}

function outcomeOf({ kind, message: reason, sent, status }: MailFailed, manual: boolean): DeliveryOutcome {
  const about = { reason, ...(status !== undefined && { status }) };
  if (kind === 'refused') return { kind: 'park', reason, status: status ?? 0 };
  if (sent && manual) return { kind: 'unknown', ...about };
  return { kind: 'retry', cause: kind === 'settings' ? 'settings' : 'failing', ...about };
}

/** Names of files may tell of a person: here they have numbers. The JSON knows which is which by their hashes. */
async function filesOf({ envelope, openAttachment }: DeliveryContext): Promise<MailAttachment[]> {
  const files: MailAttachment[] = [];
  for (const file of envelope.attachments) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of attachmentContents(openAttachment, file)) chunks.push(chunk);
    files.push({ name: `${nameOf(envelope)}-${files.length + 1}${ending(file)}`, type: file.mime, content: Buffer.concat(chunks) });
  }
  return files;
}

const nameOf = (envelope: Envelope): string => envelope.reference + (isFollowup(envelope) ? `-Antwort-${envelope.number}` : '');

const ENDINGS: Readonly<Record<string, string>> = { 'application/pdf': '.pdf', 'image/jpeg': '.jpg', 'image/png': '.png' };
const ending = ({ mime }: EnvelopeAttachment) => ENDINGS[mime] ?? '';

/** Read on the way, and by whoever sees the list of mails: the reference and the service, nothing of the person. German, as offices write to each other. */
function letter(envelope: Envelope, files: number): { subject: string; text: string } {
  const { reference, service, municipality, id } = envelope;
  const [what, the, subject] = isFollowup(envelope)
    ? ['eine Antwort auf Ihre Nachfrage', 'die Antwort', 'Antwort zum Antrag']
    : ['einen Antrag', 'der Antrag', 'Antrag'];
  const leika = service.leika.length > 0 ? ` (LeiKa ${service.leika.join(', ')})` : '';
  const text = [
    `${municipality.name} hat ${what} für Sie entgegengenommen.`,
    '',
    `Aktenzeichen: ${reference}`,
    `Leistung: ${service.id}${leika}`,
    '',
    `Im Anhang: ${the} zum Lesen (PDF) und zum Einlesen (JSON)${files > 0 ? `, ${files === 1 ? 'eine Anlage' : `${files} Anlagen`}` : ''}.`,
    `Kennung der Zustellung: ${id}. Kommt sie zweimal an, ist es ${isFollowup(envelope) ? 'dieselbe Antwort' : 'derselbe Antrag'}.`,
    '',
    'Diese Nachricht wurde automatisch erzeugt.',
  ].join('\r\n');
  return { subject: `${subject} ${reference} (${service.id})`, text };
}
