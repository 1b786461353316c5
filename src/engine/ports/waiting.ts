// What waits: for another record, for its time, for a person.

import type { CaseKind, CaseOpening, QuarantineEntry } from "../../core/decision.ts";
import type { Instant, RemoteId, Side } from "../../core/ids.ts";
import type { Value } from "../../core/value.ts";
import type { Withheld } from "./run.ts";

/** A record that waits for another entity's link; woken by it. */
export interface Parked {
  readonly entity: string;
  readonly side: Side;
  readonly id: RemoteId;
  readonly parentEntity: string;
  readonly parentSide: Side;
  readonly parentId: RemoteId;
}

export interface Quarantined extends QuarantineEntry {
  readonly entity: string;
  /** Digest of the write that was refused: it is not sent again while it would be the very same. Left out: nothing was sent. */
  readonly refused?: string;
  /** When it is tried again by itself; null: only when the record changes or a person retries it. */
  readonly next: Instant | null;
}

/** A record whose write was refused, and when it may be sent again as it was. */
export interface RefusedWrite {
  readonly id: RemoteId;
  readonly refused: string | null;
  readonly attempts: number;
  /** Null: only when the record changes or a person retries it. */
  readonly next: Instant | null;
}

/** The cases of one subject after a decision: these are open, all its others close. */
export interface CasesOf {
  readonly entity: string;
  readonly left: RemoteId | null;
  readonly right: RemoteId | null;
  readonly open: readonly CaseOpening[];
  /** Nothing came of the decision yet: the subject's other cases stay as they are. */
  readonly keep?: true;
  /** Field rules and groups that were carried out whole all the same: what a person answered of them is used up. */
  readonly ended?: readonly string[];
}

/** What a case that belongs to no record is about: a tripped guard's class of actions, or the system itself. */
export type StandingOp = Withheld["op"] | "epoch" | "rewind";

/** A field that has vanished from a side, or is spelt otherwise there, on nearly all records at once. */
export interface Drift {
  readonly entity: string;
  readonly side: Side;
  readonly field: string;
  /** Open: nobody has said anything, the field is held. Accepted: a person takes it as it is now. */
  readonly state: "open" | "accepted";
}

/** What a person said about a case; used once, by the decision that follows it. */
export interface CaseResolution {
  readonly caseId: string;
  readonly kind: CaseKind;
  readonly entity: string;
  readonly field: string | null;
  readonly left: RemoteId | null;
  readonly right: RemoteId | null;
  /** As shown to the person. */
  readonly values: Value;
  /** Acted on already: a dismissed question about a record without a link, which is not asked again while nothing about it changes. */
  readonly remembered?: true;
  readonly answer:
    | { readonly kind: "take"; readonly side: Side }
    | { readonly kind: "value"; readonly value: Value }
    | { readonly kind: "link"; readonly id: RemoteId }
    | { readonly kind: "dismiss" };
}
