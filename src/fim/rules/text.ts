/**
 * Reads the semi-formal German texts of rules. A sentence is read only if every word of it has its place in the grammar; else the whole sentence
 * stays as it is written. Two sentences that contradict each other are both left: one of them is a mistake, and nobody here knows which.
 */
import type { Condition, Effect, Reading, Reference, Statement, Unread } from './model.ts';
import { Cursor, NotRead, readCondition } from './condition.ts';
import { readConsequence, type Consequence } from './consequence.ts';
import { tokensOf, type Token } from './tokens.ts';

/** The longest real text has about 2,000 characters. */
const LONGEST = 20_000;

const LAENDER = new Set('BW BY BE BB HB HH HE MV NI NW RP SL SN ST SH TH'.split(' '));

/** What later sentences of a text may build on. */
interface Before {
  /** Condition of the sentence before: "… darf dann nicht …". */
  condition?: Condition;
  /** Values that were spoken of, by field: "alle anderen Ausprägungen". */
  values: Map<string, Condition[]>;
  /** The sentence before named Länder, or asked for a day of the calendar. */
  kind?: 'land' | 'date';
}

interface Sentence {
  readonly statements: readonly Statement[];
  readonly text: string;
}

/** Reads a rule's text. Total: every word is in a statement's text or in an unread one. */
export function readRuleText(text: string): Reading {
  if (text.length > LONGEST) return { statements: [], unread: [{ text, why: `the rule is longer than ${LONGEST} characters` }] };
  const tokens = tokensOf(text);
  const sentences: Sentence[] = [];
  const unread: Unread[] = [];
  const before: Before = { values: new Map() };
  let at = 0;
  while (tokens[at]!.kind !== 'end') {
    if (tokens[at]!.text === '.' || tokens[at]!.text === ',') {
      at += 1;
      continue;
    }
    const start = at;
    const cursor = new Cursor(tokens, at);
    try {
      const statements = readSentence(cursor, before);
      at = cursor.at;
      const words = slice(text, tokens, start, at);
      sentences.push({ statements: statements.map((statement) => ({ ...statement, text: words })), text: words });
    } catch (error) {
      if (!(error instanceof NotRead)) throw error;
      at = endOfSentence(tokens, start);
      unread.push({ text: slice(text, tokens, start, at), why: error.message });
      before.condition = undefined;
      before.kind = undefined;
    }
  }
  return withoutContradictions(sentences, unread);
}

function slice(text: string, tokens: readonly Token[], start: number, end: number): string {
  const stop = tokens[end]?.text === '.' ? tokens[end].end : tokens[end - 1]!.end;
  // A closing quote belongs to its label, an opening one to the first.
  return text.slice(tokens[start]!.start, stop).trim();
}

/** Behind what cannot be read: the next full stop, or the next "Wenn" with a capital letter. */
function endOfSentence(tokens: readonly Token[], start: number): number {
  for (let at = start + 1; at < tokens.length; at++) {
    const token = tokens[at]!;
    if (token.kind === 'end' || token.text === '.') return at;
    if (token.text === 'Wenn' || token.text === 'WENN') return at;
  }
  return tokens.length - 1;
}

function readSentence(cursor: Cursor, before: Before): Statement[] {
  const kind = before.kind;
  before.kind = undefined;
  if (cursor.word('wenn')) return allFilled(cursor, before) ?? whenThen(cursor, before);
  if (cursor.word('es')) return together(cursor);
  if (kind === 'date' && cursor.word('d.h.')) return explained(cursor);
  if (kind === 'land' && cursor.words('für', 'alle', 'anderen', 'länder')) return otherLaender(cursor);
  return aboutOne(cursor, before);
}

/** Wenn …, dann …[, sonst …]. */
function whenThen(cursor: Cursor, before: Before): Statement[] {
  const condition = readCondition(cursor, (field) => before.values.get(field) ?? []);
  cursor.sign(',');
  // "dann" may be missing where a comma stands; nothing else may stand there.
  if (!cursor.word('dann') && cursor.back()?.text !== ',') cursor.fail('"dann" is missing');
  const consequences = readConsequence(cursor);
  const statements = consequences.map((consequence) => statementOf(condition, consequence));
  const otherwise: Condition = { op: 'not', of: condition };
  cursor.sign(',');
  if (cursor.word('sonst', 'ansonsten')) {
    if (cursor.word('nicht')) {
      for (const { effect } of [...statements]) {
        if (!('target' in effect) || effect.do === 'forbid') cursor.fail('it is not clear what is not the case otherwise');
        statements.push({ when: otherwise, effect: { do: 'forbid', target: effect.target }, text: '' });
      }
    } else statements.push(...readConsequence(cursor).map((consequence) => statementOf(otherwise, consequence)));
  }
  cursor.endOfSentence();
  before.condition = condition;
  noteValues(condition, before.values);
  return statements;
}

