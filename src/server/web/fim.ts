/** A FIM schema that somebody uploads becomes a draft to be kept: nothing of it is stored here, and nothing goes live by it. */
import { error, fail, type RequestEvent } from '@sveltejs/kit';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { zipSync } from 'fflate';
import {
  filesOf,
  FimRefused,
  importSchema,
  readCodeList,
  readSchema,
  readTranslated,
  type CodeList,
  type FimReport,
  type FimSchema,
  type Imported,
  type Translated,
} from '#fim';
import { number } from '#i18n';
import { parseJson } from '#package';
import { MultipartError, readMultipart, UploadError } from '#server/files';
import type { ImportView, ReportView } from '#ui/services/types.ts';
import { clerkOf, showCounter } from './clerk.ts';
import { bodyOf, go, type Request } from './kit.ts';

export const importPath = (lang: string): string => `/${lang}/admin/services`;

/** `/admin/services`, as people type it. */
export const toImport = (request: Request): never => go(importPath(request.lang));

const editor = (request: Request) => clerkOf(request, ['services'], { anywhere: true });

/** The largest real schema has 16 MB; code lists have less. */
const MOST_BYTES = 16 * 1024 * 1024;
/** A schema, its rules, and as many code lists as the largest schema refers to. */
const MOST_FILES = 40;

const outcomes = new WeakMap<Request, Pick<ImportView, 'problem' | 'report'>>();

export async function importPage(request: Request) {
  await editor(request);
  const view: ImportView = { action: importPath(request.lang), ...outcomes.get(request) };
  return showCounter(request, { title: request.t.t('fim.title'), area: 'services', faulty: view.problem !== undefined }, view);
}

interface Uploaded {
  readonly field: string;
  readonly name: string;
  readonly bytes: Buffer;
}

/** Makes a draft of the files of the form. */
export async function postImport(event: RequestEvent) {
  const { request } = event.locals;
  await editor(request);
  const files = await uploaded(event);
  const outcome = draft(request, files);
  outcomes.set(request, outcome);
  if (outcome.problem) return fail(422);
}

async function uploaded(event: RequestEvent): Promise<Uploaded[] | 'too-large'> {
  const type = event.request.headers.get('content-type');
  if (!type?.startsWith('multipart/form-data')) return [];
  try {
    const form = await readMultipart<Buffer>(
      { contentType: type, body: Readable.from(bodyOf(event)) },
      { onFile: ({ stream }) => whole(stream), fieldLimits: { files: MOST_FILES } },
    );
    if (form.files.some((file) => 'error' in file)) return 'too-large';
    return form.files.flatMap((file) => ('result' in file ? [{ field: file.field, name: file.name, bytes: file.result }] : []));
  } catch (reason) {
    if (reason instanceof MultipartError) error(400, 'form');
    throw reason;
  }
}

/** A file in memory, up to its limit; the rest is read past. */
async function whole(stream: Readable): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of stream as AsyncIterable<Buffer>) {
    size += part.length;
    if (size <= MOST_BYTES) parts.push(part);
  }
  if (size > MOST_BYTES) throw new UploadError('tooLarge');
  return Buffer.concat(parts);
}

/** What a file is called in a message: whoever uploads it knows it by its name. */
class Unreadable extends Error {
  readonly file: string;
  constructor(file: string, message: string) {
    super(message);
    this.file = file;
  }
}

