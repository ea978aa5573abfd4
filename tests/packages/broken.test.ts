/** Every way of breaking a package that the publish check must find, each made from the same good package. */
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { fieldTypes } from '#fields/all';
import { checkPackage, readPackage } from '#package';
import { temporaryPackage, type Loose, type TemporaryPackage } from './temporary.ts';

let clean: (() => void) | undefined;
afterEach(() => clean?.());

const GARDEN = '/sections/2/pages/0';
type Case = [name: string, rule: string, file: string, place: string, break_: (made: TemporaryPackage) => void];

const flow = (change: (document: Loose) => void) => (made: TemporaryPackage) => made.edit('flow.json', change);
const service = (change: (document: Loose) => void) => (made: TemporaryPackage) => made.edit('service.json', change);
const payload = (change: (document: Loose) => void) => (made: TemporaryPackage) => made.edit('payload.json', change);
const texts = (lang: string, change: (document: Loose) => void) => (made: TemporaryPackage) => made.edit(`texts/${lang}.json`, change);
const journey = (name: string, change: (document: Loose) => void) => (made: TemporaryPackage) => made.edit(`journeys/${name}.json`, change);
const page = (document: Loose, section: number, index: number) => document.sections[section].pages[index];

const FILES: Case[] = [
  ['JSON that ends too early', 'json', 'flow.json', '', (made) => made.write('flow.json', '{ "sections": [')],
  [
    'the name __proto__',
    'forbidden-name',
    'texts/de.json',
    '/field/__proto__',
    (made) => made.write('texts/de.json', '{ "service": { "title": "", "summary": "" }, "field": { "__proto__": { "label": "x" } } }'),
  ],
  [
    'the name constructor',
    'forbidden-name',
    'payload.json',
    '/document/constructor',
    (made) => made.write('payload.json', '{ "document": { "constructor": { "prototype": 1 } }, "schema": {} }'),
  ],
  [
    'endless nesting',
    'too-deep',
    'payload.json',
    `/document${'/0'.repeat(60)}`,
    (made) => made.write('payload.json', `{ "document": ${'['.repeat(5000)}${']'.repeat(5000)}, "schema": {} }`),
  ],
  [
    'a file of more than 4 MB',
    'too-large',
    'lists/districts.json',
    '',
    (made) => made.write('lists/districts.json', `[${' '.repeat(4_200_000)}]`),
  ],
  ['a symbolic link', 'symlink', 'lists/more.json', '', (made) => symlinkSync('/etc/hostname', join(made.dir, 'lists/more.json'))],
  ['code in the folder', 'unknown-file', 'rules.js', '', (made) => made.write('rules.js', 'export {};')],
  ['a text file that is no language', 'unknown-file', 'texts/German.json', '', (made) => made.write('texts/German.json', '{}')],
  ['a missing file', 'missing-file', 'payload.json', '', (made) => made.remove('payload.json')],
  ['an unknown key', 'schema', 'flow.json', '/sections/0/goto', flow((d) => (d.sections[0].goto = 'person'))],
  ['an unknown kind of page', 'schema', 'flow.json', '/sections/0/pages/0/kind', flow((d) => (page(d, 0, 0).kind = 'wizard'))],
  ['a LeiKa key of 13 digits', 'schema', 'service.json', '/leika/0', service((d) => (d.leika = ['9900000000000']))],
  ['no retention', 'schema', 'service.json', '', service((d) => delete d.retention)],
  [
    'a list without English labels',
    'text-missing',
    'lists/districts.json',
    '/0/en',
    (made) => made.write('lists/districts.json', '[{ "code": "n", "de": "Nord" }]'),
  ],
  [
    'a list without German labels',
    'schema',
    'lists/districts.json',
    '/0',
    (made) => made.write('lists/districts.json', '[{ "code": "n", "en": "North" }]'),
  ],
  [
    'a point that an import left open',
    'fim-open',
    'fim.json',
    '/open/0',
    (made) =>
      made.write(
        'fim.json',
        JSON.stringify({
          schema: { id: 'S1', standard: '3.0.0', title: 'Probe', sha256: 'a'.repeat(64) },
          open: [{ kind: 'rule', path: 'G1', rule: 'R1', text: 'Wenn …', why: 'it is not clear' }],
          elements: {},
        }),
      ),
  ],
];

