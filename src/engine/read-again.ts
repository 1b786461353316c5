// Items of a listing or a feed that could not be decoded are read once more by themselves: what garbles an answer now and then
// is no reason to take a record for one that nobody can read, and then for one that is not there to be matched.

import type { BrokenItem } from "../connector/contract.ts";
import type { RemoteId, Side } from "../core/ids.ts";
import type { Entity, RunContext } from "./context.ts";
import { lookUp } from "./look-up.ts";
import type { Sighting } from "./ports/sighting.ts";

export interface ReadAgain {
  readonly sightings: readonly Sighting[];
  /** Those that stay unreadable, and those without an id. */
  readonly broken: readonly BrokenItem[];
}

export async function readAgain(
  context: RunContext,
  entity: Entity,
  side: Side,
  items: readonly BrokenItem[],
): Promise<ReadAgain> {
  const ids = items.flatMap((item): readonly RemoteId[] => (item.id === null ? [] : [item.id]));
  if (ids.length === 0 || !entity.objects[side].capabilities.get) return { sightings: [], broken: items };
  const { sightings, gone, failed } = await lookUp(context, entity, side, ids, false);
  const unreadable = new Set([...gone, ...failed]);
  return {
    sightings: sightings.filter((sighting) => !unreadable.has(sighting.id)),
    broken: items.filter((item) => item.id === null || unreadable.has(item.id)),
  };
}
