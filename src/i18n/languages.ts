/** Which language a reader gets, and what languages are called. */

/** A header is a wish, not a document: what lies behind this many characters does not change the answer. */
const HEADER_LENGTH = 300;

/** Names no dictionary of languages has. */
const OWN_NAMES = new Map([['de-simple', 'Leichte Sprache']]);

const names = new Map<string, string>();

/** The name of an offered language in that language itself, as a menu shows it: "Deutsch", "English", "Leichte Sprache", "Українська". Never a flag. */
export function languageName(code: string): string {
  let name = OWN_NAMES.get(code) ?? names.get(code);
  if (name === undefined) {
    name = ownName(code);
    if (names.size < 100) names.set(code, name);
  }
  return name;
}

function ownName(code: string): string {
  try {
    const name = new Intl.DisplayNames([code], { type: 'language' }).of(code) ?? code;
    return name.slice(0, 1).toLocaleUpperCase(code) + name.slice(1);
  } catch {
    return code;
  }
}

/**
 * The offered language that suits an `Accept-Language` header best (RFC 9110, 12.5.4; lookup of RFC 4647, 3.4), else the first offered one.
 * `de-simple` is never taken for a browser that says `de-AT`: Leichte Sprache is chosen by the reader.
 */
export function negotiate(header: string | null | undefined, offered: readonly string[]): string {
  const wishes = (header ?? '')
    .slice(0, HEADER_LENGTH)
    .split(',')
    .map((part) => {
      const [tag, ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase());
      const quality = parameters.find((parameter) => parameter.startsWith('q='));
      return { tag: tag!, quality: quality === undefined ? 1 : Number(quality.slice(2)) || 0 };
    })
    .filter((wish) => wish.quality > 0)
    .sort((a, b) => b.quality - a.quality);
  for (const { tag } of wishes) {
    for (let range = tag; range !== ''; range = range.slice(0, Math.max(0, range.lastIndexOf('-')))) {
      const match = offered.find((lang) => lang.toLowerCase() === range);
      if (match !== undefined) return match;
    }
  }
  return offered[0]!;
}
