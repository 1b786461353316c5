import { expect, test } from "@jest/globals";
import type { Instant } from "../../src/core/ids.ts";
import { createWaking, isUnfinished } from "../../src/daemon/waking.ts";

const at = (ms: number): Instant => ms as Instant;
const NOW = at(1_000_000);

test("nothing waits: nothing is asked", () => {
  expect(createWaking().after(false, { backlog: 0, oldestHint: null }, NOW)).toBeNull();
});

test("what is due later is looked at when it is due", () => {
  expect(createWaking().after(false, { backlog: 1, oldestHint: at(NOW + 45_000) }, NOW)).toBe(45_000);
});

test("what a run left because a system is down is tried again, each time after twice as long, at most five minutes", () => {
  const waking = createWaking();
  const left = { backlog: 3, oldestHint: at(NOW - 10) };
  const times: number[] = [];

  for (let now = NOW, pause = 0; times.length < 10; now = at(now + pause)) {
    pause = waking.after(false, left, now) ?? 0;
    times.push(pause);
  }

  expect(times).toEqual([2_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000]);
});

test("runs that webhooks ask for in between make no pause longer", () => {
  const waking = createWaking();
  const left = { backlog: 3, oldestHint: at(NOW - 10) };

  for (let run = 0; run < 500; run += 1) waking.after(true, left, at(NOW + run));

  expect(waking.after(true, left, at(NOW + 500))).toBe(2_000);
});

test("whatever moves begins anew", () => {
  const waking = createWaking();
  waking.after(false, { backlog: 3, oldestHint: at(NOW - 10) }, NOW);

  expect(waking.after(false, { backlog: 4, oldestHint: at(NOW - 10) }, at(NOW + 60_000))).toBe(2_000);
});

test("a run that could not read is made again, and once it went through all is quiet", () => {
  const waking = createWaking();
  const nothing = { backlog: 0, oldestHint: null };

  expect([NOW, at(NOW + 2_000), at(NOW + 8_000)].map((now) => waking.after(true, nothing, now))).toEqual([
    2_000, 2_000, 8_000,
  ]);
  expect(waking.after(false, nothing, at(NOW + 9_000))).toBeNull();
  expect(waking.after(true, nothing, at(NOW + 10_000))).toBe(2_000);
});

test("what passes by itself is tried again; what waits for a person is not", () => {
  expect(isUnfinished({ outcome: "halted", reason: "running" })).toBe(true);
  expect(isUnfinished({ outcome: "halted", reason: "unreachable" })).toBe(true);
  expect(isUnfinished({ outcome: "halted", reason: "empty-side" })).toBe(false);
  expect(isUnfinished({ outcome: "failed", reason: "auth" })).toBe(false);
  expect(isUnfinished({ outcome: "ok", reason: null })).toBe(false);
});
