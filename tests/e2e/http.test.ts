/** Every journey of every service by plain HTTP, without a script: from the service's page to the payload at the back office. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { joinPath, type Step } from '../../src/flow/index.ts';
import { journeysOf, services, typed, type Journey } from '../journeys.ts';
import { hidden, openWorld, PlainBrowser, type Answer, type World } from '../portal.ts';

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

const PDF = Buffer.from(
  '%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n',
);

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

async function until<T>(look: () => T | undefined, what: string): Promise<T> {
  const deadline = Date.now() + 15_000;
  for (;;) {
    const found = look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`never came: ${what}`);
    await new Promise((wait) => setTimeout(wait, 50));
  }
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
