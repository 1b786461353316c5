// One field rule of the file becomes a FieldLens. Every problem of the rule is reported; where something is broken a stand-in
// takes its place, so that one mistake is told once and the rest of the file is still checked.

import type { FieldPolicy, Resolution, Strength } from "../core/field.ts";
import { otherSide, SIDES, type BySide, type Side } from "../core/ids.ts";
import { problem, type KeyPath } from "../core/problem.ts";
import {
  directionHint,
  readDirection,
  readExpression,
  readResolution,
  sideEntries,
  type CompileContext,
  type Direction,
} from "./compile-context.ts";
import { compileLines, reportBesideEach, withoutDefaults } from "./compile-lines.ts";
import { compileSide, sideText, type SideText } from "./compile-side.ts";
import { compileDomain } from "./domain.ts";
import { RULE_KEY_NAMES, type RuleFile } from "./file-rule.ts";
import type { FieldLens, LinesLens, Merge, Source, Target } from "./lens.ts";
import { reportLaws } from "./laws.ts";
import { linesType } from "./lines-type.ts";
import { compileTypes } from "./rule-type.ts";
import { compileTable } from "./values-table.ts";

/** What the entity says for rules that do not say it themselves. */
export interface RuleDefaults {
  readonly direction: Direction | null;
  readonly strength: Strength;
  readonly conflict: Resolution | null;
  readonly atLink: Resolution | null;
}

/** Null when nothing of the rule could be compiled; the reason is reported. */
export function compileRule(
  name: string,
  given: { readonly rule: RuleFile; readonly at: KeyPath; readonly defaults: RuleDefaults },
  context: CompileContext,
): FieldLens | null {
  const { rule, at, defaults } = given;
  const entries = sideEntries<unknown>(rule, at, context, RULE_KEY_NAMES);
  const texts = {
    left: sideText("left", entries.left, at, context),
    right: sideText("right", entries.right, at, context),
  };
  const direction =
    rule.direction === undefined ? defaults.direction : readDirection(rule.direction, [...at, "direction"], context);
  // A direction that was reported is still one: the rule is not checked as a two-way rule.
  const oneWay =
    direction ?? (rule.direction === undefined ? null : { giving: "left" as const, receiving: "right" as const });
  if (texts.left === null || texts.right === null) return null;

  const saidTexts: BySide<SideText> = { left: texts.left, right: texts.right };
  const value = valueSource(rule, at, { entries, oneWay }, context);
  const lines = rule.each === undefined ? null : linesOf(rule.each, saidTexts, { rule, at, oneWay, defaults }, context);
  if (rule.each !== undefined && lines === null) return null;
  const sideTexts = lines === null ? saidTexts : withoutDefaults(lines, saidTexts, context);
  const types =
    lines === null
      ? compileTypes(rule, at, sideTexts, context)
      : { left: linesType(lines, "left"), right: linesType(lines, "right") };
  const side = (which: Side): FieldLens["sides"]["left"] => {
    const isGiven = value !== null && oneWay?.giving === which;
    return compileSide(
      sideTexts[which],
      { fieldName: name, rule, ruleAt: at, type: types[which], given: isGiven ? value : null },
      context,
    );
  };
  const sides = { left: side("left"), right: side("right") };
  const policy = policyOf(name, { rule, at, oneWay, defaults }, context);
  const plain = sides.left.target.kind === "path" && sides.right.target.kind === "path";

  const lens: FieldLens = {
    policy,
    sides,
    sameForm:
      plain && rule.ref === undefined && rule.values === undefined && types.left === types.right && types.left.lossless,
    table: tableOf(rule, { types, writes: policy.writes, path: [...at, "values"] }, context),
    ref: rule.ref ?? null,
    lines,
    merge: rule.merge ?? null,
    domain: compileDomain(rule.domain, [...at, "domain"], context),
  };
  for (const which of SIDES)
    if (policy.writes !== otherSide(which)) reportWholeRecord(sides[which].target, sideTexts[which], context);
  reportKeysThatDoNotGoTogether(rule, lens, at, context);
  reportLaws(lens, { rule, at }, context);
  return lens;
}

/** The rules of the lines; what the rule of the list says of direction and conflicts holds for them. Null: reported. */
function linesOf(
  each: NonNullable<RuleFile["each"]>,
  texts: BySide<SideText>,
  { rule, at, oneWay, defaults }: PolicyText,
  context: CompileContext,
): LinesLens | null {
  reportBesideEach(rule, texts, at, context);
  // What is wrong with them is told of the rule itself.
  const told = { ...context, report: () => undefined };
  const conflict = readResolution(rule.conflict, [...at, "conflict"], told) ?? defaults.conflict;
  const atLink = readResolution(rule.at_link, [...at, "at_link"], told) ?? defaults.atLink;
  const inherited: RuleDefaults = { ...defaults, direction: oneWay, conflict, atLink };
  return compileLines(
    each,
    [...at, "each"],
    oneWay,
    (name, lineRule, ruleAt) => compileRule(name, { rule: lineRule, at: ruleAt, defaults: inherited }, context),
    context,
  );
}

