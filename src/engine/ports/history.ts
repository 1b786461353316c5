// Everything that the state remembers of one record, for explaining it. Read for people, never by a run.

import type { CaseKind } from "../../core/decision.ts";
import type { Instant, LinkId, RemoteId, RunId, Side } from "../../core/ids.ts";
import type { Value } from "../../core/value.ts";
import type { Channel } from "./hint.ts";
import type { Effect } from "./intent.ts";
import type { Bases } from "./link.ts";
import type { CaseResolution } from "./waiting.ts";

/** The record asked about, by one of its sides. */
export interface RecordName {
  readonly entity: string;
  readonly side: Side;
  readonly id: RemoteId;
}

export interface HistoryLink {
  readonly id: LinkId;
  readonly left: RemoteId;
  readonly right: RemoteId;
  readonly state: "live" | "frozen" | "tombstone";
  readonly since: Instant;
  readonly reason: string | null;
  readonly bases: Bases;
}

export interface HistoryEffect extends Effect {
  readonly run: RunId;
  readonly at: Instant;
}

/** Fields that were found agreed, or let stand, without a write. */
export interface HistoryAgreement {
  readonly run: RunId;
  readonly at: Instant;
  readonly situation: string;
  readonly fields: Readonly<Record<string, { readonly left: Value; readonly right: Value }>>;
}

export interface HistoryCase {
  readonly id: string;
  readonly kind: CaseKind;
  readonly field: string | null;
  readonly values: Value;
  readonly since: Instant;
  readonly answer: CaseResolution["answer"] | null;
  readonly answeredAt: Instant | null;
  readonly closedAt: Instant | null;
}

export interface HistoryRun {
  readonly run: RunId;
  readonly kind: string;
  readonly startedAt: Instant;
}

/** Lists are oldest first. */
export interface RecordHistory {
  readonly links: readonly HistoryLink[];
  readonly effects: readonly HistoryEffect[];
  readonly agreements: readonly HistoryAgreement[];
  readonly cases: readonly HistoryCase[];
  /** Of its runs, those that are still known. */
  readonly runs: readonly HistoryRun[];
  readonly quarantined: readonly {
    readonly id: string;
    readonly side: Side;
    readonly record: RemoteId;
    readonly code: string;
    readonly message: string;
    readonly attempts: number;
    readonly since: Instant;
    readonly next: Instant | null;
  }[];
  readonly parked: readonly {
    readonly side: Side;
    readonly id: RemoteId;
    readonly parentEntity: string;
    readonly parentSide: Side;
    readonly parentId: RemoteId;
    readonly since: Instant;
  }[];
  /** Waiting to be looked at. */
  readonly hints: readonly {
    readonly side: Side;
    readonly id: RemoteId;
    readonly channel: Channel;
    readonly due: Instant;
    readonly at: Instant;
  }[];
  /** Writes under way, or of unknown outcome. */
  readonly intents: readonly {
    readonly run: RunId;
    readonly op: Effect["op"];
    readonly side: Side;
    readonly openedAt: Instant;
    readonly attempts: number;
  }[];
  /** Open cases of guards that withhold a class of actions of the pair. */
  readonly guards: readonly { readonly id: string; readonly side: Side; readonly op: string }[];
  /** What people did to its links, its cases and the mapping. */
  readonly people: readonly {
    readonly at: Instant;
    readonly who: string;
    readonly what: string;
    readonly facts: Value;
  }[];
}
