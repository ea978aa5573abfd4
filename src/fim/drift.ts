/** A flow that was imported, and a newer version of its schema: what changed, and what that means for the flow. */
import type { CodeList } from './genericode.ts';
import type { FimDocument, FimElement } from '#package';
import { importSchema } from './import.ts';
import type { FimSchema } from './schema.ts';

export type ChangeKind = 'added' | 'removed' | 'changed';

export interface Change {
  readonly what: 'group' | 'field' | 'codes' | 'rule';
  readonly kind: ChangeKind;
  /** Ids from the root, joined by dots; empty for the schema itself. */
  readonly path: string;
  readonly label: string;
  /** In words: "0:1 -> 1:1". */
  readonly detail: string;
  /** Documents of the old flow would no longer fit, or something that was allowed is not any more. */
  readonly breaking: boolean;
}

export interface Drift {
  readonly from: { readonly id: string; readonly version?: string; readonly sha256: string };
  readonly to: { readonly id: string; readonly version?: string; readonly status: string };
  readonly changes: readonly Change[];
  /** `none`: nothing that matters to the flow. `major`: the payload changes its form or something becomes a duty. `minor`: the rest. */
  readonly proposal: 'none' | 'minor' | 'major';
  /** Fields of the schema that the flow does not carry any more, and those it has beside it. */
  readonly missing: readonly string[];
  readonly own: readonly string[];
}

/**
 * Compares. `fim`: what the flow was made from; `carried`: the FIM paths that its fields have today. Both schemas are read alike, so a code list
 * that is not given now although it was given then is named and its codes are not compared.
 */
export function compareSchemas(fim: FimDocument, carried: ReadonlySet<string>, schema: FimSchema, lists: readonly CodeList[]): Drift {
  const { fim: now, report } = importSchema({ schema, sha256: '0'.repeat(64), lists, translated: [] });
  const changes: Change[] = [];
  const note = (what: Change['what'], kind: ChangeKind, path: string, label: string, detail: string, breaking: boolean) =>
    void changes.push({ what, kind, path, label, detail, breaking });
  const kindOf = (element: FimElement): 'group' | 'field' => (element.type === undefined || element.type === 'choice' ? 'group' : 'field');
  for (const [path, element] of Object.entries(fim.elements)) {
    if (!Object.hasOwn(now.elements, path)) note(kindOf(element), 'removed', path, element.label, element.version ?? '', true);
  }
  for (const [path, element] of Object.entries(now.elements)) {
    const before = Object.hasOwn(fim.elements, path) ? fim.elements[path] : undefined;
    if (!before) note(kindOf(element), 'added', path, element.label, multiplicity(element), element.min > 0);
    else compareElement(path, before, element, note);
    compareRules(path, element.label, before?.rules ?? {}, element.rules ?? {}, note, before === undefined);
  }
  compareRules('', schema.title, fim.rules ?? {}, now.rules ?? {}, note, false);
  const fields = Object.entries(now.elements).filter(([, element]) => kindOf(element) === 'field');
  const proposal = changes.some(({ breaking }) => breaking) ? 'major' : changes.length > 0 ? 'minor' : 'none';
  return {
    from: { id: fim.schema.id, ...(fim.schema.version && { version: fim.schema.version }), sha256: fim.schema.sha256 },
    to: { id: schema.id, ...(schema.version && { version: schema.version }), status: report.schema.status },
    changes,
    proposal,
    missing: fields.map(([path]) => path).filter((path) => !isCarried(path, carried)),
    own: [...carried].filter((path) => !Object.hasOwn(now.elements, path)),
  };
}

/** A field is carried by itself, or by a group that is one field in the flow. */
function isCarried(path: string, carried: ReadonlySet<string>): boolean {
  const ids = path.split('.');
  return ids.some((_, i) => carried.has(ids.slice(0, i + 1).join('.')));
}

type Note = (what: Change['what'], kind: ChangeKind, path: string, label: string, detail: string, breaking: boolean) => void;

const multiplicity = ({ min, max }: FimElement): string => `${min}:${max ?? '*'}`;

function compareElement(path: string, before: FimElement, after: FimElement, note: Note): void {
  const what = after.type === undefined || after.type === 'choice' ? 'group' : 'field';
  const differs = (detail: string, breaking: boolean) => note(what, 'changed', path, after.label, detail, breaking);
  if (multiplicity(before) !== multiplicity(after)) {
    const list = (before.max ?? 2) > 1 !== (after.max ?? 2) > 1;
    const narrower = after.min > before.min || (after.max ?? Infinity) < (before.max ?? Infinity);
    differs(`${multiplicity(before)} -> ${multiplicity(after)}`, list || narrower);
  }
  if (before.type !== after.type) differs(`${before.type ?? 'group'} -> ${after.type ?? 'group'}`, true);
  if (before.label !== after.label) differs(`"${before.label}" -> "${after.label}"`, false);
  const [old, limits] = [JSON.stringify(before.limits ?? {}), JSON.stringify(after.limits ?? {})];
  if (old !== limits) differs(`${old} -> ${limits}`, true);
  if (before.version !== after.version && before.label === after.label && old === limits && before.type === after.type)
    differs(`version ${before.version ?? '?'} -> ${after.version ?? '?'}`, false);
  if (!before.codes || !after.codes) {
    if (before.codes) note('codes', 'changed', path, after.label, 'the code list was not given: its codes are not compared', false);
    return;
  }
  const gone = before.codes.filter((code) => !after.codes!.includes(code));
  const fresh = after.codes.filter((code) => !before.codes!.includes(code));
  if (gone.length > 0) note('codes', 'removed', path, after.label, gone.slice(0, 20).join(', '), true);
  if (fresh.length > 0) note('codes', 'added', path, after.label, fresh.slice(0, 20).join(', '), false);
}

function compareRules(
  path: string,
  label: string,
  before: Record<string, string>,
  after: Record<string, string>,
  note: Note,
  fresh: boolean,
): void {
  for (const id of Object.keys(before)) if (!Object.hasOwn(after, id)) note('rule', 'removed', path, label, id, false);
  for (const [id, hash] of Object.entries(after)) {
    if (!Object.hasOwn(before, id)) note('rule', 'added', path, label, id, !fresh);
    else if (before[id] !== hash) note('rule', 'changed', path, label, id, true);
  }
}
