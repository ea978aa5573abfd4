/** Applications: drafts from start to submission, their lifecycle, and the numbers people know them by. */
export type * from './types.ts';
export type { Lifecycle, LifecycleEvent } from './lifecycle.ts';
export {
  answerFiles,
  answerPath,
  answersOf,
  giveAnswer,
  questionOf,
  wasAnswered,
  type Answer,
  type AnswerResult,
  type GivenAnswer,
  type Question,
} from './answers.ts';
export { shortfall, type Shortfall } from './assurance.ts';
export { codeFor, groupCode, pinFor, readCode, readReference, resumeCodeFor } from './codes.ts';
export { openDraft, pinOffering, sealContent, walkOptions, type Means } from './contents.ts';
export { createApplications, SESSION, today, type Applications } from './drafts.ts';
export { stillParked } from './parked.ts';
export { factorHashes, factorReadings, secondFactor, typedDay, type FactorKind } from './factors.ts';
export { confirmed, ONLINE, traced, unconfirmed, type Trace } from './provenance.ts';
export type { Handling, Transmitter } from './record.ts';
export { frozen, keepSummary, submit, type Frozen, type SubmitResult } from './submit.ts';
export { summaryHash, type Summary } from './summary.ts';
