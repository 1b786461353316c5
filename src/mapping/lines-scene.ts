// The lines of two records side by side, as both sides have them now and had them when they last agreed, and what each would be on
// the other side. What decides about lines (lines-onto.ts, lines-combine.ts, lines-one-way.ts) looks at this.

import { NULL_KEY, type Cell } from "../core/field.ts";
import { otherSide, type BySide, type Side } from "../core/ids.ts";
import type { Fields } from "../core/value.ts";
import { cellOf } from "./cell.ts";
import { carryLineField } from "./lens-carry.ts";
import type { FieldLens, LinesLens } from "./lens.ts";
import { goesWithItsLine } from "./lines-direction.ts";
import { fieldKey, linesById } from "./lines-key.ts";
import type { Movement } from "./movement.ts";
import type { RefLookup } from "./reference.ts";

/** A line as both sides have it, now and when they last agreed. */
export interface LinePair {
  readonly id: string;
  readonly now: Readonly<Record<Side, Fields | null>>;
  readonly base: Readonly<Record<Side, Fields | null>>;
}

export interface LinesScene {
  readonly lines: LinesLens;
  /** All lines that any of the four lists knows: those of the left in its order, then those of the right. */
  readonly pairs: readonly LinePair[];
  readonly lookup: RefLookup;
  /** By the side they were carried to, and by id; null: they are carried one by one. */
  readonly across: BySide<ReadonlyMap<string, Fields> | null>;
}

export function sceneOf(lines: LinesLens, movement: Movement): LinesScene {
  const byId = (side: Side, cell: Cell | null): ReadonlyMap<string, Fields> =>
    cell === null ? new Map() : linesById(lines, side, cell.value);
  const now = { left: byId("left", movement.left), right: byId("right", movement.right) };
  const base = { left: byId("left", movement.baseLeft), right: byId("right", movement.baseRight) };
  const ids = new Set([...now.left.keys(), ...now.right.keys(), ...base.left.keys(), ...base.right.keys()]);
  const pairs = [...ids].map((id) => ({
    id,
    now: { left: now.left.get(id) ?? null, right: now.right.get(id) ?? null },
    base: { left: base.left.get(id) ?? null, right: base.right.get(id) ?? null },
  }));
  const acrossTo = (to: Side): ReadonlyMap<string, Fields> | null => {
    const carried = movement.across?.[to];
    return carried?.kind === "value" ? byId(to, carried.cell) : null;
  };
  const across = { left: acrossTo("left"), right: acrossTo("right") };
  return { lines, pairs, lookup: movement.lookup ?? (() => null), across };
}

/** One field of a line in the form of the other side. "absent": the side says nothing of it; null: it cannot be carried. */
export function fieldAcross(
  scene: LinesScene,
  field: FieldLens,
  from: Side,
  { id, now }: LinePair,
): Cell | "absent" | null {
  const { name } = field.policy;
  const to = otherSide(from);
  const value = now[from]?.[name];
  if (value === undefined) return "absent";
  const line = scene.across[to]?.get(id);
  if (line !== undefined) {
    const carried = line[name];
    return carried === undefined ? null : cellOf(field.sides[to].type, carried);
  }
  const carried = carryLineField(field, { from, lookup: scene.lookup }, value);
  return carried.kind === "value" ? carried.cell : null;
}

/** The side's own field of the line differs from its base; with no base, from nothing. */
export function fieldMoved(lines: LinesLens, side: Side, pair: LinePair, name: string): boolean {
  return fieldKey(lines, side, pair.now[side], name) !== fieldKey(lines, side, pair.base[side], name);
}

/** In what goes the way of the list: a field that one side gives by itself goes with its line, and keeps no line. */
export function lineMoved(lines: LinesLens, side: Side, pair: LinePair): boolean {
  return lines.fields.some(
    (field) => goesWithItsLine(lines, field) && fieldMoved(lines, side, pair, field.policy.name),
  );
}

/** Both sides say the same in one field of a line that both have, in either direction. */
export function saysSame(scene: LinesScene, field: FieldLens, pair: LinePair): boolean {
  const { lines } = scene;
  const { name } = field.policy;
  const key = {
    left: fieldKey(lines, "left", pair.now.left, name),
    right: fieldKey(lines, "right", pair.now.right, name),
  };
  if (key.left === NULL_KEY && key.right === NULL_KEY) return true;
  return (["left", "right"] as const).some((from) => {
    const across = fieldAcross(scene, field, from, pair);
    return across !== null && across !== "absent" && across.key === key[otherSide(from)];
  });
}
