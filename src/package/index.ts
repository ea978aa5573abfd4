/** Reads, checks and explores flow packages: the gate a flow passes before it goes live. */
export type * from './types.ts';
export {
  fromDocuments,
  languagesOf,
  listCodes,
  packageFolders,
  packageHash,
  parameterTypes,
  parameterValues,
  readOrigin,
  readPackage,
  readPackages,
} from './read.ts';
export { canonicalJson, parseJson } from './json.ts';
export { withKeys, type KeyStyle } from './keys.ts';
export { payloadValidator } from './schemas.ts';
export { canBlowUp } from './check/patterns.ts';
export { checkPackage } from './check/index.ts';
export { explore, type Exploration, type ExploredJourney, type ExploreOptions } from './explore/index.ts';
export { travel } from './explore/travel.ts';
export { Coverage } from './observe.ts';
export { answersSchema, mermaid, stateMachine } from './export.ts';
