/** S5: requests that are not what they seem, or do not end. Refused in time, and the portal lives on. */
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { multipart, PDF } from '../travel.ts';
import { PlainBrowser } from '../portal.ts';
import { alive, openStage, raw, statusOf, type Stage } from './stage.ts';

/** Shorter than in service, so that the test is short. The figure that counts is "within the limit". */
const SECONDS = 1;
let stage: Stage;
let host: string;
let cookie: string;
beforeAll(async () => {
  stage = await openStage({
    env: { SCHALTER_HEADER_SECONDS: String(SECONDS), SCHALTER_FORM_SECONDS: String(SECONDS), SCHALTER_UPLOAD_SECONDS: '4' },
  });
  host = `localhost:${stage.portal.port}`;
  const browser = new PlainBrowser(stage.portal.port);
  await browser.send('/de/services/bulky-waste', []);
  cookie = [...browser.cookies].map((pair) => pair.join('=')).join('; ');
}, 60_000);
afterAll(() => stage.close());

const post = (...headers: string[]) =>
  [
    'POST /de/resume HTTP/1.1',
    `Host: ${host}`,
    `Origin: http://${host}`,
    'Content-Type: application/x-www-form-urlencoded',
    ...headers,
    '',
    '',
  ].join('\r\n');
const SECOND = `GET /de/services/dog-tax HTTP/1.1\r\nHost: ${'localhost'}\r\n\r\n`;

