// Looking at single records: what hints name (webhooks, retries, people) and what the feeds of changes tell. A hint says only
// "look": the record is read now, so are its counterpart and, without a link, whoever might be its match.

import { SIDES, otherSide, type RemoteId, type Side } from "../core/ids.ts";
import type { Fields } from "../core/value.ts";
import type { Cell } from "../core/field.ts";
import { endOf, pagesOf, tallyOf, throwIfStopping, type Entity, type RunContext } from "./context.ts";
import type { Hint, Sighting, StoredHint } from "./ports.ts";
import { compareWithLinks, sightingsOf } from "./sight.ts";
import { lookUp } from "./sweep.ts";

const HINTS_PER_RUN = 2000;
const PAGE = 200;

/** How an entity was looked at. */
export interface Looked {
  /** Hints to end with the run's last commit. */
  readonly hintsDone: readonly string[];
  readonly cursors: readonly { readonly side: Side; readonly cursor: string | null }[];
  /**
   * What was seen cannot be decided from single records (a record may be gone, a create needs proof that nobody matches):
   * the entity must be swept.
   */
  readonly sweepNeeded: string | null;
}

/** Cursors of both sides when both can be read by changes; null: the entity has to be listed. */
export async function feedsOf(context: RunContext, entity: Entity): Promise<Readonly<Record<Side, string>> | null> {
  const [left, right] = await Promise.all(
    SIDES.map((side) => (entity.objects[side].capabilities.changes === null ? null : context.store.cursor(entity.name, side))),
  );
  return left === null || right === null || left === undefined || right === undefined ? null : { left, right };
}

/** Stages what the feeds since these cursors tell, and what due hints name. */
export async function lookAtChanges(context: RunContext, entity: Entity, cursors: Readonly<Record<Side, string>>): Promise<Looked> {
  const fed = await Promise.all(SIDES.map((side) => readFeed(context, entity, side, cursors[side])));
  const hints = await dueHints(context, entity);
  const looked = await lookAt(context, entity, [...hints, ...fed.flatMap((feed) => feed.ids.map((id) => ({ side: feed.side, id })))]);
  const resync = fed.find((feed) => feed.expired);
  return {
    hintsDone: hints.map((hint) => hint.hintId),
    cursors: fed.map(({ side, cursor }) => ({ side, cursor })),
    sweepNeeded: resync === undefined ? looked : `the cursor of ${context.mapping.sides[resync.side].name} has expired`,
  };
}

/** Stages what due hints name, without reading the feeds. @param which `follow-ups`: not what a guard withholds, which has just been looked at. */
export async function lookAtHints(context: RunContext, entity: Entity, which: "all" | "follow-ups"): Promise<Looked> {
  const hints = (await dueHints(context, entity)).filter((hint) => which === "all" || hint.channel !== "withheld");
  return { hintsDone: hints.map((hint) => hint.hintId), cursors: [], sweepNeeded: await lookAt(context, entity, hints) };
}

async function dueHints(context: RunContext, entity: Entity): Promise<readonly StoredHint[]> {
  const now = context.clock.now();
  const found = await Promise.all(SIDES.map((side) => context.store.dueHints(entity.name, side, now, HINTS_PER_RUN)));
  return found.flat();
}

interface Feed {
  readonly side: Side;
  /** Records whose fingerprint differs, or that have no link. */
  readonly ids: readonly RemoteId[];
  readonly cursor: string;
  readonly expired: boolean;
}

async function readFeed(context: RunContext, entity: Entity, side: Side, from: string): Promise<Feed> {
  const object = entity.objects[side];
  const ids = new Set<RemoteId>();
  let cursor = from;
  for await (const page of object.changes(from)) {
    if (!page.ok) {
      if (page.failure.kind === "resync") return { side, ids: [], cursor: from, expired: true };
      throw endOf(page.failure, `reading changes of ${object.name} of ${context.mapping.sides[side].name}`);
    }
    for (const each of await compareWithLinks(context, entity, side, page.value.records)) if (each.differs) ids.add(each.record.id);
    for (const item of page.value.broken) if (item.id !== null) ids.add(item.id);
    cursor = object.laterCursor(cursor, page.value.cursor) ?? cursor;
    tallyOf(context, entity.name).read[side] += page.value.records.length;
    context.progress.phase(entity.name, "read", ids.size, null);
    throwIfStopping(context);
  }
  return { side, ids: [...ids], cursor, expired: false };
}

/** Reads the named records, their counterparts and their possible matches. @returns why a sweep is needed, or null. */
async function lookAt(context: RunContext, entity: Entity, named: readonly { readonly side: Side; readonly id: RemoteId }[]): Promise<string | null> {
  let sweepNeeded: string | null = null;
  const stagedIds: Record<Side, Set<RemoteId>> = { left: new Set(), right: new Set() };
  for (const side of SIDES) {
    const ids = [...new Set(named.filter((each) => each.side === side).map((each) => each.id))];
    for (const page of pagesOf(ids, PAGE)) {
      sweepNeeded = (await lookAtPage(context, entity, side, page, stagedIds)) ?? sweepNeeded;
      throwIfStopping(context);
    }
  }
  return sweepNeeded;
}

