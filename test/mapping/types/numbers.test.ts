// integer, decimal, money, percent, boolean: a table of what each reads and writes, and of what counts as equal.

import { describe, expect, test } from "@jest/globals";

import type { Value } from "../../../src/core/value.ts";
import { compiled, exact, read, same } from "./compiled.ts";

const invalid = { invalid: expect.any(String) };
const GROSS = { decimal: { scale: 2, times: "1.19" } };
const COMMA = { decimal: { point: ",", group: "." } };

const READ: readonly (readonly [spec: unknown, raw: Value, value: unknown])[] = [
  ["integer", 42, 42],
  ["integer", "-007", -7],
  ["integer", "12345678901234567890", exact("12345678901234567890")],
  ["integer", exact("12345678901234567890"), exact("12345678901234567890")],
  ["integer", "5.00", 5],
  ["integer", -0, 0],
  ["integer", 5.5, { invalid: "5.5 is not a whole number" }],
  ["integer", "five", invalid],
  ["integer", "", invalid],
  ["integer", true, invalid],
  ["decimal", "10.50", 10.5],
  ["decimal", "0.1234567890123456789", exact("0.1234567890123456789")],
  ["decimal", ".5", 0.5],
  ["decimal", "-0.00", 0],
  ["decimal", "+1.5", 1.5],
  ["decimal", "1e3", 1000],
  ["decimal", "1,5", invalid],
  ["decimal", "NaN", invalid],
  ["decimal", "", invalid],
  ["decimal", "9".repeat(500), invalid],
  [{ decimal: 2 }, 1.005, 1.005],
  [GROSS, 119, 100],
  [GROSS, 100, exact("84.0336134453781512605042")],
  [{ decimal: { times: "100" } }, 1234, 12.34],
  [COMMA, "1.234,50", 1234.5],
  [COMMA, "1234,5", 1234.5],
  [COMMA, "1.5", invalid],
  [COMMA, 1.5, 1.5],
  ["money", 12.34, 12.34],
  ["money", { amount: "12.340", currency: "eur" }, { amount: 12.34, currency: "EUR" }],
  ["money", "12.34 USD", { amount: 12.34, currency: "USD" }],
  ["money", { amount: 1, currency: "EURO" }, invalid],
  ["money", { amount: null, currency: "EUR" }, null],
  [{ money: "EUR" }, "12.34", 12.34],
  [{ money: "EUR" }, { amount: 12, currency: "EUR" }, 12],
  [
    { money: "EUR" },
    { amount: 12, currency: "USD" },
    { invalid: '{"amount":12,"currency":"USD"} is not an amount in EUR' },
  ],
  [
    { money: "EUR" },
    12.345,
    { invalid: "12.345 is not an amount with at most 2 decimals (EUR); money is not rounded" },
  ],
  [{ money: "JPY" }, 12.5, invalid],
  [{ money: "KWD" }, 12.345, 12.345],
  [{ money: { currency: "EUR", form: "minor" } }, 1234, 12.34],
  [{ money: { currency: "JPY", form: "minor" } }, 1234, 1234],
  [
    { money: { currency: "EUR", form: "minor" } },
    12.5,
    { invalid: "12.5 is not a whole number of minor units (EUR); money is not rounded" },
  ],
  [{ money: "minor" }, { amount: 1234, currency: "kwd" }, { amount: 1.234, currency: "KWD" }],
  [{ money: "minor" }, 1234, invalid],
  [{ money: { scale: 3, form: "minor" } }, 1234, 1.234],
  ["percent", 12.5, 12.5],
  ["percent", "12.5 %", 12.5],
  [{ percent: "fraction" }, 0.125, 12.5],
  [{ percent: "fraction" }, "7%", 7],
  ["percent", "half", invalid],
  ["boolean", "YES", true],
  ["boolean", "off", false],
  ["boolean", 1, true],
  ["boolean", 2, invalid],
  ["boolean", "", invalid],
  [{ boolean: ["J", "N"] }, "j", true],
  [{ boolean: ["J", "N"] }, false, false],
  [{ boolean: ["J", "N"] }, "yes", { invalid: '"yes" is not one of J/N' }],
];

