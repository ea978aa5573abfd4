/**
 * Vite plugin for the server: what one request makes must be gone with the next small collection of garbage. Three habits of code that is not ours
 * keep it until the large one (docs/adr/0011: why, and what it costs), so they are built differently. Runs at build time only.
 */
import { join } from 'node:path';
import type { Plugin } from 'vite';

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}
interface Assignment extends Node {
  readonly left: Node;
  readonly right: Node;
}

const LITERALS: ReadonlySet<string> = new Set(['ArrowFunctionExpression', 'FunctionExpression']);
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'type' in value;

/** Functions that are assigned to a property each time that the function around them runs. */
function assigned(node: Node, within: boolean, found: Node[]): Node[] {
  if (within && node.type === 'AssignmentExpression') {
    const { left, right } = node as Assignment;
    if (left.type === 'MemberExpression' && LITERALS.has(right.type)) found.push(right);
  }
  const inner = within || LITERALS.has(node.type) || node.type === 'FunctionDeclaration';
  for (const value of Object.values(node) as unknown[])
    for (const child of Array.isArray(value) ? (value as unknown[]) : [value]) if (isNode(child)) assigned(child, inner, found);
  return found;
}

/** Of Kit and Svelte -> who imports it. `replaced.ts` takes its place. */
const REPLACED: readonly (readonly [RegExp, RegExp])[] = [
  [/\/utils\/url\.js$/, /\/kit\/src\/runtime\/server\/page\/load_data\.js$/],
  [/^svelte\/legacy$/, /\/generated\/root\.js$/],
];

export function shortLived(): Plugin {
  const replaced = new Set<string>();
  return {
    name: 'schalter-short-lived',
    apply: 'build',
    enforce: 'pre',
    // XState makes one of those functions in each step; what is not bundled is not rebuilt.
    config: () => ({ ssr: { noExternal: ['xstate'] } }),
    applyToEnvironment: ({ name }) => name === 'ssr',
    resolveId(source, importer) {
      const found = REPLACED.find(([what, whose]) => what.test(source) && whose.test(importer ?? ''));
      if (!found) return undefined;
      replaced.add(source);
      return join(import.meta.dirname, 'replaced.ts');
    },
    // Not earlier: the bundler takes the comma away again.
    generateBundle(_options, bundle) {
      for (const chunk of Object.values(bundle))
        if (chunk.type === 'chunk') chunk.code = commas(chunk.code, assigned(this.parse(chunk.code), false, []));
    },
    buildEnd(error) {
      // Another version of Kit may call it something else: then nobody would notice but by measuring.
      if (!error && replaced.size < REPLACED.length) this.error('short-lived: Kit or Svelte has moved what replaced.ts replaces');
    },
  };
}

/** A comma keeps V8 from taking a function for one that is made once. */
function commas(code: string, functions: readonly Node[]): string {
  const inserts = functions.flatMap(({ start, end }) => [
    { at: start, text: '(0, ' },
    { at: end, text: ')' },
  ]);
  return inserts.toSorted((a, b) => b.at - a.at).reduce((built, { at, text }) => built.slice(0, at) + text + built.slice(at), code);
}
