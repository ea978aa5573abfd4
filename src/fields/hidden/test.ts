import { describe, expect, it } from 'vitest';
import type from './index.ts';

const context = { today: '2026-06-15' };
const config = { id: 'f', type: 'hidden', value: 'registration' };

describe('hidden', () => {
  it('has the value of the author, whatever is sent', () => {
    expect(type.parse({ '': ['other'] }, config, context)).toEqual({ value: 'registration' });
    expect(type.check('other', config, context)).toEqual([{ code: 'invalid' }]);
  });

  it('has the type of its value in expressions', () => {
    const cel = (value: unknown) => (typeof type.cel === 'function' ? type.cel({ ...config, value }) : undefined);
    expect([cel('x'), cel(1), cel(true)]).toEqual(['string', 'double', 'bool']);
  });
});
