// Links and their bases in memory: the same table of cases as the store on Postgres has (store/link-writes.ts).
//
//   write            stored link            result
//   id given         any                    updated; a link that a person removed meanwhile stays a tombstone
//   id null, live    none of these ids      inserted; tombstones of either id go
//   id null, live    live, same two ids     updated
//   id null, dead    live, same two ids     becomes a tombstone
//   id null, dead    none                   a tombstone is inserted

import { otherSide, type LinkId, type RemoteId, type Side } from "../../core/ids.ts";
import type { Link, LinkWrite, StoredBases } from "../../engine/ports/link.ts";
import { linkId, nextNumber, type LinkRow, type PairTables, type Tables } from "./tables.ts";

export function toLink(row: LinkRow): Link {
  const { entity, left, right, state, fingerprints, versions, since } = row;
  return { id: linkId(row), entity, left, right, state, fingerprints, versions, since };
}

/** Live and frozen ones first. */
export function linksBy(pair: PairTables, entity: string, side: Side, ids: readonly RemoteId[]): readonly LinkRow[] {
  const wanted = new Set(ids);
  const found = [...pair.links.values()].filter((row) => row.entity === entity && wanted.has(row[side]));
  return [...found.filter((row) => row.state !== "tombstone"), ...found.filter((row) => row.state === "tombstone")];
}

export function basesOf(pair: PairTables, links: readonly LinkId[]): ReadonlyMap<LinkId, StoredBases> {
  return new Map(
    links.map((id) => {
      const row = pair.links.get(Number(id));
      return [
        id,
        row === undefined
          ? { left: {}, right: {}, matchKeys: { left: [], right: [] } }
          : { ...row.bases, matchKeys: row.matchKeys },
      ];
    }),
  );
}

export function countLinks(
  pair: PairTables,
  entity: string | null,
): { live: number; frozen: number; tombstones: number } {
  const counts = { live: 0, frozen: 0, tombstones: 0 };
  for (const row of pair.links.values()) {
    if (entity !== null && row.entity !== entity) continue;
    counts[row.state === "tombstone" ? "tombstones" : row.state] += 1;
  }
  return counts;
}

export function counterparts(
  pair: PairTables,
  entity: string,
  side: Side,
  ids: readonly RemoteId[],
): ReadonlyMap<RemoteId, RemoteId> {
  const live = linksBy(pair, entity, side, ids).filter((row) => row.state === "live");
  return new Map(live.map((row) => [row[side], row[otherSide(side)]]));
}

/** Dead ones first, then links that exist, then new ones: a commit may unlink a record and link it anew. */
export function writeLinks(tables: Tables, pair: PairTables, writes: readonly LinkWrite[]): void {
  const alive = writes.filter((write) => write.state !== "tombstone");
  for (const write of writes) if (write.state === "tombstone") bury(tables, pair, write);
  for (const write of alive) if (write.id !== null) update(tables, pair, write, Number(write.id));
  const fresh = alive.filter((write) => write.id === null);
  for (const write of fresh) if (write.state === "live") forgetTombstones(pair, write);
  for (const write of fresh) insert(tables, pair, write);
}

function bury(tables: Tables, pair: PairTables, write: LinkWrite): void {
  const same = (row: LinkRow): boolean =>
    row.entity === write.entity && row.left === write.left && row.right === write.right && row.state !== "tombstone";
  const stored = write.id === null ? [...pair.links.values()].find(same) : pair.links.get(Number(write.id));
  if (stored === undefined) {
    if (write.id === null) put(tables, pair, { ...write, fingerprints: NOTHING, versions: NOTHING });
    return;
  }
  const since = stored.state === "tombstone" ? stored.since : tables.now();
  const { reason, fingerprints, versions } = write;
  pair.links.set(stored.number, {
    ...stored,
    ...mergedBases(stored, write),
    state: "tombstone",
    reason,
    since,
    fingerprints,
    versions,
  });
}

const NOTHING = { left: null, right: null };

function update(tables: Tables, pair: PairTables, write: LinkWrite, number: number): void {
  const stored = pair.links.get(number);
  if (stored === undefined) throw new Error(`no such link: ${String(number)}`);
  const others = holders(pair, write).filter((row) => row.number !== number);
  const moves = others.filter(
    (row) =>
      (stored.left !== write.left && row.left === write.left) ||
      (stored.right !== write.right && row.right === write.right),
  );
  if (moves.length > 0) throw taken(write, moves);
  const state = stored.state === "tombstone" ? stored.state : write.state;
  const stays = stored.left === write.left && stored.right === write.right && stored.state === state;
  const since = stays || stored.state === "tombstone" ? stored.since : tables.now();
  const { left, right, reason, fingerprints, versions } = write;
  pair.links.set(number, {
    ...stored,
    ...mergedBases(stored, write),
    left,
    right,
    reason,
    state,
    since,
    fingerprints,
    versions,
  });
}

function insert(tables: Tables, pair: PairTables, write: LinkWrite): void {
  const there = holders(pair, write);
  const same = there.find((row) => row.left === write.left && row.right === write.right);
  if (same !== undefined) update(tables, pair, write, same.number);
  else if (there.length > 0) throw taken(write, there);
  else put(tables, pair, write);
}

function put(tables: Tables, pair: PairTables, write: LinkWrite): void {
  const { entity, left, right, state, reason, fingerprints, versions, bases, matchKeys } = write;
  const number = nextNumber(tables);
  const keys = { left: matchKeys.left ?? [], right: matchKeys.right ?? [] };
  pair.links.set(number, {
    number,
    entity,
    left,
    right,
    state,
    reason,
    since: tables.now(),
    fingerprints,
    versions,
    bases,
    matchKeys: keys,
  });
}

function mergedBases(stored: LinkRow, { bases, matchKeys }: LinkWrite): Pick<LinkRow, "bases" | "matchKeys"> {
  return {
    bases: { left: { ...stored.bases.left, ...bases.left }, right: { ...stored.bases.right, ...bases.right } },
    matchKeys: { left: matchKeys.left ?? stored.matchKeys.left, right: matchKeys.right ?? stored.matchKeys.right },
  };
}

/** Live and frozen links that hold either id. */
function holders(pair: PairTables, write: LinkWrite): readonly LinkRow[] {
  return [...pair.links.values()].filter(
    (row) =>
      row.entity === write.entity &&
      row.state !== "tombstone" &&
      (row.left === write.left || row.right === write.right),
  );
}

function forgetTombstones(pair: PairTables, write: LinkWrite): void {
  for (const row of pair.links.values()) {
    const ours = row.entity === write.entity && (row.left === write.left || row.right === write.right);
    if (ours && row.state === "tombstone") pair.links.delete(row.number);
  }
}

function taken(write: LinkWrite, others: readonly LinkRow[]): Error {
  const named = others.map((row) => `${row.left} = ${row.right} (link ${String(row.number)})`);
  return new Error(
    `${write.entity}: ${write.left} = ${write.right} cannot be linked, because there is ${named.join(" and ")} already`,
  );
}
