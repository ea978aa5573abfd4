/** Finishing at the counter: what the citizen confirms and how, who sends it for whom, what is printed, and what staff see of it afterwards. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { request } from 'node:http';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answers, Json } from '../../src/flow/index.ts';
import { openDesk, type Desk } from '../handover/desk.ts';
import { journey, openStage, type Stage } from '../hostile/stage.ts';
import { hidden, PlainBrowser, root, type Answer } from '../portal.ts';
import { until, type Pairs } from '../travel.ts';
import { checkOf, clerkAt, clerkOf, filled, referenceOn, reviewForm, texts } from './at-the-desk.ts';

let stage: Stage;
let desk: Desk;
beforeAll(async () => {
  stage = await openStage({ identity: 'demo' });
  desk = await openDesk(stage);
}, 60_000);
afterAll(() => stage?.close());

const dog = () => journey('dog-tax', 'one-small-dog', { 'applicant.familyName': 'Haubenmeise' });
const poppler = spawnSync('pdftotext', ['-v']).error === undefined;

/** A PDF as bytes: what `send` gives is text. */
function pdf(browser: PlainBrowser, path: string): Promise<{ status: number; bytes: Buffer }> {
  return new Promise((done, failed) => {
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    request({ host: '127.0.0.1', port: stage.portal.port, path, headers: { host: browser.host, cookie } }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => done({ status: answer.statusCode!, bytes: Buffer.concat(chunks) }));
    })
      .on('error', failed)
      .end();
  });
}

function read(bytes: Buffer): string {
  expect(bytes.subarray(0, 5).toString()).toBe('%PDF-');
  expect(bytes.toString('latin1')).toContain('/StructTreeRoot');
  return poppler ? spawnSync('pdftotext', ['-layout', '-', '-'], { input: bytes, encoding: 'utf8' }).stdout.replace(/\s+/g, ' ') : '';
}
const readsAs = (text: string, ...parts: (string | RegExp)[]) => {
  if (poppler) for (const part of parts) expect(text).toMatch(part instanceof RegExp ? part : new RegExp(part.replace(/[().?]/g, '\\$&')));
};

/** A hash as it stands on paper. */
const printed = (hash: string) => hash.match(/.{16}/g)!.join(' ');

interface Told {
  intakes: { channel: string; representation: string; identity: object; receivedOn?: string; enteredAt: string }[];
  confirmation: { how: string; at: string; summarySha256: string; note?: string; name?: string; drawing?: string };
  transmittedBy: object;
  fee?: object;
}
const received = (reference: string) =>
  until(() => [...stage.backoffice.cases.values()].find((got) => got.reference === reference), 'the application');
const handling = async (reference: string) => (await received(reference)).handling as Told;

const logOf = async (application: string) =>
  (
    await stage.owner.query<{ action: string; purpose: string }>(
      'select action, purpose from access_log where application = $1 order by n',
      [application],
    )
  ).rows;

const SPOKEN: Pairs = [
  ['_how', 'spoken'],
  ['_record', 'Alles vorgelesen, stimmt so.'],
];
/** A zigzag, as the pad sends it. */
const STROKES = `M10 100${Array.from({ length: 20 }, (_, n) => `L${20 + n * 25} ${n % 2 ? 40 : 160}`).join('')}`;

