/**
 * Reads the folder of a package: only the files the format knows, no symbolic links, bounded in size and nesting, each against its schema.
 * Every problem names its file and place; reading goes on, so that an author sees all of them at once.
 */
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { FieldTypes } from '#fields';
import type { Json } from '#flow';
import { MAX_FILE_BYTES, MAX_TOTAL_BYTES, parseJson } from './json.ts';
import { fieldProblems, schemaProblems, type FileKind } from './schemas.ts';
import type { FimDocument, Finding, JourneyDocument, PackageDocuments } from './types.ts';

/** Language tags as file names: `de`, `de-simple`, `pt-br`. */
const TEXT_FILE = /^[a-z]{2,3}(-[a-z0-9]+)*\.json$/;
const NAMED_FILE = /^[A-Za-z0-9][A-Za-z0-9_-]*\.json$/;
const NEEDED: ReadonlyMap<string, FileKind> = new Map([
  ['service.json', 'service'],
  ['flow.json', 'flow'],
  ['payload.json', 'payload'],
]);
/** Only imported flows have `fim.json`. */
const SINGLE: ReadonlyMap<string, FileKind> = new Map([...NEEDED, ['fim.json', 'fim']]);
const FOLDERS: ReadonlyMap<string, { kind: FileKind; name: RegExp }> = new Map([
  ['texts', { kind: 'texts' as const, name: TEXT_FILE }],
  ['journeys', { kind: 'journey' as const, name: NAMED_FILE }],
  ['lists', { kind: 'list' as const, name: NAMED_FILE }],
]);
const MAX_FILES = 1000;

export interface PackageFiles {
  /** Undefined when a file that the service cannot do without is missing or broken. */
  documents?: PackageDocuments;
  journeys: { file: string; document: JourneyDocument }[];
  fim?: FimDocument;
  findings: Finding[];
}

type Report = (rule: string, file: string, place: string, message: string, remedy: string) => void;

/** Reads and checks the files of one folder. Total: a folder that is not there is a finding, too. */
export function readFiles(dir: string, types: FieldTypes): PackageFiles {
  const findings: Finding[] = [];
  const report: Report = (rule, file, place, message, remedy) =>
    void findings.push({ rule, severity: 'error', file, place, message, remedy });
  const parsed = new Map<string, Json>();
  let total = 0;
  for (const [file, kind] of list(dir, report)) {
    const size = lstatSync(join(dir, file)).size;
    total += size;
    if (size > MAX_FILE_BYTES || total > MAX_TOTAL_BYTES) {
      report(
        'too-large',
        file,
        '',
        `The ${size > MAX_FILE_BYTES ? 'file' : 'package'} is too large.`,
        'A file has at most 4 MB, a package 16 MB.',
      );
      continue;
    }
    const { value, problem } = parseJson(readFileSync(join(dir, file), 'utf8'));
    if (problem) {
      findings.push({ ...problem, severity: 'error', file });
      continue;
    }
    const problems = schemaProblems(kind, value);
    for (const { place, message, remedy } of problems) report('schema', file, place, message, remedy);
    if (problems.length > 0) continue;
    if (kind === 'flow') {
      const wrong = eachField(value, types);
      for (const { place, message, remedy } of wrong) report('field-config', file, place, message, remedy);
      if (wrong.length > 0) continue;
    }
    parsed.set(file, value);
  }
  return { ...assemble(basename(dir), parsed), findings };
}

