/** What receivers signed about a delivery, kept sealed: proof that it arrived, or why it did not. Only added, never changed. */
import type { Store } from './pool.ts';

export interface Proof {
  /** The receiver's own id of it: the same one twice is kept once. */
  sourceId: string;
  kind: string;
  /** Sealed with purpose `proof:<delivery>:<sourceId>`, revision 0. */
  sealed: Buffer;
}

export async function keepProofs(store: Store, municipality: string, delivery: string, proofs: readonly Proof[]): Promise<void> {
  await store.transaction(municipality, (tx) =>
    tx.query(
      'proofs-keep',
      `insert into delivery_proof (municipality, delivery_id, source_id, kind, sealed)
       select $1, $2, p.source_id, p.kind, p.sealed from unnest($3::text[], $4::text[], $5::bytea[]) with ordinality as p (source_id, kind, sealed, n)
       order by p.n on conflict (municipality, delivery_id, source_id) do nothing`,
      [municipality, delivery, proofs.map((one) => one.sourceId), proofs.map((one) => one.kind), proofs.map((one) => one.sealed)],
    ),
  );
}

/** What is kept about a delivery, in the order in which it came. */
export async function keptProofs(store: Store, municipality: string, delivery: string): Promise<(Proof & { recordedAt: Date })[]> {
  return store.transaction(municipality, (tx) =>
    tx.query<Proof & { recordedAt: Date }>(
      'proof-list',
      `select source_id as "sourceId", kind, sealed, recorded_at as "recordedAt" from delivery_proof
       where municipality = $1 and delivery_id = $2 order by id`,
      [municipality, delivery],
    ),
  );
}
