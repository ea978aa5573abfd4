/**
 * What a field type is. One folder a type under `src/fields/`: value logic (`index.ts`), `View.svelte`, `texts/<lang>.json`
 * and `test.ts` side by side. The room imports nothing of ours: the engine, the pages, the PDF and the checks all ask
 * a type through this interface and through nothing else.
 */

/** A value as it is stored in an answer: plain JSON, never a class instance. `null` means "seen, and left empty". */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A JSON Schema (2020-12) as plain data. */
export type JsonSchema = { [key: string]: unknown } | boolean;

/**
 * Something wrong with a value. `code` is a key under `errors` of the type's texts (or of `src/fields/texts/` for codes that
 * every type shares: `required`, `invalid`, `tooLong`, `tooShort`, `notAnOption`); `params` fill its placeholders; `part` names the control at fault.
 */
export interface FieldError {
  code: string;
  params?: Record<string, string | number>;
  part?: string;
}

/** What came from a form for one field: part name -> typed strings. The part `''` is the control named like the field itself. */
export type RawInput = Readonly<Record<string, readonly string[]>>;

/** The field as the author wrote it in `flow.json`; everything beyond the common keys belongs to the type. */
export interface FieldConfig {
  readonly id: string;
  readonly type: string;
  readonly [key: string]: unknown;
}

/** What a check may depend on besides the value: never a clock, never a database. */
export interface FieldContext {
  /** ISO date (YYYY-MM-DD) that counts as today for this application. */
  readonly today: string;
  /** Code values that are allowed, where the options come from a list of the package; else undefined. */
  readonly options?: ReadonlySet<string>;
}

/** What formatting may depend on. */
export interface FormatContext {
  /** BCP 47 tag of the reader's language, e.g. `de`, `en`, `de-simple`. */
  readonly lang: string;
  /** Label of an option or a code in that language. */
  readonly option: (value: string) => string;
  /** The type's own texts. */
  readonly t: (key: string, params?: Record<string, unknown>) => string;
}

/** The type of a value in expressions (CEL). Objects become typed records whose members can be read with a dot. */
export type CelType =
  'string' | 'double' | 'bool' | 'Date' | 'list<string>' | { readonly [member: string]: 'string' | 'double' | 'bool' | 'Date' };

export type Parsed = { value: Json; errors?: undefined } | { errors: FieldError[]; value?: undefined };

export interface FieldType {
  /** Name used in `flow.json`; equals the folder's name. */
  readonly name: string;
  /** JSON Schema of the properties this type adds to a field in `flow.json` (an object of property schemas and what is required). */
  readonly config: { readonly properties: Record<string, JsonSchema>; readonly required?: readonly string[] };
  /** Type of the value in expressions; a function where it depends on the field's configuration (`computed`, `hidden`). */
  readonly cel: CelType | ((config: FieldConfig) => CelType);
  /** Turns a stored, valid, non-null value into what expressions see (Date: the ISO string; the engine wraps it). Default: the value itself. */
  readonly toCel?: (value: Json) => unknown;
  /** Never asked (hidden, computed): it has a value but no control. */
  readonly silent?: boolean;
  /** Needs `options` in its configuration (authored options or a list). */
  readonly choice?: boolean;
  /** Several controls: rendered as a fieldset, the label is a legend. */
  readonly composite?: boolean;
  /** Not for the eyes of whoever stands beside the screen: at the counter it is covered until its control has the focus. */
  readonly sensitive?: boolean;
  /** A file: the value is stored through the upload endpoint, never posted with the page. */
  readonly file?: boolean;
  /**
   * Typed input -> value. Tolerates spaces, hyphens and dots where people write them. An empty input gives `{value: null}`;
   * whether that is allowed is decided by `required`, not here. Total: never throws, whatever comes in.
   */
  readonly parse: (input: RawInput, config: FieldConfig, context: FieldContext) => Parsed;
  /** Stored value -> problems; empty when fine. Total on hostile JSON of any shape. `null` never reaches it. */
  readonly check: (value: Json, config: FieldConfig, context: FieldContext) => FieldError[];
  /** Stored value -> what the form shows again. Inverse of `parse`. */
  readonly toRaw: (value: Json, config: FieldConfig) => Record<string, string[]>;
  /** Stored value -> lines for the review, the PDF and the read-back. */
  readonly format: (value: Json, config: FieldConfig, context: FormatContext) => string[];
  /** Stored value -> what the back office gets. Default: the value itself. */
  readonly toPayload?: (value: Json, config: FieldConfig) => Json;
  /** JSON Schema of `toPayload`'s result. */
  readonly payloadSchema: (config: FieldConfig) => JsonSchema;
  /** At least one valid value; used to explore flows and to test. Deterministic. No real person's data. */
  readonly samples: (config: FieldConfig, context: FieldContext) => Json[];
  /** Problems of the configuration itself (a pattern that can blow up, min above max): text in English for the author, and a remedy. */
  readonly checkConfig?: (config: FieldConfig) => { message: string; remedy: string }[];
}

/** All types by name. Look-ups go through `Object.hasOwn` or `Map`: names come from files. */
export type FieldTypes = ReadonlyMap<string, FieldType>;

/** What a `View.svelte` gets: `let { field }: { field: FieldView } = $props()`. Plain data and one translator; it fetches nothing. */
export interface FieldView {
  /** Name of the form control; parts are `${name}.${part}`. */
  readonly name: string;
  /** DOM id of the first control (the target of the error summary); other controls are `${id}-${part}`. */
  readonly id: string;
  readonly type: string;
  readonly label: string;
  readonly hint?: string;
  /** The label is the page's only heading: render it as h1 inside label or legend. */
  readonly heading: boolean;
  /** Mark "(freiwillig)" behind the label. */
  readonly optional: boolean;
  readonly raw: Readonly<Record<string, readonly string[]>>;
  readonly errors: readonly { text: string; part?: string }[];
  readonly options?: readonly { value: string; label: string; hint?: string }[];
  /** WCAG 1.3.5 token; composite types derive the parts' tokens themselves. */
  readonly autocomplete?: string;
  /** See `FieldType.sensitive`. */
  readonly sensitive?: boolean;
  readonly config: FieldConfig;
  readonly lang: string;
  /** The type's own texts (`labels.day`), then the shared ones. */
  readonly t: (key: string, params?: Record<string, unknown>) => string;
}
