/** The grammar of semi-formal rules: what it reads, and above all what it leaves. */
import { describe, expect, it } from 'vitest';
import { readRuleText } from './text.ts';
import type { Statement } from './model.ts';

const said = (text: string) => {
  const { statements, unread } = readRuleText(text);
  expect(unread).toEqual([]);
  return statements.map(({ effect, when }) => [shown(effect), shownCondition(when)]);
};

function shown(effect: Statement['effect']): string {
  if (effect.do === 'valid') return 'valid';
  const more = effect.do === 'fix' ? ` = ${effect.value}` : effect.do === 'allow' ? ` in ${effect.codes.join(',')}` : '';
  return `${effect.do} ${effect.target.join('.')}${more}`;
}

function shownCondition(when: Statement['when']): string {
  switch (when.op) {
    case 'always':
      return 'always';
    case 'land':
      return `land ${when.laender.join(',')}`;
    case 'equals':
      return `${when.field.join('.')} = ${when.values.join('|')}`;
    case 'compare':
      return `${when.field.join('.')} ${when.than} ${when.value}`;
    case 'filled':
      return `filled ${when.element.join('.')}`;
    case 'date':
      return 'date';
    case 'not':
      return `not(${shownCondition(when.of)})`;
    default:
      return `(${when.of.map(shownCondition).join(` ${when.op} `)})`;
  }
}

const A = 'F01000001 "Art"';
const B = 'F01000002 "Betrag"';
const C = 'F01000003';
const G = 'G01000004 "Gruppe"';

