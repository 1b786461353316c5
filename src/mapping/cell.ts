// A canonical value with its comparison text.

import { NULL_CELL, type Cell } from "../core/field.ts";
import type { Value } from "../core/value.ts";
import type { FieldType } from "./types/type.ts";

/** The cell of a value in its side's normal form. */
export function cellOf(type: FieldType, value: Value): Cell {
  if (value === null) return NULL_CELL;
  const key = type.key(value);
  return type.bothWays === undefined ? { value, key } : { value, key, bothWays: type.bothWays(value) };
}