const OUTLINE: Case[] = [
  [
    'an unknown field type',
    'unknown-field-type',
    'flow.json',
    '/sections/0/pages/0/fields/0/type',
    flow((d) => (page(d, 0, 0).fields[0].type = 'hologram')),
  ],
  [
    'a setting that the field type does not know',
    'field-config',
    'flow.json',
    '/sections/0/pages/0/fields/0/maxLength',
    flow((d) => (page(d, 0, 0).fields[0].maxLength = 3)),
  ],
  [
    'a minimum above the maximum',
    'field-config',
    'flow.json',
    `${GARDEN}/pages/0/fields/1`,
    flow((d) => (page(d, 2, 0).pages[0].fields[1].min = 3000)),
  ],
  [
    'a choice without options',
    'field-config',
    'flow.json',
    `${GARDEN}/pages/0/fields/0`,
    flow((d) => delete page(d, 2, 0).pages[0].fields[0].options),
  ],
  ['a page id twice', 'duplicate-id', 'flow.json', '/sections/1/pages/0/id', flow((d) => (page(d, 1, 0).id = 'resident'))],
  [
    'a path twice',
    'duplicate-path',
    'flow.json',
    '/sections/1/pages/1/fields/0/id',
    flow((d) => (page(d, 1, 1).fields[0].id = 'familyName')),
  ],
  [
    'a reserved word as id',
    'bad-id',
    'flow.json',
    '/sections/0/pages/0/fields/0/id',
    flow((d) => (page(d, 0, 0).fields[0].id = 'package')),
  ],
  ['__proto__ as id', 'schema', 'flow.json', '/sections/0/pages/0/fields/0/id', flow((d) => (page(d, 0, 0).fields[0].id = '__proto__'))],
  ['an exit for everybody', 'exit-page', 'flow.json', '/sections/0/pages/1', flow((d) => delete page(d, 0, 1).when)],
  ['no review', 'check-page', 'flow.json', '/sections', flow((d) => d.sections[3].pages.shift())],
  ['a list without a name for its entries', 'collection', 'flow.json', GARDEN, flow((d) => delete page(d, 2, 0).as)],
  [
    'a page behind the review',
    'page-order',
    'flow.json',
    '/sections/3/pages/1',
    flow((d) => d.sections[3].pages.splice(1, 1, { id: 'late', kind: 'info' })),
  ],
  [
    'a text field on an upload page',
    'page-kind',
    'flow.json',
    `${GARDEN}/pages/1/fields/1`,
    flow((d) => page(d, 2, 0).pages[1].fields.push({ id: 'remark', type: 'text' })),
  ],
  [
    'a list of codes that is not there',
    'list-missing',
    'flow.json',
    '/sections/1/pages/2/fields/0/list',
    flow((d) => (page(d, 1, 2).fields[0].list = 'towns')),
  ],
  [
    'a list of codes that nobody uses',
    'list-unused',
    'lists/towns.json',
    '',
    (made) => made.write('lists/towns.json', '[{ "code": "a", "de": "A", "en": "A" }]'),
  ],
  ['a code twice', 'list-code', 'lists/districts.json', '/1/code', (made) => made.edit('lists/districts.json', (d) => (d[1].code = 'n'))],
];

