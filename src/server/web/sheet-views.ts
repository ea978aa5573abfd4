/** What the sheet shows: pages of a section, tabs, what is still open. Plain data for the components, in one language. */
import { joinPath, sheetSteps, type FieldProblem, type Raw, type Step, type Walk } from '#flow';
import type { Draft } from '#server/applications';
import { dateTime, type Translator } from '#i18n';
import type { SheetFrameView, SheetPageView } from '#ui/counter/types.ts';
import type { SummaryError } from '#ui/types.ts';
import { PURPOSES, sheetPath } from './intake.ts';
import { revisionOf } from './question.ts';
import { domId, entryTitle, fieldLabel, fieldViews, pageTitle, problemText, reader, sectionTitle, valuesOf, type Reader } from './views.ts';

/** Address of the review: no section can be called so. */
export const CHECK = '~check';

export interface SheetContext {
  readonly draft: Draft;
  readonly lang: string;
  readonly t: Translator;
  readonly section: string;
  /** The walk of the sheet, on past what is open. */
  readonly walk: Walk;
  /** What was typed and not taken. */
  readonly raw?: Raw | undefined;
  readonly problems: readonly FieldProblem[];
}

const purposeLabel = (t: Translator, purpose: string): string => t.t(`counter.intake.purpose.${purpose}`);

const pageId = (path: string): string => `p-${path.replaceAll('/', '-')}`;

/** The pages of the section. */
export function sheetPages({ draft, lang, t, section, walk, raw, problems }: SheetContext): SheetPageView[] {
  const read = reader(draft.pkg, lang);
  let entry = '';
  return sheetSteps(walk, section).map((step) => {
    const { page } = step;
    const values = valuesOf(walk, step, draft.answers, '…');
    const faults = [...problems, ...step.errors.filter((one) => !problems.some(({ path }) => path === one.path))];
    const fields = fieldViews(read, step, draft.answers, values, { raw: rawOf(step, raw, problems), problems: faults });
    const parts = step.path.split('/');
    const key = parts.slice(0, -1).join('/');
    const begins = key !== entry && parts.length >= 3;
    entry = key;
    const intro = `page.${page.id}.intro`;
    const add = page.collection && `list.${page.collection.path}.add`;
    const more = page.collection && (step.entries?.length ?? 0) < page.collection.max;
    return {
      path: step.path,
      title: fields.some(({ heading }) => heading) ? undefined : pageTitle(read, page, values),
      entry: begins ? { title: entryTitle(read, walk, parts), remove: `remove:${key}` } : undefined,
      text: page.kind === 'info' && read.t.has(intro) ? read.t.t(intro, values) : undefined,
      fields: fields.map((field) => ({ ...field, heading: false })),
      warnings: step.warnings
        .filter(({ level }) => level === 'should')
        .map(({ rule, confirmPath, confirmed }) => ({
          name: '_confirm',
          value: confirmPath,
          id: `c-${domId(confirmPath).replace('~', '')}`,
          text: read.t.t(`rule.${rule}`, values),
          confirmed,
        })),
      add: more ? { value: `add:${step.path}`, label: read.t.has(add!) ? read.t.t(add!) : t.t('counter.sheet.add') } : undefined,
    };
  });
}

/** Typed text is shown again only where it was not taken: anything else is shown as it is saved. */
function rawOf(step: Step, raw: Raw | undefined, problems: readonly FieldProblem[]): Raw | undefined {
  if (!raw) return undefined;
  const failed = new Set(problems.map(({ path }) => path));
  const paths = step.fields.map((field) => joinPath(step.prefix, field.id)).filter((path) => failed.has(path) && Object.hasOwn(raw, path));
  return Object.fromEntries(paths.map((path) => [path, raw[path]!]));
}

