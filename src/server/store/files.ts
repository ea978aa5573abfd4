/** Rows of uploaded files and their sealed chunks. `#server/files` is what uploads and reads them. */
import type { Statements } from './pool.ts';

export interface FileRow {
  id: string;
  application: string;
  fieldPath: string;
  /** Sealed with purpose `file-name:<id>`, revision 0. */
  nameSealed: Buffer;
  mime: string;
  size: number;
  chunks: number;
  sha256: Buffer | null;
  state: 'uploading' | 'stored';
}

const columns = `id, application_id as application, field_path as "fieldPath", name_sealed as "nameSealed", mime, size, chunks, sha256, state`;

export interface NewFile {
  municipality: string;
  id: string;
  application: string;
  fieldPath: string;
  nameSealed: Buffer;
  mime: string;
  /** Files one application may have. */
  maxFiles: number;
  /** Hash of the staff session that takes it in; without it, a citizen does. */
  staff?: Buffer | undefined;
}

/** What it belongs to: a draft, or the answer to a question about what was handed in, whose field path is `answer:<event>`. */
const ofAnswer = ({ fieldPath }: NewFile): boolean => fieldPath.startsWith('answer:');

/** `often`: so many files were given to this application within ten minutes that it was no person. */
export type Begun = 'begun' | 'gone' | 'too-many' | 'often' | 'exists';

/** Files that a citizen may give to one application within a window (milliseconds), as the database counts them (0028). */
export const UPLOADS = { limit: 200, window: 10 * 60_000 };

const beginning = (file: NewFile) => [
  file.municipality,
  file.id,
  file.application,
  file.fieldPath,
  file.nameSealed,
  file.mime,
  file.maxFiles,
];

/** Begins a file. */
export async function beginFile(store: Statements, file: NewFile): Promise<Begun> {
  if (ofAnswer(file)) {
    const all = [...beginning(file), file.staff ?? null];
    const [begun] = await store.query<{ outcome: Begun }>(
      'file-begin-answer',
      `select begin_answer_file($1, $2, $3, $4, $5, $6, $7, $8) as outcome`,
      all,
    );
    return begun?.outcome ?? 'gone';
  }
  const [row] = file.staff
    ? await store.query<{ outcome: Begun }>('file-begin-counter', `select begin_counter_file($1, $2, $3, $4, $5, $6, $7, $8) as outcome`, [
        ...beginning(file),
        file.staff,
      ])
    : await store.query<{ outcome: Begun }>('file-begin', `select begin_file($1, $2, $3, $4, $5, $6, $7) as outcome`, beginning(file));
  return row?.outcome ?? 'gone';
}

/** Begins a file of one chunk, adds it and ends the file: all or nothing. */
export async function storeFile(store: Statements, file: NewFile, whole: { bytes: Buffer; size: number; sha256: Buffer }): Promise<Begun> {
  const values = [...beginning(file), whole.bytes, whole.size, whole.sha256];
  if (ofAnswer(file)) {
    const [stored] = await store.query<{ outcome: Begun }>(
      'file-store-answer',
      `select store_answer_file($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) as outcome`,
      [...values, file.staff ?? null],
    );
    return stored?.outcome ?? 'gone';
  }
  const [row] = file.staff
    ? await store.query<{ outcome: Begun }>(
        'file-store-counter',
        `select store_counter_file($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) as outcome`,
        [...values, file.staff],
      )
    : await store.query<{ outcome: Begun }>('file-store', `select store_file($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) as outcome`, values);
  return row?.outcome ?? 'gone';
}

/** Adds a sealed chunk. */
export async function addFileChunk(store: Statements, municipality: string, id: string, n: number, bytes: Buffer): Promise<void> {
  await store.query('file-chunk-add', `select add_file_chunk($1, $2, $3, $4)`, [municipality, id, n, bytes]);
}

/** Ends an upload. False when a chunk is missing or the file is gone. */
export async function finishFile(
  store: Statements,
  file: { municipality: string; id: string; mime: string; size: number; chunks: number; sha256: Buffer },
): Promise<boolean> {
  const [row] = await store.query<{ done: boolean }>('file-finish', `select finish_file($1, $2, $3, $4, $5, $6) as done`, [
    file.municipality,
    file.id,
    file.mime,
    file.size,
    file.chunks,
    file.sha256,
  ]);
  return row?.done ?? false;
}

/** A sealed chunk. */
export async function readFileChunk(store: Statements, municipality: string, id: string, n: number): Promise<Buffer | undefined> {
  const [row] = await store.query<{ bytes: Buffer | null }>('file-chunk-read', `select read_file_chunk($1, $2, $3) as bytes`, [
    municipality,
    id,
    n,
  ]);
  return row?.bytes ?? undefined;
}

/** Deletes a file of a draft. False when there is none, or the application was handed in; with `staff`: or this staff session has it not in hand. */
export async function deleteFile(
  store: Statements,
  municipality: string,
  application: string,
  id: string,
  staff?: Buffer,
): Promise<boolean> {
  if (staff) {
    const all = [municipality, staff, application, id];
    const [row] = await store.query<{ gone: boolean }>('file-remove-counter', `select remove_counter_file($1, $2, $3, $4) as gone`, all);
    return row?.gone ?? false;
  }
  const [row] = await store.query<{ gone: boolean }>('file-remove', `select remove_file($1, $2, $3) as gone`, [
    municipality,
    application,
    id,
  ]);
  return row?.gone ?? false;
}

const read = (store: Statements, municipality: string, application: string, id: string | null) =>
  store.query<FileRow>('file-read', `select ${columns} from files_of($1, $2, $3)`, [municipality, application, id]);

/** One file. */
export async function findFile(store: Statements, municipality: string, application: string, id: string): Promise<FileRow | undefined> {
  return (await read(store, municipality, application, id))[0];
}

/** The complete files of an application. */
export function filesOf(store: Statements, municipality: string, application: string): Promise<FileRow[]> {
  return read(store, municipality, application, null);
}
