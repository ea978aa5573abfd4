/** Pages that nobody wants to see, and pages whose words are longer than anybody expects: they stand what every page has to stand. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { journey, submit, upToReview } from '../hostile/stage.ts';
import { hidden, openWorld, PlainBrowser, root, type World } from '../portal.ts';
import { cloneDatabase, type TestDatabase } from '../postgres.ts';
import { filledIn, run } from '../travel.ts';
import { openBrowser, Person } from './person.ts';

/** 120 letters without a space. */
const long = (word: string): string => word.repeat(120).slice(0, 120);
const LONG = 'langenau.localhost';
const folder = mkdtempSync(join(tmpdir(), 'schalter-long-'));

/** A second municipality with long names, where one service is closed. */
function makeLong(): { SCHALTER_CONFIG: string; SCHALTER_FLOWS: string } {
  const [config, flows] = [join(folder, 'config'), join(folder, 'flows')];
  cpSync(join(root, 'src/server/config/municipalities'), config, { recursive: true });
  cpSync(join(root, 'flows'), flows, { recursive: true });
  const change = (file: string, edit: (document: Record<string, unknown>) => object) =>
    writeFileSync(file, JSON.stringify(edit(JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>)));
  const town = readFileSync(join(config, 'musterstadt.json'), 'utf8');
  writeFileSync(join(config, 'langenau.json'), town);
  change(join(config, 'langenau.json'), (document) => ({
    ...document,
    id: 'langenau',
    name: long('Langenau'),
    shortName: long('Langenau').slice(0, 60),
    hosts: [LONG],
    contact: { ...(document['contact'] as object), office: long('Bürgerbüro'), email: `${long('postfach').slice(0, 60)}@langenau.example` },
    services: (document['services'] as { service: string }[]).map((one) =>
      one.service === 'dog-tax' ? { ...one, closed: { de: 'Bis Mai stellen wir um.', en: 'We are changing our system until May.' } } : one,
    ),
  }));
  for (const lang of ['de', 'en'])
    change(join(flows, 'bulky-waste/texts', `${lang}.json`), (texts) => ({
      ...texts,
      service: { ...(texts['service'] as object), title: long('Sperrmüllabholung'), summary: long('Zusammenfassung') },
    }));
  return { SCHALTER_CONFIG: config, SCHALTER_FLOWS: flows };
}

