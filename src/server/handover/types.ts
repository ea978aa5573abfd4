/** Hand-over as the rest of the server sees it. */
import type { Confirmation, Draft, FactorKind, Intake, Saved, Source } from '#server/applications';
import type { Answers, Walk } from '#flow';
import type { Offering } from '#server/catalog';
import type { Clerk } from '#server/identity';
import type { Custody, Opened } from '#server/store';

/** A code as the page or the slip shows it. */
export interface Code {
  /** Nine characters; `groupCode` makes them readable. */
  readonly code: string;
  readonly factor: FactorKind;
  /** The number to be given along, where no answer serves as second factor. */
  readonly pin: string | undefined;
}

/** What a citizen does with the draft of their session. */
export interface Help {
  /** The code that can still be used. */
  readonly open: (draft: Draft) => Promise<(Code & { readonly until: Date }) | undefined>;
  /** Makes a code; the one before does not count any more. Undefined: the session has ended, or the draft has. */
  readonly create: (draft: Draft) => Promise<Code | undefined>;
  /** Ends every code, and takes the draft back from whoever has it in hand. */
  readonly revoke: (draft: Draft) => Promise<boolean>;
  /** Who at the counter has it in hand now. */
  readonly custody: (draft: Draft) => Promise<Custody | undefined>;
  /** Who of the staff has opened it, oldest first. */
  readonly opened: (municipality: string, application: string) => Promise<readonly Opened[]>;
}

/**
 * `refused`: wrong, expired, revoked, used or tried too often; one answer on purpose. `held`: code and factor are right, and somebody else has it in hand:
 * who, and the ids of their site and desk. `restricted`: they are right, and only the team lead may open it. `forbidden`: the session has ended, or has no role for it.
 */
export type Claim =
  | { outcome: 'claimed'; application: string; service: string; purpose?: string; note?: string }
  | { outcome: 'held'; by: { name: string; site?: string; desk?: string } }
  | { outcome: 'refused' | 'forbidden' | 'restricted' };

export interface SaveOptions {
  /** How the answers that change came in. */
  readonly source: Source;
  /** The way the citizen is here. */
  readonly channel: Intake['channel'];
  /** Recorded with it. */
  readonly intake?: Intake | undefined;
  /** What the citizen will bring, from now on; without it what was parked stays, except what is answered now. */
  readonly parked?: Draft['parked'];
  /** What could not be taken, from now on; without it that stays. */
  readonly mistyped?: Draft['mistyped'];
  /** Language of the draft from now on; without it the language stays. */
  readonly lang?: string | undefined;
}

/** What staff do with drafts. Each call is checked in the database against the clerk's session and what it has in hand, and written to the log there. */
export interface Counter {
  /** Takes a draft in hand with what the citizen shows and says. `purpose`: for the log. */
  readonly claim: (clerk: Clerk, code: string, factor: string, purpose: string) => Promise<Claim>;
  /** Begins a draft in the clerk's hands; gives its id. Undefined: `forbidden`. */
  readonly start: (
    clerk: Clerk,
    offering: Offering,
    options: { readonly intake: Intake; readonly lang: string; readonly purpose: string },
  ) => Promise<string | undefined>;
  /** Opens a draft that the clerk has in hand. Undefined: not in hand (any more). `action`: what for, for the log. */
  readonly open: (clerk: Clerk, application: string, action?: 'read' | 'print') => Promise<Draft | undefined>;
  /** The draft that a session took in hand last, for the screen the citizen sees: no use of the session, and only what was not shown there before is logged. */
  readonly view: (municipality: string, session: Buffer) => Promise<Draft | undefined>;
  /** Saves answers over the revision that was read, and keeps the draft in hand for another half hour. `gone`: not in hand any more. */
  readonly save: (clerk: Clerk, draft: Draft, answers: Answers, walked: Walk, options: SaveOptions) => Promise<Saved>;
  /** The citizen is there, or on the phone, and confirms what staff entered: then it can be handed in with `submit` from here. */
  readonly confirm: (clerk: Clerk, draft: Draft, confirmation: Confirmation) => Promise<Saved>;
  /** Gives it back to the citizen; `withCode`: with a resume code for the slip. Undefined: not in hand, or nobody could find it again without a code. */
  readonly giveBack: (clerk: Clerk, draft: Draft, withCode: boolean) => Promise<{ readonly code?: Code } | undefined>;
  /** Lets go of it with a code for a colleague, why, and a note that the citizen may read. Undefined: not in hand. */
  readonly handOn: (clerk: Clerk, draft: Draft, message: { readonly purpose: string; readonly note: string }) => Promise<Code | undefined>;
  /** "Next person": lets go of everything; gives how many drafts that were. */
  readonly release: (clerk: Clerk) => Promise<number>;
}
