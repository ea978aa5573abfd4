/** The sheet of the counter: pages of a section, tabs, what is still open. Made on the server for a request, and in the browser as the clerk types. */
import { joinPath, sheetSteps, type Answers, type FieldProblem, type Raw, type Step, type Walk } from '#flow';
import type { Translator } from '#i18n';
import type { OpenPoint, SheetOpenView, SheetPageView } from '#ui/counter/types.ts';
import {
  domId,
  entryTitle,
  fieldLabel,
  fieldViews,
  pageTitle,
  problemText,
  sectionTitle,
  stepRows,
  valuesOf,
  type Reader,
} from './words.ts';

/** Address of the review: no section can be called so. */
export const CHECK = '~check';

/** What a sheet is made of. */
export interface SheetState {
  readonly read: Reader;
  /** The portal's own words. */
  readonly t: Translator;
  /** Address of a section's sheet. */
  readonly href: (section: string) => string;
  readonly section: string;
  readonly answers: Readonly<Answers>;
  /** The walk of the sheet, on past what is open. */
  readonly walk: Walk;
  /** Typed text that is shown instead of what is stored, by answer path. */
  readonly raw?: Raw | undefined;
  readonly problems: readonly FieldProblem[];
  /** What the citizen will bring, by answer path. */
  readonly parked?: Readonly<Record<string, { readonly reason: string }>> | undefined;
}

const pageId = (path: string): string => `p-${path.replaceAll('/', '-')}`;

/** The pages of the section. */
export function sheetPages({ read, t, section, answers, walk, raw, problems }: SheetState): SheetPageView[] {
  let entry = '';
  return sheetSteps(walk, section).map((step) => {
    const { page } = step;
    const values = valuesOf(walk, step, answers, '…');
    const faults = [...problems, ...step.errors.filter((one) => !problems.some(({ path }) => path === one.path))];
    const fields = fieldViews(read, step, answers, values, { raw, problems: faults });
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
      files: step.fields.some(({ type }) => type.file === true),
      computed: stepRows(read, { ...step, fields: step.fields.filter(({ compute }) => compute) }, walk, undefined),
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

/** What a page still needs, each with the place of its control. */
function openOf({ read, t, answers, walk, problems, parked = {} }: SheetState, step: Step): OpenPoint[] {
  const { page, prefix } = step;
  const values = valuesOf(walk, step, answers, '…');
  if (page.kind === 'exit') return [{ text: t.t('counter.sheet.exit', { title: pageTitle(read, page, values) }), href: '' }];
  const faults = [...problems.filter(({ path }) => step.fields.some((field) => joinPath(prefix, field.id) === path)), ...step.errors];
  const open: OpenPoint[] = [];
  if (page.collection && step.state !== 'done' && (step.entries ?? []).every(({ complete }) => complete)) {
    const few = (step.entries?.length ?? 0) < page.collection.min;
    const what = few ? t.t('web.list.tooFewEntries', { min: page.collection.min }) : t.t('counter.sheet.unread');
    open.push({ text: `${pageTitle(read, page, values)}: ${what}`, href: pageId(step.path) });
  }
  for (const field of step.fields) {
    const path = joinPath(prefix, field.id);
    const label = fieldLabel(read, field, values);
    const fault = faults.find((one) => one.path === path);
    const href = fault?.part ? `${domId(path)}-${fault.part}` : domId(path);
    const empty = !field.type.silent && (answers[path] === undefined || answers[path] === null);
    if (fault) open.push({ text: problemText(read, field, label, fault), href });
    else if (empty && Object.hasOwn(parked, path))
      open.push({ text: t.t('counter.park.point', { label, reason: parked[path]!.reason }), href, parked: path });
    else if (empty && answers[path] === undefined && !step.optional.has(path))
      open.push({ text: t.t('counter.sheet.missing', { label }), href, missing: { path, label } });
  }
  for (const warning of step.warnings) {
    const field = warning.fields[0];
    const text = read.t.t(`rule.${warning.rule}`, values);
    if (warning.level === 'must' || !warning.confirmed) open.push({ text, href: field ? domId(field) : pageId(step.path) });
  }
  if (open.length === 0 && step.state !== 'done' && page.kind !== 'check' && !page.collection)
    open.push({ text: t.t('counter.sheet.look', { title: pageTitle(read, page, values) }), href: pageId(step.path) });
  return open;
}

/** Tabs and open points. */
export function sheetOpen(state: SheetState): SheetOpenView {
  const { read, t, href, section, walk } = state;
  const sections = sectionsOf(walk).map((id) => {
    const points = walk.steps
      .filter((step) => step.section === id && step.page.kind !== 'check')
      .flatMap((step) => openOf(state, step))
      .map((point) => ({ ...point, href: `${id === section ? '' : href(id)}#${point.href}` }));
    return { id, title: sectionTitle(read, id), here: id === section || section === CHECK, points };
  });
  return {
    tabs: [
      ...sections.map(({ id, title, points }) => ({ label: title, href: href(id), current: id === section, open: points.length })),
      { label: t.t('counter.sheet.check'), href: href(CHECK), current: section === CHECK, open: 0 },
    ],
    open: sections
      .filter(({ points }) => points.length > 0)
      .map(({ id, title, here, points }) => ({ section: title, here, current: id === section, points })),
  };
}

const sectionsOf = (walk: Walk): string[] => [
  ...new Set(walk.steps.filter(({ page }) => page.kind !== 'check').map((step) => step.section)),
];

/** The section after this one, or the review. */
export function nextSection({ walk, section }: Pick<SheetState, 'walk' | 'section'>): string {
  const ids = sectionsOf(walk);
  return ids[ids.indexOf(section) + 1] ?? CHECK;
}
