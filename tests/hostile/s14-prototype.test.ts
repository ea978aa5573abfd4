/** S14: names that mean something to JavaScript's objects, wherever a name can come from outside. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fieldTypes } from '../../src/fields/all.node.ts';
import { checkPackage, readPackage } from '../../src/package/index.ts';
import { readMunicipalities } from '../../src/server/config/index.ts';
import { sign } from '../../src/server/delivery/signature.ts';
import { hidden, PlainBrowser, root, type TestPortal } from '../portal.ts';
import { multipart } from '../travel.ts';
import { temporaryPackage } from '../packages/temporary.ts';
import { alive, openStage, raw, statusOf, type Stage } from './stage.ts';

const NAMES = ['__proto__', 'constructor', 'prototype'];
const watch = `--import ${pathToFileURL(join(import.meta.dirname, 'watch-prototype.mjs')).href}`;
let stage: Stage;
/** As somebody might run it who knows Node's own flag. */
let strict: TestPortal;
beforeAll(async () => {
  stage = await openStage({ env: { NODE_OPTIONS: watch } });
  strict = await stage.start({ NODE_OPTIONS: `--disable-proto=throw ${watch}` });
}, 60_000);
afterAll(async () => {
  await strict.stop();
  await stage.close();
});

const portals = () => [stage.portal, strict];

it('form names: refused, nothing stored', async () => {
  for (const portal of portals()) {
    const browser = new PlainBrowser(portal.port);
    await browser.send('/de/services/bulky-waste', []);
    const revision = hidden((await browser.visit('/de/apply/bulky-waste')).body, '_revision')!;
    const names = NAMES.flatMap((name) => [
      name,
      `${name}.polluted`,
      `${name}[polluted]`,
      `livesHere.${name}`,
      `livesHere[${name}][polluted]`,
      `items.${name}.polluted`,
      `items.1.${name}`,
    ]);
    const pairs: [string, string][] = names.map((name) => [name, 'polluted']);
    for (const form of [[['_revision', revision], ...pairs] as [string, string][], multipart([['_revision', revision], ...pairs], [])])
      expect((await browser.send('/de/apply/bulky-waste/resident', form)).status).toBe(422);
    expect((await browser.send('/de/resume', pairs)).status).toBe(422);
    expect((await browser.send('/de/status', pairs)).status).toBe(422);
    for (const name of NAMES) {
      expect((await browser.send(`/de/apply/bulky-waste/items/${name}/itemKind`, [['_revision', revision]])).status).toBe(409);
      expect((await browser.send(`/de/services/${name}`)).status).toBe(404);
      expect((await browser.send(`/de/services/${name}`, [])).status).toBe(404);
      expect((await browser.send(`/de/legal/${name}`)).status).toBe(404);
      expect((await browser.send(`/de/status/${name}`)).status).toBe(303);
    }
    expect(hidden((await browser.visit('/de/apply/bulky-waste')).body, '_revision')).toBe(revision);
  }
});

it('query strings, cookies and languages are read past', async () => {
  for (const portal of portals()) {
    const browser = new PlainBrowser(portal.port);
    for (const name of NAMES) {
      for (const query of [`${name}=1`, `${name}[polluted]=1`, `${name}.polluted=1`, `q=${name}`, `a[${name}][polluted]=1`])
        expect((await browser.send(`/de?${query}`)).status).toBe(200);
      const answer = await browser.send('/de', undefined, { cookie: `${name}=polluted; __Host-sid=${name}`, 'accept-language': name });
      expect(answer.status).toBe(200);
      expect(
        (
          await browser.send('/de/resume', [
            ['code', name],
            ['factor', name],
          ])
        ).status,
      ).toBe(422);
    }
  }
});

it('a header of that name does not end the portal', async () => {
  for (const portal of portals()) {
    for (const name of NAMES) {
      const { text } = await raw(
        portal,
        `GET /de HTTP/1.1\r\nHost: localhost:${portal.port}\r\n${name}: polluted\r\nConnection: close\r\n\r\n`,
      );
      expect([200, 400]).toContain(statusOf(text));
      expect(await alive(portal)).toBe(true);
    }
  }
});

