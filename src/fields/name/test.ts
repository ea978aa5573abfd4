import { describe, expect, it } from 'vitest';
import type from './index.ts';
import { foreignCharacter } from './letters.ts';

const context = { today: '2026-06-15' };
const config = { id: 'f', type: 'name' };
const read = (text: string) => {
  const { value, errors } = type.parse({ '': [text] }, config, context);
  return errors ?? (value === null ? value : [value, type.check(value, config, context)]);
};

/** The sequences of DIN 91379 without a composed letter, and letters from its edges, as published. */
const NORMATIVE =
  'A̋ C̀ C̄ C̆ C̈ C̕ C̣ C̦ C̨̆ D̂ F̀ F̄ G̀ H̄ H̦ H̱ J́ J̌ K̀ K̂ K̄ K̇ K̕ K̛ K̦ K͟H K͟h L̂ L̥ L̥̄ L̦ M̀ M̂ M̆ M̐ N̂ N̄ N̆ N̦ P̀ P̄ P̕ P̣ R̆ R̥ R̥̄ S̀ S̄ S̛̄ S̱ T̀ T̄ T̈ T̕ T̛ U̇ Z̀ Z̄ Z̆ Z̈ Z̧ ' +
  'a̋ c̨̆ k͟h l̥̄ r̥̄ s̛̄ ẗ Ç̆ Û̄ ç̆ û̄ ÿ́ Č̕ Č̣ č̕ č̣ Ī́ ī́ Ž̦ Ž̧ ž̦ ž̧ Ḳ̄ ḳ̄ Ṣ̄ ṣ̄ Ṭ̄ ṭ̄ Ạ̈ ạ̈ Ọ̈ ọ̈ Ụ̄ Ụ̈ ụ̄ ụ̈ ē̍ ḗ ō̍ ẍ Ḩ ḩ ẞ ß Ə ə ŉ ſ'.replace(' ſ', '');

describe('name', () => {
  it.each(['Müller', 'O’Neill', "d'Arc", 'Nguyễn Thị Ánh', 'Łukasz', 'Şahin', 'Ng', 'Þórðarson', 'von der Leyen-Muster', 'J. R.'])(
    'accepts %s',
    (name) => {
      expect(read(name)).toEqual([name.normalize('NFC'), []]);
    },
  );

  it('accepts every sequence of the standard, composed or not', () => {
    for (const sequence of NORMATIVE.split(' ')) {
      expect(foreignCharacter(sequence.normalize('NFC')), sequence).toBeUndefined();
      expect(read(sequence.normalize('NFD')), sequence).toEqual([sequence.normalize('NFC'), []]);
    }
  });

  it('brings apostrophes and hyphens of other keyboards into the standard form', () => {
    expect(read('Oʼneill')).toEqual(['O’neill', []]);
    expect(read('Anna‑Lena')).toEqual(['Anna-Lena', []]);
  });

  it.each([
    ['Иван', 'И'],
    ['R2D2', '2'],
    ['Max 👍', '👍'],
    ['x̧y', '̧'],
    ['Muster (geb.)', '('],
  ])('names the character of %s that does not occur in names', (name, character) => {
    expect(read(name)).toEqual([name, [{ code: 'letters', params: { character } }]]);
  });

  it('wants a letter', () => {
    expect(read('-')).toEqual(['-', [{ code: 'noLetter' }]]);
  });
});
