import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { definedTokens, kernPath, kernTheme, readTokens, themePath } from './kern-theme.generate.ts';

const kern = readFileSync(kernPath, 'utf8');
const room = import.meta.dirname;
const ownFiles = readdirSync(room, { recursive: true, encoding: 'utf8' }).filter(
  (name) => /\.(css|svelte|ts)$/.test(name) && !/(test|generate)\.ts$/.test(name),
);

describe('KERN tokens', () => {
  it('are all defined by the installed KERN: an update that renames one must not paint nothing', () => {
    const defined = definedTokens(kern);
    expect(defined.size).toBeGreaterThan(300);
    const unknown = ownFiles.flatMap((name) =>
      [...readFileSync(join(room, name), 'utf8').matchAll(/--kern-[\w-]+/g)]
        .map(([token]) => token)
        .filter((token) => !defined.has(token) && !token.endsWith('-'))
        .map((token) => `${name}: ${token}`),
    );
    expect(unknown).toEqual([]);
  });

  it('would be missed if undefined', () => {
    expect([...readTokens('a { color: var(--kern-gone, var( --kern-other)) }')]).toEqual(['--kern-gone', '--kern-other']);
    expect(definedTokens('a{--x:1;--y : 2}').has('--y')).toBe(true);
  });

  it('are what the theme file was generated from', () => {
    expect(readFileSync(themePath, 'utf8')).toBe(kernTheme(kern));
  });
});

describe('our own tokens', () => {
  it('are defined where they are read', () => {
    const css = ownFiles
      .filter((name) => name.endsWith('.css'))
      .map((name) => readFileSync(join(room, name), 'utf8'))
      .join('\n');
    const defined = definedTokens(css);
    expect([...readTokens(css)].filter((token) => !token.startsWith('--kern-') && !defined.has(token))).toEqual([]);
  });
});
