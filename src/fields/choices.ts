/** What radios, checkboxes, select and combobox share: which values are allowed and what an unknown one gets. */
import type { FieldConfig, FieldContext, FieldError, JsonSchema } from './types.ts';
import { listSetting, textSetting } from './settings.ts';

/** Settings of every choice: authored options, or the name of a list of the package. Exactly one of them. */
export const CHOICE_PROPERTIES: Record<string, JsonSchema> = {
  options: { type: 'array', items: { type: 'string', minLength: 1, maxLength: 100 }, minItems: 1, uniqueItems: true },
  list: { type: 'string', minLength: 1 },
};

/** Allowed values in their order: those of the list if the field names one, else the authored ones. */
export function optionsOf(config: FieldConfig, context: FieldContext): readonly string[] {
  return context.options ? [...context.options] : (listSetting(config, 'options') ?? []);
}

export function isOption(value: string, config: FieldConfig, context: FieldContext): boolean {
  return context.options ? context.options.has(value) : (listSetting(config, 'options') ?? []).includes(value);
}

/** Errors of a single chosen value. */
export function optionErrors(value: unknown, config: FieldConfig, context: FieldContext): FieldError[] {
  return typeof value === 'string' && isOption(value, config, context) ? [] : [{ code: 'notAnOption' }];
}

/** Schema of one chosen value: authored options are closed, a list may grow with its next version. */
export function optionSchema(config: FieldConfig): JsonSchema {
  const options = listSetting(config, 'options');
  return options ? { enum: [...options] } : { type: 'string', minLength: 1 };
}

export function optionFindings(config: FieldConfig): { message: string; remedy: string }[] {
  const options = listSetting(config, 'options');
  const list = textSetting(config, 'list');
  if (options && list !== undefined) {
    return [
      { message: 'Both options and list are set', remedy: 'Keep options (few, with texts of the flow) or list (lists/<name>.json).' },
    ];
  }
  if (!options && list === undefined) {
    return [{ message: 'There is nothing to choose from', remedy: 'Add "options": ["a", "b"] or "list": "name" for lists/name.json.' }];
  }
  return [];
}