function statementOf(when: Condition, { effect }: Consequence): Statement {
  return { when, effect, text: '' };
}

function noteValues(condition: Condition, values: Before['values']): void {
  if (condition.op === 'equals') {
    const key = condition.field.join('.');
    values.set(key, [...(values.get(key) ?? []), condition]);
  } else if (condition.op === 'not') noteValues(condition.of, values);
  else if ('of' in condition) for (const one of condition.of) noteValues(one, values);
}

/** … alle drei Felder A, B und C befüllt sind, muss die Validität des sich ergebenden Kalenderdatums sichergestellt werden. */
function allFilled(cursor: Cursor, before: Before): Statement[] | undefined {
  if (!cursor.words('alle', 'drei', 'felder')) return undefined;
  const [day, month, year, ...more] = cursor.references('und');
  if (!day || !month || !year || more.length > 0) cursor.fail('three fields are expected');
  const rest = [
    'befüllt',
    'sind',
    ',',
    'muss',
    'die',
    'validität',
    'des',
    'sich',
    'ergebenden',
    'kalenderdatums',
    'sichergestellt',
    'werden',
  ];
  if (!rest.every((word) => (word === ',' ? cursor.sign(',') : cursor.word(word)))) cursor.fail('this is not the known rule of dates');
  cursor.endOfSentence();
  before.kind = 'date';
  return [{ when: { op: 'date', day, month, year }, effect: { do: 'valid' }, text: '' }];
}

/** D.h. es muss z.B. 30.02.2019 oder der 31.11.1968 verhindert werden, da diese keine korrekten Datumsangaben sind: examples, and nothing new. */
function explained(cursor: Cursor): Statement[] {
  const day = () => /^\d{1,2}\.\d{1,2}\.\d{4}$/.test(cursor.peek().text) && cursor.next();
  if (!cursor.words('es', 'muss', 'z.b.') || !day()) cursor.fail('this is not the known explanation of dates');
  while (cursor.word('oder', 'und')) {
    cursor.word('der');
    if (!day()) cursor.fail('this is not the known explanation of dates');
  }
  if (!cursor.words('verhindert', 'werden')) cursor.fail('this is not the known explanation of dates');
  if (cursor.sign(',') && !cursor.words('da', 'diese', 'keine', 'korrekten', 'datumsangaben', 'sind'))
    cursor.fail('this is not the known explanation of dates');
  cursor.endOfSentence();
  return [];
}

/** Es muss mindestens eines der Felder A, B oder C befüllt sein. Es muss entweder A oder B befüllt werden. */
function together(cursor: Cursor): Statement[] {
  if (!cursor.word('muss')) cursor.fail('"muss" is expected');
  const least = cursor.words('mindestens', 'eines', 'der') || cursor.words('mindestens', 'eine', 'der');
  if (!least && !cursor.word('entweder')) cursor.fail('"mindestens eines der" or "entweder" is expected');
  const elements = cursor.references('oder');
  if (elements.length < 2) cursor.fail('at least two elements are expected');
  // "Entweder A oder B oder C": whether two of three may be filled is not said.
  if (!least && elements.length > 2) cursor.fail('of more than two elements it is not clear how many may be filled');
  if (!cursor.word('befüllt', 'ausgefüllt', 'angegeben') || !cursor.word('sein', 'werden')) cursor.fail('"befüllt sein" is expected');
  cursor.endOfSentence();
  const of = elements.map((element): Condition => ({ op: 'filled', element }));
  return [{ when: { op: least ? 'or' : 'xor', of }, effect: { do: 'valid' }, text: '' }];
}

