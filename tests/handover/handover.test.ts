/** Applications that change hands, as citizens see it by plain HTTP; the counter acts through the room that its pages use. */
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { journey, openStage, upToReview, type Stage } from '../hostile/stage.ts';
import { hidden, PlainBrowser, type Answer } from '../portal.ts';
import { filledIn, run, until } from '../travel.ts';
import { gone, intake, openDesk, spoken, type Desk } from './desk.ts';

const HELP = '/de/help/dog-tax';
const APPLY = '/de/apply/dog-tax';
const CONFIRM = '/de/confirm/dog-tax';
const HELD = 'Ihr Antrag wird gerade am Schalter bearbeitet';
const NOTICE = 'Am Schalter wurde etwas in Ihren Antrag eingetragen';

const poppler = spawnSync('pdftotext', ['-v']).error === undefined;

let stage: Stage;
let desk: Desk;
beforeAll(async () => {
  stage = await openStage();
  desk = await openDesk(stage);
}, 90_000);
afterAll(() => stage.close());

const played = () => journey('dog-tax', 'one-small-dog', { 'applicant.familyName': 'Haubenmeise' });
const letter = (round: number): string => String.fromCharCode(64 + round);
const codeIn = ({ body }: Answer): string | undefined =>
  /\b[0-9A-HJKMNP-TV-Z]{3}-[0-9A-HJKMNP-TV-Z]{3}-[0-9A-HJKMNP-TV-Z]{3}\b/.exec(body)?.[0];
const revision = async (browser: PlainBrowser) => hidden((await browser.visit(APPLY)).body, '_revision')!;
const applicationOf = async (browser: PlainBrowser) => (await revision(browser)).split('.')[1]!;
const stored = async (application: string) =>
  (await stage.owner.query<{ revision: number }>(`select revision from application where id = $1`, [application])).rows[0]!.revision;

async function newCode(browser: PlainBrowser): Promise<string> {
  const made = await browser.send(HELP, [['do', 'create']]);
  expect([made.status, made.location]).toEqual([303, HELP]);
  return codeIn(await browser.send(HELP))!;
}

/** A citizen at the review, whose application a clerk has in hand. */
async function inHand() {
  const browser = new PlainBrowser(stage.portal.port);
  const one = played();
  await upToReview(browser, one);
  const application = await applicationOf(browser);
  const code = await newCode(browser);
  const clerk = await desk.clerk();
  const claim = await desk.counter.claim(clerk, code, String(one.answers['applicant.birthDate']), 'the citizen stands at the desk');
  expect(claim).toEqual({ outcome: 'claimed', application, service: 'dog-tax', purpose: undefined, note: undefined });
  return { browser, one, application, code, clerk };
}

describe('the code', () => {
  it('is offered on every page, made by a button, shown again, revoked', async () => {
    const browser = new PlainBrowser(stage.portal.port);
    const { visited } = await run(browser, played(), (step) => step.page.kind === 'check');
    for (const page of visited) expect((await browser.visit(`${APPLY}/${page}`)).body, page).toContain(`href="${HELP}"`);
    const before = await browser.send(HELP);
    expect(codeIn(before)).toBeUndefined();
    expect(before.body).toContain('Niemand von uns hat Ihren Antrag geöffnet.');
    const code = await newCode(browser);
    const shown = await browser.send(HELP);
    expect(codeIn(shown)).toBe(code);
    expect(shown.body).toContain('Ihr Geburtsdatum');
    expect(shown.body).toMatch(/<svg class="qr"[^>]*>/);
    expect(shown.body).not.toContain('style=');
    // a second click makes no second code
    expect(await newCode(browser)).toBe(code);
    expect((await browser.send(HELP.replace('/de/', '/en/'))).body).toContain('your date of birth');
    await browser.send(HELP, [['do', 'revoke']]);
    expect(codeIn(await browser.send(HELP))).toBeUndefined();
    const birthDate = String(played().answers['applicant.birthDate']);
    expect(await desk.counter.claim(await desk.clerk(), code, birthDate, 'x')).toEqual({ outcome: 'refused' });
    const next = await newCode(browser);
    expect(next).not.toBe(code);
  });

  it('goes with a number of four digits where no answer serves yet', async () => {
    const browser = new PlainBrowser(stage.portal.port);
    await browser.send('/de/services/dog-tax', []);
    const code = await newCode(browser);
    const pin = /Ihre Nummer (\d{4})/.exec((await browser.send(HELP)).body)?.[1];
    expect(pin).toBeDefined();
    const clerk = await desk.clerk();
    expect(await desk.counter.claim(clerk, code, String((Number(pin) + 1) % 10_000).padStart(4, '0'), 'x')).toEqual({ outcome: 'refused' });
    expect((await desk.counter.claim(clerk, ` ${code.toLowerCase().replaceAll('-', ' ')} `, pin!, 'x')).outcome).toBe('claimed');
  });

  it('opens nothing for a browser without the application', async () => {
    for (const path of [HELP, CONFIRM]) {
      expect((await new PlainBrowser(stage.portal.port).send(path)).status).toBe(410);
      expect((await new PlainBrowser(stage.portal.port).send(path, [['do', 'create']])).status).toBe(410);
    }
  });
});