/** The portal's way to the database, which can be cut. */
async function openWay(url: string) {
  const { host, port, user } = inject('postgres');
  const ends = new Set<Socket>();
  let cut = false;
  const server = createServer((near) => {
    if (cut) return void near.destroy();
    const far = connect(join(host, `.s.PGSQL.${port}`));
    for (const end of [near, far]) {
      ends.add(end);
      end.on('error', () => undefined).on('close', () => [near, far].forEach((one) => one.destroy()));
    }
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const set = (to: boolean) => {
    cut = to;
    if (cut) for (const end of ends) end.destroy();
  };
  return {
    url: `postgres://${user}@127.0.0.1:${(server.address() as AddressInfo).port}${new URL(url.replace('@/', '@x/')).pathname}`,
    cut: () => set(true),
    mend: () => set(false),
    close: () => {
      set(true);
      server.close();
    },
  };
}

let database: TestDatabase;
let way: Awaited<ReturnType<typeof openWay>>;
let world: World;
let browser: Browser;
/** A reader of each language, and the one whose turn it is. */
const readers: Record<string, Person> = {};
let person: Person;
let origin: string;
let port: number;
/** Revision of an application that is handed in. */
let late: string;

beforeAll(async () => {
  database = await cloneDatabase(1);
  way = await openWay(database.url);
  const env = { ...makeLong(), DATABASE_URL: way.url, SCHALTER_TODAY: '2026-03-02' };
  [world, browser] = await Promise.all([openWorld({ env }), openBrowser()]);
  port = world.portal.port;
  origin = `http://localhost:${port}`;
  const sender = new PlainBrowser(port);
  const sofa = journey('bulky-waste', 'sofa-free');
  const { last, at } = await run(sender, sofa, (step) => step.page.kind === 'check');
  late = hidden(last.body, '_revision')!;
  expect((await sender.send(last.path, filledIn(last.body, at!, sofa))).status).toBe(303);
  await upToReview(sender, journey('dog-tax', 'one-small-dog'));
  for (const lang of ['de', 'en']) {
    readers[lang] = await Person.at(browser, { script: true, width: 640, lang });
    await readers[lang].bringCookies(origin, sender.cookies);
  }
}, 120_000);
afterAll(async () => {
  for (const reader of Object.values(readers)) await reader.leave();
  await browser?.close();
  await world?.close();
  way?.close();
  await database?.drop();
  rmSync(folder, { recursive: true, force: true });
});

const revision = async () => {
  await person.visit(`${origin}/de/apply/dog-tax/check`);
  return hidden(await person.page.content(), '_revision')!;
};
const form = (length: number): [string, string][] => Array.from({ length }, (_, n) => [`field${n}`, 'x']);
/** Sends a form from a page of ours. */
const send = async (path: string, pairs: [string, string][], host = 'localhost') => {
  await person.visit(`http://${host}:${port}/de/legal/imprint`);
  return person.post(`http://${host}:${port}${path}`, pairs);
};

/** What brings the page about, in a language; the status it comes with. */
const PAGES: readonly (readonly [string, number, (lang: string) => Promise<{ status: () => number }>])[] = [
  ['a page out of order', 409, async (lang) => send(`/${lang}/apply/dog-tax/nowhere`, [['_revision', await revision()]])],
  ['an application that is handed in already', 409, (lang) => send(`/${lang}/apply/bulky-waste/resident`, [['_revision', late]])],
  ['a service that was closed meanwhile', 409, (lang) => send(`/${lang}/services/dog-tax`, [], LONG)],
  ['a closed service', 200, (lang) => person.visit(`http://${LONG}:${port}/${lang}/services/dog-tax`)],
  ['too many fields', 413, (lang) => send(`/${lang}/apply/dog-tax/check`, form(1_100))],
  ['a form that is too long', 413, (lang) => send(`/${lang}/apply/dog-tax/check`, [['x', 'x'.repeat(300_000)]])],
  ['a page that takes no forms', 405, (lang) => send(`/${lang}`, [])],
  ['no such page', 404, (lang) => person.visit(`${origin}/${lang}/nothing`)],
  ['no such service', 404, (lang) => person.visit(`${origin}/${lang}/services/nothing`)],
  ['an unreadable address', 400, (lang) => person.visit(`${origin}/${lang}/%00`)],
  ['a host that is not ours', 421, (lang) => person.visit(`http://elsewhere.localhost:${port}/${lang}`)],
];

describe.each(['de', 'en'])('in %s', (lang) => {
  beforeAll(() => {
    person = readers[lang]!;
  });

  it.each(PAGES)(
    '%s (%i)',
    async (_name, status, provoke) => {
      const answer = await provoke(lang);
      expect(answer.status()).toBe(status);
      expect(await person.page.locator('html').getAttribute('lang')).toBe(lang);
      expect(await person.page.locator('h1').count()).toBe(1);
      expect(await person.faultsInEveryShape()).toEqual([]);
    },
    60_000,
  );

  it('a defect of ours (500) says under which number we find it', async () => {
    await database.owner.query('alter function load_draft rename to load_draft_away');
    try {
      const answer = await person.visit(`${origin}/${lang}/apply/dog-tax/check`);
      expect(answer.status()).toBe(500);
      expect(await person.page.locator('main').textContent()).toMatch(/[0-9a-f]{8}-[0-9a-f]{4}/);
      expect(await person.faultsInEveryShape()).toEqual([]);
    } finally {
      await database.owner.query('alter function load_draft_away rename to load_draft');
    }
  }, 60_000);

  it('no database (503): the page stands, and comes back with it', async () => {
    way.cut();
    try {
      const answer = await person.visit(`${origin}/${lang}/apply/dog-tax/check`);
      expect(answer.status()).toBe(503);
      expect(await person.faultsInEveryShape()).toEqual([]);
    } finally {
      way.mend();
    }
    expect((await person.visit(`${origin}/${lang}/apply/dog-tax/check`)).status()).toBe(200);
  }, 60_000);
});

describe('words without an end', () => {
  const name = long('Donaudampfschiff');
  const mine = journey('bulky-waste', 'sofa-free', { 'contact.name': name });
  let guest: Person;
  let at: string;
  let receipt: string;
  let done: Person;

  beforeAll(async () => {
    at = `http://${LONG}:${port}/de`;
    const [draft, sender] = [new PlainBrowser(port, LONG), new PlainBrowser(port, LONG)];
    await upToReview(draft, mine);
    receipt = await submit(sender, mine);
    [guest, done] = (await Promise.all(
      [draft, sender].map(async ({ cookies }) => {
        const who = await Person.at(browser, { script: true, width: 640 });
        await who.bringCookies(at, cookies);
        return who;
      }),
    )) as [Person, Person];
  }, 60_000);
  afterAll(async () => {
    await guest?.leave();
    await done?.leave();
  });

  it.each([
    '',
    '/services/bulky-waste',
    '/legal/imprint',
    '/resume',
    '/status',
    '/apply/bulky-waste/contactName',
    '/apply/bulky-waste/items',
    '/apply/bulky-waste/check',
    '/save/bulky-waste',
  ])(
    'break on %s',
    async (path) => {
      expect((await guest.visit(at + path)).status()).toBe(200);
      expect(await guest.faultsInEveryShape()).toEqual([]);
    },
    60_000,
  );
  it.each(['receipt', 'status'])('break on the %s', async (page) => {
    expect((await done.visit(`${at}/${page}/${receipt}`)).status()).toBe(200);
    expect(await done.faultsInEveryShape()).toEqual([]);
  });
});
