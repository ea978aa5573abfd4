/** S12, S25: forms that are broken in every way end in an answer, and the process lives. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { afterAll, describe, expect, it } from 'vitest';
import { type IncomingFile, MultipartError, readMultipart, UploadError } from './index.ts';

const boundary = 'xYzZY';
const contentType = `multipart/form-data; boundary=${boundary}`;
const field = (name: string, value: string) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
const file = (name: string, fileName: string, content: string) =>
  `--${boundary}\r\nContent-Disposition: form-data; name="${name}"; filename="${fileName}"\r\nContent-Type: application/pdf\r\n\r\n${content}\r\n`;
const end = `--${boundary}--\r\n`;

const size = async ({ stream }: IncomingFile) => {
  let total = 0;
  for await (const part of stream) total += (part as Buffer).length;
  return total;
};
const body = (text: string | Buffer, pieces = 7) => {
  const bytes = Buffer.from(text);
  const step = Math.max(1, Math.ceil(bytes.length / pieces));
  return Readable.from(
    (function* () {
      for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
    })(),
  );
};
const read = (text: string | Buffer, pieces?: number) => readMultipart({ contentType, body: body(text, pieces) }, { onFile: size });

const rejections: unknown[] = [];
const note = (reason: unknown) => rejections.push(reason);
process.on('unhandledRejection', note);
afterAll(() => {
  process.off('unhandledRejection', note);
  expect(rejections).toEqual([]);
});

describe('readMultipart', () => {
  it('gives fields in order and files as they stream, in any cutting', async () => {
    const text = field('a', 'eins') + file('f', 'Müller.pdf', 'x'.repeat(1_000)) + field('a', 'zwei') + field('__proto__', 'x') + end;
    for (const pieces of [1, 2, 50, 2_000]) {
      const form = await read(text, pieces);
      expect(form.fields).toEqual([
        ['a', 'eins'],
        ['a', 'zwei'],
        ['__proto__', 'x'],
      ]);
      expect(form.files).toEqual([{ field: 'f', name: 'Müller.pdf', result: 1_000 }]);
    }
  });

  it('reads what a browser makes', async () => {
    const data = new FormData();
    data.append('name', 'Jörg\u0000 Übel');
    data.append('f', new File([randomBytes(300_000)], 'Foto.jpg', { type: 'image/jpeg' }));
    data.append('none', new File([], ''));
    const made = new Request('http://x', { method: 'POST', body: data });
    const form = await readMultipart({ contentType: made.headers.get('content-type'), body: made.body }, { onFile: size });
    expect(form.fields).toEqual([['name', 'Jörg Übel']]);
    expect(form.files).toEqual([{ field: 'f', name: 'Foto.jpg', result: 300_000 }]);
  });

  it('takes one file after the other, in the order of the form, however long each takes', async () => {
    const log: string[] = [];
    const onFile = async (incoming: IncomingFile) => {
      log.push(`${incoming.name} begins`);
      const bytes = await size(incoming);
      await new Promise((resolve) => setTimeout(resolve, incoming.name === 'a.pdf' ? 50 : 0));
      log.push(`${incoming.name} ends`);
      return bytes;
    };
    const text = file('f', 'a.pdf', 'x') + file('f', 'b.pdf', 'y'.repeat(300_000)) + field('after', 'da') + file('f', 'c.pdf', 'z') + end;
    const form = await readMultipart({ contentType, body: body(text, 1) }, { onFile });
    expect(log).toEqual(['a', 'b', 'c'].flatMap((name) => [`${name}.pdf begins`, `${name}.pdf ends`]));
    expect(form.files.map(({ name }) => name)).toEqual(['a.pdf', 'b.pdf', 'c.pdf']);
    expect(form.fields).toEqual([['after', 'da']]);
  });

  it('a refused file does not spoil the rest', async () => {
    const text = file('f', 'a.pdf', 'x'.repeat(300_000)) + field('after', 'da') + file('g', 'b.pdf', 'y') + end;
    const form = await readMultipart(
      { contentType, body: body(text, 100) },
      {
        onFile: async (part) => {
          if (part.name === 'a.pdf') throw new UploadError('tooLarge');
          return size(part);
        },
      },
    );
    expect(form.fields).toEqual([['after', 'da']]);
    expect(form.files).toMatchObject([
      { field: 'f', error: { code: 'tooLarge' } },
      { field: 'g', result: 1 },
    ]);
  });

  it('hands on what is no fault of the file', async () => {
    const reading = readMultipart(
      { contentType, body: body(file('f', 'a.pdf', 'x'.repeat(300_000)) + end, 100) },
      { onFile: () => Promise.reject(new TypeError('database')) },
    );
    await expect(reading).rejects.toThrow(TypeError);
  });

  it.each<[string, Parameters<typeof readMultipart>[1]['fieldLimits'], string, string]>([
    ['a field too long', { fieldBytes: 10 }, field('a', 'x'.repeat(11)), 'fieldTooLarge'],
    ['too many fields', { fields: 3 }, field('a', 'x').repeat(5), 'tooManyParts'],
    ['too many files', { files: 1 }, file('f', 'x.pdf', 'x').repeat(3), 'tooManyParts'],
  ])('refuses %s', async (_, fieldLimits, text, code) => {
    await expect(readMultipart({ contentType, body: body(text + end) }, { onFile: size, fieldLimits })).rejects.toMatchObject({ code });
  });

  it.each([null, '', 'text/plain', 'multipart/form-data', 'multipart/form-data; boundary=', 'application/json'])(
    'refuses the content type %j',
    async (type) => {
      await expect(readMultipart({ contentType: type, body: body('x') }, { onFile: size })).rejects.toBeInstanceOf(MultipartError);
    },
  );

  it('malformed ×400: always an answer within a second', async () => {
    const good = Buffer.from(
      field('a', 'eins') + file('f', 'x.pdf', '%PDF-1.7 \r\n--xYz '.repeat(200)) + field('b', 'zwei') + file('g', 'y.pdf', '') + end,
    );
    const outcomes = new Map<string, number>();
    for (let n = 0; n < 400; n += 1) {
      const bytes = Buffer.from(good);
      let broken: Buffer = bytes;
      if (n % 4 === 0) broken = bytes.subarray(0, Math.floor((bytes.length * n) / 400));
      else if (n % 4 === 1)
        for (let flips = 0; flips < 10; flips += 1) bytes[Math.floor(Math.random() * bytes.length)] = Math.floor(Math.random() * 256);
      else if (n % 4 === 2) broken = Buffer.concat([bytes.subarray(0, n * 3), randomBytes(n), bytes.subarray(n * 5)]);
      else broken = randomBytes(n * 10 + 1);
      const timeout = new Promise<string>((resolve) => setTimeout(() => resolve('hangs'), 1_000).unref());
      const outcome = await Promise.race([
        read(broken, 1 + (n % 60)).then(
          () => 'read',
          (error: unknown) => (error instanceof MultipartError ? error.code : String(error)),
        ),
        timeout,
      ]);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    expect(
      [...outcomes.keys()].sort().filter((outcome) => !['read', 'malformed', 'aborted', 'tooManyParts', 'fieldTooLarge'].includes(outcome)),
    ).toEqual([]);
    expect(outcomes.get('malformed')).toBeGreaterThan(50);
  }, 60_000);

  it('aborted over a real connection ×50: told, and every part ended', async () => {
    let open = 0;
    let came = 0;
    const codes: string[] = [];
    const server = createServer((incoming, answer) => {
      came += 1;
      readMultipart(
        { contentType: incoming.headers['content-type'], body: incoming },
        {
          onFile: async (part) => {
            open += 1;
            try {
              return await size(part);
            } finally {
              open -= 1;
            }
          },
        },
      ).then(
        () => answer.end('ok'),
        (error: MultipartError) => {
          codes.push(error.code);
          answer.destroy();
        },
      );
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    for (let n = 0; n < 50; n += 1) {
      const sending = request({ port, host: '127.0.0.1', method: 'POST', headers: { 'content-type': contentType } });
      sending.on('error', () => undefined);
      sending.write(file('f', 'x.pdf', 'x'.repeat(100 + n * 4_000)).slice(0, 40 + n * 3_000));
      await new Promise((resolve) => setTimeout(resolve, 5));
      sending.destroy();
    }
    for (let tries = 0; codes.length < came && tries < 300; tries += 1) await new Promise((resolve) => setTimeout(resolve, 10));
    // a request that was destroyed before it was sent never came
    expect(came).toBeGreaterThan(40);
    expect(codes).toEqual(Array.from({ length: came }, () => 'aborted'));
    expect(open).toBe(0);
    server.close();
  }, 20_000);
});