const EXPRESSIONS: Case[] = [
  [
    'an expression that cannot be read',
    'expression-syntax',
    'flow.json',
    '/sections/0/pages/1/when',
    flow((d) => (page(d, 0, 1).when = 'livesHere == ')),
  ],
  [
    'a condition that is no yes or no',
    'expression-type',
    'flow.json',
    '/sections/2/pages/1/when',
    flow((d) => (page(d, 2, 1).when = 'size(plots)')),
  ],
  [
    'a comparison of a date with a text',
    'expression-type',
    'flow.json',
    '/sections/1/pages/1/fields/0/rules/0/assert',
    flow((d) => (page(d, 1, 1).fields[0].rules[0].assert = 'applicant.birthDate < "2008"')),
  ],
  [
    'a field that does not exist',
    'reads-unknown',
    'flow.json',
    '/sections/0/pages/1/when',
    flow((d) => (page(d, 0, 1).when = '!livesThere')),
  ],
  [
    'a field that comes later',
    'reads-later',
    'flow.json',
    '/sections/0/pages/1/when',
    flow((d) => (page(d, 0, 1).when = '!livesHere || applicant.familyName == ""')),
  ],
  [
    'a rule at a field that is not there',
    'rule-field',
    'flow.json',
    `${GARDEN}/pages/0/rules/0/fields`,
    flow((d) => (page(d, 2, 0).pages[0].rules[0].fields = ['size'])),
  ],
  [
    'a rule over what may be missing',
    'undecidable',
    'flow.json',
    `${GARDEN}/pages/0/rules/0/assert`,
    flow((d) => (page(d, 2, 0).pages[0].fields[1].required = false)),
  ],
  [
    'a condition that is always true',
    'condition-constant',
    'flow.json',
    '/sections/2/pages/1/when',
    flow((d) => (page(d, 2, 1).when = 'size(plots) > 0')),
  ],
  [
    'a page that nobody can reach',
    'page-unreachable',
    'flow.json',
    '/sections/2/pages/1',
    flow((d) => (page(d, 2, 1).when = 'size(plots) > 3')),
  ],
  [
    'a rule that nothing satisfies',
    'page-stuck',
    'flow.json',
    '/sections/1/pages/0',
    flow((d) => (page(d, 1, 0).rules = [{ id: 'never', level: 'must', assert: 'applicant.familyName == ""' }])),
  ],
  [
    'a pattern with look-ahead',
    'field-config',
    'flow.json',
    '/sections/1/pages/2/fields/1',
    flow((d) => (page(d, 1, 2).fields[1].pattern = '(?=AB)[A-Z0-9]+')),
  ],
  [
    'a pattern that can blow up',
    'regex-blow-up',
    'flow.json',
    '/sections/1/pages/2/fields/1/pattern',
    flow((d) => (page(d, 1, 2).fields[1].pattern = '([A-Z0-9]+)+')),
  ],
];

const SERVICE: Case[] = [
  ['a fee that is not computed', 'service-fee', 'service.json', '/fee', service((d) => (d.fee = 'plots.area'))],
  ['a second factor that is not asked', 'service-factor', 'service.json', '/factor/0', service((d) => (d.factor = ['applicant.shoeSize']))],
  ['a name that is not asked', 'service-applicant', 'service.json', '/applicant/0', service((d) => (d.applicant = ['applicant.shoeSize']))],
  [
    'a level for a channel that there is not',
    'service-assurance',
    'service.json',
    '/assurance/phone',
    service((d) => (d.assurance.phone = 'low')),
  ],
  [
    'a level that staff cannot reach',
    'service-assurance',
    'service.json',
    '/assurance/counter',
    service((d) => (d.assurance.counter = 'high')),
  ],
  [
    'a level that is required and not named',
    'service-assurance',
    'service.json',
    '/assuranceRequired/0',
    service((d) => (d.assuranceRequired = ['counter'])),
  ],
  ['a way to confirm that there is not', 'schema', 'service.json', '/confirmation/0', service((d) => (d.confirmation = ['telepathy']))],
  [
    'a default of the wrong type',
    'parameter-default',
    'service.json',
    '/parameters/plotFee/default',
    service((d) => (d.parameters.plotFee.default = 'free')),
  ],
  [
    'a parameter that nothing reads',
    'parameter-unused',
    'service.json',
    '/parameters/spare',
    service((d) => (d.parameters.spare = { type: 'number' })),
  ],
  ['days the wrong way round', 'service-days', 'service.json', '/processingDays', service((d) => (d.processingDays = { min: 5, max: 2 }))],
];

