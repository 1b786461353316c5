// Full comparison of an entity: both sides are listed completely, and only then does a record's absence mean anything.
// Even so each missing record is looked up once more by itself before it counts as gone.

import type { RemoteRecord } from "../connector/contract.ts";
import { otherSide, SIDES, type RemoteId, type Side } from "../core/ids.ts";
import { withBehind, type Behind } from "./behind.ts";
import { brokenItems, refuseTooManyBroken } from "./broken.ts";
import { endOf, RunEnds, tallyOf, throwIfStopping, type Earlier, type Entity, type RunContext } from "./context.ts";
import { lookUp } from "./look-up.ts";
import type { Link } from "./ports/link.ts";
import type { Sighting } from "./ports/sighting.ts";
import type { Quarantined } from "./ports/waiting.ts";
import { readAgain } from "./read-again.ts";
import { refuseRewound } from "./rewind.ts";
import { readAhead } from "./read-ahead.ts";
import { compareWithLinks, isOlder, sightingsOf, stageUnchanged, withoutRecord } from "./sight.ts";
import { isSinkSide } from "./sink.ts";

const ABSENCE_PAGE = 200;

/** What a complete listing found beside the records. */
export interface SideListing {
  readonly side: Side;
  readonly read: number;
  /** Where reading of changes may start: nothing that changed after the listing began lies before it. Null: not told. */
  readonly cursor: string | null;
  /** Greatest cursor value of all that was listed; null: none was seen. */
  readonly latest: string | null;
  readonly broken: readonly Quarantined[];
  /** The system counts its records, the same all the time, or gave all of them at once: none was passed over between two pages. */
  readonly proven: boolean;
}

/** A system that is written to all the time never shows the same records twice; to be passed over three times takes more than bad luck. */
const AGAIN_MAX = 2;

/** Stages every sighting of both sides. @throws RunEnds when a side could not be listed whole, or is empty and was not. */
export async function sweepEntity(context: RunContext, entity: Entity): Promise<readonly SideListing[]> {
  // A sink shows nothing: neither is it listed, nor does anything count as absent there.
  const sides = SIDES.filter((side) => !isSinkSide(entity, side));
  const listings = await Promise.all(
    sides.map((side) => withBehind((behind) => listSide(context, entity, side, behind))),
  );
  await refuseEmptySide(context, entity, listings);
  for (const listing of listings) await refuseRewound(context, entity, listing);
  for (const listing of listings) if (!listing.proven) await listAgain(context, entity, listing.side);
  for (const side of sides) await proveAbsences(context, entity, side);
  return listings;
}

/**
 * A record that is deleted between two pages moves the ones after it up, and the first of the next page is passed over. By itself
 * that does no harm: nothing that is missing counts as absent before it was looked up. But what is created for the other side
 * would stand beside it, and where nobody can be asked by key, only a listing that shows nobody new says that all were seen.
 */
async function listAgain(context: RunContext, entity: Entity, side: Side): Promise<void> {
  const { policy } = entity.mapping;
  const { findBy } = entity.objects[side].capabilities;
  if (!policy.matches || findBy.length > 0 || !policy.allow[side].includes("create")) return;
  if (!(await context.store.hasLone(context.run, entity.name, otherSide(side)))) return;
  for (let times = 0; times < AGAIN_MAX; times += 1) {
    const before = await context.store.countSighted(context.run, entity.name, side);
    await withBehind((behind) => readListing(context, entity, side, behind));
    const after = await context.store.countSighted(context.run, entity.name, side);
    tallyOf(context, entity.name).read[side] += after - before;
    if (after === before) return;
  }
}

function listingName(context: RunContext, entity: Entity, side: Side): string {
  return `listing ${entity.objects[side].name} of ${context.mapping.sides[side].name}`;
}

async function listSide(context: RunContext, entity: Entity, side: Side, behind: Behind): Promise<SideListing> {
  const what = listingName(context, entity, side);
  const { count, brokenMessage, total, pages, steady, ...listing } = await readListing(context, entity, side, behind);
  const distinct = await context.store.countSighted(context.run, entity.name, side);
  const listed = distinct + count.deleted + count.broken;
  if (total !== null && total !== listed) {
    throw new RunEnds(
      "halted",
      "listing-incomplete",
      `${what}: the system counts ${String(total)} records, ${String(listed)} were listed`,
    );
  }
  refuseTooManyBroken(what, count, brokenMessage);
  tallyOf(context, entity.name).read[side] += distinct;
  return { ...listing, side, read: distinct, proven: pages <= 1 || (total !== null && steady) };
}

interface ReadListing extends Pick<SideListing, "cursor" | "latest" | "broken"> {
  readonly count: { readonly read: number; readonly broken: number; readonly deleted: number };
  /** Of the last broken record. */
  readonly brokenMessage: string;
  /** As the system counts them; null: it does not. */
  readonly total: number | null;
  readonly pages: number;
  /** The system counted the same on every page. */
  readonly steady: boolean;
}

