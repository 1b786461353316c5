// What becomes of each field of a linked pair: two bases, one per side, each in its own side's normal form.
//
//   A side moved when it differs from its own base. The two sides are consistent when either value, carried across, is the
//   other. Left and right are never compared through a transformation to detect a change; only to find that all is well.
//
//   moved      consistent   two-way                       one-way (the giving side is G, the other R)
//   none       any          rest                          rest
//   any        yes          agree: new bases, no write    agree
//   one        no           carry it across               G: write; R: let it stand (weak, normal), revert (strong), case (review)
//   both       no           combine, else `conflict`      write G's (its `conflict` is G unless the file says otherwise)
//   no bases   no           fill an empty side, else `at_link`; a null never overwrites
//
// A field that has drifted (gone from nearly all records of a side at once) is left alone, and its group with it.
// What a person took back (`undo`) waits in its case while neither side moves, whatever the rule says.
// A value outside its type's domain holds its field: no write either way, the record's other fields flow.

import { carry, writeBoth } from "./carry.ts";
import {
  ABSENT,
  NO_WAY,
  type Cell,
  type FieldPolicy,
  type FieldSight,
  type Reading,
  type Resolution,
} from "./field.ts";
import type { FieldOutcome, MergeFacts, TakenBack } from "./field-outcome.ts";
import { otherSide, type Side } from "./ids.ts";
import { answered } from "./merge-answer.ts";
import { withOneWay } from "./merge-one-way.ts";
import {
  agree,
  agreeOrRest,
  atOne,
  baseOf,
  consistent,
  isEmpty,
  moved,
  movedBothWays,
  readingOf,
  rest,
  valueOf,
} from "./sight.ts";
import type { Value } from "./value.ts";

/** Every field's outcome, in the order given. Fields of a group are decided as one. */
export function mergeFields(sights: readonly FieldSight[], facts: MergeFacts): readonly FieldOutcome[] {
  return unitsOf(sights).flatMap((unit) => mergeUnit(unit, facts));
}

interface Unit {
  readonly name: string;
  readonly policy: FieldPolicy;
  readonly sights: readonly FieldSight[];
}

function unitsOf(sights: readonly FieldSight[]): readonly Unit[] {
  const units = new Map<string, FieldSight[]>();
  for (const sight of sights) {
    const { group, name } = sight.policy;
    const key = group === null ? `field ${name}` : `group ${group}`;
    units.set(key, [...(units.get(key) ?? []), sight]);
  }
  return [...units.values()].map((members) => {
    const policy = (members[0] as FieldSight).policy;
    return { name: policy.group ?? policy.name, policy, sights: members };
  });
}

function mergeUnit(unit: Unit, facts: MergeFacts): readonly FieldOutcome[] {
  if (unit.sights.some((sight) => facts.drifted?.has(sight.policy.name) === true))
    return unit.sights.map((sight) =>
      consistent(sight) ? agreeOrRest(sight) : { kind: "drifted", field: sight.policy.name },
    );
  const held = unit.sights.flatMap(heldField);
  if (held.length > 0)
    return [...held, ...unit.sights.filter((s) => !held.some((h) => h.field === s.policy.name)).map(rest)];

  const whole = (sight: FieldSight, outcome: FieldOutcome): readonly FieldOutcome[] =>
    withOneWay(sight, outcome, unit.name, facts);
  const undone = facts.undone?.get(unit.name);
  const waiting = undone === undefined ? null : waitsAfterUndo(unit, undone);
  if (waiting !== null) return waiting;

  const apart = unit.sights.filter((sight) => !atOne(sight));
  if (apart.length === 0) return unit.sights.flatMap((sight) => whole(sight, agreeOrRest(sight)));

  const answer = facts.answers[unit.name];
  // A person may give a group's member another value although the sides agree on it.
  const isGiven = (sight: FieldSight): boolean =>
    answer?.kind === "value" && answer.fields[sight.policy.name] !== undefined;
  if (answer !== undefined) {
    return unit.sights.flatMap((sight) =>
      whole(sight, atOne(sight) && !isGiven(sight) ? agreeOrRest(sight) : answered(sight, answer, facts)),
    );
  }

  const fresh = apart.some((sight) => sight.baseLeft === null && sight.baseRight === null);
  const outcome = (sight: FieldSight): FieldOutcome => {
    if (atOne(sight)) return agreeOrRest(sight);
    if (unit.policy.writes !== "both") return mergeOneWay(sight, unit, facts);
    // Of a group that has moved, a member that shows what was agreed on both sides is as it should be, however it is spelt.
    if (unit.sights.length > 1 && isAsAgreed(sight)) return rest(sight);
    return fresh ? link(sight, unit, apart, facts) : mergeTwoWay(sight, unit, apart, facts);
  };
  return unit.sights.flatMap((sight) => whole(sight, outcome(sight)));
}

