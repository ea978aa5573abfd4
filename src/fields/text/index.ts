/** A short text on one line. Settings: `minLength`, `maxLength` (characters, default 1,000), `pattern` (RE2, must match the whole text), `example` (shown when the pattern does not match), `inputmode`. */
import type { FieldType } from '../types.ts';
import { fit, LENGTH_PROPERTIES, lengthErrors, lengthFindings, lengthSchema } from '../lines.ts';
import { matches, patternFindings } from '../pattern.ts';
import { textSetting } from '../settings.ts';
import { cleanLine, typedRaw } from '../typed.ts';

const MAX = 1000;

const type: FieldType = {
  name: 'text',
  config: {
    properties: {
      ...LENGTH_PROPERTIES,
      pattern: { type: 'string', minLength: 1, maxLength: 500 },
      example: { type: 'string', minLength: 1 },
      inputmode: { enum: ['text', 'numeric', 'decimal', 'tel', 'email', 'url', 'search'] },
    },
  },
  cel: 'string',
  parse(input) {
    const text = cleanLine(typedRaw(input));
    return text === undefined ? { errors: [{ code: 'characters' }] } : { value: text || null };
  },
  check(value, config) {
    if (typeof value !== 'string' || cleanLine(value) !== value) return [{ code: 'characters' }];
    const errors = lengthErrors(value, config, MAX);
    const pattern = textSetting(config, 'pattern');
    if (errors.length > 0 || pattern === undefined || matches(pattern, value)) return errors;
    const example = textSetting(config, 'example');
    return [example === undefined ? { code: 'pattern' } : { code: 'patternExample', params: { example } }];
  },
  toRaw: (value) => ({ '': [String(value)] }),
  format: (value) => [String(value)],
  // Without the pattern: whoever validates the payload would run it in an engine that a bad one can block.
  payloadSchema: (config) => lengthSchema(config, MAX),
  samples(config) {
    const pattern = textSetting(config, 'pattern');
    const wish = fit('Beispiel', config, MAX);
    if (pattern === undefined) return [wish];
    // No text can be made up for every pattern. The author's example is the first choice, then what patterns usually ask for.
    const guesses = [
      textSetting(config, 'example'),
      wish,
      '12345',
      '123456',
      '1',
      '12',
      '123',
      '1234',
      'A',
      'AB',
      'A1',
      'AB123',
      'a',
      '01.01.2026',
    ];
    const found = guesses.find((guess) => guess !== undefined && type.check(guess, config, { today: '2026-01-01' }).length === 0);
    return [found ?? wish];
  },
  checkConfig(config) {
    const findings = [...lengthFindings(config), ...patternFindings(textSetting(config, 'pattern'))];
    const [pattern, example] = [textSetting(config, 'pattern'), textSetting(config, 'example')];
    if (findings.length === 0 && pattern !== undefined && example !== undefined && !matches(pattern, example)) {
      findings.push({ message: `The example "${example}" does not match the pattern`, remedy: 'Correct the example or the pattern.' });
    }
    return findings;
  },
};

export default type;
