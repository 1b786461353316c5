// When a pair runs by itself. `every 2m` counts from the end of the last tick on a monotonic timer, so a change of the wall
// clock neither bursts nor starves it; `cron …` is node-cron's, in the pair's time zone, which knows daylight saving.

import cron from "node-cron";
import type { Instant } from "../core/ids.ts";
import type { Schedule, ScheduleEntry } from "../mapping/mapping.ts";
import type { PairQueue } from "./queue.ts";

export interface RunningSchedule {
  /** ISO times of the next ticks; null: none is scheduled. */
  next(): { readonly changes: string | null; readonly sweep: string | null };
  stop(): Promise<void>;
}

interface Ticker {
  next(): string | null;
  stop(): Promise<void>;
}

/** Longer delays overflow a timer and would fire at once. */
const DELAY_MAX_MS = 2_147_483_647;

export function startSchedule(schedule: Schedule, queue: PairQueue): RunningSchedule {
  const changes =
    schedule.changes === null ? null : startTicker(schedule.changes, schedule.timezone, () => queue.ask("changes"));
  const sweep =
    schedule.sweep === null ? null : startTicker(schedule.sweep, schedule.timezone, () => queue.ask("sweep"));
  return {
    next: () => ({ changes: changes?.next() ?? null, sweep: sweep?.next() ?? null }),
    stop: async () => {
      await Promise.all([changes?.stop(), sweep?.stop()]);
    },
  };
}

/**
 * When a daemon would run a pair next; `every` counts from the last run's end.
 * @param ended Of the last run and the last sweep; null: never.
 */
export async function nextRuns(
  schedule: Schedule,
  ended: { readonly changes: Instant | null; readonly sweep: Instant | null },
): Promise<ReturnType<RunningSchedule["next"]>> {
  const never: PairQueue = { ask: () => undefined, busy: false, idle: () => Promise.resolve() };
  const running = startSchedule(schedule, never);
  const byClock = running.next();
  await running.stop();
  const next = (entry: ScheduleEntry | null, last: Instant | null, clock: string | null): string | null =>
    entry === null || "cron" in entry || last === null ? clock : new Date(last + entry.everyMs).toISOString();
  return {
    changes: next(schedule.changes, ended.changes, byClock.changes),
    sweep: next(schedule.sweep, ended.sweep, byClock.sweep),
  };
}

function startTicker(entry: ScheduleEntry, timezone: string, tick: () => void): Ticker {
  return "cron" in entry
    ? cronTicker(entry.cron, timezone, tick)
    : intervalTicker(Math.min(entry.everyMs, DELAY_MAX_MS), tick);
}

function intervalTicker(everyMs: number, tick: () => void): Ticker {
  let due = Date.now() + everyMs;
  const timer = setInterval(() => {
    due = Date.now() + everyMs;
    tick();
  }, everyMs);
  return {
    next: () => new Date(due).toISOString(),
    stop: async () => clearInterval(timer),
  };
}

function cronTicker(expression: string, timezone: string, tick: () => void): Ticker {
  // A tick missed while the machine slept is not made up for: the next one looks at everything since.
  const task = cron.createTask(expression, tick, { timezone, noOverlap: true, suppressMissedWarning: true });
  void task.start();
  return {
    next: () => task.getNextRun()?.toISOString() ?? null,
    stop: async () => {
      await task.destroy();
    },
  };
}
