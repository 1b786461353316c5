// What a run looks at, entity by entity: changes where both sides tell them, single records for hints, everything for a sweep,
// or where single records are no proof.

import { SIDES } from "../core/ids.ts";
import type { Entity, RunContext } from "./context.ts";
import { feedsOf } from "./feed.ts";
import { lookAtChanges, lookAtHints } from "./look.ts";
import type { Looked } from "./looked.ts";
import type { RunRequest } from "./request.ts";
import { sweepEntity, type SideListing } from "./sweep.ts";

export interface LookedAll {
  readonly byEntity: readonly {
    readonly entity: Entity;
    readonly looked: Looked | null;
    readonly listings: readonly SideListing[] | null;
  }[];
  readonly sweepWanted: string | null;
}

export async function lookAll(
  context: RunContext,
  entities: readonly Entity[],
  request: RunRequest,
): Promise<LookedAll> {
  // The records of a run taken back are read where it is decided about them.
  if (request.undo !== undefined)
    return { byEntity: entities.map((entity) => ({ entity, looked: null, listings: null })), sweepWanted: null };
  const byEntity: LookedAll["byEntity"][number][] = [];
  let sweepWanted: string | null = null;
  for (const entity of entities) {
    const feeds = request.kind === "sweep" ? null : await feedsOf(context, entity);
    const looked =
      request.kind === "hints"
        ? await lookAtHints(context, entity, "all")
        : feeds === null
          ? null
          : await lookAtChanges(context, entity, feeds);
    const listNow = looked === null || (looked.sweepNeeded !== null && request.kind !== "hints");
    if (looked?.sweepNeeded !== null && looked !== null && request.kind === "hints") sweepWanted = looked.sweepNeeded;
    if (!listNow) {
      byEntity.push({ entity, looked, listings: null });
      continue;
    }
    if (looked !== null) {
      context.log.info("listing both sides", {
        pair: context.mapping.pair,
        entity: entity.name,
        why: looked.sweepNeeded,
      });
      await context.store.clearSightings(context.run, entity.name);
    }
    const hints = looked ?? { ...(await dueHintsOnly(context, entity)), cursors: [], broken: [], sweepNeeded: null };
    byEntity.push({ entity, looked: { ...hints, hints: [] }, listings: await sweepEntity(context, entity) });
  }
  return { byEntity, sweepWanted };
}

/** A sweep looks at everything, so it also ends what the inbox holds. */
async function dueHintsOnly(context: RunContext, entity: Entity): Promise<{ readonly hintsDone: readonly string[] }> {
  const now = context.clock.now();
  const hints = await Promise.all(SIDES.map((side) => context.store.dueHints(entity.name, side, now, 10_000)));
  return { hintsDone: hints.flat().map((hint) => hint.hintId) };
}
