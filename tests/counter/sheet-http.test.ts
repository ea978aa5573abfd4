/** An application at the counter by plain HTTP, without scripts: begun there and handed in, and taken over, given back and handed in by the citizen. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Answers } from '../../src/flow/index.ts';
import { journey, openStage, upToReview, type Stage } from '../hostile/stage.ts';
import { typed } from '../journeys.ts';
import { hidden, PlainBrowser, type Answer } from '../portal.ts';
import { filledIn, until, type Pairs } from '../travel.ts';
import { fillSections, pagesOn, RECORD, sheetOf, START } from './sheets.ts';
import { logIn } from './staff.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({ identity: 'demo' });
}, 60_000);
afterAll(() => stage?.close());

const played = () => journey('dog-tax', 'one-small-dog', { 'applicant.familyName': 'Haubenmeise' });

async function clerkAt(user = 'amsel'): Promise<PlainBrowser> {
  const browser = new PlainBrowser(stage.portal.port);
  await logIn(stage, browser, user);
  return browser;
}

const texts = (page: Answer) => page.body.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ');

/** What the review's form says of what it showed. */
const shownOn = (page: Answer): Pairs => ['_revision', '_summary'].map((name): [string, string] => [name, hidden(page.body, name)!]);

const row = async (application: string) =>
  (
    await stage.owner.query<{ revision: number; lifecycle: string; custody: string }>(
      'select revision, lifecycle, custody from application where id = $1',
      [application],
    )
  ).rows[0]!;

it('begins, fills every section, hands in: one application whose provenance names counter and clerk', async () => {
  const clerk = await clerkAt();
  const one = played();
  const begun = await clerk.send('/de/counter', START);
  expect(begun.status).toBe(303);
  const application = sheetOf(begun.location);
  const loads = await fillSections(clerk, application, one);
  const check = await clerk.visit(`/de/counter/sheet/${application}/~check`);
  expect(texts(check)).toContain('Alles beantwortet');
  expect(check.body).toContain('Haubenmeise');
  expect(texts(check)).toContain('Eingetragen von Anke Amsel, wie Sie es gesagt haben');
  const declared: Pairs = typed(one.walk.steps.at(-1)!, one.answers);
  const form: Pairs = [...shownOn(check), ...declared, ['do', 'submit']];
  const unconfirmed = await clerk.send(check.path, form);
  expect([unconfirmed.status, texts(unconfirmed).includes('Wählen Sie, wie die Person die Angaben bestätigt hat')]).toEqual([422, true]);
  const done = await clerk.send(check.path, [...form, ['_how', 'spoken'], ['_record', 'Alles vorgelesen, stimmt.']]);
  expect(done.status).toBe(200);
  const reference = /class="reference"[^>]*>([^<]+)</.exec(done.body)?.[1];
  expect(reference).toMatch(/^\d\d-/);
  expect((await row(application)).lifecycle).not.toBe('draft');
  const received = await until(() => [...stage.backoffice.cases.values()].find((got) => got.reference === reference), 'the application');
  const provenance = received.provenance as Record<string, object & { confirmedAt?: string }>;
  expect(JSON.stringify(received.payload)).toContain('Haubenmeise');
  const origins = Object.values(provenance);
  expect(origins.length).toBeGreaterThan(10);
  for (const origin of origins) expect(origin).toMatchObject({ channel: 'counter', by: 'clerk', source: 'dictated', actor: 'Anke Amsel' });
  expect(origins.every(({ confirmedAt }) => confirmedAt !== undefined)).toBe(true);
  console.log(`counter: ${loads} sheets loaded for ${one.walk.steps.length} pages of the citizens'`);
  // what is handed in is out of the clerk's hands
  expect((await clerk.send(check.path)).location).toBe('/de/counter?gone');
});

