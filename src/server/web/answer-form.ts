/**
 * The form in which a question of a back office is answered, by the citizen and at the counter. Files are stored at once, so that an error elsewhere on
 * the page loses none; a form that comes again brings the same files again, which count once.
 */
import { error, type RequestEvent } from '@sveltejs/kit';
import { Readable } from 'node:stream';
import { fieldTypes } from '#fields/all';
import { limits } from '#fields/file/index.ts';
import type { FieldView } from '#fields';
import type { FieldProblem } from '#flow';
import { answerFiles, answerPath, questionOf, type Question } from '#server/applications';
import { MultipartError, readMultipart, storeUpload } from '#server/files';
import { dateTime } from '#i18n';
import { removeAnswerFile, type SubmissionRow } from '#server/store';
import type { AskedView, SummaryError } from '#ui/types.ts';
import { bodyOf, readForm, type Request } from './kit.ts';
import { gathered, problemOf } from './upload.ts';
import { plainField } from './views.ts';

const TEXT = { id: 'text', type: 'textarea', maxLength: 5_000, rows: 8 } as const;
const FILES = { id: 'files', type: 'file', maxFiles: 10 } as const;
/** While they come in; the page keeps no more than the field takes. */
const MOST_STORED = 50;

/** Where the citizen answers. */
export const answerAddress = (lang: string, reference: string): string => `/${lang}/status/${reference}/answer`;

/** Whose question is answered, and on whose session. */
export interface Answering {
  readonly row: SubmissionRow;
  /** Undefined: nothing is asked now, or nothing that is answered here. */
  readonly question: Question | undefined;
  /** Asked by an office that takes no answers on the way by which it is reached. */
  readonly elsewhere?: Question | undefined;
  /** Hash of the staff session, at the counter. */
  readonly staff?: Buffer | undefined;
}

export interface ReceivedAnswer {
  /** Undefined: whoever sent the form may not answer. */
  readonly to: Answering | undefined;
  readonly values: ReadonlyMap<string, readonly string[]>;
  /** What was typed, as it goes to the office. */
  readonly text: string;
  readonly problems: FieldProblem[];
  /** A file was taken back: the page is shown again. */
  readonly removed: boolean;
}

/** The submission and what is asked about it. */
export async function answering({ portal, municipality }: Request, row: SubmissionRow, staff?: Buffer): Promise<Answering> {
  const asked = await questionOf(portal, municipality.id, row);
  const here = asked && portal.takesAnswers(municipality.id, asked.destination);
  return { row, question: here ? asked : undefined, elsewhere: here ? undefined : asked, staff };
}

/** Reads the form. `access`: who answers, by the controls that stand before the files; asked once. */
export async function receiveAnswer(
  event: RequestEvent,
  access: (values: ReadonlyMap<string, readonly string[]>) => Promise<Answering | undefined>,
): Promise<ReceivedAnswer> {
  const { request } = event.locals;
  const problems: FieldProblem[] = [];
  let asked: Promise<Answering | undefined> | undefined;
  const may = (values: ReadonlyMap<string, readonly string[]>) => (asked ??= access(values));
  const values = await controls(event, problems, may);
  const to = await may(values);
  const wanted = values.get('_remove')?.[0];
  const removed = wanted !== undefined;
  if (to?.question) {
    if (wanted !== undefined && /^[0-9a-f-]{36}$/.test(wanted))
      await removeAnswerFile(request.portal.store, request.municipality.id, to.row.application, wanted);
    problems.push(...(await tidied(request, to.row, to.question)));
  }
  return { to, values, problems: [...problems, ...typedProblems(values)], text: typedText(values), removed };
}

