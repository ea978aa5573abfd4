import { describe, expect, it } from 'vitest';
import type from './index.ts';

describe('note', () => {
  it('has no value, whatever is sent or stored', () => {
    const config = { id: 'f', type: 'note' };
    expect(type.parse({ '': ['x'] }, config, { today: '2026-06-15' })).toEqual({ value: null });
    expect(type.check('x', config, { today: '2026-06-15' })).toEqual([{ code: 'invalid' }]);
    expect(type.silent).toBe(true);
  });
});
