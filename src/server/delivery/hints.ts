/** Hints of receivers that there is news of what waits there. They say nothing themselves: they make the worker ask. */
import { wakeDelivery, type Store } from '#server/store';
import { protocolOf, type DestinationSettings } from './adapters/index.ts';

export interface HintContext {
  readonly store: Store;
  readonly logger: { info(event: 'callback', fields: object): void; warn(event: 'callback_refused', fields: object): void };
  readonly destination: (municipality: string, id: string) => DestinationSettings | undefined;
  /** Something is due now. */
  readonly wake: () => void;
  readonly now?: () => number;
}

/**
 * Takes a hint for the destination `id`: its headers and its raw body. 200 whether it concerned anything or not; 401 for anything that is not from that
 * receiver and fresh. The same hint again only asks again. @throws DatabaseUnavailable
 */
export async function receiveHint(
  { store, logger, destination: settingsOf, wake, now = store.now }: HintContext,
  municipality: { id: string },
  id: string,
  headers: NodeJS.Dict<string | string[]>,
  body: Buffer,
): Promise<{ status: number; body: string }> {
  const settings = settingsOf(municipality.id, id);
  const remotes = settings && protocolOf(settings.adapter).hint?.(settings, headers, body, now());
  if (!remotes) {
    logger.warn('callback_refused', { municipality: municipality.id, status: 401, reason: 'unauthorized' });
    return { status: 401, body: 'unauthorized' };
  }
  let woken = 0;
  for (const remote of remotes) woken += await wakeDelivery(store, municipality.id, id, remote);
  if (woken > 0) wake();
  logger.info('callback', { municipality: municipality.id, destination: id, status: 200, outcome: woken > 0 ? 'asked' : 'ignored' });
  return { status: 200, body: 'ok' };
}
