/** A name of a person, as it stands in the identity card: the letters of DIN 91379, no digits, no titles. Settings: `minLength`, `maxLength` (default 120, as FIM's family name). */
import type { FieldType } from '../types.ts';
import { fit, LENGTH_PROPERTIES, lengthErrors, lengthFindings, lengthSchema } from '../lines.ts';
import { cleanLine, typedRaw } from '../typed.ts';
import { foreignCharacter, standardSigns } from './letters.ts';

const MAX = 120;

const type: FieldType = {
  name: 'name',
  config: { properties: LENGTH_PROPERTIES },
  cel: 'string',
  parse(input) {
    const text = cleanLine(typedRaw(input));
    return text === undefined ? { errors: [{ code: 'characters' }] } : { value: standardSigns(text) || null };
  },
  check(value, config) {
    if (typeof value !== 'string' || cleanLine(value) !== value || standardSigns(value) !== value) return [{ code: 'characters' }];
    const errors = lengthErrors(value, config, MAX);
    if (errors.length > 0) return errors;
    const character = foreignCharacter(value);
    if (character !== undefined) return [{ code: 'letters', params: { character } }];
    return /\p{L}/u.test(value) ? [] : [{ code: 'noLetter' }];
  },
  toRaw: (value) => ({ '': [String(value)] }),
  format: (value) => [String(value)],
  payloadSchema: (config) => lengthSchema(config, MAX),
  samples: (config) => [fit('Müller-Muster', config, MAX), fit('Łučić', config, MAX)],
  checkConfig: lengthFindings,
};

export default type;