/** A sentence that begins with what it speaks of. */
function aboutOne(cursor: Cursor, before: Before): Statement[] {
  if (cursor.words('die', 'beiden', 'anderen') || cursor.words('alle', 'anderen')) {
    if (!before.condition) cursor.fail('what it depends on was not read');
  }
  const targets = cursor.references('und');
  const [target, ...more] = targets;
  if (!target) cursor.fail('no element is named');
  // … dürfen dann nicht befüllt werden: under the condition of the sentence before.
  if (cursor.word('darf', 'dürfen')) {
    if (!cursor.word('dann') || !before.condition) cursor.fail('it is not said when');
    if (!cursor.word('nicht') || !cursor.word('befüllt', 'ausgefüllt', 'angegeben', 'angezeigt') || !cursor.word('werden', 'sein'))
      cursor.fail('"nicht befüllt werden" is expected');
    cursor.endOfSentence();
    return targets.map((one) => ({ when: before.condition!, effect: { do: 'forbid', target: one }, text: '' }));
  }
  if (more.length > 0) cursor.fail('one element is expected');
  if (cursor.words('ist', 'nur', 'für', 'die', 'länder') || cursor.words('ist', 'nur', 'für', 'das', 'land'))
    return onlyLaender(cursor, target, before);
  return fixed(cursor, target);
}

/** … ist mit 002 "…" vorzubefüllen und in der Antragsstrecke auszublenden; muss mit … vorbefüllt und ausgeblendet werden. */
function fixed(cursor: Cursor, target: Reference): Statement[] {
  const verb = cursor.word('ist', 'muss', 'wird');
  if (!verb || !cursor.word('mit')) cursor.fail('the sentence is not known');
  const value = cursor.code();
  cursor.labelUpTo(['vorzubefüllen', 'vorbefüllt']);
  const filledIn = cursor.word(verb === 'ist' ? 'vorzubefüllen' : 'vorbefüllt');
  if (!filledIn || !cursor.word('und')) cursor.fail('"vorbefüllt und ausgeblendet" is expected');
  cursor.words('in', 'der', 'antragsstrecke');
  if (!cursor.word(verb === 'ist' ? 'auszublenden' : 'ausgeblendet')) cursor.fail('"ausgeblendet" is expected');
  if (verb === 'muss' && !cursor.word('werden')) cursor.fail('"werden" is expected');
  cursor.endOfSentence();
  return [{ when: { op: 'always' }, effect: { do: 'fix', target, value }, text: '' }];
}

/** … ist nur für die Länder TH und HH zu befüllen. */
function onlyLaender(cursor: Cursor, target: Reference, before: Before): Statement[] {
  const laender: string[] = [];
  do {
    const land = cursor.next().text;
    if (!LAENDER.has(land)) cursor.fail(`"${land.slice(0, 20)}" is no Land`);
    laender.push(land);
  } while (cursor.sign(',') || cursor.word('und'));
  if (!cursor.words('zu', 'befüllen') && !cursor.words('anzuzeigen')) cursor.fail('"zu befüllen" is expected');
  cursor.endOfSentence();
  before.kind = 'land';
  const when: Condition = { op: 'land', laender };
  return [
    { when, effect: { do: 'require', target }, text: '' },
    { when: { op: 'not', of: when }, effect: { do: 'forbid', target }, text: '' },
  ];
}

/** Für alle anderen Länder wird die Gruppe nicht angezeigt: said by "nur" before. */
function otherLaender(cursor: Cursor): Statement[] {
  if (
    !cursor.word('wird') ||
    !cursor.word('die', 'das') ||
    !cursor.word('gruppe', 'feldgruppe', 'feld') ||
    !cursor.words('nicht', 'angezeigt')
  )
    cursor.fail('the sentence is not known');
  cursor.endOfSentence();
  return [];
}

/** A copy that was not corrected: under the same condition something must and must not be given. */
function withoutContradictions(sentences: readonly Sentence[], unread: Unread[]): Reading {
  const key = ({ when, effect }: Statement) => JSON.stringify([when, (effect as Extract<Effect, { target: unknown }>).target]);
  const positive = new Map<string, Sentence>();
  for (const sentence of sentences)
    for (const statement of sentence.statements)
      if (statement.effect.do === 'require' || statement.effect.do === 'show') positive.set(key(statement), sentence);
  const clashing = new Set<Sentence>();
  for (const sentence of sentences) {
    for (const statement of sentence.statements) {
      const other = statement.effect.do === 'forbid' ? positive.get(key(statement)) : undefined;
      if (other) clashing.add(sentence).add(other);
    }
  }
  const why = 'under the same condition the element must and must not be given';
  return {
    statements: sentences.filter((sentence) => !clashing.has(sentence)).flatMap(({ statements }) => statements),
    unread: [...unread, ...[...clashing].map(({ text }) => ({ text, why }))],
  };
}
