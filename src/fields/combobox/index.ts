/**
 * One of many answers. Without script it is a native drop-down list, where typing jumps to an entry; the portal's script makes it searchable
 * (`data-combobox`). What is sent is always a code, so that nobody can pick an entry that does not exist. Settings: `options` or `list`.
 */
import type { FieldType } from '../types.ts';
import { CHOICE_PROPERTIES, optionErrors, optionFindings, optionsOf, optionSchema } from '../choices.ts';
import { cleanLine, typedRaw } from '../typed.ts';

const type: FieldType = {
  name: 'combobox',
  choice: true,
  config: { properties: CHOICE_PROPERTIES },
  cel: 'string',
  parse(input) {
    const text = cleanLine(typedRaw(input));
    return text === undefined ? { errors: [{ code: 'notAnOption' }] } : { value: text || null };
  },
  check: optionErrors,
  toRaw: (value) => ({ '': [String(value)] }),
  format: (value, _config, { option }) => [option(String(value))],
  payloadSchema: optionSchema,
  samples: (config, context) => [...optionsOf(config, context)],
  checkConfig: optionFindings,
};

export default type;
