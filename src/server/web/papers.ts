/** Documents of an application, as PDF: what was handed in, what a clerk has in hand, what is still missing, a code to take away. */
import { dateTime, longDate } from '#i18n';
import { copyAnswers, joinPath, sheetWalk, walk, type Answers, type Walk } from '#flow';
import type { Package, PackageDocuments } from '#package';
import { frozen, groupCode, keepSummary, walkOptions, type Draft, type Frozen, type Handling } from '#server/applications';
import type { ConfirmationPart } from '#server/documents';
import type { Code } from '#server/handover';
import { loadFlow, type SubmissionRow } from '#server/store';
import { proseBlocks, type Inline } from '#ui/prose.ts';
import type { Link } from '#ui/types.ts';
import { feeText } from './fee.ts';
import { qrOf } from './help.ts';
import { offeringOf, type Request } from './kit.ts';
import { liftUsual, originText } from './provenance.ts';
import { declarationsOf, shownHash } from './review.ts';
import { fieldLabel, formatValue, reader, reviewSections, valuesOf, type Reader, type ReviewSection } from './views.ts';

export async function packageOf(request: Request, row: SubmissionRow): Promise<Package> {
  const pkg = await request.portal.catalog.version(
    row.service,
    row.flowHash,
    async () => (await loadFlow(request.portal.store, request.municipality.id, row.flowHash)) as PackageDocuments,
  );
  if (!pkg) throw new Error('the pinned flow version cannot be read');
  return pkg;
}

/** The walk as it was when the application was handed in, whole. */
export function walkAgain(request: Request, row: SubmissionRow, pkg: Package, { answers, today }: Frozen): Walk {
  const options = walkOptions({ pkg, today, offering: offeringOf(request, row.service) });
  return walk(pkg.flow, copyAnswers(answers), { ...options, lenient: true });
}

