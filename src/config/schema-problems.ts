// A value held against a zod schema, with what is wrong in the words of the mapping room's problems: the same words in all
// three kinds of file. Here stands what those need of the schema: which keys exist at a place, for "did you mean".

import { z } from "zod";

import { problem, type KeyPath, type Problem } from "../core/problem.ts";
import { issueProblems, type Issue } from "../mapping/issues.ts";

export type ShapeRead<T> =
  | { readonly ok: true; readonly value: T; readonly problems: readonly [] }
  | { readonly ok: false; readonly value: null; readonly problems: readonly Problem[] };

/** @param written The value as the file has it, where `found` was made from it; what problems quote. */
export function readShape<T extends z.ZodType>(
  schema: T,
  found: unknown,
  written: unknown = found,
): ShapeRead<z.output<T>> {
  const parsed = schema.safeParse(found);
  if (parsed.success) return { ok: true, value: parsed.data, problems: [] };
  const keys = keysIn(schema);
  const issues = parsed.error.issues.map(withChoices);
  const problems = issueProblems(issues, written, [], keys).map((each) => withMend(each, written));
  return { ok: false, value: null, problems };
}

/** A discriminator that names no branch: its words are the ones that are allowed. */
function withChoices(issue: Issue & { readonly options?: unknown }): Issue {
  if (issue.code !== "invalid_union" || !Array.isArray(issue.options)) {
    return issue.errors === undefined
      ? issue
      : { ...issue, errors: issue.errors.map((branch) => branch.map(withChoices)) };
  }
  return { code: "invalid_value", path: issue.path, message: issue.message, values: issue.options };
}

/** YAML reads `1.0`, `true` and nothing at all as what they look like; where a text is due, quotes make them one. */
function withMend(each: Problem, written: unknown): Problem {
  if (each.code !== "E_TYPE" || each.hint !== null) return each;
  const value = each.path.reduce<unknown>(entryAt, written);
  const textIsDue = each.expected?.split(" or ").includes("string") ?? false;
  if (textIsDue && (typeof value === "number" || typeof value === "boolean"))
    return { ...each, hint: `quote it: "${String(value)}"` };
  return value === null ? { ...each, hint: "write a value, or remove the key" } : each;
}

function entryAt(value: unknown, step: string | number): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
  return (value as Readonly<Record<string | number, unknown>>)[step];
}

/** The keys that may stand in the object at a path of the schema. */
export function keysIn(schema: z.ZodType): (path: KeyPath) => readonly string[] {
  let known: JsonSchema | null = null;
  return (path) => {
    known ??= z.toJSONSchema(schema, { target: "draft-7", unrepresentable: "any", io: "input" }) as JsonSchema;
    let here: readonly JsonSchema[] = branches(known);
    for (const step of path) here = here.flatMap((each) => below(each, step)).flatMap(branches);
    return [...new Set(here.flatMap(({ properties }) => Object.keys(properties ?? {})))];
  };
}

/** What we use of a JSON Schema that zod made. */
interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
}

function below({ properties, additionalProperties, items }: JsonSchema, step: string | number): readonly JsonSchema[] {
  if (typeof step === "number") return items === undefined ? [] : [items];
  const named = properties !== undefined && Object.hasOwn(properties, step) ? properties[step] : undefined;
  if (named !== undefined) return [named];
  return typeof additionalProperties === "object" ? [additionalProperties] : [];
}

function branches(schema: JsonSchema): readonly JsonSchema[] {
  const inner = schema.anyOf ?? schema.oneOf;
  return inner === undefined ? [schema] : inner.flatMap(branches);
}

/** Problems without what they quote, for places that hold secrets. */
export function withoutQuotes(each: Problem): Problem {
  return problem(each.code, each.path, each.message.replace(/"[^"]*"|\{.*\}|\[.*\]/g, "what stands here"), {
    on: each.on,
    ...(each.expected === null ? {} : { expected: each.expected }),
    ...(each.hint === null ? {} : { hint: each.hint }),
  });
}
