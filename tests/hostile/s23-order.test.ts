/** S23: steps only in their order, and nothing that the flow does not ask. Refused, and nothing of it stored (TR-03172-3, 3.3.01). */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hidden, PlainBrowser, root } from '../portal.ts';
import { journey, openStage, submit, upToReview, type Stage } from './stage.ts';

const APPLY = '/de/apply/dog-tax';
let stage: Stage;
let flows: string;
let browser: PlainBrowser;
beforeAll(async () => {
  stage = await openStage();
  flows = join(stage.dataDir, 'flows');
  mkdirSync(flows);
  for (const service of ['dog-tax', 'bulky-waste']) cpSync(join(root, 'flows', service), join(flows, service), { recursive: true });
}, 60_000);
afterAll(() => stage.close());
beforeEach(() => {
  browser = new PlainBrowser(stage.portal.port);
});

const state = async () =>
  (
    await stage.owner.query(
      `select (select json_agg(json_build_array(id, revision, lifecycle, md5(content)) order by id) from application) as applications, (select count(*) from submission) as submissions, (select count(*) from delivery) as deliveries, (select count(*) from audit) as audit`,
    )
  ).rows;
const begin = async (at = browser) => {
  await at.send('/de/services/dog-tax', []);
  return hidden((await at.visit(APPLY)).body, '_revision')!;
};

describe('a fresh application', () => {
  it.each<[string, string, [string, string][], number]>([
    [
      'handing in at once',
      'check',
      [
        ['truthful', 'yes'],
        ['reportsChanges', 'yes'],
      ],
      409,
    ],
    ['the page after the next', 'purpose', [['purpose', 'private']], 409],
    ['a page of another branch', 'otherHolder', [['payment.holderName', 'x']], 409],
    ['a page of an entry that does not exist', 'dogs/1/dogName', [['dogs.1.name', 'x']], 409],
    ['an entry with a name of its own', 'dogs/__proto__/dogName', [['dogs.__proto__.name', 'x']], 409],
    ['a page that does not exist', 'nonsense', [['a', 'b']], 409],
    ['a page named like a property of objects', 'constructor', [['a', 'b']], 409],
    ['the exit page', 'notResident', [['a', 'b']], 409],
    [
      'a wrong revision',
      'resident',
      [
        ['_revision', '7'],
        ['livesHere', 'yes'],
      ],
      409,
    ],
    [
      'no revision',
      'resident',
      [
        ['_revision', ''],
        ['livesHere', 'yes'],
      ],
      409,
    ],
    [
      'a revision that is no number',
      'resident',
      [
        ['_revision', '1e0x'],
        ['livesHere', 'yes'],
      ],
      409,
    ],
    ['a choice that is none', 'resident', [['livesHere', 'maybe']], 422],
    ['no answer', 'resident', [], 422],
    ['the answer as part of another', 'resident', [['livesHere.x', 'yes']], 422],
  ])('%s', async (_, page, form, status) => {
    const revision = await begin();
    const before = await state();
    const fields: [string, string][] = form.some(([name]) => name === '_revision') ? form : [['_revision', revision], ...form];
    const answer = await browser.send(`${APPLY}/${page}`, fields);
    expect(answer.status).toBe(status);
    expect(answer.body).toContain('<h1');
    expect(await state()).toEqual(before);
  });
});