describe('reads', () => {
  it.each([
    [`Wenn das Feld ${A} = 001 "eins", dann muss das Feld ${B} befüllt werden.`, ['require F01000002', 'F01000001 = 001']],
    [`WENN ${A} = JA, DANN aktiviere ${G}`, ['require G01000004', 'F01000001 = true']],
    [`WENN ${A} = NEIN, DANN deaktiviere die Datenfeldgruppe ${G}.`, ['forbid G01000004', 'F01000001 = false']],
    [`Wenn ${A} === "wahr" dann`, undefined],
    [`Wenn ${A} <> "wahr",\ndann darf ${B} nicht angezeigt werden.`, ['forbid F01000002', 'not(F01000001 = true)']],
    [`Wenn ${A} nicht leer, dann darf ${B} nicht leer sein.`, ['require F01000002', 'filled F01000001']],
    [`Wenn ${A} leer ist, dann muss ${B} ausgefüllt werden.`, ['require F01000002', 'not(filled F01000001)']],
    [`Wenn ${B} >= 18, dann erscheint ${G}.`, ['show G01000004', 'F01000002 >= 18']],
    [`Wenn in Feld ${A} Auswahl=03, dann muss Gruppe ${G} befüllt werden`, ['require G01000004', 'F01000001 = 03']],
    [`Wenn ${A} = 001 "a" ODER = 002 "b", dann muss ${B} befüllt sein.`, ['require F01000002', '(F01000001 = 001 or F01000001 = 002)']],
    [`Wenn ${A} = (001 "a" ODER 002 "b"), dann muss ${B} angezeigt werden.`, ['show F01000002', 'F01000001 = 001|002']],
    [`Wenn ${A} <> (001 "a" UND 002 "b"), dann muss ${B} befüllt werden.`, ['require F01000002', 'not(F01000001 = 001|002)']],
    [
      `Wenn ${A} <> 001 "a" UND <> 002 "b", dann darf ${B} nicht befüllt sein.`,
      ['forbid F01000002', '(not(F01000001 = 001) and not(F01000001 = 002))'],
    ],
    [
      `Wenn G01000004.${A} = 1 UND ${B} > 5, dann muss G01000004.F01000003 befüllt werden.`,
      ['require G01000004.F01000003', '(G01000004.F01000001 = 1 and F01000002 > 5)'],
    ],
    [
      `Wenn F00-4cb0dd14-629c-4661-9435-4e9eadc43e07 = 1, dann muss ${B} befüllt werden.`,
      ['require F01000002', 'F00-4cb0dd14-629c-4661-9435-4e9eadc43e07 = 1'],
    ],
    [`Wenn bei ${C} "02 Ein anderer." angegeben wird, dann wird ${G} zur Pflichtangabe.`, ['require G01000004', 'F01000003 = 02']],
    [
      `Es muss mindestens eines der Felder ${A}, ${B} oder ${C} befüllt sein.`,
      ['valid', '(filled F01000001 or filled F01000002 or filled F01000003)'],
    ],
    [`Es muss entweder die Feldgruppe ${G} oder das Feld ${B} befüllt werden.`, ['valid', '(filled G01000004 xor filled F01000002)']],
    [`Das Feld ${A} ist mit 002 "zwei" vorzubefüllen und in der Antragsstrecke auszublenden.`, ['fix F01000001 = 002', 'always']],
    [`Das Feld ${A} muss mit 04 = Art (allgemein) vorbefüllt und ausgeblendet werden.`, ['fix F01000001 = 04', 'always']],
  ] as const)('%s', (text, expected) => {
    if (expected === undefined) expect(readRuleText(text).unread).toHaveLength(1);
    else expect(said(text)).toEqual([expected]);
  });

  it('several consequences of one condition', () => {
    expect(said(`WENN ${A} = 1, DANN aktiviere ${B} UND mache es zu einer Pflichtangabe UND deaktiviere ${C}.`)).toEqual([
      ['require F01000002', 'F01000001 = 1'],
      ['forbid F01000003', 'F01000001 = 1'],
    ]);
    expect(
      said(
        `WENN ${A} = 1, DANN muss Feldgruppe ${G} als Pflichtfeldgruppe angezeigt UND Feldgruppe G01000005 "Andere" ausgeblendet werden.`,
      ),
    ).toEqual([
      ['require G01000004', 'F01000001 = 1'],
      ['forbid G01000005', 'F01000001 = 1'],
    ]);
    expect(said(`Wenn ${A} = 1, dann muss ${B} und ${G} befüllt werden.`)).toEqual([
      ['require F01000002', 'F01000001 = 1'],
      ['require G01000004', 'F01000001 = 1'],
    ]);
    expect(said(`Wenn ${A} = 1, dann muss ${B} befüllt werden, wobei nur die Codes G "g" ODER X "x" ausgewählt werden dürfen.`)).toEqual([
      ['require F01000002', 'F01000001 = 1'],
      ['allow F01000002 in G,X', 'F01000001 = 1'],
    ]);
    expect(said(`WENN ${A} = FALSCH, DANN zeige als Pflicht ${B} an, SONST zeige ${B} nicht an.`)).toEqual([
      ['require F01000002', 'F01000001 = false'],
      ['forbid F01000002', 'not(F01000001 = false)'],
    ]);
    expect(said(`Wenn ${A} = 1, dann muss ${B} befüllt werden, ansonsten nicht.`)).toEqual([
      ['require F01000002', 'F01000001 = 1'],
      ['forbid F01000002', 'not(F01000001 = 1)'],
    ]);
  });

  it('sentences that build on the one before', () => {
    expect(
      said(`Wenn ${A} = 1, dann muss ${G} befüllt sein. Die beiden anderen Gruppen ${B} und ${C} dürfen dann nicht befüllt werden.`),
    ).toEqual([
      ['require G01000004', 'F01000001 = 1'],
      ['forbid F01000002', 'F01000001 = 1'],
      ['forbid F01000003', 'F01000001 = 1'],
    ]);
    expect(
      said(`WENN ${A} = 9, DANN aktiviere ${B}. WENN ${A} = alle anderen möglichen Ausprägungen der Codeliste, DANN deaktiviere ${B}.`),
    ).toEqual([
      ['require F01000002', 'F01000001 = 9'],
      ['forbid F01000002', 'not(F01000001 = 9)'],
    ]);
    expect(
      said(`Die Gruppe ${G} ist nur für die Länder TH und HH zu befüllen. Für alle anderen Länder wird die Gruppe nicht angezeigt.`),
    ).toEqual([
      ['require G01000004', 'land TH,HH'],
      ['forbid G01000004', 'not(land TH,HH)'],
    ]);
  });

  it('labels without quotes, with quotes too many and too few', () => {
    expect(said('Wenn das Feld F01000001 Art / Kind (alt) <> X "Ausland", dann muss das Feld F01000002 "Nummer" befüllt sein.')).toEqual([
      ['require F01000002', 'not(F01000001 = X)'],
    ]);
    expect(said('Wenn F01000001 "Form" = 21 "e.V."", dann muss F01000002 "Register" befüllt werden.')).toEqual([
      ['require F01000002', 'F01000001 = 21'],
    ]);
    expect(said('Wenn F01000001 "Strafe" = Auswahl 01 "ja, dann erscheint F01000002 "Angabe"')).toEqual([
      ['show F01000002', 'F01000001 = 01'],
    ]);
  });
});

