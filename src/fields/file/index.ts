/**
 * Evidence. Stored as the list of the files that were uploaded (`{id, name, size, mime}`; the bytes lie with the portal), or as the promise
 * to bring or post it (`{later}`), where the author allows it. Settings: `accept` (kinds), `maxBytes` a file, `maxFiles`, `later`.
 *
 * Whoever calls `parse` fills the part `files` from the portal's own records and NEVER from the request: a reference that a browser
 * could name would open other people's files. From the form comes only the part `later`.
 */
import type { FieldConfig, FieldType, Json } from '../types.ts';
import { flagSetting, listSetting, numberSetting } from '../settings.ts';
import { cleanLine, isRecord, onlyKeys, typedAll, typedShort } from '../typed.ts';

/** Kinds an author may accept, and what browsers and the check of contents call them. */
export const KINDS: Readonly<Record<string, string>> = { pdf: 'application/pdf', jpeg: 'image/jpeg', png: 'image/png' };
/** Ways to hand it in later; the labels are `labels.<way>`. */
export const LATER = ['bring', 'post'] as const;

/** What a field accepts, with the defaults filled in. */
export function limits(config: FieldConfig): { kinds: readonly string[]; mimes: readonly string[]; maxBytes: number; maxFiles: number } {
  const kinds = (listSetting(config, 'accept') ?? Object.keys(KINDS)).filter((kind) => Object.hasOwn(KINDS, kind));
  const mimes = kinds.map((kind) => KINDS[kind] ?? '');
  return { kinds, mimes, maxBytes: numberSetting(config, 'maxBytes') ?? 10_000_000, maxFiles: numberSetting(config, 'maxFiles') ?? 5 };
}

const isLater = (value: unknown): boolean => LATER.some((way) => way === value);

/** The form of one reference; limits of the field are checked apart. */
function isReference(value: unknown): value is { id: string; name: string; size: number; mime: string } {
  if (!isRecord(value) || !onlyKeys(value, ['id', 'name', 'size', 'mime'])) return false;
  const { id, name, size, mime } = value;
  return (
    typeof id === 'string' &&
    /^[A-Za-z0-9_-]{1,64}$/.test(id) &&
    typeof name === 'string' &&
    name.length > 0 &&
    name.length <= 255 &&
    !/[/\\]/.test(name) &&
    cleanLine(name) === name &&
    typeof size === 'number' &&
    Number.isInteger(size) &&
    size > 0 &&
    typeof mime === 'string'
  );
}

function fromJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

const type: FieldType = {
  name: 'file',
  composite: true,
  file: true,
  config: {
    properties: {
      accept: { type: 'array', items: { enum: Object.keys(KINDS) }, minItems: 1, uniqueItems: true },
      maxBytes: { type: 'integer', minimum: 1000 },
      maxFiles: { type: 'integer', minimum: 1, maximum: 50 },
      later: { type: 'boolean' },
    },
  },
  cel: { count: 'double', later: 'string' },
  toCel: (value) =>
    Array.isArray(value) ? { count: value.length, later: '' } : { count: 0, later: isRecord(value) ? String(value.later) : '' },
  parse(input) {
    const files = typedAll(input, 'files').map(fromJson);
    if (!files.every(isReference)) return { errors: [{ code: 'invalid' }] };
    // What is there counts, even if "later" was ticked before.
    if (files.length > 0) return { value: files };
    const later = typedShort(input, 'later');
    if (later === '') return { value: null };
    return isLater(later) ? { value: { later: later as string } } : { errors: [{ code: 'notAnOption', part: 'later' }] };
  },
  check(value, config) {
    if (isRecord(value)) {
      const fine = onlyKeys(value, ['later']) && Object.hasOwn(value, 'later') && isLater(value.later) && flagSetting(config, 'later');
      return fine ? [] : [{ code: 'notAnOption', part: 'later' }];
    }
    if (!Array.isArray(value) || value.length === 0 || !value.every(isReference)) return [{ code: 'invalid' }];
    const { mimes, kinds, maxBytes, maxFiles } = limits(config);
    if (new Set(value.map(({ id }) => id)).size !== value.length) return [{ code: 'invalid' }];
    if (value.length > maxFiles) return [{ code: 'tooMany', params: { max: maxFiles } }];
    if (!value.every(({ mime }) => mimes.includes(mime))) return [{ code: 'kind', params: { kinds: kinds.join(', ').toUpperCase() } }];
    return value.every(({ size }) => size <= maxBytes) ? [] : [{ code: 'tooLarge', params: { max: maxBytes / 1_000_000 } }];
  },
  toRaw(value): Record<string, string[]> {
    if (Array.isArray(value)) return { files: value.map((file) => JSON.stringify(file)) };
    return { later: isRecord(value) ? [String(value.later)] : [] };
  },
  format(value, _config, { t }) {
    if (Array.isArray(value)) return value.map((file) => (isRecord(file) ? String(file.name) : ''));
    return isRecord(value) && isLater(value.later) ? [t(`labels.${String(value.later)}`)] : [];
  },
  payloadSchema(config) {
    const { mimes, maxFiles } = limits(config);
    const file = {
      type: 'object',
      properties: { id: { type: 'string' }, name: { type: 'string' }, size: { type: 'integer', minimum: 1 }, mime: { enum: [...mimes] } },
      required: ['id', 'name', 'size', 'mime'],
      // The portal adds the hash of the content when it freezes the payload.
      additionalProperties: true,
    };
    const files = { type: 'array', items: file, minItems: 1, maxItems: maxFiles };
    if (!flagSetting(config, 'later')) return files;
    return {
      oneOf: [files, { type: 'object', properties: { later: { enum: [...LATER] } }, required: ['later'], additionalProperties: false }],
    };
  },
  samples(config) {
    const { kinds, mimes, maxBytes } = limits(config);
    const file: Json = { id: 'sample-1', name: `nachweis.${kinds[0] ?? 'pdf'}`, size: Math.min(1000, maxBytes), mime: mimes[0] ?? '' };
    return flagSetting(config, 'later') ? [[file], ...LATER.map((later) => ({ later }))] : [[file]];
  },
};

export default type;
