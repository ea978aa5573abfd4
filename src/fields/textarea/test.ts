import { describe, expect, it } from 'vitest';
import type from './index.ts';

const context = { today: '2026-06-15' };
const config = { id: 'f', type: 'textarea' };

describe('textarea', () => {
  it('keeps lines and counts a line end of the browser (CR LF) as one character', () => {
    expect(type.parse({ '': ['eins\r\nzwei\r\n\r\n'] }, config, context)).toEqual({ value: 'eins\nzwei' });
    expect(type.check('eins\nzwei', { ...config, maxLength: 9 }, context)).toEqual([]);
    expect(type.check('eins\nzwei', { ...config, maxLength: 8 }, context)[0]?.code).toBe('tooLong');
    expect(type.check('a'.repeat(5001), config, context)[0]?.code).toBe('tooLong');
  });

  it('shows each line on its own', () => {
    expect(type.format('eins\nzwei', config, { lang: 'de', option: String, t: String })).toEqual(['eins', 'zwei']);
  });
});
