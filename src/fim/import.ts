/**
 * A FIM schema becomes a flow package: the first draft of a service in minutes. What the schema says is carried over; what it does not say, or what
 * cannot be read safely, is an open point and keeps the package from going live.
 */
import { createHash } from 'node:crypto';
import type { FimDocument, FimElement, PackageDocuments } from '#package';
import { MOST_CODES, plain, type Lists } from './fields.ts';
import { codesOf, findList, type CodeList } from './genericode.ts';
import { outlineOf } from './outline.ts';
import { payloadOf } from './payload.ts';
import { planOf, type Plan } from './plan.ts';
import { reportOf, statusOf, type FimReport } from './report.ts';
import type { Translated } from './rules/index.ts';
import { pathKey, positionsOf, type Code, type FimField, type FimRule, type FimSchema } from './schema.ts';
import { readRules, type OpenPoint } from './statements.ts';
import { treeOf } from './tree.ts';

export interface ImportSource {
  readonly schema: FimSchema;
  /** SHA-256 of the file, hexadecimal. */
  readonly sha256: string;
  readonly lists: readonly CodeList[];
  readonly translated: readonly Translated[];
}

export interface Imported {
  /** The files of the package but its journeys. */
  readonly documents: Omit<PackageDocuments, 'id'>;
  readonly fim: FimDocument;
  readonly report: FimReport;
}

/** Most entries of a code list that are kept for comparison with a later version; longer ones are kept as a hash. */
const MOST_KEPT = 500;
const DRAFT_DAYS = 30;
const SUBMITTED_DAYS = 90;

/** Imports a schema. Pure: the same files give the same package. */
export function importSchema(source: ImportSource): Imported {
  const { schema, lists: supplied, translated } = source;
  const open: OpenPoint[] = [];
  const codes = codeBook(schema, supplied, open);
  const known = (field: FimField): readonly Code[] | undefined => codes(field)?.codes;
  const tree = treeOf(schema, (field) => codes(field) !== undefined);
  const rules = readRules(schema, tree, translated, known);
  const plan = planOf(tree, rules.tied, known);
  const lists: Lists = new Map();
  const outline = outlineOf(schema, tree, plan, codes, lists);
  const skipped = new Set(outline.never);
  const payload = payloadOf(schema, tree, plan, known, skipped);
  open.push(...rules.open, ...plan.open, ...outline.open);
  const status = statusOf(schema);
  const documents: Imported['documents'] = {
    service: serviceOf(schema, plan, status),
    flow: outline.flow,
    payload,
    texts: { de: { $schema: '../../../static/schemas/texts.schema.json', service: { title: plain(schema.title) }, ...outline.texts } },
    lists: Object.fromEntries(lists),
  };
  const fim: FimDocument = {
    $schema: '../../static/schemas/fim.schema.json',
    schema: {
      id: schema.id,
      ...(schema.version && { version: schema.version }),
      standard: schema.standard,
      ...(schema.status && { status: schema.status }),
      title: schema.title,
      sha256: source.sha256,
    },
    ...(supplied.length > 0 && {
      codeLists: supplied.map(({ uri, version, rows }) => ({ ...(uri && { uri }), ...(version && { version }), codes: rows.length })),
    }),
    open: open.map(({ path, ...point }) => ({ ...point, path: path.join('.') })),
    ...(schema.rules.length > 0 && { rules: ruleHashes(schema.rules) }),
    elements: elementsOf(schema, known),
  };
  return { documents, fim, report: reportOf({ source, tree, plan, outline, rules, open, status, known }) };
}

