// How a line of one side is known on the other: by the text of its key, in the form of the right side.

import { NULL_KEY } from "../core/field.ts";
import type { Side } from "../core/ids.ts";
import { isFields, isList, type Fields, type Value } from "../core/value.ts";
import { cellOf } from "./cell.ts";
import type { LinesLens } from "./lens.ts";
import { settledCell } from "./settled.ts";

/** Canonical lines by key. A line without a key, which reading refuses, is left out. */
export function linesById(lines: LinesLens, side: Side, value: Value): ReadonlyMap<string, Fields> {
  const found = new Map<string, Fields>();
  for (const line of linesIn(value)) {
    const id = lineId(lines, side, line);
    if (id !== null) found.set(id, line);
  }
  return found;
}

/** Text of a canonical line's key, the same on both sides; null: it has none. */
export function lineId({ key }: LinesLens, side: Side, line: Fields): string | null {
  const value = line[key.policy.name];
  if (value === undefined || value === null) return null;
  const cell = cellOf(key.sides[side].type, value);
  if (side === "right" || key.sameForm) return cell.key;
  if (key.table !== null) return key.table.toRight.get(cell.key)?.key ?? null;
  return settledCell(key.sides.right, cell)?.key ?? null;
}

export function linesIn(value: Value): readonly Fields[] {
  return isList(value) ? value.filter((line) => isFields(line)) : [];
}

/** Comparison text of one field of a canonical line. Nothing there and null are one: a line says nothing of it. */
export function fieldKey(lines: LinesLens, side: Side, line: Fields | null | undefined, name: string): string {
  const field = lines.fields.find(({ policy }) => policy.name === name);
  const value = line?.[name] ?? null;
  return field === undefined || value === null ? NULL_KEY : cellOf(field.sides[side].type, value).key;
}
