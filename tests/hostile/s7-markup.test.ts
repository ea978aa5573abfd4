/**
 * S7: texts that try to become markup, from everybody who can put a text on a page: the person who applies, the author of a flow, the municipality,
 * and the back office. Every page is read as a browser reads it; where a browser is installed, it also opens them.
 */
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sign } from '../../src/server/delivery/signature.ts';
import { caseOf } from '../answers/asked.ts';
import { openBrowser } from '../e2e/person.ts';
import { hidden, PlainBrowser, root, SECRET, type Answer, type TestPortal } from '../portal.ts';
import { corpus } from './s7-corpus.ts';
import { elements, journey, openStage, submit, upToReview, type Stage } from './stage.ts';

let stage: Stage;
let portal: TestPortal;
let person: PlainBrowser;
let reference: string;
const shown = new Set<string>();
const seen: { path: string; body: string }[] = [];

/** Hangs a text of the corpus on every text of a document; keys that mean something stay. */
function poison(node: unknown, texts: string[], keep: (key: string, value: string) => boolean, key = ''): unknown {
  if (typeof node === 'string') return keep(key, node) ? node : `${node} ${next(texts)}`;
  if (Array.isArray(node)) return node.map((one) => poison(one, texts, keep, key));
  if (node === null || typeof node !== 'object') return node;
  return Object.fromEntries(Object.entries(node).map(([name, value]) => [name, poison(value, texts, keep, name)]));
}
function next(texts: string[]): string {
  texts.push(texts.shift()!);
  return texts.at(-1)!;
}
const edit = (file: string, change: (document: never) => unknown) =>
  writeFileSync(file, JSON.stringify(change(JSON.parse(readFileSync(file, 'utf8')) as never)));

beforeAll(async () => {
  stage = await openStage();
  const flows = join(stage.dataDir, 'flows');
  cpSync(join(root, 'flows'), flows, { recursive: true });
  const authors = corpus('author').map(({ text }) => text);
  for (const service of readdirSync(flows, { withFileTypes: true }).filter((one) => one.isDirectory())) {
    const dir = join(flows, service.name);
    for (const lang of ['de', 'en']) edit(join(dir, `texts/${lang}.json`), (document) => poison(document, authors, () => false));
    for (const list of existsSync(join(dir, 'lists')) ? readdirSync(join(dir, 'lists')) : [])
      edit(join(dir, 'lists', list), (document) => poison(document, authors, (key) => key === 'code'));
    edit(join(dir, 'service.json'), (document: { legalBasis: { text: string }[] }) => ({
      ...document,
      legalBasis: document.legalBasis.map((one) => ({ ...one, text: `${one.text} ${next(authors)}` })),
    }));
  }
  const towns = corpus('town').map(({ text }) => text);
  const kept = new Set([
    '$schema',
    'id',
    'ars',
    'land',
    'hosts',
    'languages',
    'action',
    'accent',
    'service',
    'channels',
    'destination',
    'adapter',
    'url',
    'wsdl',
    'password',
    'secrets',
    'email',
    'name',
    'shortName',
  ]);
  edit(join(stage.dataDir, 'config/musterstadt.json'), (document: { legal: object; staff: object }) => ({
    ...(poison(document, towns, (key) => kept.has(key)) as object),
    staff: document.staff,
    legal: { ...document.legal, imprint: { de: towns.join('\n\n'), en: towns.join('\n- ') } },
    name: `Stadt ${corpus('town')[0]!.text}`,
    shortName: `Stadt ${corpus('town')[6]!.text}`,
  }));
  portal = await stage.start({ SCHALTER_FLOWS: flows });
  person = new PlainBrowser(portal.port);
}, 90_000);
afterAll(async () => {
  await portal.stop();
  await stage.close();
});

