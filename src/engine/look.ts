// Looking at single records: what hints name (webhooks, retries, people) and what the feeds of changes tell. A hint says only
// "look": the record is read now, so are its counterpart and, without a link, whoever might be its match.
//
//   what was met                                   decided now     afterwards
//   record and counterpart read                    yes             the hint ends with what it led to
//   linked record or counterpart not readable      as unknown      stays in the inbox (settle-page)
//   linked record or counterpart gone              as unknown      stays in the inbox; a sweep is asked for
//   record without a link not readable             no              stays in the inbox
//   record without a link gone                     no              the hint ends
//   nobody can be asked for its match              no              stays in the inbox; a sweep is asked for

import type { RemoteRecord, Result } from "../connector/contract.ts";
import { SIDES, otherSide, type BySide, type RemoteId, type Side } from "../core/ids.ts";
import type { Fields } from "../core/value.ts";
import type { Cell } from "../core/field.ts";
import { brokenItems, refuseTooManyBroken } from "./broken.ts";
import { endOf, pagesOf, tallyOf, throwIfStopping, type Entity, type RunContext } from "./context.ts";
import type { CursorState, Hint, Quarantined, Sighting, StoredHint } from "./ports.ts";
import { exactKeys } from "../mapping/match-key.ts";
import { rememberedAlike } from "./alike.ts";
import { compareWithLinks, sightingsOf } from "./sight.ts";
import { lookUp } from "./sweep.ts";

const HINTS_PER_RUN = 2000;
const PAGE = 200;

/** How an entity was looked at. */
export interface Looked {
  /** Hints to end with the run's last commit. */
  readonly hintsDone: readonly string[];
  /** What could not be looked at: stored with that same commit, so that nothing is lost when the cursor moves on. */
  readonly hints: readonly Hint[];
  readonly cursors: readonly { readonly side: Side; readonly cursor: string | null; readonly settled?: boolean }[];
  readonly broken: readonly Quarantined[];
  /**
   * What was seen cannot be decided from single records (a record may be gone, a create needs proof that nobody matches):
   * the entity must be swept.
   */
  readonly sweepNeeded: string | null;
}

/** Cursors of both sides when both can be read by changes; null: the entity has to be listed. */
export async function feedsOf(context: RunContext, entity: Entity): Promise<BySide<CursorState> | null> {
  const [left, right] = await Promise.all(
    SIDES.map(async (side) =>
      entity.objects[side].capabilities.changes === null ? null : context.store.cursorState(entity.name, side),
    ),
  );
  return left === null || right === null || left === undefined || right === undefined ? null : { left, right };
}

/** Stages what the feeds since these cursors tell, and what due hints name. */
export async function lookAtChanges(
  context: RunContext,
  entity: Entity,
  cursors: BySide<CursorState>,
): Promise<Looked> {
  const fed = await Promise.all(SIDES.map((side) => readFeed(context, entity, side, cursors[side])));
  const hints = await dueHints(context, entity);
  const feeds = {
    cursors: fed.map(({ side, cursor, settled }) => ({ side, cursor, settled })),
    broken: fed.flatMap((feed) => feed.broken),
  };
  const expired = fed.find((feed) => feed.expired);
  if (expired !== undefined) {
    // Everything will be listed: what the inbox names is among it.
    return {
      ...feeds,
      hintsDone: hints.map((hint) => hint.hintId),
      hints: [],
      sweepNeeded: `the cursor of ${context.mapping.sides[expired.side].name} has expired`,
    };
  }
  const looked = await lookAt(context, entity, [
    ...hints,
    ...fed.flatMap((feed) => feed.ids.map((id) => ({ side: feed.side, id }))),
  ]);
  return { ...feeds, ...looked, hintsDone: hints.map((hint) => hint.hintId) };
}

/** Stages what due hints name, without reading the feeds. @param which `follow-ups`: not what stayed in the inbox, which has just been looked at. */
export async function lookAtHints(context: RunContext, entity: Entity, which: "all" | "follow-ups"): Promise<Looked> {
  const hints = (await dueHints(context, entity)).filter((hint) => which === "all" || hint.channel !== "withheld");
  const put = await putOff(context, entity, hints);
  const looked = await lookAt(
    context,
    entity,
    hints.filter((hint) => !put.includes(hint)),
  );
  const later = put.map(({ entity: name, side, id }): Hint => ({
    entity: name,
    side,
    id,
    channel: "withheld",
    due: context.clock.now(),
  }));
  return {
    hintsDone: hints.map((hint) => hint.hintId),
    cursors: [],
    broken: [],
    ...looked,
    hints: [...looked.hints, ...later],
  };
}

