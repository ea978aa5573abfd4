/** The application as it was handed in, for people to read: made once, and kept. */
import { copyAnswers, walk, type Walk } from '#flow';
import { dateTime, longDate, type Translator } from '#i18n';
import type { Package, PackageDocuments } from '#package';
import { answersOf, frozen, keepSummary, walkOptions, type Frozen, type Handling } from '#server/applications';
import type { Municipality } from '#server/config';
import type { ConfirmationPart } from '#server/documents';
import { loadFlow, submissionById, type SubmissionRow } from '#server/store';
import type { Portal } from '../portal.ts';
import { reviewSections, type ReviewSection } from '#views';
import { feeText } from './fee.ts';
import { liftUsual, originText } from './provenance.ts';
import { declarationsOf } from './review.ts';
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
  pkg: Package,
  { answers, today }: Frozen,
): Walk {
  const offering = portal.catalog.offering(municipality.id, row.service);
  return walk(pkg.flow, copyAnswers(answers), { ...walkOptions({ pkg, today, offering }), lenient: true });
}

/** Where it went; the service may not be offered any more. */
export function recipientOf({ portal, municipality }: Pick<Reading, 'portal' | 'municipality'>, row: SubmissionRow): string {
  const names = municipality.destinations.filter(({ id }) => row.destinations.includes(id)).map(({ name }) => name);
  return names.join(', ') || (portal.catalog.offering(municipality.id, row.service)?.destination.name ?? '');
}

/** When it was received: the day a letter came in counts, the time of entry stands beside it. */
export function receivedText({ t, lang }: Pick<Reading, 't' | 'lang'>, row: SubmissionRow, handling: Handling | undefined): string {
  const entered = dateTime(row.submittedAt, lang);
  const letter = handling?.intakes.findLast(({ receivedOn }) => receivedOn !== undefined)?.receivedOn;
  return letter === undefined
    ? entered
    : t.t('counter.papers.receivedOn', { day: longDate(new Date(`${letter}T12:00:00Z`), lang), entered });
}

/** The name of whoever applies, from the answers that the service names. */
function applicantOf(pkg: Package, answers: Readonly<Record<string, unknown>>): string | undefined {
  const parts = (pkg.service.applicant ?? []).map((path) => answers[path]).filter((one) => typeof one === 'string' && one !== '');
  return parts.length > 0 ? parts.join(' ') : undefined;
}

/** Who sent it for whom, where staff did. */
export function transmittedText(
  { t }: Pick<Reading, 't'>,
  pkg: Package,
  { answers, handling }: Pick<Frozen, 'answers' | 'handling'>,
): string | undefined {
  const by = handling?.transmittedBy;
  if (by?.by !== 'clerk') return undefined;
  const who = by.place === undefined ? by.name : `${by.name} (${by.place})`;
  const whom = applicantOf(pkg, answers);
  return whom === undefined ? who : t.t('counter.papers.transmitted', { who, whom });
}

/** Who was there and how they were known, and how they confirmed. */
function confirmationPart({ t, lang }: Pick<Reading, 't' | 'lang'>, handling: Handling | undefined): ConfirmationPart | undefined {
  if (!handling) return undefined;
  const { confirmation, intakes, fee } = handling;
  const came = intakes.map(({ channel, person, identity, actor, at, receivedOn }) =>
    t.t('counter.papers.intake', {
      channel: t.t(`counter.intake.channel.${channel}`),
      person: t.t(`counter.intake.person.${person}`),
      identity: identity.verified
        ? t.t('counter.papers.proven', { method: t.t(`counter.intake.method.${identity.method}`) })
        : t.t('counter.intake.unproven'),
      who: actor,
      when: dateTime(new Date(at), lang),
      received: receivedOn ? t.t('counter.papers.letter', { day: longDate(new Date(`${receivedOn}T12:00:00Z`), lang) }) : '',
    }),
  );
  const how = t.t(`counter.papers.how.${confirmation.how}`, { when: dateTime(new Date(confirmation.at), lang) });
  const said = [confirmation.note, confirmation.name && t.t('counter.papers.signedBy', { name: confirmation.name })];
  const lines = [...came, how, ...said, fee && feeText(t, lang, fee)].filter((one) => one !== undefined && one !== '') as string[];
  return { lines, drawing: confirmation.drawing, hash: confirmation.summarySha256 };
}

export const origins =
  ({ t, lang }: Pick<Reading, 't' | 'lang'>, provenance: Frozen['provenance']) =>
  (path: string) =>
    originText(t, lang, provenance?.[path], 'day');
export const nowhere = () => undefined;
/** What most rows say of their origin is said once. */
export function usually({ t }: Pick<Reading, 't'>, all: readonly ReviewSection[]) {
  const { usual, sections } = liftUsual(all);
  return { sections, usual: usual && `${t.t('counter.sheet.usual')} ${usual}` };
}

/** The application as it was handed in; made once, then kept. */
export async function summaryPdf(reading: Reading, row: SubmissionRow): Promise<Uint8Array> {
  const { portal, municipality, lang } = reading;
  const { content, key, summary } = await frozen(portal.store, portal.keys, municipality.id, row);
  if (summary) return summary;
  const pkg = await packageOf(reading, row);
  const read = reader(pkg, lang);
  const walked = walkAgain(reading, row, pkg, content);
  const pdf = await portal.documents.summary({
    lang,
    municipality,
    service: read.t.t('service.title'),
    reference: row.reference,
    receivedAt: receivedText(reading, row, content.handling),
    recipient: recipientOf(reading, row),
    transmittedBy: transmittedText(reading, pkg, content),
    ...usually(reading, reviewSections(read, walked, nowhere, origins(reading, content.provenance))),
    declaration: declarationsOf(read, walked),
    confirmation: confirmationPart(reading, content.handling),
  });
  await keepSummary(portal.store, municipality.id, row, key, pdf);
  return pdf;
}

/** An answer to a question, as it was sent. */
async function answerPdf({ portal, municipality, lang, t }: Reading, row: SubmissionRow, n: number): Promise<Uint8Array> {
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
