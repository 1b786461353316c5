// text, email, url, uuid, sku, postal_code, json: a table of what each reads, and of what counts as equal.

import { describe, expect, test } from "@jest/globals";

import type { Value } from "../../../src/core/value.ts";
import { compiled, exact, read, same } from "./compiled.ts";

const invalid = { invalid: expect.any(String) };

const READ: readonly (readonly [spec: unknown, raw: Value, value: unknown])[] = [
  ["text", " Ada ", " Ada "],
  ["text", "00123", "00123"],
  ["text", 42, "42"],
  ["text", exact("12345678901234567890"), "12345678901234567890"],
  ["text", true, "true"],
  ["text", "", ""],
  ["text", {}, { invalid: "{} is not text" }],
  ["email", " Ada@Example.COM ", "ada@example.com"],
  ["email", "ada@localhost", "ada@localhost"],
  ["email", "Ada <ada@example.com>", { invalid: '"Ada <ada@example.com>" is not an e-mail address' }],
  ["email", "", { invalid: '"" is not an e-mail address; where it stands for no value, say empty: [""]' }],
  ["email", "a@b, c@d", invalid],
  ["email", "ada@", invalid],
  ["email", "a@.b", invalid],
  ["email", 5, invalid],
  ["url", "HTTPS://Example.com", "HTTPS://Example.com"],
  ["url", "example.com", { invalid: '"example.com" is not a URL; for addresses without a scheme say { url: https }' }],
  [{ url: "https" }, "example.com/a", "example.com/a"],
  [{ url: "https" }, "localhost:8080", "localhost:8080"],
  [{ url: "https" }, "not a url", invalid],
  ["url", "https://", invalid],
  ["uuid", "{6BA7B810-9DAD-11D1-80B4-00C04FD430C8}", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"],
  ["uuid", "6ba7b8109dad11d180b400c04fd430c8", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"],
  ["uuid", "6ba7b8109dad11d180b400c04fd430c", invalid],
  ["uuid", "{6ba7b810-9dad-11d1-80b4-00c04fd430c8", invalid],
  ["sku", "00123", "00123"],
  ["sku", 123, "123"],
  [{ sku: "gtin" }, "4006381333931", "4006381333931"],
  [{ sku: "gtin" }, "4006381333932", invalid],
  [{ sku: "gtin" }, 36_000_291_452, "036000291452"],
  [{ sku: "gtin" }, "36000291452", invalid],
  ["postal_code", "01067", "01067"],
  ["postal_code", 1067, "1067"],
  [{ postal_code: "DE" }, 1067, "01067"],
  ["postal_code", "SW1A 1AA", "SW1A 1AA"],
  ["postal_code", "Vienna, 1010", invalid],
  ["json", { a: [1, null] }, { a: [1, null] }],
  [{ json: "text" }, '{"a":12345678901234567890}', { a: exact("12345678901234567890") }],
  [{ json: "text" }, "null", null],
  [{ json: "text" }, "{", { invalid: '"{" is not JSON in a text' }],
];

const SAME: readonly (readonly [spec: unknown, a: Value, b: Value, same: boolean])[] = [
  ["text", "Ze\u0301", "Zé", true],
  ["text", "Ada", "ada", false],
  ["text", "Ada", "Ada ", false],
  ["text", "5", 5, true],
  [undefined, "5", 5, false],
  [{ text: ["trim"] }, "Ada", " Ada\u00a0", true],
  [{ text: ["lower"] }, "ÅNGSTRÖM", "a\u030angström", true],
  [{ text: ["width"] }, "ＡＢ１　", "AB1 ", true],
  [{ text: ["width"] }, "ﬁ", "fi", false],
  [{ text: { cut: 3 } }, "Adam", "Adax", false],
  ["url", "HTTP://Example.com:80", "http://example.com/", true],
  ["url", "https://example.com/a", "https://example.com/A", false],
  [{ url: "https" }, "example.com", "https://EXAMPLE.com/", true],
  ["sku", "abc", "ABC", false],
  ["sku", "00123", 123, false],
  ["sku", " A1 ", "A1", true],
  [{ sku: "gtin" }, "036000291452", "0036000291452", true],
  ["postal_code", "sw1a1aa", "SW1A 1AA", true],
  ["postal_code", "12345-6789", "123456789", true],
  ["postal_code", "01067", "1067", false],
  [{ postal_code: "DE" }, "01067", 1067, true],
  ["json", { a: 1, b: [1, 2] }, { b: [1, 2], a: 1 }, true],
  ["json", [1, 2], [2, 1], false],
];

const WRITTEN: readonly (readonly [spec: unknown, value: Value, shown: Value | undefined, written: Value])[] = [
  ["text", "Ada", undefined, "Ada"],
  ["text", "42", 41, 42],
  ["text", "042", 41, "042"],
  ["text", "1e3", 41, "1e3"],
  ["text", "false", true, false],
  [{ text: { cut: 4 } }, "Adam Ant", undefined, "Adam"],
  [{ text: { cut: 2 } }, "a👩‍👩‍👧b", undefined, "a"],
  [{ text: { cut: 1 } }, "e\u0301x", undefined, ""],
  [{ text: { cut: 2 } }, "𝒳𝒴z", undefined, "𝒳𝒴"],
  ["email", "ada@example.com", "ADA@example.com", "ada@example.com"],
  ["url", "HTTP://a.example", "http://b.example", "HTTP://a.example"],
  [
    "uuid",
    "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
    "{ABCDEF00-0000-0000-0000-000000000000}",
    "{6BA7B810-9DAD-11D1-80B4-00C04FD430C8}",
  ],
  [
    "uuid",
    "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
    "abcdef00000000000000000000000000",
    "6ba7b8109dad11d180b400c04fd430c8",
  ],
  ["sku", "00123", 7, "00123"],
  ["sku", "123", 7, 123],
  [{ postal_code: "DE" }, "01067", 1099, 1067],
  ["postal_code", "01067", 1099, "01067"],
  [{ json: "text" }, { a: exact("1.10") }, undefined, '{"a":1.1}'],
];

describe("texts", () => {
  test.each(READ)("%j reads %j as %j", (spec, raw, value) => {
    expect(read(spec, raw)).toEqual(value);
  });

  test.each(SAME)("%j: are %j and %j the same? %s", (spec, a, b, expected) => {
    expect(same(spec, a, b)).toBe(expected);
  });

  test.each(WRITTEN)("%j writes %j over %j as %j", (spec, value, shown, written) => {
    expect(compiled(spec).write(value, shown)).toEqual(written);
  });
});
