// list and set: a table of what each reads and writes, and of what counts as equal.

import { describe, expect, test } from "@jest/globals";

import type { Value } from "../../../src/core/value.ts";
import { compiled, read, same } from "./compiled.ts";

const invalid = { invalid: expect.any(String) };
const SEMICOLONS = { list: { of: "text", separator: ";" } };
const TAGS = { set: { of: { text: ["trim", "lower"] } } };

const READ: readonly (readonly [spec: unknown, raw: Value, value: unknown])[] = [
  ["list", ["a", 1, null], ["a", 1, null]],
  ["list", ["a"], ["a"]],
  ["list", "a", { invalid: '"a" is not a list' }],
  [{ list: "email" }, ["A@b.example"], ["a@b.example"]],
  [{ list: "email" }, ["a@b.example", "nobody"], { invalid: 'item 2: "nobody" is not an e-mail address' }],
  [SEMICOLONS, "a; b;c", ["a", "b", "c"]],
  [SEMICOLONS, "", []],
  [SEMICOLONS, ["a"], invalid],
  ["set", ["b", "a", "b"], ["b", "a"]],
  [TAGS, ["VIP", "vip ", "new"], ["VIP", "new"]],
];

const WRITTEN: readonly (readonly [spec: unknown, value: Value, shown: Value | undefined, written: Value])[] = [
  [{ list: "integer" }, [1, 2], ["5"], ["1", 2]],
  [SEMICOLONS, ["a", "b"], undefined, "a;b"],
  [SEMICOLONS, ["a", "b"], "x; y", "a; b"],
  [SEMICOLONS, [], "x", ""],
  [TAGS, ["new", "vip", "old"], ["VIP", "gone", "old"], ["VIP", "old", "new"]],
  [{ set: { of: "text", separator: "," } }, ["b", "a"], "a,c", "a,b"],
];

const SAME: readonly (readonly [spec: unknown, a: Value, b: Value, same: boolean])[] = [
  ["list", [1, 2], [2, 1], false],
  ["list", ["null"], [null], false],
  [{ list: "text" }, ["null"], [null], false],
  [{ list: "text" }, ["a,b"], ["a", "b"], false],
  [{ set: "text" }, ['a","b'], ["a", "b"], false],
  ["set", [1, 2, 2], [2, 1], true],
  [TAGS, ["VIP"], ["vip"], true],
];

describe("list and set", () => {
  test.each(READ)("%j reads %j as %j", (spec, raw, value) => {
    expect(read(spec, raw)).toEqual(value);
  });

  test.each(WRITTEN)("%j writes %j over %j as %j", (spec, value, shown, written) => {
    expect(compiled(spec).write(value, shown)).toEqual(written);
  });

  test.each(SAME)("%j: are %j and %j the same? %s", (spec, a, b, expected) => {
    expect(same(spec, a, b)).toBe(expected);
  });

  test.each([[["a;b"]], [[""]], [[" a"]], [[null]]])("%j cannot be told from its text, and is held", (value) => {
    const type = compiled(SEMICOLONS);

    expect(type.read(type.write(value, undefined)).ok).toBe(false);
  });
});
