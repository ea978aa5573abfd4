/**
 * Text that a document can show. PDF/UA refuses characters the font does not have and control characters, and one emoji in an answer must not
 * keep a citizen from the summary of the application. So what cannot be shown becomes a replacement character, one per letter as people count them.
 */

/** In Noto Sans, unlike the white square □. */
export const REPLACEMENT = '\ufffd';

/** Longer words than this do not fit a heading or a question, and get places where a line may end. */
const LONG_WORD = /\S{34,}/gu;
const PIECE = 8;

const graphemes = new Intl.Segmenter('de', { granularity: 'grapheme' });

export interface Cleaned {
  readonly text: string;
  /** Whether a letter had to be replaced. */
  readonly replaced: boolean;
}

/** Makes the function that prepares one text for fonts that all have the letters of `fonts` (contents of TrueType files). */
export function createCleaner(fonts: readonly Buffer[]): (text: string) => Cleaned {
  const [first, ...others] = fonts.map(codePoints);
  const covered = others.reduce((all, one) => all.intersection(one), first!);
  return (raw) => (/^[\x20-\x7e]*$/.test(raw) ? { text: raw, replaced: false } : show(raw));

  function show(raw: string): Cleaned {
    let replaced = false;
    const plain = raw
      .toWellFormed()
      .normalize('NFC')
      .replace(/\r\n?|[\v\f\u0085\u2028\u2029]/g, '\n')
      .replaceAll('\t', ' ')
      // Control characters show nothing, and directional ones could make an answer read differently from what it says.
      .replace(/(?!\n)\p{Cc}|\p{Bidi_Control}|(?![\u200c\u200d])\p{Default_Ignorable_Code_Point}/gu, '');
    let text = '';
    for (const { segment } of graphemes.segment(plain)) {
      const known = [...segment].every((char) => char === '\n' || covered.has(char.codePointAt(0)!));
      if (!known) replaced = true;
      text += known ? segment : REPLACEMENT;
    }
    return { text, replaced };
  }
}

/**
 * The same text with places where a line may end in very long words. They are characters of their own (U+200B) and come along when text is copied,
 * so answers are not treated like this: the template looks whether a long word fits first.
 */
export function breakable(text: string): string {
  return text.replace(LONG_WORD, (word) => {
    const letters = [...graphemes.segment(word)].map((one) => one.segment);
    return letters.map((letter, index) => (index > 0 && index % PIECE === 0 ? `\u200b${letter}` : letter)).join('');
  });
}

/** Code points a TrueType font has: its `cmap` table, format 12 (OpenType specification, "cmap", 32-bit segmented coverage). */
function codePoints(font: Buffer): Set<number> {
  const has = new Set<number>();
  const table = (tag: string): number => {
    for (let at = 12; at < 12 + font.readUInt16BE(4) * 16; at += 16)
      if (font.toString('latin1', at, at + 4) === tag) return font.readUInt32BE(at + 8);
    throw new Error(`font without ${tag}`);
  };
  const cmap = table('cmap');
  for (let index = 0; index < font.readUInt16BE(cmap + 2); index++) {
    const subtable = cmap + font.readUInt32BE(cmap + 8 + index * 8);
    if (font.readUInt16BE(subtable) !== 12) continue;
    for (let group = 0; group < font.readUInt32BE(subtable + 12); group++) {
      const at = subtable + 16 + group * 12;
      for (let point = font.readUInt32BE(at); point <= font.readUInt32BE(at + 4); point++) has.add(point);
    }
  }
  return has;
}
