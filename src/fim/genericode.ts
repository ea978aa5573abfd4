/** Code lists: OASIS genericode 1.0, in both styles that are in use (everything in the namespace, or the root alone). */
import { FimRefused, type Code, type CodeListReference } from './schema.ts';
import { child, readXml, textOf, type XmlNode } from './xml.ts';

const MOST_ROWS = 100_000;

export interface CodeList {
  readonly uri?: string;
  readonly version?: string;
  readonly versionUri?: string;
  /** The columns, by id, and the rows in order: texts by column. */
  readonly columns: readonly string[];
  readonly rows: readonly ReadonlyMap<string, string>[];
  /** Column of the code and of the label, where the list itself says so or leaves no choice. */
  readonly codeColumn: string;
  readonly nameColumn: string;
}

/** Reads a list. @throws FimRefused */
export function readCodeList(chunks: Iterable<string | Uint8Array>): CodeList {
  const root = readXml(chunks, {
    skip: new Set(['Annotation']),
    root(name) {
      if (name !== 'CodeList') throw new FimRefused(`This is "${name.slice(0, 80)}", no genericode code list.`);
    },
  });
  const about = child(root, 'Identification', 'CodeList');
  const columnSet = child(root, 'ColumnSet', 'CodeList');
  const columns = (columnSet?.children ?? []).filter(({ name }) => name === 'Column').map((column) => column.attributes.get('Id') ?? '');
  if (columns.length === 0) throw new FimRefused('The code list has no columns.');
  const required = (columnSet?.children ?? [])
    .filter(({ name, attributes }) => name === 'Column' && attributes.get('Use') !== 'optional')
    .map((column) => column.attributes.get('Id') ?? '');
  const keyed = (wanted: string) => {
    const key = columnSet?.children.find(({ name, attributes }) => name === 'Key' && attributes.get('Id')?.toLowerCase() === wanted);
    const found = key && child(key, 'ColumnRef', 'Key')?.attributes.get('Ref');
    return found !== undefined && columns.includes(found) ? found : undefined;
  };
  const codeColumn = keyed('codekey') ?? required[0] ?? columns[0]!;
  const nameColumn = keyed('codenamekey') ?? [...required, ...columns].find((column) => column !== codeColumn) ?? codeColumn;
  const rows = (child(root, 'SimpleCodeList', 'CodeList')?.children ?? []).filter(({ name }) => name === 'Row');
  if (rows.length > MOST_ROWS) throw new FimRefused(`The code list has more than ${MOST_ROWS} rows.`);
  return {
    uri: about && textOf(about, 'CanonicalUri', 'Identification'),
    version: about && textOf(about, 'Version', 'Identification'),
    versionUri: about && textOf(about, 'CanonicalVersionUri', 'Identification'),
    columns,
    rows: rows.map((row) => cells(row, columns)),
    codeColumn,
    nameColumn,
  };
}

/** A value may leave out its column: then it is the one behind the value before. */
function cells(row: XmlNode, columns: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  let at = 0;
  for (const value of row.children.filter(({ name }) => name === 'Value')) {
    const column = value.attributes.get('ColumnRef') ?? columns[at];
    if (column === undefined) continue;
    at = columns.indexOf(column) + 1;
    const text = textOf(value, 'SimpleValue', column);
    if (text !== undefined) found.set(column, text);
  }
  return found;
}

/** The codes as a field wants them; rows without a code are left out, a code that stands twice counts once. */
export function codesOf(list: CodeList, reference: CodeListReference): Code[] {
  const column = (wanted: string | undefined, otherwise: string) =>
    wanted !== undefined && list.columns.includes(wanted) ? wanted : otherwise;
  const [codes, names] = [column(reference.codeColumn, list.codeColumn), column(reference.nameColumn, list.nameColumn)];
  const found = new Map<string, Code>();
  for (const row of list.rows) {
    const code = row.get(codes);
    if (code !== undefined && !found.has(code)) found.set(code, { code, label: row.get(names) ?? code });
  }
  return [...found.values()];
}

/** The list that a field refers to: by the URI of its version, by URI and version, or, where no version is asked for, the only one with the URI. */
export function findList(lists: readonly CodeList[], { uri, version, versionUri }: CodeListReference): CodeList | undefined {
  const exact = lists.find((list) => versionUri !== undefined && list.versionUri === versionUri);
  if (exact) return exact;
  const same = lists.filter((list) => uri !== undefined && list.uri === uri);
  const wanted = same.find((list) => version !== undefined && list.version === version);
  return wanted ?? (version === undefined && versionUri === undefined && same.length === 1 ? same[0] : undefined);
}
