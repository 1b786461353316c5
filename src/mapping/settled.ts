// The value that a side would show after being given one, as far as its type tells: written by the type and read back.

import type { Cell } from "../core/field.ts";
import type { Value } from "../core/value.ts";
import { cellOf } from "./cell.ts";
import type { SideLens } from "./lens.ts";
import type { TypeReading } from "./types/type.ts";

/**
 * The cell that a side would show after being given a cell of its type, where that can be told at once: the side is written by
 * paths. Null: it cannot hold the value.
 */
export function settledCell(side: SideLens, given: Cell): Cell | null {
  const settled = readBack(side, given.value);
  return settled.ok ? cellOf(side.type, settled.value) : null;
}

/** The type's part of writing and reading back. */
export function readBack(side: SideLens, value: Value): TypeReading {
  if (side.target.kind !== "parts") return side.type.read(side.type.write(value, undefined));
  const parts = side.target.type.split(
    value,
    side.target.paths.map(() => undefined),
  );
  return side.target.type.join(parts) ?? { ok: true, value: null };
}
