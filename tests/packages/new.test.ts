/** Adding a service or a field type touches its own folder only: nothing else is edited, registered or generated. */
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import type { FieldTypes } from '#fields';
import { fieldTypes } from '#fields/all';
import { checkPackage, fromDocuments, readPackage, readPackages } from '#package';
import { main } from '../../src/cli/main.ts';
import { temporaryPackage } from './temporary.ts';

const ROOT = resolve(import.meta.dirname, '../..');
let clean: (() => void) | undefined;
afterEach(() => clean?.());

async function schalter(...args: string[]): Promise<{ code: number; out: string }> {
  let out = '';
  const code = await main(
    args,
    (text) => (out += `${text}\n`),
    (text) => (out += `${text}\n`),
  );
  return { code, out };
}

it('lists, checks and walks a fifth service', async () => {
  const made = temporaryPackage('garden');
  clean = made.clean;
  cpSync(join(ROOT, 'flows'), made.root, { recursive: true });
  const { packages, findings } = readPackages(made.root, fieldTypes);
  expect(findings).toEqual([]);
  expect(packages.map(({ id }) => id)).toEqual([
    'bulky-waste',
    'dog-tax',
    'garden',
    'homework-notice',
    'housing-benefit',
    'resident-parking',
  ]);

  const listed = await schalter('flow', 'list', made.root, '--json');
  expect(listed.code).toBe(0);
  expect(JSON.parse(listed.out)).toContainEqual(expect.objectContaining({ id: 'garden', title: 'Gartenland pachten' }));
  expect(await schalter('flow', 'check', made.dir)).toMatchObject({ code: 0 });
  const walked = await schalter('flow', 'walk', made.dir, '--answers', join(made.dir, 'journeys/one-plot.json'), '--json');
  expect(walked.code).toBe(0);
  expect(JSON.parse(walked.out)).toMatchObject({
    outcome: 'submit',
    stop: 'review',
    payload: { office: 'gardens', fee: 25.5 },
    payloadProblems: [],
  });
});

it('finds a new field type in its folder and lets a service use it', async () => {
  const made = temporaryPackage('garden');
  clean = made.clean;
  const fields = join(made.root, 'house/src/fields');
  cpSync(join(ROOT, 'src/fields'), fields, { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(made.root, 'house/node_modules'));
  cpSync(join(ROOT, 'package.json'), join(made.root, 'house/package.json'));
  mkdirSync(join(fields, 'stars'));
  writeFileSync(
    join(fields, 'stars/index.ts'),
    `export default {
      name: 'stars',
      config: { properties: { most: { type: 'integer', minimum: 1, maximum: 10 } } },
      cel: 'double',
      parse: (input) => ({ value: Number(input['']?.[0]) }),
      check: (value, config) => (Number.isInteger(value) && value >= 0 && value <= (config.most ?? 5) ? [] : [{ code: 'invalid' }]),
      toRaw: (value) => ({ '': [String(value)] }),
      format: (value) => ['*'.repeat(value)],
      payloadSchema: (config) => ({ type: 'integer', minimum: 0, maximum: config.most ?? 5 }),
      samples: (config) => [0, config.most ?? 5],
    };`,
  );
  const { fieldTypes: extended } = (await import(/* @vite-ignore */ pathToFileURL(join(fields, 'all.node.ts')).href)) as {
    fieldTypes: FieldTypes;
  };
  expect([...extended.keys()].filter((name) => !fieldTypes.has(name))).toEqual(['stars']);

  const rating = { id: 'rating', kind: 'question', fields: [{ id: 'rating', type: 'stars', most: 3 }] };
  made.edit('flow.json', (document) =>
    document.sections[1].pages.push(rating, { id: 'sorry', kind: 'info', when: 'applicant.rating < 1' }),
  );
  for (const [lang, label, sorry] of [
    ['de', 'Wie gefällt es Ihnen?', 'Das tut uns leid'],
    ['en', 'How do you like it?', 'We are sorry'],
  ] as const) {
    made.edit(`texts/${lang}.json`, (document) => {
      document.field['applicant.rating'] = { label };
      document.page.sorry = { title: sorry, intro: sorry };
    });
  }
  for (const [name, value] of [
    ['one-plot', 3],
    ['two-plots', 0],
  ] as const) {
    made.edit(`journeys/${name}.json`, (document) => {
      document.answers.applicant.rating = value;
      document.expect.pages.splice(5, 0, 'rating', ...(value === 0 ? ['sorry'] : []));
    });
  }
  expect(checkPackage(made.dir, fieldTypes)).toContainEqual(expect.objectContaining({ rule: 'unknown-field-type' }));
  expect(checkPackage(made.dir, extended)).toEqual([]);

  made.edit('flow.json', (document) => (document.sections[1].pages[3].fields[0].most = 11));
  expect(checkPackage(made.dir, extended)).toContainEqual(
    expect.objectContaining({ rule: 'field-config', place: '/sections/1/pages/3/fields/0/most' }),
  );
});

it('brings a pinned version back to life, with the same hash', () => {
  const made = temporaryPackage('garden');
  clean = made.clean;
  const now = readPackage(made.dir, fieldTypes).package!;
  const stored = JSON.parse(JSON.stringify(now.documents)) as typeof now.documents;
  made.edit('flow.json', (document) => (document.sections[2].pages[0].max = 2));
  expect(readPackage(made.dir, fieldTypes).package!.hash).not.toBe(now.hash);
  const pinned = fromDocuments(stored, fieldTypes);
  expect(pinned.hash).toBe(now.hash);
  expect(pinned.flow.pages.get('plotList')?.collection?.max).toBe(3);
  expect(pinned.languages).toEqual(['de', 'en']);
});
