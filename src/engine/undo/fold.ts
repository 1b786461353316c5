// What a run did to each pair of records, put together from its effects: the first value before, the last value after.

import { NULL_CELL, type Cell } from "../../core/field.ts";
import { groupBy } from "../../core/group.ts";
import { otherSide, SIDES, type BySide, type LinkId, type RemoteId, type Side } from "../../core/ids.ts";
import type { RunField, RunWrite } from "../../core/undo-subject.ts";
import { canonicalText, type Value } from "../../core/value.ts";
import type { EntityMapping } from "../../mapping/mapping.ts";
import type { Effect } from "../ports/intent.ts";

/** A pair of records, or one that was alone, with all that the run wrote of it. */
export interface Touched {
  /** As the history has it; the link may have ended since. */
  readonly linkId: LinkId | null;
  readonly ids: BySide<RemoteId | null>;
  readonly writes: BySide<RunWrite | null>;
}

/** @param effects Oldest first. */
export function touchedBy(mapping: EntityMapping, effects: readonly Effect[]): readonly Touched[] {
  const groups = groupBy(effects, (effect) => effect.linkId ?? `${effect.side} ${effect.record}`);
  return [...groups.values()].map((own) => {
    const ids: Record<Side, RemoteId | null> = { left: null, right: null };
    const writes: Record<Side, RunWrite | null> = { left: null, right: null };
    for (const effect of own) {
      ids[effect.side] = effect.record;
      ids[otherSide(effect.side)] = effect.other ?? ids[otherSide(effect.side)];
      writes[effect.side] = folded(writes[effect.side], writeOf(mapping, effect));
    }
    return { linkId: own[0]?.linkId ?? null, ids, writes };
  });
}

/** Whether anything is left to take back. */
export function isTouched({ writes }: Touched): boolean {
  return SIDES.some((side) => writes[side] !== null);
}

function writeOf(mapping: EntityMapping, { op, record, side, fields }: Effect): RunWrite {
  const known = new Set(mapping.policy.fields.map(({ name }) => name));
  const cell = (field: string, value: Value): Cell => {
    // A rule that the file no longer has: told as such, so only the value counts.
    if (!known.has(field)) return { value, key: canonicalText(value) };
    return value === null ? NULL_CELL : mapping.cell(side, field, value);
  };
  return {
    op,
    record,
    fields: Object.entries(fields).map(([field, { before, after, readBack }]) => ({
      field,
      before: cell(field, before),
      wrote: cell(field, readBack),
      sent: cell(field, after),
    })),
  };
}

function folded(earlier: RunWrite | null, later: RunWrite): RunWrite | null {
  if (earlier === null || later.op === "create") return later;
  // Made and deleted by the same run: as though it had never been.
  if (earlier.op === "create" && later.op === "delete") return null;
  const first = new Map(earlier.fields.map((each) => [each.field, each]));
  const fields = later.fields.map((each): RunField => {
    const known = first.get(each.field);
    first.delete(each.field);
    return known === undefined ? each : { ...each, before: known.before };
  });
  return {
    op: earlier.op === "create" ? "create" : later.op,
    record: later.record,
    fields: [...fields, ...first.values()],
  };
}