describe('leaves, word by word', () => {
  it.each([
    ['what goes first, UND or ODER', `Wenn ${A} = 1 UND ${B} = 2 ODER ${C} = 3, dann muss ${G} befüllt werden.`],
    ['a parenthesis that is not closed', `Wenn (${A} = 1 ODER ${B} = 2, dann muss ${G} befüllt werden.`],
    ['a comparison of which field', `Wenn (das Feld ${A} ODER das Feld ${B} > 1970), dann muss ${G} befüllt werden.`],
    ['two values at once', `Wenn ${A} = 1 UND = 2, dann muss ${G} befüllt werden.`],
    ['what is always true', `Wenn ${A} <> 1 ODER <> 2, dann muss ${G} befüllt werden.`],
    ['a negated list with ODER', `Wenn ${A} <> (1 ODER 2), dann muss ${G} befüllt werden.`],
    ['a missing operator', `Wenn ${A} 1, dann muss ${G} befüllt werden.`],
    ['a missing verb', `Wenn ${A} = 1, dann muss ${G}.`],
    ['a missing target', `Wenn ${A} = 1, dann muss befüllt werden.`],
    ['a rest nobody knows', `Wenn ${A} = 1, dann muss ${G} befüllt werden, soweit bekannt.`],
    ['an exception', `Wenn ${A} = 1, dann muss ${G} befüllt werden, außer ${B} = 2.`],
    ['entweder … oder of three', `Es muss entweder ${A} oder ${B} oder ${C} befüllt werden.`],
    ['an unknown Land', `Die Gruppe ${G} ist nur für die Länder XX und HH zu befüllen.`],
    ['"dann" without a sentence before', `${G} darf dann nicht befüllt werden.`],
    ['"alle anderen" of nothing', `WENN ${A} = alle anderen möglichen Ausprägungen, DANN deaktiviere ${B}.`],
    ['no condition at all', `${G} darf nicht befüllt werden.`],
    ['free words', 'Die Angabe wird von der Behörde geprüft.'],
    ['a script', 'function pruefe() { return true; }'],
  ])('%s', (_, text) => {
    const { statements, unread } = readRuleText(text);
    expect(statements).toEqual([]);
    expect(unread.map((one) => one.text).join(' ')).toBe(text.trim());
  });

  it('both sides of a contradiction', () => {
    const { statements, unread } = readRuleText(
      `Wenn ${A} = 2, dann muss ${G} befüllt werden. Wenn ${A} = 2, dann darf ${G} nicht angezeigt werden. Wenn ${A} = 3, dann muss ${B} befüllt werden.`,
    );
    expect(statements).toHaveLength(1);
    expect(unread).toHaveLength(2);
  });

  it('only the sentence that it cannot read', () => {
    const { statements, unread } = readRuleText(
      `Wenn ${A} = 1, dann muss ${B} befüllt werden. Das ist unklar. Wenn ${A} = 2, dann muss ${C} befüllt werden.`,
    );
    expect(statements).toHaveLength(2);
    expect(unread.map(({ text }) => text)).toEqual(['Das ist unklar.']);
  });
});

it('a word too few or twice never changes what is meant without being seen', () => {
  const text = `Wenn das Feld F01000001 = (001 ODER 002), dann muss das Feld F01000002 befüllt werden. Wenn das Feld F01000001 <> (001 UND 002), dann darf das Feld F01000002 nicht angezeigt werden.`;
  const meant = JSON.stringify(readRuleText(text).statements.map(({ when, effect }) => [when, effect]));
  const words = text.split(' ');
  // Words that say nothing ("das Feld"), that stand in for each other ("(001)" is "001"), and those whose loss is another clear sentence.
  const harmless = new Set(['das', 'Feld', 'Wenn', 'dann']);
  const other = new Set(['nicht', '<>', '=', '001', '002),', '(001', 'ODER', 'UND']);
  for (const [at, word] of words.entries()) {
    for (const mutant of [words.filter((_, i) => i !== at), words.flatMap((one, i) => (i === at ? [one, one] : [one]))]) {
      const { statements, unread } = readRuleText(mutant.join(' '));
      const now = JSON.stringify(statements.map(({ when, effect }) => [when, effect]));
      if (unread.length === 0 && now !== meant) expect([word, harmless.has(word) || other.has(word)]).toEqual([word, true]);
      if (now !== meant && !other.has(word)) expect([word, unread.length > 0 || statements.length === 2]).toEqual([word, true]);
    }
  }
});

describe('hostile texts', () => {
  it.each([
    ['very long', 'Wenn F01000001 = 1, '.repeat(2_000)],
    ['many parentheses', `Wenn ${'('.repeat(5_000)}F01000001 = 1`],
    ['many quotes', '"'.repeat(15_000)],
    ['many ids', 'F01000001.'.repeat(1_900)],
    ['prototype', 'Wenn __proto__ = constructor, dann muss toString befüllt werden.'],
    ['nothing', ''],
    ['signs', '=<>()„“‚‘»«.,;:'.repeat(500)],
  ])('%s', (_, text) => {
    expect(readRuleText(text).statements).toEqual([]);
  });
});
