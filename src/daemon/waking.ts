// When a pair looks again by itself between its scheduled times: what a run could not do because a system was down or another
// process held the pair, hints that are due later because a record waits for something, and hints that a run left. What no run
// takes away (an action that a guard withholds) is looked at more and more rarely.

import type { Instant } from "../core/ids.ts";
import type { PairFigures } from "../engine/ledger.ts";
import type { RunReport } from "../engine/ports/run.ts";

type Waiting = Pick<PairFigures, "backlog" | "oldestHint">;

/** Sooner, a system that is down is asked without end; later, what waits for it waits that much longer. */
const FIRST_MS = 2_000;
const MOST_MS = 300_000;

/** Reasons that pass by themselves. */
const PASSING: ReadonlySet<string> = new Set(["running", "unreachable", "throttled", "listing-incomplete"]);

/** The run did not do what it was for, and the next try may. */
export function isUnfinished({ outcome, reason }: Pick<RunReport, "outcome" | "reason">): boolean {
  return (outcome === "halted" || outcome === "failed") && reason !== null && PASSING.has(reason);
}

export interface Waking {
  /** After a run. @returns milliseconds until the next look; null: nothing waits. */
  after(unfinished: boolean, waiting: Waiting, now: Instant): number | null;
}

export function createWaking(): Waking {
  let before: Waiting = { backlog: 0, oldestHint: null };
  let since: Instant | null = null;
  return {
    after(unfinished, waiting, now) {
      const moved = waiting.backlog !== before.backlog || waiting.oldestHint !== before.oldestHint;
      before = waiting;
      const isDue = waiting.oldestHint !== null && waiting.oldestHint <= now;
      if (unfinished || isDue) {
        if (since === null || (moved && !unfinished)) since = now;
        // As long again as it has lasted, however many runs there were meanwhile: each webhook makes one.
        return Math.min(Math.max(now - since, FIRST_MS), MOST_MS);
      }
      since = null;
      return waiting.oldestHint === null ? null : Math.max(waiting.oldestHint - now, 1_000);
    },
  };
}
