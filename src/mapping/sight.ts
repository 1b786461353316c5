// One field of two records as the decision sees it: what was carried is put onto what the other side shows, and what both changed
// is put together where the rule says how.

import type { Carried, FieldSight } from "../core/field.ts";
import type { Side } from "../core/ids.ts";
import { combineField } from "./combine.ts";
import type { FieldLens } from "./lens.ts";
import { oneWayLines } from "./lines-one-way.ts";
import { linesOnto } from "./lines-onto.ts";
import type { FieldShown, Movement } from "./movement.ts";

export function sightOf(field: FieldLens, shown: FieldShown): FieldSight {
  const { left, right, baseLeft, baseRight, toRight, toLeft, lookup } = shown;
  const { policy, lines } = field;
  const sight = { policy, left, right, baseLeft, baseRight, toRight, toLeft };
  if (left.kind !== "value" || right.kind !== "value") return { ...sight, combined: null };
  const across = { left: toLeft, right: toRight };
  const movement: Movement = { left: left.cell, right: right.cell, baseLeft, baseRight, lookup, across };
  const combined = combineField(field, movement);
  if (lines === null) return { ...sight, combined };
  const onto = (to: Side, carried: Carried): Carried =>
    carried.kind === "value" ? { kind: "value", cell: linesOnto(field, lines, to, carried.cell, movement) } : carried;
  const written = { toRight: onto("right", toRight), toLeft: onto("left", toLeft), combined };
  if (!lines.mixed) return { ...sight, ...written };
  return { ...sight, ...written, oneWay: oneWayLines(field, lines, shown, movement, written) };
}