const TEXTS: Case[] = [
  ['a missing label', 'text-missing', 'texts/en.json', '/field/reason/label', texts('en', (d) => delete d.field.reason.label)],
  [
    'an option without a text',
    'text-missing',
    'texts/de.json',
    '/field/plots.use/option/hut',
    texts('de', (d) => delete d.field['plots.use'].option.hut),
  ],
  ['a rule without a text', 'text-missing', 'texts/de.json', '/rule/adult', texts('de', (d) => delete d.rule.adult)],
  ['an empty title', 'text-missing', 'texts/de.json', '/page/cost/title', texts('de', (d) => (d.page.cost.title = ' '))],
  [
    'an exit that does not say where to go',
    'text-missing',
    'texts/de.json',
    '/page/elsewhere/intro',
    texts('de', (d) => delete d.page.elsewhere.intro),
  ],
  [
    'a hint in one language only',
    'text-missing',
    'texts/en.json',
    '/field/reason/hint',
    texts('de', (d) => (d.field.reason.hint = 'Ein Satz genügt.')),
  ],
  [
    'a document without a name',
    'text-missing',
    'texts/en.json',
    '/service/documents/sketch',
    texts('en', (d) => delete d.service.documents),
  ],
  [
    'a text that nothing shows',
    'text-unused',
    'texts/de.json',
    '/field/applicant.shoeSize/label',
    texts('de', (d) => (d.field['applicant.shoeSize'] = { label: 'Schuhgröße' })),
  ],
  ['no English', 'language-missing', 'texts/en.json', '', (made) => made.remove('texts/en.json')],
  [
    'different placeholders',
    'placeholder-mismatch',
    'texts/en.json',
    '/page/cost/intro',
    texts('en', (d) => (d.page.cost.intro = 'It costs something.')),
  ],
  [
    'a placeholder for nothing',
    'placeholder-unknown',
    'texts/de.json',
    '/rule/largePlot',
    texts('de', (d) => (d.rule.largePlot = '{{plot.width}}')),
  ],
  [
    'a placeholder for what comes later',
    'placeholder-unknown',
    'texts/de.json',
    '/page/welcome/intro',
    texts('de', (d) => (d.page.welcome.intro = 'Guten Tag {{applicant.familyName}}')),
  ],
  [
    'a placeholder into a list',
    'placeholder-unknown',
    'texts/de.json',
    '/page/cost/intro',
    texts('de', (d) => (d.page.cost.intro = '{{permit.fee, money}} {{plots.area}}')),
  ],
  [
    'a date written as money',
    'placeholder-format',
    'texts/de.json',
    '/page/cost/intro',
    texts('de', (d) => (d.page.cost.intro = '{{applicant.birthDate, money}}')),
  ],
];

const PAYLOAD: Case[] = [
  [
    'a source that does not exist',
    'payload-source',
    'payload.json',
    '/document/reason/$from',
    payload((d) => (d.document.reason.$from = 'reasons')),
  ],
  [
    'a list that does not exist',
    'payload-source',
    'payload.json',
    '/document/plots/$each',
    payload((d) => (d.document.plots.$each = 'dogs')),
  ],
  [
    'an unknown word in the template',
    'payload-template',
    'payload.json',
    '/document/reason/$eval',
    payload((d) => (d.document.reason = { $eval: 'process.exit()' })),
  ],
  [
    'an expression that does not fit',
    'expression-type',
    'payload.json',
    '/document/large/$when',
    payload((d) => (d.document.large.$when = 'size(plots)')),
  ],
  ['a schema that is none', 'payload-schema', 'payload.json', '/schema', payload((d) => (d.schema.properties.fee = { type: 'euros' }))],
  [
    'a pattern with look-behind',
    'payload-schema',
    'payload.json',
    '/schema',
    payload((d) => (d.schema.properties.reason = { type: 'string', pattern: '(?<=a)b' })),
  ],
  [
    'a pattern of the schema that can blow up',
    'regex-blow-up',
    'payload.json',
    '/schema/properties/reason/pattern',
    payload((d) => (d.schema.properties.reason.pattern = '^(\\w*)*$')),
  ],
  [
    'a payload that fails its schema on a journey',
    'payload-invalid',
    'journeys/two-plots.json',
    '/expect/payload',
    payload((d) => (d.schema.properties.plots.maxItems = 1)),
  ],
  [
    'a payload that fails its schema on a path without a journey',
    'payload-invalid',
    'payload.json',
    '/plots',
    payload((d) => (d.schema.properties.plots.maxItems = 2)),
  ],
];

