/** From the citizen to staff: a code for the counter. */
import { randomUUID } from 'node:crypto';
import { SESSION, type Draft, type FactorKind } from '#server/applications';
import { createHandover, custodyOf, openedBy, openHandover, revokeHandover, type KeyRing, type Store } from '#server/store';
import { codeOf, LASTS, newCode, pinOf } from './codes.ts';
import type { Help } from './types.ts';

export function createHelp(store: Store, keys: KeyRing): Help {
  const own = (draft: Draft) => ({ municipality: draft.offering.municipality.id, sessionHash: draft.session, application: draft.id });
  return {
    async open(draft) {
      const there = await openHandover(store, own(draft));
      if (!there) return undefined;
      const factor = there.factorKind as FactorKind;
      return { code: codeOf(draft, there.id), factor, pin: factor === 'pin' ? pinOf(draft, there.id) : undefined, until: there.expiresAt };
    },
    async create(draft) {
      const id = randomUUID();
      const { code, hashes } = await newCode(keys, draft, id);
      const made = await createHandover(store, { ...own(draft), ...hashes, id, lasts: LASTS, idle: SESSION.idle });
      return made ? code : undefined;
    },
    revoke: (draft) => revokeHandover(store, own(draft)),
    custody: (draft) => custodyOf(store, own(draft)),
    opened: (municipality, application) => openedBy(store, municipality, application),
  };
}
