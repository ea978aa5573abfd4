/** One of a few answers, all of them visible. Settings: `options` or `list`. */
import type { FieldType } from '../types.ts';
import { CHOICE_PROPERTIES, optionErrors, optionFindings, optionsOf, optionSchema } from '../choices.ts';
import { cleanLine, typedRaw } from '../typed.ts';

const type: FieldType = {
  name: 'radios',
  choice: true,
  composite: true,
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
