// A mapping from YAML text, as the tests of this room write it.

import { parse } from "yaml";

import { isError } from "../../src/core/problem.ts";
import type { CompiledMapping } from "../../src/mapping/compile.ts";
import type { EntityMapping, Mapping } from "../../src/mapping/mapping.ts";
import { compileMappingFile } from "../../src/mapping/read-file.ts";
import { expressions } from "./expressions.ts";

export function compileText(text: string): CompiledMapping {
  return compileMappingFile(parse(text), { file: "mappings/test.yaml", expressions });
}

/** @throws When the text has an error. */
export function mappingOf(text: string): Mapping {
  const { mapping, problems } = compileText(text);
  if (mapping === null) throw new Error(`the mapping has errors: ${JSON.stringify(problems.filter(isError), null, 2)}`);
  return mapping;
}

/** The text of a mapping of one entity `thing`, sides `crm` (left) and `billing` (right). */
export function entityText(fields: string, more = ""): string {
  return `
pair: test
sides: { crm: crm-system, billing: billing-system }
entities:
  thing:
    crm: { object: contact }
    billing: { object: customer }
    ${more.split("\n").join("\n    ")}
    fields:
      ${fields.split("\n").join("\n      ")}
`;
}

export function entityOf(fields: string, more = ""): EntityMapping {
  const [entity] = mappingOf(entityText(fields, more)).entities;
  if (entity === undefined) throw new Error("no entity");
  return entity;
}
