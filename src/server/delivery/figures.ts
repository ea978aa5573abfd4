/** The figures of the equation for pages and metrics. They count every delivery, so readers that come close together share one look. */
import { deliveryFigures, type DeliveryFigures, type Store } from '#server/store';

export interface Figures {
  /** Read now, or a moment ago. @throws DatabaseUnavailable */
  readonly read: () => Promise<readonly DeliveryFigures[]>;
  /** Somebody changed something here: the next reader looks anew. */
  readonly forget: () => void;
}

/** `keep`: milliseconds. */
export function createFigures(store: Store, keep = 1_000): Figures {
  let kept: { at: number; rows: Promise<readonly DeliveryFigures[]> } | undefined;
  return {
    read: () => {
      if (!kept || performance.now() - kept.at > keep) {
        const looked = { at: performance.now(), rows: deliveryFigures(store) };
        looked.rows.catch(() => kept === looked && (kept = undefined));
        kept = looked;
      }
      return kept.rows;
    },
    forget: () => void (kept = undefined),
  };
}
