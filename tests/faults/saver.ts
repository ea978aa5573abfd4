/** A citizen who saves one page again and again, sends again what got no answer, and remembers what was acknowledged. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { run, type Pairs } from '../travel.ts';
import { hidden, PlainBrowser, type Answer } from '../portal.ts';
import { sofa, type FaultWorld } from './world.ts';

const PAGE = '/de/apply/bulky-waste/accessNotes';
const FIELD = 'pickup.notes';

export class Saver {
  readonly #browser: PlainBrowser;
  readonly #name: string;
  /** What was acknowledged, in order. */
  readonly acknowledged: string[] = [];
  /** What the citizen met instead of a page. */
  readonly lost: { unanswered: number; unavailable: Answer[] } = { unanswered: 0, unavailable: [] };
  #revision = '';
  #base = 0;

  private constructor(browser: PlainBrowser, name: string) {
    this.#browser = browser;
    this.#name = name;
  }

  /** A citizen who has come as far as the page that is saved. */
  static async at(world: FaultWorld, name: string): Promise<Saver> {
    const browser = new PlainBrowser(world.port);
    const saver = new Saver(browser, name);
    const { last } = await run(browser, sofa, (step) => step.path === 'accessNotes');
    saver.#revision = hidden(last.body, '_revision')!;
    saver.#base = Number.parseInt(saver.#revision, 10);
    return saver;
  }

  get application(): string {
    return this.#revision.split('.')[1]!;
  }

  /** Saves until told to stop. Each text is sent until a page says that it is saved, always as the same form. */
  async saveWhile(going: () => boolean): Promise<void> {
    while (going()) {
      const text = `${this.#name} note ${this.acknowledged.length + 1}`;
      const form: Pairs = [
        ['_revision', this.#revision],
        [FIELD, text],
      ];
      const saved = await this.#insist(() => this.#browser.send(PAGE, form));
      expect([saved.status, saved.location]).toEqual([303, '/de/apply/bulky-waste/earlierPickups']);
      this.acknowledged.push(text);
      this.#revision = hidden((await this.#insist(() => this.#browser.send(PAGE))).body, '_revision')!;
    }
  }

  /** Sends until it is answered by a page of the application. */
  async #insist(send: () => Promise<Answer>): Promise<Answer> {
    for (const deadline = Date.now() + 30_000; Date.now() < deadline; await sleep(40)) {
      try {
        const answer = await send();
        if (answer.status !== 503) return answer;
        this.lost.unavailable.push(answer);
      } catch {
        this.lost.unanswered += 1;
      }
    }
    throw new Error('no answer for half a minute');
  }

  /** Everything acknowledged is there: the last text is shown, and the revision counts each of them once. */
  async check(world: FaultWorld): Promise<void> {
    const page = await this.#browser.send(PAGE);
    expect(page.status).toBe(200);
    expect(/<textarea[^>]*>([^<]*)<\/textarea>/.exec(page.body)?.[1]).toBe(this.acknowledged.at(-1));
    const [row] = await world.sql<{ revision: number; saves: number }>(
      `select a.revision, (select count(*)::int from audit where subject = a.id::text and action = 'save') as saves from application a where a.id = $1`,
      [this.application],
    );
    expect(row).toEqual({ revision: this.#base + this.acknowledged.length, saves: this.#base + this.acknowledged.length - 1 });
  }
}
