/** Any number of several answers, stored as a list in the order of the form. Settings: `options` or `list`; `min`, `max` number of answers. None ticked = not answered. */
import type { FieldType, Json } from '../types.ts';
import { CHOICE_PROPERTIES, isOption, optionFindings, optionsOf, optionSchema } from '../choices.ts';
import { boundsFindings, listSetting, numberSetting } from '../settings.ts';
import { cleanLine, typedAll } from '../typed.ts';

/** More ticks than any form has boxes; keeps hostile input short. */
const MOST = 500;

const type: FieldType = {
  name: 'checkboxes',
  choice: true,
  composite: true,
  config: { properties: { ...CHOICE_PROPERTIES, min: { type: 'integer', minimum: 1 }, max: { type: 'integer', minimum: 1 } } },
  cel: 'list<string>',
  parse(input) {
    const ticked = typedAll(input);
    if (ticked.length > MOST) return { errors: [{ code: 'notAnOption' }] };
    const texts = new Set(ticked.map(cleanLine));
    texts.delete('');
    if (texts.has(undefined)) return { errors: [{ code: 'notAnOption' }] };
    return { value: texts.size === 0 ? null : ([...texts] as string[]) };
  },
  check(value, config, context) {
    if (!Array.isArray(value) || value.length === 0 || value.length > MOST) return [{ code: 'notAnOption' }];
    if (!value.every((entry) => typeof entry === 'string' && isOption(entry, config, context))) return [{ code: 'notAnOption' }];
    if (new Set(value).size !== value.length) return [{ code: 'notAnOption' }];
    const [min, max] = [numberSetting(config, 'min'), numberSetting(config, 'max')];
    if (min !== undefined && value.length < min) return [{ code: 'tooFew', params: { min } }];
    if (max !== undefined && value.length > max) return [{ code: 'tooMany', params: { max } }];
    return [];
  },
  toRaw: (value) => ({ '': Array.isArray(value) ? value.map(String) : [] }),
  format: (value, _config, { option }) => (Array.isArray(value) ? value.map((entry) => option(String(entry))) : []),
  payloadSchema: (config) => ({
    type: 'array',
    items: optionSchema(config),
    uniqueItems: true,
    minItems: numberSetting(config, 'min') ?? 1,
    maxItems: numberSetting(config, 'max') ?? MOST,
  }),
  samples(config, context) {
    const options = optionsOf(config, context);
    const min = numberSetting(config, 'min') ?? 1;
    const max = Math.min(numberSetting(config, 'max') ?? options.length, options.length, MOST);
    const values: Json[] = min > 1 ? [options.slice(0, min)] : options.map((option) => [option]);
    return max > min ? [...values, options.slice(0, max)] : values;
  },
  checkConfig(config) {
    const findings = [...optionFindings(config), ...boundsFindings(config, 'min', 'max')];
    const [options, min] = [listSetting(config, 'options'), numberSetting(config, 'min')];
    if (options && min !== undefined && min > options.length) {
      findings.push({ message: `min (${min}) is above the number of options (${options.length})`, remedy: 'Lower min or add options.' });
    }
    return findings;
  },
};

export default type;
