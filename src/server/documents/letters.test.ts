import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '#server/config';
import { breakable, createCleaner, REPLACEMENT } from './letters.ts';

const font = readFileSync(join(ROOT, 'node_modules/@expo-google-fonts/noto-sans/400Regular/NotoSans_400Regular.ttf'));
const clean = createCleaner([font]);

describe('letters', () => {
  it.each(['Straße 1 a, „groß“ – 30,70 €', 'Ðorđe Łukaszewicz-Nguyễn', 'D̂ J̌ ḹ S̱ (DIN 91379)', 'Ολυμπία Київ', '#*$\\[]<>@`_ {{x}}'])(
    'keeps %s',
    (text) => {
      expect(clean(text)).toEqual({ text: text.normalize('NFC'), replaced: false });
    },
  );

  it.each([
    ['smile 😀!', `smile ${REPLACEMENT}!`],
    ['family 👨‍👩‍👧 and flag 🇩🇪', `family ${REPLACEMENT} and flag ${REPLACEMENT}`],
    ['שלום', REPLACEMENT.repeat(4)],
    ['漢字', REPLACEMENT.repeat(2)],
    ['half a pair \ud83d', `half a pair ${REPLACEMENT}`],
    ['private \ue000', `private ${REPLACEMENT}`],
  ])('replaces what the font does not have: %s', (text, expected) => {
    // A half pair becomes U+FFFD by itself, which the font has: nothing more can be said about it.
    expect(clean(text)).toEqual({ text: expected, replaced: !text.endsWith('\ud83d') });
  });

  it('takes out what shows nothing, or would turn the reading direction', () => {
    expect(clean('a\u0000b\u0007c\u202ed\u2066e\u200bf\ufeffg\u00adh\tä').text).toBe('abcdefgh ä');
    expect(clean('one\r\ntwo\rthree\u2028four ä').text).toBe('one\ntwo\nthree\nfour ä');
  });

  it('joins what belongs together', () => {
    expect(clean('Mu\u0308ller').text).toBe('Müller');
  });

  it('gives very long words places to break, and leaves others alone', () => {
    expect(breakable('Rindfleischetikettierungsüberwachung'.slice(0, 33))).not.toContain('\u200b');
    const long = breakable(`ab ${'x'.repeat(100)} cd`);
    expect(long.replaceAll('\u200b', '')).toBe(`ab ${'x'.repeat(100)} cd`);
    expect(Math.max(...long.split(/[\u200b ]/).map((piece) => piece.length))).toBe(8);
  });
});
