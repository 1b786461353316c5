// `merge:` when both sides changed a field.
//
//   counter   base + what the left added + what the right added, on either side, exactly
//   set       (base − what either removed) ∪ what either added; a side keeps its own order, what is new to it goes last
//   lines     keeps both: lines-combine.ts for `each`, combine-sequence.ts for plain lists and texts
//   max       the greater one, by the order of `values` (the later entry is the greater) or by amount or time

import { NULL_KEY, type Cell } from "../core/field.ts";
import { otherSide, type Side } from "../core/ids.ts";
import { canonicalText, digitsOf, isList, type Value } from "../core/value.ts";
import { combineSequence } from "./combine-sequence.ts";
import { carryField } from "./lens-carry.ts";
import type { FieldLens } from "./lens.ts";
import { combineLines } from "./lines-combine.ts";
import type { Combined, Movement } from "./movement.ts";
import { settledCell } from "./settled.ts";
import { decimalOf, numberOf } from "./types/exact-decimal.ts";
import { compareValues } from "./value-order.ts";

/** Both sides' new value; null: the rule does not combine, or these values cannot be combined, so it is a conflict. */
export function combineField(field: FieldLens, movement: Movement): Combined | null {
  const { left, right, baseLeft, baseRight } = movement;
  if (field.merge === null || baseLeft === null || baseRight === null) return null;
  const leftChange = [baseLeft.value, left.value] as const;
  const rightChange = [baseRight.value, right.value] as const;
  switch (field.merge) {
    case "max":
      return greater(field, { left, right });
    case "lines": {
      if (field.lines !== null) return combineLines(field, field.lines, movement);
      const merged = combineSequence(leftChange, rightChange);
      return settledBoth(field, merged, merged);
    }
    case "counter":
      return settledBoth(field, combinedCount(leftChange, rightChange), combinedCount(rightChange, leftChange));
    case "set":
      return settledBoth(field, combinedSet(leftChange, rightChange), combinedSet(rightChange, leftChange));
  }
}

function settledBoth(field: FieldLens, left: Value, right: Value): Combined | null {
  const cell = (side: Side, value: Value): Cell | null =>
    value === null ? null : settledCell(field.sides[side], { value, key: "" });
  const newLeft = cell("left", left);
  const newRight = cell("right", right);
  return newLeft === null || newRight === null ? null : { left: newLeft, right: newRight };
}

type Change = readonly [before: Value, after: Value];

/** The own base is what stood there before, so base + own delta is what stands there now. */
function combinedCount([, own]: Change, [otherBefore, other]: Change): Value {
  const [now, before, after] = [own, otherBefore, other].map(digitsOf);
  if (typeof now !== "string" || typeof before !== "string" || typeof after !== "string") return null;
  return numberOf(decimalOf(now).plus(decimalOf(after)).minus(decimalOf(before)));
}

function combinedSet([ownBefore, own]: Change, [otherBefore, other]: Change): Value {
  const lists = [ownBefore, own, otherBefore, other].map((value) => (value === null ? [] : value));
  const [before, mine, theirBefore, theirs] = lists;
  if (!isList(before) || !isList(mine) || !isList(theirBefore) || !isList(theirs)) return null;
  const inTheirs = new Set(theirs.map(canonicalText));
  const removedByThem = new Set(theirBefore.map(canonicalText).filter((text) => !inTheirs.has(text)));
  const inMine = new Set(mine.map(canonicalText));
  const known = new Set([...before, ...theirBefore].map(canonicalText));
  const kept = mine.filter((value) => !removedByThem.has(canonicalText(value)));
  const added = theirs.filter((value) => !inMine.has(canonicalText(value)) && !known.has(canonicalText(value)));
  return [...kept, ...added];
}

function greater(field: FieldLens, { left, right }: Combined): Combined | null {
  const order = orderOf(field, left, right);
  if (order === null) return null;
  const giving: Side = order < 0 ? "right" : "left";
  const carried = carryField(field, giving, { kind: "value", cell: giving === "left" ? left : right }, () => null);
  if (carried instanceof Promise || carried.kind !== "value") return null;
  return { left, right, [otherSide(giving)]: carried.cell };
}

/** Below 0: the left is less. A null is less than anything. */
function orderOf({ table }: FieldLens, left: Cell, right: Cell): number | null {
  if (left.key === NULL_KEY || right.key === NULL_KEY)
    return Number(left.key !== NULL_KEY) - Number(right.key !== NULL_KEY);
  if (table === null) return compareValues(left.value, right.value);
  const words = [...new Set([...table.toRight.values()].map(({ key }) => key))];
  const ranks = [table.toRight.get(left.key)?.key, right.key].map((key) =>
    key === undefined ? -1 : words.indexOf(key),
  );
  const [leftRank = -1, rightRank = -1] = ranks;
  return leftRank < 0 || rightRank < 0 ? null : leftRank - rightRank;
}
