/** Puts what was found in the folders in order; shared by `all.node.ts` and `all.vite.ts`, so that both say the same. */
import type { FieldType, FieldTypes } from './types.ts';

/** @throws when a folder and the type in it have different names: the flow would name a type that nobody finds */
export function gatherTypes(modules: readonly (readonly [folder: string, type: FieldType])[]): FieldTypes {
  for (const [folder, type] of modules) {
    if (type?.name !== folder) {
      throw new Error(`src/fields/${folder}/index.ts exports the type "${type?.name}" by default. Give folder and type the same name.`);
    }
  }
  return new Map([...modules].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** From `./<type>/texts/<lang>.json` to language -> type -> texts. Without prototypes: both names come from file names. */
export function gatherTexts(files: readonly (readonly [path: string, texts: object])[]): Record<string, Record<string, object>> {
  const all: Record<string, Record<string, object>> = Object.create(null) as typeof all;
  for (const [path, texts] of files) {
    const [, type = '', , file = ''] = path.split('/');
    const lang = file.slice(0, -'.json'.length);
    (all[lang] ??= Object.create(null) as Record<string, object>)[type] = texts;
  }
  return all;
}
