/**
 * States that wait to be explored. What shows something new is carried straight to the end of the flow first; then comes what was new elsewhere, then
 * everything else, each time at the page that was left least often: so early and late pages get their share even where a flow has to be cut.
 */
export interface Waiting {
  /** Page it stands at. */
  readonly page: string;
  /** 2: reached a page or decided an expression in a way never seen; 1: answers with a value never tried; 0: nothing new. */
  readonly news: 0 | 1 | 2;
}

export class Frontier<S extends Waiting> {
  readonly #waiting = [0, 1, 2].map(() => new Map<string, S[]>());
  readonly #left = new Map<string, number>();
  #carried: S | undefined;

  add(state: S): void {
    const waiting = this.#waiting[state.news]!;
    const known = waiting.get(state.page);
    if (known) known.push(state);
    else waiting.set(state.page, [state]);
  }

  /** The state to go on with at once. */
  carry(state: S | undefined): void {
    this.#carried = state;
  }

  get empty(): boolean {
    return this.#carried === undefined && this.#waiting.every((waiting) => waiting.size === 0);
  }

  /** The next state, and whether it is to be carried to the end. */
  take(): { state: S; carried: boolean } | undefined {
    const under = this.#carried;
    this.#carried = undefined;
    const state = under ?? this.#pick(2) ?? this.#pick(1) ?? this.#pick(0);
    if (!state) return undefined;
    this.#left.set(state.page, this.#count(state.page) + 1);
    return { state, carried: under !== undefined || state.news > 0 };
  }

  #count(page: string): number {
    return this.#left.get(page) ?? 0;
  }

  #pick(news: number): S | undefined {
    const waiting = this.#waiting[news]!;
    let best: string | undefined;
    for (const page of waiting.keys()) if (best === undefined || this.#count(page) < this.#count(best)) best = page;
    if (best === undefined) return undefined;
    const states = waiting.get(best)!;
    // Of what is new the oldest. Else mostly the newest, which leads deep; now and then the oldest, so that early decisions are varied, too.
    const state = news > 0 || this.#count(best) % 4 === 3 ? states.shift() : states.pop();
    if (states.length === 0) waiting.delete(best);
    return state;
  }
}
