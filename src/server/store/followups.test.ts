/** Answers in the database: one for a question, in one transaction with its delivery, in the equation on both sides, and never elsewhere. */
import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { testDatabase } from '../../../tests/postgres.ts';
import {
  answerQuestion,
  claimDeliveries,
  deliveryFigures,
  deliveryGaps,
  finishDelivery,
  followupsOf,
  openQuestion,
  recordStatus,
  submissionById,
  submitApplication,
  timeline,
  type NewFollowup,
} from './index.ts';
import { draftIn, handsIn, submitOf } from './rows.fixture.ts';

const { store, owner } = await testDatabase();

let towns = 0;
async function handedIn(destinations = ['office']) {
  const municipality = `stadt-${(towns += 1)}`;
  const draft = await draftIn(store, municipality);
  const submit = submitOf(draft, destinations);
  await submitApplication(store, submit);
  for (const one of (await claimDeliveries(store, 100, 60_000)).filter((claimed) => claimed.municipality === municipality)) {
    expect(one.answer).toBeNull();
    await finishDelivery(store, one);
  }
  return { municipality, submission: submit.id, application: draft.id };
}
type Case = Awaited<ReturnType<typeof handedIn>>;

const news = ({ municipality, submission }: Case, status: string, from: string[], source = 'backoffice:office') =>
  recordStatus(store, {
    municipality,
    submission,
    status,
    at: new Date(),
    source,
    textKey: null,
    textSealed: null,
    externalId: `${source}:${randomUUID()}`,
    lifecycle: { to: status, from },
  });
const ask = (of: Case, source?: string) => news(of, 'information_requested', ['forwarded', 'in_progress'], source);
const lifecycle = async ({ municipality, submission }: Case) => (await submissionById(store, municipality, submission))!.lifecycle;

const answerOf = ({ municipality, submission }: Case, event: string, more: Partial<NewFollowup> = {}): NewFollowup => ({
  municipality,
  submission,
  event,
  id: randomUUID(),
  delivery: randomUUID(),
  n: 1,
  channel: 'online',
  contents: randomBytes(40),
  payloadSha256: randomBytes(32),
  envelope: randomBytes(40),
  adapter: 'http-json',
  answeredAt: new Date(),
  files: [],
  ...more,
});

const mine = async ({ municipality }: Case) => {
  const figures = (await deliveryFigures(store)).filter((one) => one.municipality === municipality);
  const gaps = (await deliveryGaps(store, 100)).filter((one) => one.municipality === municipality);
  return { figures: figures.map(({ submitted, answers, queued, delivered }) => ({ submitted, answers, queued, delivered })), gaps };
};

describe('the open question', () => {
  it('is the newest, asked by who has the application, until it is answered or withdrawn', async () => {
    const one = await handedIn();
    const question = () => openQuestion(store, one.municipality, one.submission);
    expect(await question()).toBeUndefined();
    await ask(one);
    const first = (await question())!;
    expect(first).toMatchObject({ destination: 'office', n: 1 });
    await ask(one);
    const second = (await question())!;
    expect(Number(second.event)).toBeGreaterThan(Number(first.event));
    expect((await answerQuestion(store, answerOf(one, first.event))).outcome).toBe('closed');
    expect((await answerQuestion(store, answerOf(one, second.event))).outcome).toBe('answered');
    expect(await question()).toBeUndefined();
    await ask(one);
    expect(await question()).toMatchObject({ n: 2 });
    await news(one, 'decided', ['information_requested']);
    expect(await question()).toBeUndefined();
  });

  it('of an office that the application left is none', async () => {
    const one = await handedIn();
    await ask(one, 'backoffice:elsewhere');
    expect(await openQuestion(store, one.municipality, one.submission)).toBeUndefined();
    await ask(one);
    expect(await openQuestion(store, one.municipality, one.submission)).toBeDefined();
    await owner.query(`update delivery set state = 'redirected', delivered_at = null where submission_id = $1`, [one.submission]);
    expect(await openQuestion(store, one.municipality, one.submission)).toBeUndefined();
  });
});

