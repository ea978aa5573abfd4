/** A person sends more than is taken: the answer is a page that says so, in the person's language, and what was good on the page is kept. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hidden, PlainBrowser } from '../portal.ts';
import { multipart, PDF } from '../travel.ts';
import { alive, elements, journey, openStage, raw, statusOf, upToReview, type Stage } from './stage.ts';

const PAGE = 'dogs/1/dogPermitFile';
const FIELD = 'dogs.1.permitFile';
let stage: Stage;
let browser: PlainBrowser;
beforeAll(async () => {
  stage = await openStage();
  browser = new PlainBrowser(stage.portal.port);
  await upToReview(browser, journey('dog-tax', 'two-dangerous-dogs'));
}, 60_000);
afterAll(() => stage.close());

const pdfOf = (megabytes: number) => Buffer.concat([PDF, Buffer.alloc(megabytes * 1024 * 1024, ' ')]);
const errors = (body: string) =>
  elements(body).filter(({ attrs }) => attrs.some(({ name, value }) => name === 'class' && value.includes('kern-error'))).length;

it.each(['de', 'en'])('a file of 11 and one of 80 megabytes: the page comes again, with the good file beside them (%s)', async (lang) => {
  const path = `/${lang}/apply/dog-tax/${PAGE}`;
  for (const megabytes of [11, 80]) {
    const revision = hidden((await browser.send(path)).body, '_revision')!;
    const name = `gut-${lang}-${megabytes}.pdf`;
    const files = [
      { field: FIELD, name, bytes: PDF },
      { field: FIELD, name: 'riesig.pdf', bytes: pdfOf(megabytes) },
    ];
    const answer = await browser.send(path, multipart([['_revision', revision]], files));
    expect(answer.status).toBe(422);
    expect(answer.body).toContain(`<html lang="${lang}"`);
    expect(answer.body).toContain(name);
    expect(errors(answer.body)).toBeGreaterThan(0);
    expect(answer.body).toContain('10 MB');
    expect(answer.body).not.toContain('{{');
    expect((await browser.send(path)).body).toContain(name);
    expect((await browser.send(path)).body).not.toContain('riesig.pdf');
  }
});

it('more files at once than the page takes: the page comes again with those that fit', async () => {
  const path = `/de/apply/dog-tax/${PAGE}`;
  const revision = hidden((await browser.send(path)).body, '_revision')!;
  const files = Array.from({ length: 40 }, (_, n) => ({ field: FIELD, name: `seite-${n}.pdf` }));
  const answer = await browser.send(path, multipart([['_revision', revision]], files));
  expect(answer.status).toBe(422);
  expect(errors(answer.body)).toBeGreaterThan(0);
});

it.each(['de', 'en'])('more than any page takes is refused before it is sent (%s)', async (lang) => {
  const host = `localhost:${stage.portal.port}`;
  const { text } = await raw(
    stage.portal,
    `POST /${lang}/apply/dog-tax/${PAGE} HTTP/1.1\r\nHost: ${host}\r\nOrigin: http://${host}\r\nAccept-Language: ${lang}\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 300000000\r\n\r\n`,
  );
  expect(statusOf(text)).toBe(413);
  expect(text).toContain(`<html lang="${lang}">`);
  expect(await alive(stage.portal)).toBe(true);
});

it.each<[string, Buffer, RegExp]>([
  ['text under the name of a PDF', Buffer.from('Guten Tag'), /Formate hoch: PDF/],
  ['nothing', Buffer.alloc(0), /ist leer/],
  [
    'a PDF with a program',
    Buffer.concat([PDF.subarray(0, -6), Buffer.from('4 0 obj<</S/JavaScript/JS(app.alert(1))>>endobj\n%%EOF\n')]),
    /ohne Programme/,
  ],
  ['a PDF that is cut short', PDF.subarray(0, 20), /beschädigt/],
])('%s: said in words', async (_, bytes, words) => {
  const path = `/de/apply/dog-tax/${PAGE}`;
  const page = await browser.send(path);
  for (const [, id] of page.body.matchAll(/name="_remove" value="([^"]+)"/g))
    await browser.send(
      path,
      multipart(
        [
          ['_revision', hidden((await browser.send(path)).body, '_revision')!],
          ['_remove', id!],
        ],
        [],
      ),
    );
  const revision = hidden((await browser.send(path)).body, '_revision')!;
  const answer = await browser.send(path, multipart([['_revision', revision]], [{ field: FIELD, name: 'a.pdf', bytes }]));
  expect(answer.status).toBe(422);
  expect(answer.body).toMatch(words);
  expect(answer.body).not.toMatch(/errors\.\w/);
});