/** Stages what a listing shows. @param behind What stores one page while the next is looked at. */
async function readListing(context: RunContext, entity: Entity, side: Side, behind: Behind): Promise<ReadListing> {
  const object = entity.objects[side];
  const what = listingName(context, entity, side);
  if (!object.capabilities.list)
    throw new RunEnds("halted", "listing-incomplete", `${what}: the connector has no \`list\``);
  const count = { read: 0, broken: 0, deleted: 0 };
  let brokenMessage = "";
  let total: number | null = null;
  let cursor: string | null = null;
  let latest: string | null = null;
  let pages = 0;
  let steady = true;
  const atEnd = object.capabilities.changes?.cursorAtEnd ?? false;
  const broken: Quarantined[] = [];
  // Where nothing of a page was as it was (a first load), the next one is not asked.
  let some = true;
  for await (const page of readAhead(object.list())) {
    if (!page.ok) throw endOf(page.failure, what);
    const { value } = page;
    // Only the first page's greatest cursor is certain to lie before everything that changes while the listing goes on.
    if (pages === 0 || atEnd) cursor = value.cursor ?? cursor;
    pages += 1;
    latest = object.laterCursor(latest, value.cursor);
    steady &&= total === null || value.total === null || value.total === total;
    total = value.total ?? total;
    // A record that is listed twice is compared with what was stored of it first.
    if (some) await behind.done();
    const rest: readonly RemoteRecord[] = some
      ? await stageUnchanged(context, entity, side, value.records)
      : value.records;
    some = rest.length < value.records.length;
    const sightings = rest.length === 0 ? [] : await sightingsOfListed(context, entity, side, rest);
    const again = await readAgain(context, entity, side, value.broken);
    const seen = [...sightings, ...again.sightings, ...unreadable(entity, side, again.broken)];
    await behind.start(() => context.store.stage(context.run, seen));
    broken.push(...brokenItems(context, entity, side, again.broken));
    brokenMessage = again.broken[0]?.message ?? brokenMessage;
    count.deleted += value.records.filter((record) => record.deleted).length;
    count.read += value.records.length + value.broken.length - again.broken.length;
    count.broken += again.broken.length;
    context.progress.phase(entity.name, "read", count.read, total);
    throwIfStopping(context);
  }
  await behind.done();
  return { cursor, latest, broken, count, brokenMessage, total, pages, steady };
}

/** A listing may lag behind our own writes: a record that it shows older than the link knows it is read by itself. */
async function sightingsOfListed(
  context: RunContext,
  entity: Entity,
  side: Side,
  records: readonly RemoteRecord[],
): Promise<readonly Sighting[]> {
  const page = await compareWithLinks(context, entity, side, records);
  const late = page.filter(
    (each) => each.differs && each.link !== null && isOlder(each.record.version, each.link.versions[side]),
  );
  if (late.length === 0 || !entity.objects[side].capabilities.get) {
    noteEarlier(context, entity, side, late);
    return sightingsOf(context, entity, side, page);
  }
  const { sightings } = await lookUp(
    context,
    entity,
    side,
    late.map((each) => each.record.id),
    false,
  );
  noteEarlier(
    context,
    entity,
    side,
    late.flatMap(({ link }) => {
      const record = sightings.find((sighting) => sighting.id === link?.[side]);
      return record === undefined ? [] : [{ record, link }];
    }),
  );
  return [
    ...(await sightingsOf(
      context,
      entity,
      side,
      page.filter((each) => !late.includes(each)),
    )),
    ...sightings,
  ];
}

/** What shows an earlier version even now may come of a restored backup. */
function noteEarlier(
  context: RunContext,
  entity: Entity,
  side: Side,
  rows: readonly {
    readonly record: Pick<RemoteRecord, "version" | "modified">;
    readonly link: Link | null;
  }[],
): void {
  const earlier = rows.flatMap(({ record: { version: shown, modified }, link }): readonly Earlier[] => {
    const remembered = link?.versions[side] ?? null;
    if (link === null || shown === null || remembered === null || !isOlder(shown, remembered)) return [];
    return [{ link, shown, remembered, modified }];
  });
  const key = `${entity.name} ${side}`;
  if (earlier.length > 0) context.earlier.set(key, [...(context.earlier.get(key) ?? []), ...earlier]);
}

/** A record that is there but cannot be read is not absent. */
function unreadable(
  entity: Entity,
  side: Side,
  broken: readonly { readonly id: RemoteId | null }[],
): readonly Sighting[] {
  return broken.flatMap((item) =>
    item.id === null ? [] : [{ ...withoutRecord(entity, side, item.id, "unknown"), differs: false }],
  );
}

async function refuseEmptySide(context: RunContext, entity: Entity, listings: readonly SideListing[]): Promise<void> {
  if (context.mapping.guards.empty === "allow") return;
  const empty = listings.filter((listing) => listing.read === 0 && listing.broken.length === 0);
  if (empty.length === 0) return;
  const { live } = await context.store.countLinks(entity.name);
  if (live === 0) return;
  const names = empty.map((listing) => context.mapping.sides[listing.side].name).join(" and ");
  throw new RunEnds(
    "halted",
    "empty-side",
    `${names} lists no ${entity.name} at all, but ${String(live)} are linked; set \`guards: { empty: allow }\` if that is right`,
  );
}

/** Complete listing plus point look-up: only a record that both miss is absent. */
async function proveAbsences(context: RunContext, entity: Entity, side: Side): Promise<void> {
  let after: Link["id"] | null = null;
  for (;;) {
    const missing: readonly Link[] = await context.store.unsighted(context.run, entity.name, side, after, ABSENCE_PAGE);
    const last = missing.at(-1);
    if (last === undefined) return;
    // Where the connector says that new records show late, what was linked a moment ago proves nothing by its absence. (The
    // `settle` of its changes does not count: a feed may lag behind records that can long be read.)
    const settleMs = entity.objects[side].capabilities.findSettleMs;
    const fresh = missing.filter((link) => context.clock.now() - link.since < settleMs);
    const old = missing.filter((link) => !fresh.includes(link));
    for (const [links, missed] of [
      [old, true],
      [fresh, false],
    ] as const) {
      if (links.length === 0) continue;
      const found = await lookUp(
        context,
        entity,
        side,
        links.map((link) => link[side]),
        missed,
      );
      await context.store.stage(context.run, found.sightings);
    }
    after = last.id;
    throwIfStopping(context);
  }
}
