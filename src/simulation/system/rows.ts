// The records of one object of a simulated system, with their past: late indexes and stale replicas show it.

import type { RemoteRecord } from "../../connector/contract.ts";
import type { Instant, RemoteId } from "../../core/ids.ts";
import type { Fields } from "../../core/value.ts";

export interface Snapshot {
  readonly at: number;
  /** Null: not there. */
  readonly fields: Fields | null;
  readonly version: number;
}

export interface Row {
  readonly id: RemoteId;
  /** Order of creation. */
  readonly number: number;
  past: readonly Snapshot[];
  /** The idempotency key or marker it was created with. */
  readonly key: string | null;
}

const NEVER: Snapshot = { at: 0, fields: null, version: 0 };

export function present(row: Row): Snapshot {
  return row.past.at(-1) ?? NEVER;
}

/** As it was at a time. */
export function shownAt(row: Row, at: number): Snapshot {
  return row.past.findLast((snapshot) => snapshot.at <= at) ?? NEVER;
}

export interface Telling {
  readonly versions: "number" | "opaque" | "flaky" | "none";
  readonly tellsModified: boolean;
  readonly skewMs: number;
}

/** @param whole Versions are told even by a system that sometimes leaves them out. */
export function toRecord(row: Row, snapshot: Snapshot, how: Telling, whole: boolean): RemoteRecord {
  const version = versionOf(row, snapshot, how, whole);
  const modified = how.tellsModified ? ((snapshot.at + how.skewMs) as Instant) : null; // by the system's own clock
  return {
    id: row.id,
    version,
    modified,
    deleted: snapshot.fields === null,
    fields: { ...snapshot.fields, id: row.id },
  };
}

export function versionOf(row: Row, snapshot: Snapshot, how: Telling, whole: boolean): string | null {
  switch (how.versions) {
    case "none":
      return null;
    case "flaky":
      return whole || (snapshot.version + row.number) % 3 !== 0 ? String(snapshot.version) : null;
    case "opaque":
      return `v${((snapshot.version * 7919 + row.number * 104_729) % 1_000_003).toString(36)}`;
    case "number":
      return String(snapshot.version);
    default:
      throw new Error("a kind of version that nobody knows");
  }
}
