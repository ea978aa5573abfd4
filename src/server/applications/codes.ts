/**
 * Numbers that people read out, type and print. Codes that open a draft (to resume it, to hand it over): 9 characters of a 32-letter alphabet without I, L, O and U (45 bits), grouped in
 * threes. Reference numbers: year, 7 random characters of the same alphabet and an ISO 7064 style check character (mod 37-2 over the alphabet).
 */
import { createHash, randomBytes } from 'node:crypto';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

function letters(bytes: Buffer): string {
  // 256 is a multiple of 32: no letter is likelier than another.
  return Array.from(bytes, (byte) => ALPHABET[byte & 31]).join('');
}

/** Reads what a person typed: any case, spaces and hyphens; O for 0, I and L for 1 (U is never given out). */
function normalise(typed: string): string {
  return typed
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[\s\u2010-\u2015.-]/g, '')
    .replaceAll('O', '0')
    .replace(/[IL]/g, '1');
}

/** What codes are derived from: the application, and its key, which nobody outside knows. */
interface Keyed {
  readonly key: Buffer;
  readonly id: string;
}

const derived = ({ key, id }: Keyed, purpose: string) => createHash('sha256').update(key).update(id).update(purpose).digest();

/** A code of the application. Derived, so that the page which shows it can be opened again and still tells the same. `purpose` keeps codes apart. */
export function codeFor(application: Keyed, purpose: string): string {
  return letters(derived(application, purpose).subarray(0, 9));
}

/** The application's resume code. */
export const resumeCodeFor = (application: Keyed): string => codeFor(application, 'resume');

export function groupCode(code: string): string {
  return code.replace(/(.{3})(?=.)/g, '$1-');
}

/** The code a person typed, or undefined when it cannot be one. */
export function readCode(typed: string): string | undefined {
  const code = normalise(typed);
  return code.length === 9 && [...code].every((letter) => ALPHABET.includes(letter)) ? code : undefined;
}

function checkCharacter(body: string): string {
  let sum = 0;
  for (const letter of body) sum = ((sum + ALPHABET.indexOf(letter)) * 2) % 31;
  return ALPHABET[(31 + 1 - sum) % 31]!;
}

/** A new reference number, e.g. `26-7KQ4M2X-9`. `year` is the year of submission. */
export function newReference(year: number): string {
  const body = String(year % 100).padStart(2, '0') + letters(randomBytes(7));
  return `${body.slice(0, 2)}-${body.slice(2)}-${checkCharacter(body)}`;
}

/** The reference a person typed, or undefined when the check character is wrong: a slip of the finger never meets somebody else's application. */
export function readReference(typed: string): string | undefined {
  const text = normalise(typed);
  if (text.length !== 10 || ![...text].every((letter) => ALPHABET.includes(letter))) return undefined;
  const body = text.slice(0, 9);
  return checkCharacter(body) === text[9] ? `${body.slice(0, 2)}-${body.slice(2)}-${text[9]}` : undefined;
}

/** Four digits, given out with a code or a reference number where no answer can serve as second factor; derived like the code. */
export function pinFor(application: Keyed, purpose = 'pin'): string {
  return String(derived(application, purpose).readUInt32BE() % 10_000).padStart(4, '0');
}

/** A second factor as it is compared: family names without case, accents or punctuation; dates and digits as they are. */
export function normaliseFactor(kind: string, typed: string): string {
  if (kind === 'pin') return typed.replace(/\D/g, '');
  if (kind === 'date') return typed;
  return typed
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLocaleLowerCase('de')
    .replaceAll('ß', 'ss')
    .replace(/[^\p{L}]/gu, '');
}
