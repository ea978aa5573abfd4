/** What every group of checks gets: the documents, the compiled flow, where things stand in the files, and a place to report to. */
import type { FieldTypes } from '#fields';
import type { Flow, FlowDocument, Page, PageDocument, SectionDocument, FieldDocument, RuleDocument } from '#flow';
import type { Loaded } from '../read.ts';
import { languagesOf } from '../read.ts';
import type { Finding, PackageDocuments } from '../types.ts';

export type Severity = Finding['severity'];

export interface CheckContext {
  readonly documents: PackageDocuments;
  readonly flow: Flow;
  readonly types: FieldTypes;
  readonly journeys: Loaded['journeys'];
  readonly languages: readonly string[];
  /** JSON pointer of a section, page, field or rule of flow.json. */
  readonly place: (document: object) => string;
  readonly report: (rule: string, file: string, place: string, message: string, remedy: string, severity?: Severity) => void;
}

export function checkContext(loaded: Loaded & { documents: PackageDocuments; flow: Flow }, types: FieldTypes): CheckContext {
  const places = pointers(loaded.documents.flow);
  return {
    documents: loaded.documents,
    flow: loaded.flow,
    types,
    journeys: loaded.journeys,
    languages: languagesOf(loaded.documents),
    place: (document) => places.get(document) ?? '',
    report: (rule, file, place, message, remedy, severity = 'error') =>
      void loaded.findings.push({ rule, severity, file, place, message, remedy }),
  };
}

/** Pages of a list in walking order, pages of entries before the page of their list. */
export function inOrder(pages: readonly Page[]): Page[] {
  return pages.flatMap((page) => [...(page.collection ? inOrder(page.collection.pages) : []), page]);
}

function pointers(flow: FlowDocument): Map<object, string> {
  const places = new Map<object, string>();
  const rules = (list: RuleDocument[] | undefined, at: string) => list?.forEach((rule, i) => places.set(rule, `${at}/rules/${i}`));
  const field = (document: FieldDocument, at: string) => {
    places.set(document, at);
    rules(document.rules, at);
  };
  const page = (document: PageDocument, at: string) => {
    places.set(document, at);
    rules(document.rules, at);
    document.fields?.forEach((inner, i) => field(inner, `${at}/fields/${i}`));
    document.pages?.forEach((inner, i) => page(inner, `${at}/pages/${i}`));
  };
  const section = (document: SectionDocument, at: string) => {
    places.set(document, at);
    rules(document.rules, at);
    document.pages.forEach((inner, i) => page(inner, `${at}/pages/${i}`));
  };
  rules(flow.rules, '');
  flow.sections.forEach((document, i) => section(document, `/sections/${i}`));
  return places;
}
