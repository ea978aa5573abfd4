/** The engine: flow documents are compiled once and walked often. Pure: no database, no framework, no clock, no randomness. */
export type * from './types.ts';
export { Undecided } from './types.ts';
export { compile, joinPath, type CompileResult } from './compile.ts';
export { walk } from './walk.ts';
export { parsePage, readRaw, shownControls, type Controls, type Raw } from './form.ts';
export { pageChanges } from './page.ts';
export {
  applySheet,
  followSheet,
  mistypedProblems,
  sheetSteps,
  sheetWalk,
  type FollowedSheet,
  type SheetForm,
  type SheetResult,
} from './sheet.ts';
export { addEntry, copyAnswers, emptyAnswers, entryKeys, flattenAnswers, nestAnswers, removeEntry } from './answers.ts';
export { compilePayload, type CompiledPayload } from './payload.ts';
