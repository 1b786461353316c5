// docs/mapping-reference.md: every key of a mapping file and every type, as the schemas and types themselves say it.

import { jsonSchemaText } from "../../src/config/json-schema.ts";
import { TYPES } from "../../src/mapping/types/registry.ts";
import { z } from "zod";
import { described, sectionsOf, sectionText, yamlBlock, type JsonSchema } from "./schema-tables.ts";

const WORDS: Readonly<Record<string, string>> = {
  "": "SIDE",
  sides: "SIDE",
  entities: "ENTITY",
  fields: "FIELD",
  allow: "SIDE",
  when_gone: "SIDE",
  expect: "SIDE",
};

const schema = JSON.parse(jsonSchemaText("mapping")) as JsonSchema; // what the schema of the files is made of
const sections = sectionsOf(schema, { wordFor: (key) => WORDS[key] ?? "NAME", elsewhere: { as: "a [type](#types)" } });

function optionRows(name: string, options: JsonSchema): string {
  const branches = options.anyOf ?? [options];
  const short = branches.find((branch) => branch.properties === undefined);
  const shortText =
    short === undefined
      ? ""
      : `Short form: \`{ ${name}: … }\`${described(short).about === "" ? "" : `, ${described(short).about}`}\n\n`;
  const [section] = sectionsOf({ anyOf: branches }, { wordFor: () => "NAME", elsewhere: {} });
  return `${shortText}${section === undefined ? "" : sectionText({ ...section, path: "", about: "", example: null }, 4)}`.trimEnd();
}

function typeText(type: (typeof TYPES)[number]): string {
  const { name, docs } = type;
  const { $schema: _, ...options } = z.toJSONSchema(type.schema(z.unknown()), {
    target: "draft-7",
    io: "input",
    unrepresentable: "any",
  });
  const rows = optionRows(name, options as JsonSchema);
  return [`### ${name}`, docs.summary, yamlBlock(docs.example), ...(rows === "" ? [] : [rows])].join("\n\n");
}

/** What stands in the reference of `tests:`; a test of ours runs it. */
export const TEST_EXAMPLE = `entities:
  customer:
    crm: { object: contact }
    billing: { object: customer }
    match: [[email]]
    fields:
      email: { as: email }
      name: { crm: [firstname, lastname], billing: name, as: person_name }
      phone: { as: { phone: GB } }
    tests:
      - name: a new contact is created in billing
        crm: { id: "1", email: ADA@Example.com, firstname: Ada, lastname: Lovelace }
        expect: { billing: { create: { email: ada@example.com, name: Ada Lovelace } } }
      - name: an edit travels alone
        base: { email: ada@example.com, name: Ada Lovelace }
        billing: { id: b1, email: ada@example.com, name: Ada King }
        expect: { situation: changed-right, crm: { update: { lastname: King } } }
      - name: both sides have a new number
        base: { phone: "+442079460018" }
        crm: { id: "1", phone: "+442079460001" }
        billing: { id: b1, phone: "+442079460002" }
        expect: { cases: [{ kind: conflict, field: phone }] }
      - name: a contact that was deleted leaves its customer alone
        base: { email: ada@example.com }
        crm: null
        expect: { situation: gone-left, link: tombstone }
`;

export const MAPPING_REFERENCE = `# Mapping reference

Generated from the schemas and types by \`npx tsx scripts/generate-docs.ts\`; do not edit by hand. How to write a mapping is told in
[mapping-guide.md](mapping-guide.md), what each problem means in [problems.md](problems.md). Editors that know the first line of a
file (\`# yaml-language-server: $schema=…\`) show the same texts while you type.

- [The file](#the-file)
- [Tests](#tests)
- [Types](#types): ${TYPES.map(({ name }) => `[${name}](#${name})`).join(", ")}

## The file

Words in capitals stand for names of your choosing: SIDE one of the two names under \`sides\`, ENTITY, FIELD.

${sections.map((section) => sectionText(section, 3)).join("\n\n")}

## Tests

\`syncline test\` runs the \`tests\` of an entity without any system: records go through the lenses, the core decides, and what it would
write is held against \`expect\`. With the writes made, a second decision must write nothing; and a record that was created from
one alone must, met alone, give the first one back (where both sides may be created). \`--coverage\` tells which rules, situations and
policies no test exercises, then changes the file in one place at a time and tells which changes no test notices.

${yamlBlock(TEST_EXAMPLE)}

| key | takes | meaning |
| --- | --- | --- |
| \`SIDE\` | a record, a list of records, null | The records of this side, as the connector decodes them. null: a linked record that is gone. Left out where there is a base: unchanged |
| \`base\` | by side, or by field | What was last agreed on: a record for each side, or canonical values (of the giving side; of two-way rules, of the first). The two records are then linked |
| \`link\` | \`live\`, \`frozen\`, \`tombstone\`; ids by side; or by entity | The state of the link; \`{ crm: ID, billing: ID }\`; links of other entities for \`ref\`: \`{ customer: { crm: ID, billing: ID } }\` |
| \`expect.SIDE\` | \`create\`, \`update\`, \`delete\` | What is written, in this side's own names; a list for several. \`delete\` takes true or the id. A side that is not named is not written. What a \`value\` rule writes may be left out, and so may parts of a nested value that only repeat what was there |
| \`expect.cases\` | list | Kinds, or \`{ kind, field }\`. Not said: none is opened |
| \`expect.situation\` | a [situation](situations.md) | Compared where it is said |
| \`expect.link\` | \`live\`, \`frozen\`, \`tombstone\`, \`none\` | The link afterwards; compared where it is said |

## Types

What \`as\` may say. A rule names the type; a side may refine its options with an \`as\` of its own.

${TYPES.map(typeText).join("\n\n")}
`;
