/** What the types that hold written text share: length limits and their errors. */
import type { FieldConfig, FieldError, JsonSchema } from './types.ts';
import { boundsFindings, numberSetting } from './settings.ts';
import { characters } from './typed.ts';

export const LENGTH_PROPERTIES: Record<string, JsonSchema> = {
  minLength: { type: 'integer', minimum: 1 },
  maxLength: { type: 'integer', minimum: 1, maximum: 100_000 },
};

/** Longest text allowed: what the author set, else the type's own limit. There is always one. */
export const longest = (config: FieldConfig, fallback: number): number => numberSetting(config, 'maxLength') ?? fallback;

/** Errors of a text's length, in characters as people count them. */
export function lengthErrors(text: string, config: FieldConfig, fallback: number): FieldError[] {
  const [min, max] = [numberSetting(config, 'minLength') ?? 1, longest(config, fallback)];
  const length = characters(text);
  if (length > max) return [{ code: 'tooLong', params: { max, length } }];
  if (length < min) return [{ code: 'tooShort', params: { min, length } }];
  return [];
}

export const lengthFindings = (config: FieldConfig): { message: string; remedy: string }[] =>
  boundsFindings(config, 'minLength', 'maxLength');

/** Schema of a text within the limits of the field. */
export function lengthSchema(config: FieldConfig, fallback: number): Record<string, unknown> {
  return { type: 'string', minLength: numberSetting(config, 'minLength') ?? 1, maxLength: longest(config, fallback) };
}

/** Deterministic filler whose length satisfies the field. */
export function fit(text: string, config: FieldConfig, fallback: number): string {
  const min = numberSetting(config, 'minLength') ?? 1;
  return text.padEnd(min, 'a').slice(0, longest(config, fallback)).trim().padEnd(min, 'a');
}
