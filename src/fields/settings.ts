/** Reads what the author set on a field. A flow is checked by its schema when it is read; here a setting of the wrong kind simply does not count. */
import type { FieldConfig } from './types.ts';

const own = (config: FieldConfig, name: string): unknown => (Object.hasOwn(config, name) ? config[name] : undefined);

/** A finite number, or undefined. */
export function numberSetting(config: FieldConfig, name: string): number | undefined {
  const value = own(config, name);
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** A text, or undefined. */
export function textSetting(config: FieldConfig, name: string): string | undefined {
  const value = own(config, name);
  return typeof value === 'string' ? value : undefined;
}

/** Set to `true`? */
export function flagSetting(config: FieldConfig, name: string): boolean {
  return own(config, name) === true;
}

/** A list of texts, or undefined. */
export function listSetting(config: FieldConfig, name: string): readonly string[] | undefined {
  const value = own(config, name);
  return Array.isArray(value) ? value.filter((entry): entry is string => typeof entry === 'string') : undefined;
}

/** A finding when the lower bound lies above the upper one, for `checkConfig`. */
export function boundsFindings(config: FieldConfig, lower: string, upper: string): { message: string; remedy: string }[] {
  const low = numberSetting(config, lower);
  const high = numberSetting(config, upper);
  if (low === undefined || high === undefined || low <= high) return [];
  return [
    { message: `${lower} (${low}) is above ${upper} (${high}): no answer can satisfy both`, remedy: `Set ${lower} to at most ${upper}.` },
  ];
}
