/** FIM field -> field of the flow: type, limits, codes and texts. What a field of the portal cannot hold becomes an open point. */
import type { FieldDocument } from '#flow';
import type { CodeEntry } from '#package';
import { singleBlock } from './blocks.ts';
import { judgePattern } from './pattern.ts';
import type { Code, FimField } from './schema.ts';
import type { OpenPoint } from './statements.ts';
import type { Node } from './tree.ts';

/** Codes that are texts of the flow; more are a list of the package. */
const MOST_OPTIONS = 20;
/** Codes a list of the package may have (`list.schema.json`). */
export const MOST_CODES = 20_000;
/** Radios up to here, then a select, then a search. */
const RADIOS = 6;
const SELECT = 20;
/** Files of one field; media types that the portal recognises by their content. */
const MOST_FILES = 50;
const KINDS: ReadonlyMap<string, string> = new Map([
  ['application/pdf', 'pdf'],
  ['image/jpeg', 'jpeg'],
  ['image/jpg', 'jpeg'],
  ['image/png', 'png'],
]);
const MOST_BYTES = 10_000_000;
const LARGEST = 1e12;

export interface MadeField {
  readonly document: FieldDocument;
  readonly label: string;
  readonly hint?: string;
  readonly options?: Readonly<Record<string, string>>;
  /** Controls that it takes on a page. */
  readonly weight: number;
}

/** Lists of the package that fields share, by name. */
export type Lists = Map<string, CodeEntry[]>;

export interface Making {
  readonly codes: (field: FimField) => { readonly name: string; readonly codes: readonly Code[] } | undefined;
  readonly lists: Lists;
  readonly open: OpenPoint[];
  /** The person who applies: browsers may fill in her data. */
  readonly own: boolean;
}

/** A text as the portal shows it: placeholders of ours are no words of theirs. */
export function plain(text: string): string {
  return text.replaceAll('{{', '{ {').replaceAll('$t(', '$ t(').trim();
}

/** The field that asks for a node; for a list of single values, the one inside its entries. */
export function makeField(node: Node, required: boolean | string, making: Making): MadeField {
  const { element, position } = node;
  const base = { id: node.list ? 'value' : node.name, fim: position.path.join('.'), ...(required !== true && { required }) };
  const label = plain(element.label) || element.id;
  const hint = element.help ? plain(element.help) : undefined;
  if (node.block) {
    const { type, settings } = node.block;
    return {
      document: { ...base, type, ...settings, ...(making.own && type === 'address' && { autocomplete: 'street-address' }) },
      label,
      hint,
      weight: 4,
    };
  }
  if (element.kind === 'group') throw new Error(`${element.id} is a group`);
  const left = (kind: OpenPoint['kind'], text: string, why: string) => void making.open.push({ kind, path: position.path, text, why });
  if (element.input === 'label')
    return {
      document: { ...base, required: undefined, type: 'note' },
      label,
      hint: plain(element.content ?? element.help ?? '') || label,
      weight: 1,
    };
  if (element.input === 'select') return { ...choice(node, element, base, making, left), label, hint };
  return { ...typed(node, element, base, making, left), label, hint };
}

type Left = (kind: OpenPoint['kind'], text: string, why: string) => void;
type Base = { id: string; fim: string; required?: boolean | string };

function choice(node: Node, field: FimField, base: Base, making: Making, left: Left): Pick<MadeField, 'document' | 'options' | 'weight'> {
  const known = making.codes(field);
  if (!known) {
    // Without its codes the question stays, so that nothing is lost; it cannot go live like this.
    return { document: { ...base, type: 'text', maxLength: 100 }, weight: 1 };
  }
  const { codes, name } = known;
  const { max, min } = node.position;
  const many = max > 1 ? { ...(min > 1 && { min }), ...(Number.isFinite(max) && { max: Math.min(max, codes.length) }) } : undefined;
  if (many && (many.min ?? 1) > codes.length) left('limit', `${min}:${max}`, 'more codes must be chosen than there are');
  const type = many ? 'checkboxes' : codes.length <= RADIOS ? 'radios' : codes.length <= SELECT ? 'select' : 'combobox';
  const authored =
    codes.length <= MOST_OPTIONS &&
    !field.list &&
    codes.every(({ code }) => /^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(code) && code !== 'constructor' && code !== 'prototype');
  if (authored) {
    const options = Object.fromEntries(codes.map(({ code, label }) => [code, plain(label) || code]));
    return {
      document: { ...base, type, options: codes.map(({ code }) => code), ...many },
      options,
      weight: codes.length <= RADIOS ? 3 : 1,
    };
  }
  if (!making.lists.has(name))
    making.lists.set(
      name,
      codes.map(({ code, label }) => ({ code, de: (plain(label) || code).slice(0, 500) })),
    );
  return { document: { ...base, type, list: name, ...many }, weight: codes.length <= RADIOS ? 3 : 1 };
}

