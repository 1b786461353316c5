// A value held against a zod schema, with what is wrong in the words of the mapping room's problems: the same words in all
// three kinds of file. Here stands what those need of the schema: which keys exist at a place, for "did you mean".

import { z } from "zod";

import type { KeyPath, Problem } from "../core/problem.ts";
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
  const issues = parsed.error.issues.map(withChoices);
  const problems = issueProblems(issues, written, [], keysIn(schema));
  return { ok: false, value: null, problems: withMends(problems, schema, written) };
}

/** Says what is due and what to type, where a problem of the shape does not say it yet. */
export function withMends(problems: readonly Problem[], schema: z.ZodType, written: unknown): readonly Problem[] {
  const keys = keysIn(schema);
  return problems.map((each) => withMend(each, written, keys));
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

function withMend(each: Problem, written: unknown, keys: (path: KeyPath) => readonly string[]): Problem {
  if (each.code === "E_UNKNOWN_KEY" && each.hint === null && each.expected === null) {
    const known = keys(each.path.slice(0, -1));
    return known.length === 0 ? { ...each, hint: "remove it" } : { ...each, expected: known.join(", ") };
  }
  if (each.code === "E_RANGE") return inWords(each);
  if (each.code !== "E_TYPE" || each.hint !== null) return each;
  // What a schema says of a text's form begins so: "a duration such as 30s".
  if (each.expected === null && /^(?:an?|the) /.test(each.message))
    return { ...each, message: `this is not ${each.message}`, expected: each.message };
  const hint = typeMend(each.path.reduce<unknown>(entryAt, written), each.expected?.split(" or ") ?? []);
  return hint === null ? each : { ...each, hint };
}

/** YAML reads `1.0`, `true` and nothing at all as what they look like; quotes make them text, and take that from them. */
function typeMend(value: unknown, due: readonly string[]): string | null {
  if (value === null) return "write a value, or remove the key";
  if (due.includes("string") && (typeof value === "number" || typeof value === "boolean"))
    return `quote it: "${String(value)}"`;
  if (due.includes("boolean") && typeof value === "string") return "write true or false, without quotes";
  if (due.includes("number") && typeof value === "string" && /^\d+$/.test(value)) return "write it without quotes";
  return null;
}

const BOUNDS: Readonly<Record<string, string>> = {
  ">=": "at least",
  "<=": "at most",
  ">": "more than",
  "<": "less than",
};
const BOUND = /^expected \w+ to (?:have|be) (>=|<=|>|<)(\S+)(?: (\w+))?$/;

/** `expected string to have >=1 characters`, said for people. */
function inWords(each: Problem): Problem {
  const [, sign = "", bound = "", unit] = BOUND.exec(each.message) ?? [];
  if (sign === "") return each;
  if (unit !== undefined && sign === ">=" && bound === "1")
    return { ...each, message: "this must not be empty", expected: `at least one of its ${unit}` };
  return {
    ...each,
    message: "this is out of range",
    expected: `${BOUNDS[sign] ?? sign} ${bound}${unit === undefined ? "" : ` ${unit}`}`,
  };
}

function entryAt(value: unknown, step: string | number): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
  return (value as Readonly<Record<string | number, unknown>>)[step];
}

/** The keys that may stand in the object at a path of the schema. */
function keysIn(schema: z.ZodType): (path: KeyPath) => readonly string[] {
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

/** A problem without what it quotes, for places that hold secrets. The place stays as it is. */
export function withoutQuotes<T extends Problem>(each: T): T {
  const message = each.message.replace(/"[^"]*"|\{.*\}|\[.*\]/g, "what stands here");
  const quoted = each.hint !== null && /\d|"/.test(each.hint) && !each.hint.startsWith("did you mean");
  return {
    ...each,
    message,
    found: null,
    hint: quoted ? "name where it stands: { env: NAME } or { file: PATH }" : each.hint,
  };
}
