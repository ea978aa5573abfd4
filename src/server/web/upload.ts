/** A page with files: what is uploaded is stored and saved at once, so that an error elsewhere on the page loses no file. */
import { Readable } from 'node:stream';
import { error, type RequestEvent } from '@sveltejs/kit';
import { copyAnswers, joinPath, walk, type Field, type Step } from '#flow';
import { walkOptions, type Draft } from '#server/applications';
import { MultipartError, readMultipart, removeFile, storeUpload, UploadError, type StoredFile, type UploadErrorCode } from '#server/files';
import { limits } from '#fields/file/index.ts';
import { bodyOf, type Request } from './kit.ts';

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
  gone: 'failed',
  aborted: 'failed',
};

function problemOf(path: string, field: Field | undefined, { code }: UploadError): Received['problems'][number] {
  const { kinds, maxBytes, maxFiles } = limits(field?.config ?? { id: path, type: 'file' });
  const params: Record<string, Record<string, string | number>> = {
    kind: { kinds: kinds.join(', ').toUpperCase() },
    tooLarge: { max: maxBytes / 1_000_000 },
    tooMany: { max: maxFiles },
  };
  return { path, code: WORDS[code], params: params[WORDS[code]] };
}

/** Reads the form, stores its files and saves their references. The form's revision is carried on, so that the page itself can be saved after. */
export async function receiveUpload(event: RequestEvent, request: Request, draft: Draft, step: Step | undefined): Promise<Received> {
  const { portal, municipality } = request;
  const fields = new Map<string, Field>();
  for (const field of step?.fields ?? []) if (field.type.file) fields.set(joinPath(step!.prefix, field.id), field);
  const context = { store: portal.store, key: draft.key, scanner: portal.scanner };
  const problems: Received['problems'] = [];
  const stored: { path: string; file: StoredFile }[] = [];
  let form;
  try {
    form = await readMultipart<StoredFile | undefined>(
      { contentType: event.request.headers.get('content-type'), body: Readable.from(bodyOf(event)) },
      {
        onFile: async ({ field: path, name, stream }) => {
          const field = fields.get(path);
          // A control without a file comes as a part without a name; a control that is not on the page is read past.
          if (!field || name === '') {
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
  const values = new Map<string, string[]>();
  for (const [name, value] of form.fields) values.set(name, [...(values.get(name) ?? []), value]);
  for (const part of form.files) {
    if ('error' in part && part.error instanceof UploadError) problems.push(problemOf(part.field, fields.get(part.field), part.error));
  }
  const remove = values.get('_remove')?.[0];
  if (stored.length === 0 && remove === undefined) return { draft, values, problems };

  const fresh = Number(values.get('_revision')?.[0]) === draft.revision;
  const answers = copyAnswers(draft.answers);
  for (const [path, field] of fields) {
    const before = Array.isArray(answers[path]) ? (answers[path] as { id: string }[]) : [];
    const added = stored.filter((one) => one.path === path).map(({ file: { id, name, size, mime } }) => ({ id, name, size, mime }));
    const kept = before.filter((file) => file.id !== remove);
    const { maxFiles } = limits(field.config);
    const all = [...kept, ...added];
    for (const surplus of all.slice(maxFiles)) {
      await removeFile(context, { municipality: municipality.id, applicationId: draft.id, id: surplus.id });
      problems.push({ path, code: 'tooMany', params: { max: maxFiles } });
    }
    if (kept.length !== before.length && remove)
      await removeFile(context, { municipality: municipality.id, applicationId: draft.id, id: remove });
    const value = all.slice(0, maxFiles);
    if (value.length > 0) answers[path] = value;
    else delete answers[path];
  }
  const saved = await portal.applications.save(
    draft,
    answers,
    walk(draft.pkg.flow, answers, { ...walkOptions(draft), previous: draft.walk }),
    request.lang,
  );
  if (saved.outcome !== 'saved') error(saved.outcome === 'stale' ? 409 : 410, 'draft');
  if (fresh) values.set('_revision', [String(saved.draft.revision)]);
  // Removing a file, or the button that only uploads, stays on the page.
  if (remove !== undefined) problems.push({ path: '', code: 'removed' });
  return { draft: saved.draft, values, problems };
}
