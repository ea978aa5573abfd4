import { describe, expect, it } from 'vitest';
import type from './index.ts';

const context = { today: '2026-06-15' };
const config = { id: 'f', type: 'plate' };
const parse = (text: string) => {
  const { value, errors } = type.parse({ '': [text] }, config, context);
  return errors ? errors[0]?.code : value;
};

describe('plate', () => {
  it.each([
    ['m ab 123', 'M-AB 123'],
    ['M-AB 123E', 'M-AB 123E'],
    ['M-AB123E', 'M-AB 123E'],
    ['M – AB 123 e', 'M-AB 123E'],
    ['m.ab.123', 'M-AB 123'],
    ['b-mw 1955h', 'B-MW 1955H'],
    ['mü-x 7', 'MÜ-X 7'],
    ['HH AB 123 04-10', 'HH-AB 123'],
    ['HH AB 123 04/10', 'HH-AB 123'],
    ['MA123', 'M-A 123'],
    ['GAPXY12', 'GAP-XY 12'],
    ['THW-81234', 'THW-81234'],
    ['M-06123', 'M-06123'],
  ])('reads %s as %s', (text, expected) => {
    expect(parse(text)).toBe(expected);
  });

  it.each([
    ['MAB 123', 'ambiguous'],
    ['MABC123', 'ambiguous'],
    ['ABCD-E 1', 'invalid'],
    ['M-AB 0123', 'invalid'],
    ['M-AB 12345', 'invalid'],
    ['GAP-XY 1234', undefined],
    ['M-ÄB 1', 'invalid'],
    ['123', 'invalid'],
    ['W 123 ABC', 'invalid'],
    ['', null],
  ])('refuses %s (%s)', (text, expected) => {
    expect(parse(text)).toBe(expected ?? (text === '' ? null : 'invalid'));
  });
});
