/** What staff entered, changed or took away: the citizen looks at it and confirms it before handing in. */
import { error, fail, type RequestEvent } from '@sveltejs/kit';
import type { Json, Step } from '#flow';
import { joinPath } from '#flow';
import { unconfirmed, type Draft } from '#server/applications';
import type { ConfirmView, SummaryRow } from '#ui/types.ts';
import { fieldLabel, formatValue, reviewSections, type ReviewSection, type TextValues } from '#views';
import { go, offeringOf, readForm, show, type Request } from './kit.ts';
import { applyPath } from './pages.ts';
import { originText } from './provenance.ts';
import { revisionOf } from './question.ts';
import { reader } from './views.ts';

export const confirmPath = (lang: string, service: string): string => `/${lang}/confirm/${service}`;

/** Why nothing was confirmed. */
const refused = new WeakMap<Request, string>();

async function draftOf(request: Request, service: string): Promise<Draft> {
  const draft = await request.portal.applications.draft(offeringOf(request, service), request.session);
  if (!draft) error(410, 'draft');
  // in other hands, or nothing to confirm: on with the flow, which says so
  if (draft.custody === 'counter' || unconfirmed(draft).length === 0) go(applyPath(request.lang, service));
  return draft;
}

export async function confirmPage(request: Request, service: string) {
  const draft = await draftOf(request, service);
  const { t, lang } = request;
  const view: ConfirmView = {
    action: confirmPath(lang, service),
    hidden: { _revision: revisionOf(draft) },
    service: reader(draft.pkg, lang).t.t('service.title'),
    errors: refused.has(request) ? [{ text: refused.get(request)! }] : [],
    sections: entered(request, draft),
    removed: removed(request, draft),
    back: applyPath(lang, service, draft.walk.stop),
  };
  return show(request, { title: t.t('handover.confirm.title'), service: view.service, faulty: refused.has(request), unlisted: true }, view);
}

export async function postConfirm(event: RequestEvent, service: string) {
  const { request } = event.locals;
  const revision = (await readForm(event)).get('_revision')?.[0];
  const draft = await draftOf(request, service);
  const saved =
    revision === revisionOf(draft) ? await request.portal.applications.confirm(draft, request.lang) : { outcome: 'stale' as const };
  switch (saved.outcome) {
    case 'saved':
      return go(applyPath(request.lang, service, saved.draft.walk.stop));
    case 'stale':
    case 'held':
      // something is there that was not on the page: it is shown before it can be confirmed
      refused.set(request, request.t.t('conflict.title'));
      return fail(409);
    case 'often':
      event.setHeaders({ 'retry-after': String(saved.wait) });
      refused.set(request, request.t.t('web.often', { n: Math.ceil(saved.wait / 60) }));
      return fail(429);
    default:
      return error(410, 'draft');
  }
}

/** The rows of the review that staff entered, with what was there before. */
function entered(request: Request, draft: Draft): ReviewSection[] {
  const { lang, t } = request;
  const read = reader(draft.pkg, lang);
  const open = new Set(unconfirmed(draft));
  const change = (step: Step) => `${applyPath(lang, draft.offering.service, step.path)}?back=review`;
  const sections = reviewSections(read, draft.walk, change, (path) => originText(t, lang, draft.provenance[path]));
  const before = new Map<string, string[]>();
  for (const step of draft.walk.steps) {
    for (const field of step.fields) {
      const path = joinPath(step.prefix, field.id);
      const previous: Json | undefined = draft.provenance[path]?.previous;
      if (previous !== undefined) before.set(path, formatValue(read, field, previous));
    }
  }
  const mine = (rows: readonly SummaryRow[]) =>
    rows
      .filter(({ path }) => path !== undefined && open.has(path))
      .map((row) => ({ ...row, ...(before.has(row.path!) && { before: before.get(row.path!) }) }));
  return sections
    .map((section) => ({
      ...section,
      rows: mine(section.rows),
      entries: section.entries.map((entry) => ({ ...entry, rows: mine(entry.rows) })).filter(({ rows }) => rows.length > 0),
    }))
    .filter(({ rows, entries }) => rows.length + entries.length > 0);
}

/** What staff took away. */
function removed(request: Request, draft: Draft): SummaryRow[] {
  const read = reader(draft.pkg, request.lang);
  // an entry that is gone has no name any more
  const values: TextValues = { ...draft.walk.scope };
  for (const { collection } of draft.pkg.flow.pages.values()) {
    const fields = collection?.pages.flatMap((page) => page.fields) ?? [];
    if (collection) values[collection.as] = Object.fromEntries(fields.map((field) => [field.id, '…']));
  }
  return Object.entries(draft.provenance).flatMap(([path, one]) => {
    const field = one.removed && !one.confirmedAt ? draft.pkg.flow.fields.get(path.replace(/\.\d+(?=\.)/g, '')) : undefined;
    if (!field || one.previous === undefined) return [];
    return [
      {
        label: fieldLabel(read, field, values),
        lines: formatValue(read, field, one.previous),
        origin: originText(request.t, request.lang, one),
      },
    ];
  });
}
