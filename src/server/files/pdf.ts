/**
 * Scans a PDF for what must not be in it. Names are searched everywhere, also written with `#xx`; object streams, where they can hide compressed, are
 * unpacked with a limit. It reads no more of the format than that: a scanner that parses PDF fully is a second thing to attack.
 */
import { inflateSync } from 'node:zlib';
import { UploadError } from './errors.ts';

/** Long enough for any name below with every letter written as `#xx`, and for the dictionary before a stream. */
const overlap = 512;
const largestObjectStream = 2 * 1024 * 1024;
const largestUnpacked = 8 * 1024 * 1024;
/** Over a whole file: unpacking takes time, and a file may hold thousands of object streams. */
const largestUnpackedTotal = 64 * 1024 * 1024;

const active = /\/(?:JavaScript|EmbeddedFiles?|Launch|RichMedia)(?![A-Za-z0-9])/;
const encrypted = /\/Encrypt(?![A-Za-z0-9])/;
const objectStream = /\/ObjStm(?![A-Za-z0-9])[^]{0,400}?stream\r?\n/;

export class PdfScan {
  #before = '';
  /** Bytes of an object stream that has begun; undefined outside. */
  #packed: string | undefined;
  #unpacked = 0;

  push(block: Buffer): void {
    // latin1: one character a byte, nothing is lost
    const fresh = block.toString('latin1');
    const text = this.#before + fresh;
    search(text);
    this.#collect(text);
    // inside an object stream everything is kept in #packed
    this.#before = this.#packed === undefined ? text.slice(-overlap) : '';
  }

  end(tail: Buffer): void {
    if (tail.lastIndexOf('%%EOF', undefined, 'latin1') < 0) throw new UploadError('broken');
  }

  /** Follows object streams through `text`. */
  #collect(text: string): void {
    for (let at = 0; ; ) {
      if (this.#packed === undefined) {
        const begin = objectStream.exec(text.slice(at));
        if (!begin) return;
        at += begin.index + begin[0].length;
        this.#packed = '';
      }
      // `endstream` may lie across two blocks, so the search goes over what was kept too
      const kept = this.#packed.length;
      const joined = this.#packed + text.slice(at);
      const end = joined.indexOf('endstream');
      if (end < 0) {
        // No producer writes object streams of megabytes; hiding something does
        if (joined.length > largestObjectStream) throw new UploadError('active');
        this.#packed = joined;
        return;
      }
      this.#unpacked += unpack(joined.slice(0, end));
      if (this.#unpacked > largestUnpackedTotal) throw new UploadError('active');
      at = Math.max(at, at + end - kept);
      this.#packed = undefined;
    }
  }
}

function search(text: string): void {
  const plain = text.includes('#') ? text.replace(/#([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))) : text;
  if (encrypted.test(plain)) throw new UploadError('encrypted');
  if (active.test(plain)) throw new UploadError('active');
}

/** Looks into an object stream; gives its unpacked length. */
function unpack(packed: string): number {
  let text: string;
  try {
    text = inflateSync(Buffer.from(packed, 'latin1'), { maxOutputLength: largestUnpacked }).toString('latin1');
  } catch (error) {
    // Larger than allowed, or packed in another way than everybody does it: cannot be looked into, so it is not taken
    throw new UploadError((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? 'active' : 'broken');
  }
  search(text);
  return text.length;
}
