/** A declaration with one box. Ticked is `true`; not ticked is no answer, so that a required declaration asks for it. */
import type { FieldType } from '../types.ts';
import { typedShort } from '../typed.ts';

const type: FieldType = {
  name: 'consent',
  config: { properties: {} },
  cel: 'bool',
  parse(input) {
    const text = typedShort(input);
    if (text === '') return { value: null };
    return text === 'yes' ? { value: true } : { errors: [{ code: 'required' }] };
  },
  check: (value) => (value === true ? [] : [{ code: 'required' }]),
  toRaw: (value) => ({ '': value === true ? ['yes'] : [] }),
  format: (_value, _config, { t }) => [t('labels.given')],
  payloadSchema: () => ({ const: true }),
  samples: () => [true],
};

export default type;
