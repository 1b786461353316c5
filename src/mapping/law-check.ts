// The laws of a whole mapping: every rule's class, by construction where its forms tell, else by trying values on its expressions.

import type { BySide, Side } from "../core/ids.ts";
import { problem, type KeyPath, type Problem } from "../core/problem.ts";
import type { Fields } from "../core/value.ts";
import { smallest, tryRecords, tryValues, type Lost, type Trials } from "./law-trial.ts";
import { valuesToTry } from "./law-values.ts";
import { lawProblem, type RuleClass } from "./law-words.ts";
import { classifyRule, classOf, hasExpression, linesGoing, worstClass } from "./laws.ts";
import type { FieldLens } from "./lens.ts";
import { rawLines } from "./lines-read.ts";

/** A rule as compiled, and where the file has it. Rules of lines stand on their own, as `lines.qty`. */
export interface CompiledRule {
  readonly entity: string;
  readonly field: string;
  readonly lens: FieldLens;
  readonly at: KeyPath;
  /** `law: lossy` with a side that wins. */
  readonly accepted: boolean;
  /** Places in `match` that name the field; of a field of lines, the `key` that does. */
  readonly matchedAt: readonly KeyPath[];
  /** Of a field of lines: the rule of their list. */
  readonly list: FieldLens | null;
}

/** The class of one rule, and how it is known. */
export interface LawFinding {
  readonly entity: string;
  readonly field: string;
  readonly class: RuleClass;
  readonly by: "construction" | "cases" | "records";
  /** Values that were carried across and back; 0 by construction. */
  readonly cases: number;
  /** A value that does not come back as it was; null: none is known. */
  readonly lost: Lost | null;
}

export interface LawReport {
  readonly findings: readonly LawFinding[];
  /** With key paths in the mapping file. */
  readonly problems: readonly Problem[];
}

/** Problems that compiling has told already, because the forms of the rule tell them, are not told again. */
export async function checkLaws(rules: readonly CompiledRule[], names: BySide<string>): Promise<LawReport> {
  const findings: LawFinding[] = [];
  const problems: Problem[] = [];
  for (const rule of rules) {
    const result = await checkRule(rule, names);
    findings.push(result.finding);
    problems.push(...result.problems);
  }
  return { findings: findings.map((finding, index) => ofItsLines(finding, rules[index], rules, findings)), problems };
}

/** A list loses what its lines lose, and of those with expressions that is known once they have been tried. */
function ofItsLines(
  finding: LawFinding,
  rule: CompiledRule | undefined,
  rules: readonly CompiledRule[],
  findings: readonly LawFinding[],
): LawFinding {
  const lines = rule?.lens.lines ?? null;
  if (rule === undefined || lines === null || rule.lens.policy.writes !== "both") return finding;
  const going = new Set(linesGoing(lines));
  const own = findings.filter((_each, index) => {
    const { list, lens } = rules[index] ?? {};
    return list === rule.lens && lens !== undefined && going.has(lens);
  });
  const cases = own.reduce((sum, each) => sum + each.cases, 0);
  const by = own.some((each) => each.by === "cases") ? "cases" : "construction";
  return { ...finding, class: worstClass(own.map((each) => each.class)), by, cases };
}

/**
 * The laws of two-way rules on records as they were read, of the rules that are not told by construction.
 * @param records Of an entity's side; none where it could not be read.
 */
export async function checkLawsOnRecords(
  rules: readonly CompiledRule[],
  names: BySide<string>,
  records: (entity: string, side: Side) => readonly Fields[],
): Promise<LawReport> {
  const findings: LawFinding[] = [];
  const problems: Problem[] = [];
  for (const rule of rules) {
    if (!isTried(rule)) continue;
    const shown = async (side: Side): Promise<readonly Fields[]> =>
      rule.list === null
        ? records(rule.entity, side)
        : rawLines(rule.list, side, records(rule.entity, side), LINES_MAX);
    const left = await tryRecords(rule.lens, "left", await shown("left"));
    const right = await tryRecords(rule.lens, "right", await shown("right"));
    const trials = { left, right };
    if (left.done + right.done === 0) continue;
    const found = classByTrials(trials);
    findings.push(findingOf(rule, found, "records", trials));
    problems.push(...problemsOf(rule, found, names, "a record as it was read: "));
  }
  return { findings, problems };
}