it('enters nothing without the record, and says what is missing', async () => {
  const clerk = await clerkAt();
  const before = await stage.owner.query('select count(*) from application');
  for (const missing of ['channel', 'person', 'method', 'verified', 'mandate', 'purpose', 'service']) {
    const answer = await clerk.send(
      '/de/counter',
      START.filter(([name]) => name !== missing),
    );
    expect([missing, answer.status]).toEqual([missing, 422]);
  }
  const letter = START.map(([name, value]): [string, string] => [name, name === 'channel' ? 'post' : value]);
  const undated = await clerk.send('/de/counter', letter);
  expect([undated.status, texts(undated).includes('Geben Sie den Tag des Eingangs ein')]).toEqual([422, true]);
  expect((await clerk.send('/de/counter', [...letter, ['receivedOn', '31022026']])).status).toBe(422);
  const phone = START.map(([name, value]): [string, string] => [name, name === 'channel' ? 'phone' : value]);
  expect(texts(await clerk.send('/de/counter', phone))).toContain('Möglich ist: Schalter, Post');
  expect((await stage.owner.query('select count(*) from application')).rows).toEqual(before.rows);
  expect((await clerk.send('/de/counter', [...letter, ['receivedOn', '01032026']])).status).toBe(303);
  const found = await clerk.send('/de/counter', [
    ['search', '99102013104000'],
    ['do', 'search'],
  ]);
  expect(found.status).toBe(422);
});

it('saves what is right beside what is wrong, and keeps what was typed', async () => {
  const clerk = await clerkAt();
  const begun = await clerk.send('/de/counter', START);
  const application = sheetOf(begun.location);
  const address = `/de/counter/sheet/${application}/person`;
  const page = await clerk.visit(address);
  expect(pagesOn(page)).toEqual(['name', 'birthDate', 'home', 'contact']);
  const form = (revision: string): Pairs => [
    ['_revision', revision],
    ...pagesOn(page).map((path): [string, string] => ['_page', path]),
    ['applicant.givenNames', 'Zaunkönig'],
    ['applicant.birthDate.day', '31'],
    ['applicant.birthDate.month', '2'],
    ['applicant.birthDate.year', '1990'],
    ['applicant.email', 'zaun@example.org'],
  ];
  const first = hidden(page.body, '_revision')!;
  const saved = await clerk.send(address, form(first));
  expect(saved.status).toBe(422);
  expect(saved.body).toMatch(/name="applicant.birthDate.day"[^>]*value="31"/);
  const again = await clerk.visit(address);
  expect(again.body).toMatch(/value="Zaunkönig"/);
  expect(again.body).toMatch(/value="zaun@example.org"/);
  expect(texts(again)).toMatch(/Familienname[^:]*: fehlt/);
  // the same form again: somebody saved meanwhile, and both values are shown
  const stale = await clerk.send(
    address,
    form(first).map(([name, value]) => [name, value === 'Zaunkönig' ? 'Pirol' : value]),
  );
  expect(stale.status).toBe(409);
  for (const text of ['Zaunkönig', 'Pirol']) expect(stale.body).toContain(text);
  expect((await row(application)).revision).toBe(Number(hidden(again.body, '_revision')!.split('.')[0]));
});

