import { describe, expect, it } from 'vitest';
import { STATES } from '../countries.ts';
import type from './index.ts';

const context = { today: '2026-06-15' };
const config = { id: 'f', type: 'nationality' };

describe('nationality', () => {
  it('offers the members of the United Nations, and the few other states Germany knows, but no dependent areas', () => {
    // 193 members; Vatican, Palestine, Taiwan, Kosovo, Cook Islands, Niue.
    expect(STATES.size).toBe(199);
    for (const area of ['AQ', 'GL', 'HK', 'PR']) expect(type.check(area, config, context)).toEqual([{ code: 'notAnOption' }]);
    for (const state of ['DE', 'XK', 'VA', 'PS', 'TW', 'SS']) expect(type.check(state, config, context)).toEqual([]);
  });

  it('has an answer for people without a state', () => {
    expect(type.parse({ '': ['stateless'] }, config, context)).toEqual({ value: 'stateless' });
    expect(type.check('unknown', config, context)).toEqual([]);
    expect(type.format('stateless', config, { lang: 'de', option: String, t: (key) => key })).toEqual(['labels.stateless']);
    expect(type.format('TR', config, { lang: 'de', option: String, t: String })).toEqual(['Türkei']);
  });
});
