/** The files of a flow package (`flows/<service>/`) and what reading and checking them gives. `flows/README.md` explains the format. */
import type { Flow, FlowDocument, Json } from '#flow';

export type Channel = 'online' | 'counter' | 'phone' | 'post' | 'email';
/** How surely we know who applies: none, or eIDAS levels. */
export type Assurance = 'none' | 'low' | 'substantial' | 'high';
/**
 * How a person confirms before staff what is handed in: by word of mouth with a note, after it was read to them (on the phone), with a signature (drawn,
 * or the name typed by whoever does not draw), or on paper.
 */
export type ConfirmationMode = 'spoken' | 'read-back' | 'signature' | 'paper';

export interface ParameterDocument {
  type: 'money' | 'number' | 'text' | 'yesno';
  default?: Json;
  /** Where the default comes from: the statute it was taken from. */
  source?: string;
}

export interface ServiceDocument {
  $schema?: string;
  leika: string[];
  level: 'federal' | 'state' | 'municipal';
  typing?: string;
  channels: Channel[];
  assurance: Partial<Record<Channel, Assurance>>;
  /** Channels on which nothing is handed in below that level; on the others staff are told. */
  assuranceRequired?: Channel[];
  /** How it may be confirmed before staff. Default: in every way. */
  confirmation?: ConfirmationMode[];
  parameters?: Record<string, ParameterDocument>;
  /** Path of the computed field that holds the fee in euros. */
  fee?: string;
  /** Paths that may serve as second factor, in order of preference. */
  factor?: string[];
  /** Paths of the answers that together name whoever applies, as on a receipt. */
  applicant?: string[];
  documents?: string[];
  legalBasis: { text: string; url?: string }[];
  sources: { text: string; url?: string }[];
  processingDays?: { min: number; max: number };
  retention: { draftDays: number; submittedDays: number };
  fim?: { schema: string; status?: string };
  open?: string[];
}

export type Template =
  | Json
  | { $from: string; map?: Record<string, Json>; first?: boolean }
  | { $cel: string }
  | { $const: Json }
  | { $each: string; as?: string; item: Template; keep?: boolean }
  | { $when: string; $then: Template }
  | { [key: string]: Template };

export interface PayloadDocument {
  $schema?: string;
  document: Template;
  schema: Record<string, unknown>;
  /** Of a FIM payload: version by id, for destinations that want it in the keys. */
  versions?: Record<string, string>;
}

export interface JourneyDocument {
  $schema?: string;
  title: string;
  today: string;
  params?: Record<string, Json>;
  answers: Record<string, Json>;
  expect: { outcome: 'submit' | 'exit' | 'stop'; pages: string[]; exit?: string; stop?: string; payload?: Json };
}

/** A point that only a person can decide before an imported flow goes live. */
export interface FimOpenPoint {
  kind: 'rule' | 'code-list' | 'field' | 'text' | 'limit';
  /** FIM ids from the schema's root, joined by dots; empty for the schema itself. */
  path: string;
  /** Id of the FIM rule. */
  rule?: string;
  /** The words of the schema, as they stand there. */
  text: string;
  why: string;
}

/** What a place of the schema was when it was imported: later versions are held against it. */
export interface FimElement {
  version?: string;
  label: string;
  min: number;
  /** Missing: no bound. */
  max?: number;
  /** Of a field: kind and data type, limits, codes (of long lists only how many and a hash). */
  type?: string;
  limits?: Record<string, string>;
  codes?: string[];
  /** The rules it bears: id (or place) -> hash of its words. */
  rules?: Record<string, string>;
}

/** `fim.json`: where an imported flow comes from, what is to be decided, and what the schema looked like. Not part of the flow version. */
export interface FimDocument {
  $schema?: string;
  schema: { id: string; version?: string; standard: string; status?: string; title: string; sha256: string };
  codeLists?: { uri?: string; version?: string; codes: number }[];
  open: FimOpenPoint[];
  /** The schema's own rules, and every group and field by its path. */
  rules?: Record<string, string>;
  elements: Record<string, FimElement>;
}

/** Texts of one language: nested objects of strings, as in the file. */
export type Texts = Record<string, unknown>;

export interface CodeEntry {
  code: string;
  [lang: string]: string;
}

/** Everything of a package that matters while it runs. What is pinned to an application: `documents`, by `hash`. */
export interface Package {
  /** Folder name; the service's id. */
  readonly id: string;
  /** SHA-256 over the canonical JSON of service, flow, payload, texts and lists: the flow version. */
  readonly hash: string;
  readonly service: ServiceDocument;
  readonly flow: Flow;
  readonly payload: PayloadDocument;
  readonly texts: Readonly<Record<string, Texts>>;
  readonly lists: ReadonlyMap<string, readonly CodeEntry[]>;
  readonly languages: readonly string[];
  /** The plain documents: what is stored with an application so that it can be walked in years to come. */
  readonly documents: PackageDocuments;
}

export interface PackageDocuments {
  id: string;
  service: ServiceDocument;
  flow: FlowDocument;
  payload: PayloadDocument;
  texts: Record<string, Texts>;
  lists: Record<string, CodeEntry[]>;
}

export interface Finding {
  /** Short stable name of the check, e.g. `unknown-field-type`. */
  rule: string;
  severity: 'error' | 'warning' | 'info';
  /** File relative to the package folder. */
  file: string;
  /** JSON pointer into the file, or a path of ids. */
  place: string;
  message: string;
  remedy: string;
}
