// How a type is written down: one entry with its options, its reference text and what builds it. The registry lists the entries.

import { z } from "zod";

import { isFields, type Value } from "../../core/value.ts";
import { didYouMean, problem, type KeyPath, type Problem } from "../../core/problem.ts";
import type { KnownType } from "./type.ts";

interface TypeDocs {
  /** One paragraph: what it accepts, what travels, what counts as equal. */
  readonly summary: string;
  /** A line or two of a mapping file. */
  readonly example: string;
}

/** Something wrong with options that are each well-formed; `option` null: the options as a whole. */
export interface OptionFault {
  readonly code: string;
  readonly option: string | null;
  readonly message: string;
  readonly found?: string;
  readonly expected?: string;
  readonly hint?: string;
}

/** What stands after the type's name, in the rule and in the side that refines it; undefined: nothing does. */
interface GivenOptions {
  readonly rule: unknown;
  readonly rulePath: KeyPath;
  readonly side: unknown;
  readonly sidePath: KeyPath;
}

export interface CompiledType {
  readonly type: KnownType | null;
  readonly problems: readonly Problem[];
}

/** Compiles the spec of another type: the items of a list. */
type NestedCompiler = (spec: unknown, path: KeyPath) => CompiledType;

export interface TypeDefinition {
  readonly name: string;
  readonly docs: TypeDocs;
  /**
   * What may stand after the name in a file: the short form or the options, described.
   * @param spec Schema of a whole type spec, for types that hold another.
   */
  schema(spec: z.ZodType): z.ZodType;
  compile(given: GivenOptions, nested: NestedCompiler): CompiledType;
}

interface TypeEntry<Shape extends z.ZodObject> {
  readonly name: string;
  readonly docs: TypeDocs;
  readonly options: Shape;
  /** The form that is not an object: `{ decimal: 2 }`. `toOptions` gives null for what it does not know. */
  readonly short?: { readonly schema: z.ZodType; toOptions(given: Value): object | null };
  /** Schema for editors, where it says more than `options` checks. */
  fileSchema?(spec: z.ZodType): z.ZodType;
  /** Options that contradict each other or lack something. */
  faults?(options: z.output<Shape>): readonly OptionFault[];
  /** Called only when there is no problem with the options; a problem of the nested type is collected by `nested`. */
  build(options: z.output<Shape>, nested: (spec: unknown, option: string) => KnownType): KnownType;
}

export function defineType<Shape extends z.ZodObject>(entry: TypeEntry<Shape>): TypeDefinition {
  return {
    name: entry.name,
    docs: entry.docs,
    schema: (spec) => {
      const options = entry.fileSchema?.(spec) ?? entry.options;
      return entry.short === undefined ? options : z.union([entry.short.schema, options]);
    },
    compile: (given, nested) => compileEntry(entry, given, nested),
  };
}

function compileEntry<Shape extends z.ZodObject>(
  entry: TypeEntry<Shape>,
  given: GivenOptions,
  nested: NestedCompiler,
): CompiledType {
  const rule = optionsOf(entry, given.rule, given.rulePath);
  const side = optionsOf(entry, given.side, given.sidePath);
  const problems = [...rule.problems, ...side.problems];
  if (rule.options === null || side.options === null) return { type: null, problems };

  // A side refines the rule, option by option.
  const merged = entry.options.safeParse({ ...rule.options, ...side.options });
  if (!merged.success) throw new Error(`options of ${entry.name} that are valid alone are not together`);
  const faults = entry.faults?.(merged.data) ?? [];
  if (faults.length > 0) return { type: null, problems: faults.map((fault) => faultProblem(fault, given)) };

  const type = entry.build(merged.data, (spec, option) => {
    const inner = nested(spec, placeOf(given, option));
    problems.push(...inner.problems);
    return inner.type ?? REFUSING;
  });
  return { type: problems.length > 0 ? null : type, problems };
}

/** Where an option was given: by the side, or else by the rule. A short form is the option itself. */
function placeOf({ side, sidePath, rule, rulePath }: GivenOptions, option: string): KeyPath {
  const isObject = (given: unknown): given is object =>
    typeof given === "object" && given !== null && !Array.isArray(given);
  if (isObject(side) && option in side) return [...sidePath, option];
  if (side !== undefined && !isObject(side)) return sidePath;
  return isObject(rule) ? [...rulePath, option] : rulePath;
}

function faultProblem(fault: OptionFault, given: GivenOptions): Problem {
  const { found, expected, hint, option } = fault;
  const whole = given.side === undefined ? given.rulePath : given.sidePath;
  return problem(fault.code, option === null ? whole : placeOf(given, option), fault.message, {
    ...(found === undefined ? {} : { found }),
    ...(expected === undefined ? {} : { expected }),
    ...(hint === undefined ? {} : { hint }),
  });
}

interface GivenOptionsRead {
  readonly options: object | null;
  readonly problems: readonly Problem[];
}

