// The types of the format, each whole: in the registry, with a canonical form and an equivalence over its own domain, with an example
// that compiles, and with an entry of the reference. laws.test.ts tries each of them by the laws.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";

import { isError } from "../../../src/core/problem.ts";
import { TYPES, TYPE_NAMES } from "../../../src/mapping/types/registry.ts";
import { compileText, entityText } from "../compiled.ts";
import { compiled, seeded } from "./compiled.ts";

/** As the page of the formats lists them. */
const PROMISED = [
  "text, email, phone, url, integer, decimal, money, percent, boolean, date, datetime, duration, country, currency, language",
  "postal_code, person_name, address, uuid, sku, json, list, set",
].flatMap((line) => line.split(", "));

const REFERENCE = readFileSync(new URL("../../../docs/mapping-reference.md", import.meta.url), "utf8");

test("the types are those that the format promises, in its order", () => {
  expect(TYPE_NAMES).toEqual(PROMISED);
});

describe.each(TYPES.map((type) => [type.name, type] as const))("%s", (name, { docs }) => {
  test("has an example that compiles without a problem", () => {
    expect(docs.example).toContain(name);
    expect(compileText(entityText(docs.example)).problems.filter(isError)).toEqual([]);
  });

  test("has its entry of the reference, with what it says and its example", () => {
    const [, ...after] = REFERENCE.split(`\n### ${name}\n`);
    const entry = after.join("").split("\n### ")[0] ?? "";

    // Long examples are broken into lines there.
    const plain = (text: string): string => text.replaceAll(/[\s,]/g, "");
    expect(plain(entry)).toContain(plain(docs.example));
    expect(entry.length).toBeGreaterThan(docs.summary.length);
  });

  test("has a domain of its own, all of which it reads, and an equivalence that tells some of it apart", () => {
    const type = compiled(name);
    const random = seeded(1);
    const raws = [...type.edges, ...Array.from({ length: 20 }, () => type.sample(random))];
    const keys = raws.map((raw) => {
      const reading = type.read(raw);
      expect(reading.ok).toBe(true);
      return reading.ok && reading.value !== null ? type.key(reading.value) : null;
    });

    expect(type.edges.length).toBeGreaterThan(0);
    expect(new Set(keys).size).toBeGreaterThan(1);
  });
});
