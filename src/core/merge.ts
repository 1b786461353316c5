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
// A value outside its type's domain holds its field: no write either way, the record's other fields flow.

import {
  NULL_KEY,
  type Carried,
  type Cell,
  type FieldPolicy,
  type FieldSight,
  type Reading,
  type Resolution,
} from "./field.ts";
import { otherSide, unreachable, type BySide, type Instant, type RemoteId, type Side } from "./ids.ts";
import type { Value } from "./value.ts";

/** What becomes of one field. */
export type FieldOutcome =
  | { readonly kind: "rest"; readonly field: string }
  | { readonly kind: "agree"; readonly field: string; readonly left: Cell | null; readonly right: Cell | null }
  | {
      readonly kind: "write";
      readonly field: string;
      readonly side: Side;
      readonly before: Cell | null;
      readonly after: Target;
      /** The giving side's value; becomes its base when the write is confirmed. */
      readonly sent: Cell | null;
      /** Base of the written side once confirmed, where it is not what was read back: then that side counts as moved and the other follows. */
      readonly writtenBase: Cell | null;
      readonly reason: string;
    }
  | {
      readonly kind: "conflict";
      readonly field: string;
      readonly unit: string;
      readonly left: Value;
      readonly right: Value;
      readonly atLink: boolean;
    }
  | {
      readonly kind: "held";
      readonly field: string;
      readonly side: Side;
      readonly found: Value;
      readonly message: string;
    };

export type Target =
  | { readonly kind: "value"; readonly cell: Cell }
  | { readonly kind: "waiting"; readonly entity: string; readonly side: Side; readonly id: RemoteId };

/** A person's answer to the case of a field or group. */
export type Answer =
  | { readonly kind: "take"; readonly side: Side }
  /** What either side shall show, by field of the unit; a field that is not named keeps what it shows. */
  | { readonly kind: "value"; readonly fields: Readonly<Record<string, { readonly left: Cell; readonly right: Cell }>> }
  | { readonly kind: "dismiss" };

export interface MergeFacts {
  /** The file's names of the sides, for reasons. */
  readonly names: BySide<string>;
  /** Remote time of each side's last change; null: not told. Used by `newest` alone. */
  readonly modified: BySide<Instant | null>;
  readonly clockToleranceMs: number;
  /** By unit: the field's name, or its group's. */
  readonly answers: Readonly<Record<string, Answer>>;
}

/** Every field's outcome, in the order given. Fields of a group are decided as one. */
export function mergeFields(sights: readonly FieldSight[], facts: MergeFacts): readonly FieldOutcome[] {
  return unitsOf(sights).flatMap((unit) => mergeUnit(unit, facts));
}

/** The side differs from its own base; with no base, from emptiness. Absent is no opinion, so it never moved. */
export function moved(reading: Reading, base: Cell | null): boolean {
  if (reading.kind === "invalid") return true;
  if (reading.kind === "absent") return false;
  return reading.cell.key !== (base?.key ?? NULL_KEY);
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
  const held = unit.sights.flatMap(heldField);
  if (held.length > 0)
    return [...held, ...unit.sights.filter((s) => !held.some((h) => h.field === s.policy.name)).map(rest)];

  const apart = unit.sights.filter((sight) => !atOne(sight));
  if (apart.length === 0) return unit.sights.map(agreeOrRest);

  const answer = facts.answers[unit.name];
  // A person may give a group's member another value although the sides agree on it.
  const isGiven = (sight: FieldSight): boolean =>
    answer?.kind === "value" && answer.fields[sight.policy.name] !== undefined;
  if (answer !== undefined) {
    return unit.sights.map((sight) =>
      atOne(sight) && !isGiven(sight) ? agreeOrRest(sight) : answered(sight, answer, facts),
    );
  }

  const fresh = apart.some((sight) => sight.baseLeft === null && sight.baseRight === null);
  const outcome = (sight: FieldSight): FieldOutcome => {
    if (atOne(sight)) return agreeOrRest(sight);
    if (unit.policy.writes !== "both") return mergeOneWay(sight, unit, facts);
    return fresh ? link(sight, unit, apart, facts) : mergeTwoWay(sight, unit, apart, facts);
  };
  return unit.sights.map(outcome);
}

