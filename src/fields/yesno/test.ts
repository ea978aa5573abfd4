import { describe, expect, it } from 'vitest';
import type from './index.ts';

const context = { today: '2026-06-15' };
const config = { id: 'f', type: 'yesno' };

describe('yesno', () => {
  it('tells no from unanswered', () => {
    expect(type.parse({ '': ['no'] }, config, context)).toEqual({ value: false });
    expect(type.parse({}, config, context)).toEqual({ value: null });
    expect(type.parse({ '': ['true'] }, config, context).errors).toEqual([{ code: 'notAnOption' }]);
    expect(type.check('yes', config, context)).toEqual([{ code: 'notAnOption' }]);
  });

  it('is written in words', () => {
    expect(type.format(false, config, { lang: 'de', option: String, t: (key) => key })).toEqual(['labels.no']);
  });
});
