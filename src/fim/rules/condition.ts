/** The "Wenn" of a rule: a cursor over its words, and the grammar of conditions. */
import type { Condition, Reference } from './model.ts';
import type { Token } from './tokens.ts';

/** A sentence that the grammar does not have. The message says why, in English, for an editor. */
export class NotRead extends Error {}

/** Words that say what kind of thing follows, and nothing else. */
const NOUNS = new Set(
  'das die der den dem des in im bei feld felder datenfeld datenfelder feldgruppe feldgruppen datenfeldgruppe datenfeldgruppen gruppe gruppen'.split(
    ' ',
  ),
);
/** Words of the grammar: none of them is part of a label that stands without quotes. */
const KEYWORDS = new Set(
  'wenn dann sonst ansonsten und oder entweder muss müssen darf dürfen nicht kein keine nur ist sind wird werden leer befüllt ausgefüllt angezeigt ausgeblendet erscheint aktiviere deaktiviere zeige mache außer ohne bis falls sofern'.split(
    ' ',
  ),
);
const TRUE = new Set(['wahr', 'ja', 'true']);
const FALSE = new Set(['falsch', 'nein', 'false']);
const DEEPEST = 20;

export class Cursor {
  readonly #tokens: readonly Token[];
  at: number;

  constructor(tokens: readonly Token[], at: number) {
    this.#tokens = tokens;
    this.at = at;
  }

  peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.at + ahead, this.#tokens.length - 1)]!;
  }

  back(): Token | undefined {
    return this.#tokens[this.at - 1];
  }

  next(): Token {
    const token = this.peek();
    this.at = Math.min(this.at + 1, this.#tokens.length - 1);
    return token;
  }

  fail(why: string): never {
    const { kind, text } = this.peek();
    throw new NotRead(kind === 'end' ? why : `${why} at "${text.slice(0, 40)}"`);
  }

  /** Takes one of the words if it stands there. */
  word(...words: readonly string[]): string | undefined {
    const { kind, low } = this.peek();
    return kind === 'word' && words.includes(low) ? this.next().low : undefined;
  }

  /** Takes the words if all of them stand there. */
  words(...words: readonly string[]): boolean {
    if (!words.every((word, i) => this.peek(i).kind === 'word' && this.peek(i).low === word)) return false;
    this.at += words.length;
    return true;
  }

  sign(sign: string): boolean {
    if (this.peek().kind !== 'sign' || this.peek().text !== sign) return false;
    this.next();
    return true;
  }

  label(): string | undefined {
    return this.peek().kind === 'label' ? this.next().text : undefined;
  }

  nouns(): void {
    while (this.peek().kind === 'word' && NOUNS.has(this.peek().low)) this.next();
  }

  /** An element with its label. `upTo`: what ends a label without quotes. */
  reference(upTo: (token: Token) => boolean): Reference | undefined {
    const start = this.at;
    this.nouns();
    if (this.peek().kind !== 'ref') {
      this.at = start;
      return undefined;
    }
    const { ids } = this.next();
    if (this.label() === undefined) this.#bare(upTo);
    return ids;
  }

  /** A label without quotes, as far as it is certainly one. */
  #bare(upTo: (token: Token) => boolean): void {
    const start = this.at;
    for (let ahead = 0; ahead < 40; ahead++) {
      const token = this.peek(ahead);
      if (upTo(token)) {
        this.at = start + ahead;
        return;
      }
      const part = token.kind === 'word' ? !KEYWORDS.has(token.low) : token.kind === 'sign' && '()/-.,&:'.includes(token.text);
      // A sentence ends where a full stop is, and a list where a comma is: then it was no label.
      if (!part || (token.kind === 'sign' && '.,:'.includes(token.text))) return;
    }
  }

  /** Elements in a list: A, B und C. */
  references(last: 'und' | 'oder'): Reference[] {
    const found: Reference[] = [];
    const upTo = (token: Token) => token.kind === 'word' && (KEYWORDS.has(token.low) || token.low === 'an');
    for (;;) {
      const one = this.reference(upTo);
      if (!one) {
        if (found.length > 0) this.fail('an element is expected');
        return found;
      }
      found.push(one);
      const here = this.at;
      if (!(this.sign(',') || this.word(last))) return found;
      // What follows may belong to something else: "…, muss", "und mache".
      const start = this.at;
      this.nouns();
      const more = this.peek().kind === 'ref';
      this.at = more ? start : here;
      if (!more) return found;
    }
  }

  /** A value: a code, yes or no, or words in quotes. */
  code(): string {
    this.word('auswahl', 'code', 'codes');
    const token = this.next();
    if (token.kind === 'label') {
      if (TRUE.has(token.low)) return 'true';
      if (FALSE.has(token.low)) return 'false';
      return token.text;
    }
    if (token.kind !== 'word' || KEYWORDS.has(token.low) || NOUNS.has(token.low)) {
      this.at -= 1;
      this.fail('a value is expected');
    }
    return TRUE.has(token.low) ? 'true' : FALSE.has(token.low) ? 'false' : token.text;
  }

  /** The label of a value, in quotes or without, as far as certain words. */
  labelUpTo(ends: readonly string[]): void {
    if (this.peek().kind === 'operator' && this.peek().text === '=') this.next();
    if (this.label() !== undefined) return;
    this.#bare((token) => token.kind === 'word' && ends.includes(token.low));
  }

  /** A full stop, the end, or the beginning of the next condition. */
  endOfSentence(): void {
    const { kind, text, low } = this.peek();
    if (kind === 'end' || text === '.') return;
    if (low === 'wenn' && kind === 'word') return;
    this.fail('the rest of the sentence is not known');
  }
}

