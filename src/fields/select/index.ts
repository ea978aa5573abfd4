/** One of several answers from a drop-down list. Settings: `options` or `list`. Up to about five answers, `radios` are easier. */
import type { FieldType } from '../types.ts';
import { CHOICE_PROPERTIES, optionErrors, optionFindings, optionsOf, optionSchema } from '../choices.ts';
import { cleanLine, typedRaw } from '../typed.ts';

const type: FieldType = {
  name: 'select',
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
