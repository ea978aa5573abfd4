/** A back office asks, the citizen answers without scripts, and the answer arrives as a delivery of its own: once, whole, and seen on the way. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { equation } from '../../src/server/delivery/equation.ts';
import { hidden, PlainBrowser } from '../portal.ts';
import { openStage, type Stage } from '../hostile/stage.ts';
import { multipart, until } from '../travel.ts';
import { applicant, ask, caseOf, FILES, filled, openAnswer, tell, type Applicant } from './asked.ts';

const QUESTION = 'Wie hoch ist das Sofa?\nBitte schicken Sie ein Foto. <b>Danke</b>';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
}, 90_000);
afterAll(() => stage?.close());

async function asked(text = QUESTION): Promise<{ person: Applicant; about: Awaited<ReturnType<typeof caseOf>> }> {
  const person = await applicant(stage);
  const about = await caseOf(stage, person);
  await ask(stage, about, text);
  return { person, about };
}

const lifecycle = async ({ reference }: Applicant): Promise<string> =>
  (
    await stage.owner.query<{ lifecycle: string }>(
      `select a.lifecycle from application a join submission s on s.application_id = a.id where s.reference = $1`,
      [reference],
    )
  ).rows[0]!.lifecycle;

const figures = async () => (await equation(stage.store, () => true)).total;
const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex');
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

describe('from the question to the answer at the office', () => {
  it('with two files, without scripts: everything is there once, and each place says so', async () => {
    const before = await figures();
    const { person, about } = await asked();
    const status = await person.browser.visit(person.page);
    expect(status.body).toContain('Es fehlt etwas');
    expect(status.body).toContain(escaped(QUESTION));
    const form = await openAnswer(person);
    expect(form.body).toContain(escaped(QUESTION));
    expect(form.body).toContain('Prüfen Sie, was Sie senden');
    const text = 'Das Sofa ist 90 cm hoch.\nFotos: siehe Anlage & Grüße';
    const posted = await person.browser.send(person.answer, filled(form, text, FILES));
    expect([posted.status, posted.location]).toEqual([303, person.answer]);
    const sent = await person.browser.visit(person.answer);
    expect(sent.body).toContain('Ihre Antwort ist eingegangen');
    expect(sent.body).toContain(escaped(text));
    for (const { name } of FILES) expect(sent.body).toContain(name);

    await until(() => (about.answers.length > 0 ? true : undefined), 'the answer at the office');
    const [answer] = about.answers;
    expect(answer).toMatchObject({
      key: `${about.key}:1`,
      of: about.key,
      asked: [QUESTION],
      by: 'citizen',
      channel: 'online',
      text,
      payloadSha256: sha256(JSON.stringify({ text })),
      sends: 1,
    });
    expect(answer!.attachments.map(({ name, sha256: hash, size }) => [name, hash, size])).toEqual(
      FILES.map(({ name, bytes }) => [name, sha256(bytes), bytes.length]),
    );
    const base = `http://127.0.0.1:${stage.backoffice.port}/cases/${encodeURIComponent(about.key)}`;
    for (const [n, file] of answer!.attachments.entries()) {
      const kept = Buffer.from(await (await fetch(`${base}/files/${file.id}`)).arrayBuffer());
      expect(kept.equals(FILES[n]!.bytes)).toBe(true);
    }
    const shown = await (await fetch(base)).text();
    expect(shown).toContain('Antworten auf Rückfragen');
    expect(shown).toContain('Das Sofa ist 90 cm hoch.');

    await until(async () => ((await lifecycle(person)) === 'in_progress' ? true : undefined), 'that the question is settled');
    const after = await person.browser.visit(person.page);
    expect(after.body).toContain('Antwort eingegangen');
    expect(after.body).toContain('Antwort weitergeleitet');
    expect(after.body).not.toContain(`href="${person.answer}"`);
    expect((await person.browser.visit(person.answer)).body).toContain('Ihre Antwort wurde übermittelt');
    const total = await figures();
    expect([total.submitted - before.submitted, total.delivered - before.delivered, total.answers - before.answers]).toEqual([2, 2, 1]);
    expect((await equation(stage.store, () => true)).balanced).toBe(true);
    expect(stage.portal.output()).not.toContain('90 cm');
  });

  it.each([
    ['its answer was lost', 'drop', 2],
    ['it asked for a pause', '429', 1],
  ])('the office takes it once, though %s', async (_what, fault, sends) => {
    const { person, about } = await asked();
    const form = await openAnswer(person);
    stage.backoffice.faults.set(fault, 1);
    await person.browser.send(person.answer, filled(form, 'Ja', [FILES[0]]));
    await until(async () => ((await lifecycle(person)) === 'in_progress' ? true : undefined), 'that the question is settled', 30_000);
    expect(about.answers.map((one) => [one.text, one.sends])).toEqual([['Ja', sends]]);
    expect((await equation(stage.store, () => true)).balanced).toBe(true);
  });

  it('a second question is answered with a second answer', async () => {
    const { person, about } = await asked('Erstens?');
    await person.browser.send(person.answer, filled(await openAnswer(person), 'eins'));
    await until(() => about.answers[0], 'the first answer');
    await until(async () => ((await lifecycle(person)) === 'in_progress' ? true : undefined), 'that the question is settled');
    await ask(stage, about, 'Zweitens?');
    const form = await openAnswer(person);
    expect(form.body).toContain('Zweitens?');
    expect(form.body).not.toContain('Erstens?');
    await person.browser.send(person.answer, filled(form, 'zwei'));
    await until(() => about.answers[1], 'the second answer');
    expect(about.answers.map(({ key, text, asked: texts }) => [key, text, texts])).toEqual([
      [`${about.key}:1`, 'eins', ['Erstens?']],
      [`${about.key}:2`, 'zwei', ['Zweitens?']],
    ]);
  });

  it('asked twice before there is an answer: both are read, and one answer goes to both', async () => {
    const { person, about } = await asked('Erstens?');
    const old = await openAnswer(person);
    await ask(stage, about, 'Zweitens?');
    const late = await person.browser.send(person.answer, filled(old, 'zum ersten', [FILES[0]]));
    expect(late.status).toBe(409);
    // nothing is lost: the text, the file, and both questions are there
    for (const text of ['zum ersten', 'Mietvertrag.pdf', 'Erstens?', 'Zweitens?', 'hat sich inzwischen geändert'])
      expect(late.body).toContain(text);
    expect((await person.browser.send(person.answer, filled(late, 'zu beiden'))).status).toBe(303);
    const answer = await until(() => about.answers[0], 'the answer');
    expect(answer).toMatchObject({ text: 'zu beiden', asked: ['Erstens?', 'Zweitens?'] });
    expect(answer.attachments.map(({ name }) => name)).toEqual(['Mietvertrag.pdf']);
  });
});

describe('nothing that was typed or uploaded is lost', () => {
  it('an empty answer, a wrong file and a good one: the text and the good file are there again', async () => {
    const { person, about } = await asked();
    const form = await openAnswer(person);
    const empty = await person.browser.send(person.answer, filled(form, '  \n '));
    expect(empty.status).toBe(422);
    expect(empty.body).toContain('Schreiben Sie eine Antwort oder laden Sie eine Datei hoch');
    const mixed = await person.browser.send(
      person.answer,
      filled(form, 'Mein Text', [FILES[0], { field: 'files', name: 'Programm.exe', bytes: Buffer.from('MZ no picture') }]),
    );
    expect(mixed.status).toBe(422);
    expect(mixed.body).toContain('Mein Text');
    expect(mixed.body).toContain('Mietvertrag.pdf');
    expect(mixed.body).toContain('in einem dieser Formate');
    expect(about.answers).toEqual([]);
    // the same file again counts once, and can be taken back
    const again = await person.browser.send(
      person.answer,
      multipart(
        [
          ['question', hidden(mixed.body, 'question')!],
          ['text', 'Mein Text'],
          ['_remove', hidden(mixed.body, '_remove') ?? /name="_remove"\s+value="([^"]+)"/.exec(mixed.body)![1]!],
        ],
        [FILES[0], FILES[1]],
      ),
    );
    expect(again.body.match(/class="file/g)).toHaveLength(2);
    expect((await person.browser.send(person.answer, filled(again, 'Mein Text'))).status).toBe(303);
    const answer = await until(() => about.answers[0], 'the answer');
    expect(answer.attachments.map(({ name }) => name).sort()).toEqual(FILES.map(({ name }) => name).sort());
  });

  it('too large, too many, too long', async () => {
    const { person } = await asked();
    const form = await openAnswer(person);
    const large = await person.browser.send(
      person.answer,
      filled(form, 'groß', [{ field: 'files', name: 'gross.pdf', bytes: Buffer.concat([FILES[0].bytes, Buffer.alloc(10_000_001)]) }]),
    );
    expect([large.status, large.body.includes('höchstens 10 MB'), large.body.includes('groß')]).toEqual([422, true, true]);
    const many = Array.from({ length: 11 }, (_, n) => ({ field: 'files', name: `${n}.pdf` }));
    const full = await person.browser.send(person.answer, filled(form, 'viele', many));
    expect([full.status, full.body.includes('höchstens 10 übrig'), full.body.match(/class="file/g)?.length]).toEqual([422, true, 10]);
    const long = await person.browser.send(person.answer, filled(form, 'x'.repeat(5_001)));
    expect([long.status, long.body.includes('x'.repeat(5_001))]).toEqual([422, true]);
  });

  it('the hour is over while somebody writes: the text is there, nothing of the case is, and the second factor sends it with its files', async () => {
    const { person, about } = await asked();
    const form = await openAnswer(person);
    const later = new PlainBrowser(stage.portal.port);
    const locked = await later.send(person.answer, filled(form, 'Mein langer Text', [FILES[0]]));
    expect(locked.status).toBe(422);
    expect(locked.body).toContain('Mein langer Text');
    expect(locked.body).toContain('Ihre Anmeldung ist abgelaufen');
    for (const secret of ['Wie hoch', 'Mietvertrag', 'Sperrmüll']) expect(locked.body).not.toContain(secret);
    const post = (factor: string) =>
      later.send(
        person.answer,
        multipart(
          [
            ['question', hidden(locked.body, 'question')!],
            ['factor', factor],
            ['text', 'Mein langer Text'],
          ],
          [FILES[0]],
        ),
      );
    const wrong = await post(String((Number(person.pin) + 1) % 10_000).padStart(4, '0'));
    expect([wrong.status, wrong.body.includes('Mein langer Text'), wrong.body.includes('passen nicht zusammen')]).toEqual([
      422,
      true,
      true,
    ]);
    expect((await post(person.pin)).status).toBe(303);
    const answer = await until(() => about.answers[0], 'the answer');
    expect([answer.text, answer.attachments.length]).toEqual(['Mein langer Text', 1]);
  });
});

describe('one question, one answer', () => {
  it('ten posts at once and the same again later are one answer', async () => {
    const { person, about } = await asked();
    const form = await openAnswer(person);
    const all = await Promise.all(
      Array.from({ length: 10 }, (_, n) => person.browser.send(person.answer, filled(form, `Antwort ${n}`, [FILES[0], FILES[1]]))),
    );
    expect(all.map((one) => one.status)).toEqual(Array(10).fill(303));
    const first = await until(() => about.answers[0], 'the answer');
    expect((await person.browser.send(person.answer, filled(form, 'eine andere'))).status).toBe(303);
    const sent = await person.browser.visit(person.answer);
    expect(sent.body).toContain(first.text);
    expect(sent.body).not.toContain('eine andere');
    const { rows } = await stage.owner.query<{ followups: number; deliveries: number }>(
      `select (select count(*)::int from followup f where f.submission_id = s.id) as followups,
              (select count(*)::int from delivery w where w.submission_id = s.id and w.followup_id is not null) as deliveries
       from submission s where s.reference = $1`,
      [person.reference],
    );
    expect(rows).toEqual([{ followups: 1, deliveries: 1 }]);
    expect(first.attachments).toHaveLength(2);
    expect(about.answers).toHaveLength(1);
  });

  it('a question that was withdrawn says so, and what was written can be copied', async () => {
    const { person, about } = await asked();
    const form = await openAnswer(person);
    await tell(stage, about, 'in_progress');
    const page = await person.browser.visit(person.answer);
    expect([page.status, page.body.includes('Zurzeit wird nichts von Ihnen gebraucht')]).toEqual([200, true]);
    const late = await person.browser.send(person.answer, filled(form, 'zu spät', [FILES[0]]));
    expect(late.status).toBe(409);
    for (const text of ['zu spät', 'Es wurde nicht gesendet', 'Zurzeit wird nichts']) expect(late.body).toContain(text);
    expect(about.answers).toEqual([]);
  });

  it('the lifecycle waits for the answer to arrive, and a newer question keeps it', async () => {
    const { person, about } = await asked('Erstens?');
    stage.backoffice.faults.set('500', 0);
    await person.browser.send(person.answer, filled(await openAnswer(person), 'eins'));
    expect(await lifecycle(person)).toBe('information_requested');
    const waiting = await person.browser.visit(person.page);
    expect(waiting.body).toContain('Wir leiten sie an die zuständige Stelle weiter');
    expect(waiting.body).not.toContain(`href="${person.answer}"`);
    await ask(stage, about, 'Zweitens?');
    stage.backoffice.faults.set('none', 0);
    await stage.owner.query(`update delivery set next_at = now() where state = 'queued'`);
    await stage.owner.query(`update destination set failures = 0, open_until = null`);
    await until(() => about.answers[0], 'the first answer');
    await until(
      async () => ((await person.browser.visit(person.page)).body.includes('Antwort weitergeleitet') ? true : undefined),
      'its arrival',
    );
    expect(await lifecycle(person)).toBe('information_requested');
    expect((await openAnswer(person)).body).toContain('Zweitens?');
  });
});
