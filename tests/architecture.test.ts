/**
 * The house: which room may enter which, and that no room is entered but through its door. Imports run one way; a new arrow is a decision, so it
 * fails here until it is written down.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from './portal.ts';

/** Room -> rooms that it may enter. Rooms of the server are named one by one. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  i18n: [],
  fields: [],
  flow: ['fields'],
  package: ['i18n', 'fields', 'flow'],
  fim: ['fields', 'flow', 'package'],
  // what pages show: pure, so that a browser can make it as well; of packages and components it knows the types alone
  views: ['i18n', 'fields', 'flow', 'package', 'ui'],
  // the sheet in the browser
  live: ['i18n', 'fields', 'flow', 'package', 'views', 'ui'],
  ui: ['fields'],
  backoffice: [],
  'identity-provider': [],
  'server/observe': ['server/store'],
  'server/config': ['fields', 'flow', 'package'],
  'server/store': [],
  'server/faults': [],
  'server/network': [],
  'server/mail': ['server/network'],
  'server/files': ['server/store'],
  'server/documents': ['i18n', 'server/config'],
  'server/catalog': ['fields', 'flow', 'package', 'server/config'],
  'server/delivery': ['flow', 'server/store', 'server/config', 'server/faults', 'server/network', 'server/mail'],
  'server/applications': [
    'fields',
    'flow',
    'package',
    'server/catalog',
    'server/store',
    'server/delivery',
    'server/config',
    'server/faults',
  ],
  'server/audit': ['server/store'],
  'server/handover': ['flow', 'server/catalog', 'server/store', 'server/applications', 'server/identity'],
  'server/identity': ['server/store', 'server/config'],
  'server/web': ['*', 'server'],
  server: ['*'],
  routes: ['server/web', 'ui', 'fields'],
  cli: ['*', 'server'],
};

/** Files of a room that others may import beside its `index.ts`, and why. */
const SIDE_DOORS: Readonly<Record<string, readonly string[]>> = {
  // found by folder, so that a new type edits nothing
  fields: ['all.node.ts', 'all.vite.ts', 'views.ts', 'fetch.vite.ts', 'file/index.ts'],
  // outside the bundle and inside it: two programs, one edge
  'server/web': ['edge.ts', 'serving.ts'],
  server: ['portal.ts'],
  backoffice: ['server.ts'],
  'identity-provider': ['server.ts'],
};

const SHARED_DATA = /\.(json|css|woff2|typ|svg)$/;

interface Import {
  from: string;
  to: string;
  text: string;
}

function sources(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) return sources(path);
    return /\.(ts|svelte|mjs)$/.test(entry.name) && !/(^|\.)(test|fixture)\.ts$/.test(entry.name) ? [path] : [];
  });
}

const src = join(root, 'src');
const aliases = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { imports: Record<string, string | { module: string }> })
  .imports;

function resolved(specifier: string, file: string): string | undefined {
  if (specifier.startsWith('.')) return resolve(dirname(file), specifier);
  for (const [name, target] of Object.entries(aliases)) {
    const path = typeof target === 'string' ? target : target.module;
    if (specifier === name) return resolve(root, path);
    const [head] = name.split('*');
    if (name.endsWith('*') && specifier.startsWith(head!)) return resolve(root, path.replace('*', specifier.slice(head!.length)));
  }
  return undefined;
}

const imports: Import[] = sources(src).flatMap((file) => {
  const text = readFileSync(file, 'utf8');
  const found = [...text.matchAll(/(?:import|export)\s[^'";]*?from\s*'([^']+)'|import\s*\(\s*'([^']+)'\s*\)|^import\s+'([^']+)'/gm)];
  return found.flatMap((match) => {
    const specifier = match[1] ?? match[2] ?? match[3] ?? '';
    const to = resolved(specifier, file);
    return to?.startsWith(src) && !SHARED_DATA.test(to) ? [{ from: relative(src, file), to: relative(src, to), text: specifier }] : [];
  });
});

/** `server/store/files.ts` -> `server/store`; `flow/walk.ts` -> `flow`; `server/portal.ts` -> `server`. */
function room(file: string): string {
  const parts = file.split('/');
  return parts[0] === 'server' && parts.length > 2 ? parts.slice(0, 2).join('/') : parts[0]!;
}

describe('the house', () => {
  it('knows every room', () => {
    const rooms = new Set(sources(src).map((file) => room(relative(src, file))));
    expect([...rooms].filter((name) => !Object.hasOwn(ARROWS, name))).toEqual([]);
    expect(Object.keys(ARROWS).filter((name) => !rooms.has(name))).toEqual([]);
    expect(imports.length).toBeGreaterThan(300);
  });

  it('imports run one way', () => {
    const wrong = imports.filter(({ from, to }) => {
      const allowed = ARROWS[room(from)]!;
      return room(from) !== room(to) && !allowed.includes(room(to)) && !(allowed.includes('*') && !['routes', 'cli'].includes(room(to)));
    });
    expect(wrong.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
  });

  it('rooms are entered through their door', () => {
    const wrong = imports.filter(({ from, to }) => {
      if (room(from) === room(to) || room(to) === 'ui') return false;
      const inside = to.slice(room(to).length + 1);
      return inside !== 'index.ts' && !SIDE_DOORS[room(to)]?.includes(inside);
    });
    expect(wrong.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
  });

  it('no circle between files', () => {
    const next = new Map<string, Set<string>>();
    for (const { from, to } of imports) next.set(from, (next.get(from) ?? new Set()).add(to));
    const done = new Set<string>();
    const circles: string[] = [];
    const visit = (file: string, way: string[]): void => {
      if (way.includes(file)) {
        circles.push([...way.slice(way.indexOf(file)), file].join(' -> '));
        return;
      }
      if (done.has(file)) return;
      for (const one of next.get(file) ?? []) visit(one, [...way, file]);
      done.add(file);
    };
    for (const file of next.keys()) visit(file, []);
    expect(circles).toEqual([]);
  });

  it('only server/web and the routes know Kit', () => {
    const wrong = sources(src)
      .map((file) => relative(src, file))
      .filter(
        (file) => !/^(server\/web|routes)\//.test(file) && /from '(\$app|@sveltejs\/kit)/.test(readFileSync(join(src, file), 'utf8')),
      );
    expect(wrong).toEqual([]);
  });

  it('the engine is pure', () => {
    const wrong = sources(join(src, 'flow')).filter((file) =>
      /from 'node:|Math\.random|Date\.now|new Date\(\)|process\./.test(readFileSync(file, 'utf8')),
    );
    expect(wrong).toEqual([]);
  });

  it('nothing is called utils, helpers or common', () => {
    expect(sources(src).filter((file) => /\/(utils?|helpers?|common)(\/|\.ts$)/.test(file))).toEqual([]);
  });
});