describe('in hand at the counter', () => {
  it('every page says who has it, and saves nothing; what was typed is shown', async () => {
    const { browser, one, application } = await inHand();
    const before = await stored(application);
    let forms = 0;
    for (const step of one.walk.steps) {
      const page = await browser.send(`${APPLY}/${step.path}`);
      expect(page.status).toBe(200);
      expect(page.body, step.path).toContain(HELD);
      expect(page.body, step.path).toContain('Bürgerbüro Rathaus, Platz 3');
      expect(page.body, step.path).not.toContain('_revision');
      expect(page.body, step.path).not.toContain('Haubenmeise');
      const form = filledIn(`<input name="_revision" value="${before}.${application}">`, step, one);
      const posted = await browser.send(`${APPLY}/${step.path}`, form);
      expect([step.path, posted.status]).toEqual([step.path, 409]);
      expect(posted.body).toContain(HELD);
      forms += 1;
    }
    const typed = await browser.send(`${APPLY}/person`, [
      ['_revision', `${before}.${application}`],
      ['applicant.givenNames', 'Zaunkönig'],
    ]);
    if (one.walk.byPath.has('person')) expect(typed.body).toContain('Zaunkönig');
    expect(forms).toBeGreaterThan(8);
    expect(await stored(application)).toBe(before);
    expect((await browser.send(`${APPLY}`)).body).toContain(HELD);
    expect((await browser.send(HELP)).location).toBe(APPLY);
  });

  it('the citizen takes it back at any time, and the counter is out', async () => {
    const { browser, application, clerk } = await inHand();
    const draft = await desk.open(clerk, application);
    const back = await browser.send(HELP, [['do', 'revoke']]);
    expect([back.status, back.location]).toEqual([303, APPLY]);
    expect((await browser.visit(APPLY)).body).not.toContain(HELD);
    expect((await desk.save(clerk, draft, { 'applicant.givenNames': 'Zu spät' })).outcome).toBe('gone');
    expect(await desk.counter.open(clerk, application)).toBeUndefined();
  });

  it('comes back by itself after half an hour without a save', async () => {
    const { browser, application, clerk } = await inHand();
    await stage.owner.query(`update application set custody_until = now() where id = $1`, [application]);
    expect((await browser.visit(APPLY)).body).not.toContain(HELD);
    expect(await desk.counter.open(clerk, application)).toBeUndefined();
  });

  it('two stations at once: one has it, the other learns who', async () => {
    const { one, code } = await inHand();
    const other = await desk.clerk('Zweite Kraft', '2');
    const birthDate = String(one.answers['applicant.birthDate']);
    expect(await desk.counter.claim(other, code, birthDate, 'x')).toEqual({
      outcome: 'held',
      by: { name: 'Erika Amt', site: 'rathaus', desk: '3' },
    });
    expect(await desk.counter.claim(other, code, '1.1.1900', 'x')).toEqual({ outcome: 'refused' });
  });
});