it('call-backs of the back office: 400, with a good signature', async () => {
  const news = {
    type: 'status',
    eventId: 'e1',
    id: '00000000-0000-4000-8000-000000000000:demo',
    status: 'received',
    at: '2026-03-02T10:00:00Z',
  };
  const send = (body: string) => {
    const bytes = Buffer.from(body);
    const signed = sign(['a-secret-for-tests-only'], 'e1', bytes, Date.now());
    return new PlainBrowser(stage.portal.port).send('/api/v1/status', { body: bytes, type: 'application/json' }, signed);
  };
  // The signature is right and the case unknown: what follows fails for its names alone.
  expect((await send(JSON.stringify(news))).status).toBe(404);
  const text = JSON.stringify(news).slice(0, -1);
  for (const name of NAMES) {
    for (const body of [
      `${text},"${name}":{"polluted":true}}`,
      `${text},"text":{"${name}":{"polluted":true}}}`,
      `{"${name}":${text}}}`,
      `[${text},"${name}":1}]`,
    ])
      expect((await send(body)).status).toBe(400);
  }
});

describe('files', () => {
  const FILES = ['flow.json', 'service.json', 'payload.json', 'texts/de.json', 'texts/en.json', 'lists/districts.json', 'journeys'];
  it.each(FILES)('a finding in %s, and the package is not served', (file) => {
    for (const name of NAMES) {
      const made = temporaryPackage();
      try {
        const at = file === 'journeys' ? `journeys/${readdirSync(join(made.dir, file))[0]}` : file;
        const source = readFileSync(join(made.dir, at), 'utf8').trimEnd();
        const member = `"${name}": {"polluted": true}`;
        made.write(at, source.startsWith('[') ? source.replace('{', `{ ${member},`) : `${source.slice(0, -1)}, ${member}}`);
        const findings = checkPackage(made.dir, fieldTypes);
        expect(findings.filter((one) => one.rule === 'forbidden-name' && one.file === at)).toHaveLength(1);
        if (file !== 'journeys') expect(readPackage(made.dir, fieldTypes).package).toBeUndefined();
      } finally {
        made.clean();
      }
    }
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it.each(['', 'contact', 'contact.hours', 'legal.imprint', 'services.0', 'destinations.0', 'colors'])(
    'a finding in a municipality document at "%s"',
    (place) => {
      for (const name of NAMES) {
        const dir = mkdtempSync(join(tmpdir(), 'schalter-config-'));
        try {
          cpSync(join(root, 'src/server/config/municipalities'), dir, { recursive: true });
          const file = join(dir, 'musterstadt.json');
          const document = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
          const target = place
            .split('.')
            .filter(Boolean)
            .reduce<Record<string, unknown>>((node, key) => node[key] as Record<string, unknown>, document);
          Object.defineProperty(target, name, { value: { polluted: true }, enumerable: true });
          writeFileSync(file, JSON.stringify(document));
          const { municipalities, findings } = readMunicipalities(dir);
          expect(municipalities.map(({ id }) => id)).toEqual(['neudorf']);
          expect(findings).toHaveLength(1);
          expect(findings[0]!.message).toContain(name);
        } finally {
          rmSync(dir, { recursive: true, force: true });
        }
      }
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    },
  );
});

it('nothing was added to the prototype in either portal', async () => {
  await new Promise((wait) => setTimeout(wait, 100));
  for (const portal of portals()) {
    expect(portal.output()).toContain('PROTOTYPE WATCHED');
    expect(portal.output()).not.toContain('PROTOTYPE POLLUTED');
    expect(await alive(portal)).toBe(true);
  }
  console.log(
    'S14: 3 names in forms, multipart, paths, queries, cookies, headers, call-backs, 7 kinds of package files, 7 places of a municipality: prototype untouched, both portals alive',
  );
});
