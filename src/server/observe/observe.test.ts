import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { DeliveryFigures } from '#server/store';
import { createLogger, createMetrics, EVENTS, STORE_EVENTS, type EventName } from './index.ts';

function logged(work: (log: ReturnType<typeof createLogger>) => void, level = 'info'): string[] {
  const lines: string[] = [];
  work(createLogger(level, (line) => lines.push(line)));
  return lines;
}

/** What persons type, and what systems say about them. */
const CANARIES = [
  'Max Mustermann',
  'Łukasz Kanarek',
  'kanarek@example.org',
  '+49 170 1234567',
  'DE02120300000000202051',
  'DE02 1203 0000 0000 2020 51',
  'Rathausplatz 1, 12345 Musterstadt',
  'B-KA 1234',
  'invalid input syntax: "Kanarek"',
  'line one\nat Kanarek',
  'bearer eyJhbGciOi.abc.def',
  'x'.repeat(2_000),
];

describe('S18: personal data and the log', () => {
  // texts of operators' own documents are the only free text; they are told at start, before anybody can type
  const events = (Object.keys(EVENTS) as EventName[]).filter((event) => !Object.values<string>(EVENTS[event]).includes('text'));

  it.each(events)('%s: no field lets it through, in no spelling, as text, error, object or list', (event) => {
    for (const canary of CANARIES) {
      const error = Object.assign(new Error(canary), { name: canary, detail: canary, code: canary });
      for (const value of [canary, error, { name: canary }, [canary], new Map([[canary, canary]])]) {
        const fields = Object.fromEntries(
          [...Object.keys(EVENTS[event]), 'answer', 'email', 'msg', 'err', 'level', 'event'].map((name) => [name, value]),
        );
        const [line] = logged((log) => log.error(event, { ...fields, error: (error.stack ?? '').slice(0, 300), ...fields }));
        expect(line).not.toContain(canary.slice(0, 60).split('\n')[0]);
        expect(Object.keys(JSON.parse(line!) as object)).toEqual(expect.arrayContaining(['level', 'time', 'event']));
      }
    }
  });

  it('an event that is not in the table leaves no word of itself', () => {
    const [line] = logged((log) => log.warn('Max Mustermann called' as EventName, { reason: 'Max' }));
    expect(JSON.parse(line!)).toMatchObject({ level: 'warn', event: 'unnamed' });
    expect(line).not.toContain('Max');
    const [name] = logged((log) => log.info('constructor' as EventName));
    expect(JSON.parse(name!)).toMatchObject({ event: 'unnamed' });
  });

  it('a stack trace keeps places of programs and nothing else', () => {
    const [line] = logged((log) =>
      log.error('request_failed', {
        place:
          'at postPage ($1/server/web/question.ts:12:3) < Max Mustermann said < at async Object.handle (node:internal/x:1:2) < at Max: Mustermann',
      }),
    );
    expect((JSON.parse(line!) as { place: string }).place).toBe(
      'at postPage ($1/server/web/question.ts:12:3) < at async Object.handle (node:internal/x:1:2)',
    );
  });
});

describe('S6: a line is one line', () => {
  it.each(['\n', '\r\n', '\u2028', '\u0000', '\u001b[31m'])('%j does not break it', (mark) => {
    const lines = logged((log) =>
      log.error('configuration', { file: `a${mark}b`, message: `{"event":"forged"}${mark}{"event":"forged"}` }),
    );
    expect(lines).toHaveLength(1);
    expect(lines[0]!.trimEnd().split(/[\n\r\u2028]/)).toHaveLength(1);
    expect(JSON.parse(lines[0]!)).toMatchObject({ event: 'configuration' });
  });
});

describe('the log', () => {
  it('has what is needed: event, level, time, allowed fields', () => {
    const fields = {
      municipality: 'musterstadt',
      destination: 'demo',
      delivery: 'a3bb189e-8bf9-4888-9912-ace4e6543002',
      attempt: 3,
      outcome: 'retry',
      status: 503,
      reason: 'answer-503',
      held: true,
      milliseconds: 12,
    };
    const [line] = logged((log) => log.info('delivery', { ...fields, payload: 'x' }));
    expect(JSON.parse(line!)).toEqual({ level: 'info', time: expect.stringMatching(/^\d{4}-.*Z$/), event: 'delivery', ...fields });
  });

  it('has levels, and survives one that does not exist', () => {
    const all = (log: ReturnType<typeof createLogger>) => (log.info('swept'), log.warn('worker_failed'), log.error('edge_failed'));
    expect(logged(all, 'warn')).toHaveLength(2);
    expect(logged(all, 'silent')).toHaveLength(0);
    expect(logged(all, 'chatty')).toHaveLength(3);
  });

  it('knows every sentence of the store', () => {
    const folder = join(import.meta.dirname, '../store');
    const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
      (name) => name.endsWith('.ts') && !name.endsWith('.test.ts'),
    );
    const text = sources.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n');
    const said = [...text.matchAll(/ogger\.(?:info|warn|error)\(\s*\{[^}]*\},\s*(child \? )?'([^']+)'(?: : '([^']+)')?/g)].flatMap(
      (found) => [found[2], found[3]].filter((one) => one !== undefined),
    );
    expect(said.length).toBeGreaterThanOrEqual(10);
    for (const sentence of said) expect([sentence, Object.hasOwn(STORE_EVENTS, sentence)]).toEqual([sentence, true]);
  });
});

