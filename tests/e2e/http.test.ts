/** Every journey of every service by plain HTTP, without a script: from the service's page to the payload at the back office. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { journeysOf, services } from '../journeys.ts';
import { openWorld, PlainBrowser, type World } from '../portal.ts';
import { run, until } from '../travel.ts';

/** One portal per day that journeys play on: what is allowed may depend on the date. */
const worlds = new Map<string, World>();
const all = services().flatMap(journeysOf);
beforeAll(async () => {
  for (const today of new Set(all.map((journey) => journey.document.today))) {
    const twins = all.flatMap((journey, n) =>
      journey.document.params ? [{ id: `twin-${n}`, service: journey.service, params: journey.document.params }] : [],
    );
    worlds.set(today, await openWorld({ env: { SCHALTER_TODAY: today }, twins }));
  }
}, 120_000);
afterAll(async () => {
  for (const world of worlds.values()) await world.close();
});

/** Stored payload -> what a test can compare: ids and sizes of uploaded files differ each time. */
function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(comparable);
  if (value !== null && typeof value === 'object') {
    const file = value as { id?: unknown; mime?: unknown; size?: unknown };
    if (typeof file.id === 'string' && typeof file.mime === 'string') return 'file';
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, comparable(inner)]));
  }
  return value;
}

for (const service of new Set(all.map((journey) => journey.service))) {
  describe(service, () => {
    for (const journey of all.filter((one) => one.service === service)) {
      it(`${journey.name}: ${journey.document.title}`, async () => {
        const world = worlds.get(journey.document.today)!;
        const browser = new PlainBrowser(
          world.portal.port,
          journey.document.params ? `twin-${all.indexOf(journey)}.localhost` : 'localhost',
        );
        const { visited, last } = await run(browser, journey);
        const expected = journey.document.expect;
        expect(visited).toEqual(expected.pages);
        if (expected.outcome !== 'submit') {
          expect(last.body).toContain('<h1');
          return;
        }
        expect(last.path).toMatch(/^\/de\/receipt\/\d\d-[0-9A-Z]{7}-[0-9A-Z]$/);
        const reference = last.path.split('/').at(-1)!;
        const received = await until(
          () => [...world.backoffice.cases.values()].find((one) => one.reference === reference),
          `the application ${reference} at the back office`,
        );
        expect(comparable(received.payload)).toEqual(comparable(expected.payload));
        expect(received.sends).toBe(1);
        const status = await until(
          () => (received.news.some((one) => one.status === 'in_progress') ? received.news : undefined),
          'news from the back office',
        );
        expect(status.map((one) => one.status)).toContain('received');
        const page = await browser.visit(`/de/status/${reference}`);
        expect(page.body).toContain('In Bearbeitung');
        const pdf = await browser.send(`/de/receipt/${reference}/summary.pdf`);
        expect(pdf.status).toBe(200);
        expect(pdf.body.slice(0, 5)).toBe('%PDF-');
      });
    }
  });
}