type Operator = '=' | '<>' | '<' | '<=' | '>' | '>=';
const OPERATORS: ReadonlyMap<string, Operator> = new Map([
  ['=', '='],
  ['==', '='],
  ['===', '='],
  ['<>', '<>'],
  ['!=', '<>'],
  ['≠', '<>'],
  ['<', '<'],
  ['<=', '<='],
  ['≤', '<='],
  ['>', '>'],
  ['>=', '>='],
  ['≥', '>='],
]);

/** What was compared last: "= 003 ODER = 005" speaks of the same field. */
interface Last {
  field?: Reference;
  operator?: Operator;
}

type Before = (field: string) => readonly Condition[];

/** Reads a condition up to its comma. `before`: what the text said of a field before. @throws NotRead */
export function readCondition(cursor: Cursor, before: Before, depth = 0): Condition {
  if (depth > DEEPEST) cursor.fail('the condition is nested too deep');
  const last: Last = {};
  const parts = [readTerm(cursor, before, last, depth)];
  let joined: string | undefined;
  for (;;) {
    const join = cursor.word('und', 'oder');
    if (!join) break;
    if (joined !== undefined && joined !== join) cursor.fail('"und" and "oder" stand side by side: which goes first is not said');
    joined = join;
    parts.push(readTerm(cursor, before, last, depth));
  }
  if (joined === undefined) return parts[0]!;
  nonsense(cursor, parts, joined);
  return { op: joined === 'und' ? 'and' : 'or', of: parts };
}

/** A field that has two values at once, or lacks one of two: nobody means that. */
function nonsense(cursor: Cursor, parts: readonly Condition[], joined: string): void {
  const seen = new Set<string>();
  for (const part of parts) {
    const positive = joined === 'und' && part.op === 'equals' ? part : undefined;
    const negative = joined === 'oder' && part.op === 'not' && part.of.op === 'equals' ? part.of : undefined;
    const found = positive ?? negative;
    if (!found) continue;
    const key = found.field.join('.');
    if (seen.has(key)) cursor.fail(positive ? 'a field cannot have two values at once' : 'of two values a field always lacks one');
    seen.add(key);
  }
}

