// Which class a rule is of (spec/semantics.md, section 6), by construction where the forms tell it.
//
//   f carries a left value to the right, g the other way; "settled" values are those a side shows after it was written
//   iso                g f = id, f g = id
//   lossy left>right   the right keeps less than the left has; lossy right>left is its mirror
//   lossy both         only f g f = f and g f g = g
//   unlawful           not even that: an edit would travel back as another one
//   forward            no way back
//   unproven           an expression: only trying tells

import { otherSide, type BySide, type Side } from "../core/ids.ts";
import { problem, type KeyPath } from "../core/problem.ts";
import type { CompileContext } from "./compile-context.ts";
import type { RuleFile } from "./file-rule.ts";
import { smallest, type Counterexample } from "./law-trial.ts";
import { valuesToTry } from "./law-values.ts";
import { lawProblem, type RuleClass } from "./law-words.ts";
import type { FieldLens, LinesLens, SideLens } from "./lens.ts";
import { goesWithItsLine } from "./lines-direction.ts";
import { settledCell } from "./settled.ts";

export function classifyRule(field: FieldLens): RuleClass {
  const { left, right } = field.sides;
  if (left.target.kind === "none" || right.target.kind === "none") return { kind: "forward" };
  if (field.lines !== null) return worstClass(linesGoing(field.lines).map(classifyRule));
  if (hasExpression(left) || hasExpression(right)) return { kind: "unproven" };
  if (field.ref !== null) return { kind: "iso" };
  if (field.table !== null) return field.table.injective ? { kind: "iso" } : { kind: "lossy", keeps: "left" };
  if (left.type.name !== right.type.name) return classByCases(field);
  const keepsLeft = left.type.lossless;
  const keepsRight = right.type.lossless;
  if (keepsLeft && keepsRight) return { kind: "iso" };
  if (keepsLeft !== keepsRight) return { kind: "lossy", keeps: keepsLeft ? "left" : "right" };
  // One type in one form on both sides: what either shows after a write, the other can show.
  if (left.type === right.type && left.target.kind === right.target.kind) return { kind: "iso" };
  return classByCases(field);
}

/** Whether the field's values can stand for a record: nothing is lost on either side, and it can be told without trying. */
export function keyFault(field: FieldLens): string | null {
  if (field.ref !== null) return "holds an id that differs on the two sides";
  const kind = classifyRule(field);
  const lossless = field.sides.left.type.lossless && field.sides.right.type.lossless;
  switch (kind.kind) {
    case "iso":
      return lossless ? null : "does not keep all of its value";
    case "unproven":
      return lossless ? null : "does not keep all of its value";
    case "forward":
      return "can be read but not written";
    default:
      return "does not keep all of its value on both sides";
  }
}

export function reportLaws(
  field: FieldLens,
  { rule, at }: { readonly rule: RuleFile; readonly at: KeyPath },
  context: CompileContext,
): void {
  if (reportNotWritable(field, at, context)) return;
  reportFloatMoney(field, { rule, at }, context);
  if (field.policy.writes !== "both") return;
  if (rule.law === "lossy" && field.policy.conflict !== "left" && field.policy.conflict !== "right") {
    const hint = `conflict: ${context.names.left}`;
    context.report(
      problem("E_MISSING", [...at, "conflict"], "`law: lossy` needs a side that wins", { on: "key", hint }),
    );
  }
  // Each line's rule has told its own.
  if (field.lines !== null) return;
  const told = lawProblem(classifyRule(field), { at, accepted: rule.law === "lossy", names: context.names });
  if (told !== null) context.report(told);
}

export function hasExpression({ source, target }: SideLens): boolean {
  return source.kind === "expression" || target.kind === "expressions";
}

/** @returns Whether something was reported. */
function reportNotWritable(field: FieldLens, at: KeyPath, context: CompileContext): boolean {
  const { writes } = field.policy;
  const needed: readonly Side[] = writes === "both" ? ["left", "right"] : [writes];
  const closed = needed.filter((side) => field.sides[side].target.kind === "none");
  if (closed.length === 2) {
    const message = "both sides are only read, so nothing can be kept in step";
    context.report(
      problem("E_BOTH_READ_ONLY", at, message, { on: "key", hint: "give a side a `write`, or leave the rule out" }),
    );
  } else if (closed[0] !== undefined) {
    const name = context.names[closed[0]];
    const message = `${name} has a \`read\` and no \`write\`, so nothing can be carried to it`;
    const hint =
      writes === "both"
        ? `add a \`write\`, or say \`direction: ${name} -> ${context.names[otherSide(closed[0])]}\``
        : "add a `write`";
    context.report(problem("E_NOT_INVERTIBLE", [...at, name], message, { on: "key", hint }));
  }
  return closed.length > 0;
}

