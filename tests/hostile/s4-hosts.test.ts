/** S4: the Host header decides whose pages are shown and what address leaves the house; nobody but a known host name gets anything. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PlainBrowser, type TestPortal } from '../portal.ts';
import { alive, journey, openStage, raw, statusOf, submit, type Stage } from './stage.ts';

let stage: Stage;
let proxied: TestPortal;
beforeAll(async () => {
  stage = await openStage();
  proxied = await stage.start({ SCHALTER_PROXIES: '127.0.0.1' });
}, 60_000);
afterAll(async () => {
  await proxied.stop();
  await stage.close();
});

const get = (path: string, ...headers: string[]) => ['GET ' + path + ' HTTP/1.1', ...headers, 'Connection: close', '', ''].join('\r\n');

describe('bad hosts', () => {
  const BAD: [string, string[], string?][] = [
    ['none', []],
    ['unknown', ['Host: attack.example']],
    ['unknown with our port', ['Host: attack.example:PORT']],
    ['two', ['Host: localhost:PORT', 'Host: attack.example']],
    ['two alike', ['Host: localhost:PORT', 'Host: localhost:PORT']],
    ['with a path', ['Host: localhost:PORT/de/services/dog-tax?']],
    ['with a query', ['Host: localhost:PORT?x=']],
    ['with a fragment', ['Host: localhost:PORT#']],
    ['with a user', ['Host: localhost:PORT@attack.example']],
    ['with a blank', ['Host: localhost attack.example']],
    ['ours as the beginning', ['Host: localhost.attack.example']],
    ['ours with a dot', ['Host: localhost.:PORT']],
    ['a port that is none', ['Host: localhost:99999999']],
    ['letters as port', ['Host: localhost:x']],
    ['IPv6', ['Host: [::1]:PORT']],
    ['decimal', ['Host: 2130706433']],
    ['empty', ['Host: ']],
    ['absolute URI', ['Host: localhost:PORT'], 'http://attack.example/de'],
    ['absolute URI with our host', ['Host: attack.example'], 'http://localhost:PORT/de'],
    ['two slashes', ['Host: localhost:PORT'], '//attack.example/de'],
    ['asterisk', ['Host: localhost:PORT'], '*'],
    ['broken escape', ['Host: localhost:PORT'], '/de/%E0%A4%A'],
    ['NUL in the path', ['Host: localhost:PORT'], '/de/%00'],
  ];
  it.each(BAD)('%s', async (_, headers, path = '/de') => {
    const port = String(stage.portal.port);
    const { text } = await raw(stage.portal, get(path, ...headers).replaceAll('PORT', port));
    expect([400, 421]).toContain(statusOf(text));
    expect(text).not.toContain('attack.example');
    expect(text).toContain('<h1>');
  });

  it('an unknown name gets what the page of the refusal looks like, and no other file', async () => {
    const under = async (path: string) => statusOf((await raw(stage.portal, get(path, 'Host: attack.example'))).text);
    expect(await under('/error.css')).toBe(200);
    for (const path of [
      '/',
      '/enhance.js',
      '/error.css/',
      '/error.css/../enhance.js',
      '/%65rror.css',
      '/schemas/flow.schema.json',
      '/de/resume',
    ])
      expect([path, await under(path)]).toEqual([path, 421]);
  });

  it('CONNECT and other methods', async () => {
    for (const line of ['CONNECT attack.example:443', 'TRACE /de', 'OPTIONS /de', 'PROPFIND /de', 'GARBAGE /de']) {
      const { text } = await raw(stage.portal, `${line} HTTP/1.1\r\nHost: localhost:${stage.portal.port}\r\nConnection: close\r\n\r\n`);
      expect([0, 400, 405], line).toContain(statusOf(text));
      expect(text).not.toContain('attack.example');
    }
    expect(await alive(stage.portal)).toBe(true);
  });
});

const FORWARDED = {
  'x-forwarded-host': 'attack.example',
  'x-forwarded-proto': 'https',
  'x-forwarded-port': '666',
  'x-forwarded-for': '203.0.113.9',
  forwarded: 'host=attack.example;proto=https;for=203.0.113.9',
  'x-real-ip': '203.0.113.9',
};

describe('forwarded headers', () => {
  it('from anybody are dropped: no page, link, cookie or call-back address follows them', async () => {
    const browser = new PlainBrowser(stage.portal.port);
    const home = await browser.send('/de', undefined, FORWARDED);
    expect(home.status).toBe(200);
    expect(home.headers['strict-transport-security']).toBeUndefined();
    expect(home.body).not.toContain('attack.example');
    await browser.send('/de/services/bulky-waste', [], FORWARDED);
    const saved = await browser.send('/de/save/bulky-waste', undefined, FORWARDED);
    expect(saved.body).toContain(`localhost:${stage.portal.port}/de/resume`);
    expect(saved.body).not.toContain('attack.example');
  });

  it('a foreign port in Host does not reach the call-back address', async () => {
    const browser = new PlainBrowser(stage.portal.port);
    const host = 'localhost:666';
    const send = browser.send.bind(browser);
    browser.send = (path, form, headers = {}) =>
      send(path, form, { host, ...(form && { origin: `http://${host}` }), ...FORWARDED, 'x-forwarded-proto': 'http', ...headers });
    const reference = await submit(browser, journey('bulky-waste', 'sofa-free'));
    const received = await callbackOf(reference);
    expect(received).toBe(`http://localhost:${stage.portal.port}/api/v1/status`);
  });

  it('from a proxy that is named are believed', async () => {
    const browser = new PlainBrowser(proxied.port);
    const home = await browser.send('/de', undefined, { 'x-forwarded-proto': 'https', host: 'localhost' });
    expect(home.headers['strict-transport-security']).toContain('max-age');
    const send = browser.send.bind(browser);
    browser.send = (path, form, headers = {}) =>
      send(path, form, {
        host: 'localhost',
        ...(form && { origin: 'https://localhost' }),
        'x-forwarded-proto': 'https',
        'x-forwarded-for': '198.51.100.1',
        ...headers,
      });
    const reference = await submit(browser, journey('bulky-waste', 'sofa-free'));
    expect(await callbackOf(reference)).toBe('https://localhost/api/v1/status');
  });

  it('metrics and readiness are for this machine and the proxy, not for those whom a proxy forwards', async () => {
    for (const portal of [stage.portal, proxied]) {
      const browser = new PlainBrowser(portal.port);
      for (const path of ['/metrics', '/readyz', '/healthz']) {
        expect((await browser.send(path)).status).toBe(200);
        for (const [name, value] of Object.entries({ ...FORWARDED, via: '1.1 proxy' })) {
          const answer = await browser.send(path, undefined, { [name]: value });
          expect([path, name, answer.status]).toEqual([path, name, 404]);
        }
      }
    }
  });
});

async function callbackOf(reference: string): Promise<string> {
  const deadline = Date.now() + 15_000;
  for (;;) {
    const found = [...stage.backoffice.cases.values()].find((one) => one.reference === reference);
    if (found) return found.callback;
    if (Date.now() > deadline) throw new Error('the application never came');
    await new Promise((wait) => setTimeout(wait, 50));
  }
}
