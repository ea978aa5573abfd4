/**
 * All field types and their texts, found by looking into this folder: a folder with an `index.ts` is a type. For bare Node (command line,
 * tests); the built portal uses `all.vite.ts`, which exports the same.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { FieldType, FieldTypes } from './types.ts';
import { gatherTexts, gatherTypes } from './gather.ts';

const here = import.meta.dirname;
const folders = readdirSync(here, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(join(here, entry.name, 'index.ts')))
  .map((entry) => entry.name)
  .sort();

const modules: [string, FieldType][] = [];
for (const folder of folders) {
  const module = (await import(pathToFileURL(join(here, folder, 'index.ts')).href)) as { default: FieldType };
  modules.push([folder, module.default]);
}

function textsIn(folder: string): [path: string, texts: object][] {
  const path = join(here, folder, 'texts');
  if (!existsSync(path)) return [];
  const files = readdirSync(path).filter((file) => file.endsWith('.json'));
  return files.map((file) => [`./${folder}/texts/${file}`, JSON.parse(readFileSync(join(path, file), 'utf8')) as object]);
}

/** Every field type by name. */
export const fieldTypes: FieldTypes = gatherTypes(modules);

/** Language -> type -> its texts. */
export const fieldTexts: Record<string, Record<string, object>> = gatherTexts(folders.flatMap(textsIn));

/** Language -> the texts that all types share. */
export const sharedTexts: Record<string, object> = Object.fromEntries(
  textsIn('.').map(([path, texts]) => [path.slice(path.lastIndexOf('/') + 1, -'.json'.length), texts]),
);
