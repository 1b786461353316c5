// A record without a link in, one decision out: by whom it matches, and what the file says of records that nobody matches.

import { allows, creation, heldCases, outcomesToActions } from "./actions.ts";
import type { Match } from "./correlate.ts";
import type { CaseOpening, Decision, Situation } from "./decision.ts";
import { otherSide, unreachable, type BySide, type RemoteId, type Side } from "./ids.ts";
import { mergeFields } from "./merge.ts";
import {
  GONE,
  NOTHING,
  shownBy,
  UNSETTLED,
  valuesShown,
  type DecideFacts,
  type LoneRecord,
  type SideView,
} from "./subject.ts";
import { canonicalText, type Value } from "./value.ts";

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
  const carried = lone.fields.filter((sight) => facts.drifted?.has(sight.policy.name) !== true);
  const made = creation(carried, other, `new in ${names[side]}`);
  const settled = made.held.length === 0 && carried.length === lone.fields.length;
  return {
    ...alone,
    ...NOTHING,
    situation,
    link: { kind: "link" },
    writes: [made.write],
    agreements: made.agreements,
    cases: heldCases(made.held, alone.left, alone.right),
    settledLeft: settled,
    settledRight: settled,
  };
}

/** What a lone record alone decides about: one case a cluster, opened by its first member. */
export function speaksFor(side: Side, id: RemoteId, match: Match): boolean {
  if (match.kind !== "ambiguous") return true;
  if (side === "right" && match.heard.candidates.length > 0) return false;
  return match.heard.rivals.every((rival) => id < rival);
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

function dropForeign(
  { side, record, fields }: LoneRecord,
  { policy, names }: DecideFacts,
  situation: Situation,
): Decision {
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
    writes: [
      {
        op: "delete",
        side,
        id: record.id,
        version: record.version,
        fields: [],
        reason,
        shown: valuesShown(fields, side),
      },
    ],
  };
}
