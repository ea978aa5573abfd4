/** A bank account by its IBAN, stored without blanks. A right check digit does not prove that the account exists. Setting `countries`: allowed country codes (default: all that use IBANs). */
import { countrySpecs, friendlyFormatIBAN, validateIBAN, ValidationErrorsIBAN } from 'ibantools';
import type { FieldConfig, FieldError, FieldType } from '../types.ts';
import { listSetting } from '../settings.ts';
import { typedShort } from '../typed.ts';

/** Published example accounts of the national standards; no real person's. */
const EXAMPLES = [
  'DE89370400440532013000',
  'AT611904300234573201',
  'FR1420041010050500013M02606',
  'NL91ABNA0417164300',
  'CH9300762011623852957',
  'GB29NWBK60161331926819',
];

function ibanErrors(iban: string, config: FieldConfig): FieldError[] {
  if (!/^[A-Z0-9]{1,34}$/.test(iban)) return [{ code: 'invalid' }];
  const { valid, errorCodes } = validateIBAN(iban);
  const country = iban.slice(0, 2);
  if (!valid) {
    if (errorCodes.includes(ValidationErrorsIBAN.NoIBANCountry)) return [{ code: 'country' }];
    if (errorCodes.includes(ValidationErrorsIBAN.WrongBBANLength))
      return [country === 'DE' ? { code: 'germanLength', params: { length: iban.length } } : { code: 'length' }];
    return [{ code: errorCodes.includes(ValidationErrorsIBAN.WrongIBANChecksum) ? 'checksum' : 'invalid' }];
  }
  const countries = listSetting(config, 'countries');
  return countries && !countries.includes(country) ? [{ code: 'countryNotAllowed', params: { countries: countries.join(', ') } }] : [];
}

const type: FieldType = {
  name: 'iban',
  config: {
    properties: { countries: { type: 'array', items: { type: 'string', pattern: '^[A-Z]{2}$' }, minItems: 1, uniqueItems: true } },
  },
  sensitive: true,
  cel: 'string',
  parse(input) {
    const text = typedShort(input);
    if (text === undefined) return { errors: [{ code: 'invalid' }] };
    return {
      value:
        text
          .replace(/^iban[:\s]*/i, '')
          .replace(/[\s.\-–/]/g, '')
          .toUpperCase() || null,
    };
  },
  check: (value, config) => (typeof value === 'string' ? ibanErrors(value, config) : [{ code: 'invalid' }]),
  toRaw: (value) => ({ '': [friendlyFormatIBAN(String(value)) ?? ''] }),
  format: (value) => [friendlyFormatIBAN(String(value)) ?? ''],
  payloadSchema: () => ({ type: 'string', pattern: '^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$' }),
  samples(config) {
    const countries = listSetting(config, 'countries');
    return EXAMPLES.filter((iban) => !countries || countries.includes(iban.slice(0, 2)));
  },
  checkConfig(config) {
    const unknown = (listSetting(config, 'countries') ?? []).filter(
      (code) => !Object.hasOwn(countrySpecs, code) || !countrySpecs[code]?.IBANRegistry,
    );
    return unknown.map((country) => ({
      message: `"${country}" is no country whose accounts have an IBAN`,
      remedy: 'Write ISO 3166-1 alpha-2 codes in capitals, for example DE.',
    }));
  },
};

export default type;
