/** S1: who may see what. The matrix has a row for every route in src/routes; a route without one fails here. */
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hidden, PlainBrowser, root, type Answer } from '../portal.ts';
import { logIn } from '../counter/staff.ts';
import { journey, openStage, submit, upToReview, type Stage } from './stage.ts';

const MARKS = { 'applicant.givenNames': 'Zaunkönig', 'applicant.familyName': 'Haubenmeise' };
const DRAFT_MARK = 'Goldammer';

/** Every route as Kit serves it: path, and the methods of its files. */
function routes(): string[] {
  const folder = join(root, 'src/routes');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\+(page|server)(\.server)?\.(ts|svelte)$/.test(file))
    .map((file) => `/${relative('.', join(file, '..')).replaceAll('\\', '/')}`.replace(/^\/$/, '/'))
    .filter((path, at, all) => all.indexOf(path) === at)
    .sort();
}

type Who = 'anonymous' | 'owner' | 'stranger' | 'elsewhere' | 'clerk' | 'clerk elsewhere' | 'operator' | 'editor';
const WHO: readonly Who[] = ['anonymous', 'owner', 'stranger', 'elsewhere', 'clerk', 'clerk elsewhere', 'operator', 'editor'];

/** Staff, each with one area of work. */
const AREAS: Readonly<Partial<Record<Who, Row['open']>>> = { clerk: 'staff', operator: 'deliveries', editor: 'services' };
const isArea = (open: Row['open']): open is 'staff' | 'deliveries' | 'services' => typeof open === 'string';

interface Row {
  /** Addresses of the owner's things under this route. */
  readonly paths: () => string[];
  /** For everybody who is served at all, for the owner only, or of the staff of this municipality for those at the counter, or for who looks after deliveries or services. */
  readonly open: boolean | 'staff' | 'deliveries' | 'services';
  /** What staff get for a form, where they are let in and have nothing in hand; looking leads them to the counter's start. */
  readonly status?: number;
  /** What staff get for a form, and for looking, where nothing is as they say. */
  readonly posted?: number;
  readonly seen?: number;
  /** What the route writes, as forms: nobody but the owner may have an effect. */
  readonly forms?: () => [string, string][][];
}

let stage: Stage;
let reference: string;
const people = {} as Record<Who, PlainBrowser>;
const APPLY = '/de/apply/resident-parking';

