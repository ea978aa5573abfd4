/** Journeys played through the portal's pages by plain HTTP, as a person without scripts would. */
import { expect } from 'vitest';
import { joinPath, type Step } from '../src/flow/index.ts';
import { typed, type Journey } from './journeys.ts';
import { hidden, type Answer, type PlainBrowser } from './portal.ts';

export type Pairs = [string, string][];

/** The smallest PDF that passes inspection. */
export const PDF = Buffer.from(
  '%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n',
);

/** A form with files, as a browser sends it. */
export function multipart(pairs: Pairs, files: readonly { field: string; name: string; bytes?: Buffer }[]): { body: Buffer; type: string } {
  const parts: Buffer[] = [];
  for (const [name, value] of pairs) parts.push(Buffer.from(`--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`));
  for (const { field, name, bytes = PDF } of files)
    parts.push(
      Buffer.from(`--b\r\nContent-Disposition: form-data; name="${field}"; filename="${name}"\r\nContent-Type: application/pdf\r\n\r\n`),
      bytes,
      Buffer.from('\r\n'),
    );
  return { body: Buffer.concat([...parts, Buffer.from('--b--\r\n')]), type: 'multipart/form-data; boundary=b' };
}

/** What a person sends from a page of the journey. */
export function filledIn(page: string, step: Step, journey: Journey): Pairs | { body: Buffer; type: string } {
  const pairs: Pairs = ['_revision', '_summary'].flatMap((name) => {
    const value = hidden(page, name);
    return value === undefined ? [] : [[name, value] as [string, string]];
  });
  const open = step.page.kind === 'check' ? journey.walk.warnings : step.warnings;
  for (const warning of open) pairs.push(['_confirm', warning.rule]);
  pairs.push(...typed(step, journey.answers));
  if (!step.fields.some((field) => field.type.file)) return pairs;
  const files = step.fields.flatMap((field) => {
    const value = journey.answers[joinPath(step.prefix, field.id)];
    return field.type.file && Array.isArray(value)
      ? value.map((file) => ({ field: joinPath(step.prefix, field.id), name: (file as { name: string }).name.replace(/\.\w+$/, '.pdf') }))
      : [];
  });
  return multipart(pairs, files);
}

export interface Walked {
  /** Pages that were shown. */
  visited: string[];
  /** The last answer, with the path it was given for. */
  last: Answer & { path: string };
  /** The step that was not sent any more, where `stopBefore` ended the walk. */
  at?: Step;
}

/** Walks a journey through the pages; fails where a page does not lead on. `stopBefore`: ends before this step is sent, with its page shown. */
export async function run(browser: PlainBrowser, journey: Journey, stopBefore?: (step: Step) => boolean): Promise<Walked> {
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
    if (stopBefore?.(step)) return { visited, last: last.path === url ? last : await browser.visit(url), at: step };
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
    const posted = await browser.send(url, filledIn(last.body, step, journey));
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

/** Waits until something is there, 25 seconds by default: less than a test has. */
export async function until<T>(look: () => T | undefined | Promise<T | undefined>, what: string, patience = 25_000): Promise<T> {
  const deadline = Date.now() + patience;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`never came: ${what}`);
    await new Promise((wait) => setTimeout(wait, 50));
  }
}
