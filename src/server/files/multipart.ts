/**
 * Reads `multipart/form-data` as a stream. Total: whatever a client sends or breaks off, it ends with fields and files or with a `MultipartError`,
 * and no stream or promise is left behind (an unhandled rejection would end the process for everybody).
 */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as WebStream } from 'node:stream/web';
import { Busboy, type BusboyInstance } from '@fastify/busboy';
import { UploadError } from './errors.ts';
import { formText } from './text.ts';

export type MultipartErrorCode = 'malformed' | 'aborted' | 'tooManyParts' | 'fieldTooLarge';

export class MultipartError extends Error {
  readonly code: MultipartErrorCode;

  constructor(code: MultipartErrorCode) {
    super(`The form cannot be read: ${code}`);
    this.name = 'MultipartError';
    this.code = code;
  }
}

export interface MultipartSource {
  contentType: string | null | undefined;
  body: Readable | WebStream<Uint8Array> | ReadableStream<Uint8Array> | null | undefined;
}

export interface IncomingFile {
  field: string;
  name: string;
  stream: Readable;
}

export interface MultipartOptions<T> {
  /** Called for each file in turn, while it streams and when the one before it is done. Fields that came before it in the form are in `fields`. */
  onFile: (file: IncomingFile, fields: readonly FormField[]) => Promise<T>;
  /** Default 500 fields of 100 KB, 20 files. */
  fieldLimits?: { fields?: number; fieldBytes?: number; files?: number };
}

export type FormField = readonly [name: string, value: string];
/** What became of a file: the result of `onFile`, or why it was not taken. */
export type FilePart<T> = { field: string; name: string } & ({ result: T } | { error: UploadError });

export interface Form<T> {
  /** In the order of the form; a name may come more than once. Never an object: names come from outside. */
  fields: FormField[];
  /** In the order of the form. */
  files: FilePart<T>[];
}

/**
 * Reads the form. A file that is refused does not spoil the rest: its `UploadError` stands beside its name.
 * @throws MultipartError; and whatever `onFile` throws other than UploadError
 */
export async function readMultipart<T>(source: MultipartSource, { onFile, fieldLimits = {} }: MultipartOptions<T>): Promise<Form<T>> {
  if (!source.contentType || !source.body) throw new MultipartError('malformed');
  const body = source.body instanceof Readable ? source.body : Readable.fromWeb(source.body as WebStream<Uint8Array>);
  const form: Form<T> = { fields: [], files: [] };
  const open = new Set<Readable>();
  // one file after the other: they are kept in the order in which the person gave them
  let work = Promise.resolve();
  let failure: unknown;
  let parser: BusboyInstance;
  try {
    parser = new Busboy({
      headers: { 'content-type': source.contentType },
      limits: {
        fieldNameSize: 500,
        fieldSize: fieldLimits.fieldBytes ?? 100_000,
        fields: fieldLimits.fields ?? 500,
        files: fieldLimits.files ?? 20,
        headerPairs: 20,
        headerSize: 8_192,
      },
    });
  } catch {
    body.on('error', () => undefined).resume();
    throw new MultipartError('malformed');
  }

  const fail = (error: unknown) => {
    failure ??= error;
    parser.destroy();
  };
  parser.on('field', (name, value, nameCut, valueCut) => {
    // types promise a name, a part without one has none
    if (name === undefined) return;
    if (nameCut || valueCut) fail(new MultipartError('fieldTooLarge'));
    else form.fields.push([formText(name), formText(value)]);
  });
  for (const limit of ['partsLimit', 'filesLimit', 'fieldsLimit'] as const)
    parser.on(limit, () => fail(new MultipartError('tooManyParts')));
  parser.on('file', (field, part, name) => {
    const stream: Readable = part;
    // The form ends within this part. First listener: the form's fault is noted before the reader of the part complains.
    stream.on('error', () => fail(new MultipartError('malformed')));
    if (!name || field === undefined) {
      // a file input that was left empty, or a part without a name
      stream.resume();
      return;
    }
    open.add(stream);
    const about = { field: formText(field), name: formText(name) };
    const take = async () => {
      if (failure) return;
      try {
        form.files.push({ ...about, result: await onFile({ ...about, stream }, form.fields) });
      } catch (error) {
        if (error instanceof UploadError) form.files.push({ ...about, error });
        else fail(error);
      }
    };
    // the form cannot go on past a part that nobody reads
    work = work.then(take).finally(() => (open.delete(stream), stream.resume()));
  });

  try {
    await pipeline(body, parser);
  } catch (error) {
    failure ??= new MultipartError((error as NodeJS.ErrnoException).code?.startsWith('E') ? 'aborted' : 'malformed');
  }
  // ends the reading of parts that will never be complete
  if (failure) for (const stream of open) stream.destroy(new MultipartError('aborted'));
  await work;
  if (failure) throw failure;
  return form;
}
