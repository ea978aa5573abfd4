/**
 * Patterns of a schema: whether the portal can run them (RE2: linear in the length of the text, so no look-around and no back references), and a text
 * that matches, which is shown when an answer does not. A pattern for which none can be found would let nobody past its page.
 */
import { RE2JS } from 're2js';
import { canBlowUp } from '#package';

/** `pattern`: as RE2 writes it. */
export type PatternVerdict = { readonly pattern: string; readonly example: string } | { readonly why: string };

/** Longest pattern; no official one is longer than 200 characters. */
const LONGEST = 500;

/** Looks at a pattern with the limits of its text. `why` in English, for an editor. */
export function judgePattern(written: string, minLength: number, maxLength: number): PatternVerdict {
  const pattern = written.replaceAll(/\\u([0-9A-Fa-f]{4})/g, '\\x{$1}');
  if (pattern.length > LONGEST) return { why: `the pattern is longer than ${LONGEST} characters` };
  if (!/[\\[\](){}*+?.|^$]/.test(pattern)) return { why: 'this is a remark and no pattern: nothing but these very words would be right' };
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(pattern);
  } catch (error) {
    return { why: `the pattern cannot be run: ${error instanceof Error ? error.message : String(error)}` };
  }
  if (canBlowUp(pattern)) return { why: 'the pattern repeats a repetition: some texts would take an engine hours' };
  for (const want of [minLength, minLength + 1, minLength + 2, maxLength]) {
    for (let turn = 0; turn < 4; turn++) {
      const text = new Maker(pattern, Math.min(want, 60), turn).make();
      if (text === undefined) return { why: 'no text could be found that matches the pattern' };
      if (text.length >= minLength && text.length <= maxLength && text.trim() === text && text !== '' && compiled.matches(text))
        return { pattern, example: text };
    }
  }
  return { why: 'no text could be found that matches the pattern' };
}

/** Makes a text from the pattern's own parts. What it makes is tried afterwards: it may be wrong, never harmful. */
class Maker {
  readonly #pattern: string;
  readonly #want: number;
  readonly #turn: number;
  #at = 0;
  #depth = 0;

  /** `turn`: which alternatives are taken. `want`: length that open repetitions are to reach. */
  constructor(pattern: string, want: number, turn: number) {
    this.#pattern = pattern;
    this.#want = want;
    this.#turn = turn;
  }

  make(): string | undefined {
    const text = this.#alternatives(0);
    return this.#at >= this.#pattern.length && text.length <= 1000 ? text : undefined;
  }

  #peek(): string {
    return this.#pattern[this.#at] ?? '';
  }

  #alternatives(before: number): string {
    this.#depth += 1;
    const all = [this.#sequence(before)];
    while (this.#peek() === '|') {
      this.#at++;
      all.push(this.#sequence(before));
    }
    this.#depth -= 1;
    return all[this.#turn % all.length]!;
  }

  #sequence(before: number): string {
    let text = '';
    while (this.#at < this.#pattern.length && !'|)'.includes(this.#peek()) && this.#depth < 50) {
      const start = this.#at;
      let item = this.#item(before + text.length);
      const [least, most] = this.#repetition();
      const end = this.#at;
      let times = Math.min(most, Math.max(least, this.#turn % 2 === 0 ? least : Math.min(1, most)));
      // An open repetition fills up to the wished length.
      if (most > 100 && item.length > 0)
        times = Math.max(times, Math.min(60, Math.ceil((this.#want - before - text.length) / item.length)));
      const single = item;
      item = '';
      for (let i = 0; i < Math.min(times, 200); i++) item += single;
      text += item;
      this.#at = Math.max(end, start + 1);
    }
    return text;
  }

  #repetition(): [least: number, most: number] {
    const found = /^(?:([*+?])|\{(\d{1,4})(,(\d{0,4}))?\})\??/.exec(this.#pattern.slice(this.#at));
    if (!found) return [1, 1];
    this.#at += found[0].length;
    if (found[1]) return found[1] === '?' ? [0, 1] : [found[1] === '+' ? 1 : 0, Infinity];
    const least = Number(found[2]);
    return [least, found[3] === undefined ? least : found[4] ? Number(found[4]) : Infinity];
  }

  #item(before: number): string {
    const sign = this.#peek();
    this.#at++;
    if (sign === '^' || sign === '$') return '';
    if (sign === '.') return 'a';
    if (sign === '\\') return this.#escape();
    if (sign === '[') return this.#set();
    if (sign !== '(') return sign;
    const opening = /^\?(?:[:]|P?<[^>]{1,50}>|[a-z]{1,5}:)/.exec(this.#pattern.slice(this.#at));
    if (opening) this.#at += opening[0].length;
    const inner = this.#alternatives(before);
    this.#at++;
    return inner;
  }

  #escape(): string {
    const sign = this.#peek();
    this.#at++;
    if (sign === 'd') return '1';
    if (sign === 'w') return 'a';
    if (sign === 's') return ' ';
    if (sign === 'b' || sign === 'A' || sign === 'z') return '';
    if (sign === 'p' || sign === 'P') {
      const name = /^(?:\{([^}]{1,40})\}|(.))/.exec(this.#pattern.slice(this.#at));
      this.#at += name?.[0].length ?? 0;
      const kind = name?.[1] ?? name?.[2] ?? '';
      return sign === 'P'
        ? '-'
        : kind.startsWith('N')
          ? '1'
          : kind === 'Lu'
            ? 'A'
            : kind.startsWith('L')
              ? 'a'
              : kind.startsWith('Z')
                ? ' '
                : '-';
    }
    if (sign === 'n' || sign === 't' || sign === 'r') return ' ';
    return sign;
  }

  #set(): string {
    const end = this.#endOfSet();
    const body = this.#pattern.slice(this.#at, end);
    this.#at = end + 1;
    // A letter or a digit if there is one: whatever the set is, RE2 itself says which of the usual signs are in it.
    const set = RE2JS.compile(`[${body}]`);
    const usual = ['1', 'a', 'A', '0', '5', 'b', 'Z', '-', '.', '@', ' ', '/', '_', '+', ','];
    const signs = [...usual, ...body].filter((one) => set.matches(one));
    return signs[this.#turn > 1 && signs.length > 1 ? 1 : 0] ?? '';
  }

  #endOfSet(): number {
    let at = this.#at;
    if (this.#pattern[at] === '^') at++;
    if (this.#pattern[at] === ']') at++;
    while (at < this.#pattern.length && this.#pattern[at] !== ']') {
      if (this.#pattern.startsWith('[:', at)) at = Math.max(at, this.#pattern.indexOf(':]', at) + 1);
      else if (this.#pattern[at] === '\\') at++;
      at++;
    }
    return at;
  }
}