/** Null: a side has moved since, and the rule decides as ever. */
function waitsAfterUndo(unit: Unit, undone: TakenBack): readonly FieldOutcome[] | null {
  const sights = unit.sights.map((sight) => withoutLate(sight, undone));
  if (sights.some(hasMoved)) return null;
  return sights.map((sight, index) => {
    if (!atOne(sight)) return { ...conflict(sight, unit, false), undone };
    return sight === unit.sights[index] ? agreeOrRest(sight) : rest(sight);
  });
}

/** A side that still shows what was there before it was put back is taken to show what was put back: nothing is agreed on a late read. */
function withoutLate(sight: FieldSight, { late }: TakenBack): FieldSight {
  const known = late[sight.policy.name];
  const isLate = (side: Side): boolean => {
    const reading = readingOf(sight, side);
    const base = baseOf(sight, side);
    return reading.kind === "value" && base !== null && moved(reading, base) && reading.cell.key === known?.[side]?.key;
  };
  const left = isLate("left");
  const right = isLate("right");
  if (!left && !right) return sight;
  const asBase = (cell: Cell | null): Reading => (cell === null ? ABSENT : { kind: "value", cell });
  return {
    ...sight,
    ...(left ? { left: asBase(sight.baseLeft), toRight: NO_WAY } : {}),
    ...(right ? { right: asBase(sight.baseRight), toLeft: NO_WAY } : {}),
    combined: null,
  };
}

function hasMoved(sight: FieldSight): boolean {
  return moved(sight.left, sight.baseLeft) || moved(sight.right, sight.baseRight);
}

function isAsAgreed(sight: FieldSight): boolean {
  if (sight.baseLeft === null || sight.baseRight === null) return false;
  return !movedBothWays(sight.left, sight.baseLeft) && !movedBothWays(sight.right, sight.baseRight);
}

/** A value outside its domain holds its field; so does one that cannot be carried, unless its side did not move. */
function heldField(sight: FieldSight): readonly (FieldOutcome & { kind: "held" })[] {
  const field = sight.policy.name;
  const held = (side: Side, found: Value, message: string): FieldOutcome & { kind: "held" } => ({
    kind: "held",
    field,
    side,
    found,
    message,
  });
  if (sight.left.kind === "invalid") return [held("left", sight.left.found, sight.left.message)];
  if (sight.right.kind === "invalid") return [held("right", sight.right.found, sight.right.message)];
  if (sight.policy.writes !== "left" && sight.toRight.kind === "invalid" && moved(sight.left, sight.baseLeft)) {
    return [held("left", sight.toRight.found, sight.toRight.message)];
  }
  if (sight.policy.writes !== "right" && sight.toLeft.kind === "invalid" && moved(sight.right, sight.baseRight)) {
    return [held("right", sight.toLeft.found, sight.toLeft.message)];
  }
  return [];
}

function mergeTwoWay(sight: FieldSight, unit: Unit, apart: readonly FieldSight[], facts: MergeFacts): FieldOutcome {
  const leftMoved = unit.sights.some((each) => movedBothWays(each.left, each.baseLeft));
  const rightMoved = unit.sights.some((each) => movedBothWays(each.right, each.baseRight));
  if (leftMoved && rightMoved) {
    if (sight.combined !== null && apart.every((each) => each.combined !== null))
      return combine(sight, sight.combined, facts);
    return resolve(sight, unit, unit.policy.conflict, false, facts);
  }
  if (leftMoved) return carry(sight, "left", `changed in ${facts.names.left}`);
  if (rightMoved) return carry(sight, "right", `changed in ${facts.names.right}`);
  return rest(sight);
}

