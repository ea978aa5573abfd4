/** Folder -> package, and pinned documents -> package: the two ways in which a flow comes to life. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { FieldTypes } from '#fields';
import { compile, compilePayload, type CompileResult, type Flow, type Json, type ParameterTypes } from '#flow';
import { readFiles, type PackageFiles } from './files.ts';
import { hashOf } from './json.ts';
import { payloadValidator } from './schemas.ts';
import type {
  CodeEntry,
  FimDocument,
  FimOpenPoint,
  Finding,
  JourneyDocument,
  Package,
  PackageDocuments,
  ServiceDocument,
} from './types.ts';

const PARAMETER_TYPES = { money: 'double', number: 'double', text: 'string', yesno: 'bool' } as const;

/** Types of the parameters that a service declares, as expressions see them. */
export function parameterTypes(service: ServiceDocument): ParameterTypes {
  return Object.fromEntries(Object.entries(service.parameters ?? {}).map(([name, { type }]) => [name, PARAMETER_TYPES[type]]));
}

/** Values of a service's parameters: its defaults, then what a municipality (or a journey) sets. Names it does not declare are passed over. */
export function parameterValues(service: ServiceDocument, set: Readonly<Record<string, Json>> = {}): Record<string, Json> {
  const values: Record<string, Json> = {};
  for (const [name, { default: value }] of Object.entries(service.parameters ?? {})) {
    const chosen = Object.hasOwn(set, name) ? set[name] : value;
    if (chosen !== undefined) values[name] = chosen;
  }
  return values;
}

/** Allowed codes by list name, as `walk` wants them. */
export function listCodes(lists: Package['lists']): ReadonlyMap<string, ReadonlySet<string>> {
  return new Map([...lists].map(([name, entries]) => [name, new Set(entries.map(({ code }) => code))]));
}

/** A package with what only checks need: its journeys, and a flow even where findings keep it from being used. */
export interface Loaded {
  readonly findings: Finding[];
  readonly documents?: PackageDocuments;
  readonly flow?: Flow;
  readonly journeys: readonly { file: string; document: JourneyDocument }[];
  readonly fim?: FimDocument;
}

/** Reads a folder and compiles its flow and payload. */
export function loadPackage(dir: string, types: FieldTypes): Loaded {
  const { documents, journeys, fim, findings }: PackageFiles = readFiles(dir, types);
  findings.push(...(fim?.open ?? []).map(openPoint));
  if (!documents) return { findings, journeys, fim };
  const { flow, problems } = compileSafely(documents, types);
  findings.push(...problems.map((problem) => ({ ...problem, severity: 'error' as const, file: 'flow.json' })));
  if (!flow) return { findings, documents, journeys, fim };
  const template = compilePayload(flow, documents.payload.document);
  findings.push(...template.problems.map((problem) => ({ ...problem, severity: 'error' as const, file: 'payload.json' })));
  try {
    payloadValidator(documents.payload.schema);
  } catch (error) {
    const message = `The schema cannot be used: ${error instanceof Error ? error.message : String(error)}`;
    findings.push({
      rule: 'payload-schema',
      severity: 'error',
      file: 'payload.json',
      place: '/schema',
      message,
      remedy: 'Correct the schema (JSON Schema 2020-12, patterns in RE2 syntax).',
    });
  }
  return { findings, documents, flow, journeys, fim };
}

/** Where an imported flow comes from, and the FIM paths that its fields and the fixed values of its payload carry today. */
export function readOrigin(dir: string, types: FieldTypes): { fim?: FimDocument; carried: ReadonlySet<string> } {
  const { fim, documents } = readFiles(dir, types);
  const carried = new Set<string>();
  const visit = (node: unknown): void => {
    if (node === null || typeof node !== 'object') return;
    const { fim: path, type } = node as { fim?: unknown; type?: unknown };
    if (typeof path === 'string' && typeof type === 'string') carried.add(path);
    Object.values(node).forEach(visit);
  };
  visit(documents?.flow);
  // Fixed values and notes have no field: they are carried by the payload, or as a text.
  keysOf(documents?.payload.document, [], carried);
  return { fim, carried };
}

