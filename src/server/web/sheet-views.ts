/** What stands around a sheet, on the server: which application, what is known of the citizen's being here, and what `#views` makes of the answers. */
import { dateTime } from '#i18n';
import { mistypedProblems, sheetWalk, type FieldProblem, type Raw } from '#flow';
import { walkOptions, type Draft } from '#server/applications';
import { sheetOpen, type SheetState } from '#views';
import type { IntakeText, SheetFrameView } from '#ui/counter/types.ts';
import { HANDED_ON, sheetPath } from './intake.ts';
import type { Request } from './kit.ts';
import { revisionOf } from './question.ts';
import { reader } from './views.ts';

export interface SheetContext extends SheetState {
  readonly draft: Draft;
  readonly lang: string;
  readonly files: readonly FieldProblem[];
}

/** The sheet of a draft as it is saved, with what was mistyped when it was. `files`: what is wrong with files that were not taken. */
export function sheetContext(
  { lang, t }: Pick<Request, 'lang' | 't'>,
  draft: Draft,
  section: string,
  files: readonly FieldProblem[] = [],
): SheetContext {
  const options = walkOptions(draft);
  const { pkg, answers, parked } = draft;
  const walk = sheetWalk(pkg.flow, answers, options);
  const raw = (draft.mistyped ?? {}) as Raw;
  const problems = [...files, ...mistypedProblems(walk, raw, answers, options)];
  const href = (id: string) => sheetPath(lang, draft.id, id);
  return { read: reader(pkg, lang), t, href, section, answers, walk, raw, problems, parked, files, draft, lang };
}

/** Tabs, open points and what is known of the citizen's being here. */
export function sheetFrame(context: SheetContext, saved: boolean, mail?: IntakeText): SheetFrameView {
  const { draft, lang, t, read, href, section } = context;
  const intake = draft.intakes?.at(-1);
  const purpose = (one: string): string => t.t(`counter.intake.purpose.${one}`);
  return {
    ...sheetOpen(context),
    action: href(section),
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
      why: t.t('counter.sheet.handedOn', { purpose: purpose(intake.handedOn.purpose) }),
      note: intake.handedOn.note,
    },
    purposes: {
      name: '_purpose',
      label: t.t('counter.intake.purpose.label'),
      options: HANDED_ON.map((value) => ({ id: `hand-on-${value}`, value, label: purpose(value), chosen: value === 'finish' })),
    },
    mail,
    saved: saved ? t.t('counter.sheet.saved') : undefined,
  };
}
