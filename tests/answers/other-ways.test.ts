/** Answers on the ways that are not `http-json`: by SOAP, on paper, and where an office's own mapping takes none. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sign } from '../../src/server/delivery/signature.ts';
import { logIn } from '../counter/staff.ts';
import { journey, openStage, submit, type Stage } from '../hostile/stage.ts';
import { PlainBrowser, SECRET } from '../portal.ts';
import { until } from '../travel.ts';
import { applicant, ask, caseOf, FILES, filled, openAnswer } from './asked.ts';

let stage: Stage;
beforeAll(async () => {
  const paper = { id: 'paper', name: 'Amt ohne Webdienst', adapter: 'print', secrets: ['env:DEMO_BACKOFFICE_SECRET'] };
  const mapped = {
    id: 'mapped',
    name: 'Amt mit eigener Nachricht',
    adapter: 'soap',
    url: 'http://127.0.0.1:9/soap',
    message: [{ element: 'id', from: 'id' }],
    secrets: ['env:DEMO_BACKOFFICE_SECRET'],
    allowHttp: true,
    allowPrivate: true,
  };
  stage = await openStage({
    identity: 'demo',
    destinations: [paper, mapped],
    serves: { 'bulky-waste': 'demo-soap', 'dog-tax': 'paper', 'resident-parking': 'mapped' },
  });
}, 90_000);
afterAll(() => stage?.close());

/** An office that is no program of ours calls back. */
async function callBack(reference: string, destination: string, text: string): Promise<void> {
  const { rows } = await stage.owner.query<{ id: string }>('select id from submission where reference = $1', [reference]);
  const eventId = randomUUID();
  const news = {
    type: 'status',
    eventId,
    id: `${rows[0]!.id}:${destination}`,
    status: 'information_requested',
    at: new Date().toISOString(),
    text,
  };
  const body = Buffer.from(JSON.stringify(news));
  const answer = await new PlainBrowser(stage.portal.port).send(
    '/api/v1/status',
    { body, type: 'application/json' },
    sign([SECRET], eventId, body, Date.now()),
  );
  expect(answer.status).toBe(200);
}

const stateOf = async (reference: string) =>
  (
    await stage.owner.query<{ state: string; lifecycle: string }>(
      `select w.state, a.lifecycle from delivery w join submission s on s.id = w.submission_id join application a on a.id = s.application_id
       where s.reference = $1 and w.followup_id is not null`,
      [reference],
    )
  ).rows[0];

it('by SOAP it comes with its files through the operation that applications come through', async () => {
  const person = await applicant(stage);
  const about = await caseOf(stage, person);
  await ask(stage, about, 'Wie hoch ist das Sofa?');
  await person.browser.send(person.answer, filled(await openAnswer(person), '90 cm', FILES));
  const answer = await until(() => about.answers[0], 'the answer by SOAP');
  expect(answer).toMatchObject({ text: '90 cm', asked: ['Wie hoch ist das Sofa?'], sends: 1 });
  expect(answer.attachments).toHaveLength(2);
  await until(async () => ((await stateOf(person.reference))?.lifecycle === 'in_progress' ? true : undefined), 'that it is settled');
});

it('on paper it lies in the print queue as an answer, with what was asked and its files, and is delivered once it is printed', async () => {
  const citizen = new PlainBrowser(stage.portal.port);
  const reference = await submit(citizen, journey('dog-tax', 'one-small-dog'));
  await callBack(reference, 'paper', 'Welche Rasse hat der Hund?');
  const address = `/de/status/${reference}/answer`;
  await citizen.send(address, filled(await citizen.visit(address), 'Ein Pudel', [FILES[0]]));
  const post = new PlainBrowser(stage.portal.port);
  await logIn(stage, post, 'drossel', { station: 'rathaus/post' });
  const list = await until(async () => {
    const { body } = await post.send('/de/counter/prints');
    return body.includes('Antwort 1 auf eine Rückfrage') ? body : undefined;
  }, 'the answer in the print queue');
  const { rows } = await stage.owner.query<{ id: string }>(
    `select w.id from delivery w join submission s on s.id = w.submission_id where s.reference = $1 and w.followup_id is not null`,
    [reference],
  );
  const path = `/de/counter/prints/${rows[0]!.id}`;
  expect(list).toContain(`href="${path}"`);
  const page = await post.send(path);
  expect(page.body).toContain('Mietvertrag.pdf');
  expect(page.body).not.toContain('Pudel');
  const pdf = await post.send(`${path}/application.pdf`);
  expect([pdf.status, pdf.headers['content-disposition'], pdf.body.startsWith('%PDF-')]).toEqual([
    200,
    `inline; filename="${reference}-1.pdf"`,
    true,
  ]);
  const file = new RegExp(`href="(${path}/[0-9a-f-]{36})"`).exec(page.body)![1]!;
  expect((await post.send(file)).status).toBe(200);
  expect(await stateOf(reference)).toEqual({ state: 'waiting', lifecycle: 'information_requested' });
  expect((await post.send(path, [['do', 'printed']])).body).toContain('ist gedruckt');
  expect(await stateOf(reference)).toEqual({ state: 'delivered', lifecycle: 'in_progress' });
});