describe('the envelope', () => {
  it('says who was there and how they were known, who sent it for whom, and what was confirmed', async () => {
    const clerk = await clerkAt(stage);
    const application = await filled(stage, desk, clerk, dog());
    const check = await clerk.visit(checkOf(application));
    const done = await clerk.send(check.path, reviewForm(check, dog(), SPOKEN));
    expect([done.status, texts(done).includes('Antrag eingegangen')]).toEqual([200, true]);
    const told = await handling(referenceOn(done));
    expect(told.intakes).toMatchObject([
      {
        channel: 'counter',
        representation: 'self',
        identity: { method: 'idCard', verified: true, level: 'substantial', by: 'Anke Amsel' },
      },
    ]);
    expect(told.transmittedBy).toEqual({ by: 'clerk', name: 'Anke Amsel', place: 'Bürgerbüro Rathaus, Platz 1' });
    expect(told.confirmation).toMatchObject({
      how: 'spoken',
      note: 'Alles vorgelesen, stimmt so.',
      summarySha256: hidden(check.body, '_summary'),
    });
    // neither the provider's name for the clerk nor a number of a document
    expect(JSON.stringify(told)).not.toContain((await clerkOf(stage, clerk)).subject);
    const audit = await stage.owner.query<{ detail: { summary: string } }>(
      `select detail from audit where action = 'submit' and subject = $1`,
      [application],
    );
    expect(audit.rows.map(({ detail }) => detail.summary)).toEqual([told.confirmation.summarySha256]);
  });

  it('keeps the day a letter came in apart from the day it was entered, and what was copied from an e-mail is no typing', async () => {
    const clerk = await clerkAt(stage);
    const application = await filled(stage, desk, clerk, dog(), {
      channel: 'post',
      receivedOn: '20.2.2026',
      person: 'attorney',
      method: 'none',
      verified: 'no',
    });
    const check = await clerk.visit(checkOf(application));
    const done = await clerk.send(check.path, reviewForm(check, dog(), [['_how', 'paper']]));
    const told = await handling(referenceOn(done));
    expect(told.intakes).toMatchObject([
      { channel: 'post', representation: 'attorney', receivedOn: '2026-02-20', identity: { level: 'none' } },
    ]);
    expect(told.intakes[0]!.enteredAt > '2026-02-21').toBe(true);
    const receipt = await pdf(clerk, `/de/counter/case/${referenceOn(done)}/receipt.pdf`);
    readsAs(read(receipt.bytes), '20. Februar 2026', 'erfasst', 'Anke Amsel', 'Haubenmeise', 'Ihr Geburtsdatum', '1. Wir prüfen');
  });

  it('fits the published schema, also where the citizen sends it', () => {
    const schema = JSON.parse(readFileSync(join(root, 'static/schemas/submission-envelope.v2.schema.json'), 'utf8')) as {
      properties: { handling: object };
      $defs: object;
    };
    const validate = new Ajv2020({ strict: false }).compile({ ...schema.properties.handling, $defs: schema.$defs });
    const told = [...stage.backoffice.cases.values()].map((one) => one.handling);
    expect(told.length).toBeGreaterThan(1);
    for (const one of told) expect(validate(one), JSON.stringify(validate.errors)).toBe(true);
  });
});

describe('what is confirmed is what was shown', () => {
  it('a changed summary is refused and shown again; the same page then goes through', async () => {
    const clerk = await clerkAt(stage);
    const application = await filled(stage, desk, clerk, dog());
    const check = await clerk.visit(checkOf(application));
    const form = reviewForm(check, dog(), SPOKEN);
    const altered = form.map(([name, value]): [string, string] => [name, name === '_summary' ? 'f'.repeat(64) : value]);
    const refused = await clerk.send(check.path, altered);
    expect(refused.status).toBe(422);
    // what was typed is still there
    expect(refused.body).toContain('Alles vorgelesen, stimmt so.');
    expect(hidden(refused.body, '_summary')).toBe(hidden(check.body, '_summary'));
    const none = form.filter(([name]) => name !== '_summary');
    expect((await clerk.send(check.path, none)).status).toBe(422);
    // in another language it is another summary
    const english = await clerk.visit(check.path.replace('/de/', '/en/'));
    expect(hidden(english.body, '_summary')).not.toBe(hidden(check.body, '_summary'));
    // somebody saved meanwhile
    const who = await clerkOf(stage, clerk);
    await desk.save(who, await desk.open(who, application), { 'applicant.givenNames': 'Blaukehlchen' });
    const stale = await clerk.send(check.path, form);
    expect([stale.status, stale.body.includes('Blaukehlchen')]).toEqual([422, true]);
    expect((await logOf(application)).some(({ action }) => action === 'submit')).toBe(false);
    expect((await clerk.send(check.path, reviewForm(stale, dog(), SPOKEN))).status).toBe(200);
  });
});

