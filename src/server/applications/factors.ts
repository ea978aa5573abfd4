/** The second factor beside a code or a reference number: an answer that the person knows, else a number that is given out with the code. */
import { parseDate } from '@internationalized/date';
import type { Json } from '#flow';
import type { Package } from '#package';
import type { KeyRing } from '#server/store';
import { normaliseFactor } from './codes.ts';

export type FactorKind = 'date' | 'name' | 'pin';

/** The second factor that answers offer. */
function factorOf(pkg: Package, counted: Readonly<Record<string, Json>>): { kind: 'date' | 'name'; value: string } | undefined {
  for (const path of pkg.service.factor ?? []) {
    const value = counted[path];
    const field = pkg.flow.fields.get(path);
    if (typeof value === 'string' && value !== '' && field) return { kind: field.type.name === 'date' ? 'date' : 'name', value };
  }
  return undefined;
}

export interface SecondFactor {
  readonly kind: FactorKind;
  /** Keyed, for the database. */
  readonly hash: Buffer;
  /** To be shown with the code, where no answer serves. */
  readonly pin: string | undefined;
}

/** The second factor for a set of answers; `pin` is the number for those that offer none. */
export async function secondFactor(
  keys: KeyRing,
  municipality: string,
  pkg: Package,
  counted: Readonly<Record<string, Json>>,
  pin: string,
): Promise<SecondFactor> {
  const found = factorOf(pkg, counted);
  const kind = found?.kind ?? 'pin';
  const hash = await keys.keyedHash(municipality, 'factor', normaliseFactor(kind, found?.value ?? pin));
  return { kind, hash, pin: found ? undefined : pin };
}

/** A typed day as ISO text: 27.3.1990, 27 3 1990, 27031990, 1990-03-27. Undefined: none, or one that the calendar does not have. */
export function typedDay(text: string): string | undefined {
  const written = text.trim();
  const german = /^(\d{1,2})[.\s/-]+(\d{1,2})[.\s/-]+(\d{4})$/.exec(written) ?? /^(\d\d)(\d\d)(\d{4})$/.exec(written);
  try {
    return parseDate(german ? `${german[3]}-${german[2]!.padStart(2, '0')}-${german[1]!.padStart(2, '0')}` : written).toString();
  } catch {
    return undefined;
  }
}

/** What a typed second factor may mean: a date in German writing, a number, or a name. */
export function factorReadings(typed: string): string[] {
  const digits = typed.replace(/\D/g, '');
  const readings: string[] = [];
  const day = typedDay(typed);
  if (day) readings.push(day);
  if (digits.length === 4 && readings.length === 0) readings.push(digits);
  const name = normaliseFactor('name', typed);
  if (name) readings.push(name);
  return readings.length > 0 ? readings : [''];
}

/** Keyed hashes of all readings. */
export const factorHashes = (keys: KeyRing, municipality: string, typed: string): Promise<Buffer[]> =>
  Promise.all(factorReadings(typed).map((reading) => keys.keyedHash(municipality, 'factor', reading)));
