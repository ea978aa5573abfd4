/**
 * Patterns that come from a flow package. They run in RE2 (linear in the length of the text), because a pattern from outside can keep
 * JavaScript's own engine busy for minutes. Like the `pattern` attribute of HTML they must match the whole text.
 */
import { RE2JS } from 're2js';

const compiled = new Map<string, RE2JS>();
const MOST_PATTERNS = 500;
/** No pattern in the official FIM schemas is longer than 200 characters. */
const LONGEST = 500;

function compile(pattern: string): RE2JS {
  let result = compiled.get(pattern);
  if (!result) {
    if (pattern.length > LONGEST) throw new Error(`longer than ${LONGEST} characters`);
    result = RE2JS.compile(pattern);
    if (compiled.size >= MOST_PATTERNS) compiled.clear();
    compiled.set(pattern, result);
  }
  return result;
}

/** Does the whole text match? A pattern that does not compile matches nothing; `patternFindings` tells the author. */
export function matches(pattern: string, text: string): boolean {
  try {
    return compile(pattern).matches(text);
  } catch {
    return false;
  }
}

/** What is wrong with a pattern, for `checkConfig`. */
export function patternFindings(pattern: string | undefined): { message: string; remedy: string }[] {
  if (pattern === undefined) return [];
  try {
    compile(pattern);
    return [];
  } catch (error) {
    return [
      {
        message: `The pattern cannot be used: ${error instanceof Error ? error.message : String(error)}`,
        remedy: 'Write it in RE2 syntax: no look-around, no back references, at most 1000 repetitions.',
      },
    ];
  }
}
