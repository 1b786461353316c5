// From what a YAML file holds to a compiled Mapping: the shape is checked here, the meaning by compile.ts.

import { z } from "zod";

import type { KeyPath, Problem } from "../core/problem.ts";
import { compileMapping, type CompiledMapping, type CompileOptions } from "./compile.ts";
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

/** What a YAML file holds, compiled, with every problem of shape and of meaning at once. */
export function compileMappingFile(found: unknown, options: CompileOptions): CompiledMapping {
  const { file, problems } = readMappingFile(found);
  if (file !== null) return compileMapping(file, options);
  const sound = soundPart(found, problems);
  const rest = sound === null ? null : compileMapping(sound, options);
  const more = (rest?.problems ?? []).filter(({ code }) => !FOLLOWS.has(code));
  return { mapping: null, problems: [...problems, ...more], rules: rest?.rules ?? [], names: rest?.names ?? null };
}

/** Problems that may only come of what was left out of a file because its shape was wrong. */
const FOLLOWS: ReadonlySet<string> = new Set(["E_MISSING", "E_KEY", "W_NEVER_WRITTEN"]);

/** Each pass leaves out what the one before has made incomplete; a file is not nested deeper than this. */
const PASSES_MAX = 6;

/** The file without what is wrong in shape, so that the rest of it can be checked. Null: too little is left. */
function soundPart(found: unknown, problems: readonly Problem[]): MappingFile | null {
  let faults = problems.map(faultyPlace);
  for (let pass = 0; pass < PASSES_MAX; pass += 1) {
    const rest = without(found, faults);
    const read = readMappingFile(rest);
    if (read.file !== null) return read.file;
    faults = [...faults, ...read.problems.map(faultyPlace)];
  }
  return null;
}

/** What lacks something is left out itself. */
function faultyPlace({ code, path }: Problem): KeyPath {
  return code === "E_MISSING" ? path.slice(0, -1) : path;
}

/** A copy without what stands at the paths. A list with a fault in it is left out whole: its positions are part of later paths. */
function without(value: unknown, paths: readonly KeyPath[]): unknown {
  if (isRemoved(paths)) return undefined;
  if (paths.length === 0 || typeof value !== "object" || value === null) return value;
  const below = (step: string | number): readonly KeyPath[] =>
    paths.filter(([first]) => first === step).map(([, ...rest]) => rest);
  if (Array.isArray(value)) {
    const entries = value.map((entry, index) => without(entry, below(index)));
    return entries.includes(undefined) ? undefined : entries;
  }
  const entries = Object.entries(value).map(([name, entry]) => [name, without(entry, below(name))] as const);
  return Object.fromEntries(entries.filter(([, entry]) => entry !== undefined));
}

function isRemoved(paths: readonly KeyPath[]): boolean {
  return paths.some((path) => path.length === 0);
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
  const named = properties !== undefined && Object.hasOwn(properties, step) ? properties[step] : undefined;
  if (named !== undefined) return [named];
  return typeof additionalProperties === "object" ? [additionalProperties] : [];
}

function branches(schema: JsonSchema): readonly JsonSchema[] {
  return schema.anyOf === undefined ? [schema] : schema.anyOf.flatMap(branches);
}

function keysOf(schemas: readonly JsonSchema[]): readonly string[] {
  return schemas.flatMap(({ properties }) => Object.keys(properties ?? {}));
}