/** Nothing to do for this field. Two edits that a rule adds up (a counter: 10 to 8 on both sides) are two, though they look alike. */
function atOne(sight: FieldSight): boolean {
  const addsUp = sight.combined !== null && moved(sight.left, sight.baseLeft) && moved(sight.right, sight.baseRight);
  return consistent(sight) && !addsUp;
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

/** `f(l) ~ r` or `g(r) ~ l`, or both empty. An absent side has no opinion: it agrees with nothing and disputes nothing. */
export function consistent(sight: FieldSight): boolean {
  const { left, right, toRight, toLeft } = sight;
  if (left.kind === "absent" || right.kind === "absent") return isEmpty(left) && isEmpty(right);
  if (left.kind === "invalid" || right.kind === "invalid") return false;
  if (left.cell.key === NULL_KEY && right.cell.key === NULL_KEY) return true;
  return (
    (toRight.kind === "value" && toRight.cell.key === right.cell.key) ||
    (toLeft.kind === "value" && toLeft.cell.key === left.cell.key)
  );
}

function isEmpty(reading: Reading): boolean {
  return reading.kind === "absent" || (reading.kind === "value" && reading.cell.key === NULL_KEY);
}

function cellOf(reading: Reading): Cell | null {
  return reading.kind === "value" ? reading.cell : null;
}

function valueOf(reading: Reading): Value {
  return reading.kind === "value" ? reading.cell.value : null;
}

function rest(sight: FieldSight): FieldOutcome {
  return { kind: "rest", field: sight.policy.name };
}

function agree(sight: FieldSight): FieldOutcome {
  return { kind: "agree", field: sight.policy.name, left: cellOf(sight.left), right: cellOf(sight.right) };
}

function agreeOrRest(sight: FieldSight): FieldOutcome {
  const sameBase = (reading: Reading, base: Cell | null): boolean =>
    reading.kind === "absent" || (reading.kind === "value" && base !== null && base.key === reading.cell.key);
  return sameBase(sight.left, sight.baseLeft) && sameBase(sight.right, sight.baseRight) ? rest(sight) : agree(sight);
}

function readingOf(sight: FieldSight, side: Side): Reading {
  return side === "left" ? sight.left : sight.right;
}

function baseOf(sight: FieldSight, side: Side): Cell | null {
  return side === "left" ? sight.baseLeft : sight.baseRight;
}

/** Writes the giving side's value on the other. What need not or cannot be written settles as it stands. */
function carry(sight: FieldSight, from: Side, reason: string): FieldOutcome {
  const carried: Carried = from === "left" ? sight.toRight : sight.toLeft;
  const to = otherSide(from);
  const field = sight.policy.name;
  switch (carried.kind) {
    case "none":
      return rest(sight);
    case "invalid":
      return { kind: "held", field, side: from, found: carried.found, message: carried.message };
    case "waiting":
      return {
        kind: "write",
        field,
        side: to,
        before: cellOf(readingOf(sight, to)),
        after: carried,
        sent: cellOf(readingOf(sight, from)),
        writtenBase: null,
        reason,
      };
    case "value": {
      const before = cellOf(readingOf(sight, to));
      if (carried.cell.key === NULL_KEY && (sight.policy.blank === "keep" || isEmpty(readingOf(sight, to))))
        return agree(sight);
      return {
        kind: "write",
        field,
        side: to,
        before,
        after: carried,
        sent: cellOf(readingOf(sight, from)),
        writtenBase: null,
        reason,
      };
    }
    default:
      return unreachable(carried);
  }
}

function conflict(sight: FieldSight, unit: Unit, atLink: boolean): FieldOutcome {
  return {
    kind: "conflict",
    field: sight.policy.name,
    unit: unit.name,
    left: valueOf(sight.left),
    right: valueOf(sight.right),
    atLink,
  };
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

/** First comparison of two existing values: an empty side is filled, a null never overwrites. */
function link(sight: FieldSight, unit: Unit, apart: readonly FieldSight[], facts: MergeFacts): FieldOutcome {
  if (apart.every((each) => isEmpty(each.left))) return carry(sight, "right", `empty in ${facts.names.left}`);
  if (apart.every((each) => isEmpty(each.right))) return carry(sight, "left", `empty in ${facts.names.right}`);
  const side = winner(unit.policy.atLink, facts);
  if (side === null) return conflict(sight, unit, true);
  if (isEmpty(readingOf(sight, side))) return agree(sight);
  return carry(sight, side, `${facts.names[side]} wins at link`);
}

function mergeTwoWay(sight: FieldSight, unit: Unit, apart: readonly FieldSight[], facts: MergeFacts): FieldOutcome {
  const leftMoved = unit.sights.some((each) => moved(each.left, each.baseLeft));
  const rightMoved = unit.sights.some((each) => moved(each.right, each.baseRight));
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

/**
 * Both sides shall get a value that neither shows. It is written to the right alone; the bases are then left as if the two
 * had agreed on the left value and the right had moved since, so that the left follows as it does for any edit. A crash or an
 * edit between the two writes is an ordinary case of the table above.
 */
function writeBoth(
  sight: FieldSight,
  wanted: { readonly left: Cell; readonly right: Cell },
  reason: string,
): FieldOutcome {
  const field = sight.policy.name;
  const left = cellOf(sight.left);
  const right = cellOf(sight.right);
  const leftDiffers = left?.key !== wanted.left.key && sight.policy.writes !== "right";
  const rightDiffers = right?.key !== wanted.right.key && sight.policy.writes !== "left";
  if (rightDiffers) {
    const writtenBase = leftDiffers && sight.toRight.kind === "value" ? sight.toRight.cell : null;
    return {
      kind: "write",
      field,
      side: "right",
      before: right,
      after: { kind: "value", cell: wanted.right },
      sent: left,
      writtenBase,
      reason,
    };
  }
  if (leftDiffers)
    return {
      kind: "write",
      field,
      side: "left",
      before: left,
      after: { kind: "value", cell: wanted.left },
      sent: right,
      writtenBase: null,
      reason,
    };
  return agree(sight);
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

function answered(sight: FieldSight, answer: Answer, facts: MergeFacts): FieldOutcome {
  const reason = "a person decided";
  switch (answer.kind) {
    case "dismiss":
      return agree(sight);
    case "take":
      return carryTaken(sight, answer.side, reason, facts);
    case "value": {
      const given = answer.fields[sight.policy.name];
      return given === undefined ? rest(sight) : writeBoth(sight, given, reason);
    }
    default:
      return unreachable(answer);
  }
}

/** Taking a side writes it even when it is empty: a person has seen both. */
function carryTaken(sight: FieldSight, side: Side, reason: string, facts: MergeFacts): FieldOutcome {
  const { writes } = sight.policy;
  if (writes === side) return agree(sight);
  return carry({ ...sight, policy: { ...sight.policy, blank: "flow" } }, side, `${reason}: ${facts.names[side]}`);
}
