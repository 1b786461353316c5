// The quick way to a number, held against the slow one: every text of up to fifteen characters, made up with a fixed seed.

import fc from "fast-check";
import { expect, test } from "@jest/globals";

import { exactNumber, plainDecimal, shortDecimal } from "../../src/core/value.ts";

const SEED = 20_260_301;

test("a short decimal is the double that the language itself reads, or is left to the slow way", () => {
  const texts = fc.string({ unit: fc.constantFrom(..."0123456789.-e+ ".split("")), maxLength: 16 });

  fc.assert(
    fc.property(texts, (text) => {
      const short = shortDecimal(text);
      if (short === null) return;
      expect(text).toMatch(/^-?\d+(?:\.\d+)?$/);
      expect(short).toBe(Number(text));
      expect(plainDecimal(String(short))).toBe(plainDecimal(text));
    }),
    { seed: SEED, numRuns: 20_000 },
  );
});

test.each([
  ["0", 0],
  ["00123", 123],
  ["123.10", 123.1],
  ["-0.5", -0.5],
  ["999999999999999", 999_999_999_999_999],
  ["0.0000000000001", 0.000_000_000_000_1],
])("%s is %d", (text, number) => {
  expect(shortDecimal(text)).toBe(number);
  expect(exactNumber(text)).toBe(number);
});

test.each(["", "-", ".", "1.", ".5", "-0", "-0.0", "1e3", "1.2.3", "1234567890123456", " 1"])(
  "%j is left to the slow way",
  (text) => {
    expect(shortDecimal(text)).toBeNull();
  },
);
