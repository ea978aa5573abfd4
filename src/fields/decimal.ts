/**
 * Numbers as people in Germany write them: `1.234,50`, `1 234,5`, `1234.50`, `−3`. A point before exactly three digits separates thousands
 * (`1.234` is one thousand two hundred and thirty-four), as German readers expect; before one or two digits it is a decimal point.
 */

export interface Decimal {
  /** Finite; never `-0`. */
  readonly value: number;
  /** Number of digits behind the decimal sign as typed. */
  readonly decimals: number;
}

/** More digits than this are not exact in a double. */
const MOST_DIGITS = 15;

/** @returns the number, or `undefined` when the text is none or could mean two numbers */
export function parseDecimal(text: string): Decimal | undefined {
  const compact = text.replace(/[\s'’_]/g, '').replace(/^[−–]/, '-');
  const match = /^([+-]?)([0-9.,]+)$/.exec(compact);
  if (!match?.[2]) return undefined;
  const parts = split(match[2]);
  if (!parts) return undefined;
  const [whole, fraction] = parts;
  if (whole.length + fraction.length > MOST_DIGITS) return undefined;
  const size = Number(`${whole || '0'}.${fraction || '0'}`);
  return { value: match[1] === '-' && size !== 0 ? -size : size, decimals: fraction.length };
}

/** Digits before and behind the decimal sign, or undefined. */
function split(digits: string): [string, string] | undefined {
  const comma = digits.lastIndexOf(',');
  const point = digits.lastIndexOf('.');
  if (comma < 0 && point < 0) return [digits, ''];
  if (comma >= 0 && point >= 0) {
    // Both occur: the last one is the decimal sign, the other groups thousands.
    const at = Math.max(comma, point);
    const whole = ungroup(digits.slice(0, at), comma < point ? ',' : '.');
    return whole === undefined ? undefined : decimals(whole, digits.slice(at + 1));
  }
  const sign = comma >= 0 ? ',' : '.';
  const at = Math.max(comma, point);
  if (digits.indexOf(sign) !== at || (sign === '.' && digits.length - at === 4)) {
    // Repeated, or a point before three digits: it groups thousands.
    const whole = ungroup(digits, sign);
    if (whole !== undefined) return [whole, ''];
    if (digits.indexOf(sign) !== at) return undefined;
  }
  return decimals(digits.slice(0, at), digits.slice(at + 1));
}

const decimals = (whole: string, fraction: string): [string, string] | undefined =>
  /^[0-9]*$/.test(whole) && /^[0-9]+$/.test(fraction) ? [whole, fraction] : undefined;

/** `1.234.567` -> `1234567`; undefined unless all groups but the first have three digits. */
function ungroup(text: string, sign: string): string | undefined {
  const groups = text.split(sign);
  const fits = groups.every((group, index) => (index === 0 ? /^[0-9]{1,3}$/ : /^[0-9]{3}$/).test(group));
  return fits && groups[0] !== '0' ? groups.join('') : undefined;
}

/** How a number is shown in its control again: German comma, no thousands. */
export function decimalText(value: number, fixed?: number): string {
  return (fixed === undefined ? String(value) : value.toFixed(fixed)).replace('.', ',');
}
