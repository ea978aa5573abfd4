/**
 * The letters of names: data type A of DIN 91379:2022-08 ("Zeichen und definierte Zeichensequenzen in Unicode für die elektronische
 * Verarbeitung von Namen und den Datenaustausch in Europa"), which registers, identity cards and the FIM type `text_latin` use for names of
 * natural persons. It is the group of all Latin letters (bll) with the signs that occur in names (N1: blank, apostrophe, comma, hyphen, …).
 * The standard thinks in composed letters (NFC) and lists the sequences for which Unicode has no composed letter; a base letter with any
 * other mark is not part of it. Source of the lists: KoSIT, data types of DIN 91379 (xoev.de/schemata/din/91379/2022-08).
 */

/** First and last code point of each run of allowed single characters, in ascending order. */
const RUNS: readonly (readonly [number, number])[] = (
  '20-20 27-27 2C-2E 41-5A 60-7A 7E-7E A8-A8 B4-B4 B7-B7 C0-D6 D8-F6 F8-17E 187-188 18F-18F 197-197 1A0-1A1 1AF-1B0 1B7-1B7 1CD-1DC 1DE-1DF ' +
  '1E2-1F0 1F4-1F5 1F8-1FF 212-213 218-21B 21E-21F 227-233 259-259 268-268 292-292 2B9-2BA 2BE-2BF 2C8-2C8 2CC-2CC 1E02-1E03 1E06-1E07 ' +
  '1E0A-1E11 1E17-1E17 1E1C-1E2B 1E2F-1E37 1E3A-1E3B 1E40-1E49 1E52-1E5B 1E5E-1E63 1E6A-1E6F 1E80-1E87 1E8C-1E97 1E9E-1E9E 1EA0-1EF9 ' +
  '2019-2019 2021-2021'
)
  .split(' ')
  .map((run) => run.split('-').map((hex) => Number.parseInt(hex, 16)) as [number, number]);

/** Base letter -> what may follow it, as code points; alternatives are separated by blanks, marks of one sequence by `+`. */
const SEQUENCES: Readonly<Record<string, string>> = {
  A: '30B',
  C: '300 304 306 308 315 323 326 328+306',
  D: '302',
  F: '300 304',
  G: '300',
  H: '304 326 331',
  J: '301 30C',
  K: '300 302 304 307 315 31B 326 35F+48 35F+68',
  L: '302 325 325+304 326',
  M: '300 302 306 310',
  N: '302 304 306 326',
  P: '300 304 315 323',
  R: '306 325 325+304',
  S: '300 304 31B+304 331',
  T: '300 304 308 315 31B',
  U: '307',
  Z: '300 304 306 308 327',
  a: '30B',
  c: '300 304 306 308 315 323 326 328+306',
  d: '302',
  f: '300 304',
  g: '300',
  h: '304 326',
  j: '301',
  k: '300 302 304 307 315 31B 326 35F+68',
  l: '302 325 325+304 326',
  m: '300 302 306 310',
  n: '302 304 306 326',
  p: '300 304 315 323',
  r: '306 325 325+304',
  s: '300 304 31B+304 331',
  t: '300 304 315 31B',
  u: '307',
  z: '300 304 306 308 327',
  '\u00C7': '306',
  '\u00DB': '304',
  '\u00E7': '306',
  '\u00FB': '304',
  '\u00FF': '301',
  '\u010C': '315 323',
  '\u010D': '315 323',
  '\u0113': '30D',
  '\u012A': '301',
  '\u012B': '301',
  '\u014D': '30D',
  '\u017D': '326 327',
  '\u017E': '326 327',
  '\u1E32': '304',
  '\u1E33': '304',
  '\u1E62': '304',
  '\u1E63': '304',
  '\u1E6C': '304',
  '\u1E6D': '304',
  '\u1EA0': '308',
  '\u1EA1': '308',
  '\u1ECC': '308',
  '\u1ECD': '308',
  '\u1EE4': '304 308',
  '\u1EE5': '304 308',
};

/** Base letter -> its sequences in NFC, longest first. */
const sequences = new Map<string, readonly string[]>();
for (const [base, tails] of Object.entries(SEQUENCES)) {
  for (const tail of tails.split(' ')) {
    const sequence = base + String.fromCodePoint(...tail.split('+').map((hex) => Number.parseInt(hex, 16)));
    const composed = sequence.normalize('NFC');
    const first = String.fromCodePoint(composed.codePointAt(0) ?? 0);
    sequences.set(
      first,
      [...(sequences.get(first) ?? []), composed].sort((a, b) => b.length - a.length),
    );
  }
}

function isSingle(codePoint: number): boolean {
  return RUNS.some(([first, last]) => codePoint >= first && codePoint <= last);
}

/**
 * Finds the first character of an NFC text that does not occur in names.
 * @returns the character (with the mark, when the mark is at fault), or undefined when all are allowed
 */
export function foreignCharacter(text: string): string | undefined {
  let index = 0;
  while (index < text.length) {
    const character = String.fromCodePoint(text.codePointAt(index) ?? 0);
    const sequence = sequences.get(character)?.find((candidate) => text.startsWith(candidate, index));
    const length = sequence?.length ?? (isSingle(character.codePointAt(0) ?? 0) ? character.length : 0);
    if (length === 0) return character;
    index += length;
  }
  return undefined;
}

/** Signs that keyboards and word processors put where the standard has another one: curly and modifier apostrophes, typographic hyphens. */
export function standardSigns(text: string): string {
  return text.replace(/[\u02BC\u2018\u201B\u02BB]/g, '\u2019').replace(/[\u2010\u2011\u2012\u2013]/g, '-');
}
