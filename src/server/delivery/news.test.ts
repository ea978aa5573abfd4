import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { testDatabase } from '../../../tests/postgres.ts';
import { claimDeliveries, markUnknown, submissionById, syncDestination } from '#server/store';
import { CANARY, handIn, SECRET, settingsFor, testKeys, type HandedIn } from './deliveries.fixture.ts';
import { receiveStatus, statusTimeline } from './news.ts';
import { sign } from './signature.ts';

const { store, owner } = await testDatabase();
const keys = await testKeys();
const log: { event: string; fields: Record<string, unknown> }[] = [];
const note = (event: string, fields: object) => void log.push({ event, fields: { ...fields } });
const others = { ...settingsFor('https://archive.example/'), id: 'archive', secrets: ['secret-of-the-archive'] };
const office = { ...settingsFor('https://office.example/'), secrets: ['whsec_bmV4dC1zZWNyZXQtb2YtYS10ZXN0', SECRET] };
const context = {
  store,
  keys,
  logger: { info: note, warn: note },
  destination: (municipality: string, id: string) =>
    municipality === 'musterstadt' ? [office, others].find((one) => one.id === id) : undefined,
};

let given: HandedIn;
beforeEach(async () => {
  log.length = 0;
  given = await handIn(store, keys, 'musterstadt');
});

interface Sent {
  body?: Record<string, unknown>;
  secret?: string;
  /** Milliseconds that the sender's clock is off. */
  off?: number;
  webhookId?: string;
  municipality?: string;
  altered?: boolean;
}

async function send({ body = {}, secret = SECRET, off = 0, webhookId, municipality = 'musterstadt', altered }: Sent = {}) {
  const eventId = randomUUID();
  const news = { type: 'status', eventId, id: given.envelopes[0]!.id, status: 'received', at: new Date().toISOString(), ...body };
  const bytes = Buffer.from(JSON.stringify(news));
  const headers = sign([secret], webhookId ?? news.eventId, bytes, Date.now() + off);
  return receiveStatus(context, { id: municipality }, headers, altered ? Buffer.concat([bytes, Buffer.from(' ')]) : bytes);
}

const lifecycle = async () => (await submissionById(store, 'musterstadt', given.submission))!.lifecycle;
const events = async () => {
  const row = (await submissionById(store, 'musterstadt', given.submission))!;
  return statusTimeline(store, keys, 'musterstadt', row);
};

