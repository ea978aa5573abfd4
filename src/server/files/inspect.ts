/**
 * Looks into a file while it streams past: what it is by its content, and whether its structure is what it claims. Keeps a few kilobytes, never the file.
 * A virus scanner finds known harm; this refuses what no application needs: passwords, scripts, files in files, two formats in one.
 */
import { UploadError } from './errors.ts';
import { PdfScan } from './pdf.ts';

export type FileKind = 'application/pdf' | 'image/jpeg' | 'image/png';

/** Kinds that can be recognised, with their file extensions; the first is the one a wrongly named file gets. */
export const fileKinds: Readonly<Record<FileKind, readonly string[]>> = {
  'application/pdf': ['pdf'],
  'image/jpeg': ['jpg', 'jpeg', 'jfif'],
  'image/png': ['png'],
};

/** A 200-megapixel phone camera is as far as photographs go; beyond that a small file blows up in whoever opens it. */
export const maxPixels = 200_000_000;

/** The kind by the first bytes; undefined for anything else. */
export function kindOf(head: Buffer): FileKind | undefined {
  if (head.subarray(0, 5).toString('latin1') === '%PDF-') return 'application/pdf';
  if (head.length > 3 && head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff) return 'image/jpeg';
  if (head.subarray(0, 8).equals(pngSignature)) return 'image/png';
  return undefined;
}

const pngSignature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** A ZIP's end record is at most this far from the end. */
const tailLength = 65_535 + 22;

interface Scan {
  push(block: Buffer): void;
  /** @throws UploadError */
  end(tail: Buffer): void;
}

export class Inspection {
  readonly #scan: Scan;
  #tail: Buffer = Buffer.alloc(0);
  #size = 0;

  constructor(kind: FileKind) {
    this.#scan = kind === 'application/pdf' ? new PdfScan() : kind === 'image/jpeg' ? new JpegScan() : new PngScan();
  }

  /** The next bytes of the file. @throws UploadError as soon as something is found */
  push(block: Buffer): void {
    this.#size += block.length;
    this.#scan.push(block);
    this.#tail =
      block.length >= tailLength ? Buffer.from(block.subarray(-tailLength)) : Buffer.concat([this.#tail, block]).subarray(-tailLength);
  }

  /** The file is complete. @throws UploadError */
  end(): void {
    this.#scan.end(this.#tail);
    if (holdsZip(this.#tail, this.#size)) throw new UploadError('broken');
  }
}

/** A ZIP is read from its end, so it hides behind any other format. Checks the end record's own figures, lest four chance bytes refuse a photograph. */
function holdsZip(tail: Buffer, size: number): boolean {
  const start = size - tail.length;
  for (
    let at = tail.lastIndexOf('PK\x05\x06', undefined, 'latin1');
    at >= 0;
    at = at === 0 ? -1 : tail.lastIndexOf('PK\x05\x06', at - 1, 'latin1')
  ) {
    if (at + 22 > tail.length) continue;
    const directorySize = tail.readUInt32LE(at + 12);
    const commentLength = tail.readUInt16LE(at + 20);
    if (directorySize <= start + at && at + 22 + commentLength <= tail.length) return true;
  }
  return false;
}

function checkPixels(width: number, height: number): void {
  if (width === 0 || height === 0) throw new UploadError('broken');
  if (width * height > maxPixels) throw new UploadError('tooManyPixels', { maxPixels });
}

class PngScan implements Scan {
  #head = Buffer.alloc(0);

  push(block: Buffer): void {
    if (this.#head.length >= 24) return;
    this.#head = Buffer.concat([this.#head, block.subarray(0, 24)]);
    if (this.#head.length < 24) return;
    if (this.#head.toString('latin1', 12, 16) !== 'IHDR') throw new UploadError('broken');
    checkPixels(this.#head.readUInt32BE(16), this.#head.readUInt32BE(20));
  }

  end(tail: Buffer): void {
    if (this.#head.length < 24 || tail.lastIndexOf('IEND', undefined, 'latin1') < 0) throw new UploadError('broken');
  }
}

/** Walks the segments up to the frame header, which holds the size. Cameras put previews and profiles of many kilobytes before it. */
class JpegScan implements Scan {
  #rest: Buffer = Buffer.alloc(0);
  #skip = 2;
  #found = false;

  push(block: Buffer): void {
    if (this.#found) return;
    let data = this.#rest.length > 0 ? Buffer.concat([this.#rest, block]) : block;
    while (!this.#found) {
      if (this.#skip >= data.length) {
        this.#skip -= data.length;
        this.#rest = Buffer.alloc(0);
        return;
      }
      data = data.subarray(this.#skip);
      this.#skip = 0;
      if (data.length < 9) {
        this.#rest = Buffer.from(data);
        return;
      }
      const marker = data[1] ?? 0;
      if (data[0] !== 0xff) throw new UploadError('broken');
      if (marker === 0xff)
        this.#skip = 1; // fill byte
      else if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7)) this.#skip = 2;
      else if (marker === 0xd9 || marker === 0xda) throw new UploadError('broken');
      else if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
        checkPixels(data.readUInt16BE(7), data.readUInt16BE(5));
        this.#found = true;
      } else this.#skip = 2 + Math.max(2, data.readUInt16BE(2));
    }
  }

  end(): void {
    if (!this.#found) throw new UploadError('broken');
  }
}
