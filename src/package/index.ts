/** Flow packages: read, compiled, hashed. */
export type * from './types.ts';
export { canonicalJson, fromDocuments, readPackage, safeJson } from './read.ts';
