/** Every journey of every service by plain HTTP, without a script: from the service's page to the payload at the back office. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { joinPath, type Step } from '../../src/flow/index.ts';
import { typed, type Journey } from '../journeys.ts';
import { hidden, PlainBrowser, type Answer } from '../portal.ts';
import { comparable, journeys, openStage, PDF, received, until, type Stage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
}, 120_000);
afterAll(() => stage.close());

function multipart(pairs: [string, string][], files: { field: string; name: string }[]): { body: Buffer; type: string } {
  const parts: Buffer[] = [];
  for (const [name, value] of pairs) parts.push(Buffer.from(`--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`));
  for (const file of files)
    parts.push(
      Buffer.from(
        `--b\r\nContent-Disposition: form-data; name="${file.field}"; filename="${file.name}"\r\nContent-Type: application/pdf\r\n\r\n`,
      ),
      PDF,
      Buffer.from('\r\n'),
    );
  return { body: Buffer.concat([...parts, Buffer.from('--b--\r\n')]), type: 'multipart/form-data; boundary=b' };
}

/** Posts a page of a journey as a person would. */
async function answer(browser: PlainBrowser, url: string, page: string, step: Step, journey: Journey): Promise<Answer> {
  const base: [string, string][] = [['_revision', hidden(page, '_revision') ?? '']];
  const open = step.page.kind === 'check' ? journey.walk.warnings : step.warnings;
  for (const warning of open) base.push(['_confirm', warning.rule]);
  const pairs = [...base, ...typed(step, journey.answers)];
  const files = step.fields.flatMap((field) => {
    const value = journey.answers[joinPath(step.prefix, field.id)];
    return field.type.file && Array.isArray(value)
      ? value.map((file) => ({ field: joinPath(step.prefix, field.id), name: (file as { name: string }).name.replace(/\.\w+$/, '.pdf') }))
      : [];
  });
  if (step.fields.some((field) => field.type.file)) return browser.send(url, multipart(pairs, files));
  return browser.send(url, pairs);
}

/** Walks a journey through the pages; gives the last answer. */
export async function run(browser: PlainBrowser, journey: Journey): Promise<{ visited: string[]; last: Answer & { path: string } }> {
  const apply = `/de/apply/${journey.service}`;
  const service = await browser.visit(`/de/services/${journey.service}`);
  expect(service.status).toBe(200);
  const begun = await browser.send(`/de/services/${journey.service}`, []);
  expect(begun.status).toBe(303);
  const visited: string[] = [];
  let last = await browser.visit(begun.location!);
  for (const step of journey.walk.steps) {
    const url = `${apply}/${step.path}`;
    // A task list stands between sections: go on from there.
    if (last.path === apply) last = await browser.visit(url);
    if (step.page.collection) {
      last = await browser.visit(url);
      visited.push(step.path);
      const confirmed = step.warnings.map((warning): [string, string] => ['_confirm', warning.rule]);
      const done = await browser.send(url, [['_revision', hidden(last.body, '_revision') ?? ''], ['_more', 'no'], ...confirmed]);
      expect([url, done.status]).toEqual([url, 303]);
      last = await browser.visit(done.location!);
      continue;
    }
    const entry = /^(.*)\/(\d+)\/[^/]+$/.exec(step.path);
    if (entry && last.path !== url && last.path === `${apply}/${entry[1]}`) {
      const added = await browser.send(last.path, [
        ['_revision', hidden(last.body, '_revision') ?? ''],
        ['_more', 'yes'],
      ]);
      expect([last.path, added.status]).toEqual([last.path, 303]);
      last = await browser.visit(added.location!);
    }
    expect(last.path).toBe(url);
    expect(last.status).toBe(200);
    visited.push(step.path);
    if (step.page.kind === 'exit') return { visited, last };
    const posted = await answer(browser, url, last.body, step, journey);
    if (journey.document.expect.outcome === 'stop' && step.path === journey.walk.stop) {
      expect(posted.status).toBe(422);
      return { visited, last: { ...posted, path: url } };
    }
    expect([
      url,
      posted.status,
      posted.status === 303
        ? ''
        : [...posted.body.matchAll(/kern-error[^>]*>([^<]*)/g)].map((m) => m[1]).join('|') || posted.body.match(/<h1[^>]*>([^<]*)/)?.[1],
    ]).toEqual([url, 303, '']);
    last = await browser.visit(posted.location!);
  }
  return { visited, last };
}

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
        const status = await until(
          () => (arrived.news.some((one) => one.status === 'in_progress') ? arrived.news : undefined),
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