function readTerm(cursor: Cursor, before: Before, last: Last, depth: number): Condition {
  if (cursor.sign('(')) {
    const inner = readCondition(cursor, before, depth + 1);
    if (!cursor.sign(')')) cursor.fail('a parenthesis is not closed');
    return inner;
  }
  const isOperator = ({ kind, low }: Token) =>
    kind === 'operator' || (kind === 'word' && (low === 'nicht' || low === 'leer' || low === 'befüllt'));
  const field = cursor.reference(isOperator);
  if (!field) {
    // "= 003 ODER = 005", "= 003 ODER 005"
    if (!last.field || !last.operator) return cursor.fail('an element is expected');
    const operator = takeOperator(cursor) ?? last.operator;
    if (operator !== last.operator) cursor.fail('the comparison changes within a list');
    return compare(cursor, last.field, operator, before);
  }
  last.field = field;
  last.operator = undefined;
  if (cursor.word('nicht')) {
    if (!cursor.word('leer')) cursor.fail('"leer" is expected');
    cursor.word('ist');
    return { op: 'filled', element: field };
  }
  if (cursor.word('leer')) {
    cursor.word('ist');
    return { op: 'not', of: { op: 'filled', element: field } };
  }
  if (cursor.word('befüllt')) {
    if (!cursor.word('ist')) cursor.fail('"ist" is expected');
    return { op: 'filled', element: field };
  }
  if (cursor.words('angegeben', 'wird')) return named(cursor, field);
  const operator = takeOperator(cursor);
  if (!operator) return cursor.fail('a comparison is expected');
  last.operator = operator;
  return compare(cursor, field, operator, before);
}

/** bei F… "02 Ein anderer" angegeben wird: the label that was taken for the field's is the value. */
function named(cursor: Cursor, field: Reference): Condition {
  const label = cursor.peek(-3);
  const code = label.kind === 'label' ? /^(\d{1,6}) \S/.exec(label.text)?.[1] : undefined;
  if (code === undefined) return cursor.fail('a value is expected');
  return { op: 'equals', field, values: [code] };
}

function takeOperator(cursor: Cursor): Operator | undefined {
  cursor.word('auswahl');
  if (cursor.peek().kind !== 'operator') return undefined;
  return OPERATORS.get(cursor.next().text);
}

function compare(cursor: Cursor, field: Reference, operator: Operator, before: Before): Condition {
  if (operator !== '=' && operator !== '<>') {
    const { kind, text } = cursor.next();
    if (kind !== 'word' || !/^\d{1,9}$/.test(text)) cursor.fail('a number is expected');
    return { op: 'compare', field, than: operator, value: Number(text) };
  }
  if (operator === '=' && cursor.words('alle', 'anderen')) return others(cursor, field, before);
  const values = cursor.sign('(') ? list(cursor, operator) : [value(cursor)];
  const equals: Condition = { op: 'equals', field, values };
  return operator === '=' ? equals : { op: 'not', of: equals };
}

/** = alle anderen möglichen Ausprägungen der Codeliste: none of those that were spoken of. */
function others(cursor: Cursor, field: Reference, before: Before): Condition {
  cursor.word('möglichen');
  if (!cursor.word('ausprägungen', 'werte', 'codes')) cursor.fail('"Ausprägungen" is expected');
  cursor.words('der', 'codeliste');
  const known = before(field.join('.'));
  if (known.length === 0) cursor.fail('the others were not spoken of before');
  return { op: 'not', of: known.length === 1 ? known[0]! : { op: 'or', of: known } };
}

function value(cursor: Cursor): string {
  const code = cursor.code();
  if (cursor.peek().kind === 'operator' && cursor.peek().text === '=' && cursor.peek(1).kind === 'label') cursor.next();
  if (cursor.label() === undefined && cursor.peek().kind === 'word' && !KEYWORDS.has(cursor.peek().low) && cursor.peek(1).text === ',')
    cursor.next();
  return code;
}

/** (001 "a" ODER 002 "b"); behind "<>" with UND, as the authors of the schemas write "none of". */
function list(cursor: Cursor, operator: Operator): string[] {
  const join = operator === '=' ? 'oder' : 'und';
  const values = [value(cursor)];
  while (!cursor.sign(')')) {
    if (!cursor.word(join)) cursor.fail(`"${join}" or a closing parenthesis is expected`);
    values.push(value(cursor));
  }
  return values;
}
