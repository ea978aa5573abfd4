import { describe, expect, it } from 'vitest';
import { randomBytes, randomUUID } from 'node:crypto';
import { groupCode, newReference, normaliseFactor, pinFor, readReference, readCode, resumeCodeFor } from './codes.ts';

describe('codes', () => {
  it('are read back however they are typed', () => {
    for (let i = 0; i < 200; i++) {
      const application = { key: randomBytes(32), id: randomUUID() };
      const code = resumeCodeFor(application);
      expect(resumeCodeFor(application)).toBe(code);
      expect(resumeCodeFor({ ...application, id: randomUUID() })).not.toBe(code);
      expect(pinFor(application)).toMatch(/^\d{4}$/);
      expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{9}$/);
      expect(readCode(` ${groupCode(code).toLowerCase()} `)).toBe(code);
      const reference = newReference(2026);
      expect(readReference(reference.replaceAll('-', ' ').toLowerCase())).toBe(reference);
    }
    expect(readCode('OIL-123-456')).toBe('011123456');
  });

  it('a reference with one wrong or two swapped characters is refused', () => {
    const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
    let single = 0;
    let tried = 0;
    let swapped = 0;
    let swaps = 0;
    for (let i = 0; i < 300; i++) {
      const plain = newReference(2026).replaceAll('-', '');
      for (let at = 0; at < 10; at++) {
        const wrong = plain.slice(0, at) + alphabet[(alphabet.indexOf(plain[at]!) + 1 + (i % 30)) % 32] + plain.slice(at + 1);
        tried++;
        if (readReference(wrong) !== undefined) single++;
        if (at < 9 && plain[at] !== plain[at + 1]) {
          swaps++;
          if (readReference(plain.slice(0, at) + plain[at + 1] + plain[at] + plain.slice(at + 2)) !== undefined) swapped++;
        }
      }
    }
    // 32 letters over the prime 31: the pair 0/Z cannot be told apart, everything else can.
    expect(single / tried).toBeLessThan(0.01);
    expect(swapped / swaps).toBeLessThan(0.01);
  });

  it('names are compared without case, accents and hyphens', () => {
    expect(normaliseFactor('name', 'Müller-Lüdenscheidt')).toBe(normaliseFactor('name', 'MULLER LUDENSCHEIDT'));
    expect(normaliseFactor('name', 'Groß')).toBe('gross');
  });
});
