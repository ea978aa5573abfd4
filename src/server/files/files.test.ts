import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { Readable } from 'node:stream';
import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { testDatabase } from '../../../tests/postgres.ts';
import { filesOf, SealBroken, submitApplication } from '#server/store';
import { draftIn, submitOf } from '../store/rows.fixture.ts';
import { clamd, fileName, openFile, removeFile, storeUpload, type Upload, UploadError } from './index.ts';

const { store, owner } = await testDatabase();
const municipality = 'musterstadt';
const key = randomBytes(32);
const MB = 1024 * 1024;

const pdf = (inside: string | Buffer = '') =>
  Buffer.concat([
    Buffer.from('%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n'),
    Buffer.from(inside),
    Buffer.from('\ntrailer << /Root 1 0 R >>\n%%EOF\n'),
  ]);
function png(width: number, height: number): Buffer {
  const head = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
  const size = Buffer.alloc(8);
  size.writeUInt32BE(width);
  size.writeUInt32BE(height, 4);
  return Buffer.concat([head, size, Buffer.from('0806000000', 'hex'), randomBytes(100), Buffer.from('IEND\xaeB`\x82', 'latin1')]);
}
function jpeg(width: number, height: number, before = 0): Buffer {
  const exif =
    before > 0 ? Buffer.concat([Buffer.from([0xff, 0xe1, before >> 8, before & 255]), Buffer.alloc(before - 2, 0xff)]) : Buffer.alloc(0);
  const frame = Buffer.from([
    0xff,
    0xc0,
    0,
    17,
    8,
    height >> 8,
    height & 255,
    width >> 8,
    width & 255,
    3,
    1,
    0x22,
    0,
    2,
    0x11,
    1,
    3,
    0x11,
    1,
  ]);
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    exif,
    exif,
    frame,
    Buffer.from([0xff, 0xda]),
    randomBytes(300),
    Buffer.from([0xff, 0xd9]),
  ]);
}
const zip = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), Buffer.alloc(60), Buffer.from('PK\x05\x06', 'latin1'), Buffer.alloc(18)]);
const objectStream = (inside: string | Buffer) => {
  const packed = deflateSync(Buffer.from(inside));
  return Buffer.concat([
    Buffer.from(`5 0 obj\n<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length ${packed.length} >>\nstream\n`),
    packed,
    Buffer.from('\nendstream\nendobj\n'),
  ]);
};

/** In pieces of an odd size, as a network gives them. */
function pieces(bytes: Buffer, size = 60_001): Readable {
  return Readable.from(
    (function* () {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    })(),
  );
}

async function uploadOf(bytes: Buffer | Readable, more: Partial<Upload> = {}): Promise<Upload> {
  const draft = more.applicationId ? { id: more.applicationId } : await draftIn(store, municipality);
  const limits = { maxBytes: 10 * MB, accept: ['application/pdf', 'image/jpeg', 'image/png'] as const };
  return {
    municipality,
    applicationId: draft.id,
    fieldPath: 'vehicle.licence',
    stream: Buffer.isBuffer(bytes) ? pieces(bytes) : bytes,
    name: 'Schein.pdf',
    limits,
    ...more,
  };
}
const put = async (bytes: Buffer | Readable, more: Partial<Upload> = {}, context: Partial<Parameters<typeof storeUpload>[0]> = {}) =>
  storeUpload({ store, key, ...context }, await uploadOf(bytes, more));
async function read(stream: Readable): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
const rowCount = async () =>
  (await owner.query(`select (select count(*) from file)::int + (select count(*) from file_chunk)::int as n`)).rows[0].n as number;

