/**
 * A German vehicle registration plate, stored as `M-AB 123E`: letters of the district (1 to 3), letters (1 or 2) and digits (1 to 4) of the vehicle,
 * `H` for historic and `E` for electric ones (FZV; eight characters at most). Also plates without letters behind the hyphen (authorities,
 * red and fire-brigade plates: `M-06123`). The months of a seasonal plate (`04-10`) are left out: they do not identify the vehicle.
 */
import type { FieldType } from '../types.ts';
import { typedShort } from '../typed.ts';

const PLATE = /^[A-ZÄÖÜ]{1,3}-([A-Z]{1,2} [1-9][0-9]{0,3}[EH]?|[0-9]{1,6}[EH]?)$/;
/** Longest plate, counted without hyphen and blank. */
const LONGEST = 8;

const correct = (plate: string): boolean => PLATE.test(plate) && plate.replace(/[- ]/g, '').length <= LONGEST;

/**
 * Typed text -> the stored form; `undefined` when it is no plate, `'ambiguous'` when nobody can tell where the district ends (`MAB 123` is
 * M-AB 123 or MA-B 123).
 */
function normalise(text: string): string | undefined {
  const typed = text
    .toUpperCase()
    .replace(/[–—.:_]/g, '-')
    .replace(/[\s/]+(0[1-9]|1[0-2])[-/](0[1-9]|1[0-2])$/, '');
  const tokens = /^([A-ZÄÖÜ]{1,3})[- ]+([A-Z]{1,2})[- ]*([0-9]{1,4}) ?([EH]?)$/.exec(typed);
  if (tokens) return `${tokens[1]}-${tokens[2]} ${tokens[3]}${tokens[4]}`;
  const joined = /^([A-ZÄÖÜ]{2,5})[- ]*([0-9]{1,4}) ?([EH]?)$/.exec(typed);
  const letters = joined?.[1] ?? '';
  if (joined && !(typed.includes('-') && letters.length <= 3)) {
    // Two letters can only be one and one, five only three and two.
    const district = { 2: 1, 5: 3 }[letters.length];
    return district === undefined ? 'ambiguous' : `${letters.slice(0, district)}-${letters.slice(district)} ${joined[2]}${joined[3]}`;
  }
  const numeric = /^([A-ZÄÖÜ]{1,3})[- ]+([0-9]{1,6}) ?([EH]?)$/.exec(typed);
  return numeric ? `${numeric[1]}-${numeric[2]}${numeric[3]}` : undefined;
}

const type: FieldType = {
  name: 'plate',
  config: { properties: {} },
  cel: 'string',
  parse(input) {
    const text = typedShort(input);
    if (text === '') return { value: null };
    const plate = text === undefined ? undefined : normalise(text);
    if (plate === 'ambiguous') return { errors: [{ code: 'ambiguous' }] };
    return plate !== undefined && correct(plate) ? { value: plate } : { errors: [{ code: 'invalid' }] };
  },
  check: (value) => (typeof value === 'string' && correct(value) ? [] : [{ code: 'invalid' }]),
  toRaw: (value) => ({ '': [String(value)] }),
  format: (value) => [String(value)],
  payloadSchema: () => ({ type: 'string', pattern: PLATE.source }),
  samples: () => ['M-AB 123E', 'MÜ-X 7', 'B-MW 1955H'],
};

export default type;
