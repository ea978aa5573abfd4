/**
 * The flow document (`flow.json`) and what the engine makes of it. `docs/flow-format.md` and `flows/README.md` explain it to authors;
 * `static/schemas/flow.schema.json` checks it.
 */
import type { AnyStateMachine } from 'xstate';
import type { FieldConfig, FieldError, FieldType, FieldTypes, Json } from '#fields';

/** A CEL expression as the author wrote it. */
export type Cel = string;

export interface RuleDocument {
  id: string;
  /** Must hold. Not evaluated while `when` is false. */
  assert: Cel;
  when?: Cel;
  /** `must` blocks, `should` warns and may be confirmed (VwVfG § 24: an authority may not refuse an incomplete application). Default `should`. */
  level?: 'must' | 'should';
  /** Ids of the fields at fault, relative to the place of the rule: where the message is shown. Default: the page. */
  fields?: string[];
  /** Id of the FIM rule it came from. */
  fim?: string;
}

export interface FieldDocument extends FieldConfig {
  when?: Cel;
  /** Default true. */
  required?: boolean | Cel;
  rules?: RuleDocument[];
  /** FIM element ids from the schema's root, joined by dots: kept so that the payload can be written in FIM keys. */
  fim?: string;
  autocomplete?: string;
  /** computed: expression of the value */
  value?: unknown;
}

export type PageKind = 'question' | 'info' | 'collection' | 'upload' | 'check' | 'exit' | 'done';

export interface PageDocument {
  id: string;
  kind: PageKind;
  /** Data path under the section's: `applicant` puts the page's fields at `applicant.<id>`. */
  group?: string;
  when?: Cel;
  fields?: FieldDocument[];
  rules?: RuleDocument[];
  /** collection: id of the list (default: the page's id), the name of one entry in expressions, bounds, and the pages of an entry */
  list?: string;
  as?: string;
  min?: number;
  max?: number;
  pages?: PageDocument[];
  fim?: string;
}

export interface SectionDocument {
  id: string;
  group?: string;
  when?: Cel;
  /** Asked before personal data: eligibility. */
  precheck?: boolean;
  pages: PageDocument[];
  rules?: RuleDocument[];
}

export interface FlowDocument {
  $schema?: string;
  /** Long flows: show the sections as a task list. */
  taskList?: boolean;
  sections: SectionDocument[];
  rules?: RuleDocument[];
}

/** Names and types of the municipality's parameters (fees, limits) that expressions read as `param.<name>`. */
export type ParameterTypes = Readonly<Record<string, 'double' | 'string' | 'bool'>>;

/**
 * Answers by path, flat. Paths are data paths with entry keys: `applicant.familyName`, `dogs.1.breed`. `null` = seen and left empty.
 * A list's own path holds its entry keys in order: `dogs: ["1","2"]`. An info page's path holds `true` once it was read:
 * `<group.>~<pageId>`; a confirmed should-rule: `<group.>~<ruleId>`. Always made without a prototype (`emptyAnswers()`).
 */
export type Answers = Record<string, Json>;

/** Where the citizen is: `vehicle`, or inside an entry `dogs/1/breed` (list page, entry key, page, and so on). */
export type PagePath = string;

export type { FieldError, FieldType, FieldTypes, Json };

// ---------------------------------------------------------------------------------------------- compiled

/** A compiled expression. `type` is its CEL type; `reads` the template paths (`dogs.breed`, `param.x`) it reads. */
export interface Expression {
  readonly source: string;
  readonly type: string;
  readonly reads: readonly string[];
  /** Evaluates over a scope. Throws `Undecided` where a value it needs is missing. */
  readonly evaluate: (scope: Scope) => unknown;
}

/** Thrown by `Expression.evaluate` when a value is missing or an operation has no result. */
export class Undecided extends Error {}

/** Root object that expressions read. Opaque outside the engine. */
export type Scope = { readonly [name: string]: unknown };

export interface Rule {
  readonly id: string;
  readonly level: 'must' | 'should';
  readonly assert: Expression;
  readonly when?: Expression;
  /** Template paths of the fields at fault. */
  readonly fields: readonly string[];
}

export interface Field {
  readonly id: string;
  /** Template path: `dogs.breed`. Key of its texts. */
  readonly path: string;
  readonly config: FieldDocument;
  readonly type: FieldType;
  readonly when?: Expression;
  readonly required: boolean | Expression;
  readonly rules: readonly Rule[];
  /** computed: the expression of the value */
  readonly compute?: Expression;
}

