/** Keys of a payload as its receiver wants them. */
import type { Json } from '#flow';
import type { PayloadDocument } from './types.ts';

/** How a destination wants the keys of a FIM payload: bare ids (`F60000227`), or ids with their versions (`F60000227V1.1`). */
export type KeyStyle = 'id' | 'idVersion';

/** The document with the keys in the style of a destination. Keys whose version the package does not know stay as they are. */
export function withKeys(document: Json, { versions = {} }: Pick<PayloadDocument, 'versions'>, style: KeyStyle = 'id'): Json {
  if (style === 'id') return document;
  const rename = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(rename);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [Object.hasOwn(versions, key) ? `${key}V${versions[key]}` : key, rename(inner)]),
    );
  };
  return rename(document);
}
