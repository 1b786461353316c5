// A Limiter whose rates are shared: calls are taken from the common budget a handful at a time, before the turn in this process
// is waited for. Where the common budget cannot be asked, this process keeps to its own count: without the state nothing is
// written anyway.

import { ceilingOf, LANES, type BudgetLimit, type Budgets, type Lane } from "../core/budget.ts";
import type { Clock, Log } from "./clock.ts";
import type { Limiter, Turn } from "./limits.ts";

export interface SharedLimits {
  readonly system: string;
  readonly rates: readonly BudgetLimit[];
  readonly budgets: Budgets;
  readonly clock: Clock;
  readonly log: Log;
  /** Longest wait for a turn, in milliseconds. */
  readonly waitMaxMs: number;
  lane(): Lane;
  waited(reason: string, ms: number): void;
}

/** Calls taken at once. More: other processes and lanes find less; fewer: the state is asked more often. */
const HANDFUL_MAX = 50;
const HANDFULS = 50;

/** A hold that is over before the others could read of it is not told. */
const HOLD_TOLD_MS = 1000;

export function shareLimiter(local: Limiter, options: SharedLimits): Limiter & { close(): Promise<void> } {
  const { system, budgets, clock } = options;
  const purses = options.rates.map((limit) => new Purse(limit, options));
  const tell = (heldMs: number): void => {
    if (heldMs >= HOLD_TOLD_MS) void budgets.hold(system, heldMs).catch((error: unknown) => untold(options, error));
  };
  return {
    async turn(signal, rank) {
      const lane = options.lane();
      let waitedMs = 0;
      for (const purse of purses) {
        for (;;) {
          const waitMs = await purse.spend(lane);
          if (waitMs === 0) break;
          if (waitedMs + waitMs > options.waitMaxMs || signal.aborted)
            return { kind: "throttled", retryAfterMs: waitMs, reason: purse.name } satisfies Turn;
          options.waited(purse.name, waitMs);
          await clock.sleep(waitMs, signal);
          waitedMs += waitMs;
        }
      }
      return local.turn(signal, rank ?? LANES.indexOf(lane));
    },
    holdFor(ms) {
      local.holdFor(ms);
      tell(ms);
    },
    learn(headers) {
      const heldMs = local.learn(headers);
      tell(heldMs);
      return heldMs;
    },
    async close() {
      for (const purse of purses) await purse.giveBack();
    },
  };
}

/** Calls of one limit that were taken and are not spent yet. */
class Purse {
  readonly name: string;
  readonly #limit: BudgetLimit;
  readonly #options: SharedLimits;
  #left = 0;
  #filling: Promise<number> | null = null;

  constructor(limit: BudgetLimit, options: SharedLimits) {
    this.name = limit.name;
    this.#limit = limit;
    this.#options = options;
  }

  /** @returns 0 when one was spent, else the milliseconds until there may be one. */
  async spend(lane: Lane): Promise<number> {
    while (this.#left === 0) {
      this.#filling ??= this.#fill(lane).finally(() => {
        this.#filling = null;
      });
      const waitMs = await this.#filling;
      if (waitMs > 0) return waitMs;
    }
    this.#left -= 1;
    return 0;
  }

  async #fill(lane: Lane): Promise<number> {
    const limit = this.#limit;
    const { system, budgets } = this.#options;
    const handful = Math.min(HANDFUL_MAX, Math.max(1, Math.floor(limit.count / HANDFULS)));
    try {
      const { granted, waitMs } = await budgets.take(system, limit, handful, ceilingOf(limit, lane));
      this.#left += granted;
      return granted > 0 ? 0 : Math.max(1, waitMs);
    } catch (error) {
      untold(this.#options, error);
      this.#left += 1;
      return 0;
    }
  }

  async giveBack(): Promise<void> {
    const calls = this.#left;
    this.#left = 0;
    if (calls === 0) return;
    const { system, budgets } = this.#options;
    await budgets.giveBack(system, this.name, calls).catch((error: unknown) => untold(this.#options, error));
  }
}

function untold({ system, log }: SharedLimits, error: unknown): void {
  log.debug("the shared budget was not reached", { system, error: String(error) });
}