const MATRIX: Readonly<Record<string, Row>> = {
  '/': { open: true, paths: () => ['/'] },
  '/[lang=lang]': { open: true, paths: () => ['/de', '/en'] },
  '/[lang=lang]/services/[service]': { open: true, paths: () => ['/de/services/dog-tax'] },
  '/[lang=lang]/legal/[page]': { open: true, paths: () => ['/de/legal/privacy'] },
  '/[lang=lang]/resume': {
    open: true,
    paths: () => ['/de/resume'],
    forms: () => [
      [
        ['code', 'AAA-AAA-AAA'],
        ['factor', 'x'],
      ],
    ],
  },
  '/[lang=lang]/status': {
    open: true,
    paths: () => ['/de/status'],
    forms: () => [
      [
        ['reference', reference],
        ['factor', 'x'],
      ],
    ],
  },
  '/[lang=lang]/apply/[service]/[...page]': {
    open: false,
    paths: () => [APPLY, ...visited.map((page) => `${APPLY}/${page}`)],
    forms: () => [
      [
        ['_revision', '1'],
        ['do', 'save'],
      ],
      [
        ['_revision', revision],
        ['applicant.givenNames', 'Einbrecher'],
        ['truthful', 'yes'],
      ],
    ],
  },
  '/[lang=lang]/save/[service]': { open: false, paths: () => ['/de/save/resident-parking'] },
  '/[lang=lang]/help/[service]': {
    open: false,
    paths: () => ['/de/help/resident-parking'],
    forms: () => [[['do', 'create']], [['do', 'revoke']]],
  },
  '/[lang=lang]/confirm/[service]': {
    open: false,
    paths: () => ['/de/confirm/resident-parking'],
    forms: () => [[['_revision', revision]]],
  },
  '/[lang=lang]/keep': { open: true, paths: () => [], forms: () => [[]] },
  '/[lang=lang]/receipt/[reference]': { open: false, paths: () => [`/de/receipt/${reference}`] },
  '/[lang=lang]/receipt/[reference]/summary.pdf': { open: false, paths: () => [`/de/receipt/${reference}/summary.pdf`] },
  '/counter': { open: true, paths: () => ['/counter'] },
  '/[lang=lang]/counter': { open: 'staff', paths: () => ['/de/counter', '/en/counter'] },
  // Nobody has this application in hand; what a clerk sees of one that a colleague has: sheet-http.test.ts.
  '/[lang=lang]/counter/sheet/[application]/[section]': {
    open: 'staff',
    status: 410,
    paths: () => ['animals', '~check'].map((section) => `/de/counter/sheet/${revision.split('.')[1]}/${section}`),
    forms: () => [
      [
        ['_revision', revision],
        ['_page', 'name'],
        ['applicant.givenNames', 'Einbrecher'],
      ],
      [
        ['_revision', revision],
        ['do', 'give-back'],
      ],
    ],
  },
  // The same: papers and the text to read out are the application's, and the second screen shows a greeting while nothing is in hand.
  '/[lang=lang]/counter/paper/[application]/[paper].pdf': {
    open: 'staff',
    status: 410,
    paths: () => ['summary', 'missing'].map((name) => `/de/counter/paper/${revision.split('.')[1]}/${name}.pdf`),
  },
  '/[lang=lang]/counter/read/[application]': { open: 'staff', status: 410, paths: () => [`/de/counter/read/${revision.split('.')[1]}`] },
  '/[lang=lang]/counter/view': { open: 'staff', paths: () => ['/de/counter/view'] },
  // Nobody has opened this one with its number and a purpose: finish.test.ts.
  '/[lang=lang]/counter/case/[reference]': { open: 'staff', seen: 410, paths: () => [`/de/counter/case/${reference}`] },
  '/[lang=lang]/counter/case/[reference]/[paper].pdf': {
    open: 'staff',
    seen: 410,
    paths: () => ['summary', 'receipt'].map((name) => `/de/counter/case/${reference}/${name}.pdf`),
  },
  '/[lang=lang]/counter/station': { open: 'staff', paths: () => ['/de/counter/station'], forms: () => [[['station', 'rathaus/3']]] },
  '/[lang=lang]/counter/next': { open: 'staff', paths: () => ['/de/counter/next'], forms: () => [[]] },
  '/[lang=lang]/counter/login': { open: true, paths: () => ['/de/counter/login', '/de/counter/login?to=/de/counter/station'] },
  '/[lang=lang]/counter/left': { open: true, paths: () => ['/de/counter/left'] },
  // Nobody has begun a login here. What it does with one that was begun: S9.
  '/[lang=lang]/counter/callback': { open: 'staff', paths: () => [] },
  // Ends the asker's own session, if there is one: S8.
  '/[lang=lang]/counter/logout': { open: 'staff', paths: () => ['/de/counter/logout'] },
  '/[lang=lang]/counter/prints': { open: 'staff', paths: () => ['/de/counter/prints'] },
  // This delivery is no print; what one of the post room gets of a print: prints.test.ts.
  '/[lang=lang]/counter/prints/[delivery]': {
    open: 'staff',
    posted: 404,
    seen: 404,
    paths: () => [`/de/counter/prints/${delivery}`],
    forms: () => [[['do', 'printed']]],
  },
  '/[lang=lang]/counter/prints/[delivery]/[file]': {
    open: 'staff',
    seen: 404,
    paths: () => [`/de/counter/prints/${delivery}/application.pdf`],
  },
  '/admin/deliveries': { open: true, paths: () => ['/admin/deliveries'] },
  '/[lang=lang]/admin/deliveries': { open: 'deliveries', paths: () => ['/de/admin/deliveries', '/en/admin/deliveries'] },
  // What the right forms do: desk-browser.test.ts.
  '/[lang=lang]/admin/deliveries/[destination]': {
    open: 'deliveries',
    paths: () => ['/de/admin/deliveries/demo', '/de/admin/deliveries/demo?state=queued'],
  },
  '/[lang=lang]/admin/deliveries/[destination]/[delivery]': {
    open: 'deliveries',
    posted: 409,
    paths: () => [`/de/admin/deliveries/demo/${delivery}`],
    forms: () => [[['do', 'again']], [['do', 'arrived']], [['do', 'words']]],
  },
  '/admin/services': { open: true, paths: () => ['/admin/services'] },
  '/[lang=lang]/admin/services': {
    open: 'services',
    posted: 422,
    paths: () => ['/de/admin/services', '/en/admin/services'],
    forms: () => [[['schema', 'none']]],
  },
  // What opens a question there, and what a session sees that has not opened it: tests/answers/counter.test.ts.
  '/[lang=lang]/counter/answer': {
    open: 'staff',
    posted: 422,
    paths: () => ['/de/counter/answer', `/de/counter/answer?reference=${reference}`],
    forms: () => [
      [
        ['reference', reference],
        ['factor', 'x'],
      ],
    ],
  },
  '/[lang=lang]/status/[reference]/answer': {
    open: false,
    paths: () => [`/de/status/${reference}/answer`],
    forms: () => [
      [
        ['question', '1'],
        ['text', 'Einbrecher'],
      ],
    ],
  },
  '/[lang=lang]/status/[reference]': { open: false, paths: () => [`/de/status/${reference}`] },
  // The last: whoever uses it has no session afterwards.
  '/[lang=lang]/end': { open: true, paths: () => ['/de/end'], forms: () => [[]] },
};
let delivery = '';
let visited: string[] = [];
let revision = '';

