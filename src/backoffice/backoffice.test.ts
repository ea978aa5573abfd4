/** The demo back office as a program that keeps to the published contracts; what a submission looks like is written here anew, without the portal. */
import { createHash, createHmac, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startBackoffice, type Backoffice } from './server.ts';

const SECRET = 'shared-secret-of-a-test';
const dataDir = mkdtempSync(join(tmpdir(), 'schalter-backoffice-'));
let office: Backoffice;
let base: string;

interface Told {
  status: string;
  id: string;
  eventId: string;
  text?: string;
}
const told: { news: Told; verified: boolean }[] = [];
const portal = createServer((req, res) => {
  const chunks: Buffer[] = [];
  req.on('data', (chunk: Buffer) => chunks.push(chunk));
  req.on('end', () => {
    const body = Buffer.concat(chunks);
    const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature } = req.headers;
    const verified = signature === `v1,${mac(String(id), String(timestamp), body)}`;
    told.push({ news: JSON.parse(body.toString()) as Told, verified });
    res.writeHead(verified ? 200 : 401).end();
  });
});

const mac = (id: string, timestamp: string, body: Buffer) =>
  createHmac('sha256', SECRET).update(`${id}.${timestamp}.`).update(body).digest('base64');
const open = async () => {
  office = await startBackoffice({ port: 0, dataDir, secret: SECRET, progressAfter: 250 });
  base = `http://127.0.0.1:${office.port}`;
};
beforeAll(async () => {
  await new Promise<void>((done) => portal.listen(0, '127.0.0.1', done));
  await open();
});
afterAll(async () => {
  await office.close();
  portal.close();
  rmSync(dataDir, { recursive: true });
});
beforeEach(() => void (told.length = 0));

function envelope(more: Record<string, unknown> = {}) {
  const submission = randomUUID();
  const payload = { antrag: { name: '<script>alert(1)</script>', hunde: [{ rasse: 'Pudel' }], steuer: 12 } };
  return {
    $schema: 'https://schalter.example/schemas/submission-envelope.v1.schema.json',
    id: `${submission}:demo`,
    submission,
    reference: '26-TESTTEST-0',
    municipality: { id: 'musterstadt', ars: '059999999001', name: 'Stadt Musterstadt' },
    service: { id: 'dog-tax', leika: [], level: 'municipal' },
    submittedAt: '2026-11-24T10:00:00.000Z',
    payload,
    payloadSha256: createHash('sha256')
      .update('{"antrag":{"hunde":[{"rasse":"Pudel"}],"name":"<script>alert(1)</script>","steuer":12}}')
      .digest('hex'),
    provenance: {},
    attachments: [] as unknown[],
    callback: { url: `http://127.0.0.1:${(portal.address() as AddressInfo).port}/api/v1/status` },
    ...more,
  };
}

interface Sent {
  files?: Record<string, string>;
  key?: string;
  off?: number;
  signature?: (right: string) => string;
}

async function send(document: ReturnType<typeof envelope>, { files, key = document.id, off = 0, signature = (right) => right }: Sent = {}) {
  const bytes = Buffer.from(JSON.stringify(document));
  const timestamp = String(Math.floor(Date.now() / 1000) + off);
  let body: Buffer = bytes;
  let type = 'application/json';
  if (files) {
    const parts = Object.entries(files).map(
      ([id, text]) => `\r\n--b\r\nContent-Disposition: form-data; name="attachment"; filename="${id}"\r\n\r\n${text}`,
    );
    body = Buffer.concat([
      Buffer.from('--b\r\nContent-Disposition: form-data; name="envelope"\r\n\r\n'),
      bytes,
      Buffer.from(`${parts.join('')}\r\n--b--\r\n`),
    ]);
    type = 'multipart/form-data; boundary=b';
  }
  return fetch(`${base}/submissions`, {
    method: 'POST',
    headers: {
      'content-type': type,
      'idempotency-key': key,
      'webhook-id': document.id,
      'webhook-timestamp': timestamp,
      'webhook-signature': signature(`v1,${mac(document.id, timestamp, bytes)}`),
    },
    body: new Uint8Array(body),
    signal: AbortSignal.timeout(5_000),
  });
}

