/**
 * Regular expressions of a package: those of fields and those in the payload's schema. Here they run in RE2, which is linear; but browsers and back
 * offices that get them run them in engines where a repetition inside a repetition can take hours, so such patterns are refused as well.
 */
import { RE2JS } from 're2js';
import { escapePointer } from '../json.ts';
import type { CheckContext } from './context.ts';

export function checkPatterns({ documents, flow, place, report }: CheckContext): void {
  for (const field of flow.fields.values()) {
    const { pattern } = field.config;
    // That RE2 accepts it is a matter of the field type (`checkConfig`).
    if (typeof pattern === 'string' && canBlowUp(pattern)) blowUp(report, 'flow.json', `${place(field.config)}/pattern`, pattern);
  }
  const visit = (node: unknown, at: string): void => {
    if (node === null || typeof node !== 'object') return;
    for (const [key, value] of Object.entries(node as Record<string, unknown>)) {
      const here = `${at}/${escapePointer(key)}`;
      const patterns =
        key === 'pattern' && typeof value === 'string'
          ? [value]
          : key === 'patternProperties' && value !== null && typeof value === 'object'
            ? Object.keys(value)
            : [];
      for (const pattern of patterns) {
        if (canBlowUp(pattern)) blowUp(report, 'payload.json', here, pattern);
        const reason = refusal(pattern);
        if (reason !== undefined)
          report(
            'regex',
            'payload.json',
            here,
            `The pattern cannot be used: ${reason}`,
            'Write it in RE2 syntax: no look-around, no back references.',
          );
      }
      visit(value, here);
    }
  };
  visit(documents.payload.schema, '/schema');
}

function blowUp(report: CheckContext['report'], file: string, at: string, pattern: string): void {
  report(
    'regex-blow-up',
    file,
    at,
    `The pattern "${pattern}" repeats a repetition: some texts would take an engine hours.`,
    'Write it without nested repetition, e.g. "[a-z]+" instead of "([a-z]+)+".',
  );
}

function refusal(pattern: string): string | undefined {
  try {
    RE2JS.compile(pattern);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const UNBOUNDED = /^(?:[*+]|\{\d+,\})[?+]?/;
const QUANTIFIER = /^(?:[*+?]|\{\d+(?:,\d*)?\})[?+]?/;

/** A part of a pattern: its text, and whether it repeats without bound or may be left out. */
interface Item {
  text: string;
  endless: boolean;
  optional: boolean;
}

/**
 * Is a group repeated without bound while one of its alternatives is itself nothing but an unbounded repetition, or one of its
 * alternatives begins with another? `(a+)+`, `(a*|b)*`, `(a|aa)*` are; `([a-z]+ )*` is not, because the blank ends every round.
 */
export function canBlowUp(pattern: string): boolean {
  interface Group {
    alternatives: Item[][];
    start: number;
  }
  const open: Group[] = [{ alternatives: [[]], start: 0 }];
  let at = 0;
  const item = (text: string, group?: Group): boolean => {
    const rest = pattern.slice(at);
    const repeated = UNBOUNDED.test(rest);
    const quantifier = QUANTIFIER.exec(rest)?.[0] ?? '';
    at += quantifier.length;
    if (repeated && group && isAmbiguous(group.alternatives)) return true;
    const endless = repeated || (group !== undefined && group.alternatives.some(onlyRepeats));
    open
      .at(-1)!
      .alternatives.at(-1)!
      .push({ text, endless, optional: /^(?:[*?]|\{0)/.test(quantifier) });
    return false;
  };
  while (at < pattern.length) {
    const char = pattern[at]!;
    if (char === '(') {
      open.push({ alternatives: [[]], start: at });
      at += /^\((?:\?(?:[:=!]|<[=!]|P?<[^>]*>|[a-z]*:))?/.exec(pattern.slice(at))![0].length;
    } else if (char === ')') {
      const group = open.length > 1 ? open.pop()! : undefined;
      at++;
      if (item(pattern.slice(group?.start ?? at - 1, at), group)) return true;
    } else if (char === '|') {
      open.at(-1)!.alternatives.push([]);
      at++;
    } else if (char === '^' || char === '$') at++;
    else {
      const atom = /^(?:\\[pP]\{[^}]*\}|\\.|\[\^?\]?(?:\\.|\[:[a-z]+:\]|[^\]\\])*\]|[^])/.exec(pattern.slice(at))![0];
      at += atom.length;
      if (item(atom)) return true;
    }
  }
  return false;
}

/** May this alternative match any length of text in more than one way, when it is repeated? */
function onlyRepeats(items: readonly Item[]): boolean {
  return items.some((one) => one.endless) && items.every((one) => one.endless || one.optional);
}

function isAmbiguous(alternatives: readonly Item[][]): boolean {
  const texts = alternatives.map((items) => items.map((one) => one.text).join('\u0000'));
  return alternatives.some(onlyRepeats) || texts.some((text, i) => texts.some((other, j) => i !== j && other.startsWith(text)));
}
