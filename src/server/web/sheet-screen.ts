/** What a clerk shows and prints of the application in hand: the text to read out, papers, and the screen that the citizen sees. */
import { error } from '@sveltejs/kit';
import type { Draft } from '#server/applications';
import { sessionHash } from '#server/store';
import type { ReadOutView, ScreenView } from '#ui/counter/types.ts';
import { clerkOf, counterPath, showCounter, staffCookie, staffed } from './clerk.ts';
import { sheetPath } from './intake.ts';
import { go, languages, type Request } from './kit.ts';
import { draftPaper, draftMissingPaper, pdfResponse } from './papers.ts';
import { declarationsOf, reviewParts } from './review.ts';
import { inHand } from './sheet.ts';
import { Shown } from './shown.ts';
import { CHECK, type ReviewSection } from '#views';
import { reader } from './views.ts';

const PAPERS: Readonly<Record<string, (request: Request, draft: Draft) => Promise<Uint8Array>>> = {
  summary: draftPaper,
  missing: draftMissingPaper,
};

export async function draftPaperOf(request: Request, application: string, name: string): Promise<Response> {
  const clerk = await clerkOf(request);
  const make = Object.hasOwn(PAPERS, name) ? PAPERS[name] : undefined;
  if (!make) error(404, 'page');
  return pdfResponse(await make(request, await inHand(request, clerk, application, 'print')), name, 'inline');
}

/** The review of a draft as it is read out or shown: answers and declarations, and nothing of the staff's. */
function reviewOf({ lang, t }: Request, draft: Draft) {
  const read = reader(draft.pkg, lang);
  const nowhere = () => '';
  const { sections, fee } = reviewParts({ draft, lang, t, read, walk: draft.walk }, nowhere, nowhere);
  const bare = (rows: ReviewSection['rows']) => rows.map(({ label, lines }) => ({ label, lines }));
  return {
    service: read.t.t('service.title'),
    sections: sections.map(({ title, rows, entries }) => ({
      title,
      rows: bare(rows),
      entries: entries.map((entry) => ({ title: entry.title, rows: bare(entry.rows) })),
    })),
    declarations: declarationsOf(read, draft.walk),
    fee,
  };
}

/** The script for the telephone. */
export async function readOutPage(request: Request, application: string) {
  const draft = await inHand(request, await clerkOf(request), application);
  const { t, lang } = request;
  const view: ReadOutView = { ...reviewOf(request, draft), back: sheetPath(lang, draft.id, CHECK) };
  return showCounter(request, { title: t.t('counter.read.title') }, view);
}

/**
 * The screen that the citizen sees. Who looks at it again and again does not keep the clerk's session alive; the database checks session, role and custody
 * by itself.
 */
export async function screenPage(request: Request) {
  const { municipality, portal, t } = request;
  const again = request.url.searchParams.has('again');
  const hash = sessionHash(request.cookies.get(staffCookie));
  staffed(request);
  if (!again || !hash) await clerkOf(request);
  const draft = hash && (await portal.counter.view(municipality.id, hash));
  if (!draft && again && !hash) go(counterPath(request.lang));
  const review = draft && reviewOf(request, draft);
  const view: ScreenView = {
    t: t.t,
    title: [review?.service ?? t.t('counter.screen.title'), municipality.name].join(' – '),
    municipality: { name: municipality.name, stylesheet: `/brand/${municipality.hash}.css` },
    languages: languages(request, 'counter/view'),
    again: `${counterPath(request.lang, 'view')}?again`,
    state: draft ? `${draft.id}.${draft.revision}` : '',
    review,
  };
  return { shown: new Shown(view) };
}
