// A canonical value with its comparison text.

import { NULL_CELL, type Cell } from "../core/field.ts";
import type { Value } from "../core/value.ts";
import type { FieldType } from "./types/type.ts";

/** The cell of a value in its side's normal form. */
export function cellOf(type: FieldType, value: Value): Cell {
  return value === null ? NULL_CELL : { value, key: type.key(value) };
}
