/** Proof that the log of access is as it was written: nothing altered, taken out, put in or moved. */
import { accessHeads, accessRows, type AccessHead, type Store } from '#server/store';
import { GENESIS, rowHash } from './chain.ts';

/**
 * `missing`: a number is left out. `altered`: the row says something else than its hash. `unlinked`: it does not follow the row before it.
 * `cut`: rows are missing at the end, or there are more than the chain knows. `rewritten`: the row is not the one that was noted down earlier.
 */
export type ChainRule = 'missing' | 'altered' | 'unlinked' | 'cut' | 'rewritten';

export interface Chain {
  readonly municipality: string;
  readonly rows: number;
  /** Hex of the newest row's hash: noted down elsewhere, it shows later that nobody wrote the whole chain anew. */
  readonly head: string;
  /** The first row that is wrong. */
  readonly bad?: { readonly n: number; readonly rule: ChainRule };
}

const AT_ONCE = 1_000;

/** Where every municipality's chain ends, at this moment. */
export const chains = (store: Store): Promise<AccessHead[]> => accessHeads(store);

/**
 * Walks one chain from its first row to where it ended when `head` was read; rows that come meanwhile are for the next time. `noted`: a row's number
 * and hash from an earlier proof.
 */
export async function verifyChain(
  store: Store,
  { municipality, n: last, hash: end }: AccessHead,
  noted?: { readonly n: number; readonly hash: string },
): Promise<Chain> {
  let previous: Buffer = GENESIS;
  let at = 0;
  const told = (bad?: Chain['bad']): Chain => ({ municipality, rows: at, head: previous.toString('hex'), ...(bad && { bad }) });
  for (let page = await accessRows(store, municipality, '0', AT_ONCE); page.length > 0;) {
    for (const row of page) {
      const n = Number(row.n);
      if (n > Number(last)) return end.equals(previous) ? told() : told({ n, rule: 'cut' });
      if (n !== at + 1) return told({ n: at + 1, rule: 'missing' });
      if (!row.hash.equals(rowHash(municipality, row))) return told({ n, rule: 'altered' });
      if (!row.previous.equals(previous)) return told({ n, rule: 'unlinked' });
      if (noted?.n === n && noted.hash !== row.hash.toString('hex')) return told({ n, rule: 'rewritten' });
      previous = row.hash;
      at = n;
    }
    page = await accessRows(store, municipality, String(at), AT_ONCE);
  }
  if (at !== Number(last) || !end.equals(previous) || (noted && noted.n > at)) return told({ n: at + 1, rule: 'cut' });
  return told();
}