describe('storing and reading', () => {
  it.each([100, 256 * 1024 - 60, 256 * 1024, 256 * 1024 + 1, 1_500_000])('gives back a file of about %i bytes as it came', async (size) => {
    const bytes = pdf(randomBytes(size));
    const upload = await uploadOf(bytes);
    const stored = await storeUpload({ store, key }, upload);
    expect(stored).toMatchObject({
      mime: 'application/pdf',
      size: bytes.length,
      name: 'Schein.pdf',
      sha256: createHash('sha256').update(bytes).digest('hex'),
    });
    const opened = await openFile({ store, key }, { ...upload, id: stored.id });
    expect(opened).toMatchObject({ name: 'Schein.pdf', size: bytes.length });
    // not toEqual: comparing megabytes byte by byte takes seconds
    expect((await read(opened!.stream)).equals(bytes)).toBe(true);
    expect(await filesOf(store, municipality, upload.applicationId)).toMatchObject([{ id: stored.id, fieldPath: 'vehicle.licence' }]);
  });

  it('nothing of it lies readable in the database', async () => {
    const upload = await uploadOf(pdf('Erika Musterfrau'), { name: 'Ausweis Erika.pdf' });
    const { id } = await storeUpload({ store, key }, upload);
    const { rows } = await owner.query(
      `select f.name_sealed as name, c.bytes, f::text as row from file f join file_chunk c on c.file_id = f.id where f.id = $1`,
      [id],
    );
    expect(rows).toHaveLength(1);
    for (const stored of Object.values(rows[0])) expect((stored as Buffer | string).includes('Erika')).toBe(false);
  });

  it('chunks that were swapped or are missing do not open', async () => {
    const upload = await uploadOf(pdf(randomBytes(900_000)));
    const { id } = await storeUpload({ store, key }, upload);
    await owner.query(`update file_chunk set n = case n when 0 then 101 when 1 then 100 else n end where file_id = $1`, [id]);
    await owner.query(`update file_chunk set n = n - 100 where file_id = $1 and n >= 100`, [id]);
    const swapped = await openFile({ store, key }, { ...upload, id });
    await expect(read(swapped!.stream)).rejects.toThrow(SealBroken);
    await owner.query(`delete from file_chunk where file_id = $1 and n = 0`, [id]);
    await expect(read((await openFile({ store, key }, { ...upload, id }))!.stream)).rejects.toThrow();
    // a file cut behind a chunk: that chunk was not sealed as the last
    const second = await storeUpload({ store, key }, await uploadOf(pdf(randomBytes(600_000)), { applicationId: upload.applicationId }));
    await owner.query(`update file set chunks = 1 where id = $1`, [second.id]);
    await expect(read((await openFile({ store, key }, { ...upload, id: second.id }))!.stream)).rejects.toThrow(SealBroken);
  });

  it('R15: the same request again gives the same file', async () => {
    const id = randomUUID();
    const bytes = pdf('x');
    const first = await put(bytes, { id });
    const { rows } = await owner.query(`select application_id as id from file where id = $1`, [id]);
    expect(await put(bytes, { id, applicationId: rows[0].id })).toEqual(first);
  });

  it('is removed from a draft, and from nothing that was handed in', async () => {
    const draft = await draftIn(store, municipality);
    const one = await put(pdf(), { applicationId: draft.id });
    const two = await put(pdf(), { applicationId: draft.id });
    expect(await removeFile({ store }, { municipality: 'nachbarstadt', applicationId: draft.id, id: one.id })).toBe(false);
    expect(await removeFile({ store }, { municipality, applicationId: draft.id, id: one.id })).toBe(true);
    await submitApplication(store, submitOf(draft));
    expect(await removeFile({ store }, { municipality, applicationId: draft.id, id: two.id })).toBe(false);
    await expect(put(pdf(), { applicationId: draft.id })).rejects.toMatchObject({ code: 'gone' });
    expect(await openFile({ store, key }, { municipality, applicationId: draft.id, id: one.id })).toBeUndefined();
  });
});

