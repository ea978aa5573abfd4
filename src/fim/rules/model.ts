/**
 * What a rule of a FIM schema says, as data. Two readers make it: of the machine-readable rules of the FIM portal, and of the semi-formal German
 * texts. Nothing here knows where the elements of a rule stand: a reference is what the rule wrote, until it is resolved against the schema's tree.
 */

/** Ids as a rule writes them, outermost first: `G05000011684.F60000000233` is two. A leading `self` is left out. */
export type Reference = readonly string[];

/** When a rule applies. `R`: a reference as written, or the path of ids of what it was resolved to. */
export type Condition<R = Reference> =
  | { readonly op: 'always' }
  /** The field has one of these values: codes as written (`001`), or `true` and `false` for the answers to a yes/no question. */
  | { readonly op: 'equals'; readonly field: R; readonly values: readonly string[] }
  | { readonly op: 'compare'; readonly field: R; readonly than: '<' | '<=' | '>' | '>='; readonly value: number }
  /** A field has a value, or a group a field that has one. */
  | { readonly op: 'filled'; readonly element: R }
  /** The three number fields, where all are filled, are a day of the calendar. */
  | { readonly op: 'date'; readonly day: R; readonly month: R; readonly year: R }
  /** The application belongs to one of these Länder: two letters each, as in ISO 3166-2:DE (`NW`). */
  | { readonly op: 'land'; readonly laender: readonly string[] }
  | { readonly op: 'not'; readonly of: Condition<R> }
  /** `xor`: exactly one. */
  | { readonly op: 'and' | 'or' | 'xor'; readonly of: readonly Condition<R>[] };

/**
 * What follows from it.
 * `require`: must be filled while the condition holds, and is shown. `show`: is asked while it holds; whether it must be filled says its multiplicity.
 * `forbid`: is not asked while it holds, and has no value. `valid`: the condition itself must hold.
 * `fix`: the field has this value and is not asked. `allow`: while the condition holds, only these codes may be chosen.
 */
export type Effect<R = Reference> =
  | { readonly do: 'require' | 'show' | 'forbid'; readonly target: R }
  | { readonly do: 'valid' }
  | { readonly do: 'fix'; readonly target: R; readonly value: string }
  | { readonly do: 'allow'; readonly target: R; readonly codes: readonly string[] };

export interface Statement<R = Reference> {
  readonly when: Condition<R>;
  readonly effect: Effect<R>;
  /** German, for whoever breaks it; only machine-readable rules bring one. */
  readonly message?: string;
  /** The words it was read from. */
  readonly text: string;
}

/** What cannot be read safely stays as it is written. */
export interface Unread {
  readonly text: string;
  /** In English, for an editor: what was not understood. */
  readonly why: string;
}

/** Every word of a rule's text ends in `statements` or in `unread`: a clause is read whole or not at all. */
export interface Reading {
  readonly statements: readonly Statement[];
  readonly unread: readonly Unread[];
}
