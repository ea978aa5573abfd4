/** Answers where somebody means harm: another municipality, another question, markup, and what is no question of theirs. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openStage, type Stage } from '../hostile/stage.ts';
import { hidden, PlainBrowser } from '../portal.ts';
import { multipart } from '../travel.ts';
import { applicant, ask, caseOf, FILES, filled, openAnswer } from './asked.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
}, 90_000);
afterAll(() => stage?.close());

async function asked(text: string, host = 'localhost') {
  const person = await applicant(stage, host);
  const about = await caseOf(stage, person);
  await ask(stage, about, text);
  return { person, about };
}

const counts = async () =>
  (
    await stage.owner.query<{ followups: number; deliveries: number; files: number }>(
      `select (select count(*)::int from followup) as followups, (select count(*)::int from delivery where followup_id is not null) as deliveries,
              (select count(*)::int from file) as files`,
    )
  ).rows[0];

it("neither another town nor somebody else's question is answered, and nothing of them is shown or stored", async () => {
  const mine = await asked('Meine Frage?');
  const theirs = await asked('Fremde Frage?');
  const form = await openAnswer(mine.person);
  const other = await openAnswer(theirs.person);
  const before = await counts();
  // the question of somebody else, on one's own page
  const crossed = await mine.person.browser.send(mine.person.answer, filled(other, 'quer'));
  expect([crossed.status, crossed.body.includes('Meine Frage?'), crossed.body.includes('Fremde Frage?')]).toEqual([409, true, false]);
  // one's own question, on somebody else's page
  const foreign = await mine.person.browser.send(theirs.person.answer, filled(form, 'quer', [FILES[0]]));
  expect([foreign.status, foreign.body.includes('Fremde Frage?')]).toEqual([422, false]);
  // the same cookies in the next town
  const elsewhere = new PlainBrowser(stage.portal.port, 'neudorf.localhost');
  for (const [name, value] of mine.person.browser.cookies) elsewhere.setCookie(name, value);
  const there = await elsewhere.send(mine.person.answer, filled(form, 'quer', [FILES[0]]));
  expect([there.status, there.body.includes('Meine Frage?')]).toEqual([422, false]);
  expect((await elsewhere.send(mine.person.answer)).location).toBe('/de/status');
  for (const question of ['0', '-1', '9999999999999999999', "1' or '1'='1", 'constructor', '']) {
    const odd = multipart(
      [
        ['question', question],
        ['text', 'quer'],
      ],
      [],
    );
    expect([question, (await mine.person.browser.send(mine.person.answer, odd)).status]).toEqual([question, 409]);
  }
  expect(await counts()).toEqual(before);
  expect([mine.about.answers, theirs.about.answers]).toEqual([[], []]);
});

it("a file of somebody else's answer, or of the application, is not taken back", async () => {
  const mine = await asked('Meine Frage?');
  const theirs = await asked('Fremde Frage?');
  const form = await openAnswer(theirs.person);
  const kept = await theirs.person.browser.send(
    theirs.person.answer,
    filled(form, '', [FILES[0], { field: 'files', name: 'x.exe', bytes: Buffer.from('MZ') }]),
  );
  const file = /name="_remove"\s+value="([^"]+)"/.exec(kept.body)![1]!;
  const own = await openAnswer(mine.person);
  const removing = multipart(
    [
      ['question', hidden(own.body, 'question')!],
      ['text', ''],
      ['_remove', file],
    ],
    [],
  );
  await mine.person.browser.send(mine.person.answer, removing);
  expect((await theirs.person.browser.visit(theirs.person.answer)).body).toContain('Mietvertrag.pdf');
  // its own owner can
  const theirForm = multipart(
    [
      ['question', hidden(kept.body, 'question')!],
      ['text', ''],
      ['_remove', file],
    ],
    [],
  );
  expect((await theirs.person.browser.send(theirs.person.answer, theirForm)).body).not.toContain('Mietvertrag.pdf');
});

it('after it was sent, an answer takes no file more and gives none back', async () => {
  const { person } = await asked('Frage?');
  const form = await openAnswer(person);
  await person.browser.send(person.answer, filled(form, 'ja', [FILES[0]]));
  const { rows } = await stage.owner.query<{ id: string; application: string; path: string; municipality: string }>(
    `select f.id, f.application_id as application, f.field_path as path, f.municipality from file f
     join submission s on s.application_id = f.application_id where s.reference = $1`,
    [person.reference],
  );
  expect(rows).toHaveLength(1);
  const { id, application, path, municipality } = rows[0]!;
  const begin = `select begin_answer_file($1, gen_random_uuid(), $2, $3, '', 'application/pdf', 50, null) as outcome`;
  expect(await stage.store.query('t-begin', begin, [municipality, application, path])).toEqual([{ outcome: 'gone' }]);
  const remove = `select remove_answer_file($1, $2, $3) as gone`;
  expect(await stage.store.query('t-remove', remove, [municipality, application, id])).toEqual([{ gone: false }]);
  const draft = `select remove_file($1, $2, $3) as gone`;
  expect(await stage.store.query('t-remove-draft', draft, [municipality, application, id])).toEqual([{ gone: false }]);
});

it('what was asked, written and uploaded is nowhere to be read without the key of the application', async () => {
  const { person } = await asked('Frage nach dem Zaunkönig?');
  await person.browser.send(person.answer, filled(await openAnswer(person), 'Haubenmeise', [{ ...FILES[0], name: 'Goldammer.pdf' }]));
  const { rows } = await stage.owner.query<{ row: string }>(
    `select t::text as row from followup t union all select e::text from status_event e union all select w::text from delivery w
     union all select f::text from file f union all select a::text from audit a union all select l::text from access_log l`,
  );
  const all = rows.map(({ row }) => row).join('\n');
  for (const mark of ['Zaunkönig', 'Haubenmeise', 'Goldammer']) {
    expect([mark, all.includes(mark)]).toEqual([mark, false]);
    expect([mark, all.includes(Buffer.from(mark).toString('hex'))]).toEqual([mark, false]);
    expect([mark, stage.portal.output().includes(mark)]).toEqual([mark, false]);
  }
});
