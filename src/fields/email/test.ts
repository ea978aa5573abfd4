import { describe, expect, it } from 'vitest';
import type from './index.ts';
import { suggestion } from './index.ts';

const context = { today: '2026-06-15' };
const config = { id: 'f', type: 'email' };

describe('email', () => {
  it('tidies what is pasted', () => {
    expect(type.parse({ '': [' mailto:Kim.Muster@Example.ORG '] }, config, context)).toEqual({ value: 'Kim.Muster@example.org' });
    expect(type.parse({ '': ['<kim@example.org>'] }, config, context)).toEqual({ value: 'kim@example.org' });
    expect(type.parse({ '': ['kim @ example.org'] }, config, context)).toEqual({ value: 'kim@example.org' });
  });

  it.each([
    'a@b.de',
    "o'neill+x@sub.example.org",
    'kim@müller.de',
    'jörg@example.org',
    'a@xn--mller-kva.de',
    'a@b.xn--p1ai',
    'kim@gmial.com',
  ])('accepts %s', (address) => {
    expect(type.check(address, config, context)).toEqual([]);
  });

  it.each([
    ['kim', 'noAt'],
    ['kim@', 'invalid'],
    ['@b.de', 'invalid'],
    ['kim@localhost', 'invalid'],
    ['kim@b..de', 'invalid'],
    ['.kim@b.de', 'invalid'],
    ['kim@-b.de', 'invalid'],
    ['kim@b.d', 'invalid'],
    ['kim@1.2.3.4', 'invalid'],
    ['kim@a@b.de', 'invalid'],
    ['kim,max@b.de', 'invalid'],
    ['kim@B.de', 'invalid'],
    [`${'a'.repeat(65)}@b.de`, 'invalid'],
    [`a@${'b.'.repeat(130)}de`, 'tooLong'],
  ])('refuses %s (%s)', (address, code) => {
    expect(type.check(address, config, context)[0]?.code).toBe(code);
  });

  it.each([
    ['kim@gmial.com', 'kim@gmail.com'],
    ['kim@gmail.con', 'kim@gmail.com'],
    ['kim@gmai.com', 'kim@gmail.com'],
    ['kim@t-onlin.de', 'kim@t-online.de'],
    ['kim@gmail.com', undefined],
    ['kim@musterstadt.de', undefined],
    ['kim@gmx.at', undefined],
    ['kim', undefined],
  ])('offers for %s: %s', (address, expected) => {
    expect(suggestion(address)).toBe(expected);
  });
});
