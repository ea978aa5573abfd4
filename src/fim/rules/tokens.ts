/** Words of a rule: ids, quoted labels, signs and words, with their places, so that what is not understood can be given back as it was written. */

export interface Token {
  readonly kind: 'ref' | 'label' | 'operator' | 'word' | 'sign' | 'end';
  /** As written; of a label without its quotes. */
  readonly text: string;
  /** Words in small letters, for comparison. */
  readonly low: string;
  /** Ids of a reference. */
  readonly ids: readonly string[];
  readonly start: number;
  readonly end: number;
}

const ID = /[SGF]\d{2}(?:\d{6}(?:\d{3})?|-[0-9a-f]{4,}(?:-[0-9a-f]{4,})*)(?![0-9A-Za-z])/y;
const OPERATOR = /===|==|=|<>|!=|≠|<=|>=|≤|≥|<|>/y;
// A full stop inside a word is no end of a sentence.
const WORD = /(?:[dD]\.\s?[hH]\.|[zZ]\.\s?[bB]\.|\d{1,2}\.\d{1,2}\.\d{4}|[\p{L}\p{N}_]+(?:[-][\p{L}\p{N}_]+)*)/uy;
const QUOTES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['„', '“”"'],
  ['“', '”“'],
  ["'", "'"],
  ['‚', '‘’'],
  ['»', '«'],
]);
/** A quoted label never speaks of another element: where it would, a quote is missing or too many, and the sign alone is passed over. */
const NO_LABEL = /[SGF]\d{2}(?:\d{6}|-[0-9a-f]{4})|\b(?:dann|DANN|WENN|SONST)\b/;
const LONGEST_LABEL = 300;

/** Splits a text. Linear in its length. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const push = (kind: Token['kind'], start: number, end: number, written: string, ids: readonly string[] = []) => {
    tokens.push({ kind, text: written, low: written.toLowerCase(), ids, start, end });
    at = end;
  };
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  while (at < text.length) {
    const sign = text[at]!;
    if (/\s/.test(sign)) {
      at += 1;
      continue;
    }
    const id = match(ID);
    if (id !== undefined && !/[\p{L}\p{N}]/u.test(text[at - 1] ?? '')) {
      const start = at;
      const ids = [id];
      at += id.length;
      while (text[at] === '.') {
        at += 1;
        const next = match(ID);
        if (next === undefined) {
          at -= 1;
          break;
        }
        ids.push(next);
        at += next.length;
      }
      push('ref', start, at, text.slice(start, at), ids);
      continue;
    }
    const closing = QUOTES.get(sign);
    if (closing !== undefined) {
      const end = endOfLabel(text, at + 1, closing);
      if (end === undefined) at += 1;
      else push('label', at, end + 1, text.slice(at + 1, end));
      continue;
    }
    const operator = match(OPERATOR);
    if (operator !== undefined) {
      push('operator', at, at + operator.length, operator);
      continue;
    }
    const word = match(WORD);
    if (word !== undefined) push('word', at, at + word.length, word.replaceAll(/\s/g, ''));
    else push('sign', at, at + 1, sign);
  }
  tokens.push({ kind: 'end', text: '', low: '', ids: [], start: text.length, end: text.length });
  return tokens;
}

/** Where a label that begins there ends, if it is one. */
function endOfLabel(text: string, from: number, closing: string): number | undefined {
  const window = text.slice(from, from + LONGEST_LABEL);
  const end = [...closing].map((sign) => window.indexOf(sign)).filter((found) => found > 0);
  if (end.length === 0) return undefined;
  const found = Math.min(...end);
  return NO_LABEL.test(window.slice(0, found)) ? undefined : from + found;
}
