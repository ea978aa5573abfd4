/** A text between the fields of a page (FIM: `label`). It asks nothing and has no value. */
import type { FieldType } from '../types.ts';

const type: FieldType = {
  name: 'note',
  silent: true,
  config: { properties: {} },
  cel: 'string',
  parse: () => ({ value: null }),
  check: () => [{ code: 'invalid' }],
  toRaw: () => ({}),
  format: () => [],
  payloadSchema: () => false,
  samples: () => [],
};

export default type;
