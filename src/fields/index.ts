/**
 * Door of the room `fields`: the contract of a field type, and what every type shares. The types themselves are found by `#fields/all`,
 * their controls by `#fields/views.ts`.
 */
import type { FieldError } from './types.ts';
import { formatDate, formatNumber } from './formats.ts';

export type * from './types.ts';

/** What a required field gets that was left empty. Resolved in the type's own texts first: a choice says "choose", a date "enter a date". */
export function requiredError(part?: string): FieldError {
  return part === undefined ? { code: 'required' } : { code: 'required', part };
}

/**
 * The text of an error in the reader's language. Params that are ISO dates or numbers are written as the reader writes them.
 * @param t translator over the type's texts, then the shared ones (as `FieldView.t`)
 * @param label label of the field in that language
 */
export function errorText(
  error: FieldError,
  label: string,
  lang: string,
  t: (key: string, params?: Record<string, unknown>) => string,
): string {
  const params: Record<string, unknown> = { label };
  for (const [name, value] of Object.entries(error.params ?? {})) {
    params[name] = typeof value === 'number' ? formatNumber(value, lang) : formatDate(value, lang);
  }
  return t(`errors.${error.code}`, params);
}