const fault = (kind: string, times = 1) => fetch(`${base}/faults`, { method: 'POST', body: JSON.stringify({ kind, times }) });
async function eventually<T>(look: () => T | undefined | false): Promise<T> {
  for (const deadline = Date.now() + 8_000; ; await new Promise((wait) => setTimeout(wait, 20))) {
    const found = look();
    if (found) return found;
    if (Date.now() > deadline) throw new Error('did not come');
  }
}

describe('a submission', () => {
  it('is taken once, whatever comes again, and is there after a restart', async () => {
    const document = envelope();
    expect((await send(document)).status).toBe(200);
    expect((await send(document)).status).toBe(200);
    await office.close();
    await open();
    expect(office.cases.get(document.id)).toMatchObject({ sends: 2, reference: document.reference });
    expect((await send(document)).status).toBe(200);
    expect(office.cases.get(document.id)!.sends).toBe(3);
  });

  it('comes with its files, checked and kept', async () => {
    const sha256 = createHash('sha256').update('contents').digest('hex');
    const file = { id: 'f1', name: 'Nächster "Nachweis".pdf', mime: 'application/pdf', size: 8, sha256, field: 'proof' };
    const document = envelope({ attachments: [file] });
    expect((await send(document)).status).toBe(422);
    expect((await send(document, { files: { f1: 'c0ntents' } })).status).toBe(422);
    expect((await send(document, { files: { f1: 'contents' } })).status).toBe(200);
    const kept = await fetch(`${base}/cases/${encodeURIComponent(document.id)}/files/f1`);
    expect(await kept.text()).toBe('contents');
    expect(kept.headers.get('content-disposition')).toContain('attachment');
  });

  const refused: [string, number, Sent, Record<string, unknown>?][] = [
    ['no signature', 401, { signature: () => '' }],
    ['a wrong signature', 401, { signature: () => 'v1,AAAA' }],
    ['an old timestamp', 401, { off: -301 }],
    ['another key than the envelope', 422, { key: 'another' }],
    ['an altered payload', 422, {}, { payload: { antrag: {} } }],
    ['another version', 422, {}, { $schema: 'https://schalter.example/schemas/submission-envelope.v3.schema.json' }],
  ];
  it.each(refused)('with %s is refused', async (_name, status, sent, more) => {
    const document = envelope(more);
    expect((await send(document, sent)).status).toBe(status);
    expect(office.cases.has(document.id)).toBe(false);
  });

  it('is taken while secrets are changed: one of several signatures fits', async () => {
    expect((await send(envelope(), { signature: (right) => `v1,AAAA ${right}` })).status).toBe(200);
  });
});

describe('faults', () => {
  it.each([
    ['500', 500],
    ['429', 429],
    ['reject', 422],
  ])('%s answers %i, so often as wanted, and takes nothing', async (kind, status) => {
    const document = envelope();
    expect((await fault(kind, 2)).status).toBe(200);
    const answers = [await send(document), await send(document)];
    expect(answers.map((one) => one.status)).toEqual([status, status]);
    if (status === 429) expect(answers[0]!.headers.get('retry-after')).toBe('1');
    expect(office.cases.has(document.id)).toBe(false);
    expect((await send(document)).status).toBe(200);
  });

  it.each([
    ['down', false],
    ['drop', true],
  ])('%s breaks the connection; taken: %s', async (kind, taken) => {
    const document = envelope();
    await fault(kind);
    await expect(send(document)).rejects.toThrow();
    expect(office.cases.has(document.id)).toBe(taken);
    expect((await send(document)).status).toBe(200);
    expect(office.cases.get(document.id)!.sends).toBe(taken ? 2 : 1);
  });

  it('a doubled call-back is the same news twice; a wrong signature is followed by a right one', async () => {
    // what earlier cases still have to tell must not take the fault
    await eventually(() => [...office.cases.values()].every((one) => one.news.length === 2));
    await fault('duplicate-callback');
    const document = envelope();
    await send(document);
    const both = await eventually(
      () => told.filter((one) => one.news.id === document.id && one.news.status === 'received').length === 2 && told,
    );
    const twice = both.filter((one) => one.news.id === document.id && one.news.status === 'received');
    expect(new Set(twice.map((one) => one.news.eventId)).size).toBe(1);
    await eventually(() => office.cases.get(document.id)!.news.length === 2);
    await fault('wrong-signature');
    const other = envelope();
    await send(other);
    const mine = () => told.filter((one) => one.news.id === other.id && one.news.status === 'received');
    await eventually(() => mine().length === 2);
    expect(mine().map((one) => one.verified)).toEqual([false, true]);
  });

  it('an unknown one is refused, and so is a form from elsewhere', async () => {
    expect((await fault('explode')).status).toBe(400);
    expect((await fault('constructor')).status).toBe(400);
    const foreign = await fetch(`${base}/faults`, {
      method: 'POST',
      headers: { origin: 'https://evil.example' },
      body: 'kind=500&times=0',
    });
    expect(foreign.status).toBe(403);
  });
});