function typed(node: Node, field: FimField, base: Base, making: Making, left: Left): Pick<MadeField, 'document' | 'weight'> {
  const { limits } = field;
  switch (field.data) {
    case 'bool':
      return { document: { ...base, type: 'yesno' }, weight: 2 };
    case 'date':
      return { document: { ...base, type: 'date', ...days(field, left) }, weight: 3 };
    case 'num':
    case 'num_int':
    case 'num_currency': {
      const bounds = range(field, left);
      if (field.data === 'num_currency') return { document: { ...base, type: 'money', ...bounds }, weight: 1 };
      return { document: { ...base, type: 'number', ...(field.data === 'num' && { decimals: 6 }), ...bounds }, weight: 1 };
    }
    case 'time':
      return { document: { ...base, type: 'text', pattern: '([01][0-9]|2[0-3]):[0-5][0-9]', example: '08:30', maxLength: 5 }, weight: 1 };
    case 'datetime':
      return {
        document: {
          ...base,
          type: 'text',
          pattern: '[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]',
          example: '2026-03-02T08:30',
          maxLength: 16,
        },
        weight: 1,
      };
    case 'file':
      return { document: { ...base, type: 'file', ...files(node, field, left) }, weight: 9 };
    case 'obj':
      left('field', field.name, 'a field of the data type "obj" has no form: say how it is to be asked');
      return { document: { ...base, type: 'textarea' }, weight: 5 };
    default: {
      const [minLength, maxLength] = lengths(field, left);
      const size = { ...(minLength > 1 && { minLength }), ...(maxLength !== undefined && { maxLength }) };
      const pattern = patternOf(limits.pattern, minLength, maxLength ?? 1000, left);
      const known = singleBlock(field);
      const autocomplete = making.own && known?.autocomplete ? { autocomplete: known.autocomplete } : {};
      if (known?.type === 'email')
        return { document: { ...base, type: 'email', ...autocomplete, ...size, ...(pattern && { pattern: pattern.pattern }) }, weight: 1 };
      if (known?.type === 'phone' && !pattern && minLength <= 5 && (maxLength ?? 40) >= 16)
        return {
          document: { ...base, type: 'phone', ...autocomplete, ...(maxLength !== undefined && { maxLength: Math.min(maxLength, 40) }) },
          weight: 1,
        };
      if (known?.type === 'name' && !pattern) return { document: { ...base, type: 'name', ...autocomplete, ...size }, weight: 1 };
      if (known?.type === 'iban' && minLength <= 15 && (maxLength ?? 34) >= 34) return { document: { ...base, type: 'iban' }, weight: 1 };
      if (!pattern && !known && (maxLength ?? 0) > 255) return { document: { ...base, type: 'textarea', ...size }, weight: 5 };
      return {
        document: { ...base, type: 'text', ...autocomplete, ...size, ...pattern, ...(known?.inputmode && { inputmode: known.inputmode }) },
        weight: 1,
      };
    }
  }
}

function patternOf(
  pattern: string | undefined,
  minLength: number,
  maxLength: number,
  left: Left,
): { pattern: string; example: string } | undefined {
  if (pattern === undefined) return undefined;
  const verdict = judgePattern(pattern, minLength, maxLength);
  if ('why' in verdict) left('limit', pattern, verdict.why);
  return 'why' in verdict ? undefined : verdict;
}

function lengths({ limits }: FimField, left: Left): [number, number | undefined] {
  const whole = (text: string | undefined) => {
    const value = Number(text);
    if (text === undefined || (Number.isInteger(value) && value >= 0 && value <= 100_000)) return text === undefined ? undefined : value;
    left('limit', text, 'this is no length of a text');
    return undefined;
  };
  const [min, max] = [whole(limits.minLength) ?? 1, whole(limits.maxLength)];
  if (max !== undefined && (max < 1 || max < min)) {
    left('limit', `${min} to ${max}`, 'no text is as long as that');
    return [1, undefined];
  }
  return [Math.max(1, min), max];
}

function range({ limits, data }: FimField, left: Left): { min?: number; max?: number } {
  const number = (text: string | undefined) => {
    const value = Number(text?.replace(',', '.'));
    if (text === undefined || (Number.isFinite(value) && Math.abs(value) <= LARGEST)) return text === undefined ? undefined : value;
    left('limit', text, 'this is no number');
    return undefined;
  };
  const [min, max] = [number(limits.minValue), number(limits.maxValue)];
  if (min !== undefined && max !== undefined && min > max) {
    left('limit', `${min} to ${max}`, 'no number lies between them');
    return {};
  }
  // An amount of money is never negative unless the schema says so.
  return {
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
    ...(data === 'num_currency' && min === undefined && { min: -LARGEST }),
  };
}

function days({ limits }: FimField, left: Left): { min?: string; max?: string } {
  const day = (text: string | undefined) => {
    if (text === undefined || /^\d{4}-\d{2}-\d{2}$/.test(text)) return text;
    left('limit', text, 'this is no day');
    return undefined;
  };
  const [min, max] = [day(limits.minValue), day(limits.maxValue)];
  return { ...(min && { min }), ...(max && { max }) };
}

function files({ position }: Node, field: FimField, left: Left): Record<string, unknown> {
  const accept = [...new Set(field.mediaTypes.map((type) => KINDS.get(type)).filter((kind) => kind !== undefined))];
  const other = field.mediaTypes.filter((type) => !KINDS.has(type));
  if (other.length > 0) left('limit', other.join(', '), 'the portal takes PDF, JPEG and PNG alone: say whether that is enough');
  const most = Number.isFinite(position.max) ? position.max : MOST_FILES;
  if (most > MOST_FILES || position.min > 1) left('limit', `${position.min}:${position.max}`, `a field takes 1 to ${MOST_FILES} files`);
  const size = field.maxSize ?? MOST_BYTES;
  if (size < 1000) left('limit', String(size), 'no file is as small as that');
  return {
    ...(accept.length > 0 && { accept }),
    maxBytes: Math.max(1000, Math.min(size, MOST_BYTES)),
    maxFiles: Math.min(most, MOST_FILES),
  };
}
