/** What a browser without a cache loads for a first form page: bytes on the wire as it asks for them (brotli), fonts apart. */
import { request } from 'node:http';
import { PlainBrowser, type TestPortal } from '../portal.ts';

function bytes(portal: TestPortal, path: string, cookie: string): Promise<{ size: number; type: string; body: Buffer }> {
  return new Promise((done, failed) => {
    const headers = { host: `localhost:${portal.port}`, cookie, 'accept-encoding': 'gzip, deflate, br', accept: '*/*' };
    request({ host: '127.0.0.1', port: portal.port, path, headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => {
        const body = Buffer.concat(chunks);
        const head = answer.rawHeaders.reduce((sum, text) => sum + text.length + 2, 20);
        done({ size: body.length + head, type: answer.headers['content-type'] ?? '', body });
      });
    })
      .on('error', failed)
      .end();
  });
}

export async function pages(portal: TestPortal, say: (what: string, value: number, unit: string) => void): Promise<void> {
  const browser = new PlainBrowser(portal.port);
  await browser.send('/de/services/resident-parking', []);
  const page = await browser.visit('/de/apply/resident-parking');
  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const document = await bytes(portal, page.path, cookie);
  const links = [...page.body.matchAll(/(?:href|src)="(\/[^"]+\.(?:css|js|svg|png|woff2)[^"]*)"/g)].map((match) => match[1]!);
  let total = document.size;
  say('form page: document', document.size / 1024, 'KB');
  for (const link of new Set(links)) {
    const { size } = await bytes(portal, link, cookie);
    if (link.includes('.woff2')) say(`font ${link.split('/').at(-1)!}`, size / 1024, 'KB');
    else {
      total += size;
      say(link.split('/').at(-1)!, size / 1024, 'KB');
    }
  }
  say('form page with everything it loads, fonts apart', total / 1024, 'KB');
}
