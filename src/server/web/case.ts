/**
 * An application that was handed in, before staff: opened by its reference number with a purpose, or just handed in by the clerk. A session has one open;
 * the next person closes it. Every opening, reading and printing is in the log, and the citizen sees who opened it.
 */
import { error } from '@sveltejs/kit';
import { frozen, readReference, type Lifecycle } from '#server/applications';
import { openCase, readCase, submissionById, type SubmissionRow } from '#server/store';
import type { CaseView } from '#ui/counter/types.ts';
import type { Link } from '#ui/types.ts';
import type { Clerk } from '#server/identity';
import { clerkOf, counterPath, showCounter } from './clerk.ts';
import type { Request } from './kit.ts';
import { liftUsual, originText } from './provenance.ts';
import { caseMissingPaper, pdfResponse, receiptPaper } from './papers.ts';
import { nowhere, packageOf, receivedText, summaryPdf, transmittedText, walkAgain } from './summary.ts';
import { reviewSections } from '#views';
import { reader } from './views.ts';

export const casePath = (lang: string, reference: string): string => counterPath(lang, `case/${reference}`);

/** The documents of what was handed in. */
export function casePapers({ t, lang }: Request, reference: string): Link[] {
  const link = (name: string) => ({ href: `${casePath(lang, reference)}/${name}.pdf`, label: t.t(`counter.papers.${name}`) });
  return [link('receipt'), link('summary'), link('missing')];
}

/** Opens it for the clerk's session. Undefined: no such number, whatever the reason. */
export async function takeOut({ portal }: Request, clerk: Clerk, typed: string, purpose: string): Promise<string | undefined> {
  const reference = readReference(typed);
  const hands = { municipality: clerk.municipality, staff: clerk.sessionHash };
  // what cannot be a number is tried like one, so that it is counted and logged like one
  return (await openCase(portal.store, hands, reference ?? '', purpose)) === undefined ? undefined : reference;
}

async function openOne(request: Request, reference: string, action: 'read' | 'print'): Promise<SubmissionRow> {
  const clerk = await clerkOf(request);
  const { store } = request.portal;
  const id = await readCase(store, { municipality: clerk.municipality, staff: clerk.sessionHash }, action);
  const row = id && (await submissionById(store, clerk.municipality, id));
  return row && row.reference === reference ? row : error(410, 'case');
}

export async function casePage(request: Request, reference: string) {
  const row = await openOne(request, reference, 'read');
  const { portal, municipality, t, lang } = request;
  const pkg = await packageOf(request, row);
  const read = reader(pkg, lang);
  const { content } = await frozen(portal.store, portal.keys, municipality.id, row);
  const origin = (path: string) => originText(t, lang, content.provenance?.[path], 'day');
  const view: CaseView = {
    service: read.t.t('service.title'),
    reference: row.reference,
    facts: [
      { label: t.t('counter.case.received'), value: receivedText(request, row, content.handling) },
      { label: t.t('counter.case.state'), value: t.t(`web.lifecycle.${row.lifecycle as Lifecycle}.label`) },
      { label: t.t('counter.case.transmitted'), value: transmittedText(request, pkg, content) ?? t.t('counter.case.online') },
    ],
    ...liftUsual(reviewSections(read, walkAgain(request, row, pkg, content), nowhere, origin)),
    papers: casePapers(request, row.reference),
    answer:
      row.lifecycle === 'information_requested'
        ? { href: `${counterPath(lang, 'answer')}?reference=${row.reference}`, label: t.t('counter.answer.link') }
        : undefined,
  };
  return showCounter(request, { title: row.reference }, view);
}

const PAPERS: Readonly<Record<string, (request: Request, row: SubmissionRow) => Promise<Uint8Array>>> = {
  receipt: receiptPaper,
  summary: summaryPdf,
  missing: caseMissingPaper,
};

export async function casePaper(request: Request, reference: string, name: string): Promise<Response> {
  const make = Object.hasOwn(PAPERS, name) ? PAPERS[name] : undefined;
  if (!make) error(404, 'page');
  return pdfResponse(await make(request, await openOne(request, reference, 'print')), `${reference}-${name}`, 'inline');
}
