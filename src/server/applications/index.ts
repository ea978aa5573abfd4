/** Applications: drafts from start to submission, their lifecycle, and the numbers people know them by. */
export type * from './types.ts';
export type { Lifecycle, LifecycleEvent } from './lifecycle.ts';
export { lifecycle, sources, target } from './lifecycle.ts';
export { groupResumeCode, readReference, readResumeCode } from './codes.ts';
export { createApplications, factorReadings, SESSION, today, walkOptions, type Applications } from './drafts.ts';
export { frozen, keepSummary, pinFor, submit, type Frozen, type SubmitResult } from './submit.ts';
