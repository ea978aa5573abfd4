import { describe, expect, it } from 'vitest';
import type from './index.ts';

const context = { today: '2026-06-15' };
const config = { id: 'f', type: 'checkboxes', options: ['a', 'b', 'c'] };

describe('checkboxes', () => {
  it('reads what is ticked, each once; nothing ticked is no answer', () => {
    expect(type.parse({ '': ['a', 'c', 'a'] }, config, context)).toEqual({ value: ['a', 'c'] });
    expect(type.parse({}, config, context)).toEqual({ value: null });
    expect(type.parse({ '': Array.from({ length: 501 }, String) }, config, context).errors).toHaveLength(1);
  });

  it('refuses strangers, repetitions and empty lists', () => {
    for (const value of [['x'], ['a', 'a'], [], 'a', [['a']], ['__proto__']]) {
      expect(type.check(value, config, context)).toEqual([{ code: 'notAnOption' }]);
    }
  });

  it('counts', () => {
    const two = { ...config, min: 2, max: 2 };
    expect(type.check(['a'], two, context)).toEqual([{ code: 'tooFew', params: { min: 2 } }]);
    expect(type.check(['a', 'b', 'c'], two, context)).toEqual([{ code: 'tooMany', params: { max: 2 } }]);
    expect(type.check(['a', 'b'], two, context)).toEqual([]);
    expect(type.checkConfig?.({ ...config, min: 4 })).toHaveLength(1);
    expect(type.checkConfig?.({ ...config, min: 3, max: 1 })).toHaveLength(1);
  });
});
