/**
 * Scans a PDF for what must not be in it. Names are searched everywhere, also written with `#xx`; object streams, where they can hide compressed, are
 * unpacked with a limit. It reads no more of the format than that: a scanner that parses PDF fully is a second thing to attack.
 */
import { inflateSync } from 'node:zlib';
import { UploadError } from './errors.ts';

/** Bytes looked at again with the next block: longer than any name with every letter written as `#xx`, and than a stream's dictionary. */
const overlap = 512;
const longestDictionary = 400;
const largestObjectStream = 2 * 1024 * 1024;
const largestUnpacked = 8 * 1024 * 1024;
/** Over a whole file: unpacking takes time, and a file may hold thousands of object streams. */
const largestUnpackedTotal = 64 * 1024 * 1024;

const active = /\/(?:JavaScript|EmbeddedFiles?|Launch|RichMedia)(?![A-Za-z0-9])/;
const encrypted = /\/Encrypt(?![A-Za-z0-9])/;
const objectStream = /^\/ObjStm(?![A-Za-z0-9])[^]{0,400}?stream\r?\n/;
const plainNames = ['/JavaScript', '/EmbeddedFile', '/Launch', '/RichMedia', '/Encrypt'].map((name) => Buffer.from(name));

export class PdfScan {
  /** The end of the last block, outside object streams. */
  #before: Buffer = Buffer.alloc(0);
  /** What has come of an object stream; undefined outside. */
  #packed: Buffer | undefined;
  #unpacked = 0;

  push(block: Buffer): void {
    let at = 0;
    if (this.#packed === undefined) {
      const seam = Buffer.concat([this.#before, block.subarray(0, overlap)]);
      search(seam);
      const begin = objectStreamIn(seam, 0);
      // one that lay wholly in the last block has been dealt with
      if (begin && begin.start < this.#before.length && begin.contents > this.#before.length) {
        this.#packed = Buffer.alloc(0);
        at = begin.contents - this.#before.length;
      }
    }
    search(block);
    this.#followObjectStreams(block, at);
    this.#before = this.#packed === undefined ? Buffer.from(block.subarray(-overlap)) : Buffer.alloc(0);
  }

  end(tail: Buffer): void {
    if (tail.lastIndexOf('%%EOF', undefined, 'latin1') < 0) throw new UploadError('broken');
  }

  #followObjectStreams(block: Buffer, from: number): void {
    for (let at = from; ;) {
      if (this.#packed === undefined) {
        const begin = objectStreamIn(block, at);
        if (!begin) return;
        this.#packed = Buffer.alloc(0);
        at = begin.contents;
      }
      // `endstream` may lie across two blocks, so the search goes over what was kept too
      const kept = this.#packed.length;
      const joined = Buffer.concat([this.#packed, block.subarray(at)]);
      const end = joined.indexOf('endstream');
      if (end < 0) {
        // No producer writes object streams of megabytes; hiding something does
        if (joined.length > largestObjectStream) throw new UploadError('active');
        this.#packed = joined;
        return;
      }
      this.#unpacked += unpack(joined.subarray(0, end));
      if (this.#unpacked > largestUnpackedTotal) throw new UploadError('active');
      at = Math.max(at, at + end - kept);
      this.#packed = undefined;
    }
  }
}

/** The next object stream: where its name stands and where its contents begin. */
function objectStreamIn(bytes: Buffer, from: number): { start: number; contents: number } | undefined {
  for (let start = bytes.indexOf('/ObjStm', from); start >= 0; start = bytes.indexOf('/ObjStm', start + 1)) {
    const head = objectStream.exec(bytes.toString('latin1', start, start + longestDictionary + 20));
    if (head) return { start, contents: start + head[0].length };
  }
  return undefined;
}

/** Searches the bytes as they are: a file of 45 MB must not become 45 MB of strings. */
function search(bytes: Buffer): void {
  for (const name of plainNames) {
    for (let at = bytes.indexOf(name); at >= 0; at = bytes.indexOf(name, at + 1)) decide(bytes.toString('latin1', at, at + 20));
  }
  for (let at = bytes.indexOf(hash); at >= 0; at = bytes.indexOf(hash, at + 1)) {
    if (!isHex(bytes[at + 1]) || !isHex(bytes[at + 2])) continue;
    const near = bytes.toString('latin1', Math.max(0, at - 64), at + 64);
    const plain = near.replace(/#([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    decide(plain);
    // an escaped `/ObjStm` has one purpose
    if (plain.includes('/ObjStm') && !near.includes('/ObjStm')) throw new UploadError('active');
  }
}

const hash = 0x23;
const isHex = (byte: number | undefined) => byte !== undefined && /[0-9a-fA-F]/.test(String.fromCharCode(byte));

function decide(text: string): void {
  if (encrypted.test(text)) throw new UploadError('encrypted');
  if (active.test(text)) throw new UploadError('active');
}

/** Looks into an object stream; gives its unpacked length. */
function unpack(packed: Buffer): number {
  let bytes: Buffer;
  try {
    bytes = inflateSync(packed, { maxOutputLength: largestUnpacked });
  } catch (error) {
    // Larger than allowed, or packed in another way than everybody does it: cannot be looked into, so it is not taken
    throw new UploadError((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? 'active' : 'broken');
  }
  search(bytes);
  return bytes.length;
}
