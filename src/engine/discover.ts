// Whom a record without a link may belong to: the other side is asked by `find`, and whoever is remembered to share a key is read too.

import type { RemoteRecord, Result } from "../connector/contract.ts";
import type { Cell } from "../core/field.ts";
import { type RemoteId, SIDES, type Side, otherSide } from "../core/ids.ts";
import type { Fields } from "../core/value.ts";
import { exactKeys } from "../mapping/match-key.ts";
import { rememberedAlike } from "./alike.ts";
import { type Entity, type RunContext, endOf } from "./context.ts";
import { findKey } from "./find-key.ts";
import { type Seen, stage } from "./staging.ts";
import { lookUp } from "./look-up.ts";
import type { Sighting } from "./ports/sighting.ts";
import { compareWithLinks, sightingsOf } from "./sight.ts";
import { isSinkSide } from "./sink.ts";

/** Looks on the other side for whom unlinked records may belong to, by the connector's `find`. */
export async function discover(
  context: RunContext,
  entity: Entity,
  side: Side,
  lone: readonly Sighting[],
  staged: Readonly<Record<Side, Set<RemoteId>>>,
): Promise<Seen> {
  const other = otherSide(side);
  const asks = entity.mapping.policy.matches && !isSinkSide(entity, other);
  const keyed = asks ? lone.filter((sighting) => sighting.matchKeys.length > 0) : [];
  const answers = await askForMatches(context, entity, side, keyed);
  const found: RemoteRecord[] = [];
  const waiting: RemoteId[] = [];
  let sweepNeeded: string | null = null;
  keyed.forEach((sighting, index) => {
    const answer = answers[index] ?? null;
    if (answer?.ok === true) {
      found.push(...answer.value);
      return;
    }
    waiting.push(sighting.id);
    // Everybody without a link is remembered since the last sweep; what changed since is asked for by `find`. Without one
    // only a listing is proof that nobody matches.
    if (answer === null)
      sweepNeeded = `${entity.objects[other].name} of ${context.mapping.sides[other].name} cannot be asked for a match`;
    else if (answer.failure.kind === "auth" || answer.failure.kind === "stop")
      throw endOf(answer.failure, `looking up ${entity.objects[other].name}`);
  });
  const sightings = await sightingsOf(context, entity, other, await compareWithLinks(context, entity, other, found));
  await stage(
    context,
    other,
    sightings.filter((sighting) => !staged[other].has(sighting.id)),
    staged,
  );
  await fetchRemembered(context, entity, side, keyed, staged);
  return { sweepNeeded, waiting };
}

/**
 * Unlinked records of either side that share a key with these and were not seen in this run are read too: a cluster is
 * decided as a whole, or each look at one of its records would open a case of its own.
 */
async function fetchRemembered(
  context: RunContext,
  entity: Entity,
  own: Side,
  lone: readonly Sighting[],
  staged: Readonly<Record<Side, Set<RemoteId>>>,
): Promise<void> {
  for (const rule of entity.mapping.scored) {
    const alike = await rememberedAlike({ context, entity, rule, remembered: true }, lone);
    for (const side of SIDES) {
      const ids = alike.filter((node) => node.side === side && !staged[side].has(node.id)).map((node) => node.id);
      if (ids.length > 0)
        await stage(context, side, (await lookUp(context, entity, side, ids, false)).sightings, staged);
    }
  }
  const keys = exactKeys([...new Set(lone.flatMap((sighting) => sighting.matchKeys))]);
  if (keys.length === 0) return;
  const named = new Set(lone.map((sighting) => sighting.id));
  for (const side of SIDES) {
    const known = await context.store.candidates(context.run, entity.name, side, keys, true);
    const unseen = known.filter(
      (each) => each.linkId === null && !each.sighted && !(side === own && named.has(each.id)),
    );
    const ids = [...new Set(unseen.map((each) => each.id))];
    if (ids.length > 0) await stage(context, side, (await lookUp(context, entity, side, ids, false)).sightings, staged);
  }
}

/** What `find` of the other side gives for each record; null: there is no way to ask. */
async function askForMatches(
  context: RunContext,
  entity: Entity,
  side: Side,
  lone: readonly Sighting[],
): Promise<readonly (Result<readonly RemoteRecord[]> | null)[]> {
  const object = entity.objects[otherSide(side)];
  const records = await asOther(
    entity,
    side,
    lone.map((sighting) => sighting.record ?? {}),
  );
  return Promise.all(
    records.map(async (record) => {
      const key = findKey(object.capabilities.findBy, record);
      return key === null ? null : object.find(key);
    }),
  );
}

/** The records as they would be created on the other side, in that side's own names. */
async function asOther(entity: Entity, side: Side, records: readonly Fields[]): Promise<readonly Fields[]> {
  if (records.length === 0) return [];
  const readings = await entity.mapping.read(side, records);
  const carried = await entity.mapping.carry(
    side,
    readings.map((reading) => reading.fields),
    () => null,
  );
  return Promise.all(
    carried.map(async (values) => {
      const cells: Record<string, Cell> = {};
      for (const [field, value] of Object.entries(values)) if (value.kind === "value") cells[field] = value.cell;
      const written = await entity.mapping.write(otherSide(side), cells, null);
      return written.ok ? written.record : {};
    }),
  );
}