describe('R16: call-backs', () => {
  it('move the application on, and are shown', async () => {
    expect(await send()).toEqual({ status: 200, body: 'recorded' });
    expect(await send({ body: { status: 'in_progress' } })).toMatchObject({ status: 200 });
    expect(await lifecycle()).toBe('in_progress');
    expect((await events()).map((one) => one.status)).toEqual(['submitted', 'received', 'in_progress']);
  });

  it('a question on a way that takes no answers is noted, and told to who runs the portal', async () => {
    const settings = { ...office, adapter: 'fit-connect' } as unknown as typeof office;
    const asked = { ...context, destination: () => settings };
    const news = {
      type: 'status',
      eventId: 'q',
      id: given.envelopes[0]!.id,
      status: 'information_requested',
      at: new Date().toISOString(),
      text: 'Rasse?',
    };
    const body = Buffer.from(JSON.stringify(news));
    expect(await receiveStatus(asked, { id: 'musterstadt' }, sign([SECRET], 'q', body, Date.now()), body)).toMatchObject({ status: 200 });
    expect(log.map((line) => line.event)).toEqual(['callback', 'question_unanswerable']);
    await send({ body: { status: 'information_requested', text: 'Rasse?' } });
    expect(log.map((line) => line.event)).toEqual(['callback', 'question_unanswerable', 'callback']);
  });

  it('doubled, they count once', async () => {
    const eventId = randomUUID();
    expect(await Promise.all([1, 2, 3].map(() => send({ body: { eventId } })))).toEqual(
      expect.arrayContaining([
        { status: 200, body: 'recorded' },
        { status: 200, body: 'replayed' },
      ]),
    );
    expect(await events()).toHaveLength(2);
  });

  const ALL = ['received', 'in_progress', 'information_requested', 'decided'] as const;
  const orders = ALL.flatMap((a) => ALL.filter((b) => b !== a).map((b) => [a, b] as const));
  it.each(orders)('%s and then %s never turns it back', async (first, second) => {
    const rank = (status: string) => (status === 'information_requested' ? 1 : ['received', 'in_progress', 'decided'].indexOf(status));
    await send({ body: { status: first } });
    await send({ body: { status: second, at: new Date(Date.now() - 60_000).toISOString() } });
    const now = await lifecycle();
    expect(rank(now)).toBe(Math.max(rank(first), rank(second)));
  });

  it('late news is noted in its place', async () => {
    await send({ body: { status: 'decided' } });
    const at = new Date(Date.now() - 1).toISOString();
    expect(await send({ body: { status: 'in_progress', at } })).toMatchObject({ status: 200 });
    expect(await lifecycle()).toBe('decided');
    expect((await events()).map((one) => one.status).sort()).toEqual(['decided', 'in_progress', 'submitted']);
  });

  it('news that comes before the answer to the send is taken', async () => {
    await syncDestination(store, 'musterstadt', 'office', { maxInFlight: 1_000, breakerAfter: 5, breakerPause: 1_000 });
    const claimed = (await claimDeliveries(store, 1_000, 60_000)).find((one) => one.submission === given.submission)!;
    expect(claimed.id).toBe(given.delivery);
    expect(await send()).toMatchObject({ status: 200 });
    expect(await lifecycle()).toBe('received');
  });

  it('news about what was in doubt settles the doubt', async () => {
    await syncDestination(store, 'musterstadt', 'office', { maxInFlight: 1_000, breakerAfter: 5, breakerPause: 1_000 });
    const claimed = (await claimDeliveries(store, 1_000, 60_000)).find((one) => one.submission === given.submission)!;
    await markUnknown(store, claimed, { error: 'ECONNRESET' });
    await send();
    expect((await owner.query(`select state from delivery where id = $1`, [given.delivery])).rows).toEqual([{ state: 'delivered' }]);
  });

  const refused: [string, number, Sent | (() => Sent)][] = [
    ['a wrong secret', 401, { secret: 'not-the-shared-secret' }],
    ['the secret of another destination', 401, { secret: others.secrets[0]! }],
    ['an altered body', 401, { altered: true }],
    ['a timestamp of six minutes ago', 401, { off: -360_000 }],
    ['a timestamp six minutes ahead', 401, { off: 360_000 }],
    ['a signature for another event', 401, { webhookId: 'another-event' }],
    ['another municipality', 401, { municipality: 'neudorf' }],
    ['a destination that is unknown', 401, () => ({ body: { id: `${given.submission}:nobody` } })],
    ['a destination that never got it', 404, () => ({ body: { id: `${given.submission}:archive` }, secret: others.secrets[0]! })],
    ['an unknown submission', 404, () => ({ body: { id: `${randomUUID()}:office` } })],
    ['no known status', 400, { body: { status: 'rejected' } }],
    ['a field too many', 400, { body: { admin: true } }],
    ['a time that is none', 400, { body: { at: '2026-13-45T99:00:00Z' } }],
    ['news from the future', 400, { body: { at: '2099-01-01T00:00:00Z' } }],
    ['an id that is none', 400, { body: { id: '../../etc' } }],
    ['a text without an end', 400, { body: { text: 'x'.repeat(2_001) } }],
  ];
  afterAll(() => void process.stdout.write(`R16: ${refused.length} kinds of bad call-backs refused and logged, 0 changes\n`));
  it.each(refused)('%s: refused with %i, logged, and nothing changes', async (_name, status, sent) => {
    expect(await send(typeof sent === 'function' ? sent() : sent)).toMatchObject({ status });
    expect(log.map((line) => line.event)).toEqual(['callback_refused']);
    expect(await lifecycle()).toBe('submitted');
    expect(await events()).toHaveLength(1);
  });

  it.each(['', 'null', '[]', '{', '{"__proto__":{"type":"status"}}', '['.repeat(60_000)])('%s is no call-back', async (text) => {
    expect(await receiveStatus(context, { id: 'musterstadt' }, {}, Buffer.from(text))).toMatchObject({ status: 400 });
  });
});

