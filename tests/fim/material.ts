/** The real schemas beside the repository, imported as a municipality would: with the code lists and machine-readable rules that are there. */
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fieldTypes } from '../../src/fields/all.node.ts';
import {
  filesOf,
  importSchema,
  journeysThrough,
  readCodeList,
  readSchema,
  readTranslated,
  type FimSchema,
  type Imported,
} from '../../src/fim/index.ts';
import type { JourneyDocument } from '../../src/package/index.ts';
import { root } from '../portal.ts';

export const material = join(root, '../shared/fim');
export const TODAY = '2026-03-02';

/** What a person has to add to any draft: a schema has no words for the service's page and no English. */
export const HONEST = new Set(['fim-open', 'language-missing', 'open']);

/** All real schemas but the one of version 1, which is refused. */
export const SCHEMAS: readonly string[] = ['xdf2', 'xdf3'].flatMap((dir) =>
  readdirSync(join(material, dir))
    .filter((file) => !file.startsWith('WaBeKa'))
    .map((file) => join(dir, file)),
);

const lists = readdirSync(join(material, 'genericode')).map((file) => readCodeList([readFileSync(join(material, 'genericode', file))]));
export const translated = readTranslated(JSON.parse(readFileSync(join(material, 'translated-rules.json'), 'utf8')));

export interface Real {
  readonly id: string;
  readonly file: string;
  readonly schema: FimSchema;
  readonly imported: Imported;
  readonly journeys: readonly JourneyDocument[];
}

const known = new Map<string, Real>();

export function real(file: string): Real {
  let found = known.get(file);
  if (found) return found;
  const bytes = readFileSync(join(material, file));
  const schema = readSchema([bytes]);
  const rules = translated.rules.filter((rule) => rule.schema === schema.id);
  const imported = importSchema({ schema, sha256: createHash('sha256').update(bytes).digest('hex'), lists, translated: rules });
  const { journeys, problems } = journeysThrough(imported, fieldTypes, TODAY);
  if (problems.length > 0) throw new Error(`${file}: ${JSON.stringify(problems.slice(0, 5))}`);
  known.set(file, (found = { id: schema.id.toLowerCase(), file, schema, imported, journeys }));
  return found;
}

function write(dir: string, imported: Pick<Imported, 'documents' | 'fim'>, journeys: readonly JourneyDocument[]): void {
  for (const [name, content] of filesOf(imported, journeys)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), content);
  }
}

/** Writes the drafts as they are; gives the folder that holds them. */
export function writeDrafts(): { dir: string; clean: () => void } {
  const dir = mkdtempSync(join(tmpdir(), 'schalter-fim-'));
  for (const file of SCHEMAS) {
    const { id, imported, journeys } = real(file);
    write(join(dir, id), imported, journeys);
  }
  return { dir, clean: () => rmSync(dir, { recursive: true, force: true }) };
}

type Texts = Record<string, Record<string, unknown>>;

/**
 * The drafts as if somebody had decided all open points and translated the texts, beside the services that ship: what a portal serves. The words are
 * German in both languages; where a rule asks for the Land, it is that of the first journey.
 */
export function writeFinished(): { dir: string; services: string[]; clean: () => void } {
  const dir = mkdtempSync(join(tmpdir(), 'schalter-fim-'));
  cpSync(join(root, 'flows'), dir, { recursive: true });
  const services = SCHEMAS.map((file) => {
    const { id, imported, journeys } = real(file);
    const texts = imported.documents.texts.de as Texts;
    const service = Object.fromEntries(['summary', 'intro', 'who', 'next', 'words'].map((key) => [key, 'Probe']));
    const german = { ...texts, service: { ...service, ...texts.service } };
    const lists = Object.fromEntries(
      Object.entries(imported.documents.lists).map(([name, entries]) => [name, entries.map((entry) => ({ ...entry, en: entry.de! }))]),
    );
    const land = journeys.find(({ expect, params }) => expect.outcome === 'submit' && params)?.params?.land;
    const parameters = land === undefined ? {} : { parameters: { land: { type: 'text' as const, default: land, source: 'Test' } } };
    const documents = {
      ...imported.documents,
      service: { ...imported.documents.service, ...parameters },
      texts: { de: german, en: german },
      lists,
    };
    write(
      join(dir, id),
      { documents, fim: { ...imported.fim, open: [] } },
      journeys.filter(({ params }) => !params || params.land === land),
    );
    return id;
  });
  return { dir, services, clean: () => rmSync(dir, { recursive: true, force: true }) };
}
