/** FIM: a federal data schema (XDatenfelder 2.0 and 3.0.0) becomes a flow package. */
export { FimRefused, positionsOf, type FimSchema } from './schema.ts';
export { readSchema, streamSchema } from './read.ts';
export { readCodeList, type CodeList } from './genericode.ts';
export { compareReadings, readRuleText, readTranslated, type Translated } from './rules/index.ts';
export { importSchema, type Imported, type ImportSource } from './import.ts';
export { filesOf } from './files.ts';
export { journeysThrough } from './journeys.ts';
export { compareSchemas, type Change, type Drift } from './drift.ts';
export type { FimReport } from './report.ts';
export type { OpenPoint } from './statements.ts';