describe('at the review', () => {
  const complete = journey('dog-tax', 'one-small-dog');
  it.each<[string, string, (revision: string) => [string, string][]]>([
    [
      'an older revision',
      'check',
      () => [
        ['_revision', '2'],
        ['truthful', 'yes'],
        ['reportsChanges', 'yes'],
      ],
    ],
    [
      'a missing declaration',
      'check',
      (revision) => [
        ['_revision', revision],
        ['truthful', 'yes'],
      ],
    ],
    [
      'removing an entry that is not there',
      'dogs',
      (revision) => [
        ['_revision', revision],
        ['_removeEntry', '7'],
      ],
    ],
    [
      'removing the prototype',
      'dogs',
      (revision) => [
        ['_revision', revision],
        ['_removeEntry', '__proto__'],
      ],
    ],
    [
      'a third dog by address',
      'dogs/3/dogName',
      (revision) => [
        ['_revision', revision],
        ['dogs.3.name', 'x'],
      ],
    ],
    [
      'a warning that is confirmed with a wrong choice',
      'dogs/1/dogBreed',
      (revision) => [
        ['_revision', revision],
        ['_confirm', 'x'],
        ['dogs.1.breed', 'unicorn'],
      ],
    ],
  ])('%s', async (_, page, form) => {
    await upToReview(browser, complete);
    const revision = hidden((await browser.visit(APPLY)).body, '_revision')!;
    const before = await state();
    const answer = await browser.send(`${APPLY}/${page}`, form(revision));
    // What is not there is as good as removed: the list comes again.
    if (answer.status === 303) expect([page, answer.location]).toEqual(['dogs', `${APPLY}/dogs`]);
    else expect([409, 422]).toContain(answer.status);
    expect(await state()).toEqual(before);
  });

  it('hidden, computed and unknown fields are not taken, whoever sends them with whichever page', async () => {
    const extra: [string, string][] = [
      ['total', '1'],
      ['estimate.total', '1'],
      ['rate', '1'],
      ['dogsInHousehold', '0'],
      ['dogs.1.dangerous', 'no'],
      ['dogs.1.listed', 'no'],
      ['dogs.1.exempt', 'yes'],
      ['applicant.admin', 'yes'],
      ['today', '1999-01-01'],
      ['param.rate', '0'],
      ['lifecycle', 'decided'],
      ['municipality', 'neudorf'],
      ['otherDogs.', '9'],
      ['constructor', 'x'],
      ['payment.iban', 'DE02500105170137075030'],
      ['resident~confirm', 'true'],
    ];
    const send = browser.send.bind(browser);
    browser.send = (path, form, headers) => send(path, Array.isArray(form) ? [...extra, ...form] : form, headers);
    const reference = await submit(browser, complete);
    const deadline = Date.now() + 15_000;
    let found;
    while (!(found = [...stage.backoffice.cases.values()].find((one) => one.reference === reference)) && Date.now() < deadline)
      await new Promise((wait) => setTimeout(wait, 50));
    expect(found?.payload).toEqual(complete.document.expect.payload);
    expect(
      Object.keys(found?.provenance as object).filter((path) => extra.some(([name]) => name === path && !path.startsWith('otherDogs'))),
    ).toEqual([]);
  });

  it('a second handing in gives the first receipt and no second submission', async () => {
    const reference = await submit(browser, complete);
    const before = await state();
    const again = await browser.send(`${APPLY}/check`, [
      ['_revision', '30'],
      ['truthful', 'yes'],
      ['reportsChanges', 'yes'],
    ]);
    expect([303, 409, 410]).toContain(again.status);
    if (again.status === 303) expect(again.location).toContain(reference);
    expect((await state())[0].submissions).toBe(before[0].submissions);
  });
});

it('an application keeps the flow it began with: fields of a newer version are not taken', async () => {
  const old = await stage.start({ SCHALTER_FLOWS: flows });
  const before = new PlainBrowser(old.port);
  const revision = await begin(before);
  const file = join(flows, 'dog-tax/flow.json');
  const flow = JSON.parse(readFileSync(file, 'utf8')) as { sections: { pages: { id: string; fields?: object[] }[] }[] };
  const page = flow.sections[0]!.pages.find(({ id }) => id === 'resident')!;
  page.fields!.push({ id: 'newQuestion', type: 'text' });
  writeFileSync(file, JSON.stringify(flow));
  await old.stop();
  const newer = await stage.start({ SCHALTER_FLOWS: flows });
  const after = new PlainBrowser(newer.port);
  for (const [name, value] of before.cookies) after.setCookie(name, value);
  try {
    const page = await after.visit(APPLY);
    expect(page.body).not.toContain('newQuestion');
    const saved = await after.send(`${APPLY}/resident`, [
      ['_revision', revision],
      ['livesHere', 'yes'],
      ['newQuestion', 'x'],
    ]);
    expect(saved.status).toBe(303);
    const other = new PlainBrowser(newer.port);
    const fresh = await begin(other);
    const incomplete = await other.send(`${APPLY}/resident`, [
      ['_revision', fresh],
      ['livesHere', 'yes'],
    ]);
    expect(incomplete.status).toBe(422);
    expect(incomplete.body).toContain('newQuestion');
  } finally {
    await newer.stop();
  }
});
