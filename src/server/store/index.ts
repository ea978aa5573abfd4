/** The store: the database, its tables as typed functions, sealing and keys. The only room that speaks SQL. */
export * from './access.ts';
export * from './applications.ts';
export * from './custody.ts';
export * from './deliveries.ts';
export * from './desk.ts';
export * from './proofs.ts';
export { DatabaseUnavailable } from './errors.ts';
export * from './files.ts';
export * from './followups.ts';
export * from './handovers.ts';
export * from './housekeeping.ts';
export { KeyExposed, KeyRing, type NewKey } from './keys.ts';
export type { Logger } from './logger.ts';
export { openStore, type Row, type Statements, type Store, type StoreOptions } from './pool.ts';
export { open, purposes, release, seal, SealBroken, type SealContext } from './sealing.ts';
export * from './sessions.ts';
export * from './staff.ts';
export * from './submissions.ts';
