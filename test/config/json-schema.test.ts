// schema/*.json is what the sources say, and describes every key.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";

import { FILE_KINDS, jsonSchemaText } from "../../src/config/json-schema.ts";

describe.each(FILE_KINDS)("schema/%s.json", (kind) => {
  const text = jsonSchemaText(kind);

  test("is not stale (npx tsx scripts/generate-schema.ts)", () => {
    expect(readFileSync(new URL(`../../schema/${kind}.json`, import.meta.url), "utf8")).toBe(text);
  });

  test("is draft-07 and takes no unknown keys", () => {
    expect(JSON.parse(text)).toMatchObject({
      $schema: "http://json-schema.org/draft-07/schema#",
      title: expect.stringContaining(kind),
      type: "object",
      additionalProperties: false,
    });
  });

  test("says of every key at the top what it is for", () => {
    const { properties } = JSON.parse(text) as { properties: Record<string, { description?: string }> };
    const silent = Object.entries(properties).filter(([, { description = "" }]) => description.length < 10);

    expect(silent.map(([key]) => key)).toEqual([]);
  });
});