async function lookAtPage(
  context: RunContext,
  entity: Entity,
  side: Side,
  ids: readonly RemoteId[],
  staged: Readonly<Record<Side, Set<RemoteId>>>,
): Promise<string | null> {
  const other = otherSide(side);
  const wanted = ids.filter((id) => !staged[side].has(id));
  if (wanted.length === 0) return null;
  if (!entity.objects[side].capabilities.get) return `${entity.objects[side].name} of ${context.mapping.sides[side].name} has no \`get\``;
  // A point look-up alone is half of the proof of absence: a gone record is unknown until a complete listing misses it too.
  const { sightings, gone } = await lookUp(context, entity, side, wanted, false);
  await stage(context, side, sightings, staged);

  const links = await context.store.linksBy(entity.name, side, sightings.map((sighting) => sighting.id));
  const linked = new Set(links.filter((link) => link.state !== "tombstone").map((link) => link[side]));
  const counterparts = links.filter((link) => link.state !== "tombstone").map((link) => link[other]).filter((id) => !staged[other].has(id));
  let othersGone: readonly RemoteId[] = [];
  if (counterparts.length > 0) {
    if (!entity.objects[other].capabilities.get) return `${entity.objects[other].name} of ${context.mapping.sides[other].name} has no \`get\``;
    const found = await lookUp(context, entity, other, counterparts, false);
    othersGone = found.gone;
    await stage(context, other, found.sightings, staged);
  }
  const lone = sightings.filter((sighting) => sighting.differs && sighting.presence === "present" && !linked.has(sighting.id));
  const unmatched = await discover(context, entity, side, lone, staged);
  if (unmatched !== null) return unmatched;
  // A hint about a record that was never linked and is gone again asks for nothing.
  const missing = gone.some((id) => linked.has(id)) ? side : othersGone.length > 0 ? other : null;
  return missing === null ? null : `${context.mapping.sides[missing].name} no longer shows a linked ${entity.name}`;
}

async function stage(context: RunContext, side: Side, sightings: readonly Sighting[], staged: Readonly<Record<Side, Set<RemoteId>>>): Promise<void> {
  await context.store.stage(context.run, sightings);
  for (const sighting of sightings) staged[side].add(sighting.id);
}

/** Looks on the other side for whom an unlinked record may belong to, by the connector's `find`. */
async function discover(
  context: RunContext,
  entity: Entity,
  side: Side,
  lone: readonly Sighting[],
  staged: Readonly<Record<Side, Set<RemoteId>>>,
): Promise<string | null> {
  if (lone.length === 0) return null;
  const other = otherSide(side);
  if (!entity.mapping.policy.matches) return null;
  for (const sighting of lone) {
    if (sighting.matchKeys.length === 0) continue;
    const answer = await findMatches(context, entity, side, sighting);
    // Everybody without a link is remembered since the last sweep; what changed since is asked for by `find`. Without one
    // only a listing is proof that nobody matches.
    if (answer === null) return `${entity.objects[other].name} of ${context.mapping.sides[other].name} cannot be asked for a match`;
    await stage(context, other, answer.filter((found) => !staged[other].has(found.id)), staged);
  }
  return null;
}

/** Sightings of the other side's records that `find` gives for this record; null: there is no way to ask. */
export async function findMatches(context: RunContext, entity: Entity, side: Side, sighting: Sighting): Promise<readonly Sighting[] | null> {
  if (sighting.record === null) return null;
  const other = otherSide(side);
  const object = entity.objects[other];
  const key = findKey(object.capabilities.findBy, await asOther(context, entity, side, sighting.record));
  if (key === null) return null;
  const found = await object.find(key);
  if (!found.ok) {
    if (found.failure.kind === "auth" || found.failure.kind === "stop") throw endOf(found.failure, `looking up ${object.name}`);
    return null;
  }
  return sightingsOf(context, entity, other, await compareWithLinks(context, entity, other, found.value));
}

/** The record as it would be created on the other side, in that side's own names. */
async function asOther(context: RunContext, entity: Entity, side: Side, record: Fields): Promise<Fields> {
  const [reading] = await entity.mapping.read(side, [record]);
  if (reading === undefined) return {};
  const [carried] = await entity.mapping.carry(side, [reading.fields], () => null);
  const cells: Record<string, Cell> = {};
  for (const [field, value] of Object.entries(carried ?? {})) if (value.kind === "value") cells[field] = value.cell;
  const written = await entity.mapping.write(otherSide(side), cells, null);
  return written.ok ? written.record : {};
}

/** The first list of names whose values are all there. */
export function findKey(lists: readonly (readonly string[])[], record: Fields): Fields | null {
  for (const names of lists) {
    const key: Record<string, Fields[string]> = {};
    for (const name of names) {
      const value = record[name];
      if (value !== undefined && value !== null && value !== "") key[name] = value;
    }
    if (names.length > 0 && Object.keys(key).length === names.length) return key;
  }
  return null;
}

export type { Hint };