function draft(request: Request, files: Uploaded[] | 'too-large'): Pick<ImportView, 'problem' | 'report'> {
  const { t } = request;
  if (files === 'too-large') return { problem: { text: t.t('fim.problem.tooLarge', { max: MOST_BYTES / 1024 / 1024 }) } };
  const schemas = files.filter(({ field }) => field === 'schema');
  const [file] = schemas;
  if (!file) return { problem: { text: t.t('fim.problem.missing') } };
  try {
    const schema = reading(file, () => readSchema([file.bytes]));
    const lists = files.filter(({ field }) => field === 'list').map((one): CodeList => reading(one, () => readCodeList([one.bytes])));
    const { rules, problems } = rulesOf(
      files.find(({ field }) => field === 'rules'),
      schema,
    );
    const sha256 = createHash('sha256').update(file.bytes).digest('hex');
    const imported = importSchema({ schema, sha256, lists, translated: rules });
    return { report: reportView(request, imported, problems) };
  } catch (reason) {
    if (!(reason instanceof Unreadable)) throw reason;
    return { problem: { text: t.t('fim.problem.unreadable'), file: reason.file, detail: reason.message } };
  }
}

function reading<T>({ name }: Uploaded, read: () => T): T {
  try {
    return read();
  } catch (reason) {
    throw reason instanceof FimRefused ? new Unreadable(name, reason.message) : reason;
  }
}

function rulesOf(file: Uploaded | undefined, schema: FimSchema): { rules: Translated[]; problems: string[] } {
  if (!file) return { rules: [], problems: [] };
  const { value, problem } = parseJson(file.bytes.toString());
  if (problem) throw new Unreadable(file.name, problem.message);
  const { rules, unread } = readTranslated(value, schema.id);
  const mine = <T extends { schema?: string }>(all: readonly T[]) =>
    all.filter((one) => one.schema === undefined || one.schema === schema.id);
  return { rules: mine(rules), problems: mine(unread).map(({ text, why }) => `${why}: "${text}"`) };
}

function reportView({ t, lang }: Request, imported: Imported, problems: readonly string[]): ReportView {
  const { schema, fields, groups, rules, codeLists, pages, sections, open, warnings, places } = imported.report;
  const folder = schema.id.toLowerCase().replaceAll(/[^a-z0-9-]/g, '-');
  return {
    title: schema.title,
    origin: t.t('fim.origin', {
      id: schema.id,
      version: schema.version ?? '',
      standard: schema.standard,
      status: t.t(`fim.status.${statusKey(schema)}`),
    }),
    figures: [
      { label: t.t('fim.figure.fields'), value: number(fields.all, lang), note: t.t('fim.figure.fieldsNote', { ...fields }) },
      { label: t.t('fim.figure.groups'), value: number(groups.all, lang), note: t.t('fim.figure.groupsNote', { ...groups }) },
      {
        label: t.t('fim.figure.rules'),
        value: t.t('fim.figure.of', { n: number(rules.translated + rules.text, lang), all: number(rules.all, lang) }),
      },
      { label: t.t('fim.figure.pages'), value: number(pages, lang), note: t.t('fim.figure.pagesNote', { sections }) },
      { label: t.t('fim.figure.lists'), value: number(codeLists.missing, lang) },
    ],
    openText: t.t('fim.open', { count: open.length }),
    open: open.map(({ kind, path, rule, text, why }) => ({
      kind: t.t(`fim.kind.${kind}`),
      place: [rule, path.join(' › ')].filter(Boolean).join(' · '),
      text,
      why,
    })),
    warnings: [...warnings, ...problems],
    places: places.map(({ path, label, became, when }) => ({ path, label, became, depth: path.split('.').length, ...(when && { when }) })),
    draft: { name: `${folder}.zip`, href: `data:application/zip;base64,${Buffer.from(archive(folder, imported)).toString('base64')}` },
  };
}

/** The words of the report are English; the page has its own. */
function statusKey({ status }: FimReport['schema']): string {
  return /approved by experts|^active/.test(status) ? 'approved' : status === 'unknown' ? 'unknown' : 'unapproved';
}

/** The package as an archive. Its times are fixed, so that the same schema gives the same file. */
function archive(folder: string, imported: Imported): Uint8Array {
  const files = filesOf(imported, []).map(([name, content]) => [`${folder}/${name}`, new TextEncoder().encode(content)] as const);
  return zipSync(Object.fromEntries(files), { mtime: new Date(1980, 0, 1), level: 6 });
}
