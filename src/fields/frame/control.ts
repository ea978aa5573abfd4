/** What every control of a view needs to know about its field: the text to show again and how it is tied to hint and errors. */
import type { FieldView } from '../types.ts';

/** Attributes of a control. `undefined` leaves an attribute out. */
export interface ControlAttributes {
  readonly 'aria-describedby': string | undefined;
  readonly 'aria-invalid': 'true' | undefined;
}

/** The first text of a control, as it was typed. */
export function shown(field: FieldView, part = ''): string {
  return Object.hasOwn(field.raw, part) ? (field.raw[part]?.[0] ?? '') : '';
}

/** All texts of a control (boxes that are ticked, files). */
export function shownAll(field: FieldView, part = ''): readonly string[] {
  return Object.hasOwn(field.raw, part) ? (field.raw[part] ?? []) : [];
}

/** Is the control at fault? An error that names no part concerns them all, except those that need not be filled in (`aside`). */
export function atFault(field: FieldView, part = '', aside = false): boolean {
  return field.errors.some((error) => error.part === part || (error.part === undefined && !aside));
}

/**
 * Ties a control to the field's hint, its own remarks and the errors.
 * @param remarks ids of further texts that describe the control
 * @param aside need not be filled in: at fault only when an error names it
 * @param errorId id of the element with the errors, `${field.id}-error` unless the part shows its own
 */
export function tie(
  field: FieldView,
  part = '',
  remarks: readonly string[] = [],
  aside = false,
  errorId = `${field.id}-error`,
): ControlAttributes {
  const fault = atFault(field, part, aside);
  const ids = [...remarks, ...(fault ? [errorId] : [])];
  return { 'aria-describedby': ids.length > 0 ? ids.join(' ') : undefined, 'aria-invalid': fault ? 'true' : undefined };
}

/** Id of the field's hint as a list to describe a control with; empty without one. */
export function hintId(field: FieldView): readonly string[] {
  return field.hint ? [`${field.id}-hint`] : [];
}

/** A number the author set, for the view. */
export function setting(field: FieldView, name: string): number | undefined {
  const value = field.config[name];
  return typeof value === 'number' ? value : undefined;
}
