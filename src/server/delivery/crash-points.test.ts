/**
 * Every point at which a worker can die between its claim and the end of an attempt, for every protocol that sends at once, with an application and with the
 * answer to a question: the next worker ends with it there, under one key; and where the receiver would take it twice, nothing is sent again that may have arrived.
 */
import { describe, expect, it } from 'vitest';
import { testDatabase } from '../../../tests/postgres.ts';
import type { DestinationDocument } from '#server/config';
import { claimDeliveries } from '#server/store';
import { identity } from '../network/certificates.fixture.ts';
import { openPostOffice } from '../mail/smtp.fixture.ts';
import { attempt } from './attempt.ts';
import {
  answerWith,
  askAndAnswer,
  eventually,
  handIn,
  openOffice,
  openTestFile,
  SECRET,
  testKeys,
  testSummary,
} from './deliveries.fixture.ts';
import { destinationSettings } from './destinations.ts';
import { equation } from './equation.ts';
import { settle } from './settle.ts';
import { taken } from './adapters/soap/soap.fixture.ts';
import { createWorker } from './worker.ts';

const { store, owner } = await testDatabase();
const keys = await testKeys();

interface Receiver {
  readonly document: DestinationDocument;
  /** Keys of what arrived, one for each time. */
  readonly arrived: () => string[];
}

const common = { id: 'office', name: 'Office', allowHttp: true, allowPrivate: true, secrets: ['env:SECRET'] } as const;
const authority = identity({ name: 'authority' });
const own = identity({ name: '127.0.0.1', by: authority, addresses: ['127.0.0.1'] });

const RECEIVERS: Readonly<Record<string, () => Promise<Receiver>>> = {
  'http-json': async () => {
    const office = await openOffice();
    office.react(answerWith(200));
    return {
      document: { ...common, adapter: 'http-json', secrets: ['env:SECRET'], url: office.url },
      arrived: () => office.calls.map((call) => String(call.headers['idempotency-key'])),
    };
  },
  soap: async () => {
    const office = await openOffice();
    office.react(taken);
    return {
      document: { ...common, secrets: ['env:SECRET'], adapter: 'soap', url: office.url },
      arrived: () => office.calls.map((call) => /<k:IdempotencyKey[^>]*>([^<]+)</.exec(call.body.toString())![1]!),
    };
  },
  mail: async () => {
    const office = await openPostOffice({ tls: { cert: own.certificate, key: own.key }, implicit: true });
    return {
      document: {
        ...common,
        secrets: ['env:SECRET'],
        adapter: 'mail',
        server: `smtps://127.0.0.1:${office.port}`,
        from: 'portal@a.example',
        to: 'amt@a.example',
        tls: { ca: 'file:/ca' },
      },
      arrived: () => office.letters.map(({ text }) => /Message-ID:\s+<([^@]+)@/.exec(text)![1]!.replaceAll('.', ':')),
    };
  },
};

/** The worker dies here; `sent`: the application may be on its way by then. */
const POINTS = {
  'after the claim': false,
  'before the first byte': false,
  'after the answer, before anything is written down': true,
  'after everything was written down': true,
} as const;
type Point = keyof typeof POINTS;

class Died extends Error {}

/** What is delivered: its delivery, and its key. */
const KINDS = {
  'an application': async (municipality: string) => {
    const { delivery, submission } = await handIn(store, keys, municipality);
    return { delivery, key: `${submission}:office` };
  },
  'an answer': async (municipality: string) => {
    const application = await handIn(store, keys, municipality);
    await owner.query(`update delivery set state = 'delivered', delivered_at = now() where id = $1`, [application.delivery]);
    return askAndAnswer(store, keys, application);
  },
} as const;
type Kind = keyof typeof KINDS;

let town = 0;
describe.each(Object.keys(RECEIVERS).flatMap((adapter) => (Object.keys(KINDS) as Kind[]).map((kind) => [adapter, kind] as const)))(
  '%s, %s',
  (adapter, kind) => {
    describe.each(['resend', 'manual'] as const)('onUnknown %s', (onUnknown) => {
      it.each(Object.keys(POINTS) as Point[])('killed %s', async (point) => {
        const { document, arrived } = await RECEIVERS[adapter]!();
        const municipality = `stadt-${(town += 1)}`;
        const settings = destinationSettings({ ...document, onUnknown }, (reference) =>
          reference === 'file:/ca' ? authority.certificate : SECRET,
        );
        expect(settings.problems).toEqual([]);
        const { delivery, key } = await KINDS[kind](municipality);
        const options = {
          store,
          keys,
          openAttachment: (_m: string, _a: string, _k: Buffer, id: string) => openTestFile(id),
          summary: testSummary,
          lease: 60_000,
          pause: () => 0,
          mostAttempts: 5,
        };
        const claimed = (await claimDeliveries(store, 100, 60_000)).find((one) => one.id === delivery)!;
        if (point !== 'after the claim') {
          const abort = new AbortController();
          // The lease that cannot be kept is how a worker that dies before its first byte looks from the database.
          if (point === 'before the first byte') abort.abort(new Died());
          const outcome = await attempt(options, claimed, settings, abort);
          if (point === 'before the first byte') expect(arrived()).toEqual([]);
          else expect(outcome).toMatchObject({ kind: 'delivered' });
          if (point === 'after everything was written down') await settle(options, claimed, outcome);
        }
        expect(arrived()).toHaveLength(POINTS[point] ? 1 : 0);
        await owner.query(`update delivery set next_at = now() - interval '1 second' where id = $1 and state = 'sending'`, [delivery]);

        const worker = createWorker({
          ...options,
          destination: (of) => (of === municipality ? settings : undefined),
          logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
          poll: 30,
        });
        await worker.start();
        const doubt = onUnknown === 'manual' && POINTS[point] && point !== 'after everything was written down';
        const state = async () =>
          (await owner.query<{ state: string }>(`select state from delivery where id = $1`, [delivery])).rows[0]!.state;
        const wanted = doubt ? 'unknown' : 'delivered';
        await eventually(async () => (await state()) === wanted);
        await worker.stop();
        expect(new Set(arrived())).toEqual(new Set([key]));
        const again = onUnknown === 'resend' && POINTS[point] && point !== 'after everything was written down';
        expect(arrived()).toHaveLength(again ? 2 : 1);
        expect((await equation(store, () => true)).balanced).toBe(true);
        if (kind === 'an answer') {
          const { rows } = await owner.query<{ lifecycle: string }>(`select lifecycle from application where municipality = $1`, [
            municipality,
          ]);
          expect(rows).toEqual([{ lifecycle: doubt ? 'information_requested' : 'in_progress' }]);
        }
      });
    });
  },
);