/** The codes of each field: its own, or those of a list that was supplied. A list that is missing is an open point at each of its fields. */
function codeBook(schema: FimSchema, supplied: readonly CodeList[], open: OpenPoint[]) {
  const found = new Map<FimField, { name: string; codes: readonly Code[] } | undefined>();
  for (const { element, path } of positionsOf(schema.members)) {
    if (element.kind !== 'field' || element.input !== 'select') continue;
    const list = element.list && findList(supplied, element.list);
    const codes = element.codes ? unique(element.codes) : list && codesOf(list, element.list);
    const uri = list?.uri ?? element.list?.uri;
    const name = listName(element.codes ? element.id : (uri?.split(':').at(-1) ?? element.list?.id ?? element.id));
    const why =
      codes === undefined || codes.length === 0
        ? 'the code list was not supplied'
        : codes.length > MOST_CODES
          ? `the code list has ${codes.length} codes, a list of the portal at most ${MOST_CODES}`
          : codes.some(({ code }) => code.length > 100)
            ? 'a code is longer than 100 characters'
            : undefined;
    if (why) {
      const reference = [element.list?.versionUri ?? element.list?.uri ?? element.list?.id, element.list?.version]
        .filter(Boolean)
        .join(', ');
      open.push({ kind: 'code-list', path, text: reference || element.name, why });
    }
    found.set(element, why ? undefined : { name, codes: codes! });
  }
  return (field: FimField) => found.get(field);
}

function unique(codes: readonly Code[]): Code[] {
  return [...new Map([...codes].reverse().map((code) => [code.code, code])).values()].reverse();
}

/** A file name of its own: two lists of one name would overwrite each other. */
function listName(text: string): string {
  const name = text.replaceAll(/[^A-Za-z0-9_-]/g, '_').replace(/^[^A-Za-z0-9]+/, '');
  return name === text && name.length <= 60
    ? name
    : `${name.slice(0, 50) || 'list'}_${createHash('sha256').update(text).digest('hex').slice(0, 8)}`;
}

function serviceOf(schema: FimSchema, plan: Plan, status: ReturnType<typeof statusOf>): PackageDocuments['service'] {
  const version = schema.version ? `V${schema.version}` : '';
  const seen = new Set<string>();
  return {
    $schema: '../../static/schemas/service.schema.json',
    leika: [],
    level: 'municipal',
    channels: ['online', 'counter'],
    assurance: { online: 'none', counter: 'none' },
    ...(plan.land && { parameters: { land: { type: 'text' as const } } }),
    legalBasis: schema.legalBasis.filter(({ text }) => !seen.has(text) && seen.add(text)),
    sources: [{ text: `FIM: ${schema.id}${version}, ${schema.name}` }],
    retention: { draftDays: DRAFT_DAYS, submittedDays: SUBMITTED_DAYS },
    fim: { schema: `${schema.id}${version}`, ...(schema.status && { status: status.words }) },
    open: [
      'LeiKa key: a FIM schema does not name it.',
      'Level, channels, assurance and retention: a FIM schema does not say them; these are the most common ones.',
      ...(status.warning ? [status.warning] : []),
      ...(plan.land ? ['Parameter "land": the two letters of the Land (ISO 3166-2:DE), because rules of the schema differ by Land.'] : []),
    ],
  };
}

/** Rules by their ids, as hashes of their words: enough to see that one changed. */
function ruleHashes(rules: readonly FimRule[]): Record<string, string> {
  const hash = (text: string) => createHash('sha256').update(text.replaceAll(/\s+/g, ' ').trim()).digest('hex').slice(0, 16);
  return Object.fromEntries(rules.map(({ id, text }, index) => [id ?? String(index + 1), hash(text)]));
}

function elementsOf(schema: FimSchema, known: (field: FimField) => readonly Code[] | undefined): Record<string, FimElement> {
  const elements: [string, FimElement][] = [];
  for (const { element, path, min, max } of positionsOf(schema.members)) {
    const limits = element.kind === 'field' ? Object.entries(element.limits).filter(([, value]) => value !== undefined) : [];
    const codes = element.kind === 'field' ? known(element)?.map(({ code }) => code) : undefined;
    elements.push([
      path.join('.'),
      {
        ...(element.version && { version: element.version }),
        label: element.label,
        min,
        ...(Number.isFinite(max) && { max }),
        ...(element.kind === 'field' ? { type: `${element.input}/${element.data}` } : element.choice ? { type: 'choice' } : {}),
        ...(limits.length > 0 && { limits: Object.fromEntries(limits) }),
        ...(codes && {
          codes: codes.length > MOST_KEPT ? [`${codes.length}:${createHash('sha256').update(pathKey(codes)).digest('hex')}`] : codes,
        }),
        ...(element.rules.length > 0 && { rules: ruleHashes(element.rules) }),
      },
    ]);
  }
  return Object.fromEntries(elements);
}
