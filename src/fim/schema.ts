/**
 * A FIM schema (XDatenfelder 2.0 or 3.0.0) as a tree. Groups and fields stand inlined where they are used, so the same id may occur many times:
 * what tells occurrences apart is the path of ids from the root. How often something may be given belongs to the position, not to the element.
 */

export type Standard = '2.0' | '3.0.0';

/** A rule in words, as attached to a schema, group or field. */
export interface FimRule {
  readonly id?: string;
  readonly name?: string;
  readonly text: string;
}

interface Element {
  readonly id: string;
  readonly version?: string;
  /** The name that the editors use. */
  readonly name: string;
  /** What the citizen reads. */
  readonly label: string;
  readonly help?: string;
  /** Code of the release status: 1 to 8 in version 3.0.0, `inVorbereitung`, `aktiv` or `inaktiv` in 2.0. */
  readonly status?: string;
  readonly rules: readonly FimRule[];
}

export type FieldKind = 'input' | 'select' | 'label' | 'hidden' | 'locked';
export type DataType = 'text' | 'text_latin' | 'date' | 'time' | 'datetime' | 'bool' | 'num' | 'num_int' | 'num_currency' | 'file' | 'obj';

/** What a code list is known by; any part may be missing or be junk. */
export interface CodeListReference {
  /** Id of a list of version 2.0: `C05000073`. */
  readonly id?: string;
  readonly uri?: string;
  readonly version?: string;
  readonly versionUri?: string;
  /** Columns of code, label and help, where the field names them. */
  readonly codeColumn?: string;
  readonly nameColumn?: string;
}

export interface Code {
  readonly code: string;
  readonly label: string;
}

/** Limits as written: numbers stay texts until it is known what they limit. */
export interface Limits {
  readonly minLength?: string;
  readonly maxLength?: string;
  readonly minValue?: string;
  readonly maxValue?: string;
  /** Must match the whole value, as HTML's `pattern`. */
  readonly pattern?: string;
}

export interface FimField extends Element {
  readonly kind: 'field';
  readonly input: FieldKind;
  readonly data: DataType;
  readonly limits: Limits;
  /** Default of an input, text of a label, value of a locked field. */
  readonly content?: string;
  readonly codes?: readonly Code[];
  readonly list?: CodeListReference;
  /** Files: bytes, and IANA media types. */
  readonly maxSize?: number;
  readonly mediaTypes: readonly string[];
}

export interface FimGroup extends Element {
  readonly kind: 'group';
  /** Exactly one of its members is given. */
  readonly choice: boolean;
  readonly members: readonly Position[];
}

/** Where an element is used. `max` is Infinity for `*`. */
export interface Position {
  readonly min: number;
  readonly max: number;
  /** Ids from the root, this element's last; without the schema's own. */
  readonly path: readonly string[];
  readonly element: FimGroup | FimField;
}

export interface FimSchema {
  readonly standard: Standard;
  readonly id: string;
  readonly version?: string;
  readonly name: string;
  /** Its title for citizens. */
  readonly title: string;
  readonly description?: string;
  readonly status?: string;
  readonly legalBasis: readonly { readonly text: string; readonly url?: string }[];
  readonly rules: readonly FimRule[];
  readonly members: readonly Position[];
  /** What was odd and could be read nevertheless; in English, for an editor. */
  readonly oddities: readonly string[];
}

/** Every position, in the order of the form: a group before what is in it. */
export function* positionsOf(members: readonly Position[]): Generator<Position> {
  for (const position of members) {
    yield position;
    if (position.element.kind === 'group') yield* positionsOf(position.element.members);
  }
}

/** The key of a path. Ids are tokens and hold no blank. */
export function pathKey(path: readonly string[]): string {
  return path.join(' ');
}

/** An input that is refused: a sentence for whoever uploaded it, in English, and where. */
export class FimRefused extends Error {
  readonly place: string;

  constructor(message: string, place = '') {
    super(place ? `${message} (${place})` : message);
    this.place = place;
  }
}