describe('news', () => {
  const schema = JSON.parse(
    readFileSync(new URL('../../static/schemas/status-callback.v1.schema.json', import.meta.url), 'utf8'),
  ) as object;
  const fits = new Ajv2020({ strict: false }).compile(schema);

  it('keeps to the published schema, and carries what the clerk wrote', async () => {
    const document = envelope();
    await send(document);
    await eventually(() => office.cases.get(document.id)!.news.length === 2);
    const form = new URLSearchParams({ status: 'information_requested', text: 'Bitte den Ausweis nachreichen.\nDanke' });
    const posted = await fetch(`${base}/cases/${encodeURIComponent(document.id)}/news`, { method: 'POST', body: form, redirect: 'manual' });
    expect(posted.status).toBe(303);
    const mine = await eventually(() => {
      const found = told.filter((one) => one.news.id === document.id);
      return found.length === 3 && found;
    });
    for (const { news, verified } of mine) expect([verified, fits(news), fits.errors]).toEqual([true, true, null]);
    expect(mine.map((one) => one.news.status)).toEqual(['received', 'in_progress', 'information_requested']);
    expect(mine[2]!.news.text).toBe('Bitte den Ausweis nachreichen.\nDanke');
  });

  it('asks for information with a form of its own, and never without a question', async () => {
    const document = envelope();
    await send(document);
    await eventually(() => office.cases.get(document.id)!.news.length === 2);
    const path = `${base}/cases/${encodeURIComponent(document.id)}`;
    const html = await (await fetch(path)).text();
    expect(html).toContain('name="status" value="information_requested"');
    expect(html).not.toContain('<option value="information_requested"');
    const ask = (text: string) =>
      fetch(`${path}/news`, {
        method: 'POST',
        body: new URLSearchParams({ status: 'information_requested', text }),
        redirect: 'manual',
      });
    for (const nothing of ['', '  \n ']) expect((await ask(nothing)).status).toBe(400);
    expect((await ask('Welche Rasse?')).status).toBe(303);
    await eventually(() => office.cases.get(document.id)!.news.length === 3);
    const asked = told.filter((one) => one.news.id === document.id && one.news.status === 'information_requested');
    expect(asked.map((one) => one.news.text)).toEqual(['Welche Rasse?']);
  });
});

describe('pages', () => {
  it('show the case, escaped, without any script', async () => {
    const document = envelope();
    await send(document);
    for (const path of ['/', `/cases/${encodeURIComponent(document.id)}`]) {
      const page = await fetch(base + path);
      expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
      const html = await page.text();
      expect(html).toContain('<html lang="de">');
      expect(html).toContain(document.reference);
      expect(html).not.toContain('<script');
    }
  });

  it('do not exist for what is unknown', async () => {
    for (const path of ['/cases/none', '/cases/', '/files', '/..%2f..%2fetc%2fpasswd']) expect((await fetch(base + path)).status).toBe(404);
  });
});
