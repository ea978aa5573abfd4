/** View models of the pages of a flow: question, info, collection, review, exit, task list. One language, one citizen; plain data for the components. */
import { joinPath, type FieldProblem, type Raw, type Step, type Walk } from '#flow';
import { unconfirmed, type Draft } from '#server/applications';
import type {
  CollectionView,
  ConflictView,
  ExitView,
  FieldView,
  FormTarget,
  InfoView,
  Progress,
  QuestionView,
  ReviewView,
  SummaryError,
  SummaryRow,
  TaskListView,
  WarningView,
} from '#ui/types.ts';
import { longDate, type Translator } from '#i18n';
import {
  domId,
  entryTitle,
  fieldLabel,
  fieldViews,
  formatValue,
  optionLabel,
  pageTitle,
  sectionTitle,
  stepRows,
  valuesOf,
  type FieldInput,
  type Reader,
  type TextValues,
} from '#views';
import { reader } from './views.ts';
import { reviewParts, shownHash, SUMMARY } from './review.ts';
import { previousPage, revisionOf } from './question.ts';

export interface PageContext {
  readonly draft: Draft;
  readonly lang: string;
  /** Portal texts. */
  readonly t: Translator;
  /** The citizen came from the review. */
  readonly fromReview: boolean;
  /** The application was changed elsewhere while this page was open. */
  readonly changed?: boolean;
  readonly input?: { readonly raw: Raw; readonly problems: readonly FieldProblem[]; readonly walk: Walk; readonly step: Step };
  /** Why nothing of the form was taken, though it is right. */
  readonly refused?: string;
}

export function applyPath(lang: string, service: string, page?: string): string {
  return `/${lang}/apply/${service}${page ? `/${page}` : ''}`;
}

function target({ draft, lang, fromReview }: PageContext, page: string): FormTarget {
  return {
    action: applyPath(lang, draft.offering.service, page),
    hidden: { _revision: revisionOf(draft), ...(fromReview && { _back: 'review' }) },
  };
}

function backLink({ draft, lang, fromReview }: PageContext, step: Step): string | undefined {
  const service = draft.offering.service;
  if (fromReview) return applyPath(lang, service, checkPage(draft.walk) ?? undefined);
  const previous = previousPage(draft.walk, step.path);
  if (previous) return applyPath(lang, service, previous);
  return `/${lang}/services/${service}`;
}

function checkPage(walk: Walk): string | undefined {
  const last = walk.steps.at(-1);
  return last?.page.kind === 'check' ? last.path : undefined;
}

/** Sections that are on the way: what the answers passed over does not count, what lies ahead does. */
function sectionsOf(walk: Walk) {
  const { sections } = walk.flow;
  const reached = new Set(walk.steps.map((step) => step.section));
  const here = sections.findIndex((section) => section.id === walk.steps.at(-1)!.section);
  return sections.filter(
    (section, index) =>
      (index > here || reached.has(section.id)) && section.pages.some((page) => page.kind !== 'done' && page.kind !== 'exit'),
  );
}

/** "Section 2 of 5", after the pre-check, and only where there are several. */
function progress(read: Reader, walk: Walk, step: Step): Progress | undefined {
  const sections = sectionsOf(walk).filter((section) => !section.precheck);
  const index = sections.findIndex((section) => section.id === step.section);
  const key = `section.${step.section}.title`;
  if (index < 0 || sections.length < 2 || !read.t.has(key)) return undefined;
  return { number: index + 1, total: sections.length, section: read.t.t(key) };
}

function caption(read: Reader, walk: Walk, step: Step): string {
  const parts = step.path.split('/');
  return parts.length >= 3 ? entryTitle(read, walk, parts) : read.t.t('service.title');
}

function intro(read: Reader, step: Step, values: TextValues): string | undefined {
  const key = `page.${step.page.id}.intro`;
  return read.t.has(key) ? read.t.t(key, values) : undefined;
}

function warnings(read: Reader, step: Step, values: TextValues): { views: WarningView[]; errors: SummaryError[] } {
  const views: WarningView[] = [];
  const errors: SummaryError[] = [];
  for (const warning of step.warnings) {
    const text = read.t.t(`rule.${warning.rule}`, values);
    if (warning.level === 'must') errors.push({ text, href: warning.fields[0] ? `#${domId(warning.fields[0])}` : undefined });
    else views.push({ name: '_confirm', value: warning.rule, id: `confirm-${warning.rule}`, text, confirmed: warning.confirmed });
  }
  return { views, errors };
}

const refusal = ({ refused }: PageContext): SummaryError[] => (refused === undefined ? [] : [{ text: refused }]);

