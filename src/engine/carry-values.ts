// What the values of each side would be on the other, a page at once, with the records that references name.

import type { Carried } from "../core/field.ts";
import { groupBy } from "../core/group.ts";
import { type BySide, type RemoteId, SIDES, type Side } from "../core/ids.ts";
import type { RefLookup } from "../mapping/reference.ts";
import type { Entity, RunContext } from "./context.ts";
import type { Draft, Readings } from "./drafts.ts";

export type CarriedFields = Readonly<Record<string, Carried>>;

export async function carryAll(
  context: RunContext,
  entity: Entity,
  drafts: readonly Draft[],
): Promise<BySide<readonly CarriedFields[]> & { readonly lookup: RefLookup }> {
  const needs = drafts.flatMap((draft) =>
    SIDES.flatMap((side) => entity.mapping.refNeeds(side, draft.sides[side].readings)),
  );
  const lookup = await refLookup(context, needs);
  const pageOf = (side: Side): readonly Readings[] => drafts.map((draft) => draft.sides[side].readings);
  const [left, right] = await Promise.all(SIDES.map((side) => entity.mapping.carry(side, pageOf(side), lookup)));
  return { left: left ?? [], right: right ?? [], lookup };
}

/** Linked counterparts of all the records that references name, one statement an entity and side. */
export async function refLookup(
  context: RunContext,
  needs: readonly { readonly entity: string; readonly side: Side; readonly id: RemoteId }[],
): Promise<RefLookup> {
  const known = new Map<string, ReadonlyMap<RemoteId, RemoteId>>();
  for (const [key, group] of groupBy(needs, (need) => `${need.side} ${need.entity}`)) {
    const [first] = group;
    if (first !== undefined)
      known.set(
        key,
        await context.store.counterparts(first.entity, first.side, [...new Set(group.map((need) => need.id))]),
      );
  }
  return (need) => known.get(`${need.side} ${need.entity}`)?.get(need.id) ?? null;
}
