/**
 * A nationality, stored as ISO 3166-1 alpha-2 code of the state, or `stateless`, or `unknown` (not settled, which civil registers record too).
 * Shown by the name of the state, as German registers do.
 */
import type { FieldType } from '../types.ts';
import { STATES } from '../countries.ts';
import { countryName } from '../formats.ts';
import { typedShort } from '../typed.ts';

/** Answers beside the states; their labels are `labels.<value>`. */
export const WITHOUT_STATE = ['stateless', 'unknown'] as const;

const withoutState = (value: unknown): boolean => WITHOUT_STATE.some((entry) => entry === value);

const type: FieldType = {
  name: 'nationality',
  config: { properties: {} },
  cel: 'string',
  parse(input) {
    const text = typedShort(input);
    if (text === undefined) return { errors: [{ code: 'notAnOption' }] };
    if (text === '') return { value: null };
    return { value: withoutState(text.toLowerCase()) ? text.toLowerCase() : text.toUpperCase() };
  },
  check: (value) => (typeof value === 'string' && (STATES.has(value) || withoutState(value)) ? [] : [{ code: 'notAnOption' }]),
  toRaw: (value) => ({ '': [String(value)] }),
  format: (value, _config, { lang, t }) => [withoutState(value) ? t(`labels.${String(value)}`) : countryName(String(value), lang)],
  payloadSchema: () => ({ enum: [...STATES, ...WITHOUT_STATE] }),
  samples: () => ['DE', 'SY', 'XK', 'stateless', 'unknown'],
};

export default type;
