/** Every journey of every service by plain HTTP, without a script: from the service's page to the payload at the back office. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PlainBrowser } from '../portal.ts';
import { run, until } from '../travel.ts';
import { comparable, journeys, openStage, received, type Stage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
}, 120_000);
afterAll(() => stage.close());

for (const service of new Set(journeys.map((journey) => journey.service))) {
  describe(service, () => {
    for (const journey of journeys.filter((one) => one.service === service)) {
      it(`${journey.name}: ${journey.document.title}`, async () => {
        const world = stage.world(journey);
        const browser = new PlainBrowser(world.portal.port, stage.host(journey));
        const { visited, last } = await run(browser, journey);
        const expected = journey.document.expect;
        expect(visited).toEqual(expected.pages);
        if (expected.outcome !== 'submit') {
          expect(last.body).toContain('<h1');
          return;
        }
        expect(last.path).toMatch(/^\/de\/receipt\/\d\d-[0-9A-Z]{7}-[0-9A-Z]$/);
        const reference = last.path.split('/').at(-1)!;
        const arrived = await received(world, reference);
        expect(comparable(arrived.payload)).toEqual(comparable(expected.payload));
        expect(arrived.sends).toBe(1);
        // Two calls, which a loaded machine may answer in either order.
        const told = (status: string) => arrived.news.some((one) => one.status === status);
        await until(() => (told('received') && told('in_progress') ? true : undefined), 'news from the back office');
        const page = await browser.visit(`/de/status/${reference}`);
        expect(page.body).toContain('In Bearbeitung');
        const pdf = await browser.send(`/de/receipt/${reference}/summary.pdf`);
        expect(pdf.status).toBe(200);
        expect(pdf.body.slice(0, 5)).toBe('%PDF-');
      });
    }
  });
}

describe('the review', () => {
  it.each(['de', 'en'])('names the entry of a list in its labels: %s', async (lang) => {
    const journey = journeys.find((one) => one.service === 'dog-tax' && one.document.expect.outcome === 'submit')!;
    const browser = new PlainBrowser(stage.world(journey).portal.port, stage.host(journey));
    const { last } = await run(browser, journey, (step) => step.page.kind === 'check');
    const page = await browser.visit(last.path.replace('/de/', `/${lang}/`));
    const name = journey.answers['dogs.1.name'] as string;
    expect(page.body).toContain(lang === 'de' ? `Welche Rasse hat ${name}?` : `What breed is ${name}?`);
  });
});
