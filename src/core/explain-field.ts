// Why a field of two linked records is as it is, from the very decision that the next run would make of it.
//
//   the decision says                           code
//   it is written to a side                     differs
//   a question about it waits                   waits
//   the two are consistent                      in-step
//   a side has no word about it                 no-opinion
//   what has to be written is not allowed       blocked
//   its values have drifted on a side           drifted
//   neither side has moved, and they differ     agreed-apart
//   one side's edit is not carried by its rule  let-stand

import { allows } from "./actions.ts";
import type { CaseOpening, Decision } from "./decision.ts";
import type { FieldPolicy, FieldSight } from "./field.ts";
import { otherSide, SIDES, type BySide, type Side } from "./ids.ts";
import type { EntityPolicy } from "./policy.ts";
import { baseOf, consistent, isEmpty, moved, readingOf } from "./sight.ts";
import { canonicalText, isFields } from "./value.ts";

type FieldCode = "differs" | "waits" | "in-step" | "no-opinion" | "blocked" | "drifted" | "agreed-apart" | "let-stand";

export interface FieldState {
  readonly code: FieldCode;
  /** For people, in the words of the mapping file. */
  readonly text: string;
  /** The question that waits, or would be asked by the next run; null: none. */
  readonly question: Pick<CaseOpening, "kind" | "field"> | null;
  /** The side that the next run writes to; null: none. */
  readonly writes: Side | null;
}

export interface ExplainFacts {
  readonly policy: EntityPolicy;
  readonly names: BySide<string>;
  readonly drifted: ReadonlySet<string>;
}

export function explainField(sight: FieldSight, decision: Decision, facts: ExplainFacts): FieldState {
  const { names } = facts;
  const { name, group } = sight.policy;
  const state = (code: FieldCode, text: string): FieldState => ({ code, text, question: null, writes: null });
  for (const write of decision.writes) {
    const field = write.fields.find((each) => each.field === name);
    if (field === undefined) continue;
    const text =
      field.after.kind === "waiting"
        ? `the next run writes it to ${names[write.side]} once ${field.after.entity} ${names[field.after.side]}:${field.after.id} is linked (${field.reason})`
        : `the next run writes it to ${names[write.side]}: ${field.reason}`;
    return { ...state("differs", text), writes: write.side };
  }
  const question = decision.cases.find((each) => each.field !== null && (each.field === name || each.field === group));
  if (question !== undefined) return { ...state("waits", questionText(question, sight, facts)), question };
  if (consistent(sight)) return state("in-step", inStepText(sight));
  const silent = SIDES.find((side) => readingOf(sight, side).kind === "absent");
  if (silent !== undefined)
    return state("no-opinion", `${names[silent]} has no word about it, which neither agrees nor disputes`);
  if (facts.drifted.has(name))
    return state("drifted", "its values have drifted on nearly all records of a side at once, so nothing is carried");
  const leads = SIDES.find((side) => moved(readingOf(sight, side), baseOf(sight, side)));
  if (leads === undefined)
    return state(
      "agreed-apart",
      "the two differ as they were left: neither side has moved since, so nothing is carried",
    );
  const barred = otherSide(leads);
  if (carries(sight.policy, barred) && !allows(facts.policy, barred, "update"))
    return state("blocked", `${names[leads]} has moved, but the mapping does not allow updates in ${names[barred]}`);
  return state("let-stand", letStandText(sight.policy, leads, names));
}

/** What the file says of a field's rule, in its own words. */
export function policyWords(policy: FieldPolicy, names: BySide<string>): string {
  const { group, writes, strength, conflict, atLink, blank } = policy;
  const sided = (resolution: FieldPolicy["conflict"]): string =>
    resolution === "left" || resolution === "right" ? names[resolution] : resolution;
  const words =
    writes === "both"
      ? ["two-way", `conflict: ${sided(conflict)}`]
      : [`${names[otherSide(writes)]} -> ${names[writes]}`, `strength: ${strength}`];
  if (atLink !== conflict) words.push(`at_link: ${sided(atLink)}`);
  if (blank === "keep") words.push("blank: keep");
  if (group !== null) words.push(`group: ${group}`);
  return words.join("; ");
}

function carries(policy: FieldPolicy, to: Side): boolean {
  return policy.writes === "both" || policy.writes === to;
}

function letStandText(policy: FieldPolicy, edited: Side, names: BySide<string>): string {
  if (policy.writes === edited)
    return `the edit in ${names[edited]} stands: the rule goes from ${names[otherSide(edited)]} to ${names[edited]}, and its strength is ${policy.strength}`;
  return `${names[edited]} has moved, and the rule has no way to carry it to ${names[otherSide(edited)]}`;
}

function inStepText(sight: FieldSight): string {
  const { left, right } = sight;
  if (left.kind !== "value" || right.kind !== "value" || (isEmpty(left) && isEmpty(right)))
    return "empty on both sides";
  return canonicalText(left.cell.value) === canonicalText(right.cell.value)
    ? "the same on both sides"
    : "equal: each side shows it in its own form";
}

function questionText({ kind, values }: CaseOpening, sight: FieldSight, { names }: ExplainFacts): string {
  const undone = isFields(values) ? values["undone"] : undefined;
  if (typeof undone === "string")
    return `the two differ since run ${undone} was taken back: nothing is carried until a person answers, or a side is edited`;
  if (kind === "oscillation") return "it goes round in circles: our writes of it are undone again and again";
  if (kind === "value-rejected") {
    const side = SIDES.find((each) => readingOf(sight, each).kind === "invalid");
    const message = isFields(values) && typeof values["message"] === "string" ? values["message"] : "not in its domain";
    return `it is held: ${side === undefined ? "a side" : names[side]} shows a value that cannot be carried (${message})`;
  }
  return "both sides have moved apart, and the rule leaves it to a person";
}
