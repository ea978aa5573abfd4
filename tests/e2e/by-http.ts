/** A journey by plain HTTP, without a browser. */
import { expect } from 'vitest';
import { joinPath, type Step } from '../../src/flow/index.ts';
import { typed, type Journey } from '../journeys.ts';
import { hidden, type Answer, type PlainBrowser } from '../portal.ts';
import { PDF } from './stage.ts';

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

/** Walks a journey through the pages, to its end or until `before` is reached; gives the last answer. */
export async function run(
  browser: PlainBrowser,
  journey: Journey,
  before?: string,
): Promise<{ visited: string[]; last: Answer & { path: string } }> {
  const apply = `/de/apply/${journey.service}`;
  const service = await browser.visit(`/de/services/${journey.service}`);
  expect(service.status).toBe(200);
  const begun = await browser.send(`/de/services/${journey.service}`, []);
  expect(begun.status).toBe(303);
  const visited: string[] = [];
  let last = await browser.visit(begun.location!);
  for (const step of journey.walk.steps) {
    if (step.path === before) break;
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
