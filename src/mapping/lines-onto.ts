// Carried lines where the other side already shows some. What neither side has changed, or what says the same on both, stays as
// the receiving side has it: its finer detail, its own spelling, a line it adds of its own accord.
//
//   one field of one line            written
//   says the same on both sides      no
//   neither moved since its base     no
//   else                             the carried value
//
//   a line only the giver has        added, unless both sides' bases know that the receiver does without it
//   a line only the receiver has     removed, unless both sides' bases know that the giver does without it

import { NULL_KEY, type Cell } from "../core/field.ts";
import { otherSide, type Side } from "../core/ids.ts";
import type { Fields, Value } from "../core/value.ts";
import { cellOf } from "./cell.ts";
import { carryLineField } from "./lens-carry.ts";
import type { FieldLens, LinesLens } from "./lens.ts";
import { fieldKey, linesById } from "./lines-key.ts";
import type { RefLookup } from "./reference.ts";
import type { Movement } from "./movement.ts";

/** A line as both sides have it, now and when they last agreed. */
export interface LinePair {
  readonly id: string;
  readonly now: Readonly<Record<Side, Fields | null>>;
  readonly base: Readonly<Record<Side, Fields | null>>;
}

export function lookupOf({ lookup }: Movement): RefLookup {
  return lookup ?? (() => null);
}

/** All lines that any of the four lists knows: those of the left in its order, then those of the right. */
export function pairLines(lines: LinesLens, movement: Movement): readonly LinePair[] {
  const byId = (side: Side, cell: Cell | null): ReadonlyMap<string, Fields> =>
    cell === null ? new Map() : linesById(lines, side, cell.value);
  const now = { left: byId("left", movement.left), right: byId("right", movement.right) };
  const base = { left: byId("left", movement.baseLeft), right: byId("right", movement.baseRight) };
  const ids = new Set([...now.left.keys(), ...now.right.keys(), ...base.left.keys(), ...base.right.keys()]);
  return [...ids].map((id) => ({
    id,
    now: { left: now.left.get(id) ?? null, right: now.right.get(id) ?? null },
    base: { left: base.left.get(id) ?? null, right: base.right.get(id) ?? null },
  }));
}

/** The side's own field of the line differs from its base; with no base, from nothing. */
export function fieldMoved(lines: LinesLens, side: Side, pair: LinePair, name: string): boolean {
  return fieldKey(lines, side, pair.now[side], name) !== fieldKey(lines, side, pair.base[side], name);
}

export function lineMoved(lines: LinesLens, side: Side, pair: LinePair): boolean {
  return lines.fields.some(({ policy }) => fieldMoved(lines, side, pair, policy.name));
}

/** Both sides say the same in one field of a line that both have, in either direction. */
export function saysSame(lines: LinesLens, field: FieldLens, { now }: LinePair, lookup: RefLookup): boolean {
  const { name } = field.policy;
  const key = { left: fieldKey(lines, "left", now.left, name), right: fieldKey(lines, "right", now.right, name) };
  if (key.left === NULL_KEY && key.right === NULL_KEY) return true;
  return (["left", "right"] as const).some((from) => {
    const value = now[from]?.[name];
    if (value === undefined) return false;
    const across = carryLineField(field, { from, lookup }, value);
    return across.kind === "value" && across.cell.key === key[otherSide(from)];
  });
}

/** @param carried The giving side's lines in the form of `to`. */
export function linesOnto(field: FieldLens, lines: LinesLens, to: Side, carried: Cell, movement: Movement): Cell {
  if (carried.value === null || movement[to].value === null) return carried;
  const from = otherSide(to);
  const fresh = movement.baseLeft === null || movement.baseRight === null;
  const coming = linesById(lines, to, carried.value);
  const pairs = pairLines(lines, movement);
  const stays = (pair: LinePair): boolean =>
    !fresh && pair.base[from] === null && pair.base[to] !== null && pair.now[from] === null;
  const isLeftOut = (pair: LinePair): boolean =>
    !fresh && pair.base[to] === null && pair.base[from] !== null && !lineMoved(lines, from, pair);

  const result: Fields[] = [];
  const known = new Map(pairs.map((pair) => [pair.id, pair]));
  for (const [id, shown] of linesById(lines, to, movement[to].value)) {
    const line = coming.get(id);
    const pair = known.get(id);
    if (pair === undefined) continue;
    if (line !== undefined) result.push(lineOnto(lines, { pair, line, shown, fresh }, lookupOf(movement)));
    else if (stays(pair)) result.push(shown);
  }
  for (const [id, line] of coming) {
    const pair = known.get(id);
    if (pair === undefined || (pair.now[to] === null && !isLeftOut(pair))) result.push(line);
  }
  return cellOf(field.sides[to].type, result);
}

function lineOnto(
  lines: LinesLens,
  given: { readonly pair: LinePair; readonly line: Fields; readonly shown: Fields; readonly fresh: boolean },
  lookup: RefLookup,
): Fields {
  const { pair, line, shown, fresh } = given;
  const result: Record<string, Value> = {};
  for (const field of lines.fields) {
    const { name } = field.policy;
    const atRest = !fresh && !fieldMoved(lines, "left", pair, name) && !fieldMoved(lines, "right", pair, name);
    const keeps = line[name] === undefined || atRest || saysSame(lines, field, pair, lookup);
    const value = keeps ? shown[name] : line[name];
    if (value !== undefined) result[name] = value;
  }
  return result;
}