/** Lines of sampled records that are tried: a few more than values are made up. */
const LINES_MAX = 400;

/** Rules that go both ways by expressions; and those that tell lines apart, whichever way they go. */
function isTried({ lens, list, matchedAt }: CompiledRule): boolean {
  const { left, right } = lens.sides;
  const isOpen = left.target.kind !== "none" && right.target.kind !== "none";
  const isTold = lens.policy.writes === "both" || (list !== null && matchedAt.length > 0);
  return isTold && isOpen && (hasExpression(left) || hasExpression(right));
}

async function checkRule(
  rule: CompiledRule,
  names: BySide<string>,
): Promise<{ readonly finding: LawFinding; readonly problems: readonly Problem[] }> {
  if (!isTried(rule)) {
    const found: RuleClass = rule.lens.policy.writes === "both" ? classifyRule(rule.lens) : { kind: "forward" };
    return { finding: { ...nameOf(rule), class: found, by: "construction", cases: 0, lost: null }, problems: [] };
  }
  const trials = { left: await tryKinds(rule.lens, "left"), right: await tryKinds(rule.lens, "right") };
  const found = classByTrials(trials);
  const finding = findingOf(rule, found, "cases", trials);
  if (found.kind === "unproven") return { finding, problems: [unproven(rule, trials)] };
  return { finding, problems: problemsOf(rule, found, names, "") };
}

/** Of this share of the values of a kind must be carried for the rule to be made for that kind. */
const FITTING_SHARE = 0.25;

/** The first kind of values that the rule is made for; where it is made for none, the one that went furthest. */
async function tryKinds(field: FieldLens, from: Side): Promise<Trials> {
  let best: Trials | null = null;
  for (const values of valuesToTry(field, from)) {
    const trials = await tryValues(field, from, values);
    if (trials.exceeded !== null || trials.done >= values.length * FITTING_SHARE) return trials;
    if (best === null || trials.done > best.done) best = trials;
  }
  return best ?? { done: 0, tried: 0, comesBack: true, counterexample: null, exceeded: null, lost: null };
}

function classByTrials({ left, right }: BySide<Trials>): RuleClass {
  const counterexample = smallest([left, right].flatMap((trials) => trials.counterexample ?? []));
  if (counterexample !== null) return { kind: "unlawful", counterexample };
  if (left.done + right.done === 0 || left.exceeded !== null || right.exceeded !== null) return { kind: "unproven" };
  return classOf({ left: left.comesBack, right: right.comesBack });
}

function nameOf({ entity, field }: CompiledRule): { readonly entity: string; readonly field: string } {
  return { entity, field };
}

function findingOf(rule: CompiledRule, found: RuleClass, by: LawFinding["by"], trials: BySide<Trials>): LawFinding {
  const lost = found.kind === "lossy" || found.kind === "lossy-both" ? (trials.left.lost ?? trials.right.lost) : null;
  return { ...nameOf(rule), class: found, by, cases: trials.left.done + trials.right.done, lost };
}

function problemsOf(
  { at, accepted, matchedAt, field, list }: CompiledRule,
  found: RuleClass,
  names: BySide<string>,
  evidence: string,
): readonly Problem[] {
  const told = lawProblem(found, { at, accepted, names });
  const problems = told === null ? [] : [{ ...told, message: `${evidence}${told.message}` }];
  if (found.kind === "iso") return problems;
  const unfit = matchedAt.map((path) =>
    problem(
      "E_KEY",
      path,
      `field "${field}" does not keep all of its value on both sides, so it cannot tell ${list === null ? "records" : "lines"} apart`,
      {
        found: field,
        expected: "a field that keeps its whole value on both sides",
      },
    ),
  );
  return [...problems, ...unfit];
}

function unproven({ at }: CompiledRule, { left, right }: BySide<Trials>): Problem {
  const exceeded = left.exceeded ?? right.exceeded;
  const tried = left.tried + right.tried;
  const message =
    exceeded === null
      ? `none of ${String(tried)} values tried could be carried both ways by these expressions, so it is not known whether they undo each other`
      : `it is not known whether these expressions undo each other: on a value tried, ${exceeded}`;
  const hint = "name the values it is made for with `as` or `domain`, or try real records with `check --live`";
  return problem("W_LAW_UNPROVEN", at, message, { on: "key", hint });
}