export interface Page {
  readonly id: string;
  readonly kind: PageKind;
  readonly section: string;
  readonly config: PageDocument;
  /** Template data prefix of its fields: `''` or `applicant` or `dogs`. */
  readonly prefix: string;
  readonly when?: Expression;
  readonly fields: readonly Field[];
  readonly rules: readonly Rule[];
  readonly collection?: Collection;
}

export interface Collection {
  /** Template path of the list: `dogs`, nested `household.incomes`. */
  readonly path: string;
  readonly as: string;
  readonly min: number;
  readonly max: number;
  readonly pages: readonly Page[];
  /** The XState machine of one entry. */
  readonly machine: AnyStateMachine;
}

export interface Section {
  readonly id: string;
  readonly precheck: boolean;
  readonly when?: Expression;
  readonly pages: readonly Page[];
  readonly rules: readonly Rule[];
}

export interface Flow {
  readonly document: FlowDocument;
  readonly sections: readonly Section[];
  readonly rules: readonly Rule[];
  /** Every page, nested ones too, by id. */
  readonly pages: ReadonlyMap<string, Page>;
  /** Every field by template path. */
  readonly fields: ReadonlyMap<string, Field>;
  /** Every expression with its place (`section a > page b > when`) for checks and the explorer. */
  readonly expressions: readonly {
    readonly place: string;
    readonly owner: string;
    readonly kind: 'when' | 'required' | 'rule' | 'computed';
    readonly expression: Expression;
  }[];
  /** The XState machine of the whole outline (collections are one state each). */
  readonly machine: AnyStateMachine;
}

/** A problem found while compiling: never a guess, always a place and a remedy. */
export interface FlowProblem {
  rule: string;
  /** JSON pointer into flow.json. */
  place: string;
  message: string;
  remedy: string;
}

export interface WalkOptions {
  /** ISO date that counts as today for this application: the day it was started. */
  readonly today: string;
  /** Values of the municipality's parameters. */
  readonly params: Readonly<Record<string, Json>>;
  /** Optional fields without an answer count as seen and empty, info pages as read (journeys, imports). Default false. */
  readonly lenient?: boolean;
  /** Goes on past pages that need something, as far as the answers decide the way. What such a walk counts has gaps. Default false. */
  readonly onward?: boolean;
  /** An earlier walk of the same flow with other answers: everything before the first page whose answers differ is taken over. */
  readonly previous?: Walk;
  /** Allowed codes of the package's lists, by list name. */
  readonly lists?: ReadonlyMap<string, ReadonlySet<string>>;
}

export interface FieldProblem extends FieldError {
  /** Answer path: `dogs.1.breed`. */
  path: string;
}

export interface Warning {
  /** Rule id; its text is `rule.<id>`. */
  rule: string;
  level: 'must' | 'should';
  /** Where its confirmation is kept in the answers. */
  confirmPath: string;
  confirmed: boolean;
  /** Answer paths of the fields at fault. */
  fields: string[];
  /** Where to change something: the page of the first field at fault, or of the rule. */
  page: PagePath;
}

/** One page on the path. */
export interface Step {
  readonly path: PagePath;
  readonly page: Page;
  /** Answer prefix of its fields with entry keys: `''`, `applicant`, `dogs.1`. */
  readonly prefix: string;
  readonly section: string;
  /** Fields that are shown now (their `when` holds), silent ones too. */
  readonly fields: readonly Field[];
  /** Optional now (path -> true) for the "(freiwillig)" mark. */
  readonly optional: ReadonlySet<string>;
  readonly state: 'done' | 'unanswered' | 'invalid';
  readonly errors: readonly FieldProblem[];
  readonly warnings: readonly Warning[];
  /** collection: keys of its entries, and whether each is complete */
  readonly entries?: readonly { readonly key: string; readonly complete: boolean }[];
}

export interface Walk {
  readonly flow: Flow;
  /** Pages in order, pages of entries included, up to and with the page it stopped at. */
  readonly steps: readonly Step[];
  readonly byPath: ReadonlyMap<PagePath, Step>;
  /** Why it stopped: a page that needs something, an exit, or the end (everything answered: `check` reached). */
  readonly outcome: 'stop' | 'exit' | 'complete';
  /** The page it stopped at. For `complete` the check page. */
  readonly stop: PagePath;
  /** Answers that count: on the path, valid. Computed and hidden values included. Only these reach conditions, review, PDF and payload. */
  readonly counted: Answers;
  /** Flow- and section-rules and unconfirmed page rules that fail. */
  readonly warnings: readonly Warning[];
  /** Expressions that could not be decided: a defect of the flow. Counted as false. */
  readonly undecided: readonly { place: string; message: string }[];
  /** Scope after the last step, for texts, payload expressions and fees. */
  readonly scope: Scope;
}