/** The errors of fields for the summary, each leading to its control. */
function fieldErrors(fields: readonly FieldView[]): SummaryError[] {
  return fields.flatMap((field) =>
    field.errors.map((error) => ({ text: error.text, href: `#${error.part ? `${field.id}-${error.part}` : field.id}` })),
  );
}

export function questionView(context: PageContext, step: Step): QuestionView {
  const { draft, lang, input } = context;
  const walk = input?.walk ?? draft.walk;
  const shown = input?.step ?? step;
  const read = reader(draft.pkg, lang);
  const values = valuesOf(walk, shown, draft.answers);
  const fieldInput: FieldInput = { raw: input?.raw, problems: input?.problems ?? [] };
  const fields = fieldViews(read, shown, draft.answers, values, fieldInput);
  const warned = input ? warnings(read, shown, values) : { views: [], errors: [] };
  const errors: SummaryError[] = [...refusal(context), ...fieldErrors(fields), ...warned.errors];
  const heading = fields.some((field) => field.heading);
  return {
    ...target(context, step.path),
    back: backLink(context, step),
    progress: progress(read, walk, step),
    caption: caption(read, walk, step),
    title: heading ? undefined : pageTitle(read, step.page, values),
    intro: intro(read, step, values),
    errors,
    warnings: warned.views,
    fields,
    multipart: shown.fields.some((field) => field.type.file === true),
    save: !walk.flow.sections.find((section) => section.id === step.section)?.precheck,
  };
}

/** Heading of any page, for the document's title. */
export function titleOf(context: PageContext, step: Step): string {
  const read = reader(context.draft.pkg, context.lang);
  return pageTitle(read, step.page, valuesOf(context.draft.walk, step, context.draft.answers));
}

export function infoView(context: PageContext, step: Step): InfoView {
  const walk = context.input?.walk ?? context.draft.walk;
  const shown = context.input?.step ?? step;
  const read = reader(context.draft.pkg, context.lang);
  const values = valuesOf(walk, shown, context.draft.answers);
  const warned = context.input ? warnings(read, shown, values) : { views: [], errors: [] };
  return {
    ...target(context, step.path),
    back: backLink(context, step),
    progress: progress(read, walk, step),
    caption: caption(read, walk, step),
    title: pageTitle(read, step.page, values),
    errors: [...refusal(context), ...warned.errors],
    warnings: warned.views,
    text: intro(read, step, values) ?? '',
  };
}

export function exitView(context: PageContext, step: Step): ExitView {
  const { draft, lang } = context;
  const read = reader(draft.pkg, lang);
  const values = valuesOf(draft.walk, step, draft.answers);
  const instead = `page.${step.page.id}.next`;
  return {
    back: backLink(context, step),
    caption: read.t.t('service.title'),
    title: pageTitle(read, step.page, values),
    why: intro(read, step, values) ?? '',
    instead: read.t.has(instead) ? read.t.t(instead, values) : undefined,
    links: [{ href: `/${lang}`, label: context.t.t('web.otherServices') }],
    home: `/${lang}`,
  };
}

export function collectionView(context: PageContext, step: Step): CollectionView {
  const { draft, lang, t, input } = context;
  const read = reader(draft.pkg, lang);
  const walk = input?.walk ?? draft.walk;
  const collection = step.page.collection!;
  const values = valuesOf(walk, step, draft.answers);
  const base = target(context, step.path);
  const entries = (step.entries ?? []).map((entry, index) => {
    const steps = walk.steps.filter((one) => one.path.startsWith(`${step.path}/${entry.key}/`));
    const key = `list.${collection.path}.entry`;
    return {
      title: read.t.has(key) ? read.t.t(key, { n: index + 1 }) : String(index + 1),
      rows: steps.flatMap((one) => stepRows(read, one, walk, undefined)).slice(0, 8),
      complete: entry.complete,
      change: applyPath(lang, draft.offering.service, `${step.path}/${entry.key}/${steps[0]?.page.id ?? collection.pages[0]!.id}`),
      remove: { action: base.action, hidden: { ...base.hidden, _removeEntry: entry.key } },
    };
  });
  const warned = input ? warnings(read, input.step, values) : { views: [], errors: [] };
  const problem = input?.problems[0];
  const message = problem ? t.t(`web.list.${problem.code}`, problem.params) : undefined;
  const add = `list.${collection.path}.add`;
  return {
    ...base,
    back: backLink(context, step),
    progress: progress(read, walk, step),
    caption: caption(read, walk, step),
    title: pageTitle(read, step.page, values),
    intro: intro(read, step, values),
    errors: [...refusal(context), ...(message ? [{ text: message, href: '#more' }] : []), ...warned.errors],
    warnings: warned.views,
    entries,
    add:
      entries.length < collection.max
        ? { id: 'more', name: '_more', question: read.t.has(add) ? read.t.t(add) : t.t('web.list.more'), error: message }
        : undefined,
    full: entries.length >= collection.max ? t.t('web.list.full', { max: collection.max }) : undefined,
    save: true,
  };
}

