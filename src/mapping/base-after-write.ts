// What a confirmed write leaves as the written side's bases: what was read back, but for what lines hold that the side itself gives.
// A system that answers a new quantity with a new total has not been given that total; it has still to travel.

import type { Write } from "../core/decision.ts";
import type { Cell } from "../core/field.ts";
import type { EntityMapping } from "./mapping.ts";

export interface WrittenBases {
  /** By field, where it is not what was read back. */
  readonly bases: Readonly<Record<string, Cell>>;
  /** All that the written fields show now is agreed. */
  readonly undisturbed: boolean;
}

export function basesAfter(
  mapping: EntityMapping,
  { side, fields }: Pick<Write, "side" | "fields">,
  readBack: Readonly<Record<string, Cell>>,
): WrittenBases {
  const bases: Record<string, Cell> = {};
  let undisturbed = true;
  for (const { field, after, assumed } of fields) {
    const shown = readBack[field];
    if (shown === undefined || after.kind !== "value") continue;
    const base = mapping.agreed(side, field, shown, assumed ?? after.cell);
    if (base === shown) continue;
    bases[field] = base;
    undisturbed &&= base.key === shown.key;
  }
  return { bases, undisturbed };
}
