import { describe, expect, it } from 'vitest';
import { createLogger, createMetrics } from './index.ts';

function logged(level?: string) {
  const lines: string[] = [];
  return {
    lines,
    last: () => JSON.parse(lines.at(-1)!) as Record<string, unknown>,
    log: createLogger({ level, write: (line) => lines.push(line) }),
  };
}

describe('the log', () => {
  it('writes one JSON line per event, with time, level and name', () => {
    const { lines, last, log } = logged();
    log.warn('delivery', { delivery: '0b7c', attempt: 3, held: true, status: 503 });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^\{.*\}\n$/);
    expect(last()).toEqual({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T/),
      event: 'delivery',
      delivery: '0b7c',
      attempt: 3,
      held: true,
      status: 503,
    });
  });

  it('leaves out every field that is not on the list, and says how many', () => {
    const { lines, last, log } = logged();
    log.info('saved', {
      correlation: 'c-1',
      name: 'Erika Mustermann',
      email: 'erika@example.org',
      answers: { iban: 'DE02' },
      'Erika Mustermann': 1,
    });
    expect(last()).toMatchObject({ correlation: 'c-1', dropped: 4 });
    for (const typed of ['Erika', 'erika@', 'DE02', 'iban', 'answers', 'email']) expect(lines[0]).not.toContain(typed);
  });

  it('leaves out a value of a listed field that is no code', () => {
    const { lines, last, log } = logged();
    log.error('failed', {
      error: 'Key (name)=(Erika Mustermann) exists',
      reason: { secret: 'x' },
      count: Number.NaN,
      applied: ['0001-first', 'two words'],
      service: ['a'],
    });
    expect(last()).toMatchObject({ applied: ['0001-first'], dropped: 4 });
    expect(lines[0]).not.toMatch(/Erika|secret|two words/);
  });

  it('lets sentences through only about the operator’s own files', () => {
    const { last, log } = logged();
    const finding = { file: 'musterstadt.json', place: '/hosts/0', message: 'is no host name', remedy: 'write one' };
    log.error('configuration', finding);
    expect(last()).toMatchObject(finding);
    log.error('answer', finding);
    expect(last()).toMatchObject({ event: 'answer', dropped: 4 });
    log.forStore.warn({ reason: 'connection refused', path: '/var/lib/schalter', pid: 7 }, 'a database connection was lost');
    expect(last()).toMatchObject({ event: 'a database connection was lost', reason: 'connection refused', pid: 7 });
  });

  it('stays one line, whatever the text holds', () => {
    const { lines, last, log } = logged();
    log.error('configuration', { message: `a\r\nb\u2028c\u2029d\u0085e\u001b[31m${'x'.repeat(2000)}` });
    expect(lines[0]!.trimEnd().split(/[\n\r\u2028\u2029\u0085]/)).toHaveLength(1);
    expect(last().message).toMatch(/^a b c d e \[31mx+$/);
    expect(String(last().message).length).toBe(500);
    log.info('a\n{"event":"forged"}');
    expect(lines).toHaveLength(2);
    expect(last().event).toBe('a {"event":"forged"}');
  });

  it('is not confused by names every object has, and cannot be overwritten', () => {
    const { last, log } = logged();
    log.info('odd', JSON.parse('{"__proto__":{"correlation":"x"},"constructor":"y","event":"forged","level":"z"}') as object);
    expect(last()).toMatchObject({ event: 'odd', level: 'info', dropped: 4 });
    expect(last().correlation).toBeUndefined();
  });

  it('takes a level, and a wrong one for info', () => {
    const quiet = logged('error');
    quiet.log.info('x');
    expect(quiet.lines).toHaveLength(0);
    const wrong = logged('loud');
    wrong.log.info('x');
    expect(wrong.lines).toHaveLength(1);
  });
});

describe('metrics', () => {
  it('counts requests by route and class of answer', async () => {
    const metrics = createMetrics();
    metrics.request('GET', 200, 3, '/[lang=lang]/apply/[service]');
    metrics.request('GET', 204, 30, '/[lang=lang]/apply/[service]');
    metrics.request('BREW', 500, 1);
    const text = await metrics.text();
    expect(text).toContain('schalter_requests_total{method="GET",route="/[lang=lang]/apply/[service]",status="2xx"} 2');
    expect(text).toContain('schalter_requests_total{method="other",route="none",status="5xx"} 1');
    expect(text).toContain('schalter_request_seconds_bucket{le="0.005",route="/[lang=lang]/apply/[service]"} 1');
    expect(text).toContain('process_resident_memory_bytes');
    expect(text).toContain('process_cpu_seconds_total');
    expect(metrics.contentType).toContain('text/plain');
  });

  it('does not grow with what is asked for', async () => {
    const metrics = createMetrics();
    for (let index = 0; index < 500; index++) metrics.request('GET', 200, 1, `/made/up/${index}`);
    for (let index = 0; index < 500; index++) metrics.step(`service-${index}`, 1);
    const text = await metrics.text();
    expect(text.match(/^schalter_requests_total\{/gm)).toHaveLength(101);
    expect(text.match(/^schalter_step_seconds_count\{/gm)).toHaveLength(101);
  });

  it('asks its sources when it is read, and outlives one that fails', async () => {
    let parked = 1;
    let broken = false;
    const metrics = createMetrics({
      deliveries: () =>
        broken ? Promise.reject(new Error('no database')) : Promise.resolve({ queued: 2, sending: 0, delivered: 40, parked, unknown: 0 }),
      pool: () => ({ total: 8, idle: 5, waiting: 0 }),
    });
    expect(await metrics.text()).toContain('schalter_deliveries{state="parked"} 1');
    parked = 3;
    expect(await metrics.text()).toContain('schalter_deliveries{state="parked"} 3');
    broken = true;
    const text = await metrics.text();
    expect(text).not.toContain('schalter_deliveries{');
    expect(text).toContain('schalter_database_connections{state="idle"} 5');
    expect(await metrics.text()).toMatch(/schalter_metric_failures_total\{source="deliveries"\} [12]/);
  });
});
