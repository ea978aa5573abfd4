/** R22: the portal is told to stop while citizens save and deliveries are on their way. */
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { filledIn, until, run, type Pairs } from '../travel.ts';
import { hidden, PlainBrowser } from '../portal.ts';
import { openGate, type Gate } from './gate.ts';
import { allDelivered, checkDeliveries, figure, openFaultWorld, sofa, times, type FaultWorld } from './world.ts';

let world: FaultWorld;
let gate: Gate;
const references: string[] = [];
beforeAll(async () => {
  world = await openFaultWorld();
  gate = await openGate(world);
  await world.kill();
  await world.restart();
}, 90_000);
afterAll(async () => {
  if (gate) gate.delay = 0;
  await world?.close();
  gate?.close();
});

async function handIn(): Promise<void> {
  const browser = new PlainBrowser(world.port);
  const { last, at } = await run(browser, sofa, (step) => step.page.kind === 'check');
  const done = await browser.send(last.path, filledIn(last.body, at!, sofa));
  expect(done.status).toBe(303);
  references.push(done.location!.split('/').at(-1)!);
}

/** A save of which the portal has one half; `finish` sends the rest and gives the first line of the answer. */
async function halfSave(text: string): Promise<{ finish: () => Promise<string>; shown: () => Promise<string> }> {
  const browser = new PlainBrowser(world.port);
  const { last } = await run(browser, sofa, (step) => step.path === 'accessNotes');
  const pairs: Pairs = [
    ['_revision', hidden(last.body, '_revision')!],
    ['pickup.notes', text],
  ];
  const body = new URLSearchParams(pairs).toString();
  const socket = connect(world.port, '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
  const ended = new Promise<void>((done) => socket.once('close', () => done()));
  socket.on('error', () => undefined);
  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const head = [
    `POST ${last.path} HTTP/1.1`,
    `Host: ${browser.host}`,
    `Origin: http://${browser.host}`,
    `Cookie: ${cookie}`,
    'Accept: text/html',
    'Content-Type: application/x-www-form-urlencoded',
    `Content-Length: ${body.length}`,
  ];
  await new Promise<void>((sent) => socket.write(`${head.join('\r\n')}\r\n\r\n${body.slice(0, 10)}`, () => sent()));
  return {
    finish: async () => {
      socket.write(body.slice(10));
      await ended;
      return answer.split('\r\n')[0]!;
    },
    shown: async () => /<textarea[^>]*>([^<]*)</.exec((await browser.send(last.path)).body)?.[1] ?? '',
  };
}

it('R22: finishes what is under way, loses nothing, and leaves nothing behind', { timeout: 600_000 }, async () => {
  const rounds = times(2, 10);
  let slowest = 0;
  for (let round = 0; round < rounds; round += 1) {
    gate.delay = 1_500;
    const saves = await Promise.all([1, 2, 3, 4, 5].map((n) => halfSave(`round ${round}, note ${n}`)));
    await Promise.all([handIn(), handIn(), handIn()]);
    await until(() => (gate.waiting() >= 3 ? true : undefined), 'the sends');
    const begun = performance.now();
    const stopped = world.portal.stop('SIGTERM');
    // the portal has heard it: nobody new is let in
    await until(
      async () => ((await new PlainBrowser(world.port).send('/healthz').catch(() => undefined)) ? undefined : true),
      'the closed door',
    );
    const answers = await Promise.all(saves.map((save) => save.finish()));
    expect(answers).toEqual(saves.map(() => 'HTTP/1.1 303 See Other'));
    expect(await stopped).toBe(0);
    slowest = Math.max(slowest, performance.now() - begun);
    expect(gate.waiting()).toBe(0);
    await world.restart();
    for (const [n, save] of saves.entries()) expect(await save.shown()).toBe(`round ${round}, note ${n + 1}`);
    expect(await world.sql(`select 1 from delivery where state <> 'delivered'`)).toEqual([]);
  }
  await checkDeliveries(world, references);
  const sends = [...world.backoffice.cases.values()].reduce((sum, one) => sum + one.sends, 0);
  expect(sends).toBe(references.length);
  figure(
    `R22: ${rounds} stops, ${rounds * 5} saves and ${references.length} sends under way finished, 0 lost, 0 sent twice, ended after at most ${(slowest / 1000).toFixed(1)} s`,
  );
});

it('R22: a send that does not end is handed back, and the next start claims it at once', { timeout: 120_000 }, async () => {
  gate.delay = Infinity;
  await handIn();
  await until(() => (gate.waiting() > 0 ? true : undefined), 'the send');
  const begun = performance.now();
  expect(await world.portal.stop('SIGTERM')).toBe(0);
  const ended = performance.now() - begun;
  expect(ended).toBeLessThan(20_000);
  gate.delay = 0;
  await world.restart();
  const restarted = performance.now();
  await allDelivered(world, references.length);
  const claimed = performance.now() - restarted;
  await checkDeliveries(world, references);
  figure(
    `R22: with a back office that hangs: stopped after ${(ended / 1000).toFixed(1)} s, delivered ${(claimed / 1000).toFixed(1)} s after the next start`,
  );
});
