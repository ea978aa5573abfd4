/** What the sheet in the browser is made of: the flow's version in the reader's language, and the section as it is saved. Nothing that the page does not show anyway. */
import { fieldTexts, sharedTexts } from '#fields/all';
import type { FlowSource, SectionSource } from '#live';
import { parameterTypes, type Package } from '#package';
import { CHECK } from '#views';
import type { SheetView } from '#ui/counter/types.ts';
import type { SheetContext } from './sheet-views.ts';

const written = new WeakMap<Package, Map<string, string>>();

const picked = <Value>(all: Readonly<Record<string, Value>>, names: Iterable<string>): Record<string, Value> =>
  Object.fromEntries([...new Set(names)].flatMap((name) => (Object.hasOwn(all, name) ? [[name, all[name]!]] : [])));

/** The part that is the same for everybody, as JSON: written once. */
function flowSource(pkg: Package, lang: string): string {
  const byLanguage = written.get(pkg) ?? new Map<string, string>();
  written.set(pkg, byLanguage);
  let json = byLanguage.get(lang);
  if (json === undefined) {
    const languages = [lang, lang.split('-')[0]!, 'de'];
    const types = [...pkg.flow.fields.values()].map(({ type }) => type.name);
    const source: FlowSource = {
      lang,
      document: pkg.flow.document,
      parameters: parameterTypes(pkg.service),
      texts: picked(pkg.texts, languages),
      typeTexts: Object.fromEntries(Object.entries(picked(fieldTexts, languages)).map(([code, all]) => [code, picked(all, types)])),
      sharedTexts: picked(sharedTexts, languages),
      lists: Object.fromEntries(
        [...pkg.lists].map(([name, entries]) => [name, entries.map((entry) => ({ ...picked(entry, languages), code: entry.code }))]),
      ),
    };
    byLanguage.set(lang, (json = JSON.stringify(source)));
  }
  return json;
}

/** Both parts as one JSON text: `[FlowSource, SectionSource]`. */
export function sheetSource({ draft, lang, section, href, files }: SheetContext, view: SheetView): string {
  const { pkg, today, offering, answers, mistyped = {}, parked = {} } = draft;
  const { pages: _pages, tabs: _tabs, open: _open, ...fixed } = view;
  const ids = [...pkg.flow.sections.map(({ id }) => id), CHECK];
  const own: SectionSource = {
    section,
    today,
    params: offering.params,
    answers,
    mistyped,
    files,
    parked: Object.fromEntries(Object.entries(parked).map(([path, { reason }]) => [path, { reason }])),
    hrefs: Object.fromEntries(ids.map((id) => [id, href(id)])),
    fixed,
  };
  return `[${flowSource(pkg, lang)},${JSON.stringify(own)}]`;
}
