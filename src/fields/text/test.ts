import { describe, expect, it } from 'vitest';
import type { FieldConfig } from '../types.ts';
import type from './index.ts';

const context = { today: '2026-06-15' };
const config = (settings: object = {}): FieldConfig => ({ id: 'f', type: 'text', ...settings });
const parse = (text: string) => type.parse({ '': [text] }, config(), context);

describe('text', () => {
  it('composes letters, drops control characters and direction overrides, and joins blanks', () => {
    expect(parse(' Stra\u0073\u0308e\u00a0\t 5\u202e ').value).toBe('Stras\u0308e 5');
    expect(parse('Mu\u0308ller').value).toBe('Müller');
    expect(parse('a\u0007b').value).toBe('ab');
  });

  it('counts characters, not code units', () => {
    expect(type.check('👍👍👍', config({ maxLength: 3 }), context)).toEqual([]);
    expect(type.check('👍👍👍👍', config({ maxLength: 3 }), context)).toEqual([{ code: 'tooLong', params: { max: 3, length: 4 } }]);
    expect(type.check('a', config({ minLength: 2 }), context)).toEqual([{ code: 'tooShort', params: { min: 2, length: 1 } }]);
    expect(type.check('a'.repeat(1001), config(), context)[0]?.code).toBe('tooLong');
  });

  it('wants the whole text to match the pattern, and names the example', () => {
    const postcode = config({ pattern: '([0]{1}[1-9]{1}|[1-9]{1}[0-9]{1})[0-9]{3}', example: '12345' });
    expect(type.check('01234', postcode, context)).toEqual([]);
    expect(type.check('x01234', postcode, context)).toEqual([{ code: 'patternExample', params: { example: '12345' } }]);
    expect(type.check('00234', config({ pattern: '[1-9]+' }), context)).toEqual([{ code: 'pattern' }]);
  });

  it('is not blocked by a pattern that blows up in JavaScript', () => {
    const start = performance.now();
    expect(type.check(`${'a'.repeat(999)}!`, config({ pattern: '(a+)+b' }), context)).toEqual([{ code: 'pattern' }]);
    expect(performance.now() - start).toBeLessThan(1000);
  });

  it('tells the author about a pattern RE2 does not know and an example that does not match', () => {
    expect(type.checkConfig?.(config({ pattern: '(?=x)y' }))).toHaveLength(1);
    expect(type.checkConfig?.(config({ pattern: '[' }))).toHaveLength(1);
    expect(type.checkConfig?.(config({ pattern: '[0-9]+', example: 'abc' }))).toHaveLength(1);
    expect(type.checkConfig?.(config({ minLength: 5, maxLength: 2 }))).toHaveLength(1);
    expect(type.checkConfig?.(config({ pattern: '[\\p{L}0-9. ]*' }))).toEqual([]);
  });
});
