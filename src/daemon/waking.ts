// When a pair looks again by itself between its scheduled times: hints that are due later, because a record waits for something,
// and hints that a run left, because a system was down. Hints that no run takes away (an action that a guard withholds) are
// looked at more and more rarely.

import type { Instant } from "../core/ids.ts";
import type { PairFigures } from "../engine/ledger.ts";

type Waiting = Pick<PairFigures, "backlog" | "oldestHint">;

/** Sooner, a system that is down is asked without end; later, what waits for it waits that much longer. */
const FIRST_MS = 2_000;
const MOST_MS = 300_000;

export interface Waking {
  /** After a run. @returns milliseconds until the next look; null: nothing waits. */
  after(waiting: Waiting, now: Instant): number | null;
}

export function createWaking(): Waking {
  let before: Waiting = { backlog: 0, oldestHint: null };
  let pauseMs = FIRST_MS;
  return {
    after(waiting, now) {
      const moved = waiting.backlog !== before.backlog || waiting.oldestHint !== before.oldestHint;
      before = waiting;
      if (waiting.oldestHint === null) return null;
      if (waiting.oldestHint > now) return Math.max(waiting.oldestHint - now, 1_000);
      pauseMs = moved ? FIRST_MS : Math.min(pauseMs * 2, MOST_MS);
      return pauseMs;
    },
  };
}
