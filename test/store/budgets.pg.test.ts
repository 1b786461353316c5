// Calls that are shared by everybody who talks to an account.

import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { setTimeout as wait } from "node:timers/promises";
import { shareLimiter } from "../../src/connector/shared-limits.ts";
import { createLimiter } from "../../src/connector/limits.ts";
import type { Budgets, Lane } from "../../src/core/budget.ts";
import { systemClock } from "../../src/daemon/system-ports.ts";
import { openBudgets } from "../../src/store/budgets.ts";
import type { Database } from "../../src/store/database.ts";
import { startTestDatabase, type TestDatabase } from "./server.ts";

const DAY = { name: "daily", count: 100, perMs: 86_400_000 };

let server: TestDatabase;
let database: Database;
let budgets: Budgets;
let other: Budgets;

beforeAll(async () => {
  server = await startTestDatabase();
  database = server.database;
  budgets = openBudgets(database);
  other = openBudgets(database);
});

afterAll(() => server.stop());

describe("takings", () => {
  test("two processes that take at the same moment never get more than the limit together", async () => {
    const asked = Array.from({ length: 40 }, (_, index) =>
      (index % 2 === 0 ? budgets : other).take("crm", DAY, 7, DAY.count),
    );

    const granted = (await Promise.all(asked)).reduce((sum, taken) => sum + taken.granted, 0);

    expect(granted).toBe(100);
  });

  test("what is used up is said with the time until some is left again", async () => {
    const { granted, waitMs } = await other.take("crm", DAY, 1, DAY.count);

    expect(granted).toBe(0);
    expect(waitMs).toBeGreaterThan(86_000_000);
    expect(waitMs).toBeLessThanOrEqual(86_400_000);
  });

  test("what was not used is given back and can be taken by another", async () => {
    await budgets.giveBack("crm", "daily", 9);

    expect(await other.take("crm", DAY, 20, DAY.count)).toEqual({ granted: 9, waitMs: 0 });
  });

  test("a stretch that has passed is free again", async () => {
    const short = { name: "burst", count: 5, perMs: 150 };
    expect(await budgets.take("short", short, 9, 5)).toEqual({ granted: 5, waitMs: 0 });
    const { granted, waitMs } = await budgets.take("short", short, 9, 5);
    expect(granted).toBe(0);

    await wait(waitMs + 5);

    expect((await budgets.take("short", short, 9, 5)).granted).toBe(5);
  });

  test("a hold that one process was told of holds all", async () => {
    await budgets.take("held", DAY, 1, DAY.count);
    await budgets.hold("held", 60_000);

    const { granted, waitMs } = await other.take("held", DAY, 1, DAY.count);

    expect(granted).toBe(0);
    expect(waitMs).toBeGreaterThan(50_000);
    expect((await other.list()).find((row) => row.system === "held")?.heldUntil).not.toBeNull();
  });

  test("the list tells what is used of each limit", async () => {
    const rows = await budgets.list();

    expect(rows.find((row) => row.system === "crm")).toEqual({
      system: "crm",
      limit: "daily",
      calls: 100,
      perMs: 86_400_000,
      used: 100,
      heldUntil: null,
    });
  });
});

describe("lanes", () => {
  const limiterOf = (system: string, lane: () => Lane, shared = budgets) => {
    const waited = (): void => undefined;
    const local = createLimiter({ rates: [DAY], concurrency: 1, clock: systemClock, waitMaxMs: 50, waited });
    return shareLimiter(local, {
      system,
      rates: [DAY],
      budgets: shared,
      lane,
      clock: systemClock,
      log: { warn: () => undefined, debug: () => undefined },
      waitMaxMs: 50,
      waited,
    });
  };
  const { signal } = new AbortController();

  const callsUntilThrottled = async (limiter: ReturnType<typeof limiterOf>): Promise<number> => {
    for (let calls = 0; ; calls += 1) {
      const turn = await limiter.turn(signal);
      if (turn.kind === "throttled") return calls;
      turn.release();
    }
  };

  test("a first load leaves a fifth of a day's calls, a sweep a tenth, changes a little, for an edit's webhook", async () => {
    let lane: Lane = "first-load";
    const limiter = limiterOf("lanes", () => lane);

    const counts: number[] = [];
    for (lane of ["first-load", "sweep", "changes", "webhook"] as const)
      counts.push(await callsUntilThrottled(limiter));

    expect(counts).toEqual([80, 10, 8, 2]);
  });

  test("of those who wait for a seat the webhook goes before the sweep that asked first", async () => {
    let lane: Lane = "changes";
    const limiter = limiterOf("seats", () => lane);
    const first = await limiter.turn(signal);
    const order: string[] = [];
    const wish = async (name: Lane): Promise<void> => {
      lane = name;
      const turn = await limiter.turn(signal);
      order.push(name);
      if (turn.kind === "go") turn.release();
    };
    const wishes: Promise<void>[] = [];
    for (const name of ["first-load", "sweep", "webhook"] as const) {
      wishes.push(wish(name));
      await wait(30);
    }

    if (first.kind === "go") first.release();
    await Promise.all(wishes);

    expect(order).toEqual(["webhook", "sweep", "first-load"]);
  });

  test("what a process took and did not use is given back when it ends", async () => {
    const limiter = limiterOf("closing", () => "changes");
    const turn = await limiter.turn(signal);
    if (turn.kind === "go") turn.release();

    await limiter.close();

    expect((await budgets.list()).find((row) => row.system === "closing")?.used).toBe(1);
  });

  test("while the state cannot be reached, the process keeps to its own count", async () => {
    const down = (): Promise<never> => Promise.reject(new Error("the database is away"));
    const limiter = limiterOf("down", () => "changes", { take: down, giveBack: down, hold: down, list: down });

    expect(await callsUntilThrottled(limiter)).toBe(100);
  });
});
