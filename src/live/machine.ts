/**
 * The machine of a sheet that is being filled in: in front of every form it has the walk of the flow's own machine, and it tells what has changed
 * once the clerk pauses, so that a screen reader is not interrupted at every key.
 */
import { assign, setup } from 'xstate';
import type { SheetForm } from '#flow';
import type { Sheet, SheetEngine } from './engine.ts';

/** Milliseconds without a key before changes are told. */
const PAUSE = 1_000;

interface SheetContext {
  readonly sheet: Sheet;
  /** What was last told of. */
  readonly told: Sheet;
  readonly news: string;
  /** Fields that were left once, and those that were wrong from the start: only there an error stands at the field. */
  readonly left: ReadonlySet<string>;
}

type SheetEvent = { type: 'TYPED'; form: SheetForm } | { type: 'LEFT'; field: string };

const titles = ({ pages }: Sheet, other: Sheet): string => {
  const there = new Set(other.pages.map(({ path }) => path));
  return pages
    .filter(({ path }) => !there.has(path))
    .map(({ title, fields }) => title ?? fields[0]?.label ?? '')
    .join(', ');
};
const points = ({ open }: Sheet): number => open.open.reduce((sum, group) => sum + group.points.length, 0);

/** What has changed since it was last told, in words; empty: nothing that matters. */
export function newsOf({ t }: SheetEngine, before: Sheet, now: Sheet): string {
  const [come, gone] = [titles(now, before), titles(before, now)];
  return [
    ...(come ? [t.t('counter.live.come', { titles: come })] : []),
    ...(gone ? [t.t('counter.live.gone', { titles: gone })] : []),
    ...(points(now) !== points(before) ? [t.t('counter.sheet.openTitle', { n: points(now) })] : []),
  ].join(' ');
}

/** `form`: what was typed before the machine began; without it the sheet is as it is saved. */
export function sheetMachine(engine: SheetEngine, form: SheetForm | undefined) {
  return setup({
    types: { context: {} as SheetContext, events: {} as SheetEvent },
    delays: { pause: PAUSE },
    actions: {
      take: assign(({ event }) => (event.type === 'TYPED' ? { sheet: engine.typed(event.form) } : {})),
      leave: assign(({ context, event }) => (event.type === 'LEFT' ? { left: new Set([...context.left, event.field]) } : {})),
      tell: assign(({ context }) => ({ told: context.sheet, news: newsOf(engine, context.told, context.sheet) })),
    },
  }).createMachine({
    id: 'sheet',
    initial: 'quiet',
    context: () => {
      const saved = engine.saved();
      const wrong = saved.pages.flatMap(({ fields }) => fields.filter(({ errors }) => errors.length > 0));
      return { sheet: form ? engine.typed(form) : saved, told: saved, news: '', left: new Set(wrong.map(({ name }) => name)) };
    },
    on: {
      TYPED: { target: '.typing', reenter: true, actions: 'take' },
      LEFT: { actions: 'leave' },
    },
    states: {
      quiet: {},
      typing: { after: { pause: { target: 'quiet', actions: 'tell' } } },
    },
  });
}
