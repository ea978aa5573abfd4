/** Tells the portal what happens to a case: signed status call-backs (`status-callback.v1`), repeated until the portal takes them. */
import { randomUUID } from 'node:crypto';
import type { FaultSwitch } from './faults.ts';
import type { Inbox, ReceivedCase } from './inbox.ts';
import { post } from './post.ts';
import { signed } from './signature.ts';

export const STATUSES = {
  received: 'Eingegangen',
  in_progress: 'In Bearbeitung',
  information_requested: 'Unterlagen nachgefordert',
  decided: 'Entschieden',
} as const;

export type Status = keyof typeof STATUSES;

/** The one status that says nothing without a text: nobody can answer a question that is not asked. */
export const ASKING: Status = 'information_requested';

const MOST_TRIES = 12;
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 60_000;

export class Reporter {
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #inbox: Inbox;
  readonly #secret: string;
  readonly #faults: FaultSwitch;

  constructor(inbox: Inbox, secret: string, faults: FaultSwitch) {
    this.#inbox = inbox;
    this.#secret = secret;
    this.#faults = faults;
  }

  /** News about a case, after `delay` milliseconds. */
  tell(about: ReceivedCase, status: Status, { delay = 0, text }: { delay?: number; text?: string } = {}): void {
    this.#later(delay, () => this.#send(about, { eventId: randomUUID(), status, at: new Date().toISOString(), ...(text && { text }) }, 0));
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  async #send(about: ReceivedCase, news: { eventId: string; status: Status; at: string; text?: string }, tries: number): Promise<void> {
    const body = Buffer.from(JSON.stringify({ type: 'status', id: about.key, ...news }));
    const fault = this.#faults.take('callback');
    const secret = fault === 'wrong-signature' ? 'this-is-not-the-shared-secret' : this.#secret;
    const call = () =>
      post(about.callback, { 'content-type': 'application/json', ...signed(secret, news.eventId, body) }, body).catch(() => 0);
    if (fault === 'duplicate-callback') await call();
    if ((await call()) === 200) {
      const { status, at, text } = news;
      this.#inbox.told(about.key, { status, at, ...(text && { text }) });
    } else if (tries < MOST_TRIES) this.#later(Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** tries), () => this.#send(about, news, tries + 1));
  }

  #later(milliseconds: number, work: () => Promise<void>): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      void work();
    }, milliseconds);
    this.#timers.add(timer);
  }
}