it(
  'there and back: the citizen sees what was entered, confirms it, hands in; payload, PDF and status tell the story',
  { timeout: 60_000 },
  async () => {
    const { browser, one, application, clerk } = await inHand();
    const draft = await desk.open(clerk, application);
    const saved = await desk.save(clerk, draft, { 'applicant.givenNames': 'Rotkehlchen' }, { source: 'phone', channel: 'phone' });
    expect(saved.outcome).toBe('saved');
    expect(await desk.counter.giveBack(clerk, draft, false)).toEqual({});

    // every page points to it, the review says how it came in, and nothing is handed in before it is confirmed
    const review = `${APPLY}/${one.walk.steps.at(-1)!.path}`;
    const page = await browser.send(review);
    expect(page.body).toContain(NOTICE);
    expect(page.body).toMatch(/Eingetragen von Erika Amt am Telefon, [^<]* Von Ihnen noch nicht bestätigt\./);
    expect((await browser.visit(`${APPLY}/${one.walk.steps[0]!.path}`)).body).toContain(NOTICE);
    const early = await browser.send(review, filledIn(page.body, one.walk.steps.at(-1)!, one));
    expect([early.status, early.location]).toEqual([303, CONFIRM]);
    const confirm = await browser.send(CONFIRM);
    expect(confirm.body).toContain('Rotkehlchen');
    expect(confirm.body).toContain(`Vorher: ${String(one.answers['applicant.givenNames'])}`);
    expect(confirm.body).not.toContain('Haubenmeise');
    // a form of another revision confirms nothing
    expect((await browser.send(CONFIRM, [['_revision', `1.${application}`]])).status).toBe(409);
    const done = await browser.send(CONFIRM, [['_revision', hidden(confirm.body, '_revision')!]]);
    expect([done.status, done.location]).toEqual([303, review]);
    const ready = await browser.send(review);
    expect(ready.body).not.toContain(NOTICE);
    expect(ready.body).toMatch(/Eingetragen von Erika Amt am Telefon, [^<]* Von Ihnen bestätigt, /);
    expect((await browser.send(CONFIRM)).location).toBe(APPLY);
    const handedIn = await browser.send(review, filledIn(ready.body, one.walk.steps.at(-1)!, one));
    expect(handedIn.location).toMatch(/^\/de\/receipt\//);
    const reference = handedIn.location!.split('/').at(-1)!;

    const arrived = await until(() => [...stage.backoffice.cases.values()].find((one) => one.reference === reference), 'the application');
    const provenance = arrived.provenance as Record<string, object>;
    expect(provenance['applicant.givenNames']).toMatchObject({
      source: 'phone',
      channel: 'phone',
      by: 'clerk',
      actor: 'Erika Amt',
      confirmedAt: expect.stringMatching(/^2/) as string,
      previous: one.answers['applicant.givenNames'],
    });
    expect(provenance['applicant.familyName']).toMatchObject({ source: 'typed', channel: 'online', by: 'citizen' });
    expect(JSON.stringify(arrived.payload)).toContain('Rotkehlchen');

    const status = (await browser.visit(`/de/status/${reference}`)).body;
    expect(status).toContain('Von uns geöffnet');
    expect(status).toContain('An Sie zurückgegeben');
    expect(status).toContain('Bürgerbüro Rathaus, Platz 3');
    const pdf = await browser.send(`/de/receipt/${reference}/summary.pdf`);
    expect(pdf.status).toBe(200);
  },
);

it.runIf(poppler)('the summary document says how an answer came in', async () => {
  const { browser, one, application, clerk } = await inHand();
  await desk.save(
    clerk,
    await desk.open(clerk, application),
    { 'applicant.givenNames': 'Rotkehlchen' },
    { source: 'paper', channel: 'post' },
  );
  await desk.counter.release(clerk);
  const confirm = await browser.send(CONFIRM);
  await browser.send(CONFIRM, [['_revision', hidden(confirm.body, '_revision')!]]);
  const review = `${APPLY}/${one.walk.steps.at(-1)!.path}`;
  const handedIn = await browser.send(review, filledIn((await browser.send(review)).body, one.walk.steps.at(-1)!, one));
  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const pdf = Buffer.from(
    await (await fetch(`${stage.portal.url}${handedIn.location}/summary.pdf`, { headers: { cookie, host: browser.host } })).arrayBuffer(),
  );
  const file = join(stage.dataDir, 'summary.pdf');
  writeFileSync(file, pdf);
  const text = execFileSync('pdftotext', ['-layout', file, '-']).toString().replace(/\s+/g, ' ');
  expect(text).toContain('Rotkehlchen');
  expect(text).toContain('Von Erika Amt vom Papier übertragen');
  expect(text.match(/vom Papier/g)).toHaveLength(1);
});

it('what staff take away is shown and confirmed, and an answer the citizen changes again is the citizen’s', async () => {
  const { browser, one, application, clerk } = await inHand();
  const optional = one.walk.steps
    .flatMap((step) => [...step.optional])
    .find((path) => one.answers[path] !== undefined && one.answers[path] !== null);
  const path = optional ?? 'applicant.givenNames';
  const draft = await desk.open(clerk, application);
  await desk.save(clerk, draft, { [path]: undefined });
  await desk.counter.release(clerk);
  const confirm = await browser.visit(CONFIRM);
  expect(confirm.body).toContain('Am Schalter entfernt');
  // saved as often as a machine does: the page says until when, and afterwards it is confirmed
  await stage.owner.query(`update application set saves = 600, saves_until = now() + interval '90 seconds' where id = $1`, [application]);
  const often = await browser.send(CONFIRM, [['_revision', hidden(confirm.body, '_revision')!]]);
  expect([often.status, Number(often.headers['retry-after']) > 60]).toEqual([429, true]);
  expect(often.body).toContain('Warten Sie 2 Min.');
  await stage.owner.query(`update application set saves_until = now() where id = $1`, [application]);
  expect((await browser.send(CONFIRM, [['_revision', hidden(confirm.body, '_revision')!]])).status).toBe(303);
  expect((await browser.visit(APPLY)).body).not.toContain(NOTICE);
});

it('with a slip: another browser goes on with the resume code and the second factor', async () => {
  const { one, application, clerk } = await inHand();
  const draft = await desk.open(clerk, application);
  const given = await desk.counter.giveBack(clerk, draft, true);
  expect(given?.code).toMatchObject({ factor: 'date', pin: undefined });
  const other = new PlainBrowser(stage.portal.port);
  const resumed = await other.send('/de/resume', [
    ['code', given!.code!.code],
    ['factor', String(one.answers['applicant.birthDate'])],
  ]);
  expect([resumed.status, resumed.location]).toEqual([303, APPLY]);
  expect(await applicationOf(other)).toBe(application);
});

it('begun at the counter: the slip leads the citizen to it, and what staff entered is confirmed', async () => {
  const clerk = await desk.clerk();
  const offering = desk.offering('dog-tax');
  const id = (await desk.counter.start(clerk, offering, { intake: intake(clerk), lang: 'de', purpose: 'walk-in' }))!;
  const one = played();
  const begun = await desk.open(clerk, id);
  const saved = await desk.save(clerk, begun, gone(one));
  expect(saved.outcome).toBe('saved');
  const draft = await desk.open(clerk, id);
  expect(draft.walk.stop).toBe(one.walk.steps.at(-1)!.path);
  // without a code nobody could ever find it again
  expect(await desk.counter.giveBack(clerk, draft, false)).toBeUndefined();
  const slip = (await desk.counter.giveBack(clerk, draft, true))!.code!;
  const browser = new PlainBrowser(stage.portal.port);
  await browser.send('/de/resume', [
    ['code', slip.code],
    ['factor', String(one.answers['applicant.birthDate'])],
  ]);
  expect((await browser.visit(APPLY)).body).toContain(NOTICE);
  const confirm = await browser.send(CONFIRM);
  expect(confirm.body).toContain('Haubenmeise');
  await browser.send(CONFIRM, [['_revision', hidden(confirm.body, '_revision')!]]);
  const review = `${APPLY}/${draft.walk.stop}`;
  const handedIn = await browser.send(review, filledIn((await browser.send(review)).body, one.walk.steps.at(-1)!, one));
  expect(handedIn.location).toMatch(/^\/de\/receipt\//);
});

it('handed in at the counter, once the citizen there has confirmed it; nobody else hands in what is in hand', async () => {
  const clerk = await desk.clerk();
  const one = played();
  const id = (await desk.counter.start(clerk, desk.offering('dog-tax'), { intake: intake(clerk), lang: 'de', purpose: 'walk-in' }))!;
  const declared = Object.fromEntries(one.walk.steps.at(-1)!.fields.map(({ path }) => [path, true]));
  await desk.save(clerk, await desk.open(clerk, id), { ...gone(one), ...declared });
  expect(await desk.submit(await desk.open(clerk, id))).toEqual({ outcome: 'unconfirmed' });
  expect((await desk.counter.confirm(clerk, await desk.open(clerk, id), spoken)).outcome).toBe('saved');
  const draft = await desk.open(clerk, id);
  const colleague = await desk.clerk('Zweite Kraft', '2');
  expect(await desk.submit({ ...draft, session: colleague.sessionHash })).toEqual({ outcome: 'gone' });
  const done = await desk.submit(draft);
  if (done.outcome !== 'submitted') throw new Error(JSON.stringify(done));
  expect(await desk.submit(draft)).toMatchObject({ outcome: 'replayed', reference: done.reference });
  const arrived = await until(
    () => [...stage.backoffice.cases.values()].find(({ reference }) => reference === done.reference),
    'the application',
  );
  expect((arrived.provenance as Record<string, object>)['applicant.givenNames']).toMatchObject({ by: 'clerk', actor: 'Erika Amt' });
  const { rows } = await stage.owner.query(`select actor from audit where subject = $1 and action = 'submit'`, [id]);
  expect(rows).toEqual([{ actor: `staff:${clerk.subject}` }]);
});

it('from colleague to colleague, with a reason and a note', async () => {
  const { one, application, clerk } = await inHand();
  const draft = await desk.open(clerk, application);
  const code = (await desk.counter.handOn(clerk, draft, { purpose: 'appointment on Friday', note: 'brings the chip number' }))!;
  const colleague = await desk.clerk('Zweite Kraft', '2');
  expect(await desk.counter.claim(colleague, code.code, String(one.answers['applicant.birthDate']), 'appointment')).toEqual({
    outcome: 'claimed',
    application,
    service: 'dog-tax',
    purpose: 'appointment on Friday',
    note: 'brings the chip number',
  });
});

it('R14: citizen and staff write at the same moment: 0 silent overwrites, and both are named', { timeout: 60_000 }, async () => {
  const browser = new PlainBrowser(stage.portal.port);
  const one = played();
  await upToReview(browser, one);
  const application = await applicationOf(browser);
  const step = one.walk.steps.find(({ fields }) => fields.some(({ path }) => path === 'applicant.givenNames'))!;
  const url = `${APPLY}/${step.path}`;
  const birthDate = String(one.answers['applicant.birthDate']);
  const clerk = await desk.clerk();
  const acknowledged = { citizen: 0, staff: 0 };
  for (let round = 1; round <= 20; round += 1) {
    const at = await revision(browser);
    const code = await newCode(browser);
    const form = filledIn(`<input name="_revision" value="${at}">`, step, one) as [string, string][];
    const mine = form.map(([name, value]): [string, string] => [name, name === 'applicant.givenNames' ? `Meise ${letter(round)}` : value]);
    const clerkActs = async () => {
      expect((await desk.counter.claim(clerk, code, birthDate, 'R14')).outcome).toBe('claimed');
      const draft = await desk.open(clerk, application);
      return { read: draft.revision, saved: await desk.save(clerk, draft, { 'applicant.givenNames': `Amsel ${letter(round)}` }) };
    };
    const [answer, theirs] = await Promise.all([browser.send(url, mine), clerkActs()]);
    expect([303, 409]).toContain(answer.status);
    expect(theirs.saved.outcome).toBe('saved');
    acknowledged.staff += 1;
    if (answer.status === 303) acknowledged.citizen += 1;
    // who came second had seen what the first one saved, or was told
    expect(theirs.read).toBe(Number(at.split('.')[0]) + (answer.status === 303 ? 1 : 0));
    if (answer.status === 409) expect(answer.body).toContain(`Meise ${letter(round)}`);
    await desk.counter.release(clerk);
    expect((await browser.send(url)).body).toContain(`Amsel ${letter(round)}`);
  }
  const { rows } = await stage.owner.query<{ actor: string; n: number }>(
    `select split_part(actor, ':', 1) as actor, count(*)::int as n from audit where subject = $1 and action = 'save' group by 1 order by 1`,
    [application],
  );
  expect(await stored(application)).toBe(1 + rows.reduce((sum, { n }) => sum + n, 0));
  expect(rows.find(({ actor }) => actor === 'staff')?.n).toBe(acknowledged.staff);
  const log = await stage.owner.query(
    `select count(*)::int as n from access_log where application = $1 and action = 'save' and actor_name = 'Erika Amt'`,
    [application],
  );
  expect(log.rows[0].n).toBe(acknowledged.staff);
  console.log(
    `R14: 20 rounds, saves acknowledged: citizen ${acknowledged.citizen}, staff ${acknowledged.staff}; 0 silent overwrites; the audit names both`,
  );
});
