// What a decision is about: a linked pair of records, or a record without a link; and what no decision changes.

import type { Match } from "./correlate.ts";
import type { Agreement, CaseOpening, LinkChange, LinkView, QuarantineEntry, Write } from "./decision.ts";
import type { FieldSight } from "./field.ts";
import type { MergeFacts } from "./field-outcome.ts";
import type { BySide, RemoteId, Side } from "./ids.ts";
import type { EntityPolicy } from "./policy.ts";
import type { Presence } from "./situation.ts";
import type { Value } from "./value.ts";

export interface SideView {
  readonly id: RemoteId;
  readonly presence: Presence;
  readonly version: string | null;
}

export interface LinkedPair {
  readonly link: LinkView;
  readonly sides: BySide<SideView>;
  readonly fields: readonly FieldSight[];
  /** The record that the gone one was merged into, or came back as. */
  readonly redirect: Redirect | null;
}

/** The system answers with another record, or exactly one unlinked record of that side matches the counterpart. */
export interface Redirect {
  readonly to: RemoteId;
  /** It has a counterpart of its own: a person must say. */
  readonly taken: boolean;
}

/** A record without a link. */
export interface LoneRecord {
  readonly side: Side;
  readonly record: SideView;
  readonly match: Match;
  /** With `match` of kind one: the candidate, and the fields of both; else the fields of the record alone. */
  readonly partner: SideView | null;
  readonly fields: readonly FieldSight[];
  /** Values of the cases about this record that a person dismissed: the same question is not asked again. */
  readonly dismissed: readonly Value[];
}

/** What a decision needs beside the records; the same for a whole run. */
export interface DecideFacts extends MergeFacts {
  readonly policy: EntityPolicy;
}

export const NOTHING = {
  link: { kind: "keep" } as LinkChange,
  writes: [] as readonly Write[],
  agreements: [] as readonly Agreement[],
  cases: [] as readonly CaseOpening[],
  quarantine: [] as readonly QuarantineEntry[],
  blocked: 0,
  settledLeft: true,
  settledRight: true,
};

export const UNSETTLED = { settledLeft: false, settledRight: false };

export function shownBy(sights: readonly FieldSight[], side: Side): Value {
  return valuesShown(sights, side);
}

/** By field name. */
export function valuesShown(sights: readonly FieldSight[], side: Side): Readonly<Record<string, Value>> {
  const shown: Record<string, Value> = {};
  for (const sight of sights) {
    const reading = side === "left" ? sight.left : sight.right;
    if (reading.kind === "value") shown[sight.policy.name] = reading.cell.value;
  }
  return shown;
}

/** Unit name under which a person's answer to a gone or gone-edited case is handed in. */
export const GONE = "(gone)";
