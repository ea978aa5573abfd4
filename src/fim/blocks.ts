/**
 * Harmonised building blocks (BOB, number range 60) that are fields of the portal: with their validation, their keyboards and their prefill, while the
 * payload keeps FIM's ids. A block that differs from the published one is left to its parts: nothing of it may get lost.
 */
import type { FimField, Position } from './schema.ts';

/** Ids of version 2.0 are those of 3.0.0 without the sub-range: F60000231 is F60000000231. */
function bob(id: string): string {
  return /^[GF]60\d{6}$/.test(id) ? `${id.slice(0, 3)}000${id.slice(3)}` : id;
}

export interface Block {
  readonly type: 'partial-date' | 'address';
  /** Member of the field's value by the id of the FIM field. */
  readonly members: ReadonlyMap<string, string>;
  readonly settings: Record<string, unknown>;
}

const DATE = new Map([
  ['F60000000231', 'day'],
  ['F60000000232', 'month'],
  ['F60000000233', 'year'],
]);
const STREET = new Map([
  ['F60000000243', 'street'],
  ['F60000000244', 'houseNumber'],
  ['F60000000246', 'postcode'],
  ['F60000000247', 'city'],
  ['F60000000248', 'addition'],
]);

/** How short each part of the portal's address may be, and how long. */
const LENGTHS: Readonly<Record<string, readonly [number, number]>> = {
  street: [1, 55],
  houseNumber: [1, 9],
  postcode: [5, 5],
  city: [1, 50],
  addition: [1, 60],
};

/** The block that a group is, if it is one: exactly its members, each once, with the published duties. */
export function blockOf({ element, max }: Position): Block | undefined {
  if (element.kind !== 'group' || element.choice || max > 1) return undefined;
  const members = element.members;
  if (members.some((member) => member.max !== 1 || member.element.kind !== 'field' || member.element.input !== 'input')) return undefined;
  const all = (fits: (data: string) => boolean) => members.every((member) => fits((member.element as FimField).data));
  const fields = new Map(members.map((member) => [bob(member.element.id), member]));
  const named = (names: ReadonlyMap<string, string>) =>
    new Map(members.map((member) => [member.element.id, names.get(bob(member.element.id))!]));
  const same = (names: ReadonlyMap<string, string>) => fields.size === names.size && [...names.keys()].every((id) => fields.has(id));
  if (same(DATE) && all((data) => data === 'num_int')) {
    // The year alone may be known, as for a birth abroad.
    if (fields.get('F60000000233')!.min !== 1 || fields.get('F60000000231')!.min !== 0 || fields.get('F60000000232')!.min !== 0)
      return undefined;
    const born = /geburt/i.test(`${element.name} ${element.label}`);
    return { type: 'partial-date', members: named(DATE), settings: { min: '1850-01-01', max: born ? 'today' : '2080-12-31' } };
  }
  if (!same(STREET) || !all((data) => data.startsWith('text'))) return undefined;
  if (['F60000000244', 'F60000000248'].some((id) => fields.get(id)!.min !== 0)) return undefined;
  const limits: Record<string, number> = {};
  for (const [id, part] of STREET) {
    const { minLength, maxLength } = (fields.get(id)!.element as FimField).limits;
    const [shortest, longest] = LENGTHS[part]!;
    // longer or shorter than what the field takes: asked part by part
    if (Number(minLength ?? 0) > shortest || Number(maxLength ?? longest) < 5) return undefined;
    if (Number(maxLength ?? longest) < longest) limits[part] = Number(maxLength);
  }
  return { type: 'address', members: named(STREET), settings: Object.keys(limits).length > 0 ? { limits } : {} };
}

/** The portal's type of a harmonised single field, with the token by which browsers fill it in (WCAG 1.3.5). */
const SINGLE: ReadonlyMap<string, { type: 'name' | 'email' | 'phone' | 'text'; autocomplete?: string; inputmode?: string }> = new Map([
  ['F60000000227', { type: 'name', autocomplete: 'family-name' }],
  ['F60000000228', { type: 'name', autocomplete: 'given-name' }],
  ['F60000000230', { type: 'name' }],
  ['F60000000240', { type: 'phone', autocomplete: 'tel' }],
  ['F60000000241', { type: 'phone' }],
  ['F60000000242', { type: 'email', autocomplete: 'email' }],
  ['F60000000243', { type: 'text', autocomplete: 'address-line1' }],
  ['F60000000246', { type: 'text', autocomplete: 'postal-code', inputmode: 'numeric' }],
  ['F60000000247', { type: 'text', autocomplete: 'address-level2' }],
  ['F60000000319', { type: 'text', autocomplete: 'organization' }],
]);

export function singleBlock(
  field: FimField,
): { type: 'name' | 'email' | 'phone' | 'text' | 'iban'; autocomplete?: string; inputmode?: string } | undefined {
  if (field.input !== 'input' || !field.data.startsWith('text')) return undefined;
  const known = SINGLE.get(bob(field.id));
  if (known) return known;
  return /^IBAN$/i.test(field.label.trim()) && field.limits.pattern === undefined ? { type: 'iban' } : undefined;
}
