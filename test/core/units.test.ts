// The small notations of the files: what each text means, and that nothing else is taken for one.

import { describe, expect, test } from "@jest/globals";
import { parseDuration, parseFraction, parseRate } from "../../src/core/units.ts";

describe("durations", () => {
  test.each([
    ["500ms", 500],
    ["30s", 30_000],
    ["5m", 300_000],
    ["2h", 7_200_000],
    ["7d", 604_800_000],
    ["1.5h", 5_400_000],
    ["0s", 0],
    ["", null],
    ["30", null],
    ["s", null],
    ["-5s", null],
    ["5 m", null],
    ["1w", null],
  ])("%j is %j ms", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });
});

describe("rates", () => {
  test.each([
    ["190/10s", { count: 190, perMs: 10_000 }],
    ["400000/d", { count: 400_000, perMs: 86_400_000 }],
    ["1/500ms", { count: 1, perMs: 500 }],
    ["0/s", null],
    ["10/0s", null],
    ["10", null],
    ["10/s/s", null],
    ["ten/s", null],
  ])("%j is %j", (text, rate) => {
    expect(parseRate(text)).toEqual(rate);
  });
});

describe("fractions", () => {
  test.each([
    ["10%", 0.1],
    ["0.5%", 0.005],
    ["150%", 1.5],
    [0.1, 0.1],
    ["0.25", 0.25],
    ["-1%", null],
    [-0.1, null],
    [Number.NaN, null],
    ["ten", null],
  ])("%j is %j", (value, fraction) => {
    expect(parseFraction(value)).toBe(fraction);
  });
});