describe('ways to confirm', () => {
  const submitWith = async (more: Pairs): Promise<{ done: Answer; browser: PlainBrowser }> => {
    const browser = await clerkAt(stage);
    const application = await filled(stage, desk, browser, dog());
    const check = await browser.visit(checkOf(application));
    return { done: await browser.send(check.path, reviewForm(check, dog(), more)), browser };
  };

  it.each([
    ['read-back', [['_how', 'read-back']], { how: 'read-back' }],
    ['paper', [['_how', 'paper']], { how: 'paper' }],
    [
      'typed name',
      [
        ['_how', 'signature'],
        ['_signer', 'Helga Haubenmeise'],
      ],
      { how: 'signature', name: 'Helga Haubenmeise' },
    ],
  ] as [string, Pairs, object][])('%s', async (_, more, expected) => {
    const { done } = await submitWith(more);
    expect(done.status).toBe(200);
    expect((await handling(referenceOn(done))).confirmation).toMatchObject(expected);
  });

  it('a drawn signature: sealed, in the envelope and in the summary', async () => {
    const { done, browser } = await submitWith([
      ['_how', 'signature'],
      ['_strokes', STROKES],
    ]);
    expect(done.status).toBe(200);
    const { confirmation } = await handling(referenceOn(done));
    expect(confirmation.drawing).toBe(
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 200"><path d="${STROKES}" fill="none" stroke="#000" stroke-width="2.5" stroke-linecap="round" stroke-linejoin="round"/></svg>`,
    );
    const summary = await pdf(browser, `/de/counter/case/${referenceOn(done)}/summary.pdf`);
    readsAs(
      read(summary.bytes),
      'Am Schalter unterschrieben',
      confirmation.summarySha256.match(/.{16}/g)!.join(' '),
      'Haubenmeise',
      'Anke Amsel',
      'Dackel',
      'Ich überweise selbst',
    );
    expect(summary.bytes.toString('latin1')).toContain('/S /Figure');
    const rows = await stage.owner.query<{ line: string }>(`select row_to_json(s)::text as line from submission s where reference = $1`, [
      referenceOn(done),
    ]);
    expect(rows.rows[0]!.line).not.toContain(Buffer.from('<svg').toString('hex'));
  });

  it.each([
    ['nothing chosen', []],
    ['a way that there is not', [['_how', 'telepathy']]],
    ['no record', [['_how', 'spoken']]],
    ['no signature', [['_how', 'signature']]],
    [
      'markup as strokes',
      [
        ['_how', 'signature'],
        ['_strokes', `${STROKES}"/><script>alert(1)</script>`],
      ],
    ],
    [
      'a dot',
      [
        ['_how', 'signature'],
        ['_strokes', 'M10 10L11 11'],
      ],
    ],
  ] as [string, Pairs][])('is refused: %s', async (_, more) => {
    const { done } = await submitWith(more);
    expect(done.status).toBe(422);
    expect(done.body).not.toContain('<script>alert');
  });
});

