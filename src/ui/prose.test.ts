import { describe, expect, it } from 'vitest';
import { proseBlocks } from './prose.ts';

describe('proseBlocks', () => {
  it('reads paragraphs, headings and lists', () => {
    expect(proseBlocks('Eins\nzwei.\n\n## Kopf\nText\n- a\n- b\n1. c')).toEqual([
      { kind: 'paragraph', inlines: ['Eins zwei.'] },
      { kind: 'heading', level: 2, text: 'Kopf' },
      { kind: 'paragraph', inlines: ['Text'] },
      { kind: 'list', ordered: false, items: [['a'], ['b']] },
      { kind: 'list', ordered: true, items: [['c']] },
    ]);
  });
  it('reads links', () => {
    expect(proseBlocks('Siehe [Gesetz](https://example.org/x) oder [Amt](tel:+491).')).toEqual([
      {
        kind: 'paragraph',
        inlines: ['Siehe ', { text: 'Gesetz', href: 'https://example.org/x' }, ' oder ', { text: 'Amt', href: 'tel:+491' }, '.'],
      },
    ]);
  });
  it('makes no link of a script, another host without scheme, or plain http', () => {
    for (const href of ['javascript:alert(1)', '//evil.example', 'http://example.org', 'data:text/html,x']) {
      expect(proseBlocks(`[x](${href})`), href).toEqual([{ kind: 'paragraph', inlines: [`[x](${href})`] }]);
    }
  });
  it('gives nothing for nothing', () => {
    expect(proseBlocks(' \n\n ')).toEqual([]);
  });
});
