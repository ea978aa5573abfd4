/**
 * What people type, made harmless and comparable: Unicode NFC, no control characters, no invisible direction overrides, no stray blanks.
 * Every text type reads its controls through here, and `check` asks that a stored text is already in this form, so that what is stored
 * comes back from the form unchanged.
 */
import type { RawInput } from './types.ts';

/** C0 and C1 control characters, DEL, soft hyphen, zero-width space, direction overrides, line separators, byte order mark: nobody types them on purpose. */
const INVISIBLE = /[\u0001-\u001f\u007f-\u009f\u00ad\u200b\u2028\u2029\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g;
const INVISIBLE_BUT_NEWLINE = /[\u0001-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u200b\u2028\u2029\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g;

/** NUL and half surrogate pairs are no text: PostgreSQL cannot store the one, UTF-8 not the other. They are refused, never repaired. */
const refused = (text: string): boolean => text.includes('\0') || !text.isWellFormed();

/**
 * One line: whitespace of any kind becomes single blanks.
 * @returns the clean text, `''` when nothing remains, `undefined` when it holds what is no text (NUL, half surrogates)
 */
export function cleanLine(text: string): string | undefined {
  if (refused(text)) return undefined;
  return text
    .replace(/[\t\n\v\f\r]/g, ' ')
    .replace(INVISIBLE, '')
    .normalize('NFC')
    .replace(/\s+/g, ' ')
    .trim();
}

/** Several lines: line ends become `\n`, tabs become blanks, inner blanks stay. Result as in `cleanLine`. */
export function cleanLines(text: string): string | undefined {
  if (refused(text)) return undefined;
  return text.replace(/\r\n?/g, '\n').replaceAll('\t', ' ').replace(INVISIBLE_BUT_NEWLINE, '').normalize('NFC').trim();
}

/** All strings typed into a control. Own properties and strings only: the keys come from a request. */
export function typedAll(input: RawInput, part = ''): readonly string[] {
  if (!Object.hasOwn(input, part)) return [];
  const strings: unknown = input[part];
  return Array.isArray(strings) ? strings.filter((entry): entry is string => typeof entry === 'string') : [];
}

/** The first string typed into a control as it is; `''` when there is none. */
export function typedRaw(input: RawInput, part = ''): string {
  return typedAll(input, part)[0] ?? '';
}

/** Longest text a structured control (date, IBAN, number, …) looks at; anything longer is certainly wrong. */
const STRUCTURED_LIMIT = 250;

/** The first string of a structured control as one clean line; `undefined` when it is no text or far too long. */
export function typedShort(input: RawInput, part = ''): string | undefined {
  const text = typedRaw(input, part);
  return text.length > STRUCTURED_LIMIT ? undefined : cleanLine(text);
}

/** Length in characters (code points), as JSON Schema counts. */
export function characters(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** Is it an object of plain JSON, neither null nor list? */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Are all own keys among the allowed ones? Keys such as `__proto__` are own keys of parsed JSON and fail here. */
export function onlyKeys(value: Record<string, unknown>, allowed: readonly string[]): boolean {
  return Object.keys(value).every((key) => allowed.includes(key));
}
