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

  const pauses = Array.from({ length: 10 }, () => waking.after(false, left, NOW));

  expect(pauses).toEqual([2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000, 300_000]);
});

test("whatever moves begins anew", () => {
  const waking = createWaking();
  waking.after(false, { backlog: 3, oldestHint: at(NOW - 10) }, NOW);
  waking.after(false, { backlog: 3, oldestHint: at(NOW - 10) }, NOW);

  expect(waking.after(false, { backlog: 4, oldestHint: at(NOW - 10) }, NOW)).toBe(2_000);
});

test("a run that could not read is made again, sooner at first, and once it went through all is quiet", () => {
  const waking = createWaking();
  const nothing = { backlog: 0, oldestHint: null };

  expect([true, true, true].map((unfinished) => waking.after(unfinished, nothing, NOW))).toEqual([2_000, 4_000, 8_000]);
  expect(waking.after(false, nothing, NOW)).toBeNull();
  expect(waking.after(true, nothing, NOW)).toBe(2_000);
});

test("what passes by itself is tried again; what waits for a person is not", () => {
  expect(isUnfinished({ outcome: "halted", reason: "running" })).toBe(true);
  expect(isUnfinished({ outcome: "halted", reason: "unreachable" })).toBe(true);
  expect(isUnfinished({ outcome: "halted", reason: "empty-side" })).toBe(false);
  expect(isUnfinished({ outcome: "failed", reason: "auth" })).toBe(false);
  expect(isUnfinished({ outcome: "ok", reason: null })).toBe(false);
});
