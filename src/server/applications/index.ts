/** Applications: drafts from start to submission, their lifecycle, and the numbers people know them by. */
export type * from './types.ts';
export type { Lifecycle, LifecycleEvent } from './lifecycle.ts';
export { groupResumeCode, pinFor, readReference, readResumeCode } from './codes.ts';
export { createApplications, factorReadings, SESSION, today, walkOptions, type Applications } from './drafts.ts';
export { frozen, keepSummary, submit, type Frozen, type SubmitResult } from './submit.ts';