const TEXTS_AND_NAMES = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`/g;
const MULTIPLIES = /[\w)\]}]\s*[*/]\s*[-\w($]/;

/** JSONata counts in floats: a factor belongs into the type, which is exact. */
function reportFloatMoney(
  field: FieldLens,
  { rule, at }: { rule: RuleFile; at: KeyPath },
  context: CompileContext,
): void {
  for (const side of ["left", "right"] as const) {
    const { type, source, target } = field.sides[side];
    if (type.name !== "money") continue;
    const name = context.names[side];
    const place =
      rule.value !== undefined && source.kind === "expression" && target.kind === "none" ? ["value"] : [name, "read"];
    const used = source.kind === "expression" ? [{ path: [...at, ...place], text: source.expression.source }] : [];
    const put =
      target.kind === "expressions"
        ? target.writes.map(({ expression }) => ({ path: [...at, name, "write"], text: expression.source }))
        : [];
    for (const { path, text } of [...used, ...put]) {
      if (!MULTIPLIES.test(text.replace(TEXTS_AND_NAMES, '""'))) continue;
      const message = "an expression multiplies money, which makes it a float";
      const hint = `name the form instead: ${name}: { at: PATH, as: { money: minor } }, or as: { decimal: { scale: 2, times: "1.19" } }`;
      context.report(problem("E_FLOAT_MONEY", path, message, { found: text, hint }));
      break;
    }
  }
}

function classByCases(field: FieldLens): RuleClass {
  const from = { left: tryCases(field, "left"), right: tryCases(field, "right") };
  const counterexample = from.left.counterexample ?? from.right.counterexample;
  if (counterexample !== null) return { kind: "unlawful", counterexample };
  return classOf({ left: from.left.comesBack, right: from.right.comesBack });
}

/** @param comesBack By the side that values were carried from: each of them came back as it was. */
export function classOf(comesBack: BySide<boolean>): RuleClass {
  if (comesBack.left && comesBack.right) return { kind: "iso" };
  if (comesBack.left) return { kind: "lossy", keeps: "right" };
  return comesBack.right ? { kind: "lossy", keeps: "left" } : { kind: "lossy-both" };
}

/** The rules of lines that go the way of their list. */
export function linesGoing(lines: LinesLens): readonly FieldLens[] {
  return lines.fields.filter((field) => goesWithItsLine(lines, field));
}

/** Each line goes its own way, so a list loses what the rules of its lines lose. */
export function worstClass(classes: readonly RuleClass[]): RuleClass {
  const worst = classes.find(({ kind }) => kind !== "iso" && kind !== "lossy");
  if (worst !== undefined) return worst;
  const keeps = new Set(classes.flatMap((each) => (each.kind === "lossy" ? [each.keeps] : [])));
  const [only] = keeps;
  if (only === undefined) return { kind: "iso" };
  return keeps.size === 1 ? { kind: "lossy", keeps: only } : { kind: "lossy-both" };
}

/** Carries settled values of a side across and back. What the other side cannot hold is held in the run, and says nothing here. */
function tryCases(
  field: FieldLens,
  from: Side,
): { readonly comesBack: boolean; readonly counterexample: Counterexample | null } {
  const here = field.sides[from];
  const there = field.sides[otherSide(from)];
  let comesBack = true;
  const found: Counterexample[] = [];
  for (const cell of valuesToTry(field, from).flat()) {
    const value = settledCell(here, cell);
    const across = value === null ? null : settledCell(there, value);
    const back = across === null ? null : settledCell(here, across);
    if (value === null || across === null || back === null) continue;
    comesBack &&= back.key === value.key;
    const again = settledCell(there, back);
    if (again?.key !== across.key)
      found.push({ from, value: value.value, across: across.value, again: again?.value ?? null });
  }
  return { comesBack, counterexample: smallest(found) };
}
