// A linked pair of records in, one decision out: the situation by the tables, the fields by the merge, the actions by the policy.

import { allows, creation, heldCases, outcomesToActions, toldOf } from "./actions.ts";
import type { Agreement, CaseOpening, Decision, Situation, Write } from "./decision.ts";
import { NULL_CELL, type FieldSight } from "./field.ts";
import type { MergeFacts, TakenBack } from "./field-outcome.ts";
import { otherSide, unreachable, type Side } from "./ids.ts";
import { mergeFields } from "./merge.ts";
import { moved } from "./sight.ts";
import { COMPARED, LINKED, type Moved } from "./situation.ts";
import {
  GONE,
  NOTHING,
  shownBy,
  UNSETTLED,
  valuesShown,
  type DecideFacts,
  type LinkedPair,
  type Redirect,
} from "./subject.ts";
import type { Value } from "./value.ts";

export function decideLinked(pair: LinkedPair, facts: DecideFacts): Decision {
  const { left, right } = pair.sides;
  const subject = { entity: facts.policy.name, linkId: pair.link.id, left: left.id, right: right.id };
  const found = LINKED[left.presence][right.presence];
  if (pair.link.state === "tombstone") return { ...subject, ...NOTHING, situation: "tombstoned" };
  if (found === "compare") return compare(pair, facts);
  switch (found) {
    case "unknown":
      return { ...subject, ...NOTHING, ...UNSETTLED, situation: "unknown" };
    case "both-gone":
      return {
        ...subject,
        ...NOTHING,
        situation: "both-gone",
        link: { kind: "tombstone", reason: "both records are gone" },
      };
    case "left-scope":
    case "right-scope":
      return { ...subject, ...leaveScope(pair, found === "left-scope" ? "left" : "right", facts), situation: found };
    case "gone-left":
    case "gone-right":
      return decideGone(pair, found === "gone-left" ? "left" : "right", facts);
    default:
      throw new Error(`the situation table has "${found}" for two linked records`);
  }
}

function compare(pair: LinkedPair, facts: DecideFacts): Decision {
  const outcomes = mergeFields(pair.fields, facts);
  const result = outcomesToActions(outcomes, pair.sides, facts.policy);
  const motion = motionOf(pair.fields);
  const kind = result.dispute ? "dispute" : result.writes.length > 0 || result.blocked > 0 ? "apart" : "agree";
  return {
    entity: facts.policy.name,
    linkId: pair.link.id,
    left: pair.sides.left.id,
    right: pair.sides.right.id,
    situation: COMPARED[motion][kind],
    link: pair.link.state === "frozen" ? { kind: "thaw" } : { kind: "keep" },
    quarantine: [],
    writes: result.writes,
    agreements: result.agreements,
    cases: result.cases,
    blocked: result.blocked,
    settledLeft: result.settled,
    settledRight: result.settled,
  };
}

function motionOf(sights: readonly FieldSight[]): Moved {
  const left = sights.some((sight) => moved(sight.left, sight.baseLeft));
  const right = sights.some((sight) => moved(sight.right, sight.baseRight));
  if (left && right) return "both";
  if (left) return "left";
  return right ? "right" : "none";
}

function leaveScope(
  pair: LinkedPair,
  side: Side,
  facts: DecideFacts,
): Omit<Decision, "entity" | "linkId" | "left" | "right" | "situation"> {
  const other = otherSide(side);
  // Unsettled, so that a look at the other side alone meets this record again, and its scope with it.
  const freeze = {
    ...NOTHING,
    ...UNSETTLED,
    link: pair.link.state === "frozen" ? ({ kind: "keep" } as const) : ({ kind: "freeze" } as const),
  };
  const otherIsPresent = pair.sides[other].presence === "present";
  switch (facts.policy.onScopeExit) {
    case "freeze":
      return freeze;
    case "unlink":
      return { ...NOTHING, link: { kind: "tombstone", reason: `left the scope in ${facts.names[side]}` } };
    case "delete": {
      if (!otherIsPresent) return freeze;
      const answer = facts.answers[GONE];
      const undone = facts.undone?.get(GONE);
      // Its deletion was taken back: the file alone does not delete it again.
      if (answer === undefined && undone !== undefined)
        return { ...freeze, cases: [takenBack(pair, side, undone, facts)] };
      if (answer !== undefined && answeredGone(answer, side) !== "delete")
        return { ...NOTHING, link: { kind: "tombstone", reason: "a person decided" } };
      return remove(pair, other, `left the scope in ${facts.names[side]}`, facts);
    }
    default:
      return unreachable(facts.policy.onScopeExit);
  }
}

function remove(
  pair: LinkedPair,
  side: Side,
  reason: string,
  facts: DecideFacts,
): Omit<Decision, "entity" | "linkId" | "left" | "right" | "situation"> {
  if (!allows(facts.policy, side, "delete")) return { ...NOTHING, ...UNSETTLED, blocked: 1 };
  const { id, version } = pair.sides[side];
  const shown = valuesShown(pair.fields, side);
  const write: Write = { op: "delete", side, id, version, fields: [], reason, shown };
  return { ...NOTHING, writes: [write], link: { kind: "tombstone", reason } };
}

