/** The types that a flow names, fetched one by one (Vite only): a browser does not load what it does not need, such as the world's telephone numbers. */
import type { FieldType, FieldTypes } from './types.ts';

const modules = import.meta.glob<FieldType>('./*/index.ts', { import: 'default' });

/** Types by name. A name that nobody knows is left out: compiling says so. */
export async function fetchTypes(names: Iterable<string>): Promise<FieldTypes> {
  const wanted = [...new Set(names)].map(async (name): Promise<[string, FieldType][]> => {
    const path = `./${name}/index.ts`;
    return Object.hasOwn(modules, path) ? [[name, await modules[path]!()]] : [];
  });
  return new Map((await Promise.all(wanted)).flat());
}
