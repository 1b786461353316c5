// A page of named records is read now, with their counterparts and, of those without a link, whoever might be their match.

import { type RemoteId, SIDES, type Side, otherSide } from "../core/ids.ts";
import { type Entity, type RunContext, pagesOf, throwIfStopping } from "./context.ts";
import { discover } from "./discover.ts";
import { lookUp } from "./look-up.ts";
import type { Looked } from "./looked.ts";
import type { Hint } from "./ports/hint.ts";
import { isSinkSide } from "./sink.ts";
import { type Seen, stage } from "./staging.ts";

const PAGE = 200;

/** Reads the named records, their counterparts and their possible matches. */
export async function lookAt(
  context: RunContext,
  entity: Entity,
  named: readonly { readonly side: Side; readonly id: RemoteId }[],
): Promise<Pick<Looked, "hints" | "sweepNeeded">> {
  let sweepNeeded: string | null = null;
  const hints: Hint[] = [];
  const staged: Record<Side, Set<RemoteId>> = { left: new Set(), right: new Set() };
  for (const side of SIDES) {
    const ids = [...new Set(named.filter((each) => each.side === side).map((each) => each.id))];
    for (const page of pagesOf(ids, PAGE)) {
      const seen = await lookAtPage(context, entity, side, page, staged);
      sweepNeeded ??= seen.sweepNeeded;
      for (const id of seen.waiting)
        hints.push({ entity: entity.name, side, id, channel: "withheld", due: context.clock.now() });
      throwIfStopping(context);
    }
  }
  return { hints, sweepNeeded };
}

async function lookAtPage(
  context: RunContext,
  entity: Entity,
  side: Side,
  ids: readonly RemoteId[],
  staged: Readonly<Record<Side, Set<RemoteId>>>,
): Promise<Seen> {
  const other = otherSide(side);
  const nameOf = (which: Side): string => `${entity.objects[which].name} of ${context.mapping.sides[which].name}`;
  const wanted = ids.filter((id) => !staged[side].has(id));
  if (wanted.length === 0) return { sweepNeeded: null, waiting: [] };
  if (!entity.objects[side].capabilities.get) return { sweepNeeded: `${nameOf(side)} has no \`get\``, waiting: wanted };
  // A point look-up alone is half of the proof of absence: a gone record is unknown until a complete listing misses it too.
  const { sightings, gone, failed } = await lookUp(context, entity, side, wanted, false);
  const links = (await context.store.linksBy(entity.name, side, wanted)).filter((link) => link.state !== "tombstone");
  const linked = new Set(links.map((link) => link[side]));
  const counterparts = links.map((link) => link[other]).filter((id) => !staged[other].has(id));
  if (counterparts.length > 0 && !entity.objects[other].capabilities.get && !isSinkSide(entity, other))
    return { sweepNeeded: `${nameOf(other)} has no \`get\``, waiting: wanted };
  const asks = counterparts.length > 0 && !isSinkSide(entity, other);
  const found = asks ? await lookUp(context, entity, other, counterparts, false) : null;

  const lone = sightings.filter((sighting) => !linked.has(sighting.id));
  await stage(
    context,
    side,
    sightings.filter((sighting) => linked.has(sighting.id)),
    staged,
  );
  if (found !== null) await stage(context, other, found.sightings, staged);
  const asked = await discover(
    context,
    entity,
    side,
    lone.filter((sighting) => sighting.differs && sighting.presence === "present"),
    staged,
  );
  const undecided = new Set(asked.waiting);
  await stage(
    context,
    side,
    lone.filter((sighting) => sighting.presence !== "unknown" && !undecided.has(sighting.id)),
    staged,
  );

  // A hint about a record that was never linked and is gone again asks for nothing.
  const missing = gone.some((id) => linked.has(id)) ? side : (found?.gone.length ?? 0) > 0 ? other : null;
  return {
    sweepNeeded:
      asked.sweepNeeded ??
      (missing === null ? null : `${context.mapping.sides[missing].name} no longer shows a linked ${entity.name}`),
    waiting: [...asked.waiting, ...failed.filter((id) => !linked.has(id))],
  };
}