describe('S11: what is refused', () => {
  const cases: [string, string, Buffer][] = [
    ['nothing', 'empty', Buffer.alloc(0)],
    ['a script that calls itself PDF', 'wrongType', Buffer.from('#!/bin/sh\n')],
    ['SVG', 'wrongType', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')],
    ['a macro document (ZIP)', 'wrongType', zip],
    ['a PDF with a password', 'encrypted', pdf('trailer << /Encrypt 5 0 R >>')],
    ['a PDF with JavaScript', 'active', pdf('2 0 obj << /S /JavaScript /JS (app.alert(1)) >> endobj')],
    ['a PDF with JavaScript in disguise', 'active', pdf('2 0 obj << /S /J#61vaScript /JS (1) >> endobj')],
    ['a PDF with an object stream in disguise', 'active', pdf('5 0 obj << /Type /Obj#53tm >>')],
    ['a PDF with JavaScript packed away', 'active', pdf(objectStream('2 0 << /S /JavaScript /JS (1) >>'))],
    [
      'a PDF with JavaScript packed away across blocks',
      'active',
      pdf(Buffer.concat([Buffer.alloc(262_100, 32), objectStream(Buffer.concat([randomBytes(400_000), Buffer.from('/JavaScript ')]))])),
    ],
    [
      'a PDF with an object stream of another packing',
      'broken',
      pdf('5 0 obj << /Type /ObjStm /Filter /ASCIIHexDecode >>\nstream\n2f4a61>\nendstream'),
    ],
    ['a PDF whose object stream unpacks without end', 'active', pdf(objectStream(Buffer.alloc(60 * MB)))],
    ['a PDF with a file in it', 'active', pdf('<< /Type /EmbeddedFile >>')],
    ['a PDF that starts programs', 'active', pdf('<< /S /Launch /F (x) >>')],
    [
      'a name across two blocks',
      'active',
      Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(256 * 1024 - 14, 32), Buffer.from('/JavaScript %%EOF')]),
    ],
    ['a PDF cut off', 'broken', Buffer.from('%PDF-1.7\n1 0 obj\n')],
    ['a PDF that is a ZIP too', 'broken', Buffer.concat([pdf(), zip])],
    ['a photograph that is a ZIP too', 'broken', Buffer.concat([jpeg(10, 10), zip])],
    ['a PNG of 30,000 × 30,000', 'tooManyPixels', png(30_000, 30_000)],
    ['a JPEG of 60,000 × 60,000', 'tooManyPixels', jpeg(60_000, 60_000)],
    ['a JPEG without a picture', 'broken', Buffer.from([0xff, 0xd8, 0xff, 0xda, 0, 0, 0, 0, 0, 0, 0, 0, 0])],
    ['a PNG cut off', 'broken', png(10, 10).subarray(0, 60)],
  ];
  it.each(cases)('%s: %s', async (_, code, bytes) => {
    const before = await rowCount();
    const started = Date.now();
    const refused = await put(bytes).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(refused).toBeInstanceOf(UploadError);
    expect(refused).toMatchObject({ code });
    expect(Date.now() - started).toBeLessThan(2_000);
    expect(await rowCount()).toBe(before);
  });

  it('what people really send is taken', async () => {
    expect(await put(png(4_000, 3_000), { name: 'Foto.PNG' })).toMatchObject({ mime: 'image/png', name: 'Foto.png' });
    expect(await put(jpeg(8_000, 6_000, 65_000), { name: 'IMG 1.jpeg' })).toMatchObject({ mime: 'image/jpeg', name: 'IMG 1.jpeg' });
    expect((await put(pdf(objectStream('1 0 << /Type /Font >>')))).mime).toBe('application/pdf');
    // chance bytes in a picture inside a PDF are no finding
    expect((await put(pdf(randomBytes(3 * MB)))).size).toBeGreaterThan(3 * MB);
  });

  it('only what the field accepts', async () => {
    await expect(put(png(5, 5), { limits: { maxBytes: MB, accept: ['application/pdf'] } })).rejects.toMatchObject({ code: 'wrongType' });
  });

  it('too large, told while it streams', async () => {
    let read = 0;
    const endless = Readable.from(
      (function* () {
        yield Buffer.from('%PDF-1.7\n');
        for (; read < 400 * MB; read += 65_536) yield Buffer.alloc(65_536, 32);
      })(),
    );
    const before = await rowCount();
    const refused = put(endless, { limits: { maxBytes: MB, accept: ['application/pdf'] } });
    await expect(refused).rejects.toMatchObject({ code: 'tooLarge', params: { maxBytes: MB } });
    expect(read).toBeLessThan(3 * MB);
    expect(await rowCount()).toBe(before);
    endless.destroy();
  });

  it('more files than an application may have, also when they come at once', async () => {
    const draft = await draftIn(store, municipality);
    const limits = { maxBytes: MB, accept: ['application/pdf'] as const, maxFiles: 3 };
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => put(pdf(), { applicationId: draft.id, limits })));
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(3);
  });

  it('aborted ×50: nothing stays', async () => {
    const before = await rowCount();
    for (let n = 0; n < 50; n += 1) {
      const stream = Readable.from(
        (async function* () {
          yield Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(300_000 + n * 1_000, 32)]);
          throw new Error('connection reset');
        })(),
      );
      await expect(put(stream)).rejects.toMatchObject({ code: 'aborted' });
    }
    expect(await rowCount()).toBe(before);
  });
});

