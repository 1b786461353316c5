// `each`: a list of lines with rules of their own, found on the other side by a key.

import { SIDES, type BySide } from "../core/ids.ts";
import { didYouMean, problem, type KeyPath } from "../core/problem.ts";
import { reportNotSupported, reportReservedName, type CompileContext } from "./compile-context.ts";
import type { SideText } from "./compile-side.ts";
import type { EachFile, RuleFile } from "./file-rule.ts";
import { keyFault } from "./laws.ts";
import type { FieldLens, LinesLens } from "./lens.ts";
import { reportOverlaps } from "./overlap.ts";

/** Compiles a rule of a line. Null: reported. */
export type LineRuleCompiler = (name: string, rule: RuleFile, at: KeyPath) => FieldLens | null;

/** Null: reported. @param at Key path of `each`. */
export function compileLines(
  each: EachFile,
  at: KeyPath,
  compileLineRule: LineRuleCompiler,
  context: CompileContext,
): LinesLens | null {
  const fields: FieldLens[] = [];
  let whole = true;
  for (const [name, rule] of Object.entries(each.fields)) {
    const ruleAt = [...at, "fields", name];
    reportReservedName(name, ruleAt, context);
    const isSound = !reportUnfit(rule, ruleAt, context);
    const lens = isSound ? compileLineRule(name, rule, ruleAt) : null;
    if (lens !== null && !reportExpressions(lens, ruleAt, context)) fields.push(lens);
    else whole = false;
  }
  reportOverlaps(fields, [...at, "fields"], context);
  const names = Object.keys(each.fields);
  const key = fields.find(({ policy }) => policy.name === each.key);
  if (!names.includes(each.key)) {
    const hint = didYouMean(each.key, names) ?? `add ${each.key}: {} to fields`;
    const more = { found: each.key, expected: names.join(", ") || "one of its fields", hint };
    context.report(problem("E_KEY", [...at, "key"], `the lines have no field "${each.key}"`, more));
  }
  const fault = key === undefined ? null : keyFault(key);
  if (fault !== null) {
    const more = { found: each.key, expected: "a field that keeps its whole value on both sides" };
    context.report(
      problem("E_KEY", [...at, "key"], `field "${each.key}" ${fault}, so it cannot tell lines apart`, more),
    );
  }
  return key === undefined || fault !== null || !whole ? null : { key, fields };
}

/** Keys that say something of the whole list, or that lines have not yet. */
const NOT_SUPPORTED = ["value", "domain"] as const;
const OF_THE_LIST = ["direction", "strength", "conflict", "at_link", "group", "merge", "blank", "optional"] as const;

function reportUnfit(rule: RuleFile, at: KeyPath, context: CompileContext): boolean {
  const missing = NOT_SUPPORTED.filter((key) => rule[key] !== undefined);
  const misplaced = OF_THE_LIST.filter((key) => rule[key] !== undefined);
  for (const key of missing) reportNotSupported(`\`${key}\` inside lines`, [...at, key], context);
  for (const key of misplaced) {
    const message = `\`${key}\` is said of the whole list, not of a field of its lines`;
    context.report(problem("E_COMBINATION", [...at, key], message, { on: "key", hint: `put it beside \`each\`` }));
  }
  return missing.length + misplaced.length > 0;
}

function reportExpressions({ sides }: FieldLens, at: KeyPath, context: CompileContext): boolean {
  const names = SIDES.filter(
    (side) =>
      sides[side].source.kind === "expression" || sides[side].target.kind === "none" || isWritten(sides[side].target),
  );
  for (const side of names) reportNotSupported("an expression inside lines", [...at, context.names[side]], context);
  return names.length > 0;
}

/** A target that was reported stands in with no writes at all. */
function isWritten(target: FieldLens["sides"]["left"]["target"]): boolean {
  return target.kind === "expressions" && target.writes.length > 0;
}

/** What cannot stand beside `each`. */
export function reportBesideEach(rule: RuleFile, texts: BySide<SideText>, at: KeyPath, context: CompileContext): void {
  for (const key of ["as", "values", "ref", "value", "domain"] as const) {
    if (rule[key] === undefined) continue;
    const message = `\`each\` says what the field holds, and so does \`${key}\``;
    context.report(
      problem("E_COMBINATION", [...at, key], message, { on: "key", hint: "say it of a field inside `each`" }),
    );
  }
  for (const side of SIDES) {
    const { entry, at: sideAt } = texts[side];
    for (const key of ["as", "write"] as const) {
      if (entry[key] === undefined) continue;
      const message = `lines are written where they stand, so \`${key}\` cannot be said beside \`each\``;
      context.report(
        problem("E_COMBINATION", [...sideAt, key], message, { on: "key", hint: "say where the list stands: at" }),
      );
    }
  }
}
