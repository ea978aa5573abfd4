/** Staff answer for the citizen who is there: opened with reference number and second factor, in the log, and told to the citizen and the office. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { logIn } from '../counter/staff.ts';
import { openStage, type Stage } from '../hostile/stage.ts';
import { hidden, PlainBrowser, type Answer } from '../portal.ts';
import { multipart, until, type Pairs } from '../travel.ts';
import { applicant, ask, caseOf, FILES, type Applicant } from './asked.ts';

const PAGE = '/de/counter/answer';
let stage: Stage;
let clerk: PlainBrowser;
let colleague: PlainBrowser;
beforeAll(async () => {
  stage = await openStage({ identity: 'demo' });
  clerk = new PlainBrowser(stage.portal.port);
  colleague = new PlainBrowser(stage.portal.port);
  await logIn(stage, clerk, 'eisvogel');
  await logIn(stage, colleague, 'amsel', { station: 'rathaus/2' });
}, 90_000);
afterAll(() => stage?.close());

async function asked(text = 'Wie hoch ist das Sofa?') {
  const person = await applicant(stage);
  const about = await caseOf(stage, person);
  await ask(stage, about, text);
  return { person, about };
}

const open = (browser: PlainBrowser, { reference }: Applicant, factor: string) =>
  browser.send(PAGE, [
    ['reference', reference],
    ['factor', factor],
  ]);

const form = (page: Pick<Answer, 'body'>, text: string, more: Pairs = [], files: readonly (typeof FILES)[number][] = []) =>
  multipart(
    [
      ['question', hidden(page.body, 'question') ?? ''],
      ['ticket', hidden(page.body, 'ticket') ?? ''],
      ['channel', 'phone'],
      ['text', text],
      ...more,
    ],
    files,
  );

const log = async (actions: readonly string[]) =>
  (
    await stage.owner.query<{ action: string; actor_name: string; application: string | null }>(
      `select action, actor_name, application from access_log where action = any($1) order by n`,
      [actions],
    )
  ).rows;

it('opened, answered with two files, and told to everybody', async () => {
  const { person, about } = await asked();
  expect((await clerk.visit('/de/counter')).body).toContain(`href="${PAGE}"`);
  const page = await open(clerk, person, person.pin);
  expect(page.status).toBe(200);
  expect(page.body).toContain('Wie hoch ist das Sofa?');
  expect(page.headers['cache-control']).toContain('no-store');
  const empty = await clerk.send(PAGE, form(page, ' '));
  expect([empty.status, empty.body.includes('Schreiben Sie eine Antwort')]).toEqual([422, true]);
  const sent = await clerk.send(PAGE, form(empty, '90 Zentimeter, sagt die Person', [], [FILES[0], FILES[1]]));
  expect([sent.status, sent.body.includes('Die Antwort ist aufgenommen')]).toEqual([200, true]);
  const answer = await until(() => about.answers[0], 'the answer at the office');
  expect(answer).toMatchObject({ text: '90 Zentimeter, sagt die Person', channel: 'phone', sends: 1 });
  expect(answer.by).not.toBe('citizen');
  expect(answer.attachments).toHaveLength(2);
  const rows = await log(['answer-open', 'answer']);
  expect(rows.map(({ action, actor_name }) => [action, actor_name])).toEqual([
    ['answer-open', answer.by],
    ['answer', answer.by],
  ]);
  expect(rows[0]!.application).toBe(rows[1]!.application);
  const { rows: audit } = await stage.owner.query<{ actor: string; action: string }>(
    `select distinct actor, action from audit where subject = $1 and action in ('answer', 'upload')`,
    [rows[0]!.application],
  );
  expect(audit).toHaveLength(2);
  for (const { actor } of audit) expect(actor).toMatch(/^staff:/);
  const status = await person.browser.visit(person.page);
  for (const told of ['Von uns geöffnet, um eine Frage zu beantworten', 'Von uns für Sie beantwortet', 'Antwort eingegangen'])
    expect(status.body).toContain(told);
  // the same form again is the same answer
  expect((await clerk.send(PAGE, form(empty, 'anders'))).body).toContain('90 Zentimeter');
  expect(about.answers).toHaveLength(1);
});

it('a wrong factor opens nothing, is counted and logged', async () => {
  const { person } = await asked();
  const before = (await log(['answer-open-refused'])).length;
  const wrong = String((Number(person.pin) + 1) % 10_000).padStart(4, '0');
  const answer = await open(colleague, person, wrong);
  expect([answer.status, answer.body.includes('Wie hoch')]).toEqual([422, false]);
  for (let tries = 0; tries < 10; tries += 1) await open(colleague, person, wrong);
  // too many: now the right one does not help either
  expect((await open(colleague, person, person.pin)).status).toBe(422);
  expect((await log(['answer-open-refused'])).length - before).toBe(12);
});

it('what one session opened is worth nothing to another, nor after the logout', async () => {
  const { person, about } = await asked();
  const page = await open(clerk, person, person.pin);
  const foreign = await colleague.send(PAGE, form(page, 'von der Kollegin', [], [FILES[0]]));
  expect(foreign.status).toBe(422);
  expect(foreign.body).not.toContain('Wie hoch');
  expect(foreign.body).toContain('von der Kollegin');
  for (const ticket of ['', 'x', `${hidden(page.body, 'ticket')!.slice(0, -2)}AA`]) {
    const forged = form(page, 'gefälscht');
    const body = Buffer.from(forged.body.toString().replace(hidden(page.body, 'ticket')!, ticket));
    expect((await clerk.send(PAGE, { ...forged, body })).status).toBe(422);
  }
  const gone = new PlainBrowser(stage.portal.port);
  await logIn(stage, gone, 'eisvogel');
  const own = await open(gone, person, person.pin);
  await gone.send('/de/counter/logout', []);
  expect((await gone.send(PAGE, form(own, 'nach der Abmeldung'))).status).toBe(401);
  expect(about.answers).toEqual([]);
});
