/** A constant for the payload, set by the author as `value` (text, number or yes/no). Nobody is asked, and nothing that is sent can change it. */
import type { FieldConfig, FieldType, Json } from '../types.ts';

const constant = (config: FieldConfig): Json => {
  const value: unknown = Object.hasOwn(config, 'value') ? config.value : null;
  return typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value)) ? value : null;
};

const type: FieldType = {
  name: 'hidden',
  silent: true,
  config: { properties: { value: { type: ['string', 'number', 'boolean'] } }, required: ['value'] },
  cel(config) {
    const value = constant(config);
    return typeof value === 'number' ? 'double' : typeof value === 'boolean' ? 'bool' : 'string';
  },
  parse: (_input, config) => ({ value: constant(config) }),
  check: (value, config) => (value === constant(config) && value !== null ? [] : [{ code: 'invalid' }]),
  toRaw: () => ({}),
  format: (value) => [String(value)],
  payloadSchema: (config) => ({ const: constant(config) }),
  samples: (config) => [constant(config)],
};

export default type;