describe('two requests that look like one', () => {
  it.each<[string, () => string]>([
    ['Content-Length and Transfer-Encoding', () => post('Content-Length: 4', 'Transfer-Encoding: chunked') + '0\r\n\r\n' + SECOND],
    ['Transfer-Encoding and Content-Length', () => post('Transfer-Encoding: chunked', 'Content-Length: 4') + '0\r\n\r\n' + SECOND],
    ['two lengths', () => post('Content-Length: 3', 'Content-Length: 4') + 'a=b' + SECOND],
    ['two lengths in one', () => post('Content-Length: 3, 4') + 'a=b' + SECOND],
    ['a length with a sign', () => post('Content-Length: +3') + 'a=b' + SECOND],
    ['a negative length', () => post('Content-Length: -1') + SECOND],
    ['an unknown encoding', () => post('Transfer-Encoding: xchunked') + '0\r\n\r\n' + SECOND],
    ['chunked twice', () => post('Transfer-Encoding: chunked', 'Transfer-Encoding: identity') + '0\r\n\r\n' + SECOND],
    ['a folded header', () => post('X-A: 1', ' Transfer-Encoding: chunked') + SECOND],
    ['a blank before the colon', () => post('Content-Length : 3') + 'a=b' + SECOND],
    ['a bare line feed', () => post('X-A: 1\nContent-Length: 3') + 'a=b' + SECOND],
    ['a chunk that is too long', () => post('Transfer-Encoding: chunked') + 'FFFFFFFFFFFFFFFFF\r\n' + SECOND],
    ['a NUL in a header', () => post('X-A: a\0b') + SECOND],
  ])('%s', async (_, bytes) => {
    const { text } = await raw(stage.portal, bytes(), 3_000);
    expect(statusOf(text)).toBe(400);
    expect(text.match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
    expect(text).not.toContain('Hundesteuer');
    expect(await alive(stage.portal)).toBe(true);
  });
});

describe('too much', () => {
  it.each<[string, () => string]>([
    ['a header of 20 KB', () => `GET /de HTTP/1.1\r\nHost: ${host}\r\nX-A: ${'a'.repeat(20_000)}\r\n\r\n`],
    [
      '10,000 cookies',
      () => `GET /de HTTP/1.1\r\nHost: ${host}\r\nCookie: ${Array.from({ length: 10_000 }, (_, n) => `c${n}=1`).join('; ')}\r\n\r\n`,
    ],
    ['a query of 1 MB', () => `GET /de?q=${'a'.repeat(1_000_000)} HTTP/1.1\r\nHost: ${host}\r\n\r\n`],
    [
      '5,000 headers',
      () => `GET /de HTTP/1.1\r\nHost: ${host}\r\n${Array.from({ length: 5_000 }, (_, n) => `X-${n}: 1`).join('\r\n')}\r\n\r\n`,
    ],
  ])('%s: 431 with a page', async (_, bytes) => {
    const { text, ended } = await raw(stage.portal, bytes());
    expect(statusOf(text)).toBe(431);
    expect(text).toContain('<h1>');
    expect(ended).toBe(true);
    expect(await alive(stage.portal)).toBe(true);
  });

  it('a long query that fits is served', async () => {
    expect((await new PlainBrowser(stage.portal.port).send(`/de?q=${'a'.repeat(10_000)}`)).status).toBe(200);
  });

  it.each(['de', 'en'])('a form of 1 MB, with or without a length: 413, the page arrives (%s)', async (lang) => {
    const browser = new PlainBrowser(stage.portal.port);
    const body = Buffer.from(`code=${'a'.repeat(1_000_000)}`);
    const answer = await browser.send(`/${lang}/resume`, { body, type: 'application/x-www-form-urlencoded' }, { 'accept-language': lang });
    expect(answer.status).toBe(413);
    expect(answer.body).toContain(`<html lang="${lang}"`);
    const chunked = post('Transfer-Encoding: chunked', `Accept-Language: ${lang}`, 'Connection: close').replace('/de/', `/${lang}/`);
    const { text } = await raw(
      stage.portal,
      Buffer.concat([Buffer.from(`${chunked}${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')]),
    );
    expect(statusOf(text)).toBe(413);
    expect(text).toContain(`<html lang="${lang}"`);
  });

  it('an announced body of a terabyte is not waited for', async () => {
    const { text, ended, took } = await raw(stage.portal, post('Content-Length: 1000000000000') + 'a=b');
    expect(statusOf(text)).toBe(413);
    expect(ended).toBe(true);
    expect(took).toBeLessThan(4_000);
  });

  it('a form of many parts is refused with a page', async () => {
    const browser = new PlainBrowser(stage.portal.port);
    await browser.send('/de/services/bulky-waste', []);
    const files = Array.from({ length: 140 }, (_, n) => ({
      field: `f${n}`,
      name: 'a.pdf',
      bytes: Buffer.concat([PDF, Buffer.alloc(50_000)]),
    }));
    const answer = await browser.send('/de/apply/bulky-waste/resident', multipart([['_revision', '1']], files));
    expect(answer.status).toBe(400);
    expect(answer.body).toContain('Das Formular konnte nicht gelesen werden');
  });
});

describe('too slow', () => {
  const slow = async (start: string, drip: string, every: number) => {
    const started = Date.now();
    let text = '';
    await new Promise<void>((done) => {
      const socket = connect(stage.portal.port, '127.0.0.1', () => socket.write(start));
      const timer = setInterval(() => socket.write(drip), every);
      socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
      socket.on('error', () => undefined);
      socket.on('close', () => {
        clearInterval(timer);
        done();
      });
    });
    return { text, took: Date.now() - started };
  };
  const upload = () =>
    `POST /de/apply/bulky-waste/resident HTTP/1.1\r\nHost: ${host}\r\nOrigin: http://${host}\r\nCookie: ${cookie}\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 100000\r\n\r\n--b\r\n`;

  it.each<[string, () => string, string, number, number]>([
    ['headers that drip', () => `GET /de HTTP/1.1\r\nHost: ${host}\r\n`, 'X-A: 1\r\n', 100, SECONDS],
    ['headers that stop', () => 'GET /de HTTP/1.1\r\n', '', 100, SECONDS],
    ['a form that drips', () => post('Content-Length: 100000'), 'a', 100, SECONDS],
    ['a form that stops', () => post('Content-Length: 100000') + 'a', '', 100, SECONDS],
    ['a chunked form that drips', () => post('Transfer-Encoding: chunked'), '1\r\na\r\n', 100, SECONDS],
    [
      'a call-back that drips',
      () => `POST /api/v1/status HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n`,
      ' ',
      100,
      SECONDS,
    ],
    ['an upload that stops', upload, '', 100, SECONDS],
    ['an upload that drips for ever', upload, 'a', 100, 4],
  ])('%s: 408 in time', async (_, start, drip, every, limit) => {
    const { text, took } = await slow(start(), drip, every);
    expect(statusOf(text)).toBe(408);
    expect(text).toContain('<h1>');
    // Node looks at its connections in turns; what waits for the answer to be read adds a second.
    expect(took).toBeLessThan((limit + 4) * 1000);
    expect(await alive(stage.portal)).toBe(true);
  });

  it('fifty at once, and others are served meanwhile', async () => {
    const all = Array.from({ length: 50 }, () => slow(post('Content-Length: 1000'), 'a', 200));
    expect(await alive(stage.portal)).toBe(true);
    for (const { text } of await Promise.all(all)) expect(statusOf(text)).toBe(408);
    expect(stage.portal.process.exitCode).toBeNull();
    console.log('S5: 13 double requests, 4 oversized, 8 slow kinds, 50 slow ones at once: refused in time, portal alive');
  });
});
