import { expect, test } from "@jest/globals";
import type { Instant } from "../../src/core/ids.ts";
import { createWaking } from "../../src/daemon/waking.ts";

const at = (ms: number): Instant => ms as Instant;
const NOW = at(1_000_000);

test("nothing waits: nothing is asked", () => {
  expect(createWaking().after({ backlog: 0, oldestHint: null }, NOW)).toBeNull();
});

test("what is due later is looked at when it is due", () => {
  expect(createWaking().after({ backlog: 1, oldestHint: at(NOW + 45_000) }, NOW)).toBe(45_000);
});

test("what a run left because a system is down is tried again, each time after twice as long, at most five minutes", () => {
  const waking = createWaking();
  const left = { backlog: 3, oldestHint: at(NOW - 10) };

  const pauses = Array.from({ length: 10 }, () => waking.after(left, NOW));

  expect(pauses).toEqual([2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000, 300_000]);
});

test("whatever moves begins anew", () => {
  const waking = createWaking();
  waking.after({ backlog: 3, oldestHint: at(NOW - 10) }, NOW);
  waking.after({ backlog: 3, oldestHint: at(NOW - 10) }, NOW);

  expect(waking.after({ backlog: 4, oldestHint: at(NOW - 10) }, NOW)).toBe(2_000);
});
