/** The same submissions by SOAP, as `submission.v1.wsdl` describes them: UsernameToken with a digest, files in base64 or by MTOM. Read with a parser of its own. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { XMLParser } from 'fast-xml-parser';
import { checkSubmission, type Reading } from './receive.ts';

/** Who may send here. */
const USER = 'schalter';
const WINDOW = 5 * 60_000;
const ENVELOPES = { 11: 'http://schemas.xmlsoap.org/soap/envelope/', 12: 'http://www.w3.org/2003/05/soap-envelope' } as const;
const WSSE = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd';

type Version = keyof typeof ENVELOPES;

interface Message {
  Envelope?: {
    Header?: {
      Security?: { UsernameToken?: { Username?: string; Password?: { '#text'?: string }; Nonce?: { '#text'?: string }; Created?: string } };
    };
    Body?: {
      Submit?: { id?: string; envelope?: string; attachment?: { id: string; content: string | { Include: { '@_href': string } } }[] };
    };
  };
}

const parser = new XMLParser({
  ignoreAttributes: false,
  removeNSPrefix: true,
  parseTagValue: false,
  processEntities: true,
  isArray: (name) => name === 'attachment',
});

/** Numbers that were used are not taken again while their message would still be young enough. */
export class Nonces {
  readonly #used = new Map<string, number>();

  take(nonce: string, now: number): boolean {
    for (const [old, at] of this.#used) if (now - at > 2 * WINDOW) this.#used.delete(old);
    if (this.#used.has(nonce)) return false;
    this.#used.set(nonce, now);
    return true;
  }
}

/** Reads and checks a message. */
export function readSoap(secret: string, nonces: Nonces, headers: IncomingHttpHeaders, body: Buffer, now = Date.now()): Reading {
  const { document, parts } = packageOf(headers['content-type'] ?? '', body);
  const text = document.toString();
  if (/<!DOCTYPE/i.test(text)) return { refused: 400, why: 'a document type' };
  let message: Message;
  try {
    message = parser.parse(text, true) as Message;
  } catch {
    return { refused: 400, why: 'not XML' };
  }
  const { Header, Body } = message.Envelope ?? {};
  if (!mayCome(secret, nonces, Header?.Security?.UsernameToken, now)) return { refused: 401, why: 'user name or password' };
  const submit = Body?.Submit;
  if (submit?.envelope === undefined) return { refused: 422, why: 'nothing is submitted' };
  const files = new Map<string, Buffer>();
  for (const { id, content } of submit.attachment ?? []) {
    const part = typeof content === 'string' ? Buffer.from(content, 'base64') : parts.get(content.Include['@_href'].replace(/^cid:/, ''));
    if (part) files.set(id, part);
  }
  return checkSubmission(Buffer.from(submit.envelope), [submit.id], files);
}

type Token = NonNullable<NonNullable<NonNullable<Message['Envelope']>['Header']>['Security']>['UsernameToken'];

function mayCome(secret: string, nonces: Nonces, token: Token, now: number): boolean {
  const { Username, Password, Nonce, Created = '' } = token ?? {};
  if (Username !== USER || !(Math.abs(now - Date.parse(Created)) < WINDOW)) return false;
  const nonce = Nonce?.['#text'] ?? '';
  const expected = createHash('sha1').update(Buffer.from(nonce, 'base64')).update(Created).update(secret).digest();
  const given = Buffer.from(Password?.['#text'] ?? '', 'base64');
  return given.length === expected.length && timingSafeEqual(given, expected) && nonces.take(nonce, now);
}

/** A document alone, or a package (MTOM): the first part, and the others by their Content-ID. */
function packageOf(type: string, body: Buffer): { document: Buffer; parts: Map<string, Buffer> } {
  const parts = new Map<string, Buffer>();
  const boundary = /^multipart\/related/i.test(type) ? /boundary="?([^";]+)"?/i.exec(type)?.[1] : undefined;
  if (boundary === undefined) return { document: body, parts };
  let document: Buffer = Buffer.alloc(0);
  const mark = Buffer.from(`--${boundary}`);
  for (let at = body.indexOf(mark), next; at >= 0; at = next) {
    next = body.indexOf(mark, at + mark.length);
    if (next < 0) break;
    const part = body.subarray(at + mark.length, next);
    const start = part.indexOf('\r\n\r\n');
    const content = part.subarray(start + 4, part.length - 2);
    const id = /^content-id:\s*<([^>]+)>/im.exec(part.subarray(0, start).toString())?.[1];
    if (document.length === 0) document = content;
    else if (id !== undefined) parts.set(id, content);
  }
  return { document, parts };
}

const versionOf = (body: Buffer): Version => (body.includes(ENVELOPES[12]) ? 12 : 11);
const escape = (text: string) => text.replace(/[&<>]/g, (found) => `&#${found.charCodeAt(0)};`);

/** The answer to a message: its case, or a fault. `status`: as it would be without SOAP. */
export function soapAnswer(asked: Buffer, status: number, text: string): { status: number; body: string; type: string } {
  const version = versionOf(asked);
  const type = version === 12 ? 'application/soap+xml; charset=utf-8' : 'text/xml; charset=utf-8';
  const whole = (inside: string) => `<s:Envelope xmlns:s="${ENVELOPES[version]}"><s:Body>${inside}</s:Body></s:Envelope>`;
  if (status === 200)
    return {
      status,
      type,
      body: whole(`<SubmitResponse xmlns="https://schalter.example/soap/v1"><case>${escape(text)}</case></SubmitResponse>`),
    };
  const theirs = status < 500;
  const code = version === 12 ? (theirs ? 's:Sender' : 's:Receiver') : theirs ? 's:Client' : 's:Server';
  const narrow = status === 401 ? 'w:FailedAuthentication' : undefined;
  const fault =
    version === 12
      ? `<s:Code><s:Value>${code}</s:Value>${narrow ? `<s:Subcode><s:Value>${narrow}</s:Value></s:Subcode>` : ''}</s:Code><s:Reason><s:Text xml:lang="de">${escape(text)}</s:Text></s:Reason>`
      : `<faultcode>${narrow ?? code}</faultcode><faultstring>${escape(text)}</faultstring>`;
  return { status: version === 12 && theirs ? 400 : 500, type, body: whole(`<s:Fault xmlns:w="${WSSE}">${fault}</s:Fault>`) };
}
