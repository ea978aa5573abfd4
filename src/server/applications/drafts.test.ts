/** What this process remembers of a draft: a save's answer serves the one page that follows, and never anything else. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { fieldTypes } from '#fields/all';
import { copyAnswers, walk } from '#flow';
import { openCatalog } from '#server/catalog';
import { readMunicipalities } from '#server/config';
import { KeyRing, sessionHash, type Store } from '#server/store';
import { testDatabase } from '../../../tests/postgres.ts';
import { createApplications, walkOptions, type Draft } from './index.ts';

const { store } = await testDatabase();
const keys = await KeyRing.open(mkdtempSync(join(tmpdir(), 'schalter-keys-')));
const { municipalities } = readMunicipalities(join(import.meta.dirname, '../config/municipalities'));
const catalog = openCatalog(join(import.meta.dirname, '../../../flows'), municipalities, fieldTypes);
const offering = catalog.offering('musterstadt', 'bulky-waste')!;

/** A node: its own memory on the one database, and the statements it sent. */
function node() {
  const asked: string[] = [];
  const counting: Store = { ...store, query: (name, text, values) => (asked.push(name), store.query(name, text, values)) };
  return { asked, applications: createApplications(counting, keys, catalog, () => '2026-11-24') };
}
type Node = ReturnType<typeof node>;

async function begun({ applications }: Node): Promise<{ session: Buffer; draft: Draft }> {
  const { session: id } = await applications.start(offering, undefined, 'de');
  const session = sessionHash(id)!;
  return { session, draft: (await applications.draft(offering, session))! };
}

async function saved({ applications }: Node, draft: Draft, street: string): Promise<Draft> {
  const answers = { ...copyAnswers(draft.answers), note: street };
  const result = await applications.save(draft, answers, walk(draft.pkg.flow, answers, walkOptions(draft)), 'de');
  if (result.outcome !== 'saved') throw new Error(result.outcome);
  return result.draft;
}

it('asks the database once for a save and the page after it, and again for every page after that', async () => {
  const here = node();
  const { session, draft } = await begun(here);
  await saved(here, draft, 'one');
  here.applications.leadsTo(offering, session, 'next');
  here.asked.length = 0;
  expect((await here.applications.draft(offering, session, 'next'))?.answers.note).toBe('one');
  expect(here.asked).toEqual([]);
  expect((await here.applications.draft(offering, session, 'next'))?.revision).toBe(2);
  expect(here.asked).toEqual(['draft-load']);
});

it('asks again for another page', async () => {
  const here = node();
  const { session, draft } = await begun(here);
  await saved(here, draft, 'one');
  here.applications.leadsTo(offering, session, 'next');
  here.asked.length = 0;
  await here.applications.draft(offering, session, 'other');
  await here.applications.draft(offering, session, 'next');
  expect(here.asked).toEqual(['draft-load', 'draft-load']);
});

it('asks again when the page comes late', async () => {
  const here = node();
  const { session, draft } = await begun(here);
  await saved(here, draft, 'one');
  here.applications.leadsTo(offering, session, 'next');
  const clock = vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 1_001);
  here.asked.length = 0;
  await here.applications.draft(offering, session, 'next');
  clock.mockRestore();
  expect(here.asked).toEqual(['draft-load']);
});

it('shows nothing of a session that has ended, and asks after any other act', async () => {
  const here = node();
  const { session, draft } = await begun(here);
  const one = await saved(here, draft, 'one');
  here.applications.leadsTo(offering, session, 'next');
  expect(here.applications.held(offering, session)).toBe(one);
  here.asked.length = 0;
  await here.applications.draft(offering, session, 'next');
  expect(here.asked).toEqual(['draft-load']);
  await saved(here, one, 'two');
  here.applications.leadsTo(offering, session, 'next');
  await here.applications.end(offering.municipality.id, session);
  expect(await here.applications.draft(offering, session, 'next')).toBeUndefined();
});

it('never lets two processes overwrite each other', async () => {
  const [here, there] = [node(), node()];
  const { session, draft } = await begun(here);
  const other = (await there.applications.draft(offering, session))!;
  await saved(here, draft, 'here');
  await expect(saved(there, other, 'there')).rejects.toThrow('stale');
  expect((await there.applications.draft(offering, session))?.answers.note).toBe('here');
});
