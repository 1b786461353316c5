// The world of one test: some records of each side, which of them are linked, and what they last agreed on. Values only; a
// round of decisions gives the next world.

import type { BySide, Instant, LinkId, RemoteId } from "../../core/ids.ts";
import { remoteId } from "../../core/ids.ts";
import { valueAt, withValueAt, type Path } from "../../core/path.ts";
import type { Fields, Value } from "../../core/value.ts";
import type { RefLookup } from "../reference.ts";

export interface WorldRecord {
  readonly id: RemoteId;
  readonly fields: Fields;
}

export interface WorldLink {
  readonly id: LinkId;
  readonly ids: BySide<RemoteId>;
  readonly state: "live" | "frozen" | "tombstone";
  readonly bases: BySide<Readonly<Record<string, Value>>>;
}

/** Linked records of any entity, for `ref` fields. */
export interface EntityLink {
  readonly entity: string;
  readonly ids: BySide<RemoteId>;
}

export interface World {
  readonly records: BySide<readonly WorldRecord[]>;
  readonly links: readonly WorldLink[];
  readonly others: readonly EntityLink[];
}

/** How the records of one side say what they are; source: the connector's object. */
export interface RecordShape {
  readonly id: Path;
  modified(record: Fields): Instant | null;
  deleted(record: Fields): boolean;
}

/** Where no connector says it: `id`, and neither a time nor a mark of deletion. */
export const PLAIN_SHAPE: RecordShape = { id: ["id"], modified: () => null, deleted: () => false };

/** The record with its id; one that has none gets a made-up one. */
export function recordOf(fields: Fields, shape: RecordShape, madeUp: string): WorldRecord {
  const id = remoteId(valueAt(fields, shape.id));
  if (id !== null) return { id, fields };
  return { id: madeUp as RemoteId, fields: withValueAt(fields, shape.id, madeUp) as Fields }; // not empty: the caller made it
}

/** Links are named here, not by a store. */
export function linkId(index: number): LinkId {
  return `link-${String(index + 1)}` as LinkId;
}

export function refLookupOf(world: World, entity: string): RefLookup {
  const own = world.links.filter(({ state }) => state !== "tombstone").map(({ ids }) => ({ entity, ids }));
  return (need) => {
    const found = [...world.others, ...own].find(
      (each) => each.entity === need.entity && each.ids[need.side] === need.id,
    );
    return found === undefined ? null : found.ids[need.side === "left" ? "right" : "left"];
  };
}

export function recordWith(world: World, side: "left" | "right", id: RemoteId): WorldRecord | null {
  return world.records[side].find((record) => record.id === id) ?? null;
}

export function isLinked(world: World, side: "left" | "right", id: RemoteId): boolean {
  return world.links.some((link) => link.ids[side] === id);
}

export const NO_BASES: WorldLink["bases"] = { left: {}, right: {} };