function keysOf(template: unknown, path: readonly string[], into: Set<string>): void {
  if (template === null || typeof template !== 'object') return;
  for (const [key, value] of Object.entries(template)) {
    if (key === '$const') into.add(path.join('.'));
    else keysOf(value, key.startsWith('$') || key === 'item' ? path : [...path, key], into);
  }
}

/** Name of the finding for what an import left open. */
export const OPEN_POINT = 'fim-open';

/** What an import could not decide keeps the flow from going live. */
function openPoint({ path, rule, text, why }: FimOpenPoint, index: number): Finding {
  const of = [rule && `rule ${rule}`, path && `at ${path}`].filter(Boolean).join(' ');
  return {
    rule: OPEN_POINT,
    severity: 'error',
    file: 'fim.json',
    place: `/open/${index}`,
    message: `Not carried over from the schema${of ? ` (${of})` : ''}: "${text}": ${why}.`,
    remedy: 'Decide it in the flow (a condition, a rule, a list, a limit), then remove the entry from "open".',
  };
}

/** One package that the compiler chokes on must not keep the others from being served. */
function compileSafely(documents: PackageDocuments, types: FieldTypes): CompileResult {
  try {
    return compile(documents.flow, types, parameterTypes(documents.service));
  } catch (error) {
    const message = `The flow cannot be compiled: ${error instanceof Error ? error.message : String(error)}`;
    return { problems: [{ rule: 'compile', place: '', message, remedy: 'Look at the names it speaks of: ids, groups and "as".' }] };
  }
}

/**
 * Reads the folder of a service. `package` is there when it can be served; the findings are those of reading and compiling, not of the
 * whole publish check (`checkPackage`), which takes longer. `drafts`: also with open points of an import, which are never served.
 */
export function readPackage(
  dir: string,
  types: FieldTypes,
  options: { drafts?: boolean } = {},
): { package?: Package; findings: Finding[] } {
  const { documents, flow, findings } = loadPackage(dir, types);
  const grave = ({ severity, rule }: Finding) => severity === 'error' && !(options.drafts && rule === OPEN_POINT);
  if (!documents || !flow || findings.some(grave)) return { findings };
  return { package: assemble(documents, flow), findings };
}

/** Compiles a version that was pinned to an application. Throws an Error when it does not compile any more: a field type was taken away. */
export function fromDocuments(documents: PackageDocuments, types: FieldTypes): Package {
  const { flow, problems } = compile(documents.flow, types, parameterTypes(documents.service));
  if (!flow) throw new Error(`service "${documents.id}" does not compile: ${problems[0]?.place ?? ''} ${problems[0]?.message ?? ''}`);
  return assemble(documents, flow);
}

/** All packages of a folder, by name. Findings carry the folder of the package in front of their file. */
export function readPackages(root: string, types: FieldTypes): { packages: Package[]; findings: Finding[] } {
  const packages: Package[] = [];
  const findings: Finding[] = [];
  for (const id of packageFolders(root)) {
    const result = readPackage(join(root, id), types);
    if (result.package) packages.push(result.package);
    findings.push(...result.findings.map((finding) => ({ ...finding, file: join(id, finding.file) })));
  }
  return { packages, findings };
}

/** Names of the package folders under a root, sorted. */
export function packageFolders(root: string): string[] {
  const entries = readdirSync(root, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => entry.name)
    .sort();
}

function assemble(documents: PackageDocuments, flow: Flow): Package {
  const { id, service, payload, texts } = documents;
  const lists = new Map<string, readonly CodeEntry[]>(Object.entries(documents.lists));
  return { id, hash: packageHash(documents), service, flow, payload, texts, lists, languages: languagesOf(documents), documents };
}

/** The flow version: equal content gives the same hash, whatever the order of keys or the name of the folder. */
export function packageHash({ service, flow, payload, texts, lists }: PackageDocuments): string {
  return hashOf({ service, flow, payload, texts, lists });
}

/** Languages of a package, German first: it is the authoritative one. */
export function languagesOf({ texts }: Pick<PackageDocuments, 'texts'>): string[] {
  return Object.keys(texts).sort((a, b) => Number(b === 'de') - Number(a === 'de') || (a < b ? -1 : 1));
}