it('takes over with code and second factor, completes, gives back; the citizen confirms and hands in', async () => {
  const citizen = new PlainBrowser(stage.portal.port);
  const one = played();
  await upToReview(citizen, one);
  await citizen.send('/de/help/dog-tax', [['do', 'create']]);
  const help = await citizen.send('/de/help/dog-tax');
  const code = /<bdi class="reference"[^>]*>([^<]+)</.exec(help.body)![1]!;
  const clerk = await clerkAt('buchfink');
  const wrong = await clerk.send('/de/counter', [...RECORD, ['code', code], ['factor', '1.1.1900'], ['do', 'claim']]);
  expect([wrong.status, texts(wrong).includes('passen zu keinem Antrag')]).toEqual([422, true]);
  const factor = String(one.answers['applicant.birthDate']).split('-').reverse().join('.');
  const claimed = await clerk.send('/de/counter', [...RECORD, ['code', code], ['factor', factor], ['do', 'claim']]);
  expect(claimed.status).toBe(303);
  const application = sheetOf(claimed.location);
  const other = await clerkAt('amsel');
  expect(texts(await other.send('/de/counter', [...RECORD, ['code', code], ['factor', factor], ['do', 'claim']]))).toContain(
    'wird gerade von',
  );
  expect((await other.send(claimed.location!)).location).toBe('/de/counter?gone');
  const address = `/de/counter/sheet/${application}/person`;
  const page = await clerk.visit(address);
  const steps = one.walk.steps.filter((step) => pagesOn(page).includes(step.path));
  const changed = { ...one.answers, 'applicant.givenNames': 'Blaukehlchen' } as unknown as Answers;
  const form: Pairs = [
    ['_revision', hidden(page.body, '_revision')!],
    ...pagesOn(page).map((path): [string, string] => ['_page', path]),
    ...steps.flatMap((step) => typed(step, changed)),
  ];
  expect((await clerk.send(address, form)).status).toBe(303);
  const back = await clerk.send(address, [
    ['_revision', hidden((await clerk.visit(address)).body, '_revision')!],
    ['do', 'give-back'],
  ]);
  expect([back.status, texts(back).includes('Antrag zurückgegeben')]).toEqual([200, true]);
  expect((await clerk.send(address)).location).toBe('/de/counter?gone');
  const confirm = await citizen.visit('/de/confirm/dog-tax');
  expect(confirm.body).toContain('Blaukehlchen');
  await citizen.send('/de/confirm/dog-tax', [['_revision', hidden(confirm.body, '_revision')!]]);
  const check = one.walk.steps.at(-1)!;
  const review = await citizen.visit(`/de/apply/dog-tax/${check.path}`);
  const sent = await citizen.send(review.path, filledIn(review.body, check, one));
  expect(sent.location).toMatch(/^\/de\/receipt\//);
});

it('is handed on to a colleague, who reads why and the note; the log knows the purpose and not the note', async () => {
  const clerk = await clerkAt();
  const begun = await clerk.send('/de/counter', START);
  const address = begun.location!;
  const given = await clerk.send(address, [
    ['_revision', hidden((await clerk.visit(address)).body, '_revision')!],
    ['_purpose', 'correct'],
    ['_note', 'Bringt die Chipnummer am Freitag'],
    ['do', 'hand-on'],
  ]);
  expect(given.status).toBe(200);
  expect((await clerk.send(address)).location).toBe('/de/counter?gone');
  const code = /<bdi class="reference"[^>]*>([^<]+)</.exec(given.body)![1]!;
  const pin = /\b\d{4}\b/.exec(texts(given).slice(texts(given).indexOf(code) + code.length))![0];
  const colleague = await clerkAt('buchfink');
  const claimed = await colleague.send('/de/counter', [...RECORD, ['code', code], ['factor', pin], ['do', 'claim']]);
  expect(claimed.status).toBe(303);
  const sheet = texts(await colleague.visit(claimed.location!));
  expect(sheet).toContain('Angaben berichtigen');
  expect(sheet).toContain('Bringt die Chipnummer am Freitag');
  const log = await stage.owner.query<{ line: string }>(
    'select row_to_json(l)::text as line from access_log l where application = $1 order by n',
    [sheetOf(claimed.location)],
  );
  expect(log.rows.some(({ line }) => line.includes('"purpose":"fill"'))).toBe(true);
  expect(log.rows.some(({ line }) => line.includes('Chipnummer'))).toBe(false);
});

it('the next person: nothing stays open', async () => {
  const clerk = await clerkAt();
  const begun = await clerk.send('/de/counter', START);
  expect((await clerk.visit(begun.location!)).status).toBe(200);
  await clerk.send('/de/counter/next', []);
  expect((await clerk.send(begun.location!)).location).toBe('/de/counter?gone');
});