/** Whom an unlinked record resembles, `find` cannot tell: it waits for the run that also reads what has changed since the last one. */
async function putOff(
  context: RunContext,
  entity: Entity,
  hints: readonly StoredHint[],
): Promise<readonly StoredHint[]> {
  if (entity.mapping.scored.length === 0) return [];
  const linked: Record<Side, ReadonlySet<RemoteId>> = { left: new Set(), right: new Set() };
  for (const side of SIDES) {
    const ids = [...new Set(hints.filter((hint) => hint.side === side).map((hint) => hint.id))];
    if (ids.length > 0)
      linked[side] = new Set((await context.store.linksBy(entity.name, side, ids)).map((link) => link[side]));
  }
  return hints.filter((hint) => !linked[hint.side].has(hint.id));
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
  readonly broken: readonly Quarantined[];
  readonly cursor: string;
  readonly settled: boolean;
  readonly expired: boolean;
}

async function readFeed(context: RunContext, entity: Entity, side: Side, state: CursorState): Promise<Feed> {
  const object = entity.objects[side];
  const from = state.cursor;
  const what = `reading changes of ${object.name} of ${context.mapping.sides[side].name}`;
  const ids = new Set<RemoteId>();
  const broken: Quarantined[] = [];
  const count = { read: 0, broken: 0 };
  let cursor = from;
  for await (const page of object.changes(from, { settled: state.settled })) {
    if (!page.ok) {
      if (page.failure.kind === "resync")
        return { side, ids: [], broken: [], cursor: from, settled: false, expired: true };
      throw endOf(page.failure, what);
    }
    for (const each of await compareWithLinks(context, entity, side, page.value.records))
      if (each.differs) ids.add(each.record.id);
    broken.push(...brokenItems(context, entity, side, page.value.broken));
    cursor = object.laterCursor(cursor, page.value.cursor) ?? cursor;
    count.read += page.value.records.length;
    count.broken += page.value.broken.length;
    refuseTooManyBroken(what, count, page.value.broken[0]?.message ?? "");
    tallyOf(context, entity.name).read[side] += page.value.records.length;
    context.progress.phase(entity.name, "read", ids.size, null);
    throwIfStopping(context);
  }
  const settled = cursor === from && (state.settled || settlesWith(state, object.capabilities.changes?.settleMs ?? 0));
  return { side, ids: [...ids], broken, cursor, settled, expired: false };
}

/**
 * A record shows up to `settle` after its time, and the system's own clocks may differ by as much. So once the cursor is twice
 * as old by our clock, everything up to it shows: one more reading that goes back meets the last of it, and is the last to go
 * back until the cursor moves.
 */
function settlesWith({ ageMs }: CursorState, settleMs: number): boolean {
  return ageMs > 2 * settleMs;
}

/** What came of looking at a page, or at all. */
interface Seen {
  readonly sweepNeeded: string | null;
  /** Records that nothing can be decided about now. */
  readonly waiting: readonly RemoteId[];
}

/** Reads the named records, their counterparts and their possible matches. */
async function lookAt(
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
  if (counterparts.length > 0 && !entity.objects[other].capabilities.get)
    return { sweepNeeded: `${nameOf(other)} has no \`get\``, waiting: wanted };
  const found = counterparts.length === 0 ? null : await lookUp(context, entity, other, counterparts, false);

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

async function stage(
  context: RunContext,
  side: Side,
  sightings: readonly Sighting[],
  staged: Readonly<Record<Side, Set<RemoteId>>>,
): Promise<void> {
  await context.store.stage(context.run, sightings);
  for (const sighting of sightings) staged[side].add(sighting.id);
}

/** Looks on the other side for whom unlinked records may belong to, by the connector's `find`. */
async function discover(
  context: RunContext,
  entity: Entity,
  side: Side,
  lone: readonly Sighting[],
  staged: Readonly<Record<Side, Set<RemoteId>>>,
): Promise<Seen> {
  const other = otherSide(side);
  const keyed = entity.mapping.policy.matches ? lone.filter((sighting) => sighting.matchKeys.length > 0) : [];
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
