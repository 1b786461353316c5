// Budgets counted in cost instead of calls: each answer tells what its request cost, what is left, and how fast it fills again.
// A call waits until what it cost the last time is there; what calls under way will cost is set aside for them. The figures are
// the system's own, so several processes that share an account keep to one budget without talking to each other.

import { valueAt, type Path } from "../core/path.ts";
import { digitsOf, type Value } from "../core/value.ts";
import type { Clock } from "./clock.ts";
import { parseInstant } from "./instant.ts";

export interface CostLimit {
  readonly name: string;
  /** What the request cost. */
  readonly at: Path;
  readonly available: Path;
  /** The full budget: a path or the figure itself; null: not told. */
  readonly maximum: Path | number | null;
  /** Per second. */
  readonly restoreRate: Path | number | null;
  /** When it is full again. */
  readonly resets: Path | null;
}

export interface CostOptions {
  readonly clock: Clock;
  /** Longest wait for a turn, in milliseconds. */
  readonly waitMaxMs: number;
  waited(this: void, reason: string, ms: number): void;
}

type CostTurn =
  | { readonly kind: "go"; learn(body: Value): void; release(): void }
  | { readonly kind: "throttled"; readonly retryAfterMs: number; readonly reason: string };

export interface CostBudgets {
  /** @param request Which request it is: its cost is remembered. */
  turn(request: object, signal: AbortSignal): Promise<CostTurn>;
}

export function createCostBudgets(
  limits: readonly CostLimit[],
  { clock, waitMaxMs, waited }: CostOptions,
): CostBudgets {
  const budgets = limits.map((limit) => new CostBudget(limit));
  return {
    async turn(request, signal) {
      let waitedMs = 0;
      for (;;) {
        const waits = budgets.map((budget) => ({ ms: budget.waitMs(request, clock.now()), reason: budget.name }));
        const longest = waits.reduce((a, b) => (b.ms > a.ms ? b : a), { ms: 0, reason: "" });
        if (longest.ms === 0) break;
        if (waitedMs + longest.ms > waitMaxMs || signal.aborted)
          return { kind: "throttled", retryAfterMs: longest.ms, reason: longest.reason };
        waited(longest.reason, longest.ms);
        await clock.sleep(longest.ms, signal);
        waitedMs += longest.ms;
      }
      const releases = budgets.map((budget) => budget.setAside(request));
      return {
        kind: "go",
        learn(body) {
          for (const budget of budgets) budget.learn(request, body, clock.now());
        },
        release() {
          for (const release of releases) release();
        },
      };
    },
  };
}

class CostBudget {
  readonly name: string;
  readonly #limit: CostLimit;
  /** What each request cost the last time. */
  readonly #costs = new WeakMap<object, number>();
  #available = Number.POSITIVE_INFINITY;
  #at = 0;
  #maximum = Number.POSITIVE_INFINITY;
  #perSecond = 0;
  #resetsAt: number | null = null;
  #setAside = 0;

  constructor(limit: CostLimit) {
    this.name = limit.name;
    this.#limit = limit;
    if (typeof limit.maximum === "number") this.#maximum = limit.maximum;
    if (typeof limit.restoreRate === "number") this.#perSecond = limit.restoreRate;
  }

  waitMs(request: object, now: number): number {
    // A request that costs more than there ever is would wait for ever: the system is to refuse it.
    const cost = Math.min(this.#costs.get(request) ?? 1, this.#maximum);
    const missing = cost - (this.#left(now) - this.#setAside);
    if (missing <= 0) return 0;
    // What is set aside comes back with the answers, which then say how much there is.
    if (this.#perSecond > 0) return Math.max(1, Math.ceil((missing / this.#perSecond) * 1000));
    return this.#resetsAt === null ? 0 : Math.max(0, this.#resetsAt - now);
  }

  setAside(request: object): () => void {
    const cost = this.#costs.get(request) ?? 1;
    this.#setAside += cost;
    let released = false;
    return () => {
      if (!released) this.#setAside -= cost;
      released = true;
    };
  }

  learn(request: object, body: Value, now: number): void {
    const { at, available, maximum, restoreRate, resets } = this.#limit;
    const cost = numberAt(body, at);
    if (cost !== null) this.#costs.set(request, cost);
    const left = numberAt(body, available);
    if (left === null) return;
    this.#available = left;
    this.#at = now;
    if (typeof maximum === "object" && maximum !== null) this.#maximum = numberAt(body, maximum) ?? this.#maximum;
    if (typeof restoreRate === "object" && restoreRate !== null)
      this.#perSecond = numberAt(body, restoreRate) ?? this.#perSecond;
    this.#resetsAt = resets === null ? null : parseInstant(valueAt(body, resets));
  }

  #left(now: number): number {
    if (this.#resetsAt !== null && now >= this.#resetsAt) return this.#maximum;
    return Math.min(this.#maximum, this.#available + (Math.max(0, now - this.#at) / 1000) * this.#perSecond);
  }
}

function numberAt(body: Value, path: Path): number | null {
  const value = valueAt(body, path);
  const number = Number(
    typeof value === "string" ? value || "x" : value === undefined ? "x" : (digitsOf(value) ?? "x"),
  );
  return Number.isFinite(number) ? number : null;
}
