/** R1 for answers: the portal is killed at every named point on the way of an answer, and the citizen, who got no answer, sends again. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ANSWER_POINTS, FAULT_POINTS, type FaultPoint } from '../../src/server/faults/index.ts';
import { applicant, ask, caseOf, FILES, filled, openAnswer } from '../answers/asked.ts';
import { until } from '../travel.ts';
import { checkDeliveries, endLeases, figure, openFaultWorld, times, type FaultWorld } from './world.ts';

const POINTS: readonly FaultPoint[] = [...ANSWER_POINTS, ...FAULT_POINTS.filter((point) => point.startsWith('delivery-'))];

let world: FaultWorld;
beforeAll(async () => {
  world = await openFaultWorld();
}, 90_000);
afterAll(() => world?.close());

/** One kill at a point; gives the reference number, and how often the answer was sent. */
async function killAt(point: FaultPoint): Promise<{ reference: string; sends: number }> {
  const person = await applicant(world);
  const about = await caseOf(world, person);
  await ask(world, about, 'Wie hoch ist das Sofa?');
  const form = filled(await openAnswer(person), `Antwort bei ${point}`, FILES);
  world.arm(point);
  await person.browser.send(person.answer, form).catch(() => undefined);
  await world.death();
  world.arm();
  await endLeases(world);
  await world.restart();
  const again = await person.browser.send(person.answer, form);
  expect([point, again.status, again.location]).toEqual([point, 303, person.answer]);
  const answer = await until(() => about.answers[0], `the answer at ${point}`, 60_000);
  expect([point, answer.text]).toEqual([point, `Antwort bei ${point}`]);
  expect(answer.attachments.map(({ name }) => name).sort()).toEqual(FILES.map(({ name }) => name).sort());
  const settled = `select 1 from application a join submission s on s.application_id = a.id where s.reference = $1 and a.lifecycle = 'in_progress'`;
  await until(async () => ((await world.sql(settled, [person.reference])).length > 0 ? true : undefined), `the end of ${point}`, 60_000);
  return { reference: person.reference, sends: answer.sends };
}

it('killed at any point, every answer exists once and arrives once', { timeout: 3_600_000 }, async () => {
  expect(POINTS.length).toBeGreaterThanOrEqual(10);
  const done: Awaited<ReturnType<typeof killAt>>[] = [];
  for (let round = 0; round < times(1, 10); round += 1) for (const point of POINTS) done.push(await killAt(point));
  const cases = [...world.backoffice.cases.values()];
  expect(cases.map((one) => one.answers.length)).toEqual(cases.map(() => 1));
  await checkDeliveries(
    world,
    done.map(({ reference }) => reference),
    done.length,
  );
  const sends = done.reduce((sum, one) => sum + one.sends, 0);
  figure(
    `R1, answers: ${done.length} kills at ${POINTS.length} points, ${done.length} answers, ${cases.length} effects, ${sends - done.length} repeated transports absorbed`,
  );
});
