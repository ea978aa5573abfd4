/** Documents about an application, as PDF: that it was received, what a clerk has in hand, what is still missing, a code to take away. */
import { joinPath, sheetWalk, type Answers, type Walk } from '#flow';
import type { Package } from '#package';
import { frozen, groupCode, walkOptions, type Draft } from '#server/applications';
import type { Code } from '#server/handover';
import type { SubmissionRow } from '#server/store';
import { fieldLabel, formatValue, reviewSections, valuesOf, type Reader } from '#views';
import { proseBlocks, type Inline } from '#ui/prose.ts';
import type { Link } from '#ui/types.ts';
import { feeText } from './fee.ts';
import { qrOf } from './help.ts';
import type { Request } from './kit.ts';
import { declarationsOf, shownHash } from './review.ts';
import { nowhere, origins, packageOf, receivedText, recipientOf, transmittedText, usually, walkAgain } from './summary.ts';
import { reader } from './views.ts';

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
    recipient: recipientOf(request, row),
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
  const done = [...walked.flow.pages.values()].find((page) => page.kind === 'done');
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
  const missing = missingOf(reader(draft.pkg, request.lang), walked, draft.answers, draft.parked);
  return missingPaper(request, draft.pkg, draft.offering.destination.name, missing);
}

export async function caseMissingPaper(request: Request, row: SubmissionRow): Promise<Uint8Array> {
  const { portal, municipality, lang } = request;
  const { content } = await frozen(portal.store, portal.keys, municipality.id, row);
  const pkg = await packageOf(request, row);
  const walked = walkAgain(request, row, pkg, content);
  const missing = missingOf(reader(pkg, lang), walked, walked.counted);
  return missingPaper(request, pkg, recipientOf(request, row), missing);
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
