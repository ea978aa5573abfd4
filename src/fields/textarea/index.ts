/** A long text over several lines. Settings: `minLength`, `maxLength` (characters, default 5,000; line ends count as one), `rows`. */
import type { FieldType } from '../types.ts';
import { fit, LENGTH_PROPERTIES, lengthErrors, lengthFindings, lengthSchema } from '../lines.ts';
import { cleanLines, typedRaw } from '../typed.ts';

/** Longest text where the author sets no limit. */
export const MAX = 5000;

const type: FieldType = {
  name: 'textarea',
  config: { properties: { ...LENGTH_PROPERTIES, rows: { type: 'integer', minimum: 2, maximum: 20 } } },
  cel: 'string',
  parse(input) {
    const text = cleanLines(typedRaw(input));
    return text === undefined ? { errors: [{ code: 'characters' }] } : { value: text || null };
  },
  check(value, config) {
    if (typeof value !== 'string' || cleanLines(value) !== value) return [{ code: 'characters' }];
    return lengthErrors(value, config, MAX);
  },
  toRaw: (value) => ({ '': [String(value)] }),
  format: (value) => String(value).split('\n'),
  payloadSchema: (config) => lengthSchema(config, MAX),
  samples: (config) => [fit('Erste Zeile\nZweite Zeile', config, MAX)],
  checkConfig: lengthFindings,
};

export default type;
