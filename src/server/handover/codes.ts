/** Codes of hand-overs: made like resume codes, one for each hand-over, so that a revoked one is never given out again. */
import { codeFor, pinFor, secondFactor, type Draft } from '#server/applications';
import type { CodeHashes, KeyRing } from '#server/store';
import type { Code } from './types.ts';

/** Codes count for 30 days. */
export const LASTS = 30 * 86_400_000;

export const codeOf = (draft: Draft, handover: string): string => codeFor(draft, `handover/${handover}`);
export const pinOf = (draft: Draft, handover: string): string => pinFor(draft, `handover-pin/${handover}`);
export const codeHash = (keys: KeyRing, municipality: string, code: string): Promise<Buffer> =>
  keys.keyedHash(municipality, 'handover', code);

/** A new code for a draft, and its hashes for the database. */
export async function newCode(keys: KeyRing, draft: Draft, handover: string): Promise<{ code: Code; hashes: CodeHashes }> {
  const municipality = draft.offering.municipality.id;
  const code = codeOf(draft, handover);
  const factor = await secondFactor(keys, municipality, draft.pkg, draft.walk.counted, pinOf(draft, handover));
  return {
    code: { code, factor: factor.kind, pin: factor.pin },
    hashes: { codeHash: await codeHash(keys, municipality, code), factorKind: factor.kind, factorHash: factor.hash },
  };
}
