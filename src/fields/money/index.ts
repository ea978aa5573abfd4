/** An amount in euros, stored as a number with at most two decimals. Settings: `min` (default 0), `max`. Accepts `1.234,50`, `1234.50`, `1 234,50 €`, `12,-`. */
import type { FieldType } from '../types.ts';
import { decimalText, parseDecimal } from '../decimal.ts';
import { formatAmount } from '../formats.ts';
import { boundsFindings, numberSetting } from '../settings.ts';
import { typedShort } from '../typed.ts';

/** Just under a billion: every cent is exact in a double, and far above what a citizen declares. */
const LARGEST = 999_999_999.99;

const type: FieldType = {
  name: 'money',
  config: { properties: { min: { type: 'number', minimum: -LARGEST }, max: { type: 'number', maximum: LARGEST } } },
  cel: 'double',
  parse(input) {
    const text = typedShort(input);
    if (text === '') return { value: null };
    const bare = text
      ?.replace(/(€|eur|euros?)$/i, '')
      .replace(/^(€|eur)/i, '')
      .trim()
      .replace(/,[-–—]{1,2}$/, '');
    const number = bare === undefined ? undefined : parseDecimal(bare);
    if (!number) return { errors: [{ code: 'invalid' }] };
    return number.decimals > 2 ? { errors: [{ code: 'cents' }] } : { value: number.value };
  },
  check(value, config) {
    if (typeof value !== 'number' || !Number.isFinite(value) || Object.is(value, -0)) return [{ code: 'invalid' }];
    const min = numberSetting(config, 'min') ?? 0;
    const max = numberSetting(config, 'max') ?? LARGEST;
    if (value < min) return [min === 0 ? { code: 'negative' } : { code: 'tooSmall', params: { min } }];
    if (value > max) return [{ code: 'tooLarge', params: { max } }];
    return Number(value.toFixed(2)) === value ? [] : [{ code: 'cents' }];
  },
  toRaw: (value) => ({ '': [typeof value === 'number' ? decimalText(value, 2) : ''] }),
  format: (value, _config, { lang, t }) => [t('format.amount', { amount: formatAmount(Number(value), lang) })],
  payloadSchema: (config) => ({
    type: 'number',
    minimum: numberSetting(config, 'min') ?? 0,
    maximum: numberSetting(config, 'max') ?? LARGEST,
  }),
  samples(config, context) {
    const min = numberSetting(config, 'min') ?? 0;
    const max = numberSetting(config, 'max') ?? LARGEST;
    const values = new Set([Math.min(Math.max(1234.5, min), max), min, max]);
    return [...values].filter((value) => type.check(value, config, context).length === 0);
  },
  checkConfig: (config) => boundsFindings({ min: 0, ...config }, 'min', 'max'),
};

export default type;
