// What the plan of a run taken back says beside its actions: what stays and why, and what the next run will do.

import type { BySide, RunId } from "../../core/ids.ts";
import type { NotUndone } from "../../core/undo-subject.ts";
import { isFields, isList, type Fields, type Value } from "../../core/value.ts";

/** More are counted only. */
const LISTED_MAX = 100;

export interface KeptList {
  add(entity: string, kept: readonly NotUndone[]): void;
  readonly count: number;
  readonly rows: readonly (NotUndone & { readonly entity: string })[];
}

export function newKeptList(): KeptList {
  const rows: (NotUndone & { readonly entity: string })[] = [];
  let count = 0;
  return {
    add(entity, kept) {
      count += kept.length;
      for (const each of kept) if (rows.length < LISTED_MAX) rows.push({ entity, ...each });
    },
    get count() {
      return count;
    },
    rows,
  };
}

/** The plan's part `undo`. */
export function undoPart(run: RunId, kept: KeptList, actions: readonly Fields[], names: BySide<string>): Fields {
  return {
    run,
    kept: kept.rows.map(({ entity, side, record, field, why }) => ({ entity, side: names[side], record, field, why })),
    kept_count: kept.count,
    next: nextOf(actions),
  };
}

/** What the next run will do about the records, in words. */
function nextOf(actions: readonly Fields[]): readonly string[] {
  const counts = { create: 0, update: 0, delete: 0 };
  for (const action of actions) {
    for (const write of listOf(action["writes"])) {
      const op = isFields(write) ? write["op"] : null;
      if (op === "create" || op === "update" || op === "delete") counts[op] += 1;
    }
  }
  const told: string[] = [];
  if (counts.update > 0)
    told.push(
      `updates are put back on the side that was written only; where the two sides then differ a case stays open, and no run carries anything until it is answered, a side is edited again, or the two agree`,
    );
  if (counts.delete > 0)
    told.push(
      "records that the run made are deleted; those they were made from stay, and no run makes them again while the tombstones of their links last",
    );
  if (counts.create > 0)
    told.push(
      "records that the run deleted are made again under new ids, of the mapped fields alone; what named the old ids still does. Where the counterpart is missing a case stays open, and no run deletes them again until it is answered",
    );
  if (told.length > 0) told.push("links that the run made between records that were there already are not taken back");
  return told;
}

function listOf(value: Value | undefined): readonly Value[] {
  return isList(value) ? value : [];
}