it('where an office has a mapping of its own, nobody is led to a page that leads nowhere; the desk and the log say why', async () => {
  const citizen = new PlainBrowser(stage.portal.port);
  const reference = await submit(citizen, journey('resident-parking', 'new-own-car'));
  await callBack(reference, 'mapped', 'Wo steht das Auto?');
  await until(() => (stage.portal.output().includes('"event":"question_unanswerable"') ? true : undefined), 'the word in the log');
  const status = await citizen.visit(`/de/status/${reference}`);
  expect(status.body).toContain('Wo steht das Auto?');
  expect(status.body).toContain('Wenden Sie sich bitte direkt an sie');
  expect(status.body).not.toContain('/answer"');
  const page = await citizen.visit(`/de/status/${reference}/answer`);
  expect(page.body).toContain('Wenden Sie sich bitte direkt an sie');
  const { rows } = await stage.owner.query<{ id: string }>(
    `select max(id)::text as id from status_event where status = 'information_requested'`,
  );
  const posted = await citizen.send(
    `/de/status/${reference}/answer`,
    filled({ body: `name="question" value="${rows[0]!.id}"` }, 'In der Garage'),
  );
  expect([posted.status, posted.body.includes('In der Garage')]).toEqual([409, true]);
  expect(await stateOf(reference)).toBeUndefined();
  const desk = new PlainBrowser(stage.portal.port);
  await logIn(stage, desk, 'falke', { to: '/de/admin/deliveries', station: '' });
  expect((await desk.send('/de/admin/deliveries/mapped')).body).toContain('Nimmt keine Antworten auf Rückfragen an');
  expect((await desk.send('/de/admin/deliveries/demo')).body).not.toContain('Nimmt keine Antworten auf Rückfragen an');
});

it('an answer that the office refuses is parked at the desk, named, without its contents, and goes nowhere else', async () => {
  const person = await applicant(stage);
  const about = await caseOf(stage, person);
  await ask(stage, about, 'Wie hoch?');
  stage.backoffice.faults.set('reject', 1);
  await person.browser.send(person.answer, filled(await openAnswer(person), 'Zaunkönig'));
  await until(async () => ((await stateOf(person.reference))?.state === 'parked' ? true : undefined), 'that it is parked');
  const desk = new PlainBrowser(stage.portal.port);
  await logIn(stage, desk, 'falke', { to: '/de/admin/deliveries', station: '' });
  const list = await desk.send('/de/admin/deliveries/demo-soap?state=parked');
  expect(list.body).toContain('Antwort 1 auf eine Rückfrage');
  const path = /href="(\/de\/admin\/deliveries\/demo-soap\/[0-9a-f-]{36})"/.exec(list.body)![1]!;
  const page = await desk.send(path);
  for (const secret of ['Zaunkönig', 'value="propose"', 'Wie hoch']) expect(page.body).not.toContain(secret);
  expect((await desk.send('/de/admin/deliveries')).body).toMatch(/davon Antworten auf Rückfragen/);
  expect((await desk.send(path, [['do', 'again']])).status).toBe(200);
  expect((await until(() => about.answers[0], 'the answer')).text).toBe('Zaunkönig');
});
