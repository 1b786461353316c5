// What `as:` may say: how a side refines a rule, and what each mistake is told, with its place.

import { describe, expect, test } from "@jest/globals";
import { z } from "zod";

import type { KeyPath } from "../../../src/core/problem.ts";
import { fieldType, TYPES, TYPE_NAMES, typeName, typeSpecSchema } from "../../../src/mapping/types/registry.ts";
import { compiled, read } from "./compiled.ts";

const WRONG: readonly (readonly [rule: unknown, side: unknown, code: string, path: KeyPath, hint: string | null])[] = [
  ["txt", undefined, "E_ENUM", ["rule"], 'did you mean "text"?'],
  ["string", undefined, "E_ENUM", ["rule"], 'did you mean "text"?'],
  ["float", undefined, "E_ENUM", ["rule"], 'did you mean "decimal"? numbers are exact here'],
  [{ mony: "USD" }, undefined, "E_ENUM", ["rule", "mony"], 'did you mean "money"?'],
  [["text"], undefined, "E_TYPE", ["rule"], "as: email, or as: { phone: GB }"],
  [{ text: [], email: {} }, undefined, "E_TYPE", ["rule"], "as: email, or as: { phone: GB }"],
  [undefined, 5, "E_TYPE", ["as"], "as: email, or as: { phone: GB }"],
  ["date", { money: "USD" }, "E_ENUM", ["as"], "as: { date: … }"],
  [{ money: "EURO" }, undefined, "E_ENUM", ["rule", "money"], 'did you mean "EUR"?'],
  [{ money: "usd" }, undefined, "E_ENUM", ["rule", "money"], 'did you mean "USD"?'],
  ["money", { money: "minr" }, "E_ENUM", ["as", "money"], 'did you mean "minor"?'],
  [{ money: "float" }, undefined, "E_FLOAT_MONEY", ["rule", "money"], null],
  [{ money: { currency: "XAU", form: "minor" } }, undefined, "E_MISSING", ["rule"], null],
  [{ decimal: { scal: 2 } }, undefined, "E_UNKNOWN_KEY", ["rule", "decimal", "scal"], 'did you mean "scale"?'],
  [{ decimal: -1 }, undefined, "E_RANGE", ["rule", "decimal"], null],
  [{ decimal: { scale: 101 } }, undefined, "E_RANGE", ["rule", "decimal", "scale"], null],
  [{ decimal: "two" }, undefined, "E_TYPE", ["rule", "decimal"], null],
  [{ decimal: { times: 1.19 } }, undefined, "E_FLOAT_MONEY", ["rule", "decimal", "times"], null],
  [{ decimal: { times: "0" } }, undefined, "E_RANGE", ["rule", "decimal", "times"], null],
  [{ decimal: { times: "1.19" } }, undefined, "E_MISSING", ["rule"], '{ decimal: { scale: 2, times: "1.19" } }'],
  [{ decimal: { point: ",", group: "," } }, undefined, "E_ENUM", ["rule", "decimal", "group"], null],
  [{ text: ["trm"] }, undefined, "E_ENUM", ["rule", "text"], 'did you mean "trim"?'],
  [{ text: { cut: 0 } }, undefined, "E_RANGE", ["rule", "text", "cut"], null],
  [{ phone: "UK" }, undefined, "E_ENUM", ["rule", "phone"], 'did you mean "GB"?'],
  [{ phone: "AQ" }, undefined, "E_ENUM", ["rule", "phone"], null],
  [{ date: "dd.mm.yyyy" }, undefined, "E_ENUM", ["rule", "date"], null],
  [{ date: "DD.MM" }, undefined, "E_ENUM", ["rule", "date"], null],
  [{ date: "DMYYYY" }, undefined, "E_ENUM", ["rule", "date"], null],
  [{ date: "YYYY-MM-DD HH:mm" }, undefined, "E_ENUM", ["rule", "date"], null],
  [{ date: { zone: "Europe/Viena" } }, undefined, "E_ENUM", ["rule", "date", "zone"], 'did you mean "Europe/Vienna"?'],
  [{ datetime: "local" }, undefined, "E_MISSING", ["rule"], "zone: Europe/Vienna"],
  [{ datetime: { format: "DD.MM.YYYY HH:mm" } }, undefined, "E_MISSING", ["rule"], "zone: Europe/Vienna"],
  [{ datetime: "epoch" }, undefined, "E_ENUM", ["rule", "datetime"], 'did you mean "epoch_s"?'],
  [{ boolean: ["Y", "y"] }, undefined, "E_ENUM", ["rule"], null],
  [{ boolean: { true: "Y" } }, undefined, "E_MISSING", ["rule"], null],
  [{ person_name: ["given", "given"] }, undefined, "E_ENUM", ["rule", "person_name"], null],
  [{ address: { parts: { line1: "a", city: "a" } } }, undefined, "E_ENUM", ["rule", "address", "parts"], null],
  [{ list: "emial" }, undefined, "E_ENUM", ["rule", "list"], 'did you mean "email"?'],
  [
    { list: { of: { decimal: { scal: 2 } } } },
    undefined,
    "E_UNKNOWN_KEY",
    ["rule", "list", "of", "decimal", "scal"],
    'did you mean "scale"?',
  ],
  ["set", { set: { of: { money: "EURO" } } }, "E_ENUM", ["as", "set", "of", "money"], 'did you mean "EUR"?'],
  [{ email: { lower: true } }, undefined, "E_UNKNOWN_KEY", ["rule", "email", "lower"], null],
];