const LINKS = /^(?:https:\/\/|mailto:|tel:|\/(?!\/)|#|\?)/;
/** Elements that no page of ours has. */
const NEVER = new Set([
  'iframe',
  'object',
  'embed',
  'base',
  'style',
  'math',
  'foreignobject',
  'img',
  'template',
  'noscript',
  'frame',
  'applet',
]);

/** What on a page would run, load or lead elsewhere. */
function findings(body: string): string[] {
  const found: string[] = [];
  for (const { tagName, attrs, childNodes } of elements(body)) {
    const attr = (name: string) => attrs.find((one) => one.name === name)?.value;
    if (NEVER.has(tagName)) found.push(`<${tagName}>`);
    if (tagName === 'script' && (attr('src') !== '/enhance.js' || childNodes.length > 0)) found.push('script');
    if (tagName === 'meta' && attr('http-equiv') !== undefined && attr('http-equiv') !== 'content-security-policy') found.push('meta');
    if (tagName === 'link' && !attr('href')!.startsWith('/')) found.push(`link ${attr('href')}`);
    for (const { name, value } of attrs) {
      if (name.startsWith('on') || name === 'style' || name === 'srcdoc') found.push(`${tagName} ${name}`);
      if (['href', 'src', 'action', 'formaction', 'xlink:href'].includes(name) && !LINKS.test(value))
        found.push(`${tagName} ${name}=${value}`);
    }
  }
  return found;
}

/** Looks at a page and notes which marks stand on it. */
function look(path: string, answer: Answer, status: number): void {
  expect([path, answer.status]).toEqual([path, status]);
  expect([path, findings(answer.body)]).toEqual([path, []]);
  for (const [mark] of answer.body.matchAll(/(?:author|town|typed|query|office|file)\d\d/g)) shown.add(mark);
  seen.push({ path, body: answer.body });
}

it('finds what it looks for', () => {
  for (const { text } of corpus('x')) {
    const page = findings(
      `<!doctype html><title>${text}</title><textarea>${text}</textarea><select><option>${text}</option></select><input value="${text}"><input value='${text}'><a href="${text}">${text}</a>`,
    );
    expect(page, text).not.toEqual([]);
  }
});

it('pages before an application, in both languages', async () => {
  for (const lang of ['de', 'en']) {
    for (const path of [
      '',
      '/resume',
      '/status',
      '/legal/imprint',
      '/legal/privacy',
      '/legal/accessibility',
      '/services/dog-tax',
      '/services/bulky-waste',
      '/services/resident-parking',
      '/services/housing-benefit',
    ])
      look(`/${lang}${path}`, await person.send(`/${lang}${path}`), 200);
    for (const { text } of corpus('query')) look('search', await person.send(`/${lang}?q=${encodeURIComponent(text)}`), 200);
    look('404', await person.send(`/${lang}/nothing`), 404);
  }
});

it('typed texts, on the page itself, in its errors, in a conflict, in the review', async () => {
  const played = journey('dog-tax', 'two-dangerous-dogs');
  await upToReview(person, {
    ...played,
    answers: Object.assign(Object.create(null), played.answers, {
      'dogs.1.permitFile': [{ name: '<img src=x onerror=window.file06=1>.pdf', mime: 'application/pdf', size: 1, id: 'x' }],
    }),
  });
  const page = '/de/apply/dog-tax/dogs/1/dogName';
  for (const { text } of corpus('typed')) {
    const revision = hidden((await person.send(page)).body, '_revision')!;
    const saved = await person.send(page, [
      ['_revision', revision],
      ['dogs.1.name', text],
      ['_back', 'review'],
    ]);
    if (saved.status !== 303) look(`${page} refused`, saved, 422);
    look(page, await person.send(page), 200);
    look(
      'conflict',
      await person.send(page, [
        ['_revision', '1'],
        ['dogs.1.name', text],
      ]),
      409,
    );
    for (const lang of ['de', 'en']) look('review', await person.send(`/${lang}/apply/dog-tax/check`), 200);
    const contact = hidden((await person.send('/de/apply/dog-tax/contact')).body, '_revision')!;
    look(
      'errors',
      await person.send('/de/apply/dog-tax/contact', [
        ['_revision', contact],
        ['applicant.email', text],
        ['applicant.phone', text],
      ]),
      422,
    );
    await stage.owner.query('delete from rate_limit');
    look(
      'codes',
      await person.send('/de/status', [
        ['reference', text.slice(0, 40)],
        ['factor', text],
      ]),
      422,
    );
  }
  for (const step of played.walk.steps)
    for (const lang of ['de', 'en']) look(step.path, await person.send(`/${lang}/apply/dog-tax/${step.path}`), 200);
  look('saved', await person.send('/de/save/dog-tax'), 200);
});

it('after handing in, with texts from the back office', async () => {
  const other = new PlainBrowser(portal.port);
  reference = await submit(other, journey('bulky-waste', 'sofa-free', { 'pickup.notes': corpus('typed')[0]!.text }));
  // what the office says by itself would withdraw a question
  await caseOf(stage, { reference });
  const { rows } = await stage.owner.query<{ id: string }>('select id from submission where reference = $1', [reference]);
  for (const [n, { text }] of corpus('office').entries()) {
    const body = Buffer.from(
      JSON.stringify({
        type: 'status',
        eventId: `e${n}`,
        id: `${rows[0]!.id}:demo`,
        status: 'information_requested',
        at: '2026-03-02T10:00:00Z',
        text,
      }),
    );
    const answer = await person.send('/api/v1/status', { body, type: 'application/json' }, sign([SECRET], `e${n}`, body, Date.now()));
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
  }
  for (const lang of ['de', 'en'])
    for (const path of [`receipt/${reference}`, `status/${reference}`]) look(path, await other.send(`/${lang}/${path}`), 200);
  // What is asked for stands at the head, not only in the timeline: one text, escaped like there.
  for (const { body } of seen.slice(-3).filter(({ path }) => path.startsWith('status/'))) {
    const head = body.slice(body.indexOf('<h1'), body.indexOf('id="timeline-title"'));
    expect([...head.matchAll(/office\d\d/g)].length).toBeGreaterThan(0);
    expect(findings(body)).toEqual([]);
  }
  expect(seen.slice(-3).filter(({ path }) => path.startsWith('status/'))).toHaveLength(2);
  // Where it is answered: the question, then what was typed with an error, then what was sent.
  const address = `/de/status/${reference}/answer`;
  const form = await other.send(address);
  look(address, form, 200);
  const post = (text: string) =>
    other.send(address, [
      ['question', hidden(form.body, 'question')!],
      ['text', text],
    ]);
  const typed = corpus('typed').map(({ text }) => text);
  look(address, await post(typed.join('\n').padEnd(5_001, 'x')), 422);
  expect((await post(typed.join('\n'))).status).toBe(303);
  for (const lang of ['de', 'en']) look(address, await other.send(`/${lang}/status/${reference}/answer`), 200);
});

it('every text was really on a page', () => {
  const marks = (prefix: string) => corpus(prefix).map(({ mark }) => mark);
  for (const prefix of ['author', 'town', 'query', 'typed', 'office'])
    expect(
      marks(prefix).filter((mark) => !shown.has(mark)),
      prefix,
    ).toEqual([]);
  expect(shown).toContain('file06');
  console.log(`S7: ${corpus('x').length} texts by 6 ways, ${seen.length} pages read: nothing became markup`);
});

describe('in Chromium', () => {
  it('nothing runs, and no page breaks its own policy', async () => {
    const browser = await openBrowser();
    try {
      const context = await browser.newContext();
      await context.addInitScript(() =>
        document.addEventListener('securitypolicyviolation', (event) =>
          console.error(`VIOLATION ${event.violatedDirective} ${event.blockedURI}`),
        ),
      );
      const page = await context.newPage();
      const said: string[] = [];
      page.on('console', (message) => said.push(message.text()));
      page.on('dialog', (dialog) => void dialog.dismiss().then(() => said.push('dialog')));
      page.on('request', (request) => new URL(request.url()).hostname !== 'localhost' && said.push(`CALL ${request.url()}`));
      const base = `http://localhost:${portal.port}`;
      await context.addCookies(
        [...person.cookies].map(([name, value]) => ({
          name,
          value,
          url: `https://localhost:${portal.port}`,
          secure: true,
          httpOnly: true,
        })),
      );
      let opened = 0;
      for (const path of [
        '/de',
        '/de/services/dog-tax',
        '/de/legal/imprint',
        '/en/legal/privacy',
        '/de/apply/dog-tax/dogs/1/dogName',
        '/de/apply/dog-tax/check',
        '/de/apply/dog-tax/dogs',
        ...corpus('query').map(({ text }) => `/de?q=${encodeURIComponent(text)}`),
      ]) {
        await page.goto(base + path);
        const ran = await page.evaluate(() =>
          Object.keys(window).filter(
            (name) => /^(author|town|typed|query|file|office)\d\d$/.test(name) && typeof (window as never)[name] === 'number',
          ),
        );
        expect([path, ran]).toEqual([path, []]);
        opened += 1;
      }
      await page.goto(`${base}/de/apply/dog-tax/check`);
      expect(page.url()).toContain('/check');
      // What runs is only our own script; Chromium's remarks on the favicon and the like are none.
      expect(said.filter((one) => /VIOLATION|Content Security Policy|CALL|dialog/.test(one))).toEqual([]);
      console.log(`S7: ${opened} pages in Chromium, 0 executions, 0 violations`);
    } finally {
      await browser.close();
    }
  }, 120_000);
});
