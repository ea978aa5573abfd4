import { describe, expect, it } from 'vitest';
import type from './index.ts';

const context = { today: '2026-06-15' };
const config = { id: 'f', type: 'consent' };

describe('consent', () => {
  it('is given by ticking and by nothing else', () => {
    expect(type.parse({ '': ['yes'] }, config, context)).toEqual({ value: true });
    expect(type.parse({}, config, context)).toEqual({ value: null });
    expect(type.parse({ '': ['no'] }, config, context).errors).toEqual([{ code: 'required' }]);
    for (const value of [false, 'yes', 1, {}]) expect(type.check(value, config, context)).toEqual([{ code: 'required' }]);
  });
});
