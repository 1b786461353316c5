// One side of a field rule: where it is read, how it is written, and in which type.

import type { Expression } from "../core/expression.ts";
import type { Cell } from "../core/field.ts";
import type { Side } from "../core/ids.ts";
import type { Path } from "../core/path.ts";
import { problem, type KeyPath } from "../core/problem.ts";
import { canonicalText, type Value } from "../core/value.ts";
import { readExpression, readPath, type CompileContext } from "./compile-context.ts";
import { ruleSideSchema, type RuleFile, type RuleSideFile } from "./file-rule.ts";
import { issueProblems } from "./issues.ts";
import { cellOf } from "./cell.ts";
import type { ExpressionWrite, SideLens, Source, Target } from "./lens.ts";
import { isPartsType, type FieldType } from "./types/type.ts";

type SideObject = Exclude<RuleSideFile, string | string[]>;

/** What the file says of one side, in its long form. */
export interface SideText {
  readonly side: Side;
  readonly entry: SideObject;
  /** Key path of the side's entry, and of what its `at` says (the entry itself in the short form). */
  readonly at: KeyPath;
  readonly pathAt: KeyPath;
}

/** The long form of a side's entry; a side left out has the path of the field's own name. Null: reported. */
export function sideText(side: Side, entry: unknown, ruleAt: KeyPath, context: CompileContext): SideText | null {
  const at = [...ruleAt, context.names[side]];
  if (entry === undefined) return { side, entry: {}, at, pathAt: at };
  const parsed = ruleSideSchema.safeParse(entry);
  if (!parsed.success) {
    const known = ["at", "as", "read", "write", "empty", "default"];
    for (const each of issueProblems(parsed.error.issues, entry, at, () => known)) context.report(each);
    return null;
  }
  const text = parsed.data;
  if (typeof text === "string" || Array.isArray(text)) return { side, entry: { at: text }, at, pathAt: at };
  if (text.at !== undefined && text.read !== undefined) {
    const message = "`at` and `read` both say where the value comes from";
    context.report(problem("E_COMBINATION", [...at, "read"], message, { on: "key", hint: "keep one of them" }));
  }
  return { side, entry: text, at, pathAt: text.at === undefined ? at : [...at, "at"] };
}

export interface SideOptions {
  readonly fieldName: string;
  readonly rule: RuleFile;
  readonly ruleAt: KeyPath;
  readonly type: FieldType;
  /** The rule's `value`, where this is the giving side; null: the side has a place of its own. */
  readonly given: Source | null;
}

export function compileSide(text: SideText, options: SideOptions, context: CompileContext): SideLens {
  const { type, rule } = options;
  const { source, target } =
    options.given === null ? placesOf(text, options, context) : { source: options.given, target: NO_TARGET };
  const empty = text.entry.empty ?? rule.empty ?? [];
  return {
    type,
    source,
    target,
    placeholders: new Set(empty.map((value) => canonicalText(value))),
    forNull: standIn(text, type, context),
  };
}

const NO_TARGET: Target = { kind: "none" };

/** What stands in for a source or a target that was reported: it takes part in no further check. */
const BROKEN_SOURCE: Source = { kind: "none" };
const BROKEN_TARGET: Target = { kind: "expressions", writes: [] };

function placesOf(text: SideText, options: SideOptions, context: CompileContext): { source: Source; target: Target } {
  const { entry, at } = text;
  const place = entry.read === undefined ? plainPlace(text, options, context) : null;
  if (entry.read === undefined && entry.write === undefined) {
    return place === null ? { source: BROKEN_SOURCE, target: BROKEN_TARGET } : { source: place, target: place };
  }
  let source: Source = place ?? BROKEN_SOURCE;
  if (entry.read !== undefined) {
    const expression = readExpression(entry.read, [...at, "read"], context);
    if (expression !== null) source = { kind: "expression", expression };
  }
  const target: Target =
    entry.write === undefined
      ? NO_TARGET
      : { kind: "expressions", writes: readWrites(entry.write, [...at, "write"], context) };
  return { source, target };
}

type Place = Extract<Source, { kind: "path" | "parts" }>;

function plainPlace(text: SideText, options: SideOptions, context: CompileContext): Place | null {
  const { fieldName, type } = options;
  const given = text.entry.at ?? JSON.stringify(fieldName);
  if (typeof given === "string") {
    const path = readPath(given, text.pathAt, context);
    return path === null ? null : { kind: "path", path };
  }
  const paths = given.map((each, index) => readPath(each, [...text.pathAt, index], context));
  const found = paths.filter((path) => path !== null);
  if (found.length < paths.length) return null;
  const [only] = found;
  if (found.length === 1 && only !== undefined) return { kind: "path", path: only };
  if (isPartsType(type) && type.spreads(found.length)) return { kind: "parts", paths: found, type };
  const message = `${String(found.length)} paths cannot make up one value of type ${type.name}`;
  const hint = "name a type that has parts: as: person_name, or as: address";
  context.report(problem("E_TYPE", text.pathAt, message, { expected: "one path", hint }));
  return null;
}

function readWrites(
  write: Readonly<Record<string, string>>,
  at: KeyPath,
  context: CompileContext,
): readonly ExpressionWrite[] {
  return Object.entries(write).flatMap(([key, source]) => {
    const path: Path | null = readPath(key, [...at, key], context);
    const expression: Expression | null = readExpression(source, [...at, key], context, ["value"]);
    return path === null || expression === null ? [] : [{ path, expression }];
  });
}

function standIn({ entry, at }: SideText, type: FieldType, context: CompileContext): Cell | null {
  if (entry.default === undefined) return null;
  const reading = type.read(entry.default as Value); // what a YAML file holds
  if (reading.ok && reading.value !== null) return cellOf(type, reading.value);
  const message = reading.ok ? "a null cannot stand for a null" : reading.message;
  context.report(problem("E_TYPE", [...at, "default"], message, { expected: `a value of type ${type.name}` }));
  return null;
}
