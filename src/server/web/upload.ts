/**
 * A page with files: what is uploaded is stored and saved at once, so that an error elsewhere on the page loses no file. A form that comes again
 * brings the same files again: they are known by name and content, and count once.
 */
import { error, type RequestEvent } from '@sveltejs/kit';
import { Readable } from 'node:stream';
import { isDeepStrictEqual } from 'node:util';
import { copyAnswers, joinPath, walk, type Answers, type Field, type Step, type Walk } from '#flow';
import { walkOptions, type Draft, type Saved } from '#server/applications';
import { MultipartError, readMultipart, removeFile, storeUpload, UploadError, type StoredFile, type UploadErrorCode } from '#server/files';
import type { FieldConfig } from '#fields';
import { limits } from '#fields/file/index.ts';
import { filesOf } from '#server/store';
import { bodyOf, type Request } from './kit.ts';
import { applicationOf, revisionOf } from './question.ts';

/** Fields for files by answer path. */
export type FileFields = ReadonlyMap<string, Field>;

export function fileFields(steps: readonly Step[]): FileFields {
  return new Map(
    steps.flatMap(({ fields, prefix }) =>
      fields.filter(({ type }) => type.file).map((field) => [joinPath(prefix, field.id), field] as const),
    ),
  );
}

/** Controls by name, in the order of the form. */
export function gathered(pairs: readonly (readonly [string, string])[]): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const [name, value] of pairs) values.set(name, [...(values.get(name) ?? []), value]);
  return values;
}

/** Whose hands the draft is in: how it is saved, and read again where somebody saved meanwhile. */
export interface Hands {
  /** Hash of the staff session, at the counter. */
  readonly staff?: Buffer;
  readonly reload: (draft: Draft) => Promise<Draft | undefined>;
  readonly save: (draft: Draft, answers: Answers, walked: Walk) => Promise<Saved>;
  /** Other hands have it now: ends the request. */
  readonly held: () => never;
}

export interface Received {
  draft: Draft;
  values: Map<string, string[]>;
  problems: { path: string; code: string; params?: Record<string, string | number> }[];
}

/** What is wrong with an upload, as the type of field calls it. */
const WORDS: Readonly<Record<UploadErrorCode, string>> = {
  tooLarge: 'tooLarge',
  wrongType: 'kind',
  empty: 'empty',
  broken: 'broken',
  encrypted: 'encrypted',
  active: 'active',
  tooManyPixels: 'tooManyPixels',
  infected: 'infected',
  unscanned: 'unscanned',
  tooManyFiles: 'tooMany',
  often: 'often',
  gone: 'failed',
  aborted: 'failed',
};

export function problemOf(path: string, config: FieldConfig | undefined, { code }: UploadError): Received['problems'][number] {
  const { kinds, maxBytes, maxFiles } = limits(config ?? { id: path, type: 'file' });
  const params: Record<string, Record<string, string | number>> = {
    kind: { kinds: kinds.join(', ').toUpperCase() },
    tooLarge: { max: maxBytes / 1_000_000 },
    tooMany: { max: maxFiles },
  };
  return { path, code: WORDS[code], params: params[WORDS[code]] };
}

/**
 * Reads the form, stores its files and saves their references. The form's revision is carried on, so that the page itself can be saved after.
 * `fieldsIn`: the fields for files on the form's pages, by path, in front of the controls that came before.
 */
