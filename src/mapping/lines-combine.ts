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
import { carryLine } from "./lens-carry.ts";
import type { FieldLens, LinesLens } from "./lens.ts";
import { goesWithItsLine } from "./lines-direction.ts";
import { givenValue } from "./lines-one-way.ts";
import {
  fieldAcross,
  fieldMoved,
  lineMoved,
  saysSame,
  sceneOf,
  type LinePair,
  type LinesScene,
} from "./lines-scene.ts";
import type { Combined, Movement } from "./movement.ts";

/** Null: a conflict, or a change cannot be carried over. */
export function combineLines(field: FieldLens, lines: LinesLens, movement: Movement): Combined | null {
  const merged: Record<Side, Fields[]> = { left: [], right: [] };
  const scene = sceneOf(lines, movement);
  for (const pair of scene.pairs) {
    const line = mergeLine(scene, pair);
    if (line === "conflict") return null;
    if (line === "removed") continue;
    if (line.left !== null) merged.left.push(line.left);
    if (line.right !== null) merged.right.push(line.right);
  }
  const cell = (side: Side): Cell => cellOf(field.sides[side].type, merged[side]);
  return { left: cell("left"), right: cell("right") };
}

type Merged = "conflict" | "removed" | { readonly left: Fields | null; readonly right: Fields | null };

function mergeLine(scene: LinesScene, pair: LinePair): Merged {
  const { left, right } = pair.now;
  if (left !== null && right !== null) return mergeBoth(scene, pair, { left, right });
  if (left !== null) return mergeOne(scene, pair, "left", left);
  return right === null ? "removed" : mergeOne(scene, pair, "right", right);
}

/** A line that one side alone has. */
function mergeOne(scene: LinesScene, pair: LinePair, has: Side, line: Fields): Merged {
  const { lines, lookup } = scene;
  const lacks = otherSide(has);
  const moved = lineMoved(lines, has, pair);
  if (pair.base[lacks] !== null) return moved ? "conflict" : "removed";
  // The other side has done without it since both agreed, and nobody has touched it.
  if (!moved) return { left: pair.now.left, right: pair.now.right };
  const known = scene.across[lacks]?.get(pair.id);
  const carried =
    known === undefined ? carryLine(lines, { from: has, lookup }, line) : { ok: true as const, line: known };
  if (!carried.ok) return "conflict";
  return has === "left" ? { left: line, right: carried.line } : { left: carried.line, right: line };
}

function mergeBoth(scene: LinesScene, pair: LinePair, now: { readonly left: Fields; readonly right: Fields }): Merged {
  const { lines } = scene;
  const merged: Record<Side, Record<string, Value>> = { left: { ...now.left }, right: { ...now.right } };
  for (const field of lines.fields) {
    const { name, writes } = field.policy;
    if (!goesWithItsLine(lines, field)) {
      const value = givenValue(scene, field, pair);
      if (value !== undefined) merged[writes === "left" ? "left" : "right"][name] = value;
      continue;
    }
    if (saysSame(scene, field, pair)) continue;
    const leftMoved = fieldMoved(lines, "left", pair, name);
    const rightMoved = fieldMoved(lines, "right", pair, name);
    if (leftMoved && rightMoved) return "conflict";
    if (leftMoved && !put(scene, merged.right, field, pair, "left")) return "conflict";
    if (rightMoved && !put(scene, merged.left, field, pair, "right")) return "conflict";
  }
  return merged;
}

/** @returns Whether the value could be carried over. Absent is no opinion. */
function put(scene: LinesScene, line: Record<string, Value>, field: FieldLens, pair: LinePair, from: Side): boolean {
  const across = fieldAcross(scene, field, from, pair);
  if (across === null) return false;
  if (across !== "absent") line[field.policy.name] = across.value;
  return true;
}
