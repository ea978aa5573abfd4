/**
 * JSON from outside. A package is written by others: names that mean something to JavaScript objects, and nesting that exhausts the stack,
 * are refused with their place before anything else looks at the document.
 */
import { createHash } from 'node:crypto';
import type { Json } from '#flow';

export const MAX_FILE_BYTES = 4 * 1024 * 1024;
export const MAX_TOTAL_BYTES = 16 * 1024 * 1024;
const MAX_DEPTH = 60;
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

export type ParsedJson =
  { value: Json; problem?: undefined } | { value?: undefined; problem: { rule: string; place: string; message: string; remedy: string } };

/** Parses a JSON text and refuses what a package may not hold. Total: never throws, whatever the text. */
export function parseJson(source: string): ParsedJson {
  let value: Json;
  try {
    value = JSON.parse(source) as Json;
  } catch (error) {
    const message = `Not readable as JSON: ${error instanceof Error ? error.message : String(error)}`;
    return { problem: { rule: 'json', place: '', message, remedy: 'Correct the file; an editor with JSON support marks the place.' } };
  }
  // Level by level and without recursion: the nesting is what is being checked.
  let level: [place: string, value: Json][] = [['', value]];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) {
      const message = `Nested deeper than ${MAX_DEPTH} levels.`;
      return { problem: { rule: 'too-deep', place: level[0]![0].slice(0, 200), message, remedy: 'Make the structure flatter.' } };
    }
    const next: typeof level = [];
    for (const [place, node] of level) {
      if (node === null || typeof node !== 'object') continue;
      for (const [key, inner] of Object.entries(node)) {
        const at = `${place}/${escapePointer(key)}`;
        if (FORBIDDEN.has(key)) {
          return {
            problem: { rule: 'forbidden-name', place: at, message: `The name "${key}" is not allowed.`, remedy: 'Choose another name.' },
          };
        }
        if (inner !== null && typeof inner === 'object') next.push([at, inner]);
      }
    }
    level = next;
  }
  return { value };
}

/** One step of a JSON pointer (RFC 6901). */
export function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** JSON with sorted keys: equal documents give equal texts, however they were written. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const members = Object.entries(value).filter(([, inner]) => inner !== undefined);
    members.sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${members.map(([key, inner]) => `${JSON.stringify(key)}:${canonicalJson(inner)}`).join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}

/** SHA-256 over the canonical JSON, in hex. */
export function hashOf(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}

/** Where two JSON values first differ, at most `limit` lines: `/a/0: expected 1, got 2`. Empty when they are equal. */
export function differences(expected: Json | undefined, actual: Json | undefined, limit = 5, place = ''): string[] {
  if (canonicalJson(expected) === canonicalJson(actual) && (expected === undefined) === (actual === undefined)) return [];
  const [a, b] = [expected, actual];
  const comparable = a !== null && b !== null && typeof a === 'object' && typeof b === 'object' && Array.isArray(a) === Array.isArray(b);
  if (!comparable) return [`${place || '/'}: expected ${short(expected)}, got ${short(actual)}`];
  const lines: string[] = [];
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    if (lines.length >= limit) break;
    const [left, right] = [a, b].map((object) => (Object.hasOwn(object, key) ? (object as Record<string, Json>)[key] : undefined));
    lines.push(...differences(left, right, limit - lines.length, `${place}/${escapePointer(key)}`));
  }
  return lines;
}

function short(value: Json | undefined): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
