/**
 * The hash of a row of the log, made here a second time from what the row says: the proof must not rest on the database's own arithmetic. The rule
 * is `access_hash` of migration 0011: the hash before, then every value with its length in bytes and a colon before it; `-` where there is none.
 */
import { createHash } from 'node:crypto';
import type { AccessRow } from '#server/store';

/** The hash before the first row. */
export const GENESIS = Buffer.alloc(32);

export function rowHash(municipality: string, row: AccessRow): Buffer {
  const values = [
    municipality,
    row.n,
    row.at,
    row.actor,
    row.actorName,
    row.site,
    row.desk,
    row.application,
    row.purpose,
    row.action,
    row.code,
  ];
  const text = values.map((value) => (value === null ? '-' : `${Buffer.byteLength(value)}:${value}`)).join('');
  return createHash('sha256').update(row.previous).update(text).digest();
}
