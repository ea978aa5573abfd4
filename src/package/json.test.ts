import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, differences, hashOf, parseJson } from './json.ts';

describe('JSON of packages', () => {
  it('gives equal documents equal hashes, however they were written', () => {
    expect(hashOf({ a: 1, b: { c: [1, 2], d: null } })).toBe(hashOf({ b: { d: null, c: [1, 2] }, a: 1 }));
    expect(hashOf({ a: [1, 2] })).not.toBe(hashOf({ a: [2, 1] }));
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(JSON.parse(canonicalJson(JSON.parse(text)))).toEqual(JSON.parse(text));
      }),
    );
  });

  it('never throws, whatever the text', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseJson(text)));
    expect(parseJson('['.repeat(100_000) + ']'.repeat(100_000)).problem?.rule).toBe('too-deep');
  });

  it.each(['__proto__', 'constructor', 'prototype'])('refuses the name %s wherever it stands', (name) => {
    expect(parseJson(`{ "a": [{ "b": { "${name}": 1 } }] }`).problem).toMatchObject({ rule: 'forbidden-name', place: `/a/0/b/${name}` });
  });

  it('shows where two documents differ', () => {
    expect(differences({ a: 1, b: [1, 2] }, { b: [1, 3], c: true })).toEqual([
      '/a: expected 1, got nothing',
      '/b/1: expected 2, got 3',
      '/c: expected nothing, got true',
    ]);
    expect(differences({ a: { b: 1 } }, { a: { b: 1 } })).toEqual([]);
  });
});
