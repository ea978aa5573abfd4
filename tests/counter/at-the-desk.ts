/** An application in the hands of a clerk who works through the pages; the answers are put in at once, as the sheet would save them. */
import { writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import { sessionHash } from '../../src/server/store/index.ts';
import type { Clerk } from '../../src/server/identity/index.ts';
import { gone, type Desk } from '../handover/desk.ts';
import type { Stage } from '../hostile/stage.ts';
import { typed, type Journey } from '../journeys.ts';
import { hidden, PlainBrowser, type Answer } from '../portal.ts';
import type { Pairs } from '../travel.ts';
import { logIn } from './staff.ts';

export const texts = (page: Answer) =>
  page.body
    .replace(/<[^>]+>/g, ' ')
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ');

/** The record at the intake; `change` replaces or adds. */
export function record(change: Readonly<Record<string, string>> = {}): Pairs {
  const base = { channel: 'counter', person: 'self', method: 'idCard', verified: 'yes', mandate: 'yes', purpose: 'fill' };
  return Object.entries({ ...base, ...change });
}

export async function clerkAt(stage: Stage, user = 'amsel'): Promise<PlainBrowser> {
  const browser = new PlainBrowser(stage.portal.port);
  await logIn(stage, browser, user);
  return browser;
}

/** The clerk whose session the browser holds. */
export async function clerkOf(stage: Stage, browser: PlainBrowser): Promise<Clerk> {
  const hash = sessionHash(browser.cookies.get('__Host-staff'))!;
  const { rows } = await stage.owner.query<{ subject: string; name: string }>(
    'select subject, name from staff_session where id_hash = $1',
    [hash],
  );
  return { ...rows[0]!, roles: ['counter'], station: { site: 'rathaus', desk: '1' }, sessionHash: hash, municipality: 'musterstadt' };
}

export const idIn = (address: string | undefined): string => /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(address ?? '')?.[0] ?? '';

/** Begins an application and fills it in; gives its id. */
export async function filled(
  stage: Stage,
  desk: Desk,
  browser: PlainBrowser,
  one: Journey,
  change: Record<string, string> = {},
): Promise<string> {
  const begun = await browser.send('/de/counter', [...record(change), ['service', one.service], ['do', 'start']]);
  expect(begun.status).toBe(303);
  const application = idIn(begun.location);
  const clerk = await clerkOf(stage, browser);
  const draft = await desk.open(clerk, application);
  const saved = await desk.save(clerk, draft, gone(one));
  expect(saved.outcome).toBe('saved');
  return application;
}

export const checkOf = (application: string) => `/de/counter/sheet/${application}/~check`;

/** What the review's form sends: what it showed, and the declarations. */
export function reviewForm(page: Answer, one: Journey, more: Pairs): Pairs {
  const shown = ['_revision', '_summary'].map((name): [string, string] => [name, hidden(page.body, name) ?? '']);
  const warned = one.walk.warnings.map(({ rule }): [string, string] => ['_confirm', rule]);
  return [...shown, ...warned, ...typed(one.walk.steps.at(-1)!, one.answers), ...more, ['do', 'submit']];
}

export const referenceOn = (page: Answer): string => /class="reference"[^>]*>([^<]+)</.exec(page.body)?.[1] ?? '';

/** For looking at a document by hand: kept where `SCHALTER_KEEP` says. */
export function keep(name: string, bytes: string | Buffer): void {
  if (process.env.SCHALTER_KEEP) writeFileSync(`${process.env.SCHALTER_KEEP}/${name}`, bytes);
}
