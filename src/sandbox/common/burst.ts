// A burst budget: so many requests in any second, the next one is refused until there is room again.

export class Burst {
  readonly #budget: number;
  readonly #now: () => number;
  #times: number[] = [];

  /** @param budget Requests in any one second. */
  constructor(budget: number, now: () => number) {
    this.#budget = budget;
    this.#now = now;
  }

  /** Takes one request from the budget; false: there is none left. A refused request costs nothing. */
  take(): boolean {
    const now = this.#now();
    this.#times = this.#times.filter((time) => now - time < 1000);
    if (this.#times.length >= this.#budget) return false;
    this.#times.push(now);
    return true;
  }
}
