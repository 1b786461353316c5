// `each`: a list of lines with rules of their own, found on the other side by a key.

import { SIDES, type BySide, type Side } from "../core/ids.ts";
import { didYouMean, problem, type KeyPath } from "../core/problem.ts";
import { reportReservedName, type CompileContext, type Direction } from "./compile-context.ts";
import type { SideText } from "./compile-side.ts";
import type { EachFile, RuleFile } from "./file-rule.ts";
import { hasExpression, keyFault } from "./laws.ts";
import type { FieldLens, LinesLens } from "./lens.ts";
import { reportOverlaps } from "./overlap.ts";

/** Compiles a rule of a line. Null: reported. */
export type LineRuleCompiler = (name: string, rule: RuleFile, at: KeyPath) => FieldLens | null;

/** Null: reported. @param at Key path of `each`. @param oneWay Direction of the list; null: it goes both ways. */
export function compileLines(
  each: EachFile,
  at: KeyPath,
  oneWay: Direction | null,
  compileLineRule: LineRuleCompiler,
  context: CompileContext,
): LinesLens | null {
  const fields: FieldLens[] = [];
  let whole = true;
  for (const [name, rule] of Object.entries(each.fields)) {
    const ruleAt = [...at, "fields", name];
    reportReservedName(name, ruleAt, context);
    const isSound = !reportUnfit(rule, { at: ruleAt, oneWay }, context);
    const lens = isSound ? compileLineRule(name, rule, ruleAt) : null;
    if (lens !== null) fields.push(lens);
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
  const mixed = oneWay === null && fields.some(({ policy }) => policy.writes !== "both");
  const fault = key === undefined ? null : mixed && key.policy.writes !== "both" ? "goes one way" : keyFault(key);
  if (fault !== null) {
    const more = { found: each.key, expected: "a field that keeps its whole value on both sides" };
    context.report(
      problem("E_KEY", [...at, "key"], `field "${each.key}" ${fault}, so it cannot tell lines apart`, more),
    );
  }
  return key === undefined || fault !== null || !whole ? null : { key, fields, mixed };
}

/** Keys that say something of the whole list; of one that has a direction, these too. */
const OF_THE_LIST = ["conflict", "at_link", "group", "merge", "blank", "optional"] as const;
const OF_A_DIRECTION = ["direction", "strength"] as const;

function reportUnfit(
  rule: RuleFile,
  { at, oneWay }: { readonly at: KeyPath; readonly oneWay: Direction | null },
  context: CompileContext,
): boolean {
  const misplaced = OF_THE_LIST.filter((key) => rule[key] !== undefined);
  const opposed = oneWay === null ? [] : OF_A_DIRECTION.filter((key) => rule[key] !== undefined);
  for (const key of misplaced) {
    const message = `\`${key}\` is said of the whole list, not of a field of its lines`;
    context.report(problem("E_COMBINATION", [...at, key], message, { on: "key", hint: `put it beside \`each\`` }));
  }
  for (const key of opposed) {
    const message = `the list goes one way already, so \`${key}\` is said of the whole list`;
    const hint = "leave it out here; or leave it out beside `each`, and say it of each field that goes one way";
    context.report(problem("E_COMBINATION", [...at, key], message, { on: "key", hint }));
  }
  return misplaced.length + opposed.length > 0;
}

/** What the sides of the list say, without a `default` that is read before any expression can be evaluated. */
export function withoutDefaults(
  { fields }: LinesLens,
  texts: BySide<SideText>,
  context: CompileContext,
): BySide<SideText> {
  const without = (side: Side): SideText => {
    const text = texts[side];
    const { default: standIn, ...entry } = text.entry;
    if (standIn === undefined || !fields.some(({ sides }) => hasExpression(sides[side]))) return text;
    const message = "lines that are read or written by expressions can have no `default`";
    context.report(problem("E_COMBINATION", [...text.at, "default"], message, { on: "key", hint: "leave it out" }));
    return { ...text, entry };
  };
  return { left: without("left"), right: without("right") };
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
