/** Words of the deliveries desk: what a code of ours means, how a delivery leaves, how long something lasts. */
import type { Translator } from '#i18n';
import { reader } from './views.ts';
import type { Request } from './kit.ts';

/** Codes that have words of their own; everything else is named as it is. */
const REASONS = new Set([
  'TIMEOUT',
  'ABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'ANSWER_TOO_LONG',
  'interrupted',
  'restored',
  'secret-missing',
  'answer-refuses',
  'answer-not-soap',
  'not-configured',
  'answers-not-taken',
  'address-refused',
  'SealBroken',
  'AttachmentBroken',
]);

/** What happened, from a code: `answer-422`, `given-up:TIMEOUT`, … Texts from outside are never in it. */
export function reasonText(t: Translator, code: string): string {
  if (code.startsWith('given-up:')) return t.t('desk.reason.given-up', { reason: reasonText(t, code.slice('given-up:'.length)) });
  const status = /^(?:token-)?answer-(\d{3})$/.exec(code)?.[1];
  if (status !== undefined) return t.t(`desk.reason.${code.startsWith('token') ? 'token' : 'answer'}`, { status });
  const mail = /^mail-(\d{3})$/.exec(code)?.[1];
  if (mail !== undefined) return t.t('desk.reason.mail', { status: mail });
  if (code.startsWith('certificate-')) return t.t('desk.reason.certificate');
  const fault = /^fault-(.+)$/.exec(code)?.[1];
  if (fault !== undefined) return t.t('desk.reason.fault', { code: fault });
  return REASONS.has(code) ? t.t(`desk.reason.${code}`) : t.t('desk.reason.other', { code });
}

/** How deliveries leave: the protocol. */
export function adapterName(t: Translator, adapter: string): string {
  return t.has(`desk.adapter.${adapter}`) ? t.t(`desk.adapter.${adapter}`) : adapter;
}

/** Title of a service in the reader's language; its id where it is not offered any more. */
export function serviceName({ portal, municipality, lang }: Request, service: string): string {
  const offering = portal.catalog.offering(municipality.id, service);
  return offering ? reader(offering.pkg, lang).t.t('service.title') : service;
}

/** What is delivered: the service, and which answer it is. */
export const withAnswer = ({ t }: Request, service: string, answer: number | null): string =>
  answer === null ? service : `${service}: ${t.t('desk.answer', { n: answer })}`;

const UNITS = [
  ['days', 86_400],
  ['hours', 3_600],
  ['minutes', 60],
] as const;

/** "3 Minuten", from seconds: the largest unit that is filled. */
export function ageText(t: Translator, seconds: number): string {
  for (const [unit, size] of UNITS) if (seconds >= size) return t.t(`desk.time.${unit}`, { count: Math.floor(seconds / size) });
  return t.t('desk.time.seconds', { count: Math.round(seconds) });
}
