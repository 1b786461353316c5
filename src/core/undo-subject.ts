// What taking a run back is decided on: what the run wrote of two records, and how the two are now.

import type { Decision, Write } from "./decision.ts";
import { NULL_KEY, type Cell, type FieldSight, type Reading } from "./field.ts";
import type { BySide, LinkId, RemoteId, RunId, Side } from "./ids.ts";
import type { EntityPolicy } from "./policy.ts";
import { readingOf } from "./sight.ts";
import type { SideView } from "./subject.ts";

/** What the run made of one field: as the side showed it before the first write, and after the last. */
export interface RunField {
  readonly field: string;
  readonly before: Cell;
  readonly wrote: Cell;
  /** What was sent: a side that reads late showed something else when it was read back. */
  readonly sent: Cell;
}

/** All that a run did to one record. */
export interface RunWrite {
  readonly op: Write["op"];
  readonly record: RemoteId;
  readonly fields: readonly RunField[];
}

/** A pair of records of which the run wrote one or both, as they are now. */
export interface UndoSubject {
  readonly writes: BySide<RunWrite | null>;
  /** The live or frozen link that joins the two now; null: they are not linked. */
  readonly linkId: LinkId | null;
  /** Null: there is no such record (a record that was alone). Absent: a look-up by its id says so. */
  readonly sides: BySide<SideView | null>;
  /** Either record has another counterpart by now. */
  readonly linkedElsewhere: boolean;
  readonly fields: readonly FieldSight[];
}

/** What stays as it is, and why. */
export interface NotUndone {
  readonly side: Side;
  readonly record: RemoteId;
  /** Null: the whole record. */
  readonly field: string | null;
  readonly why: string;
}

export interface Undone {
  /** Null: nothing of it can be taken back. */
  readonly decision: Decision | null;
  readonly kept: readonly NotUndone[];
}

export interface UndoFacts {
  readonly run: RunId;
  readonly policy: EntityPolicy;
  readonly names: BySide<string>;
}

export function sightOf(sights: readonly FieldSight[], field: string): FieldSight | undefined {
  return sights.find((sight) => sight.policy.name === field);
}

export function readingIn(sights: readonly FieldSight[], side: Side, field: string): Reading {
  const sight = sightOf(sights, field);
  return sight === undefined ? { kind: "absent" } : readingOf(sight, side);
}

export function keyOf(reading: Reading): string {
  return reading.kind === "value" ? reading.cell.key : reading.kind === "invalid" ? "invalid" : NULL_KEY;
}