describe('print', () => {
  it('of an application in hand: summary to sign, what is missing, text to read out; each is in the log', async () => {
    const clerk = await clerkAt(stage);
    const one = dog();
    const application = await filled(stage, desk, clerk, one);
    const check = await clerk.visit(checkOf(application));
    for (const name of ['summary', 'missing']) expect(check.body).toContain(`/de/counter/paper/${application}/${name}.pdf`);
    const summary = await pdf(clerk, `/de/counter/paper/${application}/summary.pdf`);
    readsAs(read(summary.bytes), 'noch nicht eingereicht', 'Haubenmeise', 'Unterschrift', printed(hidden(check.body, '_summary')!));
    const missing = await pdf(clerk, `/de/counter/paper/${application}/missing.pdf`);
    readsAs(read(missing.bytes), 'Was noch fehlt');
    const spoken = await clerk.visit(`/de/counter/read/${application}`);
    expect(texts(spoken)).toContain('Ich lese Ihnen vor');
    expect(texts(spoken)).toContain('Familienname: Haubenmeise.');
    expect((await logOf(application)).filter(({ action }) => action === 'print')).toHaveLength(2);
    expect((await clerk.send(`/de/counter/paper/${application}/payload.pdf`)).status).toBe(404);
    const other = await clerkAt(stage, 'buchfink');
    for (const path of [`paper/${application}/summary.pdf`, `read/${application}`])
      expect((await other.send(`/de/counter/${path}`)).location).toBe('/de/counter?gone');
  });

  it('lists files that are to come, before and after handing in', async () => {
    const clerk = await clerkAt(stage);
    const played = journey('dog-tax', 'two-dangerous-dogs');
    const isFile = (value: Json) => Array.isArray(value) && value.some((one) => JSON.stringify(one).includes('"mime"'));
    const answers = Object.entries(played.answers).map(([path, value]) => [path, isFile(value) ? { later: 'bring' } : value]);
    const one = { ...played, answers: Object.assign(Object.create(null), Object.fromEntries(answers)) as Answers };
    const application = await filled(stage, desk, clerk, one);
    const address = `/de/counter/paper/${application}/missing.pdf`;
    readsAs(read((await pdf(clerk, address)).bytes), 'Ich schicke es per Post', 'Ich bringe es mit');
    const check = await clerk.visit(checkOf(application));
    const done = await clerk.send(check.path, reviewForm(check, one, SPOKEN));
    readsAs(
      read((await pdf(clerk, `/de/counter/case/${referenceOn(done)}/missing.pdf`)).bytes),
      'Ich schicke es per Post',
      'Ich bringe es mit',
    );
    const nothing = await filled(stage, desk, clerk, dog());
    readsAs(read((await pdf(clerk, `/de/counter/paper/${nothing}/missing.pdf`)).bytes), 'Es fehlt nichts');
  });

  it('a slip with code and QR travels in the page; nothing of it stays here', async () => {
    const clerk = await clerkAt(stage);
    const application = await filled(stage, desk, clerk, dog());
    const check = await clerk.visit(checkOf(application));
    const given = await clerk.send(check.path, [
      ['_revision', hidden(check.body, '_revision')!],
      ['do', 'give-back'],
    ]);
    const link = /href="data:application\/pdf;base64,([^"]+)"[^>]*download="Code.pdf"/.exec(given.body)!;
    readsAs(read(Buffer.from(link[1]!, 'base64')), referenceOn(given), 'So machen Sie weiter', '/de/resume');
  });
});

describe('an application that was handed in', () => {
  const handedIn = async () => {
    const clerk = await clerkAt(stage);
    const application = await filled(stage, desk, clerk, dog());
    const check = await clerk.visit(checkOf(application));
    const done = await clerk.send(check.path, reviewForm(check, dog(), SPOKEN));
    return { clerk, application, reference: referenceOn(done), pin: /\b\d{4}\b/.exec(texts(done).split(referenceOn(done))[1] ?? '')?.[0] };
  };
  const OPEN = (reference: string, purpose = 'ask'): Pairs => [
    ['reference', reference],
    ['purpose', purpose],
    ['do', 'open'],
  ];

  it('is open to who sent it until the next person, and to others by number and purpose; the citizen sees that', async () => {
    const { clerk, application, reference } = await handedIn();
    const address = `/de/counter/case/${reference}`;
    const shown = await clerk.send(address);
    // all of it: from the first answer to the last, which come from lists of codes among others
    for (const text of ['Haubenmeise', 'Dackel', 'Ich überweise selbst']) expect(texts(shown)).toContain(text);
    const colleague = await clerkAt(stage, 'buchfink');
    expect((await colleague.send(address)).status).toBe(410);
    const opened = await colleague.send('/de/counter', OPEN(reference.toLowerCase().replaceAll('-', ' ')));
    expect([opened.status, opened.location]).toEqual([303, address]);
    expect((await colleague.send(address)).body).toContain('Haubenmeise');
    for (const browser of [clerk, colleague]) {
      await browser.send('/de/counter/next', []);
      expect((await browser.send(address)).status).toBe(410);
      expect((await browser.send(`${address}/summary.pdf`)).status).toBe(410);
    }
    expect((await logOf(application)).filter(({ action }) => action === 'open')).toEqual([{ action: 'open', purpose: 'ask' }]);
    const citizen = new PlainBrowser(stage.portal.port);
    const birthDate = String(dog().answers['applicant.birthDate']).split('-').reverse().join('.');
    const status = await citizen.send('/de/status', [
      ['reference', reference],
      ['factor', birthDate],
    ]);
    expect(texts(await citizen.visit(status.location!))).toContain('Nach dem Absenden von uns geöffnet');
  });

  it('needs a number that there is and a purpose; what was tried is in the log, and tries are limited', async () => {
    const { reference } = await handedIn();
    const clerk = await clerkAt(stage, 'buchfink');
    for (const form of [OPEN(reference, 'curiosity'), OPEN('')]) expect((await clerk.send('/de/counter', form)).status).toBe(422);
    const subject = (await clerkOf(stage, clerk)).subject;
    const refusals = async () =>
      Number(
        (
          await stage.owner.query<{ n: string }>(`select count(*) as n from access_log where action = 'open-refused' and actor = $1`, [
            subject,
          ])
        ).rows[0]!.n,
      );
    const before = await refusals();
    for (let tried = 1; tried <= 10; tried += 1) expect((await clerk.send('/de/counter', OPEN(`26-AAAAAAA-${tried}`))).status).toBe(422);
    expect(await refusals()).toBe(before + 10);
    // the right number no longer helps
    expect((await clerk.send('/de/counter', OPEN(reference))).status).toBe(422);
  });
});