it(
  'S25: whatever comes as a call-back, signed or not, is answered, and one that is no news changes nothing',
  { timeout: 120_000 },
  async () => {
    const runs = 10_000;
    const statuses = new Map<number, number>();
    /** Mostly what belongs there, and else anything. */
    const or = (right: fc.Arbitrary<unknown>) => fc.oneof({ weight: 19, arbitrary: right }, { weight: 1, arbitrary: fc.jsonValue() });
    const news = fc.record(
      {
        type: or(fc.constant('status')),
        eventId: or(fc.uuid()),
        id: or(fc.constant(given.envelopes[0]!.id)),
        status: or(fc.constantFrom('received', 'in_progress', 'information_requested', 'decided')),
        at: or(fc.constant(new Date().toISOString())),
        text: or(fc.string({ unit: 'binary', maxLength: 3_000 })),
        __proto__: fc.jsonValue(),
      },
      { requiredKeys: ['type', 'eventId', 'id', 'status', 'at'] },
    );
    const bodies = fc.oneof(
      { weight: 4, arbitrary: news.map((one) => JSON.stringify(one)) },
      { weight: 1, arbitrary: fc.json() },
      { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
    );
    const property = fc.asyncProperty(bodies, fc.constantFrom('right', 'wrong', 'none', 'odd'), fc.string(), async (text, signed, odd) => {
      const body = Buffer.from(text);
      const id = /"eventId":"([^"\\]*)"/.exec(text)?.[1] ?? odd;
      const headers =
        signed === 'none'
          ? {}
          : signed === 'odd'
            ? { 'webhook-id': id, 'webhook-timestamp': odd, 'webhook-signature': odd }
            : sign([signed === 'right' ? SECRET : 'another-secret-of-a-test'], id, body, Date.now());
      const begun = performance.now();
      const { status } = await receiveStatus(context, { id: 'musterstadt' }, headers, body);
      expect(performance.now() - begun).toBeLessThan(1_000);
      expect([200, 400, 401, 404]).toContain(status);
      if (status === 200) expect(signed).toBe('right');
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    });
    await fc.assert(property, { numRuns: runs });
    expect(['submitted', 'received', 'in_progress', 'information_requested', 'decided']).toContain(await lifecycle());
    expect([...statuses.keys()].sort()).toEqual([200, 400, 401]);
    process.stdout.write(
      `S25: ${runs} call-backs: ${[...statuses].map(([status, n]) => `${n} × ${status}`).join(', ')}; 0 × 500, none took a second\n`,
    );
  },
);

describe('the text for the citizen', () => {
  it('is shown plain, with its lines, and lies sealed; no log has it', async () => {
    const text = `Bitte reichen Sie nach:\r\n– <b>Ausweis</b> von ${CANARY}\u202e\u0007`;
    await send({ body: { status: 'information_requested', text } });
    expect((await events()).at(-1)).toMatchObject({
      status: 'information_requested',
      text: `Bitte reichen Sie nach:\n– <b>Ausweis</b> von ${CANARY}`,
    });
    const { rows } = await owner.query(`select e::text from status_event e where submission_id = $1`, [given.submission]);
    const seen = JSON.stringify([rows, log]);
    for (const form of ['utf8', 'hex'] as const) expect(seen).not.toContain(Buffer.from(CANARY).toString(form));
  });

  it('that does not open hides nothing else', async () => {
    await send({ body: { text: 'Guten Tag' } });
    await owner.query(
      `update status_event set text_sealed = set_byte(text_sealed, 30, 255 - get_byte(text_sealed, 30))
         where text_sealed is not null and submission_id = $1`,
      [given.submission],
    );
    expect((await events()).map(({ status, text }) => ({ status, text }))).toEqual([
      { status: 'submitted', text: undefined },
      { status: 'received', text: undefined },
    ]);
  });
});
