// What a YAML file holds, as a MappingFile: the shape is checked here, the meaning by compile.ts.

import { z } from "zod";

import type { KeyPath, Problem } from "../core/problem.ts";
import { mappingFileSchema, type MappingFile } from "./file.ts";
import { issueProblems } from "./issues.ts";

export interface MappingFileRead {
  /** Null when the shape is wrong. */
  readonly file: MappingFile | null;
  readonly problems: readonly Problem[];
}

export function readMappingFile(found: unknown): MappingFileRead {
  const parsed = mappingFileSchema.safeParse(found);
  if (parsed.success) return { file: parsed.data, problems: [] };
  return { file: null, problems: issueProblems(parsed.error.issues, found, [], knownKeysAt) };
}

/** The keys that may stand in an object of the file, for "did you mean". */
function knownKeysAt(path: KeyPath): readonly string[] {
  return keysOf(schemaAt(z.toJSONSchema(mappingFileSchema, { target: "draft-7" }), path));
}

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
}

function schemaAt(schema: unknown, path: KeyPath): readonly JsonSchema[] {
  let here: readonly JsonSchema[] = branches(schema as JsonSchema); // made by zod, two lines above
  for (const step of path) here = here.flatMap((each) => below(each, step)).flatMap(branches);
  return here;
}

function below({ properties, additionalProperties, items }: JsonSchema, step: string | number): readonly JsonSchema[] {
  if (typeof step === "number") return items === undefined ? [] : [items];
  const named = properties?.[step];
  if (named !== undefined) return [named];
  return typeof additionalProperties === "object" ? [additionalProperties] : [];
}

function branches(schema: JsonSchema): readonly JsonSchema[] {
  return schema.anyOf === undefined ? [schema] : schema.anyOf.flatMap(branches);
}

function keysOf(schemas: readonly JsonSchema[]): readonly string[] {
  return schemas.flatMap(({ properties }) => Object.keys(properties ?? {}));
}