export function reviewView(context: PageContext, step: Step): ReviewView {
  const { draft, lang, t, input } = context;
  const read = reader(draft.pkg, lang);
  const walk = input?.walk ?? draft.walk;
  const values = walk.scope;
  const service = draft.offering.service;
  const fields = fieldViews(read, input?.step ?? step, draft.answers, values, { raw: input?.raw, problems: input?.problems ?? [] });
  const change = (one: Step) => applyPath(lang, service, one.path);
  const parts = reviewParts({ draft, lang, t, read, walk }, change, (one) => `${change(one)}?back=review`);
  const form = target({ ...context, fromReview: false }, step.path);
  return {
    ...form,
    hidden: { ...form.hidden, [SUMMARY]: shownHash(draft, lang, t) },
    back: previousPage(walk, step.path) && applyPath(lang, service, previousPage(walk, step.path)),
    caption: read.t.t('service.title'),
    title: read.t.has(`page.${step.page.id}.title`) ? read.t.t(`page.${step.page.id}.title`) : t.t('web.review'),
    intro: intro(read, step, values),
    errors: [
      ...refusal(context),
      ...(context.changed ? [{ text: t.t('conflict.title') }] : []),
      ...fieldErrors(fields),
      ...(input ? parts.blocked : []),
    ],
    warnings: parts.warnings,
    sections: parts.sections,
    confirm: unconfirmed(draft).length > 0 ? { href: `/${lang}/confirm/${service}`, label: t.t('handover.notice.link') } : undefined,
    recipients: [{ name: draft.offering.destination.name, what: t.t('web.recipientWhat') }],
    fee: parts.fee,
    privacy: { href: `/${lang}/legal/privacy`, label: t.t('web.privacy') },
    fields,
    submit: parts.submit,
    save: true,
  };
}

export function taskListView({ draft, lang, t }: PageContext): TaskListView {
  const read = reader(draft.pkg, lang);
  const { walk } = draft;
  const service = draft.offering.service;
  const stopped = walk.steps.at(-1)!;
  const tasks = sectionsOf(walk).map((section) => {
    const first = walk.steps.find((step) => step.section === section.id);
    const here = stopped.section === section.id;
    const started = walk.steps.some((step) => step.section === section.id && step.state === 'done');
    const state = here
      ? stopped.state === 'invalid'
        ? ('problem' as const)
        : started
          ? ('started' as const)
          : ('todo' as const)
      : first
        ? ('done' as const)
        : ('locked' as const);
    const page = here ? stopped.path : first?.path;
    return { label: sectionTitle(read, section.id), href: page && applyPath(lang, service, page), state };
  });
  return {
    title: read.t.t('service.title'),
    intro: t.t('web.tasksIntro'),
    savedUntil: draft.expiresAt && longDate(draft.expiresAt, lang),
    groups: [{ tasks }],
    next: { href: applyPath(lang, service, stopped.path), label: sectionTitle(read, stopped.section) },
    save: `/${lang}/save/${service}`,
  };
}

/** Two tabs: what is saved beside what was just typed. */
export function conflictView(context: PageContext, step: Step, raw: Raw): ConflictView {
  const { draft, lang } = context;
  const read = reader(draft.pkg, lang);
  const values = valuesOf(draft.walk, step, draft.answers);
  const rows = step.fields
    .filter((field) => !field.type.silent)
    .map((field) => {
      const path = joinPath(step.prefix, field.id);
      const saved = draft.answers[path];
      const mine = Object.values(raw[path] ?? {})
        .flat()
        .filter(Boolean)
        .map((text) => (field.type.choice ? optionLabel(read, field, text) : text));
      return { label: fieldLabel(read, field, values), saved: saved === undefined ? [] : formatValue(read, field, saved), mine };
    });
  const hidden: Record<string, string | readonly string[]> = { ...target(context, step.path).hidden };
  for (const [path, parts] of Object.entries(raw))
    for (const [part, texts] of Object.entries(parts)) hidden[part ? `${path}.${part}` : path] = texts;
  return {
    action: applyPath(lang, draft.offering.service, step.path),
    hidden,
    rows,
    keepSaved: applyPath(lang, draft.offering.service, step.path),
  };
}

export type { SummaryRow };
