// The generated references: every example in them is one that Syncline accepts.

import { describe, expect, test } from "@jest/globals";
import { parse } from "yaml";
import { z } from "zod";

import { CONNECTOR_REFERENCE } from "../../scripts/docs/connector-reference.ts";
import { MAPPING_REFERENCE, TEST_EXAMPLE } from "../../scripts/docs/mapping-reference.ts";
import { sectionsOf, type JsonSchema } from "../../scripts/docs/schema-tables.ts";
import { jsonSchemaText } from "../../src/config/json-schema.ts";
import { isError } from "../../src/core/problem.ts";
import { TYPES } from "../../src/mapping/types/registry.ts";
import { runTests } from "../../src/mapping/testing/run-tests.ts";
import { compileText, entityText } from "../mapping/compiled.ts";
import { testsIn } from "../mapping/testing/ran.ts";

const errorsOf = (text: string): readonly string[] =>
  compileText(text)
    .problems.filter(isError)
    .map(({ code, path, message }) => `${code} ${path.join(".")} ${message}`);

test.each(TYPES.map(({ name, docs }) => [name, docs.example] as const))(
  "the example of type %s compiles",
  (_name, example) => {
    expect(errorsOf(entityText(example))).toEqual([]);
  },
);

describe("mapping reference", () => {
  const schema = JSON.parse(jsonSchemaText("mapping")) as JsonSchema;
  const sections = sectionsOf(schema, {
    wordFor: (key) => ({ entities: "ENTITY", fields: "FIELD" })[key] ?? "SIDE",
    elsewhere: { as: "" },
  });
  const rowsOf = (path: string): (readonly [string, string])[] =>
    (sections.find((section) => section.path === path)?.rows ?? []).flatMap(({ key, example }) =>
      example === null ? [] : [[key, example] as const],
    );

  const rules = rowsOf("entities.ENTITY.fields.FIELD").filter(([key]) => key !== "as");

  /** What a key needs beside it to mean anything. */
  const BESIDE: Readonly<Record<string, string>> = {
    value: ", direction: crm -> billing",
    strength: ", direction: crm -> billing",
    law: ", conflict: crm",
    merge: ", as: integer",
    optional: ", ref: thing",
    each: "",
  };

  test.each(rules)("the example of a rule's %s compiles", (key, example) => {
    const more =
      key === "ref"
        ? "ref: thing"
        : key === "direction"
          ? "direction: crm -> billing"
          : `${key}: ${example}${BESIDE[key] ?? ""}`;

    expect(errorsOf(entityText(`field: { ${more} }`))).toEqual([]);
  });

  const COMPANIONS: Readonly<Record<string, string>> = {
    strength: "direction: crm -> billing",
    foreign: "direction: crm -> billing\nstrength: strong",
    when_gone: "allow: { crm: [create, update, delete], billing: [create, update, delete] }",
  };

  test.each(rowsOf("entities.ENTITY").filter(([key]) => !["fields", "after"].includes(key)))(
    "the example of an entity's %s compiles",
    (key, example) => {
      expect(
        errorsOf(
          entityText("email: { as: email }\nname: {}\nphone: {}", `${key}: ${example}\n${COMPANIONS[key] ?? ""}`),
        ),
      ).toEqual([]);
    },
  );

  test.each(rowsOf("").filter(([key]) => !["pair", "sides", "entities"].includes(key)))(
    "the example of a file's %s compiles",
    (key, example) => {
      expect(errorsOf(`${entityText("email: {}")}\n${key}: ${example}`)).toEqual([]);
    },
  );

  test("the example of tests passes as it stands", async () => {
    const { results, problems } = await runTests(testsIn(`pair: p\nsides: { crm: a, billing: b }\n${TEST_EXAMPLE}`));

    expect(problems).toEqual([]);
    expect(results.map(({ failures }) => failures)).toEqual([[], [], [], []]);
  });

  test("every type and every key of a rule has its place", () => {
    for (const { name } of TYPES) expect(MAPPING_REFERENCE).toContain(`\n### ${name}\n`);
    for (const [key] of rules) expect(MAPPING_REFERENCE).toContain(`| \`${key}\` |`);
  });
});

describe("connector reference", () => {
  const schema = JSON.parse(jsonSchemaText("connector")) as JsonSchema;

  /** Every schema that has examples, with the path to it. */
  function withExamples(node: unknown, path: string): readonly (readonly [string, object, readonly unknown[]])[] {
    if (typeof node !== "object" || node === null) return [];
    if (Array.isArray(node)) return node.flatMap((each, index) => withExamples(each, `${path}[${String(index)}]`));
    const own =
      "examples" in node && Array.isArray(node.examples)
        ? [[path, node, node.examples as readonly unknown[]] as const]
        : [];
    return [
      ...own,
      ...Object.entries(node).flatMap(([key, each]) =>
        key === "examples" ? [] : withExamples(each, `${path}.${key}`),
      ),
    ];
  }

  const all = withExamples(schema, "");

  test("every example is of the shape that its key takes", () => {
    expect(all.length).toBeGreaterThan(100);
    for (const [path, node, examples] of all) {
      const shape = z.fromJSONSchema(node as Parameters<typeof z.fromJSONSchema>[0]);
      for (const example of examples) expect([path, shape.safeParse(example).success]).toEqual([path, true]);
    }
  });

  test("what has an example shows it in one line of YAML that reads back as the same", () => {
    for (const { rows } of sectionsOf(schema, { wordFor: () => "NAME", elsewhere: {} })) {
      for (const { key, example } of rows)
        if (example !== null) expect([key, parse(`x: ${example}`) === null]).toEqual([key, false]);
    }
    expect(CONNECTOR_REFERENCE).toContain("### `auth, scheme: oauth2`");
  });
});