function optionsOf<Shape extends z.ZodObject>(
  entry: TypeEntry<Shape>,
  given: unknown,
  path: KeyPath,
): GivenOptionsRead {
  if (given === undefined || given === null) return { options: {}, problems: [] };
  const value = given as Value; // what a YAML file holds
  const isShort = !isFields(value);
  const options = isShort ? (entry.short?.toOptions(value) ?? null) : value;
  if (options === null) {
    const expected = `options of ${entry.name}: ${Object.keys(entry.options.shape).join(", ") || "none"}`;
    const message = `${entry.name} cannot be refined by ${JSON.stringify(given)}`;
    return { options: null, problems: [problem("E_TYPE", path, message, { found: JSON.stringify(given), expected })] };
  }
  const parsed = entry.options.safeParse(options);
  if (parsed.success) return { options, problems: [] };
  const known = Object.keys(entry.options.shape);
  const problems = parsed.error.issues.flatMap((issue) =>
    issueProblems(issue, { entry: entry.name, options, known, path, isShort }),
  );
  return { options: null, problems };
}

interface IssuePlace {
  readonly entry: string;
  readonly options: object;
  readonly known: readonly string[];
  readonly path: KeyPath;
  /** The options were made from a short form: they have no keys in the file. */
  readonly isShort: boolean;
}

function issueProblems(issue: z.core.$ZodIssue, place: IssuePlace): readonly Problem[] {
  const steps = issue.path.map((step) => (typeof step === "symbol" ? String(step) : step));
  const at = place.isShort ? place.path : [...place.path, ...steps];
  const option = place.isShort || steps.length === 0 ? place.entry : `${place.entry}'s ${steps.join(".")}`;
  const found = JSON.stringify(foundAt(place.options, steps)) ?? "nothing";
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => {
        const hint = didYouMean(key, place.known);
        const message = `${place.entry} has no option "${key}"`;
        const expected = place.known.length === 0 ? "no options" : place.known.join(", ");
        return problem("E_UNKNOWN_KEY", [...at, key], message, {
          on: "key",
          expected,
          ...(hint === undefined ? {} : { hint }),
        });
      });
    case "invalid_value":
      return [enumProblem(at, option, found, issue.values.map(String))];
    case "too_small":
      return [
        problem("E_RANGE", at, `${option} is too small`, { found, expected: `${String(issue.minimum)} or more` }),
      ];
    case "too_big":
      return [
        problem("E_RANGE", at, `${option} is too large`, { found, expected: `${String(issue.maximum)} or less` }),
      ];
    case "custom":
      return [customProblem(issue, at, option, found)];
    default:
      return [
        problem("E_TYPE", at, `${option} cannot be ${found}`, {
          found,
          expected: issue.message.replace(/^Invalid input: expected /, ""),
        }),
      ];
  }
}

function enumProblem(path: KeyPath, option: string, found: string, allowed: readonly string[]): Problem {
  const word = found.replace(/^"|"$/g, "");
  // Of a long list (currencies, zones) people need the one they meant, not all.
  const expected =
    allowed.length > 20
      ? `one of ${String(allowed.length)}, such as ${allowed.slice(0, 3).join(", ")}`
      : allowed.join(", ");
  const hint = didYouMean(word, allowed);
  return problem("E_ENUM", path, `${option} cannot be ${found}`, {
    found,
    expected,
    ...(hint === undefined ? {} : { hint }),
  });
}

/** What a schema's own check says: `.refine(…, { params: fault(…) })`. */
interface CheckParams {
  readonly code: string;
  readonly expected: string;
  /** The words that are allowed, for "did you mean". */
  readonly names?: readonly string[];
  /** What was meant, where that can be known better than by spelling. */
  readonly meant?: (found: string) => string | null;
}

function customProblem(issue: z.core.$ZodIssueCustom, path: KeyPath, option: string, found: string): Problem {
  const params = (issue.params ?? {}) as Partial<CheckParams>; // only our own refinements make this issue
  const word = found.replace(/^"|"$/g, "");
  const meant = params.meant?.(word) ?? null;
  const hint = meant === null ? didYouMean(word, params.names ?? []) : `did you mean "${meant}"?`;
  return problem(params.code ?? "E_TYPE", path, `${option} cannot be ${found}`, {
    found,
    expected: params.expected ?? issue.message,
    ...(hint === undefined ? {} : { hint }),
  });
}

function foundAt(options: object, steps: KeyPath): unknown {
  let here: unknown = options;
  for (const step of steps) here = (here as Record<string | number, unknown> | undefined)?.[step];
  return here;
}

/** Stands in for a nested type that could not be compiled; never used, because the outer type is withheld too. */
const REFUSING: KnownType = {
  name: "refused",
  lossless: false,
  read: () => ({ ok: false, message: "its type could not be compiled" }),
  write: (value) => value,
  key: () => "",
  sample: () => null,
  edges: [],
};
