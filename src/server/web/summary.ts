/** The application as it was handed in, for people to read: made once, and kept. */
import { copyAnswers, walk, type Walk } from '#flow';
import { dateTime, type Translator } from '#i18n';
import type { Package, PackageDocuments } from '#package';
import { answersOf, frozen, keepSummary, type Frozen } from '#server/applications';
import type { Municipality } from '#server/config';
import { loadFlow, submissionById, type SubmissionRow } from '#server/store';
import type { Portal } from '../portal.ts';
import { originText } from './provenance.ts';
import { reviewSections } from '#views';
import { reader } from './views.ts';

/** Who looks: whose application, and in which language. */
export interface Reading {
  readonly portal: Portal;
  readonly municipality: Municipality;
  readonly lang: string;
  readonly t: Translator;
}

/** The version of the flow with which it was handed in. */
export async function packageOf({ portal, municipality }: Pick<Reading, 'portal' | 'municipality'>, row: SubmissionRow): Promise<Package> {
  const load = async () => (await loadFlow(portal.store, municipality.id, row.flowHash)) as PackageDocuments;
  const pkg = await portal.catalog.version(row.service, row.flowHash, load);
  if (!pkg) throw new Error('the pinned flow version cannot be read');
  return pkg;
}

/** The walk as it was when the application was handed in: for texts that name answers and parameters. */
export function walkAgain(
  { portal, municipality }: Pick<Reading, 'portal' | 'municipality'>,
  row: SubmissionRow,
  { flow }: Package,
  { answers, today }: Frozen,
): Walk {
  const params = portal.catalog.offering(municipality.id, row.service)?.params ?? {};
  return walk(flow, copyAnswers(answers), { today, params, lenient: true });
}

/** Who has it, by name. */
function recipientOf({ portal, municipality }: Pick<Reading, 'portal' | 'municipality'>, row: SubmissionRow): string {
  const recipients = municipality.destinations.filter(({ id }) => row.destinations.includes(id)).map(({ name }) => name);
  return recipients.join(', ') || (portal.catalog.offering(municipality.id, row.service)?.destination.name ?? '');
}

export async function summaryPdf(reading: Reading, row: SubmissionRow): Promise<Uint8Array> {
  const { portal, municipality, lang, t } = reading;
  const { content, key, summary } = await frozen(portal.store, portal.keys, municipality.id, row);
  if (summary) return summary;
  const pkg = await packageOf(reading, row);
  const read = reader(pkg, lang);
  const pdf = await portal.documents.summary({
    lang,
    municipality,
    service: read.t.t('service.title'),
    reference: row.reference,
    receivedAt: dateTime(row.submittedAt, lang),
    recipient: recipientOf(reading, row),
    sections: reviewSections(
      read,
      walkAgain(reading, row, pkg, content),
      () => undefined,
      (path) => originText(t, lang, content.provenance?.[path]),
    ),
  });
  await keepSummary(portal.store, municipality.id, row, key, pdf);
  return pdf;
}

/** An answer to a question, as it was sent. */
export async function answerPdf({ portal, municipality, lang, t }: Reading, row: SubmissionRow, n: number): Promise<Uint8Array> {
  const given = (await answersOf(portal, municipality.id, row)).find((one) => one.n === n);
  if (!given) throw new Error('the answer is gone');
  const read = reader(await packageOf({ portal, municipality }, row), lang);
  const lines = (text: string) => text.split('\n');
  return portal.documents.summary({
    lang,
    municipality,
    what: t.t('answering.text'),
    service: read.t.t('service.title'),
    reference: row.reference,
    receivedAt: dateTime(given.answeredAt, lang),
    recipient: recipientOf({ portal, municipality }, row),
    sections: [
      {
        title: t.t('answering.pdf', { n }),
        rows: [
          { label: t.t('answering.asked'), lines: given.question.texts.flatMap(lines) },
          {
            label: t.t('answering.text'),
            lines: given.text ? lines(given.text) : [],
            ...(given.actor && { origin: t.t('answering.by', { name: given.actor }) }),
          },
          { label: t.t('answering.files'), lines: given.files.map(({ name }) => name) },
        ],
      },
    ],
  });
}

/** For deliveries that people read: the application, or the answer with this number. */
export async function summaryOfSubmission(portal: Portal, id: string, submission: string, answer: number | null): Promise<Uint8Array> {
  const municipality = portal.municipalities.find((one) => one.id === id);
  const row = municipality && (await submissionById(portal.store, id, submission));
  if (!row) throw new Error('the submission is gone');
  const { language: lang } = row;
  const reading = { portal, municipality, lang, t: portal.texts.translator(lang) };
  return answer === null ? summaryPdf(reading, row) : answerPdf(reading, row, answer);
}
