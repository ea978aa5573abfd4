/** Field types and a flow for the engine's own tests: small enough to read, with every construct the engine knows. */
import type { FieldType, FieldTypes } from '#fields';
import type { FlowDocument } from './types.ts';

function type(name: string, cel: FieldType['cel'], test: (value: unknown) => boolean, more: Partial<FieldType> = {}): [string, FieldType] {
  return [
    name,
    {
      name,
      cel,
      config: { properties: {} },
      parse: (input) => ({ value: input['']?.[0] ?? null }),
      check: (value) => (test(value) ? [] : [{ code: 'invalid' }]),
      toRaw: (value) => ({ '': [String(value)] }),
      format: (value) => [String(value)],
      payloadSchema: () => true,
      samples: () => [],
      ...more,
    },
  ];
}

export const testTypes: FieldTypes = new Map([
  type('text', 'string', (v) => typeof v === 'string' && v.length <= 100),
  type('yesno', 'bool', (v) => typeof v === 'boolean'),
  type('number', 'double', (v) => typeof v === 'number'),
  type('date', 'Date', (v) => typeof v === 'string' && /^\d{4}-\d\d-\d\d$/.test(v)),
  type('address', { street: 'string', city: 'string' }, (v) => v !== null && typeof v === 'object'),
  type('consent', 'bool', (v) => v === true),
  type(
    'computed',
    (config) => (config.as === 'text' ? 'string' : 'double'),
    () => true,
    { silent: true },
  ),
  type('hidden', 'string', () => true, { silent: true }),
]);

export const dogs: FlowDocument = {
  sections: [
    {
      id: 'precheck',
      precheck: true,
      pages: [
        { id: 'resident', kind: 'question', fields: [{ id: 'livesHere', type: 'yesno' }] },
        { id: 'elsewhere', kind: 'exit', when: '!livesHere' },
        { id: 'welcome', kind: 'info' },
      ],
    },
    {
      id: 'person',
      group: 'applicant',
      pages: [
        {
          id: 'name',
          kind: 'question',
          fields: [
            { id: 'familyName', type: 'text' },
            { id: 'birthName', type: 'text', required: false },
          ],
        },
        {
          id: 'birth',
          kind: 'question',
          fields: [
            { id: 'birthDate', type: 'date', rules: [{ id: 'adult', assert: 'years(applicant.birthDate, today) >= 18', level: 'must' }] },
          ],
        },
        { id: 'home', kind: 'question', fields: [{ id: 'address', type: 'address' }] },
      ],
    },
    {
      id: 'animals',
      pages: [
        {
          id: 'dogList',
          kind: 'collection',
          list: 'dogs',
          as: 'dog',
          min: 1,
          max: 3,
          pages: [
            { id: 'breed', kind: 'question', fields: [{ id: 'breed', type: 'text' }] },
            { id: 'chip', kind: 'question', when: 'dog.breed != "unknown" && livesHere', fields: [{ id: 'chip', type: 'text' }] },
            {
              id: 'owners',
              kind: 'collection',
              as: 'owner',
              pages: [{ id: 'owner1', kind: 'question', fields: [{ id: 'name', type: 'text' }] }],
            },
          ],
        },
        { id: 'many', kind: 'question', when: 'size(dogs) > 1', fields: [{ id: 'reason', type: 'text', required: 'size(dogs) > 2' }] },
        { id: 'tax', kind: 'info', fields: [{ id: 'total', type: 'computed', value: 'param.rate * double(size(dogs))', as: 'money' }] },
      ],
      rules: [{ id: 'noTwins', assert: '!(size(dogs) == 2 && dogs[0].breed == dogs[1].breed)' }],
    },
    { id: 'end1', pages: [{ id: 'review', kind: 'check', fields: [{ id: 'agreed', type: 'consent' }] }] },
  ],
};
