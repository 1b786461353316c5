// What a field's sight says before anybody decides: has a side moved, are the two consistent, is a side empty.

import { NULL_KEY, type Cell, type FieldSight, type Reading } from "./field.ts";
import type { FieldOutcome } from "./field-outcome.ts";
import type { Side } from "./ids.ts";
import type { Value } from "./value.ts";

/** The side differs from its own base; with no base, from emptiness. Absent is no opinion, so it never moved. */
export function moved(reading: Reading, base: Cell | null): boolean {
  if (reading.kind === "invalid") return true;
  if (reading.kind === "absent") return false;
  return reading.cell.key !== (base?.key ?? NULL_KEY);
}

/** As `moved`, by what goes both ways: what only one side gives is for merge-one-way.ts. */
export function movedBothWays(reading: Reading, base: Cell | null): boolean {
  if (reading.kind !== "value") return moved(reading, base);
  return bothWaysKey(reading.cell) !== (base === null ? NULL_KEY : bothWaysKey(base));
}

/** Comparison text of what goes both ways. */
export function bothWaysKey({ key, bothWays }: Cell): string {
  return bothWays ?? key;
}

/** `f(l) ~ r` or `g(r) ~ l`, or both empty. An absent side has no opinion: it agrees with nothing and disputes nothing. */
export function consistent(sight: FieldSight): boolean {
  const { left, right, toRight, toLeft } = sight;
  if (left.kind === "absent" || right.kind === "absent") return isEmpty(left) && isEmpty(right);
  if (left.kind === "invalid" || right.kind === "invalid") return false;
  if (left.cell.key === NULL_KEY && right.cell.key === NULL_KEY) return true;
  return (
    (toRight.kind === "value" && bothWaysKey(toRight.cell) === bothWaysKey(right.cell)) ||
    (toLeft.kind === "value" && bothWaysKey(toLeft.cell) === bothWaysKey(left.cell))
  );
}

/** Nothing to do for this field. Two edits that a rule adds up (a counter: 10 to 8 on both sides) are two, though they look alike. */
export function atOne(sight: FieldSight): boolean {
  const addsUp =
    sight.combined !== null && movedBothWays(sight.left, sight.baseLeft) && movedBothWays(sight.right, sight.baseRight);
  return consistent(sight) && !addsUp;
}

export function isEmpty(reading: Reading): boolean {
  return reading.kind === "absent" || (reading.kind === "value" && reading.cell.key === NULL_KEY);
}

export function cellOf(reading: Reading): Cell | null {
  return reading.kind === "value" ? reading.cell : null;
}

export function valueOf(reading: Reading): Value {
  return reading.kind === "value" ? reading.cell.value : null;
}

export function readingOf(sight: FieldSight, side: Side): Reading {
  return side === "left" ? sight.left : sight.right;
}

export function baseOf(sight: FieldSight, side: Side): Cell | null {
  return side === "left" ? sight.baseLeft : sight.baseRight;
}

export function rest(sight: FieldSight): FieldOutcome {
  return { kind: "rest", field: sight.policy.name };
}

export function agree(sight: FieldSight): FieldOutcome {
  return { kind: "agree", field: sight.policy.name, left: cellOf(sight.left), right: cellOf(sight.right) };
}

export function agreeOrRest(sight: FieldSight): FieldOutcome {
  const sameBase = (reading: Reading, base: Cell | null): boolean =>
    reading.kind === "absent" || (reading.kind === "value" && base !== null && base.key === reading.cell.key);
  return sameBase(sight.left, sight.baseLeft) && sameBase(sight.right, sight.baseRight) ? rest(sight) : agree(sight);
}
