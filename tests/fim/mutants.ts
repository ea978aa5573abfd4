/** Real schemas made strange, as exports of other editors are: parts missing, twice, in another place, with other values. The same seed gives the same mutants. */

/** A small generator (mulberry32), so that a failure can be seen again. */
export function dice(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * below);
  };
}

interface Span {
  readonly tag: string;
  readonly from: number;
  readonly to: number;
  /** Where its content begins and ends; only text inside. */
  readonly leaf?: readonly [number, number];
}

/** Where every element of the text begins and ends. */
function spansOf(xml: string): Span[] {
  const spans: Span[] = [];
  const open: { tag: string; from: number; content: number; children: boolean }[] = [];
  for (const found of xml.matchAll(/<(\/?)([A-Za-z][\w.:-]*)([^<>]*?)(\/?)>/g)) {
    const [whole, closing, tag, , empty] = found as unknown as [string, string, string, string, string];
    const end = found.index + whole.length;
    if (closing) {
      const one = open.pop()!;
      spans.push({ tag, from: one.from, to: end, ...(!one.children && { leaf: [one.content, found.index] }) });
    } else {
      if (open.length > 0) open.at(-1)!.children = true;
      if (empty) spans.push({ tag, from: found.index, to: end });
      else open.push({ tag, from: found.index, content: end, children: false });
    }
  }
  return spans;
}

const ODD = [
  '',
  ' ',
  '0',
  '-1',
  '999999999999',
  '0:*',
  '1:1',
  '2:5',
  '3:2',
  '1:999',
  '*',
  '__proto__',
  'constructor',
  'F1',
  'Ä ß „x“',
  'a&amp;b',
  '&lt;script&gt;',
  '[a-',
  '(a+)+$',
  '{"minLength":"x"}',
  '{"minLength":3,"maxLength":1}',
  '2',
  '001',
  'text',
  'select',
  'date',
  'file',
  'ABC',
  'BEZ',
  'urn:de:nix',
  '\u0000'.replace('\u0000', '&#1;'),
  'x'.repeat(5000),
  'WENN DANN',
  'Es muss mindestens eines ausgefüllt sein.',
];

/** The schema with one to four changes. `others` lend parts. */
export function mutate(xml: string, others: readonly string[], roll: (below: number) => number): string {
  let text = xml;
  for (let changes = 1 + roll(4); changes > 0; changes--) {
    const spans = spansOf(text).filter(({ from }) => from > 200);
    const pick = <T>(list: readonly T[]): T => list[roll(list.length)]!;
    const one = pick(spans);
    const cut = (span: Span, put: string) => text.slice(0, span.from) + put + text.slice(span.to);
    const kind = roll(6);
    if (kind === 0) text = cut(one, '');
    else if (kind === 1) text = cut(one, text.slice(one.from, one.to).repeat(2));
    else if (kind === 2) {
      const leaf = pick(spans.filter((span) => span.leaf));
      text = text.slice(0, leaf.leaf![0]) + pick(ODD) + text.slice(leaf.leaf![1]);
    } else if (kind === 3) {
      // the value of one place in another of the same name
      const leaf = pick(spans.filter((span) => span.leaf));
      const like = pick(spans.filter((span) => span.leaf && span.tag === leaf.tag));
      text = text.slice(0, leaf.leaf![0]) + text.slice(...like.leaf!) + text.slice(leaf.leaf![1]);
    } else if (kind === 4) {
      const like = pick(spans.filter(({ tag }) => tag === one.tag));
      text = cut(one, text.slice(like.from, like.to));
    } else {
      const other = pick(others);
      const like = spansOf(other).filter(({ tag }) => tag === one.tag);
      if (like.length > 0) {
        const span = pick(like);
        text = cut(one, other.slice(span.from, span.to));
      }
    }
  }
  return text;
}
