// What a system allows in all, shared by everybody who talks to the account: pairs, processes, restarts. Four lanes use it; the
// later ones leave something over, so that a first load never stands in the way of an edit.

import type { Instant } from "./ids.ts";

/** Why a call is made, most pressing first. */
export const LANES = ["webhook", "changes", "sweep", "first-load"] as const;
export type Lane = (typeof LANES)[number];

/** How much of a long budget each lane may use up. Larger for the later ones: edits wait for tomorrow's calls; smaller: calls are left unused. */
const SHARE: Readonly<Record<Lane, number>> = { webhook: 1, changes: 0.98, sweep: 0.9, "first-load": 0.8 };

/** Shorter budgets are back soon: there the order of the queue is enough. */
const LONG_MS = 600_000;

export interface BudgetLimit {
  readonly name: string;
  /** Calls in any stretch of `perMs`. */
  readonly count: number;
  readonly perMs: number;
}

interface BudgetTaken {
  /** Calls that may be made now; 0: none. */
  readonly granted: number;
  /** Until some are left again; 0 when any were granted. */
  readonly waitMs: number;
}

/** Kept where all processes see it. */
export interface Budgets {
  /** Takes up to `wanted` calls, for good, while no more than `ceiling` are used. */
  take(system: string, limit: BudgetLimit, wanted: number, ceiling: number): Promise<BudgetTaken>;
  /** Calls that were taken and not made. */
  giveBack(system: string, limit: string, calls: number): Promise<void>;
  /** The system said so: nobody calls before this many milliseconds have passed. */
  hold(system: string, ms: number): Promise<void>;
  /** All limits that were ever asked for. */
  list(): Promise<readonly BudgetRow[]>;
}

export interface BudgetRow {
  readonly system: string;
  readonly limit: string;
  /** Calls in any stretch of `perMs`, and how many of the stretch that ends now are taken. */
  readonly calls: number;
  readonly perMs: number;
  readonly used: number;
  /** Until then the system wants no calls; null: it did not say so. */
  readonly heldUntil: Instant | null;
}

/** What is left of a limit, 0 to 1. */
export function remainingRatio({ calls, used }: BudgetRow): number {
  return calls === 0 ? 0 : Math.max(0, 1 - used / calls);
}

/** One that does not fill again while a run waits for it. */
export function isLong(limit: BudgetLimit): boolean {
  return limit.perMs >= LONG_MS;
}

/** What a lane may use of a limit, in calls. */
export function ceilingOf(limit: BudgetLimit, lane: Lane): number {
  return !isLong(limit) ? limit.count : Math.max(1, Math.floor(limit.count * SHARE[lane]));
}
