import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import de from '../i18n/texts/de.json' with { type: 'json' };
import en from '../i18n/texts/en.json' with { type: 'json' };
import { createTexts } from '#i18n';

const room = import.meta.dirname;
const source = readdirSync(room, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.svelte'))
  .map((name) => [name, readFileSync(join(room, name), 'utf8')] as const);
const texts = createTexts({ de, en });

const flat = (tree: object, prefix = ''): [string, string][] =>
  Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'string' ? [[prefix + key, value] as [string, string]] : flat(value as object, `${prefix}${key}.`),
  );

describe('portal texts', () => {
  it.each(['de', 'en'])('has in %s every text that a component asks for', (lang) => {
    const { has } = texts.translator(lang);
    const keys = source.flatMap(([name, code]) => [...code.matchAll(/\bt\('([\w.]+)'/g)].map(([, key]) => [name, key!] as const));
    expect(keys.length).toBeGreaterThan(60);
    expect(keys.filter(([, key]) => !has(key) && !has(`${key}_other`))).toEqual([]);
  });

  it('says the same in both languages, with the same placeholders', () => {
    const holders = (value: string) => [...value.matchAll(/\{+\w+\}+/g)].map(([found]) => found).sort();
    const english = new Map(flat(en));
    expect(
      flat(de)
        .map(([key]) => key)
        .sort(),
    ).toEqual([...english.keys()].sort());
    expect(flat(de).filter(([key, value]) => holders(value).join() !== holders(english.get(key) ?? '').join())).toEqual([]);
  });
});
