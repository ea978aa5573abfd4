import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { inflateSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { createDocuments, DocumentError, type ReceiptDocument, type SummaryDocument } from './index.ts';
import { createPress } from './press-room.ts';

const common = {
  lang: 'de',
  municipality: {
    name: 'Stadt Musterstadt',
    colors: { action: '#0b4f8a' },
    contact: {
      office: 'Bürgerbüro',
      street: 'Rathausplatz 1',
      city: '12345 Musterstadt',
      phone: '+49 30 5550-100',
      email: 'buero@musterstadt.example',
    },
  },
  service: 'Hund anmelden',
  reference: 'MUS-7K3F-92QX-4',
  receivedAt: '23. November 2026, 9:30 Uhr',
  recipient: 'Steueramt Musterstadt',
};
const summary: SummaryDocument = {
  ...common,
  sections: [
    {
      title: 'Ihre Hunde',
      rows: [
        { label: 'Wie viele Hunde haben Sie?', lines: ['2'] },
        { label: 'Telefon', lines: [] },
      ],
      entries: [{ title: 'Hund 1', rows: [{ label: 'Rasse', lines: ['Dackel'], origin: 'Eingetragen am Schalter' }] }],
    },
  ],
  declaration: ['Meine Angaben sind richtig.'],
};
const receipt: ReceiptDocument = {
  ...common,
  next: ['Wir prüfen Ihre Angaben.', 'Sie bekommen einen Bescheid.'],
  status: ['https://musterstadt.example/status'],
};
const withAnswer = (...lines: string[]): SummaryDocument => ({
  ...common,
  sections: [{ title: 'Angaben', rows: [{ label: 'Frage', lines }] }],
});

const press = createPress();
const documents = createDocuments(press);
afterAll(() => documents.close());

/** The whole file as text, packed streams unpacked. */
function insides(pdf: Uint8Array): string {
  const raw = Buffer.from(pdf).toString('latin1');
  const streams = [...raw.matchAll(/stream\r?\n([\s\S]*?)\r?\nendstream/g)].map((match) => {
    try {
      return inflateSync(Buffer.from(match[1]!, 'latin1')).toString('latin1');
    } catch {
      return '';
    }
  });
  return [raw, ...streams].join('\n');
}

const pagesOf = (inside: string): number => Number(/\/Type \/Pages\s+\/Count (\d+)/.exec(inside)![1]);

const poppler = spawnSync('pdftotext', ['-v']).error === undefined;
function textOf(pdf: Uint8Array): string {
  return spawnSync('pdftotext', ['-layout', '-', '-'], { input: pdf, encoding: 'utf8' }).stdout;
}

describe('a tagged document', () => {
  it('says what it is, in which language, and how it is built', async () => {
    const inside = insides(await documents.summary(summary));
    expect(inside).toContain('/StructTreeRoot');
    expect(inside).toMatch(/\/Marked true/);
    expect(inside).toMatch(/\/Lang ?\(de\)/);
    expect(inside).toMatch(/\/DisplayDocTitle true/);
    expect(inside).toContain('Hund anmelden');
    expect(inside).toMatch(/<pdfuaid:part>1</);
    for (const role of ['/H1', '/H2', '/H3', '/Table', '/TH', '/TD']) expect(inside).toContain(`/S ${role}\n`);
  });

  it('speaks the language of its reader', async () => {
    expect(insides(await documents.summary({ ...summary, lang: 'en' }))).toMatch(/\/Lang ?\(en\)/);
    expect(insides(await documents.summary({ ...summary, lang: 'de-simple' }))).toMatch(/\/Lang ?\(de\)/);
  });

  it('is the same for the same application', async () => {
    expect(Buffer.from(await documents.summary(summary)).equals(await documents.summary(summary))).toBe(true);
  });

  it.runIf(poppler)('holds every answer, and what was left out', async () => {
    const text = textOf(await documents.summary(summary));
    for (const part of [
      'Stadt Musterstadt',
      'MUS-7K3F-92QX-4',
      '23. November 2026',
      'Steueramt',
      'Dackel',
      'Eingetragen am Schalter',
      'Hund 1',
      'Meine Angaben',
      'Seite 1 von 1',
    ])
      expect(text).toContain(part);
    expect(text).toMatch(/Telefon\s+Keine Angabe/);
    expect(text).not.toContain('�');
  });

  it('confirms receipt on one page', async () => {
    const pdf = await documents.receipt(receipt);
    const inside = insides(pdf);
    expect(pagesOf(inside)).toBe(1);
    expect(inside).toContain('/StructTreeRoot');
    if (poppler) expect(textOf(pdf)).toMatch(/Eingangsbestätigung[\s\S]*Hund anmelden[\s\S]*1\.\s+Wir prüfen/);
  });
});

describe('whatever was typed', () => {
  const hostile = [
    '#set page(width: 1cm) #read("/etc/passwd") #panic("no")',
    '*bold* _it_ $x^2$ \\ @ref <label> [content] `raw` // comment /* x */ = heading',
    '#{while true {}}',
    '"},"title":"x"',
    'zero\u0000byte \u0007 \u001b[31m',
    'right \u202eto left \u2067isolate',
    '😀 👨‍👩‍👧 漢字 שלום مرحبا',
    '\ud800 lone',
    'e\u0301'.repeat(50),
    'Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘!͖̬̰̙̗̿̋ͥͥ̂ͣ̐́́͜͞',
    'x'.repeat(5000),
    'Wort '.repeat(3000),
    '',
    '\n\n\n',
  ];

  it.each(hostile.map((text) => [text.slice(0, 30), text]))('is shown, never executed: %j', async (_name, text) => {
    const pdf = await documents.summary({ ...withAnswer(text, text), service: `Antrag ${text}`.slice(0, 200), declaration: [text] });
    expect(insides(pdf)).toContain('/StructTreeRoot');
  });

  it.runIf(poppler)('stays readable text', async () => {
    const text = textOf(
      await documents.summary(withAnswer(hostile[0]!, hostile[1]!, 'a 😀 b', 'maximiliane.mustermann@beispiel-verwaltung.de')),
    );
    expect(text).toContain('#read("/etc/passwd")');
    expect(text).toContain('*bold* _it_ $x^2$');
    expect(text).toMatch(/a ?� ?b/);
    expect(text).toContain('Das Zeichen � steht für');
    expect(text).toContain('maximiliane.mustermann@beispiel-verwaltung.de');
  });

  it('may be long: 300 answers and 10 entries', async () => {
    const rows = Array.from({ length: 300 }, (_, index) => ({ label: `Frage ${index}`, lines: [`Antwort ${index}`, 'zweite Zeile'] }));
    const entries = Array.from({ length: 10 }, (_, index) => ({ title: `Eintrag ${index + 1}`, rows: rows.slice(0, 5) }));
    const pdf = await documents.summary({ ...summary, sections: [{ title: 'Viel', rows, entries }] });
    const pages = pagesOf(insides(pdf));
    expect(pages).toBeGreaterThan(8);
    if (poppler) {
      const text = textOf(pdf);
      expect(text).toContain('Antwort 299');
      expect(text).toContain(`Seite ${pages} von ${pages}`);
    }
  });
});

describe('when it goes wrong', () => {
  const secret = 'geheim-4711';
  const failure = async (work: Promise<unknown>): Promise<DocumentError> => {
    const error: unknown = await work.then(
      () => undefined,
      (one: unknown) => one,
    );
    expect(error).toBeInstanceOf(DocumentError);
    return error as DocumentError;
  };

  it('refuses what violates PDF/UA, and does not quote the answers', async () => {
    const untitled = await failure(documents.summary({ ...withAnswer(secret), service: '' }));
    expect(untitled.code).toBe('refused');
    expect(untitled.message).toMatch(/title/);
    const incomplete = await failure(press.print('summary', { title: secret }));
    expect(incomplete.code).toBe('refused');
    expect(untitled.message + incomplete.message).not.toContain(secret);
    await expect(documents.summary(summary)).resolves.toBeInstanceOf(Uint8Array);
  });

  it('gives up on an order that takes too long, and serves the next', async () => {
    const hasty = createPress({ timeout: 1 });
    expect((await failure(hasty.print('summary', {}))).code).toBe('late');
    expect(hasty.pid()).toBeUndefined();
  });

  it('outlives its process', async () => {
    const fragile = createPress();
    const order = createDocuments(fragile).summary(summary);
    const pid = fragile.pid()!;
    process.kill(pid, 'SIGKILL');
    expect((await failure(order)).code).toBe('stopped');
    await expect(createDocuments(fragile).summary(summary)).resolves.toBeInstanceOf(Uint8Array);
    expect(fragile.pid()).not.toBe(pid);
    fragile.close();
  });

  it('does not let orders pile up', async () => {
    const small = createPress({ waiting: 1 });
    const first = createDocuments(small).summary(summary);
    expect((await failure(createDocuments(small).summary(summary))).code).toBe('busy');
    await first;
    small.close();
  });
});

describe('the process', () => {
  const alive = (pid: number): boolean => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };
  const gone = async (pid: number): Promise<boolean> => {
    for (let tries = 0; tries < 100 && alive(pid); tries++) await wait(50);
    return !alive(pid);
  };

  it('is replaced when it has grown, with its orders done', async () => {
    const greedy = createPress({ rss: 1 });
    const orders = [1, 2, 3].map((n) => createDocuments(greedy).summary(withAnswer(String(n))));
    const pid = greedy.pid()!;
    expect(await Promise.all(orders)).toHaveLength(3);
    expect(greedy.pid()).toBeUndefined();
    expect(await gone(pid)).toBe(true);
  });

  it('goes when nobody needs it', async () => {
    const lazy = createPress({ idle: 20 });
    expect(lazy.pid()).toBeUndefined();
    await createDocuments(lazy).summary(summary);
    const pid = lazy.pid()!;
    expect(await gone(pid)).toBe(true);
    expect(lazy.pid()).toBeUndefined();
  });

  it.runIf(existsSync('/proc/self/environ'))('knows no secrets of the portal', async () => {
    process.env.SCHALTER_TEST_SECRET = 'not-for-the-press';
    const curious = createPress();
    await createDocuments(curious).summary(summary);
    expect(readFileSync(`/proc/${curious.pid()}/environ`, 'utf8')).not.toContain('not-for-the-press');
    curious.close();
  });
});
