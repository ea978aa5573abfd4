/** The sheet by plain HTTP: what a clerk sees on it, and how they fill it in. */
import { expect } from 'vitest';
import { entryKeys } from '../../src/flow/index.ts';
import { typed, type Journey } from '../journeys.ts';
import { hidden, type Answer, type PlainBrowser } from '../portal.ts';
import type { Pairs } from '../travel.ts';

/** Where the sheet's news are told: there once its script has taken over. */
export const LIVE = '[data-live] > div > div > [role=status]';

/** What the intake asks of every client: somebody who acts for themselves, shows a card and wants it filled in. */
export const RECORD: Pairs = [
  ['channel', 'counter'],
  ['person', 'self'],
  ['method', 'idCard'],
  ['verified', 'yes'],
  ['mandate', 'yes'],
  ['purpose', 'fill'],
];
export const START: Pairs = [...RECORD, ['service', 'dog-tax'], ['do', 'start']];

export const sheetOf = (location: string | undefined): string => /\/sheet\/([0-9a-f-]{36})\//.exec(location ?? '')?.[1] ?? '';
/** Code and number on the page with the slip. */
export function slipIn({ body }: Answer): { code: string; pin: string } | undefined {
  const [, slip] = body.split('sheet-slip');
  const code = /\b[0-9A-Z]{3}-[0-9A-Z]{3}-[0-9A-Z]{3}\b/.exec(slip ?? '')?.[0];
  return code === undefined ? undefined : { code, pin: /\b\d{4}\b/.exec(slip!.replaceAll(code, ''))![0] };
}

export const pagesOn = (page: Answer): string[] => [...page.body.matchAll(/name="_page" value="([^"]*)"/g)].map((found) => found[1]!);

/** Fills sections as a clerk would, up to `end` or all: what the page shows, and again while new pages come. Gives the pages that were loaded. */
export async function fillSections(browser: PlainBrowser, application: string, one: Journey, end?: string): Promise<number> {
  let loads = 0;
  for (const { id } of one.pkg.flow.sections) {
    if (id === end) break;
    const address = `/de/counter/sheet/${application}/${id}`;
    for (let round = 0; round < 12; round++) {
      const page = await browser.visit(address);
      loads += 1;
      if (!page.path.startsWith(address)) break;
      const shown = pagesOn(page);
      const short = one.walk.steps.find((step) => {
        const keys = step.page.collection && entryKeys(one.answers, step.page.collection.path);
        return shown.includes(step.path) && keys?.some((key) => !shown.some((path) => path.startsWith(`${step.path}/${key}/`)));
      });
      const steps = one.walk.steps.filter((step) => shown.includes(step.path));
      const form: Pairs = [
        ['_revision', hidden(page.body, '_revision')!],
        ...shown.map((path): [string, string] => ['_page', path]),
        ...steps.flatMap((step) => typed(step, one.answers)),
        ...steps.flatMap((step) => step.warnings.map(({ confirmPath }): [string, string] => ['_confirm', confirmPath])),
        ['do', short ? `add:${short.path}` : 'save'],
      ];
      const saved = await browser.send(address, form);
      expect([address, saved.status]).toEqual([address, 303]);
      const after = pagesOn(await browser.visit(address));
      if (!short && after.join() === shown.join()) break;
    }
  }
  return loads;
}