/** What a page still needs, each with the place of its control. */
function openOf({ draft, t, walk, problems }: SheetContext, read: Reader, step: Step): { text: string; anchor: string }[] {
  const { page, prefix } = step;
  const values = valuesOf(walk, step, draft.answers, '…');
  if (page.kind === 'exit') return [{ text: t.t('counter.sheet.exit', { title: pageTitle(read, page, values) }), anchor: '' }];
  const faults = [...problems.filter(({ path }) => step.fields.some((field) => joinPath(prefix, field.id) === path)), ...step.errors];
  const open: { text: string; anchor: string }[] = [];
  if (page.collection && step.state !== 'done' && (step.entries ?? []).every(({ complete }) => complete)) {
    const few = (step.entries?.length ?? 0) < page.collection.min;
    const what = few ? t.t('web.list.tooFewEntries', { min: page.collection.min }) : t.t('counter.sheet.unread');
    open.push({ text: `${pageTitle(read, page, values)}: ${what}`, anchor: pageId(step.path) });
  }
  for (const field of step.fields) {
    const path = joinPath(prefix, field.id);
    const label = fieldLabel(read, field, values);
    const fault = faults.find((one) => one.path === path);
    const anchor = fault?.part ? `${domId(path)}-${fault.part}` : domId(path);
    if (fault) open.push({ text: problemText(read, field, label, fault), anchor });
    else if (!field.type.silent && !Object.hasOwn(draft.answers, path) && !step.optional.has(path))
      open.push({ text: t.t('counter.sheet.missing', { label }), anchor });
  }
  for (const warning of step.warnings) {
    const field = warning.fields[0];
    const text = read.t.t(`rule.${warning.rule}`, values);
    if (warning.level === 'must' || !warning.confirmed) open.push({ text, anchor: field ? domId(field) : pageId(step.path) });
  }
  if (open.length === 0 && step.state !== 'done' && page.kind !== 'check' && !page.collection)
    open.push({ text: t.t('counter.sheet.look', { title: pageTitle(read, page, values) }), anchor: pageId(step.path) });
  return open;
}

/** Tabs, open points and what is known of the citizen's being here. */
export function sheetFrame(context: SheetContext, saved: boolean): SheetFrameView {
  const { draft, lang, t, section, walk } = context;
  const read = reader(draft.pkg, lang);
  const path = (id: string) => sheetPath(lang, draft.id, id);
  const ids = [...new Set(walk.steps.filter(({ page }) => page.kind !== 'check').map((step) => step.section))];
  const open = ids.map((id) => {
    const points = walk.steps
      .filter((step) => step.section === id && step.page.kind !== 'check')
      .flatMap((step) => openOf(context, read, step))
      .map(({ text, anchor }): SummaryError => ({ text, href: `${id === section ? '' : path(id)}#${anchor}` }));
    return { id, section: sectionTitle(read, id), here: id === section || section === CHECK, points };
  });
  const intake = draft.intakes?.at(-1);
  return {
    action: path(section),
    hidden: { _revision: revisionOf(draft) },
    service: read.t.t('service.title'),
    facts: intake
      ? t.t('counter.sheet.facts', {
          channel: t.t(`counter.intake.channel.${intake.channel}`),
          person: t.t(`counter.intake.person.${intake.person}`),
          identity: t.t(`counter.intake.${intake.identity.verified ? 'proven' : 'unproven'}`),
          when: dateTime(new Date(intake.at), lang),
        })
      : '',
    message: intake?.handedOn && {
      why: t.t('counter.sheet.handedOn', { purpose: purposeLabel(t, intake.handedOn.purpose) }),
      note: intake.handedOn.note,
    },
    purposes: {
      name: '_purpose',
      label: t.t('counter.intake.purpose.label'),
      options: PURPOSES.map((value) => ({ id: `hand-on-${value}`, value, label: purposeLabel(t, value), chosen: value === 'finish' })),
    },
    tabs: [
      ...open.map(({ id, section: label, points }) => ({ label, href: path(id), current: id === section, open: points.length })),
      { label: t.t('counter.sheet.check'), href: path(CHECK), current: section === CHECK, open: 0 },
    ],
    open: open.filter(({ points }) => points.length > 0).map(({ section: title, here, points }) => ({ section: title, here, points })),
    saved: saved ? t.t('counter.sheet.saved') : undefined,
  };
}

/** The section after this one, or the review. */
export function nextSection({ walk, section }: SheetContext): string {
  const ids = [...new Set(walk.steps.filter(({ page }) => page.kind !== 'check').map((step) => step.section))];
  return ids[ids.indexOf(section) + 1] ?? CHECK;
}