describe('S12: memory', () => {
  it('six files of 45 MB at once take less than 100 MB more', async () => {
    const filler = randomBytes(64 * 1024);
    const big = () =>
      Readable.from(
        (function* () {
          yield Buffer.from('%PDF-1.7\n');
          for (let n = 0; n < 720; n += 1) yield filler;
          yield Buffer.from('%%EOF');
        })(),
      );
    const limits = { maxBytes: 50 * MB, accept: ['application/pdf'] as const };
    await put(pdf(randomBytes(MB)));
    const before = process.memoryUsage.rss();
    let most = before;
    const watch = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 20);
    const stored = await Promise.all(Array.from({ length: 6 }, () => put(big(), { limits })));
    clearInterval(watch);
    expect(stored.every((file) => file.size > 44 * MB)).toBe(true);
    expect((most - before) / MB).toBeLessThan(100);
  }, 60_000);
});

describe('S10: the virus scanner', () => {
  async function withScanner<T>(answer: string | null, use: (address: string) => Promise<T>): Promise<T> {
    const server: Server = createServer((socket) => {
      const parts: Buffer[] = [];
      socket.on('error', () => undefined);
      socket.on('data', (part) => {
        parts.push(part);
        const all = Buffer.concat(parts);
        if (answer === null) socket.destroy();
        else if (all.subarray(-4).equals(Buffer.alloc(4)) && all.includes('%%EOF'))
          socket.end(all.includes('EICAR') ? 'stream: Eicar-Test FOUND\0' : answer);
      });
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const address = server.address();
    try {
      return await use(`127.0.0.1:${typeof address === 'object' ? address?.port : 0}`);
    } finally {
      server.close();
    }
  }

  it('clean passes, infected does not', async () => {
    await withScanner('stream: OK\0', async (address) => {
      const scanner = clamd(address);
      expect((await put(pdf(randomBytes(400_000)), {}, { scanner })).mime).toBe('application/pdf');
      await expect(put(pdf('EICAR'), {}, { scanner })).rejects.toMatchObject({ code: 'infected' });
    });
  });

  it.each([
    ['breaks off', null],
    ['is unwell', 'INSTREAM size limit exceeded. ERROR\0'],
  ])('fails closed when it %s', async (_, answer) => {
    const before = await rowCount();
    await withScanner(answer, async (address) => {
      await expect(put(pdf(randomBytes(900_000)), {}, { scanner: clamd(address) })).rejects.toMatchObject({ code: 'unscanned' });
    });
    await expect(put(pdf(), {}, { scanner: clamd('/nowhere/clamd.sock') })).rejects.toMatchObject({ code: 'unscanned' });
    expect(await rowCount()).toBe(before);
  });
});

describe('file names', () => {
  it.each([
    ['C:\\Temp\\Foto.JPG', 'Foto.jpg'],
    ['../../etc/passwd', 'passwd.jpg'],
    ['pass\0wd.jpg', 'passwd.jpg'],
    ['Mu\u0308ller.jpeg', 'Müller.jpeg'],
    ['harmlos\u202egpj.exe', 'harmlosgpj.jpg'],
    ['a\r\nSet-Cookie: x.jpg', 'aSet-Cookie x.jpg'],
    ['.jpg', 'jpg.jpg'],
    ['', 'Datei.jpg'],
    ['x'.repeat(500) + '.jpg', 'x'.repeat(150) + '.jpg'],
  ])('%j becomes %j', (given, expected) => {
    expect(fileName(given, ['jpg', 'jpeg'])).toBe(expected);
  });
});
