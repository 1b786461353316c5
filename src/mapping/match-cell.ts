// A value of either side in the form of the right side, so that equal values are equal wherever they came from.

import { NULL_KEY, type Cell } from "../core/field.ts";
import type { Side } from "../core/ids.ts";
import { settledCell } from "./settled.ts";
import type { FieldLens } from "./lens.ts";

/** Null: the right side has no form of it. */
export function sharedCell(field: FieldLens, side: Side, cell: Cell): Cell | null {
  if (cell.key === NULL_KEY) return null;
  if (side === "right" || field.sameForm) return cell;
  if (field.table !== null) return field.table.toRight.get(cell.key) ?? null;
  return settledCell(field.sides.right, cell);
}
