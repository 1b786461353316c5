// `merge:` when both sides changed a field.
//
//   counter   base + what the left added + what the right added, on either side, exactly
//   set       (base − what either removed) ∪ what either added; a side keeps its own order, what is new to it goes last

import type { Cell } from "../core/field.ts";
import type { Side } from "../core/ids.ts";
import { canonicalText, digitsOf, isList, type Value } from "../core/value.ts";
import { settledCell } from "./lens-carry.ts";
import type { FieldLens } from "./lens.ts";
import { decimalOf, numberOf } from "./types/exact-decimal.ts";

export interface Movement {
  readonly left: Cell;
  readonly right: Cell;
  readonly baseLeft: Cell | null;
  readonly baseRight: Cell | null;
}

export type Combined = { readonly left: Cell; readonly right: Cell };

/** Both sides' new value; null: the rule does not combine, or these values cannot be combined, so it is a conflict. */
export function combineField(field: FieldLens, movement: Movement): Combined | null {
  const { left, right, baseLeft, baseRight } = movement;
  if (field.merge === null || baseLeft === null || baseRight === null) return null;
  const combine = field.merge === "counter" ? combinedCount : combinedSet;
  const give = (side: Side, own: Change, other: Change): Cell | null => {
    const value = combine(own, other);
    return value === null ? null : settledCell(field.sides[side], { value, key: "" });
  };
  const leftChange = [baseLeft.value, left.value] as const;
  const rightChange = [baseRight.value, right.value] as const;
  const newLeft = give("left", leftChange, rightChange);
  const newRight = give("right", rightChange, leftChange);
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
