// The laws of a project's rules: told by `check` with the place, and the class of every rule.

import { expect, test } from "@jest/globals";

import { lawsJson, lawsText } from "../../src/cli/laws-text.ts";
import { projectWith, told } from "./projects.ts";

const mapping = (fields: string, match = "[[email]]"): Readonly<Record<string, string>> => ({
  "mappings/pair.yaml": `# yaml-language-server: $schema=../../../../schema/mapping.json
pair: crm-billing
sides: { crm: my-crm, billing: my-billing }
entities:
  customer:
    crm: { object: contact }
    billing: { object: customer }
    match: ${match}
    fields:
      email: { as: email }
      name: { as: text }
      ${fields}
`,
});

test("an unlawful rule is an error at its line, with values as the sides show them, and the pair cannot run", async () => {
  const project = await projectWith(mapping(`note: { billing: { read: note, write: { note: '$value & "!"' } } }`));

  const [found] = project.problems.filter(({ code }) => code === "E_LAW_VIOLATION");
  expect(told(found === undefined ? [] : [found])).toEqual(["E_LAW_VIOLATION 12:7"]);
  expect(found?.message).toBe('"" in crm becomes "!" in billing, and after going back and across again "!!"');
  expect(project.mappings).toEqual([]);
});

test("a match field whose expressions lose detail is an error at the match rule", async () => {
  const project = await projectWith(
    mapping(`code: { billing: { read: "$uppercase(code)", write: { code: $value } }, as: text }`, "[[email], [code]]"),
  );

  expect(told(project.problems.filter(({ code }) => code === "E_KEY"))).toEqual(["E_KEY 8:23"]);
});

test("expressions of which nothing is known are a warning that names the way out", async () => {
  const project = await projectWith(mapping(`note: { billing: { read: "items[kind=1].n", write: { note: $value } } }`));

  const [found] = project.problems.filter(({ code }) => code === "W_LAW_UNPROVEN");
  expect(found?.hint).toContain("domain");
  expect(project.mappings).toHaveLength(1);
});

test("each rule has its class, and a lossy one says what is lost, with an example", async () => {
  const project = await projectWith(
    mapping(`stage: { billing: { read: stage, write: { stage: "$uppercase($value)" } }, domain: { one_of: [lead] } }
      size: { billing: { at: size, as: { decimal: 1 } }, as: decimal }`),
  );
  const [pair] = project.pairs;
  if (pair === undefined) throw new Error("no pair");

  expect(lawsText({ pair, live: [] })).toEqual([
    "rules crm-billing  2 iso, 2 lossy crm > billing",
    '    customer.stage  lossy crm > billing: billing keeps less than crm: the detail in crm survives other edits, and goes when billing edits this field; "lead" in crm is "LEAD" in billing',
    "    customer.size  lossy crm > billing: billing keeps less than crm: the detail in crm survives other edits, and goes when billing edits this field",
  ]);
  expect(lawsJson({ pair, live: [] })).toMatchObject([
    { pair: "crm-billing", entity: "customer", field: "email", class: "iso", by: "construction" },
    { field: "name", class: "iso", by: "construction" },
    {
      field: "stage",
      class: "lossy left > right",
      by: "cases",
      keeps: "crm",
      example: { side: "crm", value: '"lead"', across: '"LEAD"', back: '"LEAD"' },
    },
    { field: "size", class: "lossy left > right", by: "construction", example: null },
  ]);
});
