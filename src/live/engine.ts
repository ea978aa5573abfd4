/**
 * The sheet of the counter without a server: the flow is compiled where it is shown, and what is typed is taken by the functions that will take it
 * when it is saved. Pure; `SheetSource` is plain data.
 */
import type { FieldTypes } from '#fields';
import {
  compile,
  followSheet,
  mistypedProblems,
  readRaw,
  sheetSteps,
  sheetWalk,
  type Answers,
  type FieldProblem,
  type FlowDocument,
  type Json,
  type ParameterTypes,
  type Raw,
  type SheetForm,
} from '#flow';
import { createTexts, type Translator } from '#i18n';
import type { CodeEntry, Texts } from '#package';
import type { SheetPageView, SheetOpenView, SheetView } from '#ui/counter/types.ts';
import { sheetOpen, sheetPages, typeTexts, type SheetState } from '#views';

/** What of a flow's version goes to the browser, the same for everybody. */
export interface FlowSource {
  readonly lang: string;
  readonly document: FlowDocument;
  readonly parameters: ParameterTypes;
  /** By language: the reader's and those it falls back to. */
  readonly texts: Readonly<Record<string, Texts>>;
  readonly typeTexts: Readonly<Record<string, object>>;
  readonly sharedTexts: Readonly<Record<string, object>>;
  readonly lists: Readonly<Record<string, readonly CodeEntry[]>>;
}

/** A section of one application, as it is saved. */
export interface SectionSource {
  readonly section: string;
  readonly today: string;
  readonly params: Readonly<Record<string, Json>>;
  readonly answers: Readonly<Record<string, Json>>;
  readonly mistyped: Raw;
  /** What is wrong with files that were not taken. */
  readonly files: readonly FieldProblem[];
  readonly parked: NonNullable<SheetState['parked']>;
  /** Address of each section's sheet, the review's too. */
  readonly hrefs: Readonly<Record<string, string>>;
  /** What stays as it is while the clerk types. */
  readonly fixed: Omit<SheetView, 'pages' | keyof SheetOpenView>;
}

/** The sheet in front of what a form holds. */
export interface Sheet {
  readonly pages: readonly SheetPageView[];
  readonly open: SheetOpenView;
  /** The form with the pages that came up meanwhile. */
  readonly form: SheetForm;
}

export interface SheetEngine {
  readonly source: SectionSource;
  readonly t: Translator;
  /** The sheet as it is saved. */
  readonly saved: () => Sheet;
  /** The sheet as it would be if this form were saved now. */
  readonly typed: (form: SheetForm) => Sheet;
}

/**
 * Compiles a flow and opens a section of it. `words`: the portal's own texts in the reader's language.
 * @throws when the flow does not compile here
 */
export function openSheet(flowSource: FlowSource, source: SectionSource, types: FieldTypes, words: object): SheetEngine {
  const { lang, document, parameters } = flowSource;
  const { flow, problems } = compile(document, types, parameters);
  if (!flow) throw new Error(`the flow does not compile: ${problems[0]?.rule}`);
  const lists = new Map(Object.entries(flowSource.lists));
  const options = {
    today: source.today,
    params: source.params,
    lists: new Map([...lists].map(([name, entries]) => [name, new Set(entries.map(({ code }) => code))])),
  };
  const read = {
    lang,
    t: createTexts(flowSource.texts).translator(lang),
    lists,
    typeText: typeTexts(flowSource.typeTexts, flowSource.sharedTexts)(lang),
  };
  const t = createTexts({ [lang]: words }).translator(lang);
  const { section, mistyped, files, parked, hrefs } = source;
  // as everywhere, answers have no prototype
  const before = Object.assign(Object.create(null), source.answers) as Answers;
  const base = { read, t, href: (id: string) => hrefs[id] ?? '', section, parked };
  const made = (state: SheetState, form: SheetForm): Sheet => ({ pages: sheetPages(state), open: sheetOpen(state), form });
  return {
    source,
    t,
    saved() {
      const walk = sheetWalk(flow, before, options);
      const state = {
        ...base,
        answers: before,
        walk,
        raw: mistyped,
        problems: [...files, ...mistypedProblems(walk, mistyped, before, options)],
      };
      const pages = new Set(sheetSteps(walk, section).map(({ path }) => path));
      return made(state, { controls: new Map(), pages, confirmed: new Set() });
    },
    typed(typedForm) {
      const { answers, walk, problems, form } = followSheet(flow, before, section, typedForm, options);
      const raw = Object.assign({}, ...sheetSteps(walk, section).map((step) => readRaw(step, form.controls))) as Raw;
      // on other sheets, what was mistyped there is wrong still
      const elsewhere = Object.fromEntries(Object.entries(mistyped).filter(([path]) => !Object.hasOwn(raw, path)));
      const all = [...files, ...problems, ...mistypedProblems(walk, elsewhere, answers, options)];
      return made({ ...base, answers, walk, raw, problems: all }, form);
    },
  };
}