/** Files that belong to a package, with their kind; everything else is reported. */
function list(dir: string, report: Report): [file: string, kind: FileKind][] {
  const found: [string, FileKind][] = [];
  const root = lstatSync(dir, { throwIfNoEntry: false });
  if (!root?.isDirectory()) {
    report(
      'no-package',
      '',
      '',
      root?.isSymbolicLink() ? 'The folder is a symbolic link.' : `There is no folder "${dir}".`,
      'Name the folder of a service, e.g. flows/bulky-waste.',
    );
    return found;
  }
  const entries = readdirSync(dir, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  const names = new Set(entries.map((entry) => entry.name));
  if (!/^[a-z][a-z0-9-]{0,63}$/.test(basename(dir))) {
    report(
      'package-name',
      '',
      '',
      `"${basename(dir)}" is not a usable name.`,
      'Name the folder with lower-case letters, digits and hyphens.',
    );
  }
  for (const [file] of NEEDED) {
    if (!names.has(file))
      report('missing-file', file, '', `The file ${file} is missing.`, 'Add it; flows/README.md shows what belongs in it.');
  }
  for (const entry of entries) {
    const folder = FOLDERS.get(entry.name);
    const kind = SINGLE.get(entry.name);
    if (entry.isSymbolicLink())
      report('symlink', entry.name, '', 'Symbolic links are not allowed in a package.', 'Put the file itself there.');
    else if (entry.isFile() && kind) found.push([entry.name, kind]);
    else if (entry.isDirectory() && folder) {
      for (const inner of readdirSync(join(dir, entry.name), { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
        const file = `${entry.name}/${inner.name}`;
        if (inner.isSymbolicLink())
          report('symlink', file, '', 'Symbolic links are not allowed in a package.', 'Put the file itself there.');
        else if (inner.isFile() && folder.name.test(inner.name)) found.push([file, folder.kind]);
        else
          report(
            'unknown-file',
            file,
            '',
            `"${file}" does not belong in a package.`,
            `In ${entry.name}/ belong files such as ${entry.name === 'texts' ? 'de.json' : 'name.json'}.`,
          );
      }
    } else if (entry.name !== 'README.md') {
      report(
        'unknown-file',
        entry.name,
        '',
        `"${entry.name}" does not belong in a package.`,
        `Known: ${[...SINGLE.keys(), ...FOLDERS.keys()].join(', ')}, README.md.`,
      );
    }
  }
  if (found.length > MAX_FILES) {
    report('too-large', '', '', `The package has ${found.length} files.`, `A package has at most ${MAX_FILES}.`);
    return [];
  }
  return found;
}

/** The strict check of every field against its own type. Unknown types are left to the compiler, which knows the others. */
function eachField(flow: Json, types: FieldTypes) {
  interface Outline {
    sections?: Outline[];
    pages?: Outline[];
    fields?: { type: string }[];
  }
  const visit = (node: Outline, place: string): ReturnType<typeof fieldProblems> => [
    ...(node.sections ?? []).flatMap((inner, i) => visit(inner, `${place}/sections/${i}`)),
    ...(node.pages ?? []).flatMap((inner, i) => visit(inner, `${place}/pages/${i}`)),
    ...(node.fields ?? []).flatMap((field, i) => {
      const type = types.get(field.type);
      return type ? fieldProblems(type, field, `${place}/fields/${i}`) : [];
    }),
  ];
  return visit(flow as Outline, '');
}

function assemble(id: string, parsed: ReadonlyMap<string, Json>): Pick<PackageFiles, 'documents' | 'journeys' | 'fim'> {
  const inside = <T>(folder: string): [string, T][] =>
    [...parsed]
      .filter(([file]) => file.startsWith(`${folder}/`))
      .map(([file, value]) => [file.slice(folder.length + 1, -'.json'.length), value as T]);
  const journeys = inside<JourneyDocument>('journeys').map(([name, document]) => ({ file: `journeys/${name}.json`, document }));
  const fim = parsed.get('fim.json') as FimDocument | undefined;
  if (![...NEEDED.keys()].every((file) => parsed.has(file))) return { journeys, fim };
  const documents = {
    id,
    service: parsed.get('service.json'),
    flow: parsed.get('flow.json'),
    payload: parsed.get('payload.json'),
    texts: Object.fromEntries(inside('texts')),
    lists: Object.fromEntries(inside('lists')),
  };
  return { documents: documents as unknown as PackageDocuments, journeys, fim };
}