export async function receiveUpload(
  event: RequestEvent,
  request: Request,
  draft: Draft,
  fieldsIn: (controls: ReadonlyMap<string, string[]>) => FileFields,
  hands: Hands,
): Promise<Received> {
  const { portal, municipality } = request;
  const context = { store: portal.store, key: draft.key, scanner: portal.scanner, staff: hands.staff };
  const problems: Received['problems'] = [];
  const stored: { path: string; file: StoredFile }[] = [];
  let form;
  try {
    form = await readMultipart<StoredFile | undefined>(
      { contentType: event.request.headers.get('content-type'), body: Readable.from(bodyOf(event)) },
      {
        onFile: async ({ field: path, name, stream }, before) => {
          const controls = gathered(before);
          const field = fieldsIn(controls).get(path);
          const application = applicationOf(controls);
          // A control without a file comes as a part without a name; a control that is not on the page, or a form of another application, is read past.
          if (!field || name === '' || (application !== undefined && application !== draft.id)) {
            stream.resume();
            return undefined;
          }
          const { mimes, maxBytes, maxFiles } = limits(field.config);
          const file = await storeUpload(context, {
            municipality: municipality.id,
            applicationId: draft.id,
            fieldPath: path,
            stream,
            name,
            limits: { maxBytes, maxFiles: Math.max(maxFiles, 50), accept: mimes as never },
          });
          stored.push({ path, file });
          return file;
        },
        // More than any field takes: how many are too many, the field says, and the page keeps the rest.
        fieldLimits: { files: 100 },
      },
    );
  } catch (reason) {
    if (reason instanceof MultipartError) error(400, 'form');
    throw reason;
  }
  const values = gathered(form.fields);
  const fields = fieldsIn(values);
  for (const part of form.files) {
    if ('error' in part && part.error instanceof UploadError)
      problems.push(problemOf(part.field, fields.get(part.field)?.config, part.error));
  }
  const remove = values.get('_remove')?.[0];
  if (stored.length === 0 && remove === undefined) return { draft, values, problems };

  const at = values.get('_revision')?.[0];
  const discard = (ids: readonly string[]) =>
    Promise.all(ids.map((id) => removeFile(context, { municipality: municipality.id, applicationId: draft.id, id })));
  for (let now: Draft | undefined = draft; now; now = await hands.reload(now)) {
    // Only beside files that are there already can one be a repetition.
    const there = [...fields.keys()].some((path) => Array.isArray(now.answers[path]))
      ? await filesOf(portal.store, municipality.id, draft.id)
      : [];
    const known = new Map([
      ...there.map((file) => [file.id, file.sha256?.toString('hex')] as const),
      ...stored.map(({ file }) => [file.id, file.sha256] as const),
    ]);
    const merged = merge(now.answers, fields, stored, known, remove);
    let saved: Draft | undefined = now;
    if (!isDeepStrictEqual({ ...merged.answers }, { ...now.answers })) {
      const walked = walk(now.pkg.flow, merged.answers, { ...walkOptions(now), previous: now.walk });
      const result = await hands.save(now, merged.answers, walked);
      // somebody saved meanwhile: the files go beside what is there now
      if (result.outcome === 'stale') continue;
      // staff have just taken it in hand: the page says so
      if (result.outcome === 'held') {
        await discard(stored.map(({ file }) => file.id));
        hands.held();
      }
      if (result.outcome === 'often') {
        await discard(stored.map(({ file }) => file.id));
        return { draft: now, values, problems: stored.map(({ path }) => ({ path, code: 'often' })) };
      }
      saved = result.outcome === 'saved' ? result.draft : undefined;
    }
    if (!saved) {
      await discard(stored.map(({ file }) => file.id));
      break;
    }
    await discard(merged.gone);
    // Only files were added since the form was made: the rest of the page is as it was, and can be saved after.
    if (at === revisionOf(draft) && sameBeside(fields, draft.answers, now.answers)) values.set('_revision', [revisionOf(saved)]);
    // Removing a file stays on the page.
    if (remove !== undefined) problems.push({ path: '', code: 'removed' });
    return { draft: saved, values, problems: [...problems, ...merged.problems] };
  }
  error(410, 'draft');
}

/** The answers with the new files and without the removed one, and which stored files are not needed: repeated, surplus, removed. */
function merge(
  answers: Answers,
  fields: ReadonlyMap<string, Field>,
  stored: readonly { path: string; file: StoredFile }[],
  known: ReadonlyMap<string, string | undefined>,
  remove: string | undefined,
): { answers: Answers; gone: string[]; problems: Received['problems'] } {
  const next = copyAnswers(answers);
  const gone: string[] = [];
  const problems: Received['problems'] = [];
  for (const [path, field] of fields) {
    const before = Array.isArray(next[path]) ? (next[path] as { id: string; name: string }[]) : [];
    const all = before.filter((file) => file.id !== remove);
    if (all.length < before.length && remove !== undefined) gone.push(remove);
    for (const { file } of stored.filter((one) => one.path === path)) {
      if (all.some((other) => other.name === file.name && known.get(other.id) === file.sha256)) gone.push(file.id);
      else all.push({ id: file.id, name: file.name, size: file.size, mime: file.mime } as (typeof all)[number]);
    }
    const { maxFiles } = limits(field.config);
    for (const surplus of all.splice(maxFiles)) {
      gone.push(surplus.id);
      problems.push({ path, code: 'tooMany', params: { max: maxFiles } });
    }
    if (all.length > 0) next[path] = all;
    else if (before.length > 0) delete next[path];
  }
  return { answers: next, gone, problems };
}

/** Whether two versions of the answers differ in these fields at most. */
function sameBeside(fields: ReadonlyMap<string, Field>, one: Answers, other: Answers): boolean {
  const rest = (answers: Answers) => Object.fromEntries(Object.entries(answers).filter(([path]) => !fields.has(path)));
  return isDeepStrictEqual(rest(one), rest(other));
}
