/**
 * A value that the flow calculates, such as a fee: `value` is the CEL expression, `as` says what comes out. The engine evaluates it;
 * this type checks and shows the result. What somebody sends for it is ignored.
 */
import type { CelType, FieldConfig, FieldType, Json, JsonSchema } from '../types.ts';
import { day } from '../calendar.ts';
import { formatAmount, formatDate, formatNumber } from '../formats.ts';
import { textSetting } from '../settings.ts';
import { cleanLines } from '../typed.ts';

interface Kind {
  readonly cel: CelType;
  readonly schema: JsonSchema;
  readonly sample: Json;
  readonly fits: (value: Json) => boolean;
}

const isNumber = (value: Json): value is number => typeof value === 'number' && Number.isFinite(value);

const KINDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  // An amount of more than cents is a defect of the expression: it has to round(), and the check says so.
  [
    'money',
    { cel: 'double', schema: { type: 'number' }, sample: 30.7, fits: (value) => isNumber(value) && Number(value.toFixed(2)) === value },
  ],
  ['number', { cel: 'double', schema: { type: 'number' }, sample: 3, fits: isNumber }],
  [
    'text',
    {
      cel: 'string',
      schema: { type: 'string' },
      sample: 'Beispiel',
      fits: (value) => typeof value === 'string' && value.length <= 5000 && cleanLines(value) !== undefined,
    },
  ],
  ['yesno', { cel: 'bool', schema: { type: 'boolean' }, sample: true, fits: (value) => typeof value === 'boolean' }],
  [
    'date',
    {
      cel: 'Date',
      schema: { type: 'string', pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' },
      sample: '2026-01-31',
      fits: (value) => day(value) !== undefined,
    },
  ],
]);

const kindName = (config: FieldConfig): string => textSetting(config, 'as') ?? 'text';
const kind = (config: FieldConfig): Kind => (KINDS.get(kindName(config)) ?? KINDS.get('text')) as Kind;

const type: FieldType = {
  name: 'computed',
  silent: true,
  config: { properties: { value: { type: 'string', minLength: 1 }, as: { enum: [...KINDS.keys()] } }, required: ['value', 'as'] },
  cel: (config) => kind(config).cel,
  parse: () => ({ value: null }),
  check: (value, config) =>
    kind(config).fits(value) ? [] : [{ code: kindName(config) === 'money' && isNumber(value) ? 'cents' : 'invalid' }],
  toRaw: () => ({}),
  format(value, config, { lang, t }) {
    switch (kindName(config)) {
      case 'money':
        return [t('format.amount', { amount: formatAmount(Number(value), lang) })];
      case 'number':
        return [formatNumber(Number(value), lang)];
      case 'yesno':
        return [t(value === true ? 'labels.yes' : 'labels.no')];
      case 'date':
        return [formatDate(String(value), lang)];
      default:
        return String(value).split('\n');
    }
  },
  payloadSchema: (config) => kind(config).schema,
  samples: (config) => [kind(config).sample],
};

export default type;
