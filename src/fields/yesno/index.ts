/** Yes or no. Unanswered is not "no": there is no preselection. */
import type { FieldType } from '../types.ts';
import { typedShort } from '../typed.ts';

const type: FieldType = {
  name: 'yesno',
  composite: true,
  config: { properties: {} },
  cel: 'bool',
  parse(input) {
    const text = typedShort(input);
    if (text === '') return { value: null };
    return text === 'yes' || text === 'no' ? { value: text === 'yes' } : { errors: [{ code: 'notAnOption' }] };
  },
  check: (value) => (typeof value === 'boolean' ? [] : [{ code: 'notAnOption' }]),
  toRaw: (value) => ({ '': [value === true ? 'yes' : 'no'] }),
  format: (value, _config, { t }) => [t(value === true ? 'labels.yes' : 'labels.no')],
  payloadSchema: () => ({ type: 'boolean' }),
  samples: () => [true, false],
};

export default type;
