/** What receivers signed about a delivery, kept sealed: proof that it arrived, or why it did not. Only added, never changed. */
import type { Store } from './pool.ts';

export interface Proof {
  /** The receiver's own id of it: the same one twice is kept once. */
  sourceId: string;
  kind: string;
  /** Sealed with purpose `proof:<delivery>:<sourceId>`, revision 0. */
  sealed: Buffer;
}

export async function keepProof(store: Store, municipality: string, delivery: string, { sourceId, kind, sealed }: Proof): Promise<void> {
  await store.transaction(municipality, (tx) =>
    tx.query(
      'proof-keep',
      `insert into delivery_proof (municipality, delivery_id, source_id, kind, sealed) values ($1, $2, $3, $4, $5)
       on conflict (municipality, delivery_id, source_id) do nothing`,
      [municipality, delivery, sourceId, kind, sealed],
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
