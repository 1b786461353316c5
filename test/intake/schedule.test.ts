// When a pair runs by itself: the times that are announced, under a clock of the test's own.

import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { startSchedule, type RunningSchedule } from "../../src/intake/schedule.ts";
import type { PairQueue, RunKind } from "../../src/intake/queue.ts";
import type { Schedule } from "../../src/mapping/mapping.ts";

const open: RunningSchedule[] = [];

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(async () => {
  for (const schedule of open.splice(0)) await schedule.stop();
  jest.useRealTimers();
});

function started(schedule: Schedule, now: string): { readonly schedule: RunningSchedule; readonly asked: RunKind[] } {
  jest.setSystemTime(new Date(now));
  const asked: RunKind[] = [];
  const queue: PairQueue = { ask: (kind) => void asked.push(kind), busy: false, idle: () => Promise.resolve() };
  const running = startSchedule(schedule, queue);
  open.push(running);
  return { schedule: running, asked };
}

describe("every", () => {
  const everyTwoMinutes: Schedule = {
    changes: { everyMs: 120_000 },
    sweep: { everyMs: 600_000 },
    timezone: "UTC",
    webhooks: false,
  };

  test("asks for changes and for sweeps, each in its own time", async () => {
    const { schedule, asked } = started(everyTwoMinutes, "2026-03-01T00:00:00Z");
    expect(schedule.next()).toEqual({ changes: "2026-03-01T00:02:00.000Z", sweep: "2026-03-01T00:10:00.000Z" });

    await jest.advanceTimersByTimeAsync(600_000);

    expect(asked.filter((kind) => kind === "changes")).toHaveLength(5);
    expect(asked.filter((kind) => kind === "sweep")).toHaveLength(1);
    expect(schedule.next().changes).toBe("2026-03-01T00:12:00.000Z");
  });

  test("stopped, it asks for nothing more", async () => {
    const { schedule, asked } = started(everyTwoMinutes, "2026-03-01T00:00:00Z");

    await schedule.stop();
    await jest.advanceTimersByTimeAsync(600_000);

    expect(asked).toEqual([]);
  });

  test("a time too long for a timer does not fire at once", async () => {
    const { asked } = started(
      { changes: { everyMs: 90 * 86_400_000 }, sweep: null, timezone: "UTC", webhooks: false },
      "2026-03-01T00:00:00Z",
    );

    await jest.advanceTimersByTimeAsync(86_400_000);

    expect(asked).toEqual([]);
  });
});

describe("cron", () => {
  const next = (cron: string, timezone: string, now: string): string | null =>
    started({ changes: null, sweep: { cron }, timezone, webhooks: false }, now).schedule.next().sweep;

  test.each([
    ["before the clocks go forward", "2026-03-28T12:00:00Z", "2026-03-29T01:30:00.000Z"],
    ["after they went forward", "2026-03-29T12:00:00Z", "2026-03-30T01:30:00.000Z"],
    ["before they go back", "2026-10-23T12:00:00Z", "2026-10-24T01:30:00.000Z"],
    ["after they went back", "2026-10-25T12:00:00Z", "2026-10-26T02:30:00.000Z"],
  ])("half past three in Vienna stays half past three, %s", (_when, now, expected) => {
    expect(next("30 3 * * *", "Europe/Vienna", now)).toBe(expected);
  });

  test("an hour that the clocks leave out or repeat still has a next run, not before now", () => {
    for (const now of ["2026-03-28T23:30:00Z", "2026-10-24T23:30:00Z", "2026-10-25T00:45:00Z"]) {
      const found = next("30 2 * * *", "Europe/Vienna", now);
      expect(Date.parse(found ?? "")).toBeGreaterThan(Date.parse(now));
      expect(Date.parse(found ?? "") - Date.parse(now)).toBeLessThan(49 * 3_600_000);
    }
  });

  test("no schedule announces nothing", () => {
    expect(
      started({ changes: null, sweep: null, timezone: "UTC", webhooks: false }, "2026-03-01T00:00:00Z").schedule.next(),
    ).toEqual({ changes: null, sweep: null });
  });
});