function combine(
  sight: FieldSight,
  combined: { readonly left: Cell; readonly right: Cell },
  facts: MergeFacts,
): FieldOutcome {
  return writeBoth(sight, combined, `changed in ${facts.names.left} and in ${facts.names.right}`);
}

function mergeOneWay(sight: FieldSight, unit: Unit, facts: MergeFacts): FieldOutcome {
  const receiving = unit.policy.writes === "left" ? "left" : "right";
  const giving = otherSide(receiving);
  const gives = readingOf(sight, giving);
  const shows = readingOf(sight, receiving);
  const { strength } = unit.policy;
  if (gives.kind === "absent") return agreeOrRest(sight);
  if (isEmpty(shows)) return carry(sight, giving, `empty in ${facts.names[receiving]}`);
  if (strength === "weak") return agreeOrRest(sight);

  const fresh = sight.baseLeft === null && sight.baseRight === null;
  if (fresh) return isEmpty(gives) ? agree(sight) : resolve(sight, unit, unit.policy.atLink, true, facts);

  const givingMoved = unit.sights.some((each) => moved(readingOf(each, giving), baseOf(each, giving)));
  const receivingMoved = unit.sights.some((each) => moved(readingOf(each, receiving), baseOf(each, receiving)));
  if (receivingMoved && strength === "review") return conflict(sight, unit, false);
  if (givingMoved && receivingMoved) return resolve(sight, unit, unit.policy.conflict, false, facts);
  if (givingMoved) return carry(sight, giving, `changed in ${facts.names[giving]}`);
  if (!receivingMoved) return rest(sight);
  return strength === "strong" ? carry(sight, giving, `edit in ${facts.names[receiving]} reverted`) : agree(sight);
}

/** First comparison of two existing values: an empty side is filled, a null never overwrites. */
function link(sight: FieldSight, unit: Unit, apart: readonly FieldSight[], facts: MergeFacts): FieldOutcome {
  if (apart.every((each) => isEmpty(each.left))) return carry(sight, "right", `empty in ${facts.names.left}`);
  if (apart.every((each) => isEmpty(each.right))) return carry(sight, "left", `empty in ${facts.names.right}`);
  const side = winner(unit.policy.atLink, facts);
  if (side === null) return conflict(sight, unit, true);
  if (isEmpty(readingOf(sight, side))) return agree(sight);
  return carry(sight, side, `${facts.names[side]} wins at link`);
}

/** Who wins, or null when a person must say. */
function winner(resolution: Resolution, facts: MergeFacts): Side | null {
  if (resolution === "review") return null;
  if (resolution !== "newest") return resolution;
  const { left, right } = facts.modified;
  if (left === null || right === null || Math.abs(left - right) <= facts.clockToleranceMs) return null;
  return left > right ? "left" : "right";
}

function resolve(
  sight: FieldSight,
  unit: Unit,
  resolution: Resolution,
  atLink: boolean,
  facts: MergeFacts,
): FieldOutcome {
  const side = winner(resolution, facts);
  if (side === null) return conflict(sight, unit, atLink);
  const why = resolution === "newest" ? `${facts.names[side]} changed last` : `${facts.names[side]} wins`;
  return carryOrLetStand(sight, unit, side, why);
}

/** On a one-way rule the winner may be the receiving side: then its value simply stands. */
function carryOrLetStand(sight: FieldSight, unit: Unit, winning: Side, reason: string): FieldOutcome {
  const { writes } = unit.policy;
  if (writes !== "both" && writes === winning) return agree(sight);
  return carry(sight, winning, reason);
}

function conflict(sight: FieldSight, unit: Unit, atLink: boolean): FieldOutcome & { kind: "conflict" } {
  return {
    kind: "conflict",
    field: sight.policy.name,
    unit: unit.name,
    left: valueOf(sight.left),
    right: valueOf(sight.right),
    atLink,
  };
}