const JOURNEYS: Case[] = [
  [
    'no journeys',
    'journey-missing',
    'journeys',
    '',
    (made) => ['elsewhere', 'minor', 'one-plot', 'two-plots'].forEach((name) => made.remove(`journeys/${name}.json`)),
  ],
  [
    'a page left out of a journey',
    'journey-pages',
    'journeys/one-plot.json',
    '/expect/pages/1',
    journey('one-plot', (d) => d.expect.pages.splice(1, 1)),
  ],
  [
    'a page too many in a journey',
    'journey-pages',
    'journeys/one-plot.json',
    '/expect/pages/9',
    journey('one-plot', (d) => d.expect.pages.push('thanks')),
  ],
  ['another outcome', 'journey-outcome', 'journeys/minor.json', '/expect/outcome', journey('minor', (d) => (d.expect.outcome = 'submit'))],
  ['another stop', 'journey-outcome', 'journeys/minor.json', '/expect/stop', journey('minor', (d) => (d.expect.stop = 'name'))],
  [
    'another payload',
    'journey-payload',
    'journeys/one-plot.json',
    '/expect/payload',
    journey('one-plot', (d) => (d.expect.payload.fee = 12)),
  ],
  [
    'an answer that nobody asks for',
    'journey-answers',
    'journeys/one-plot.json',
    '/answers/applicant/shoeSize',
    journey('one-plot', (d) => (d.answers.applicant.shoeSize = 43)),
  ],
  ['a day that does not exist', 'journey-today', 'journeys/one-plot.json', '/today', journey('one-plot', (d) => (d.today = '2026-02-31'))],
  ['a page that no journey visits', 'page-unvisited', 'flow.json', '/sections/2/pages/1', (made) => made.remove('journeys/two-plots.json')],
  [
    'a side of a condition that no journey sees',
    'side-unvisited',
    'flow.json',
    '/sections/2/pages/1/when',
    (made) => made.remove('journeys/one-plot.json'),
  ],
  [
    'a rule that no journey breaks',
    'side-unvisited',
    'flow.json',
    '/sections/1/pages/1/fields/0/rules/0/assert',
    (made) => made.remove('journeys/minor.json'),
  ],
];

describe('the publish check', () => {
  it('finds nothing in the good package', () => {
    const made = temporaryPackage();
    clean = made.clean;
    expect(checkPackage(made.dir, fieldTypes)).toEqual([]);
    expect(readPackage(made.dir, fieldTypes).package?.id).toBe('garden');
  });

  it.each([...FILES, ...OUTLINE, ...EXPRESSIONS, ...SERVICE, ...TEXTS, ...PAYLOAD, ...JOURNEYS])(
    'finds %s',
    (_name, rule, file, place, breakIt) => {
      const made = temporaryPackage();
      clean = made.clean;
      breakIt(made);
      const findings = checkPackage(made.dir, fieldTypes).filter(({ severity }) => severity !== 'info');
      const places = findings.map((finding) => ({ rule: finding.rule, file: finding.file, place: finding.place }));
      expect(places).toContainEqual({ rule, file, place });
      for (const finding of findings) expect([finding.message, finding.remedy].every((text) => text.length > 5)).toBe(true);
    },
  );

  it('refuses a folder whose name is no id, and one that is not there', () => {
    const made = temporaryPackage('My Service');
    clean = made.clean;
    expect(checkPackage(made.dir, fieldTypes)).toContainEqual(expect.objectContaining({ rule: 'package-name' }));
    expect(checkPackage(join(made.root, 'nothing'), fieldTypes)).toEqual([expect.objectContaining({ rule: 'no-package' })]);
  });

  it('passes on what an author left open, as information', () => {
    const made = temporaryPackage();
    clean = made.clean;
    made.edit('service.json', (document) => (document.open = ['the fee is a guess']));
    expect(checkPackage(made.dir, fieldTypes)).toEqual([
      expect.objectContaining({ rule: 'open', severity: 'info', place: '/open/0', message: 'the fee is a guess' }),
    ]);
  });

  it('never changes objects that are shared', () => {
    const made = temporaryPackage();
    clean = made.clean;
    made.write('texts/de.json', '{ "service": { "title": "", "summary": "" }, "__proto__": { "polluted": true } }');
    checkPackage(made.dir, fieldTypes);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});
