// One pair of records in, one decision out: the situation by the tables, the fields by the merge, the actions by the policy.
// Pure; the plan is a list of these.

import { allows, creation, heldCases, outcomesToActions } from "./actions.ts";
import { mergeFields, moved, type MergeFacts } from "./merge.ts";
import type { Match } from "./correlate.ts";
import type {
  Agreement,
  CaseOpening,
  Decision,
  LinkChange,
  LinkView,
  QuarantineEntry,
  Situation,
  Write,
} from "./decision.ts";
import type { FieldSight } from "./field.ts";
import { otherSide, unreachable, type BySide, type RemoteId, type Side } from "./ids.ts";
import type { EntityPolicy } from "./policy.ts";
import { COMPARED, LINKED, type Moved, type Presence } from "./situation.ts";
import { canonicalText, type Value } from "./value.ts";

export interface SideView {
  readonly id: RemoteId;
  readonly presence: Presence;
  readonly version: string | null;
}

export interface LinkedPair {
  readonly link: LinkView;
  readonly sides: BySide<SideView>;
  readonly fields: readonly FieldSight[];
  /** The record that the gone one was merged into, or came back as. */
  readonly redirect: Redirect | null;
}

/** The system answers with another record, or exactly one unlinked record of that side matches the counterpart. */
export interface Redirect {
  readonly to: RemoteId;
  /** It has a counterpart of its own: a person must say. */
  readonly taken: boolean;
}

/** A record without a link. */
export interface LoneRecord {
  readonly side: Side;
  readonly record: SideView;
  readonly match: Match;
  /** With `match` of kind one: the candidate, and the fields of both; else the fields of the record alone. */
  readonly partner: SideView | null;
  readonly fields: readonly FieldSight[];
  /** Values of the cases about this record that a person dismissed: the same question is not asked again. */
  readonly dismissed: readonly Value[];
}

/** What a decision needs beside the records; the same for a whole run. */
export interface DecideFacts extends MergeFacts {
  readonly policy: EntityPolicy;
}

/** What a lone record alone decides about: one case a cluster, opened by its first member. */
export function speaksFor(side: Side, id: RemoteId, match: Match): boolean {
  if (match.kind !== "ambiguous") return true;
  if (side === "right" && match.heard.candidates.length > 0) return false;
  return match.heard.rivals.every((rival) => id < rival);
}

const NOTHING = {
  link: { kind: "keep" } as LinkChange,
  writes: [] as readonly Write[],
  agreements: [] as readonly Agreement[],
  cases: [] as readonly CaseOpening[],
  quarantine: [] as readonly QuarantineEntry[],
  blocked: 0,
  settledLeft: true,
  settledRight: true,
};

const UNSETTLED = { settledLeft: false, settledRight: false };

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

// ---------------------------------------------------------------- both are there

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

