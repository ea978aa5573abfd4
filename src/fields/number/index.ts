/** A number. Settings: `decimals` (0 to 6, default 0 = whole numbers), `min`, `max` (inclusive), `unit` (a sign such as `m²`, the same in all languages). German comma; see `../decimal.ts`. */
import type { FieldConfig, FieldError, FieldType } from '../types.ts';
import { decimalText, parseDecimal } from '../decimal.ts';
import { formatNumber } from '../formats.ts';
import { boundsFindings, numberSetting, textSetting } from '../settings.ts';
import { typedShort } from '../typed.ts';

/** Largest size: whole numbers and a few decimals stay exact in a double. */
const LARGEST = 999_999_999_999;

const decimalsOf = (config: FieldConfig): number => numberSetting(config, 'decimals') ?? 0;

const decimalsError = (config: FieldConfig): FieldError =>
  decimalsOf(config) === 0 ? { code: 'whole' } : { code: 'decimals', params: { decimals: decimalsOf(config) } };

const type: FieldType = {
  name: 'number',
  config: {
    properties: {
      decimals: { type: 'integer', minimum: 0, maximum: 6 },
      min: { type: 'number', minimum: -LARGEST },
      max: { type: 'number', maximum: LARGEST },
      unit: { type: 'string', minLength: 1, maxLength: 20 },
    },
  },
  cel: 'double',
  parse(input, config) {
    let text = typedShort(input);
    const unit = textSetting(config, 'unit');
    if (text && unit && text.endsWith(unit)) text = text.slice(0, -unit.length).trim();
    if (text === '') return { value: null };
    const number = text === undefined ? undefined : parseDecimal(text);
    if (!number) return { errors: [{ code: 'invalid' }] };
    return number.decimals > decimalsOf(config) ? { errors: [decimalsError(config)] } : { value: number.value };
  },
  check(value, config) {
    if (typeof value !== 'number' || !Number.isFinite(value) || Object.is(value, -0)) return [{ code: 'invalid' }];
    const min = numberSetting(config, 'min') ?? -LARGEST;
    const max = numberSetting(config, 'max') ?? LARGEST;
    if (value < min) return [{ code: 'tooSmall', params: { min } }];
    if (value > max) return [{ code: 'tooLarge', params: { max } }];
    return Number(value.toFixed(decimalsOf(config))) === value ? [] : [decimalsError(config)];
  },
  toRaw: (value) => ({ '': [typeof value === 'number' ? decimalText(value) : ''] }),
  format(value, config, { lang }) {
    const unit = textSetting(config, 'unit');
    const text = formatNumber(Number(value), lang);
    return [unit === undefined ? text : `${text}\u00a0${unit}`];
  },
  payloadSchema: (config) => ({
    type: decimalsOf(config) === 0 ? 'integer' : 'number',
    minimum: numberSetting(config, 'min') ?? -LARGEST,
    maximum: numberSetting(config, 'max') ?? LARGEST,
  }),
  samples(config, context) {
    const min = numberSetting(config, 'min');
    const max = numberSetting(config, 'max');
    const values = new Set([
      Math.min(Math.max(1, min ?? 1), max ?? 1 + LARGEST),
      ...(min === undefined ? [] : [min]),
      ...(max === undefined ? [] : [max]),
    ]);
    return [...values].filter((value) => type.check(value, config, context).length === 0);
  },
  checkConfig: (config) => boundsFindings(config, 'min', 'max'),
};

export default type;