beforeAll(async () => {
  stage = await openStage({ identity: 'demo' });
  const { port } = stage.portal;
  for (const who of WHO) people[who] = new PlainBrowser(port, who.includes('elsewhere') ? 'neudorf.localhost' : 'localhost');
  reference = await submit(people.owner, journey('dog-tax', 'one-small-dog', MARKS));
  delivery = (await stage.owner.query<{ id: string }>('select id from delivery')).rows[0]!.id;
  const draft = journey('resident-parking', 'new-own-car', { 'applicant.familyName': DRAFT_MARK });
  await upToReview(people.owner, draft);
  visited = draft.walk.steps.map((step) => step.path);
  revision = hidden((await people.owner.visit(APPLY)).body, '_revision')!;
  // The stranger has an application of each kind as well, and so has somebody in the next town, under the owner's very session.
  await upToReview(people.stranger, journey('resident-parking', 'new-own-car', { 'applicant.familyName': 'Fremd' }));
  await submit(people.stranger, journey('dog-tax', 'one-small-dog'));
  for (const [name, value] of people.owner.cookies) people.elsewhere.setCookie(name, value);
  // Staff with every role of the counter: here, and in the next town with this town's session besides. And who looks after deliveries, and has no other role.
  await logIn(stage, people.clerk, 'eisvogel');
  for (const [name, value] of people.clerk.cookies) people['clerk elsewhere'].setCookie(name, value);
  await logIn(stage, people.operator, 'falke', { to: '/de/admin/deliveries', station: '' });
  await logIn(stage, people.editor, 'specht', { to: '/de/admin/services', station: '' });
}, 60_000);
afterAll(() => stage.close());

function leaks(answer: Answer): string[] {
  return [...Object.values(MARKS), DRAFT_MARK].filter((mark) => answer.body.includes(mark));
}

it('knows every route', () => {
  expect(Object.keys(MATRIX).sort()).toEqual(routes());
  expect(routes().length).toBeGreaterThan(10);
});

let cells = 0;
describe.each(Object.entries(MATRIX))('%s', (_, row) => {
  it.each(WHO)('for %s', async (who) => {
    const browser = people[who];
    for (const path of row.paths()) {
      const answer = await browser.send(path);
      cells += 1;
      const place = `GET ${path}: ${answer.status} ${answer.location ?? ''}`;
      if (isArea(row.open) && AREAS[who] !== undefined && AREAS[who] !== row.open) {
        // the wrong role: refused, sent to the own pages, or a page that only takes forms
        if (/counter$|(next|logout)$/.test(path)) expect(answer.status, place).toBe(303);
        else expect(answer.status, place).toBe(403);
      } else if (isArea(row.open) && AREAS[who] !== row.open) {
        expect(answer.status, place).toBe(303);
        const counter = `${path.split('/').slice(0, 2).join('/')}/counter`;
        const formOnly = /(next|logout)$/.test(path);
        expect(answer.location, place).toBe(formOnly ? counter : `${counter}/login?to=${encodeURIComponent(path)}`);
      } else if (row.seen) expect(answer.status, place).toBe(row.seen);
      else if (row.status) expect([answer.status, answer.location], place).toEqual([303, '/de/counter?gone']);
      else if (row.open || who === 'owner') expect(answer.status, place).toBeLessThan(400);
      else {
        // Their own page, the form that asks for a code, or nothing at all.
        const own = who === 'stranger' && !path.includes(reference);
        expect(own ? answer.status < 400 : [303, 404, 410].includes(answer.status), place).toBe(true);
        if (answer.status === 303 && !own) expect(answer.location, place).toBe('/de/status');
      }
      if (who !== 'owner') expect(leaks(answer), place).toEqual([]);
    }
    if (who === 'owner') return;
    const before = await stage.owner.query('select id, revision, session_hash from application order by id');
    for (const form of row.forms?.() ?? []) {
      for (const path of row.paths().length > 0 ? row.paths() : ['/de/keep']) {
        const answer = await browser.send(path, form);
        cells += 1;
        const place = `POST ${path}: ${answer.status} ${answer.location ?? ''}`;
        // A wrong code leaves a session of one's own, which may be kept; the stranger's answers go to the stranger's application.
        const staff = AREAS[who] === row.open ? [row.posted ?? row.status ?? 303] : AREAS[who] ? [403] : [401];
        const harmless = isArea(row.open)
          ? staff
          : path === '/de/end'
            ? [303]
            : path === '/de/keep'
              ? [204, 410]
              : who === 'stranger' && !row.open
                ? [303, 409, 410, 422]
                : [404, 409, 410, 422];
        expect(harmless, place).toContain(answer.status);
        expect(leaks(answer), place).toEqual([]);
      }
    }
    const after = await stage.owner.query('select id, revision, session_hash from application order by id');
    if (who !== 'stranger') expect(after.rows).toEqual(before.rows);
  });
});

it("the owner's things are as they were", async () => {
  expect(hidden((await people.owner.visit(APPLY)).body, '_revision')).toBe(revision);
  expect((await people.owner.visit(APPLY)).body).toContain(DRAFT_MARK);
  console.log(
    `S1: ${cells} cells, ${Object.keys(MATRIX).length} routes, ${WHO.length} kinds of people, nothing of the owner seen by others`,
  );
  expect(cells).toBeGreaterThan(100);
});
