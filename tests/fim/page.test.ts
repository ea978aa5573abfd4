/** The page that makes a draft of a schema: files in, report and draft out, for its role alone, and without a finding in a real browser. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import type { Browser } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeListXml, schemaXml } from '../../src/fim/schema.fixture.ts';
import { logIn } from '../counter/staff.ts';
import { openBrowser, Person } from '../e2e/person.ts';
import { openStage, type Stage } from '../hostile/stage.ts';
import { PlainBrowser } from '../portal.ts';
import { multipart } from '../travel.ts';

const PAGE = '/de/admin/services';
const LIST = { uri: 'urn:x:arten', version: '1' };
const schema = schemaXml({
  members: [
    {
      id: 'G01000001',
      label: 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft und alle Angaben, die dazu gehören',
      members: [
        { id: 'F01000001', data: 'bool', label: 'Gibt es mehr?' },
        { id: 'F01000002', count: '0:1', label: 'Mehr' },
        { id: 'F01000003', list: LIST, label: 'Art' },
        { id: 'F01000004', label: 'Weiteres', list: { uri: 'urn:x:fehlt' } },
      ],
      rules: [
        'Wenn F01000001 "Gibt es mehr?" = wahr, dann muss F01000002 "Mehr" befüllt werden.',
        'Sonst entscheidet <script>alert(1)</script> das Amt.',
      ],
    },
  ],
});
const list = codeListXml(LIST.uri, LIST.version, [
  ['a', 'Erste'],
  ['b', 'Zweite'],
]);

let stage: Stage;
let browser: Browser;
let specht: PlainBrowser;
beforeAll(async () => {
  [stage, browser] = await Promise.all([openStage({ identity: 'demo' }), openBrowser()]);
  specht = new PlainBrowser(stage.portal.port);
  await logIn(stage, specht, 'specht', { to: PAGE, station: '' });
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await stage?.close();
});

const send = (files: [field: string, name: string, text: string][], path = PAGE) =>
  specht.send(
    path,
    multipart(
      [],
      files.map(([field, name, text]) => ({ field, name, bytes: Buffer.from(text) })),
    ),
  );

describe('without scripts', () => {
  it('makes a draft: report, open points word by word, and a package to be kept', async () => {
    const { status, body } = await send([
      ['schema', 'probe.xml', schema],
      ['list', 'arten.xml', list],
    ]);
    expect(status).toBe(200);
    expect(body).toContain('Probeantrag');
    expect(body).toContain('1 von 2');
    expect(body).toContain('2 offene Punkte');
    expect(body).toContain('Sonst entscheidet &lt;script>alert(1)&lt;/script> das Amt.');
    expect(body).toContain('urn:x:fehlt');
    const [, data] = /href="data:application\/zip;base64,([^"]+)" download="s99000000001\.zip"/.exec(body)!;
    const files = unzipSync(Buffer.from(data!, 'base64'));
    expect(Object.keys(files).sort()).toEqual(
      ['fim.json', 'flow.json', 'lists/arten.json', 'payload.json', 'service.json', 'texts/de.json'].map((name) => `s99000000001/${name}`),
    );
    const fim = JSON.parse(new TextDecoder().decode(files['s99000000001/fim.json'])) as { open: unknown[] };
    expect(fim.open).toHaveLength(2);
  });

  it.each([
    ['nothing', [], /Wählen Sie die Datei eines Datenschemas aus/],
    ['no schema', [['schema', 'bild.xml', '<svg xmlns="urn:x"/>']], /bild\.xml:.*no FIM schema/s],
    ['a document type', [['schema', 'x.xml', `<!DOCTYPE a [<!ENTITY b "c">]>${schema.replace(/<\?xml.*?\?>/, '')}`]], /document type/],
    [
      'a list that is none',
      [
        ['schema', 'p.xml', schema],
        ['list', 'q.xml', schema],
      ],
      /q\.xml:.*no genericode/s,
    ],
    [
      'rules that are none',
      [
        ['schema', 'p.xml', schema],
        ['rules', 'r.json', '{'],
      ],
      /r\.json:.*JSON/s,
    ],
    ['more than it reads', [['schema', 'p.xml', ' '.repeat(17 * 1024 * 1024)]], /größer als 16 MB/],
  ] as [string, [string, string, string][], RegExp][])('says what is wrong: %s', async (_, files, message) => {
    const { status, body } = await send(files);
    expect(status).toBe(422);
    expect(body.replaceAll(/<[^>]+>/g, '')).toMatch(message);
    expect(body).toContain('<title>Fehler: ');
  });

  it('is for its role alone, and its role opens nothing else', async () => {
    for (const [who, to] of [
      ['eisvogel', '/de/counter'],
      ['falke', '/de/admin/deliveries'],
    ] as const) {
      const other = new PlainBrowser(stage.portal.port);
      await logIn(stage, other, who, { to, station: '' });
      expect((await other.send(PAGE)).status).toBe(403);
      expect((await other.send(PAGE, multipart([], [{ field: 'schema', name: 'p.xml', bytes: Buffer.from(schema) }]))).status).toBe(403);
    }
    expect((await new PlainBrowser(stage.portal.port).send(PAGE)).status).toBe(303);
    for (const path of ['/de/admin/deliveries', '/de/counter/station']) expect((await specht.send(path)).status).toBe(403);
    expect((await specht.send('/admin/services')).location).toBe(PAGE);
    expect((await specht.send('/de/counter')).location).toBe(PAGE);
  });
});

describe.each([
  ['de', 1440],
  ['en', 1440],
  ['de', 360],
  ['en', 360],
] as const)('%s, %i px', (lang, width) => {
  it('has no findings', { timeout: 120_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'schalter-fim-'));
    const file = join(folder, 'probe.xml');
    const person = await Person.at(browser, { script: width === 1440, width, lang });
    try {
      await person.bringCookies(stage.portal.url, specht.cookies);
      const look = async (what: string) => expect([what, await person.faults()]).toEqual([what, []]);
      await person.visit(`${stage.portal.url}/${lang}/admin/services`);
      await look('the form');
      for (const [what, text] of [
        ['the report', schema],
        ['an error', '<nothing/>'],
      ] as const) {
        writeFileSync(file, text);
        await person.page.setInputFiles('input[name=schema]', file);
        await person.page.click('form.fim-form button');
        await person.page.waitForSelector(what === 'the report' ? '.fim-report' : '[data-error-summary]');
        await look(what);
        if (what === 'the report') await person.page.click('.fim-report summary');
        await look(`${what}, all of it`);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
      await person.leave();
    }
  });
});
