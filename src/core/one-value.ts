// One value written over many different ones: the sign of a default, a placeholder or a broken import that flattens what people
// entered. Counted by field, in bounded memory: of the values written those that stand out are kept (the counts are never too
// high), and of the values overwritten only whether they were many.

import type { Decision } from "./decision.ts";
import { NULL_KEY } from "./field.ts";
import type { Side } from "./ids.ts";
import type { Value } from "./value.ts";

/** Values of a field that are counted at the same time; one written to more than one in so many records is among them. */
const KEPT_MAX = 64;

/** So many different values must have stood there. A status set on hundreds of records overwrites few; names are all different. */
const DIFFERENT_MIN = 20;

interface Counted {
  count: number;
  readonly value: Value;
  readonly overwritten: Set<string>;
}

/** By entity, side and field, then by the value written. */
export type OneValueTally = Map<string, Map<string, Counted>>;

export interface OneValue {
  readonly side: Side;
  readonly field: string;
  readonly key: string;
  readonly value: Value;
  readonly count: number;
}

/** Adds a decision's updates to the tally, which is the caller's own. */
export function addOneValues(tally: OneValueTally, decision: Decision): void {
  for (const { op, side, fields } of decision.writes) {
    if (op !== "update") continue;
    for (const { field, before, after } of fields) {
      if (after.kind !== "value" || after.cell.key === NULL_KEY || before === null || before.key === NULL_KEY) continue;
      const name = JSON.stringify([decision.entity, side, field]);
      const counts = tally.get(name) ?? new Map<string, Counted>();
      tally.set(name, counts);
      count(counts, after.cell.key, after.cell.value, before.key);
    }
  }
}

function count(counts: Map<string, Counted>, key: string, value: Value, overwritten: string): void {
  const known = counts.get(key);
  if (known !== undefined) {
    known.count += 1;
    if (known.overwritten.size < DIFFERENT_MIN) known.overwritten.add(overwritten);
    return;
  }
  if (counts.size < KEPT_MAX) {
    counts.set(key, { count: 1, value, overwritten: new Set([overwritten]) });
    return;
  }
  // Too many to keep: all lose one, and whoever has none left makes room.
  for (const [other, each] of counts) {
    each.count -= 1;
    if (each.count === 0) counts.delete(other);
  }
}

/** Values of an entity's fields that more records than this are given, over many different ones. */
export function oneValuesOver(tally: OneValueTally, entity: string, limit: number): readonly OneValue[] {
  return [...tally].flatMap(([name, counts]) => {
    const [of, side, field] = JSON.parse(name) as [string, Side, string]; // as addOneValues wrote it
    if (of !== entity) return [];
    return [...counts].flatMap(([key, each]) =>
      each.count > limit && each.overwritten.size >= DIFFERENT_MIN
        ? [{ side, field, key, value: each.value, count: each.count }]
        : [],
    );
  });
}
