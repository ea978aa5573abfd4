/** A country, stored as ISO 3166-1 alpha-2 code (`XK` = Kosovo). The list is the type's own and sorted in the reader's language. */
import type { FieldType } from '../types.ts';
import { COUNTRIES } from '../countries.ts';
import { countryName } from '../formats.ts';
import { typedShort } from '../typed.ts';

const type: FieldType = {
  name: 'country',
  config: { properties: {} },
  cel: 'string',
  parse(input) {
    const code = typedShort(input)?.toUpperCase();
    return code === undefined ? { errors: [{ code: 'notAnOption' }] } : { value: code || null };
  },
  check: (value) => (typeof value === 'string' && COUNTRIES.has(value) ? [] : [{ code: 'notAnOption' }]),
  toRaw: (value) => ({ '': [String(value)] }),
  format: (value, _config, { lang }) => [countryName(String(value), lang)],
  payloadSchema: () => ({ enum: [...COUNTRIES] }),
  samples: () => ['DE', 'FR', 'TR'],
};

export default type;