function decideGone(pair: LinkedPair, gone: Side, facts: DecideFacts): Decision {
  const { policy, names } = facts;
  const other = otherSide(gone);
  const ids = { left: pair.sides.left.id, right: pair.sides.right.id };
  const subject = { entity: policy.name, linkId: pair.link.id, ...ids };
  if (pair.redirect !== null) {
    const redirected = redirect(pair.redirect, gone, subject, facts);
    if (redirected !== null) return redirected;
  }
  const edited = pair.fields.some((sight) =>
    moved(other === "left" ? sight.left : sight.right, other === "left" ? sight.baseLeft : sight.baseRight),
  );
  const reason = `gone in ${names[gone]}`;
  const mirrorRestores = policy.mirror && policy.givingSide === other;
  const situation: Situation = edited ? "gone-edited" : gone === "left" ? "gone-left" : "gone-right";
  const answer = facts.answers[GONE];
  const undone = facts.undone?.get(GONE);
  const action =
    answer !== undefined
      ? answeredGone(answer, gone)
      : undone !== undefined
        ? "review"
        : mirrorRestores
          ? "restore"
          : edited
            ? policy.goneEdited
            : policy.whenGone[gone];
  const openCase = (): Decision => {
    const told = { gone: names[gone], kept: names[other], record: shownBy(pair.fields, other) };
    const values: Value = undone === undefined ? told : { ...told, ...toldOf(undone) };
    return {
      ...subject,
      ...NOTHING,
      ...UNSETTLED,
      situation,
      cases: [{ kind: edited ? "gone-edited" : "gone", field: null, ...ids, values }],
    };
  };
  switch (action) {
    case "review":
      return openCase();
    case "unlink":
      return { ...subject, ...NOTHING, situation, link: { kind: "tombstone", reason } };
    case "delete":
      return { ...subject, ...remove(pair, other, reason, facts), situation };
    case "restore":
      return { ...subject, ...restore(pair, gone, facts), situation };
    default:
      return unreachable(action);
  }
}

/** What a person is asked after a deletion was taken back, while the other record is not there to be kept in step with. */
function takenBack(
  { sides, fields }: Pick<LinkedPair, "sides" | "fields">,
  missing: Side,
  undone: TakenBack,
  { names }: Pick<DecideFacts, "names">,
): CaseOpening {
  const kept = otherSide(missing);
  const values: Value = { gone: names[missing], kept: names[kept], record: shownBy(fields, kept), ...toldOf(undone) };
  return { kind: "gone", field: null, left: sides.left.id, right: sides.right.id, values };
}

/** Taking the gone side carries the deletion across; taking the other brings the record back; dismissing unlinks. */
function answeredGone(answer: MergeFacts["answers"][string], gone: Side): "delete" | "restore" | "unlink" {
  if (answer.kind === "take") return answer.side === gone ? "delete" : "restore";
  return "unlink";
}

/** Null: a person has said what becomes of the counterpart of a record that was merged into a linked one. */
function redirect(
  { to, taken }: Redirect,
  gone: Side,
  subject: Pick<Decision, "entity" | "linkId" | "left" | "right">,
  { names, answers }: DecideFacts,
): Decision | null {
  const decision = { ...subject, ...NOTHING, ...UNSETTLED, situation: "redirected" as const };
  if (!taken) return { ...decision, link: { kind: "move", side: gone, to } };
  if (answers[GONE] !== undefined) return null;
  const values: Value = { merged: { side: names[gone], id: subject[gone] }, taken: { side: names[gone], id: to } };
  return {
    ...decision,
    cases: [{ kind: "matched-taken", field: null, left: subject.left, right: subject.right, values }],
  };
}

function restore(
  pair: LinkedPair,
  gone: Side,
  facts: DecideFacts,
): Omit<Decision, "entity" | "linkId" | "left" | "right" | "situation"> {
  if (!allows(facts.policy, gone, "create")) return { ...NOTHING, ...UNSETTLED, blocked: 1 };
  const made = creation(pair.fields, gone, `restored in ${facts.names[gone]}`);
  // The base of the record that is gone is none of the new one's: what it is not given, it does not have.
  const left = pair.fields
    .map((sight) => sight.policy.name)
    .filter((name) => !made.write.fields.some(({ field }) => field === name));
  const agreements = left.map((field): Agreement => {
    const given = made.agreements.find((each) => each.field === field) ?? { field, left: null, right: null };
    return { ...given, [gone]: NULL_CELL };
  });
  return {
    ...NOTHING,
    writes: [made.write],
    agreements,
    cases: heldCases(made.held, pair.sides.left.id, pair.sides.right.id),
    settledLeft: made.held.length === 0,
    settledRight: made.held.length === 0,
  };
}
