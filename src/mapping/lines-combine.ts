// `merge: lines` of an `each` field: both sides changed the list, and every line is merged on its own against both bases.
//
//   one line                                      becomes
//   added on one side                             added on the other
//   removed on one side, untouched on the other   removed
//   removed on one side, changed on the other     a conflict of the field
//   changed on both, in different fields          both changes
//   changed on both, in the same field            a conflict, unless both say the same

import type { Cell } from "../core/field.ts";
import { otherSide, type Side } from "../core/ids.ts";
import type { Fields, Value } from "../core/value.ts";
import { cellOf } from "./cell.ts";
import { carryLine, type LinesWay } from "./lens-carry.ts";
import type { FieldLens, LinesLens } from "./lens.ts";
import { fieldMoved, lineMoved, lookupOf, pairLines, saysSame, type LinePair } from "./lines-onto.ts";
import type { RefLookup } from "./reference.ts";
import type { Combined, Movement } from "./movement.ts";

/** Null: a conflict, or a change cannot be carried over. */
export function combineLines(field: FieldLens, lines: LinesLens, movement: Movement): Combined | null {
  const merged: Record<Side, Fields[]> = { left: [], right: [] };
  const lookup = lookupOf(movement);
  for (const pair of pairLines(lines, movement)) {
    const line = mergeLine(lines, pair, lookup);
    if (line === "conflict") return null;
    if (line === "removed") continue;
    if (line.left !== null) merged.left.push(line.left);
    if (line.right !== null) merged.right.push(line.right);
  }
  const cell = (side: Side): Cell => cellOf(field.sides[side].type, merged[side]);
  return { left: cell("left"), right: cell("right") };
}

type Merged = "conflict" | "removed" | { readonly left: Fields | null; readonly right: Fields | null };

function mergeLine(lines: LinesLens, pair: LinePair, lookup: RefLookup): Merged {
  const { left, right } = pair.now;
  if (left !== null && right !== null) return mergeBoth(lines, pair, { left, right }, lookup);
  if (left !== null) return mergeOne(lines, pair, { from: "left", lookup }, left);
  return right === null ? "removed" : mergeOne(lines, pair, { from: "right", lookup }, right);
}

/** A line that one side alone has. */
function mergeOne(lines: LinesLens, pair: LinePair, way: LinesWay, line: Fields): Merged {
  const has = way.from;
  const lacks = otherSide(has);
  const moved = lineMoved(lines, has, pair);
  if (pair.base[lacks] !== null) return moved ? "conflict" : "removed";
  // The other side has done without it since both agreed, and nobody has touched it.
  if (!moved) return { left: pair.now.left, right: pair.now.right };
  const carried = carryLine(lines, way, line);
  if (!carried.ok) return "conflict";
  return has === "left" ? { left: line, right: carried.line } : { left: carried.line, right: line };
}

function mergeBoth(
  lines: LinesLens,
  pair: LinePair,
  now: { readonly left: Fields; readonly right: Fields },
  lookup: RefLookup,
): Merged {
  const toRight = carryLine(lines, { from: "left", lookup }, now.left);
  const toLeft = carryLine(lines, { from: "right", lookup }, now.right);
  const left: Record<string, Value> = { ...now.left };
  const right: Record<string, Value> = { ...now.right };
  for (const field of lines.fields) {
    const { name } = field.policy;
    if (saysSame(lines, field, pair, lookup)) continue;
    const leftMoved = fieldMoved(lines, "left", pair, name);
    const rightMoved = fieldMoved(lines, "right", pair, name);
    if (leftMoved && rightMoved) return "conflict";
    if (leftMoved && !put(right, toRight, name)) return "conflict";
    if (rightMoved && !put(left, toLeft, name)) return "conflict";
  }
  return { left, right };
}

/** @returns Whether the value could be carried over. Absent is no opinion. */
function put(line: Record<string, Value>, carried: ReturnType<typeof carryLine>, name: string): boolean {
  if (!carried.ok) return false;
  const value = carried.line[name];
  if (value !== undefined) line[name] = value;
  return true;
}
