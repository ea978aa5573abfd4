/** What a SOAP answer means: taken, a fault, or something that is no SOAP at all. */
import type { EgressAnswer } from '../../egress/index.ts';
import { judge, plainWords } from '../judge.ts';
import type { DeliveryOutcome } from '../types.ts';
import { SOAP } from './message.ts';
import type { FaultMeaning, SoapSettings } from './settings.ts';
import { child, readXml, valueAt, XmlRefused, type Element } from './xml.ts';

/** What HTTP says counts, whatever stands in the body. */
const HTTP = new Set([401, 403, 407, 408, 425, 429, 503]);

/** Codes of SOAP 1.1, 1.2 and WS-Security, without prefix. */
const MEANINGS: Readonly<Record<string, FaultMeaning>> = {
  Client: 'park',
  Sender: 'park',
  Server: 'retry',
  Receiver: 'retry',
  VersionMismatch: 'settings',
  MustUnderstand: 'settings',
  DataEncodingUnknown: 'settings',
  FailedAuthentication: 'settings',
  FailedCheck: 'settings',
  InvalidSecurity: 'settings',
  InvalidSecurityToken: 'settings',
  MessageExpired: 'settings',
  SecurityTokenUnavailable: 'settings',
  UnsupportedAlgorithm: 'settings',
  UnsupportedSecurityToken: 'settings',
};

/** `manual`: where it is open whether something was done, the outcome is unknown. */
export function judgeSoap(answer: EgressAnswer, { faults, accepted, onUnknown }: SoapSettings): DeliveryOutcome {
  const manual = onUnknown === 'manual';
  const { status } = answer;
  if (HTTP.has(status) || (status >= 300 && status < 400)) return judge(answer, manual);
  const good = status >= 200 && status < 300;
  const text = documentOf(answer);
  // A service that says nothing back has taken it.
  if (text.trim() === '') return judge(answer, manual);
  let body: Element | undefined;
  try {
    body = bodyOf(readXml(text));
  } catch (error) {
    if (!(error instanceof XmlRefused)) throw error;
    return good ? noAnswer(error.message, status, manual) : judge(answer, manual);
  }
  if (!body) return good ? noAnswer('answer-not-soap', status, manual) : judge(answer, manual);
  const fault = child(body, 'Fault');
  if (fault) return faultOutcome(fault, status, faults, manual);
  if (!good) return judge(answer, manual);
  if (!accepted) return { kind: 'delivered', status };
  const said = body.children[0] && valueAt(body.children[0], accepted.path);
  if (said !== undefined && accepted.values.includes(said)) return { kind: 'delivered', status };
  return { kind: 'park', status, reason: 'answer-refuses', words: plainWords(textOf(body)) };
}

/** It may have been taken, and what came back does not say. */
const noAnswer = (reason: string, status: number, manual: boolean): DeliveryOutcome =>
  manual ? { kind: 'unknown', status, reason } : { kind: 'retry', cause: 'failing', status, reason };

function bodyOf(root: Element): Element | undefined {
  const ours = root.name === 'Envelope' && Object.values(SOAP).includes(root.namespace);
  return ours ? root.children.find((one) => one.name === 'Body' && one.namespace === root.namespace) : undefined;
}

function faultOutcome(fault: Element, status: number, faults: SoapSettings['faults'], manual: boolean): DeliveryOutcome {
  const codes = codesOf(fault);
  // the narrowest code first; what the configuration says, before what is known of itself
  const meanings = [faults, MEANINGS].flatMap((table) =>
    codes.filter((code) => Object.hasOwn(table, code)).map((code) => [code, table[code]!] as const),
  );
  const [code, meaning] = meanings[0] ?? ['other', 'park' as const];
  const reason = `fault-${code}`;
  if (meaning === 'settings') return { kind: 'retry', cause: 'settings', status, reason };
  if (meaning === 'retry') return manual ? { kind: 'unknown', status, reason } : { kind: 'retry', cause: 'failing', status, reason };
  return { kind: 'park', status, reason, words: plainWords(textOf(fault)) };
}

/** Without prefixes, the narrowest first: subcodes of 1.2; `Client.Unknown.Street` of 1.1 is all of it, then less and less. */
function codesOf(fault: Element): string[] {
  const local = (value: string | undefined) => value?.split(':').at(-1)?.trim() ?? '';
  const found: string[] = [];
  for (let code = child(fault, 'Code'); code && found.length < 10; code = child(code, 'Subcode'))
    found.unshift(local(child(code, 'Value')?.text));
  const parts = local(child(fault, 'faultcode')?.text).split('.').slice(0, 10);
  for (let length = parts.length; length > 0; length--) found.push(parts.slice(0, length).join('.'));
  return found.filter(Boolean);
}

const textOf = (element: Element): string => [element.text, ...element.children.map(textOf)].filter((one) => one.trim()).join(' ');

/** The document of an answer: of a package (MTOM) its first part. */
function documentOf({ headers, body }: EgressAnswer): string {
  const type = headers['content-type'];
  const boundary = typeof type === 'string' && /^multipart\/related/i.test(type) ? /boundary="?([^";]+)"?/i.exec(type)?.[1] : undefined;
  if (boundary === undefined) return body;
  const part = body.split(`--${boundary}`, 2)[1] ?? '';
  const start = /\r?\n\r?\n/.exec(part);
  return start ? part.slice(start.index + start[0].length) : '';
}