// ---------------------------------------------------------------- one has gone or left the scope

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
    case "delete":
      return otherIsPresent ? remove(pair, other, `left the scope in ${facts.names[side]}`, facts) : freeze;
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
  const write: Write = { op: "delete", side, id, version, fields: [], reason };
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
  const mirrorRestores = policy.givingSide === other && policy.fields.some((field) => field.strength === "strong");
  const situation: Situation = edited ? "gone-edited" : gone === "left" ? "gone-left" : "gone-right";
  const answer = facts.answers[GONE];
  const action =
    answer === undefined
      ? mirrorRestores
        ? "restore"
        : edited
          ? policy.goneEdited
          : policy.whenGone[gone]
      : answeredGone(answer, gone);
  const openCase = (): Decision => {
    const values: Value = { gone: names[gone], kept: names[other], record: shownBy(pair.fields, other) };
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

/** Unit name under which a person's answer to a gone or gone-edited case is handed in. */
export const GONE = "(gone)";

/** Taking the gone side carries the deletion across; taking the other brings the record back; dismissing unlinks. */
function answeredGone(answer: MergeFacts["answers"][string], gone: Side): "delete" | "restore" | "unlink" {
  if (answer.kind === "take") return answer.side === gone ? "delete" : "restore";
  return "unlink";
}

function shownBy(sights: readonly FieldSight[], side: Side): Value {
  const shown: Record<string, Value> = {};
  for (const sight of sights) {
    const reading = side === "left" ? sight.left : sight.right;
    if (reading.kind === "value") shown[sight.policy.name] = reading.cell.value;
  }
  return shown;
}

function restore(
  pair: LinkedPair,
  gone: Side,
  facts: DecideFacts,
): Omit<Decision, "entity" | "linkId" | "left" | "right" | "situation"> {
  if (!allows(facts.policy, gone, "create")) return { ...NOTHING, ...UNSETTLED, blocked: 1 };
  const made = creation(pair.fields, gone, `restored in ${facts.names[gone]}`);
  return {
    ...NOTHING,
    writes: [made.write],
    cases: heldCases(made.held, pair.sides.left.id, pair.sides.right.id),
    settledLeft: made.held.length === 0,
    settledRight: made.held.length === 0,
  };
}

// ---------------------------------------------------------------- no link yet

export function decideLone(lone: LoneRecord, facts: DecideFacts): Decision {
  const { side, record, match } = lone;
  const { policy, names } = facts;
  const other = otherSide(side);
  const alone = {
    entity: policy.name,
    linkId: null,
    left: side === "left" ? record.id : null,
    right: side === "right" ? record.id : null,
  };
  if (record.presence !== "present") return { ...alone, ...NOTHING, ...UNSETTLED, situation: "unknown" };
  if (match.kind === "one") {
    return lone.partner === null
      ? { ...alone, ...NOTHING, ...UNSETTLED, situation: "unknown" }
      : matched(lone, lone.partner, facts);
  }
  if (match.kind === "ambiguous") {
    const values: Value = {
      ...match.shown,
      [names[other]]: match.candidates,
      [names[side]]: [record.id, ...match.rivals],
    };
    const [candidate] = match.candidates;
    const ids = sideIds(side, record.id, match.candidates.length === 1 && candidate !== undefined ? candidate : null);
    return {
      ...alone,
      ...NOTHING,
      ...UNSETTLED,
      situation: "ambiguous",
      cases: asked(lone, [{ kind: "ambiguous", field: null, ...ids, values }]),
    };
  }
  if (match.kind === "taken") {
    const values: Value = {
      ...match.shown,
      unlinked: { side: names[side], id: record.id },
      taken: { side: names[other], id: match.id, link: match.linkId },
    };
    const ids = sideIds(side, record.id, match.id);
    return {
      ...alone,
      ...NOTHING,
      ...UNSETTLED,
      situation: "matched-taken",
      cases: asked(lone, [{ kind: "matched-taken", field: null, ...ids, values }]),
    };
  }
  const foreign = policy.givingSide === other;
  if (foreign) return decideForeign(lone, facts);
  if (match.kind === "no-key" && policy.matches && policy.withoutKey === "quarantine") {
    const message = `none of the match fields is present in ${names[side]}`;
    return {
      ...alone,
      ...NOTHING,
      ...UNSETTLED,
      situation: "no-key",
      quarantine: [{ side, record: record.id, code: "no-key", message }],
    };
  }
  const situation: Situation = side === "left" ? "new-left" : "new-right";
  if (!allows(policy, other, "create")) return { ...alone, ...NOTHING, ...UNSETTLED, situation, blocked: 1 };
  const made = creation(lone.fields, other, `new in ${names[side]}`);
  const settled = made.held.length === 0;
  return {
    ...alone,
    ...NOTHING,
    situation,
    link: { kind: "link" },
    writes: [made.write],
    cases: heldCases(made.held, alone.left, alone.right),
    settledLeft: settled,
    settledRight: settled,
  };
}

/** Without what a person has dismissed in just this form. */
function asked(lone: LoneRecord, cases: readonly CaseOpening[]): readonly CaseOpening[] {
  const dismissed = new Set(lone.dismissed.map(canonicalText));
  return cases.filter((each) => !dismissed.has(canonicalText(each.values)));
}

function sideIds(side: Side, own: RemoteId, other: RemoteId | null): { left: RemoteId | null; right: RemoteId | null } {
  return side === "left" ? { left: own, right: other } : { left: other, right: own };
}

function matched(lone: LoneRecord, partner: SideView, facts: DecideFacts): Decision {
  const sides: BySide<SideView> =
    lone.side === "left" ? { left: lone.record, right: partner } : { left: partner, right: lone.record };
  const result = outcomesToActions(mergeFields(lone.fields, facts), sides, facts.policy);
  return {
    entity: facts.policy.name,
    linkId: null,
    left: sides.left.id,
    right: sides.right.id,
    situation: "matched",
    link: { kind: "link" },
    quarantine: [],
    writes: result.writes,
    agreements: result.agreements,
    cases: result.cases,
    blocked: result.blocked,
    settledLeft: result.settled,
    settledRight: result.settled,
  };
}

/** A record that only the receiving side of a one-way entity has. */
function decideForeign(lone: LoneRecord, facts: DecideFacts): Decision {
  const { side, record } = lone;
  const alone = {
    entity: facts.policy.name,
    linkId: null,
    left: side === "left" ? record.id : null,
    right: side === "right" ? record.id : null,
  };
  const situation: Situation = side === "left" ? "new-left" : "new-right";
  switch (facts.policy.foreign) {
    case "keep":
      return { ...alone, ...NOTHING, situation };
    case "review": {
      const answer = facts.answers[GONE];
      if (answer?.kind === "take" && answer.side === otherSide(side)) return dropForeign(lone, facts, situation);
      const values: Value = { only: facts.names[side], record: shownBy(lone.fields, side) };
      const ids = { left: alone.left, right: alone.right };
      return {
        ...alone,
        ...NOTHING,
        ...UNSETTLED,
        situation,
        cases: asked(lone, [{ kind: "gone", field: null, ...ids, values }]),
      };
    }
    case "delete":
      return dropForeign(lone, facts, situation);
    default:
      return unreachable(facts.policy.foreign);
  }
}

function dropForeign({ side, record }: LoneRecord, { policy, names }: DecideFacts, situation: Situation): Decision {
  const alone = {
    entity: policy.name,
    linkId: null,
    left: side === "left" ? record.id : null,
    right: side === "right" ? record.id : null,
  };
  if (!allows(policy, side, "delete")) return { ...alone, ...NOTHING, ...UNSETTLED, situation, blocked: 1 };
  const reason = `only ${names[side]} has it`;
  return {
    ...alone,
    ...NOTHING,
    situation,
    writes: [{ op: "delete", side, id: record.id, version: record.version, fields: [], reason }],
  };
}
