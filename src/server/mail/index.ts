/**
 * Mail to the outside, the one place that speaks SMTP. Connections go to the configured host, to addresses that may be called; TLS is required unless
 * a setting says otherwise; a call has one deadline. What is written must hold no personal data where it can be read on the way: see `Mail`.
 */
import { connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { NodemailerError } from 'nodemailer';
import { AddressRefused, checkedLookup, checkLiteral, type NetworkPolicy } from '#server/network';
import { compose, type Mail } from './message.ts';

export type { Mail, MailAttachment } from './message.ts';
export { CertificateUnfit, checkCertificate } from './smime.ts';

export interface MailServer extends NetworkPolicy {
  /** `smtps://host:465` (TLS from the first byte) or `smtp://host:587` (STARTTLS). */
  readonly url: string;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** `smtp` may go on without TLS. */
  readonly allowPlain?: boolean | undefined;
  /** PEM. `ca` replaces the system's list; `certificate` and `key` are shown to the server. */
  readonly tls?:
    { readonly ca?: string | undefined; readonly certificate?: string | undefined; readonly key?: string | undefined } | undefined;
  /** For everything: look-up, connection, TLS, login, sending. */
  readonly timeoutMilliseconds: number;
}

export interface SendOptions {
  /** Ends it early. */
  readonly signal?: AbortSignal | undefined;
  /** Called when the server is ready for the contents, before the first byte of them. */
  readonly begin?: (() => Promise<void>) | undefined;
}

/** The mail was not taken. The message is a code of ours. */
export class MailFailed extends Error {
  override readonly name = 'MailFailed';
  /** `settings`: the server, the login or an address, nothing helps but to change them; `later`: the way or the server; `refused`: this mail, for good. */
  readonly kind: 'settings' | 'later' | 'refused';
  /** The contents may have been taken. */
  readonly sent: boolean;
  /** The server's reply code. */
  readonly status: number | undefined;

  constructor(kind: MailFailed['kind'], code: string, { sent = false, status }: { sent?: boolean; status?: number | undefined } = {}) {
    super(code);
    this.kind = kind;
    this.sent = sent;
    this.status = status;
  }
}

/** Sends one mail to one address. @throws MailFailed, CertificateUnfit, and what `begin` throws */
export async function sendMail(server: MailServer, mail: Mail, { signal, begin }: SendOptions = {}): Promise<void> {
  const contents = await compose(mail);
  const deadline = AbortSignal.timeout(server.timeoutMilliseconds);
  const ended = signal ? AbortSignal.any([signal, deadline]) : deadline;
  const target = new URL(server.url);
  const host = target.hostname.replace(/^\[|\]$/g, '');
  let sent = false;
  let complete = false;
  let ours: unknown;
  let smtp: SMTPConnection | undefined;
  try {
    const connection = await reach(server, host, Number(target.port) || (target.protocol === 'smtps:' ? 465 : 587), ended);
    smtp = new SMTPConnection({
      connection,
      host,
      secure: target.protocol === 'smtps:',
      requireTLS: target.protocol === 'smtp:' && !server.allowPlain,
      tls: { minVersion: 'TLSv1.2', rejectUnauthorized: true, ca: server.tls?.ca, cert: server.tls?.certificate, key: server.tls?.key },
      name: 'schalter',
      connectionTimeout: server.timeoutMilliseconds,
      greetingTimeout: server.timeoutMilliseconds,
      socketTimeout: server.timeoutMilliseconds,
    });
    await step(smtp, ended, (done) => smtp!.connect(done));
    const { user, password } = server;
    if (user !== undefined) await step(smtp, ended, (done) => smtp!.login({ user, pass: password ?? '' }, done));
    const reading = async function* () {
      await begin?.().catch((error: unknown) => {
        ours = error;
        throw error;
      });
      sent = true;
      yield contents;
      complete = true;
    };
    const source = Readable.from(reading(), { objectMode: false });
    // Read when the server asks for it, and not before.
    await step(smtp, ended, (done) => smtp!.send({ from: mail.from.address, to: [mail.to], size: contents.length }, source, done));
  } catch (error) {
    if (ours !== undefined) throw ours;
    throw failure(error, { sent: sent && complete, late: deadline.aborted, stopped: signal?.aborted ?? false });
  } finally {
    if (smtp && complete && !ended.aborted) smtp.quit();
    smtp?.close();
  }
}

/** A connection to the host, at an address that may be called. */
async function reach(server: MailServer, host: string, port: number, signal: AbortSignal): Promise<Socket> {
  checkLiteral(host, server);
  const socket = connect({ host, port, lookup: checkedLookup(server), signal });
  // once it is taken over, its errors are told by the step under way
  socket.on('error', () => undefined);
  await new Promise<void>((done, failed) => socket.once('connect', done).once('error', failed));
  return socket;
}

/** One step of the conversation; whatever ends the connection ends it. */
function step(smtp: SMTPConnection, signal: AbortSignal, begin: (done: (error?: Error | null) => void) => void): Promise<void> {
  return new Promise((done, failed) => {
    const stop = () => failed(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
    smtp.once('error', failed);
    smtp.once('end', () => failed(Object.assign(new Error('closed'), { code: 'ECONNECTION' })));
    if (signal.aborted) stop();
    else
      begin((error) => {
        signal.removeEventListener('abort', stop);
        smtp.removeListener('error', failed);
        if (error) failed(error);
        else done();
      });
  });
}

/** Codes of a certificate, or a protocol version, that does not fit. */
const TLS = /^(CERT_|DEPTH_ZERO|ERR_TLS|ERR_SSL|SELF_SIGNED|UNABLE_TO_(GET_ISSUER|VERIFY)|EPROTO$|ETLS)/;

function failure(error: unknown, { sent, late, stopped }: { sent: boolean; late: boolean; stopped: boolean }): unknown {
  if (error instanceof AddressRefused) return new MailFailed('settings', error.code);
  if (stopped) return new MailFailed('later', 'ABORTED', { sent });
  if (late) return new MailFailed('later', 'TIMEOUT', { sent });
  const { code, originalCode, responseCode: status, command } = error as NodemailerError;
  if (code === undefined) return error;
  const tls = [originalCode, code].find((one) => one !== undefined && TLS.test(one));
  if (tls !== undefined) return new MailFailed('settings', tls);
  if (status === undefined || !(status >= 400)) return new MailFailed('later', originalCode ?? code, { sent });
  if (status < 500 && code !== 'EAUTH') return new MailFailed('later', `mail-${status}`, { status });
  // What a server refuses for good before it has seen the contents, it would refuse for any mail.
  const forAll = code === 'EAUTH' || (command !== 'DATA' && status !== 552);
  return new MailFailed(forAll ? 'settings' : 'refused', `mail-${status}`, { status });
}
