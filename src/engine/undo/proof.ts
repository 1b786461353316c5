// Before a deleted record is created again: nobody must have made it again meanwhile. Its old id is looked up with the rest; by
// what it is matched it is looked up just before the create, or, where the system cannot be asked so, in a complete listing.

import type { Decision, Write } from "../../core/decision.ts";
import type { Cell } from "../../core/field.ts";
import { SIDES, type Side } from "../../core/ids.ts";
import { exactKeys } from "../../mapping/match-key.ts";
import type { Entity } from "../context.ts";
import { findKey } from "../find-key.ts";

/** Why each decision's create may not be made; null: it may, or there is none. */
export async function createsBarred(
  entity: Entity,
  decisions: readonly Decision[],
): Promise<readonly (string | null)[]> {
  const barred: (string | null)[] = decisions.map(() => null);
  if (!entity.mapping.policy.matches) return barred;
  for (const side of SIDES) {
    const unasked: { readonly index: number; readonly keys: readonly string[] }[] = [];
    for (const [index, { writes }] of decisions.entries()) {
      const create = writes.find((write) => write.op === "create" && write.side === side);
      const keys = create === undefined ? null : await keysUnasked(entity, create);
      if (keys !== null) unasked.push({ index, keys });
    }
    if (unasked.length === 0) continue;
    const there = await keysOnSide(entity, side);
    for (const { index, keys } of unasked) {
      if (there === null)
        barred[index] = "it is not certain that nobody has made it again: its system could not be listed completely";
      else if (keys.some((key) => there.has(key))) barred[index] = "another record has its match values by now";
    }
  }
  return barred;
}

/** By what it is matched; null: `find` is asked before the create. */
async function keysUnasked({ mapping, objects }: Entity, { side, fields }: Write): Promise<readonly string[] | null> {
  const cells: Record<string, Cell> = {};
  for (const { field, after } of fields) if (after.kind === "value") cells[field] = after.cell;
  const written = await mapping.write(side, cells, null);
  const body = written.ok ? written.record : {};
  if (findKey(objects[side].capabilities.findBy, body) !== null) return null;
  const [place] = await mapping.place(side, [body]);
  return exactKeys(place?.matchKeys ?? []);
}

/** Match keys of every record of a side; null: it cannot be listed completely. */
async function keysOnSide({ mapping, objects }: Entity, side: Side): Promise<ReadonlySet<string> | null> {
  if (!objects[side].capabilities.list) return null;
  const keys = new Set<string>();
  for await (const page of objects[side].list()) {
    if (!page.ok || page.value.broken.length > 0) return null;
    const places = await mapping.place(
      side,
      page.value.records.filter(({ deleted }) => !deleted).map(({ fields }) => fields),
    );
    for (const { matchKeys } of places) for (const key of exactKeys(matchKeys)) keys.add(key);
  }
  return keys;
}
