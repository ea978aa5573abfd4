import { describe, expect, it } from 'vitest';
import { canBlowUp } from './patterns.ts';

describe('canBlowUp', () => {
  it.each([
    '(a+)+',
    '([a-z]*)*',
    '(a*|b)*',
    '(a|aa)+',
    '(a|a)*',
    '^(\\w+\\s?)*$',
    '((a+)b?)+',
    '(?:x{2,})+',
    '([^"]+)*"',
    '(.*)+',
    '(\\d+|x)*$',
  ])('is wary of %s', (pattern) => {
    expect(canBlowUp(pattern)).toBe(true);
  });

  it.each([
    '[A-Z]{2}[0-9]{4}',
    '([a-z]+ )*',
    '(ab|cd)*',
    '(ab|ac)*',
    '(?:[0-9]{3})+',
    'a+b*c?',
    '[(+*)]+',
    '\\(+',
    '(a+){2}',
    '([a-z]+(-[a-z]+)*)',
    '[]a]+',
  ])('lets %s pass', (pattern) => {
    expect(canBlowUp(pattern)).toBe(false);
  });
});
