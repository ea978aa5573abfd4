/**
 * Running text with a small markup, as plain data that a component can draw without `{@html}`: paragraphs divided by empty lines,
 * `## ` and `### ` headings, `- ` and `1. ` lists, `[label](address)` links. Everything else is text; nothing can become markup.
 */

export type Inline = string | { readonly text: string; readonly href: string };
export type Block =
  | { readonly kind: 'paragraph'; readonly inlines: readonly Inline[] }
  | { readonly kind: 'heading'; readonly level: 2 | 3; readonly text: string }
  | { readonly kind: 'list'; readonly ordered: boolean; readonly items: readonly (readonly Inline[])[] };

const link = /\[([^\]\n]{1,300})\]\(([^)\s]{1,1000})\)/g;
const safeAddress = /^(?:https:\/\/|mailto:|tel:|\/(?!\/)|#)/;
const bullet = /^[-*] /;
const numbered = /^\d{1,3}\. /;

/** Text and links of one line. A link to anything but https, mail, telephone or this site stays text. */
function inlines(text: string): Inline[] {
  const parts: Inline[] = [];
  let at = 0;
  for (const match of text.matchAll(link)) {
    const [whole, label, href] = match as unknown as [string, string, string];
    if (!safeAddress.test(href)) continue;
    if (match.index > at) parts.push(text.slice(at, match.index));
    parts.push({ text: label, href });
    at = match.index + whole.length;
  }
  if (at < text.length) parts.push(text.slice(at));
  return parts;
}

/** The blocks of a text. Total: any string gives blocks. */
export function proseBlocks(text: string): Block[] {
  const blocks: Block[] = [];
  for (const chunk of text.replaceAll('\r', '').split(/\n\s*\n/)) {
    const lines = chunk
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
    let paragraph: string[] = [];
    const endParagraph = () => {
      if (paragraph.length > 0) blocks.push({ kind: 'paragraph', inlines: inlines(paragraph.join(' ')) });
      paragraph = [];
    };
    for (let index = 0; index < lines.length; index += 1) {
      const line = lines[index]!;
      const marker = bullet.test(line) ? bullet : numbered.test(line) ? numbered : undefined;
      if (marker) {
        endParagraph();
        const items: Inline[][] = [];
        while (index < lines.length && marker.test(lines[index]!)) {
          items.push(inlines(lines[index]!.replace(marker, '')));
          index += 1;
        }
        index -= 1;
        blocks.push({ kind: 'list', ordered: marker === numbered, items });
      } else if (/^#{2,3} /.test(line)) {
        endParagraph();
        blocks.push({ kind: 'heading', level: line.startsWith('### ') ? 3 : 2, text: line.replace(/^#+ /, '') });
      } else paragraph.push(line);
    }
    endParagraph();
  }
  return blocks;
}
