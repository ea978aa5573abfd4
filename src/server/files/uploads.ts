/**
 * Uploads, streamed: size limit, kind by content, structure, virus scan, hash and sealing in one pass, a quarter of a megabyte at a time. A file counts
 * only when all of it has passed; until then it is `uploading`, and a failure or a crash leaves nothing that anybody can read.
 */
import { createHash, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  addFileChunk,
  type Begun,
  beginFile,
  deleteFile,
  type FileRow,
  findFile,
  finishFile,
  type NewFile,
  open,
  purposes,
  readFileChunk,
  release,
  seal,
  type Store,
  storeFile,
} from '#server/store';
import type { Scanner } from './clamd.ts';
import { UploadError } from './errors.ts';
import { type FileKind, fileKinds, Inspection, kindOf } from './inspect.ts';
import { fileName } from './text.ts';

/** Bytes of a sealed chunk's contents. */
const chunkLength = 256 * 1024;
const defaultMaxFiles = 50;

export interface UploadContext {
  store: Store;
  /** The application's key. */
  key: Buffer;
  scanner?: Scanner | undefined;
  /** Hash of the staff session that has the draft in hand; the database asks. Without it a citizen has. */
  staff?: Buffer | undefined;
}

export interface Upload {
  municipality: string;
  applicationId: string;
  /** Data path of the field. */
  fieldPath: string;
  stream: Readable;
  /** As the browser gave it. */
  name: string;
  limits: { maxBytes: number; accept: readonly FileKind[]; maxFiles?: number };
  /** From the form, the same for every repetition of one request: the first upload's result comes back. Default: a new id. */
  id?: string | undefined;
}

export interface StoredFile {
  id: string;
  name: string;
  mime: FileKind;
  size: number;
  /** Hex. */
  sha256: string;
}

/**
 * Takes a file. The stream is always read or drained to its end, so that the rest of a form can follow.
 * @throws UploadError when the file is not taken; DatabaseUnavailable
 */
export async function storeUpload(context: UploadContext, upload: Upload): Promise<StoredFile> {
  try {
    return await take(context, upload);
  } finally {
    if (!upload.stream.readableEnded) upload.stream.resume();
  }
}

async function take({ store, key, scanner, staff }: UploadContext, upload: Upload): Promise<StoredFile> {
  const { municipality, applicationId: application, limits } = upload;
  const blocks = inBlocks(upload.stream, limits.maxBytes);
  const first = await blocks.next();
  if (first.done || first.value.bytes.length === 0) throw new UploadError('empty');
  const mime = kindOf(first.value.bytes);
  if (!mime || !limits.accept.includes(mime)) throw new UploadError('wrongType');

  const id = upload.id ?? randomUUID();
  const name = fileName(upload.name, fileKinds[mime]);
  const context = (purpose: string) => ({ municipality, application, purpose, revision: 0 });
  const maxFiles = limits.maxFiles ?? defaultMaxFiles;
  const file: NewFile = {
    municipality,
    id,
    application,
    fieldPath: upload.fieldPath,
    nameSealed: seal(key, context(purposes.fileName(id)), Buffer.from(name)),
    mime,
    maxFiles,
    staff,
  };
  /** Undefined: go on. @throws UploadError */
  const before = async (begun: Begun): Promise<StoredFile | undefined> => {
    if (begun === 'gone') throw new UploadError('gone');
    if (begun === 'too-many') throw new UploadError('tooManyFiles', { maxFiles });
    if (begun === 'often') throw new UploadError('often');
    return begun === 'exists' ? repeated(await findFile(store, municipality, application, id), name) : undefined;
  };
  const sealed = (n: number, block: Block) => seal(key, context(purposes.fileChunk(id, n, block.last)), block.bytes);
  const inspection = new Inspection(mime);
  const hash = createHash('sha256');
  const scan = scanner?.();
  const pass = async (block: Block) => {
    inspection.push(block.bytes);
    hash.update(block.bytes);
    await scan?.push(block.bytes);
  };
  const passed = async () => {
    inspection.end();
    await scan?.end();
    return hash.digest();
  };
  let size = first.value.bytes.length;
  let begun = false;
  try {
    if (first.value.last) {
      await pass(first.value);
      const sha256 = await passed();
      const there = await before(await storeFile(store, file, { bytes: sealed(0, first.value), size, sha256 }));
      return there ?? { id, name, mime, size, sha256: sha256.toString('hex') };
    }
    const there = await before(await beginFile(store, file));
    if (there) return there;
    begun = true;
    let n = 0;
    for (let block: Block | undefined = first.value; block; block = (await blocks.next()).value ?? undefined) {
      if (n > 0) size += block.bytes.length;
      await pass(block);
      const chunk = sealed(n, block);
      await addFileChunk(store, municipality, id, n, chunk);
      release(chunk);
      n += 1;
    }
    const sha256 = await passed();
    if (!(await finishFile(store, { municipality, id, mime, size, chunks: n, sha256 }))) throw new UploadError('gone');
    return { id, name, mime, size, sha256: sha256.toString('hex') };
  } catch (error) {
    scan?.cancel();
    // if this fails too, the sweep takes the rest: it counts as unfinished for ever
    if (begun) await deleteFile(store, municipality, application, id).catch(() => undefined);
    throw error;
  }
}