/** The form's controls; its files are stored on the way. */
async function controls(
  event: RequestEvent,
  problems: FieldProblem[],
  may: (values: ReadonlyMap<string, readonly string[]>) => Promise<Answering | undefined>,
): Promise<Map<string, string[]>> {
  const type = event.request.headers.get('content-type');
  if (!type?.startsWith('multipart/form-data')) return readForm(event);
  const { request } = event.locals;
  const { portal, municipality } = request;
  const { mimes, maxBytes } = limits(FILES);
  try {
    const form = await readMultipart(
      { contentType: type, body: Readable.from(bodyOf(event)) },
      {
        onFile: async ({ field, name, stream }, before) => {
          const to = field === FILES.id && name !== '' ? await may(gathered(before)) : undefined;
          if (!to?.question) return void stream.resume();
          const key = await portal.keys.unwrap(municipality.id, to.row.keyEpoch, to.row.wrappedKey);
          await storeUpload(
            { store: portal.store, key, scanner: portal.scanner, staff: to.staff },
            {
              municipality: municipality.id,
              applicationId: to.row.application,
              fieldPath: answerPath(to.question),
              stream,
              name,
              limits: { maxBytes, maxFiles: MOST_STORED, accept: mimes as never },
            },
          );
        },
        fieldLimits: { files: MOST_STORED },
      },
    );
    for (const part of form.files) if ('error' in part) problems.push(problemOf(FILES.id, FILES, part.error));
    return gathered(form.fields);
  } catch (reason) {
    if (reason instanceof MultipartError) error(400, 'form');
    throw reason;
  }
}

/** Lets go of files that came twice, and of those that are too many. */
async function tidied({ portal, municipality }: Request, row: SubmissionRow, question: Question): Promise<FieldProblem[]> {
  const { files, repeated } = await answerFiles(portal, municipality.id, row, question);
  const { maxFiles } = limits(FILES);
  const surplus = files.slice(maxFiles).map(({ id }) => id);
  for (const id of [...repeated, ...surplus]) await removeAnswerFile(portal.store, municipality.id, row.application, id);
  return surplus.length > 0 ? [{ path: FILES.id, code: 'tooMany', params: { max: maxFiles } }] : [];
}

const textarea = fieldTypes.get(TEXT.type)!;
const typed = (values: ReceivedAnswer['values']) => textarea.parse({ '': [...(values.get(TEXT.id) ?? [])] }, TEXT, { today: '' });

function typedText(values: ReceivedAnswer['values']): string {
  const { value } = typed(values);
  return typeof value === 'string' ? value : '';
}

function typedProblems(values: ReceivedAnswer['values']): FieldProblem[] {
  const { value, errors = [] } = typed(values);
  const found = [...errors, ...(typeof value === 'string' ? textarea.check(value, TEXT, { today: '' }) : [])];
  return found.map((one) => ({ ...one, path: TEXT.id }));
}

/** The question as it stands above the form. */
export const askedView = ({ lang }: Request, question: Question): AskedView => ({
  texts: question.texts,
  at: { iso: question.askedAt.toISOString(), text: dateTime(question.askedAt, lang) },
});

/** The form's fields, with what was typed and the files that are there. `question` undefined: files cannot be shown. */
export async function answerFields(
  request: Request,
  row: SubmissionRow | undefined,
  question: Question | undefined,
  left: Pick<ReceivedAnswer, 'values' | 'problems'> = { values: new Map(), problems: [] },
): Promise<FieldView[]> {
  const { portal, municipality, t, lang } = request;
  const { files } = row && question ? await answerFiles(portal, municipality.id, row, question) : { files: [] };
  const shown = files.map(({ id, name, size, mime }) => JSON.stringify({ id, name, size, mime }));
  const { problems } = left;
  return [
    plainField(TEXT, t.t('answering.text'), t.t('answering.textHint'), lang, {
      raw: { '': [...(left.values.get(TEXT.id) ?? [])] },
      problems,
    }),
    plainField(FILES, t.t('answering.files'), t.t('answering.filesHint'), lang, { raw: { files: shown }, problems, optional: true }),
  ];
}

/** The errors of fields for the summary, each leading to its control. */
export const answerErrors = (fields: readonly FieldView[]): SummaryError[] =>
  fields.flatMap(({ id, errors }) => errors.map(({ text }) => ({ text, href: `#${id}` })));
