/**
 * An e-mail address, at most 254 characters (RFC 5321). Only the form is checked; whether somebody reads it, only a mail can tell.
 * A likely typing error (`gmial.com`) is no error: `suggestion` offers the better spelling and the view shows it.
 */
import type { FieldType } from '../types.ts';
import { LENGTH_PROPERTIES, lengthErrors, lengthFindings, lengthSchema, longest } from '../lines.ts';
import { matches, patternFindings } from '../pattern.ts';
import { numberSetting, textSetting } from '../settings.ts';
import { cleanLine, typedRaw } from '../typed.ts';

const MAX = 254;
const MAX_LOCAL = 64;

/** Written without backtracking: every step consumes, so that a long text takes no longer than its length. */
function isAddress(text: string): boolean {
  const at = text.lastIndexOf('@');
  const [local, domain] = [text.slice(0, at), text.slice(at + 1)];
  if (at < 1 || local.length > MAX_LOCAL) return false;
  if (!local.split('.').every((atom) => /^[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+$/u.test(atom))) return false;
  const labels = domain.split('.');
  if (labels.length < 2 || !/^(?:\p{L}|\p{M}){2,}$|^xn--[a-z0-9-]+$/u.test(labels.at(-1) ?? '')) return false;
  return labels.every(
    (label) => label.length <= 63 && /^[\p{L}\p{M}\p{N}-]+$/u.test(label) && !label.startsWith('-') && !label.endsWith('-'),
  );
}

/** Domains most private addresses in Germany belong to. */
const COMMON = [
  'gmail.com',
  'googlemail.com',
  'web.de',
  'gmx.de',
  'gmx.net',
  't-online.de',
  'outlook.de',
  'outlook.com',
  'hotmail.de',
  'hotmail.com',
];
const MORE_COMMON = [
  'icloud.com',
  'yahoo.de',
  'yahoo.com',
  'freenet.de',
  'posteo.de',
  'mailbox.org',
  'live.de',
  'aol.com',
  'arcor.de',
  'proton.me',
];

/**
 * The address with the domain that was probably meant: one letter wrong, missing, doubled, or two exchanged.
 * @returns undefined when the domain is a known one or near to none
 */
export function suggestion(address: string): string | undefined {
  const at = address.lastIndexOf('@');
  const domain = address.slice(at + 1).toLowerCase();
  const known = [...COMMON, ...MORE_COMMON];
  if (at < 1 || address.length > MAX || known.includes(domain)) return undefined;
  const meant = known.find((candidate) => candidate.length > 6 && oneSlip(domain, candidate));
  return meant === undefined ? undefined : `${address.slice(0, at)}@${meant}`;
}

/** Does one slip of the finger turn one text into the other? */
function oneSlip(typed: string, meant: string): boolean {
  if (Math.abs(typed.length - meant.length) > 1) return false;
  let start = 0;
  while (start < typed.length && typed[start] === meant[start]) start++;
  let end = 0;
  while (end < Math.min(typed.length, meant.length) - start && typed.at(-1 - end) === meant.at(-1 - end)) end++;
  const [restTyped, restMeant] = [typed.slice(start, typed.length - end), meant.slice(start, meant.length - end)];
  if (restTyped.length <= 1 && restMeant.length <= 1) return true;
  return restTyped.length === 2 && restMeant.length === 2 && restTyped[0] === restMeant[1] && restTyped[1] === restMeant[0];
}

const type: FieldType = {
  name: 'email',
  config: { properties: { ...LENGTH_PROPERTIES, pattern: { type: 'string', minLength: 1, maxLength: 500 } } },
  cel: 'string',
  parse(input) {
    const raw = typedRaw(input);
    const text = raw.length > 2000 ? undefined : cleanLine(raw);
    if (text === undefined) return { errors: [{ code: 'invalid' }] };
    const address = text
      .replace(/^mailto:/i, '')
      .replace(/^<|>$/g, '')
      .replaceAll(' ', '');
    const at = address.lastIndexOf('@');
    return { value: at < 0 ? address || null : address.slice(0, at) + address.slice(at).toLowerCase() };
  },
  check(value, config) {
    if (typeof value !== 'string') return [{ code: 'invalid' }];
    const wrong = lengthErrors(value, config, MAX);
    if (wrong.length > 0) return wrong;
    if (!value.includes('@')) return [{ code: 'noAt' }];
    const pattern = textSetting(config, 'pattern');
    return isAddress(value) &&
      (pattern === undefined || matches(pattern, value)) &&
      cleanLine(value) === value &&
      value.slice(value.lastIndexOf('@')).toLowerCase() === value.slice(value.lastIndexOf('@'))
      ? []
      : [{ code: 'invalid' }];
  },
  toRaw: (value) => ({ '': [String(value)] }),
  format: (value) => [String(value)],
  payloadSchema: (config) => ({ ...lengthSchema(config, MAX), pattern: '^[^@\\s]+@[^@\\s]+$' }),
  samples(config) {
    const short = ['kim.muster@example.org', 'kim@example.org', 'k@b.de'].find((one) => one.length <= longest(config, MAX));
    const missing = Math.max(0, (numberSetting(config, 'minLength') ?? 1) - (short?.length ?? 0));
    return short ? [`${'k'.repeat(Math.min(missing, 40))}${short}`] : [];
  },
  checkConfig: (config) => [...lengthFindings(config), ...patternFindings(textSetting(config, 'pattern'))],
};

export default type;