describe('metrics', () => {
  const row: DeliveryFigures = {
    municipality: 'musterstadt',
    destination: 'demo',
    submitted: 7,
    answers: 2,
    queued: 1,
    sending: 2,
    delivered: 3,
    parked: 1,
    unknown: 0,
    waiting: 0,
    failures: 0,
    rests: 0,
    oldestQueued: 61.5,
    breaker: 'open',
  };

  it('tell how many a destination has not taken for too long', async () => {
    const late = { municipality: 'musterstadt', destination: 'demo', delivery: 'x', seconds: 90_000 };
    const text = await createMetrics({ figures: async () => [row], unaccepted: async () => [late, late] }).text();
    expect(text).toContain('schalter_deliveries_unaccepted{municipality="musterstadt",destination="demo"} 2');
    expect(text).toContain('schalter_deliveries{municipality="musterstadt",destination="demo",state="waiting"} 0');
    expect(text).toContain('schalter_deliveries_answers{municipality="musterstadt",destination="demo"} 2');
  });

  it('tell the equation, the breaker and the age of the longest waiting', async () => {
    const text = await createMetrics({ unaccepted: async () => [], figures: async () => [row] }).text();
    const about = 'municipality="musterstadt",destination="demo"';
    for (const state of ['submitted', 'queued', 'sending', 'delivered', 'parked', 'unknown', 'waiting'] as const)
      expect(text).toContain(`schalter_deliveries{${about},state="${state}"} ${row[state]}`);
    expect(text).toContain(`schalter_delivery_oldest_queued_seconds{${about}} 61.5`);
    expect(text).toContain(`schalter_destination_breaker{${about}} 2`);
    expect(text).toContain('process_cpu_seconds_total');
  });

  it('ask the database once for many scrapes, and again later', async () => {
    let asked = 0;
    const metrics = createMetrics({
      unaccepted: async () => [],
      figures: async () => ((asked += 1), [{ ...row, queued: asked }]),
      keep: 60,
    });
    await Promise.all([metrics.text(), metrics.text(), metrics.text()]);
    expect(asked).toBe(1);
    await new Promise((wait) => setTimeout(wait, 100));
    expect(await metrics.text()).toContain('state="queued"} 2');
  });

  it('without a database leave the figures out and keep the rest', async () => {
    const failures: string[] = [];
    let away = false;
    const figures = async () => (away ? Promise.reject(new Error('away')) : [row]);
    const metrics = createMetrics({ unaccepted: async () => [], figures, failed: (error) => failures.push(error.message), keep: 0 });
    expect(await metrics.text()).toContain('schalter_deliveries{');
    away = true;
    await new Promise((wait) => setTimeout(wait, 20));
    const text = await metrics.text();
    expect(text).not.toContain('schalter_deliveries{');
    expect(text).toContain('process_cpu_seconds_total');
    expect(failures).toEqual(['away']);
  });

  it('count requests by route, attempts by outcome, call-backs by answer', async () => {
    const metrics = createMetrics({ unaccepted: async () => [], figures: async () => [] });
    metrics.request('GET', '/[lang=lang]/status/[reference]', 200, 12);
    metrics.request('BREW', undefined, 404, 1);
    metrics.attempt({ municipality: 'musterstadt', destination: 'demo' }, 'delivered', 0.2);
    metrics.callback(401);
    const text = await metrics.text();
    expect(text).toContain('schalter_request_seconds_count{method="GET",route="/[lang=lang]/status/[reference]",status="2xx"} 1');
    expect(text).toContain('schalter_request_seconds_count{method="other",route="none",status="4xx"} 1');
    expect(text).toContain('schalter_delivery_attempt_seconds_count{municipality="musterstadt",destination="demo",outcome="delivered"} 1');
    expect(text).toContain('schalter_callbacks_total{status="401"} 1');
  });
});