describe('the fee', () => {
  it('is noted with its receipt, goes to the back office and onto the receipt; an exemption is not the counter’s', async () => {
    const clerk = await clerkAt(stage);
    const paid = journey('bulky-waste', 'move-out-express');
    const application = await filled(stage, desk, clerk, paid);
    const check = await clerk.visit(checkOf(application));
    expect(check.body).not.toMatch(/name="_paid"[^>]*value="exempt/);
    const form = (...more: Pairs) => reviewForm(check, paid, [...SPOKEN, ...more]);
    expect(texts(await clerk.send(check.path, form(['_paid', 'cash'])))).toContain('Nummer vom Kassenbeleg');
    const done = await clerk.send(check.path, form(['_paid', 'cash'], ['_receipt', 'K-2026-17']));
    expect(done.status).toBe(200);
    const { fee } = await handling(referenceOn(done));
    expect(fee).toMatchObject({ paid: 'cash', reference: 'K-2026-17' });
    expect((fee as { amount: number }).amount).toBeGreaterThan(0);
    const receipt = await pdf(clerk, `/de/counter/case/${referenceOn(done)}/receipt.pdf`);
    readsAs(read(receipt.bytes), 'K-2026-17', 'bar');
  });
});
describe('the second screen', () => {
  it('shows answers and declarations, follows what is saved, ends with the next person, and keeps no session alive', async () => {
    const clerk = await clerkAt(stage);
    const empty = await clerk.send('/de/counter/view');
    expect(texts(empty)).toContain('Bitte warten Sie');
    const application = await filled(stage, desk, clerk, dog());
    const first = await clerk.send('/de/counter/view');
    expect(first.body).toContain('Haubenmeise');
    for (const hiddenOnes of ['Anke Amsel', '/de/counter/sheet', '/de/counter/next', 'Eingetragen von', '<form'])
      expect(first.body).not.toContain(hiddenOnes);
    const state = (page: Answer) => /data-state="([^"]*)"/.exec(page.body)?.[1];
    const before = state(first);
    const who = await clerkOf(stage, clerk);
    // looking again is neither use of the session nor a row of the log, until something new is shown
    await stage.owner.query(`update staff_session set seen_at = now() - interval '20 minutes' where id_hash = $1`, [who.sessionHash]);
    for (let n = 0; n < 3; n += 1) expect(state(await clerk.send('/de/counter/view?again'))).toBe(before);
    const idle = await stage.owner.query<{ old: boolean }>(
      `select seen_at < now() - interval '19 minutes' as old from staff_session where id_hash = $1`,
      [who.sessionHash],
    );
    expect(idle.rows).toEqual([{ old: true }]);
    expect((await logOf(application)).filter(({ action }) => action === 'view')).toHaveLength(1);
    await desk.save(who, await desk.open(who, application), { 'applicant.givenNames': 'Blaukehlchen' });
    const second = await clerk.send('/en/counter/view?again');
    expect(state(second)).not.toBe(before);
    expect(second.body).toContain('Blaukehlchen');
    expect(second.body).toContain('Please say if anything is wrong');
    expect((await logOf(application)).filter(({ action }) => action === 'view')).toHaveLength(2);
    await clerk.send('/de/counter/next', []);
    const after = await clerk.send('/de/counter/view?again');
    expect(after.body).not.toContain('Haubenmeise');
    expect(texts(after)).toContain('Bitte warten Sie');
    const stranger = new PlainBrowser(stage.portal.port);
    expect((await stranger.send('/de/counter/view?again')).status).toBe(303);
  });
});