/** When it was received: the day a letter came in counts, the time of entry stands beside it. */
export function receivedText({ t, lang }: Request, row: SubmissionRow, handling: Handling | undefined): string {
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
  { t }: Request,
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
function confirmationPart({ t, lang }: Request, handling: Handling | undefined): ConfirmationPart | undefined {
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

const origins =
  ({ t, lang }: Request, provenance: Frozen['provenance']) =>
  (path: string) =>
    originText(t, lang, provenance?.[path], 'day');
const nowhere = () => undefined;
function usually({ t }: Request, all: readonly ReviewSection[]) {
  const { usual, sections } = liftUsual(all);
  return { sections, usual: usual && `${t.t('counter.sheet.usual')} ${usual}` };
}

/** The application as it was handed in; made once, then kept. */
export async function summaryPaper(request: Request, row: SubmissionRow): Promise<Uint8Array> {
  const { portal, municipality, lang } = request;
  const { content, key, summary } = await frozen(portal.store, portal.keys, municipality.id, row);
  if (summary) return summary;
  const pkg = await packageOf(request, row);
  const read = reader(pkg, lang);
  const walked = walkAgain(request, row, pkg, content);
  const pdf = await portal.documents.summary({
    lang,
    municipality,
    service: read.t.t('service.title'),
    reference: row.reference,
    receivedAt: receivedText(request, row, content.handling),
    recipient: offeringOf(request, row.service).destination.name,
    transmittedBy: transmittedText(request, pkg, content),
    ...usually(request, reviewSections(read, walked, nowhere, origins(request, content.provenance))),
    declaration: declarationsOf(read, walked),
    confirmation: confirmationPart(request, content.handling),
  });
  await keepSummary(portal.store, municipality.id, row, key, pdf);
  return pdf;
}

/** That it was received, when, and what comes now. */
export async function receiptPaper(request: Request, row: SubmissionRow): Promise<Uint8Array> {
  const { portal, municipality, t, lang } = request;
  const { content } = await frozen(portal.store, portal.keys, municipality.id, row);
  const pkg = await packageOf(request, row);
  const read = reader(pkg, lang);
  const address = `${request.origin}/${lang}/status`;
  return portal.documents.receipt({
    lang,
    municipality,
    service: read.t.t('service.title'),
    reference: row.reference,
    receivedAt: receivedText(request, row, content.handling),
    recipient: offeringOf(request, row.service).destination.name,
    transmittedBy: transmittedText(request, pkg, content),
    next: stepsOf(nextText(request, read, walkAgain(request, row, pkg, content))),
    status: [t.t('counter.papers.status', { address, factor: t.t(`counter.papers.factor.${row.factorKind ?? 'date'}`) })],
    fee: content.handling?.fee && feeText(t, lang, content.handling.fee),
  });
}

/** Running text as steps: its paragraphs and the entries of its lists. */
function stepsOf(text: string): string[] {
  const line = (inlines: readonly Inline[]) => inlines.map((one) => (typeof one === 'string' ? one : one.text)).join('');
  return proseBlocks(text).flatMap((block) =>
    block.kind === 'list' ? block.items.map(line) : [block.kind === 'heading' ? block.text : line(block.inlines)],
  );
}

/** What happens now, in the flow's own words if it has any. */
export function nextText({ t }: Request, read: Reader, walked: Walk): string {
  const done = [...read.pkg.flow.pages.values()].find((page) => page.kind === 'done');
  const told = [done && `page.${done.id}.intro`, 'service.next'].find((name) => name && read.t.has(name));
  return told ? read.t.t(told, walked.scope) : t.t('web.next');
}

/** The draft in hand, to be read and signed on paper. */
export function draftPaper(request: Request, draft: Draft): Promise<Uint8Array> {
  const { portal, municipality, t, lang } = request;
  const read = reader(draft.pkg, lang);
  return portal.documents.summary({
    lang,
    municipality,
    service: read.t.t('service.title'),
    recipient: draft.offering.destination.name,
    ...usually(request, reviewSections(read, draft.walk, nowhere, origins(request, draft.provenance))),
    declaration: declarationsOf(read, draft.walk),
    notice: t.t('counter.papers.notHandedIn'),
    confirmation: { lines: [t.t('counter.papers.toSign')], hash: shownHash(draft, lang, t), toSign: true },
  });
}

/** What was put off with a reason, and files that are asked for and not there, with the way they are to come. */
function missingOf(read: Reader, walked: Walk, answers: Answers, parked: Readonly<Record<string, { reason: string }>> = {}) {
  return walked.steps.flatMap((step) => {
    const values = valuesOf(walked, step, answers, '…');
    return step.fields.flatMap((field) => {
      const path = joinPath(step.prefix, field.id);
      const answer = answers[path] ?? null;
      const reason = Object.hasOwn(parked, path) ? parked[path]!.reason : undefined;
      const open = field.type.file && !Array.isArray(answer) && (answer !== null || !step.optional.has(path));
      if (reason === undefined && !open) return [];
      return [{ label: fieldLabel(read, field, values), note: reason ?? formatValue(read, field, answer)[0] }];
    });
  });
}

function missingPaper(request: Request, pkg: Package, recipient: string, missing: ReturnType<typeof missingOf>): Promise<Uint8Array> {
  const { portal, municipality, lang } = request;
  return portal.documents.missing({ lang, municipality, service: reader(pkg, lang).t.t('service.title'), recipient, missing });
}

export function draftMissingPaper(request: Request, draft: Draft): Promise<Uint8Array> {
  const walked = sheetWalk(draft.pkg.flow, draft.answers, walkOptions(draft));
  const { parked } = draft as { parked?: Readonly<Record<string, { reason: string }>> };
  const missing = missingOf(reader(draft.pkg, request.lang), walked, draft.answers, parked);
  return missingPaper(request, draft.pkg, draft.offering.destination.name, missing);
}

export async function caseMissingPaper(request: Request, row: SubmissionRow): Promise<Uint8Array> {
  const { portal, municipality, lang } = request;
  const { content } = await frozen(portal.store, portal.keys, municipality.id, row);
  const pkg = await packageOf(request, row);
  const walked = walkAgain(request, row, pkg, content);
  const missing = missingOf(reader(pkg, lang), walked, walked.counted);
  return missingPaper(request, pkg, offeringOf(request, row.service).destination.name, missing);
}

/**
 * The code as a person takes it away; `what`: to whom it leads on. The document travels in the link itself: once the application has changed hands the
 * portal could not make it again, and keeps no copy.
 */
export async function slipLink(
  request: Request,
  draft: Draft,
  what: 'giveBack' | 'handOn',
  code: Code,
  factor: string,
): Promise<Link & { readonly download: string }> {
  const { portal, municipality, t, lang, origin } = request;
  const { size, path } = qrOf(code.code);
  const pdf = await portal.documents.slip({
    lang,
    municipality,
    service: reader(draft.pkg, lang).t.t('service.title'),
    recipient: draft.offering.destination.name,
    heading: t.t(`counter.papers.slip.${what}.title`),
    text: t.t(`counter.papers.slip.${what}.text`, { address: `${origin}/${lang}/resume` }),
    code: groupCode(code.code),
    factor,
    qr: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges"><path d="${path}"/></svg>`,
  });
  return {
    href: `data:application/pdf;base64,${Buffer.from(pdf).toString('base64')}`,
    label: t.t('counter.papers.slip.link'),
    download: `${t.t('counter.papers.slip.file')}.pdf`,
  };
}

/** A document as an answer. It is shown in the browser, from where it is printed. */
export function pdfResponse(pdf: Uint8Array, name: string, disposition: 'attachment' | 'inline' = 'attachment'): Response {
  return new Response(Buffer.from(pdf), {
    headers: {
      'content-type': 'application/pdf',
      'content-disposition': `${disposition}; filename="${name}.pdf"`,
      'cache-control': 'no-store',
    },
  });
}
