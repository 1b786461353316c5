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

export const MAPPING_REFERENCE = `# Mapping reference

Generated from the schemas and types by \`npx tsx scripts/generate-docs.ts\`; do not edit by hand. How to write a mapping is told in
[mapping-guide.md](mapping-guide.md), what each problem means in [problems.md](problems.md). Editors that know the first line of a
file (\`# yaml-language-server: $schema=…\`) show the same texts while you type.

- [The file](#the-file)
- [Types](#types): ${TYPES.map(({ name }) => `[${name}](#${name})`).join(", ")}

## The file

Words in capitals stand for names of your choosing: SIDE one of the two names under \`sides\`, ENTITY, FIELD.

${sections.map((section) => sectionText(section, 3)).join("\n\n")}

## Types

What \`as\` may say. A rule names the type; a side may refine its options with an \`as\` of its own.

${TYPES.map(typeText).join("\n\n")}
`;
