/** Drafts that change hands: codes of citizens, and what staff do with a draft that they have in hand. */
export type * from './types.ts';
export { createCounter } from './counter.ts';
export { createHelp } from './help.ts';
