// docs/connector-reference.md: every key of a connector file, as its schema says it.

import { jsonSchemaText } from "../../src/config/json-schema.ts";
import { sectionsOf, sectionText, type JsonSchema } from "./schema-tables.ts";

const WORDS: Readonly<Record<string, string>> = {
  objects: "OBJECT",
  fields: "FIELD",
  settings: "SETTING",
  secrets: "SECRET",
};

const schema = JSON.parse(jsonSchemaText("connector")) as JsonSchema; // what the schema of the files is made of
const sections = sectionsOf(withoutSharedKeys(schema), {
  wordFor: (key) => WORDS[key] ?? "NAME",
  elsewhere: {},
});

/** Every operation has the keys of a request: they are told once. */
function requestKeys({ properties }: JsonSchema): JsonSchema["properties"] {
  const object = objectSchema(properties);
  const list = object?.["list"]?.properties ?? {};
  const find = object?.["create"]?.properties ?? {};
  return Object.fromEntries(
    Object.entries(list).filter(([key, each]) => JSON.stringify(find[key]) === JSON.stringify(each)),
  );
}

function objectSchema(properties: JsonSchema["properties"]): JsonSchema["properties"] {
  const objects = properties?.["objects"]?.additionalProperties;
  return typeof objects === "object" ? objects.properties : undefined;
}

function withoutSharedKeys(schema: JsonSchema): JsonSchema {
  const shared = new Set(Object.keys(requestKeys(schema) ?? {}));
  const strip = (node: JsonSchema): JsonSchema => {
    const { properties, additionalProperties, anyOf } = node;
    const isRequest = properties !== undefined && [...shared].every((key) => Object.hasOwn(properties, key));
    return {
      ...node,
      ...(properties === undefined
        ? {}
        : {
            properties: Object.fromEntries(
              Object.entries(properties).flatMap(([key, each]) =>
                isRequest && shared.has(key) ? [] : [[key, strip(each)] as const],
              ),
            ),
          }),
      ...(typeof additionalProperties === "object" ? { additionalProperties: strip(additionalProperties) } : {}),
      ...(anyOf === undefined ? {} : { anyOf: anyOf.map(strip) }),
    };
  };
  return strip(schema);
}

const [request] = sectionsOf({ properties: requestKeys(schema) ?? {} }, { wordFor: () => "NAME", elsewhere: {} });

export const CONNECTOR_REFERENCE = `# Connector reference

Generated from the schema of the file by \`npx tsx scripts/generate-docs.ts\`; do not edit by hand. How to write a connector is told in
[connector-guide.md](connector-guide.md), what each problem means in [problems.md](problems.md).

Words in capitals stand for names of your choosing: OBJECT a kind of record, FIELD one of its fields, SETTING, SECRET.

## The keys of a request

\`list\`, \`get\`, \`find\`, \`changes\`, \`create\`, \`update\`, \`delete\` and each entry of \`batch\` of an object have these, beside
their own below. Which of them are used depends on the protocol.

${request === undefined ? "" : sectionText({ ...request, path: "", about: "" }, 3)}

## The file

${sections.map((section) => sectionText(section, 3)).join("\n\n")}
`;
