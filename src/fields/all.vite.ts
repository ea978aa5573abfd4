/** The same as `all.node.ts` for everything that Vite bundles: the folders are found while building. */
import type { FieldType, FieldTypes } from './types.ts';
import { gatherTexts, gatherTypes } from './gather.ts';

const modules = import.meta.glob<FieldType>('./*/index.ts', { eager: true, import: 'default' });
const texts = import.meta.glob<object>('./*/texts/*.json', { eager: true, import: 'default' });
const shared = import.meta.glob<object>('./texts/*.json', { eager: true, import: 'default' });

/** Every field type by name. */
export const fieldTypes: FieldTypes = gatherTypes(Object.entries(modules).map(([path, type]) => [path.split('/')[1] ?? '', type]));

/** Language -> type -> its texts. */
export const fieldTexts: Record<string, Record<string, object>> = gatherTexts(Object.entries(texts));

/** Language -> the texts that all types share. */
export const sharedTexts: Record<string, object> = Object.fromEntries(
  Object.entries(shared).map(([path, content]) => [path.slice(path.lastIndexOf('/') + 1, -'.json'.length), content]),
);