describe("options", () => {
  test.each(WRONG)("%j refined by %j is %s at %j", (rule, side, code, path, hint) => {
    const { type, problems } = fieldType(rule, side, ["as"], ["rule"]);

    expect(type).toBeNull();
    expect(problems.map((problem) => [problem.code, problem.hint])).toEqual([[code, hint]]);
    expect(problems[0]?.path.slice(0, path.length)).toEqual(path);
  });

  test("all mistakes of a rule and a side are told at once", () => {
    const { problems } = fieldType({ decimal: { scal: 2, times: 1.5 } }, { decimal: { point: ";" } }, ["as"], ["rule"]);

    expect(problems.map((problem) => problem.code).sort()).toEqual(["E_ENUM", "E_FLOAT_MONEY", "E_UNKNOWN_KEY"]);
  });

  test("a side refines the rule option by option, and a name alone changes nothing", () => {
    expect(read({ money: "JPY" }, 5, { money: "minor" })).toBe(5);
    expect(read({ money: "EUR" }, 500, { money: "minor" })).toBe(5);
    expect(read({ money: { currency: "EUR", form: "minor" } }, 500, "money")).toBe(5);
    expect(read({ money: { currency: "EUR", form: "minor" } }, 500, { money: "major" })).toBe(500);
    expect(read(undefined, "03.02.2026", { date: "DD.MM.YYYY" })).toBe("2026-02-03");
  });

  test("without any spec values are raw JSON", () => {
    expect(compiled(undefined).name).toBe("raw");
    expect(typeName(undefined)).toBeNull();
    expect(typeName("email")).toBe("email");
    expect(typeName({ money: "USD" })).toBe("money");
  });

  test("a side that keeps less than what travels says so", () => {
    const lossy = [
      { text: { cut: 9 } },
      { decimal: 2 },
      { datetime: "epoch_s" },
      { datetime: { precision: "second" } },
      { list: { of: { decimal: 0 } } },
    ];
    const lossless = [
      "text",
      "decimal",
      { decimal: { times: "100" } },
      "datetime",
      { money: "EUR" },
      "person_name",
      "address",
      { date: { zone: "UTC" } },
    ];

    expect(lossy.map((spec) => compiled(spec).lossless)).not.toContain(true);
    expect(lossless.map((spec) => compiled(spec).lossless)).not.toContain(false);
  });

  test("the schema for editors accepts what compiles and nothing that has a wrong name", () => {
    const good = [
      "email",
      { phone: "GB" },
      { decimal: 2 },
      { list: { of: { set: { of: { money: "EUR" } } } } },
      { date: "DD.MM.YYYY" },
    ];

    expect(good.map((spec) => typeSpecSchema.safeParse(spec).success)).not.toContain(false);
    expect(typeSpecSchema.safeParse("emial").success).toBe(false);
    expect(typeSpecSchema.safeParse({ decimal: { scal: 2 } }).success).toBe(false);
  });

  test("the JSON Schema describes every type and every option", () => {
    const schema = JSON.stringify(z.toJSONSchema(typeSpecSchema, { target: "draft-07" }));

    expect(TYPE_NAMES.filter((name) => !schema.includes(`"${name}"`))).toEqual([]);
    expect(TYPES.filter((type) => type.docs.summary.length < 40 || type.docs.example.length < 10)).toEqual([]);
    expect(schema).toContain("The currency of every amount");
  });
});