/** The same request again: if the first one finished, its file; if it still runs, this one is not a second. */
function repeated(file: FileRow | undefined, name: string): StoredFile {
  if (file?.state !== 'stored') throw new UploadError('aborted');
  return { id: file.id, name, mime: file.mime as FileKind, size: file.size, sha256: file.sha256?.toString('hex') ?? '' };
}

interface Block {
  bytes: Buffer;
  last: boolean;
}

/**
 * Cuts a stream into blocks of one length; the last may be shorter, and knows that it is the last. All are the same memory: one counts until the next is
 * asked for. @throws UploadError tooLarge, aborted
 */
async function* inBlocks(stream: Readable, maxBytes: number): AsyncGenerator<Block, undefined> {
  const block = Buffer.allocUnsafe(Math.min(chunkLength, maxBytes));
  let filled = 0;
  let total = 0;
  try {
    // destroying a part of a form would stop the form
    for await (const part of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      total += part.length;
      if (total > maxBytes) throw new UploadError('tooLarge', { maxBytes });
      for (let taken = 0; taken < part.length;) {
        // a full block is only given out once more has come: it might be the last
        if (filled === block.length) {
          yield { bytes: block, last: false };
          filled = 0;
        }
        const copied = part.copy(block, filled, taken);
        filled += copied;
        taken += copied;
      }
    }
  } catch (error) {
    throw error instanceof UploadError ? error : new UploadError('aborted');
  }
  yield { bytes: block.subarray(0, filled), last: true };
  return undefined;
}

export interface FileOwner {
  municipality: string;
  applicationId: string;
  id: string;
}

/** A stored file with its contents as a stream. Undefined when there is no such file. The stream fails with SealBroken on any change. */
export async function openFile(
  { store, key }: UploadContext,
  { municipality, applicationId: application, id }: FileOwner,
): Promise<(StoredFile & { stream: Readable }) | undefined> {
  const file = await findFile(store, municipality, application, id);
  if (file?.state !== 'stored') return undefined;
  const context = (purpose: string) => ({ municipality, application, purpose, revision: 0 });
  const name = open(key, context(purposes.fileName(id)), file.nameSealed).toString();
  async function* contents() {
    for (let n = 0; n < (file?.chunks ?? 0); n += 1) {
      const sealed = await readFileChunk(store, municipality, id, n);
      if (!sealed) throw new Error('A chunk of a stored file is missing.');
      yield open(key, context(purposes.fileChunk(id, n, n + 1 === file?.chunks)), sealed);
    }
  }
  return {
    id,
    name,
    mime: file.mime as FileKind,
    size: file.size,
    sha256: file.sha256?.toString('hex') ?? '',
    stream: Readable.from(contents(), { objectMode: false }),
  };
}

/** Deletes a file of a draft. False when there is none, or the application was handed in. */
export function removeFile(
  { store, staff }: Pick<UploadContext, 'store' | 'staff'>,
  { municipality, applicationId, id }: FileOwner,
): Promise<boolean> {
  return deleteFile(store, municipality, applicationId, id, staff);
}