/** The source of the giving side of a `value` rule; null: the rule has none. */
function valueSource(
  rule: RuleFile,
  at: KeyPath,
  { entries, oneWay }: { readonly entries: Partial<BySide<unknown>>; readonly oneWay: Direction | null },
  context: CompileContext,
): Source | null {
  if (rule.value === undefined) return null;
  const expression = readExpression(rule.value, [...at, "value"], context);
  if (oneWay === null) {
    const hint = `direction: ${context.names.left} -> ${context.names.right}`;
    context.report(
      problem("E_MISSING", [...at, "direction"], "`value` gives in one direction only, so it needs a `direction`", {
        on: "key",
        hint,
      }),
    );
    return null;
  }
  if (entries[oneWay.giving] !== undefined) {
    const name = context.names[oneWay.giving];
    const message = `\`value\` stands in place of what ${name} shows, so ${name} can have no place here`;
    context.report(problem("E_COMBINATION", [...at, name], message, { on: "key", hint: `leave out ${name}` }));
  }
  return expression === null ? { kind: "none" } : { kind: "expression", expression };
}

/** `$` can be read; written it would replace what no rule names. */
function reportWholeRecord(target: Target, text: SideText, context: CompileContext): void {
  const message = "the whole record cannot be written, only places in it";
  const whole = target.kind === "path" && target.path.length === 0;
  const expected = "a path in the record, as address.city";
  if (whole) context.report(problem("E_PATH", text.pathAt, message, { found: "$", expected }));
  if (target.kind !== "expressions") return;
  const written = target.writes.find(({ path }) => path.length === 0);
  if (written !== undefined)
    context.report(problem("E_PATH", [...text.at, "write", "$"], message, { on: "key", found: "$", expected }));
}

function tableOf(
  rule: RuleFile,
  options: Parameters<typeof compileTable>[1],
  context: CompileContext,
): FieldLens["table"] {
  if (rule.values === undefined) return null;
  const { table, problems } = compileTable(rule.values, options);
  problems.forEach((each) => context.report(each));
  return table;
}

interface PolicyText {
  readonly rule: RuleFile;
  readonly at: KeyPath;
  readonly oneWay: Direction | null;
  readonly defaults: RuleDefaults;
}

function policyOf(name: string, { rule, at, oneWay, defaults }: PolicyText, context: CompileContext): FieldPolicy {
  const strength = rule.strength ?? defaults.strength;
  if (rule.strength !== undefined && oneWay === null) {
    const message = "`strength` says what an edit of the receiving side is worth, so it needs a `direction`";
    context.report(problem("E_MISSING", [...at, "direction"], message, { on: "key", hint: directionHint(context) }));
  }
  const ruleConflict = readResolution(rule.conflict, [...at, "conflict"], context);
  const ruleAtLink = readResolution(rule.at_link, [...at, "at_link"], context);
  // The strength of a one-way rule already says what becomes of an edit of the receiving side.
  const conflict =
    ruleConflict ?? (oneWay === null ? (defaults.conflict ?? "review") : oneWayConflict(oneWay, strength));
  return {
    name,
    group: rule.group ?? null,
    writes: oneWay === null ? "both" : oneWay.receiving,
    strength,
    conflict,
    atLink: ruleAtLink ?? defaults.atLink ?? conflict,
    blank: rule.blank ?? "flow",
    optional: rule.optional ?? false,
  };
}

function oneWayConflict(oneWay: Direction, strength: Strength): Resolution {
  if (strength === "review") return "review";
  return strength === "weak" ? oneWay.receiving : oneWay.giving;
}

function reportKeysThatDoNotGoTogether(rule: RuleFile, lens: FieldLens, at: KeyPath, context: CompileContext): void {
  const report = (key: string, message: string, hint: string): void =>
    context.report(problem("E_COMBINATION", [...at, key], message, { on: "key", hint }));
  if (rule.ref !== undefined && rule.values !== undefined)
    report("values", "`ref` and `values` each say what the value is on the other side", "leave out one of them");
  const refs = [rule, ...Object.values(rule.each?.fields ?? {})].filter(({ ref }) => ref !== undefined);
  if (rule.optional === true && refs.length === 0)
    report(
      "optional",
      "`optional` says that a record does not wait for the one it names, so it needs a `ref`",
      "add ref: ENTITY, or leave out optional",
    );
  if (rule.merge === undefined) return;
  if (lens.policy.writes !== "both")
    report(
      "merge",
      "`merge` puts changes of both sides together, and this rule has one direction",
      "leave out merge, or direction",
    );
  if (rule.ref !== undefined || (rule.values !== undefined && rule.merge !== "max"))
    report("merge", "`merge` needs values that are the same on both sides", "leave out merge");
  else reportMergeType(rule.merge, lens, report);
}

const MERGED: Readonly<Record<Merge, readonly string[]>> = {
  counter: ["integer", "decimal", "percent", "money", "raw"],
  set: ["set", "list", "json", "raw"],
  lines: ["list", "text", "json", "raw", "lines"],
  max: ["integer", "decimal", "percent", "date", "datetime"],
};

function reportMergeType(
  merge: Merge,
  { sides, table, lines }: FieldLens,
  report: (key: string, message: string, hint: string) => void,
): void {
  if (merge === "max" && table !== null) return;
  const wrong = SIDES.map((side) => sides[side].type.name).find((type) => !MERGED[merge].includes(type));
  if (wrong === undefined) return;
  if (lines !== null) report("merge", `\`merge: ${merge}\` cannot put lines together`, "merge: lines");
  else if (merge === "max")
    report(
      "merge",
      `\`merge: max\` needs values of which one is the greater, which type ${wrong} does not say`,
      "as: integer, or a table of `values` from the least to the greatest",
    );
  else
    report("merge", `\`merge: ${merge}\` cannot put together values of type ${wrong}`, `as: ${MERGED[merge][0] ?? ""}`);
}