const WRITTEN: readonly (readonly [spec: unknown, value: Value, shown: Value | undefined, written: Value])[] = [
  ["integer", 5, undefined, 5],
  ["integer", 5, "4", "5"],
  ["integer", exact("12345678901234567890"), "1", "12345678901234567890"],
  [{ integer: { written: "text" } }, 5, undefined, "5"],
  [{ integer: { written: "text" } }, 5, 4, 5],
  ["decimal", 12.5, "10.00", "12.50"],
  ["decimal", 12.345, "10.00", "12.345"],
  ["decimal", 12.5, 10, 12.5],
  [{ decimal: 2 }, 1.005, undefined, 1],
  [{ decimal: 2 }, 2.675, undefined, 2.68],
  [{ decimal: 2 }, 2.665, undefined, 2.66],
  [{ decimal: 2 }, -2.665, undefined, -2.66],
  [{ decimal: { scale: 2, written: "text" } }, 2, undefined, "2.00"],
  [GROSS, 100, undefined, 119],
  [GROSS, exact("84.0336134453781512605042"), undefined, 100],
  [GROSS, 84.03, undefined, 100],
  [COMMA, 1234.5, "9,00", "1234,50"],
  [COMMA, 1_234_567.5, "9.000,00", "1.234.567,50"],
  [{ money: "EUR" }, 12.3, "1.00", "12.30"],
  [{ money: "EUR" }, 12.3, "EUR 1.00", "EUR 12.30"],
  [{ money: { currency: "EUR", form: "minor" } }, 12.34, undefined, 1234],
  [{ money: { currency: "EUR", form: "minor" } }, 12.34, "900", "1234"],
  [
    { money: "EUR" },
    5,
    { amount: "1.00", currency: "eur", taxed: true },
    { amount: "5.00", currency: "eur", taxed: true },
  ],
  ["money", { amount: 5, currency: "USD" }, { amount: 1, currency: "EUR" }, { amount: 5, currency: "USD" }],
  ["money", 5, { amount: 1, currency: "EUR" }, { amount: 5, currency: null }],
  ["percent", 12.5, "10 %", "12.5 %"],
  [{ percent: "fraction" }, 12.5, 0.1, 0.125],
  ["boolean", true, undefined, true],
  ["boolean", true, "no", "yes"],
  ["boolean", false, "TRUE", "FALSE"],
  ["boolean", false, "Yes", "No"],
  ["boolean", true, 0, 1],
  ["boolean", true, "0", "1"],
  [{ boolean: ["J", "N"] }, true, false, "J"],
];

const SAME: readonly (readonly [spec: unknown, a: Value, b: Value, same: boolean])[] = [
  ["integer", "007", 7, true],
  ["integer", "12345678901234567890", "12345678901234567891", false],
  ["decimal", "1.50", 1.5, true],
  ["decimal", 0.3, exact("0.30000000000000004"), false],
  [{ money: "EUR" }, "5 EUR", 5, true],
  ["money", { amount: 5, currency: "EUR" }, { amount: 5, currency: "USD" }, false],
  ["percent", "7 %", 7, true],
  ["boolean", "y", true, true],
];

describe("numbers", () => {
  test.each(READ)("%j reads %j as %j", (spec, raw, value) => {
    expect(read(spec, raw)).toEqual(value);
  });

  test.each(WRITTEN)("%j writes %j over %j as %j", (spec, value, shown, written) => {
    expect(compiled(spec).write(value, shown)).toEqual(written);
  });

  test.each(SAME)("%j: are %j and %j the same? %s", (spec, a, b, expected) => {
    expect(same(spec, a, b)).toBe(expected);
  });

  test("every cent from 0 to 200 euro goes from net to gross and back unchanged, at 19 %", () => {
    const net = compiled({ decimal: 2 });
    const gross = compiled({ decimal: 2 }, GROSS);
    const carry = (value: Value, to: typeof net): Value => {
      const reading = to.read(to.write(value, undefined));
      return reading.ok ? reading.value : reading.message;
    };

    const changed: string[] = [];
    for (let cents = 0; cents <= 20_000; cents += 1) {
      const start = exact(`${String(cents)}e-2`);
      const shownGross = gross.write(start, undefined);
      const back = carry(carry(start, gross), net);
      if (net.key(back) !== net.key(start) || gross.write(back, undefined) !== shownGross) changed.push(String(cents));
    }

    expect(changed).toEqual([]);
  });

  test("an amount of another currency, or of finer units, is refused by the side that it is carried to", () => {
    const euro = compiled({ money: "EUR" });

    expect(euro.read(euro.write({ amount: 5, currency: "USD" }, undefined)).ok).toBe(false);
    expect(euro.read(euro.write(1.234, undefined)).ok).toBe(false);
  });
});
