/** From a row to a draft and back: the contents of drafts are opened and sealed here and nowhere else. */
import { copyAnswers, walk, type WalkOptions } from '#flow';
import type { Package, PackageDocuments } from '#package';
import type { Catalog, Offering } from '#server/catalog';
import { loadFlow, open, pinFlow, purposes, seal, type DraftRow, type KeyRing, type Store } from '#server/store';
import type { Content, Draft } from './types.ts';

/** What opening takes. */
export interface Means {
  readonly store: Store;
  readonly keys: KeyRing;
  readonly catalog: Catalog;
}

const contextOf = (municipality: string, id: string, revision: number) => ({
  municipality,
  application: id,
  purpose: purposes.content,
  revision,
});

/** Seals a draft's content for one revision. */
export function sealContent(key: Buffer, municipality: string, id: string, revision: number, content: Content): Buffer {
  const { answers, provenance, intakes, parked, mistyped } = content;
  return seal(key, contextOf(municipality, id, revision), Buffer.from(JSON.stringify({ answers, provenance, intakes, parked, mistyped })));
}

const listSets = new WeakMap<Package, Map<string, Set<string>>>();

/** How an application is walked; without its offering (the service is not offered any more) without its parameters. */
export function walkOptions(
  draft: Pick<Draft, 'pkg' | 'today'> & { readonly offering?: Pick<Offering, 'params'> | undefined },
): WalkOptions {
  let lists = listSets.get(draft.pkg);
  if (!lists) {
    lists = new Map([...draft.pkg.lists].map(([name, entries]) => [name, new Set(entries.map((entry) => entry.code))]));
    listSets.set(draft.pkg, lists);
  }
  return { today: draft.today, params: draft.offering?.params ?? {}, lists };
}

/** Opens the content of a row, with the version of the flow that it is pinned to. `session`: whose row it is. */
export async function openDraft({ store, keys, catalog }: Means, row: DraftRow, offering: Offering, session: Buffer): Promise<Draft> {
  const municipality = offering.municipality.id;
  const pkg = await catalog.version(
    offering.service,
    row.flowHash,
    async () => (await loadFlow(store, municipality, row.flowHash)) as PackageDocuments,
  );
  if (!pkg) throw new Error('the pinned flow version cannot be read');
  const key = await keys.unwrap(municipality, row.keyEpoch, row.wrappedKey);
  const content = JSON.parse(open(key, contextOf(municipality, row.id, row.revision), row.content!).toString()) as Content;
  const base = { pkg, today: row.startedOn, offering };
  const answers = copyAnswers(content.answers);
  return {
    ...base,
    id: row.id,
    revision: row.revision,
    answers,
    provenance: content.provenance,
    intakes: content.intakes,
    parked: content.parked,
    mistyped: content.mistyped,
    walk: walk(pkg.flow, answers, walkOptions(base)),
    session,
    key,
    keyEpoch: row.keyEpoch,
    channel: row.channel as Draft['channel'],
    custody: row.custody as Draft['custody'],
    kept: row.kept,
    factorKind: row.factorKind ?? undefined,
    expiresAt: row.expiresAt ?? undefined,
  };
}

const pinned = new WeakMap<Store, Set<string>>();

/** Keeps an offering's version of the flow for as long as drafts point to it; once a process. */
export async function pinOffering(store: Store, offering: Offering): Promise<void> {
  const done = pinned.get(store) ?? new Set<string>();
  pinned.set(store, done);
  const name = `${offering.municipality.id}/${offering.pkg.hash}`;
  if (done.has(name)) return;
  await pinFlow(store, offering.municipality.id, offering.pkg.hash, offering.service, offering.pkg.documents);
  done.add(name);
}
