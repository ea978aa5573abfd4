/** Who works at the counter, and what can go wrong on the way in. */
import type { Role, StaffDocument } from '#server/config';
import type { Station } from '#server/store';

export type { Role, StaffDocument } from '#server/config';

export const ROLES: readonly Role[] = ['counter', 'phone', 'post', 'lead', 'deliveries', 'services'];
/** Who serves citizens. Whoever looks after deliveries has no business with drafts. */
export const COUNTER_ROLES: readonly Role[] = ['counter', 'phone', 'post', 'lead'];

/** A member of staff with a session that lives. */
export interface Clerk {
  /** The provider's identifier; what the audit trail knows somebody by. */
  readonly subject: string;
  readonly name: string;
  readonly roles: readonly Role[];
  /** Ids of the municipality's configuration; undefined until one is chosen. */
  readonly station?: Station | undefined;
  readonly sessionHash: Buffer;
  readonly municipality: string;
}

/** A municipality whose staff log in. */
export interface StaffedMunicipality {
  readonly id: string;
  readonly staff: StaffDocument;
}

/** The login is not accepted. The reason is a code for the log: nothing of what came from outside. */
export class LoginRefused extends Error {
  override readonly name = 'LoginRefused';
  readonly reason: string;
  constructor(reason: string) {
    super(reason);
    this.reason = reason;
  }
}

/** The provider cannot be reached, or its settings are incomplete: nothing is wrong with the person. */
export class LoginUnavailable extends Error {
  override readonly name = 'LoginUnavailable';
  readonly reason: string;
  constructor(reason: string) {
    super(reason);
    this.reason = reason;
  }
}