describe('an answer', () => {
  it('twenty at once are one, whatever they say', async () => {
    const one = await handedIn();
    await ask(one);
    const { event } = (await openQuestion(store, one.municipality, one.submission))!;
    const all = await Promise.all(Array.from({ length: 20 }, () => answerQuestion(store, answerOf(one, event))));
    expect(all.filter(({ outcome }) => outcome === 'answered')).toHaveLength(1);
    expect(all.filter(({ outcome }) => outcome === 'replayed')).toHaveLength(19);
    expect(new Set(all.map(({ id }) => id)).size).toBe(1);
    const [given, ...more] = await followupsOf(store, one.municipality, one.submission);
    expect(more).toEqual([]);
    expect(given).toMatchObject({ id: all[0]!.id, event, n: 1, destination: 'office', delivered: false });
    expect(await mine(one)).toEqual({ figures: [{ submitted: 2, answers: 1, queued: 1, delivered: 1 }], gaps: [] });
  });

  it('is claimed with its number, and what it settles is settled when it has arrived', async () => {
    const one = await handedIn();
    await ask(one);
    const { event } = (await openQuestion(store, one.municipality, one.submission))!;
    await answerQuestion(store, answerOf(one, event));
    expect(await lifecycle(one)).toBe('information_requested');
    const claimed = (await claimDeliveries(store, 100, 60_000)).find((delivery) => delivery.submission === one.submission)!;
    expect(claimed).toMatchObject({ answer: 1, idempotencyKey: `${one.submission}:office:1`, destination: 'office' });
    await finishDelivery(store, claimed);
    expect(await lifecycle(one)).toBe('in_progress');
    const statuses = (await timeline(store, one.municipality, one.submission)).map(({ status }) => status);
    expect(statuses).toEqual(['submitted', 'forwarded', 'information_requested', 'answered', 'answer_forwarded']);
    expect(await mine(one)).toEqual({ figures: [{ submitted: 2, answers: 1, queued: 0, delivered: 2 }], gaps: [] });
  });

  it('that arrives late turns nothing back', async () => {
    const one = await handedIn();
    await ask(one);
    const { event } = (await openQuestion(store, one.municipality, one.submission))!;
    await answerQuestion(store, answerOf(one, event));
    await news(one, 'decided', ['information_requested']);
    await finishDelivery(
      store,
      (await claimDeliveries(store, 100, 60_000)).find((delivery) => delivery.submission === one.submission)!,
    );
    expect(await lifecycle(one)).toBe('decided');
  });

  it('neither keeps its application from being forwarded nor stands for it', async () => {
    const municipality = `stadt-${(towns += 1)}`;
    const draft = await draftIn(store, municipality);
    const submit = submitOf(draft);
    await submitApplication(store, submit);
    const one = { municipality, submission: submit.id, application: draft.id };
    // the office was faster than the end of our waiting
    await news(one, 'information_requested', ['submitted']);
    const { event } = (await openQuestion(store, municipality, submit.id))!;
    await answerQuestion(store, answerOf(one, event));
    const claimed = (await claimDeliveries(store, 100, 60_000)).filter((delivery) => delivery.submission === submit.id);
    expect(claimed).toHaveLength(2);
    await finishDelivery(
      store,
      claimed.find(({ answer }) => answer === 1)!,
    );
    const statuses = async () => (await timeline(store, municipality, submit.id)).map(({ status }) => status);
    expect(await statuses()).not.toContain('forwarded');
    await finishDelivery(
      store,
      claimed.find(({ answer }) => answer === null)!,
    );
    expect(await statuses()).toContain('forwarded');
  });

  it('with a file that is not there, or a number that is not its own, is read again', async () => {
    const one = await handedIn();
    await ask(one);
    const { event } = (await openQuestion(store, one.municipality, one.submission))!;
    expect((await answerQuestion(store, answerOf(one, event, { files: [randomUUID()] }))).outcome).toBe('changed');
    expect((await answerQuestion(store, answerOf(one, event, { n: 2 }))).outcome).toBe('changed');
    expect(await followupsOf(store, one.municipality, one.submission)).toEqual([]);
    expect(await mine(one)).toEqual({ figures: [{ submitted: 1, answers: 0, queued: 0, delivered: 1 }], gaps: [] });
  });

  it('by staff takes a living session with a role that serves citizens', async () => {
    const one = await handedIn();
    await ask(one);
    const { event } = (await openQuestion(store, one.municipality, one.submission))!;
    const outcome = async (staff: Buffer) => (await answerQuestion(store, answerOf(one, event, { staff }))).outcome;
    expect(await outcome(randomBytes(32))).toBe('forbidden');
    expect(await outcome((await handsIn(store, 'elsewhere')).staff)).toBe('forbidden');
    expect(await outcome((await handsIn(store, one.municipality, 'Operator', ['deliveries'])).staff)).toBe('forbidden');
    expect(await outcome((await handsIn(store, one.municipality)).staff)).toBe('answered');
  });
});

describe('the equation finds', () => {
  async function answered() {
    const one = await handedIn();
    await ask(one);
    const { event } = (await openQuestion(store, one.municipality, one.submission))!;
    await answerQuestion(store, answerOf(one, event));
    return one;
  }

  it('an answer whose delivery is gone, though the sums are made up by a delivery that nobody ordered', async () => {
    const one = await answered();
    await owner.query(`delete from delivery where submission_id = $1 and followup_id is not null`, [one.submission]);
    expect(await mine(one)).toMatchObject({
      figures: [{ submitted: 2, queued: 0, delivered: 1 }],
      gaps: [{ kind: 'missing', submission: one.submission, destination: 'office' }],
    });
  });

  it('an answer that is led to somebody else', async () => {
    const one = await answered();
    await owner.query(`insert into destination (municipality, id) values ($1, 'elsewhere')`, [one.municipality]);
    await owner.query(`update delivery set destination = 'elsewhere' where submission_id = $1 and followup_id is not null`, [
      one.submission,
    ]);
    const { gaps } = await mine(one);
    expect(gaps.map(({ kind, destination }) => [kind, destination]).sort()).toEqual([
      ['missing', 'office'],
      ['stray', 'elsewhere'],
    ]);
  });

  it('an application that is gone while its answer is there', async () => {
    const one = await answered();
    await owner.query(`delete from delivery_attempt where municipality = $1`, [one.municipality]);
    await owner.query(`delete from delivery where submission_id = $1 and followup_id is null`, [one.submission]);
    expect((await mine(one)).gaps).toEqual([
      { municipality: one.municipality, submission: one.submission, destination: 'office', kind: 'missing' },
    ]);
  });
});
