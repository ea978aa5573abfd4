/** The files of an imported package, as they are written to its folder or to an archive. */
import type { JourneyDocument } from '#package';
import type { Imported } from './import.ts';

/** Name in the folder -> content. In the order of the names, so that two imports of one schema are equal byte by byte. */
export function filesOf(
  { documents, fim }: Pick<Imported, 'documents' | 'fim'>,
  journeys: readonly JourneyDocument[],
): [name: string, content: string][] {
  const files: [string, unknown][] = [
    ['fim.json', fim],
    ['flow.json', documents.flow],
    ['payload.json', documents.payload],
    ['service.json', documents.service],
    ...Object.entries(documents.lists).map(([name, entries]): [string, unknown] => [`lists/${name}.json`, entries]),
    ...Object.entries(documents.texts).map(([lang, texts]): [string, unknown] => [`texts/${lang}.json`, texts]),
    ...journeys.map((journey, index): [string, unknown] => [`journeys/found-${String(index + 1).padStart(3, '0')}.json`, journey]),
  ];
  return files.map(([name, content]) => [name, `${JSON.stringify(content, null, 2)}\n`]);
}
