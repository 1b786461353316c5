// A write under way, and what is known of it once it is confirmed.

import type { Decision } from "../../core/decision.ts";
import type { BySide, Instant, LinkId, RemoteId, RunId, Side } from "../../core/ids.ts";
import type { Fields, Value } from "../../core/value.ts";

/** Written before a remote write, closed with its outcome. Holds all that is needed to finish the work after a crash. */
export interface Intent {
  readonly id: string;
  readonly run: RunId;
  readonly entity: string;
  readonly op: "create" | "update" | "delete";
  readonly side: Side;
  /** The record written; null for a create. */
  readonly record: RemoteId | null;
  /** Idempotency key. */
  readonly key: string;
  /** What is sent, in the written side's own names. */
  readonly body: Fields;
  readonly bodyHash: string;
  readonly version: string | null;
  /** Index of the write in the decision. */
  readonly writeIndex: number;
  readonly decision: Decision;
  /** Fingerprints and versions of the sides as decided, stored with the link once settled. */
  readonly seen: BySide<{
    readonly fingerprint: string | null;
    readonly version: string | null;
    readonly matchKeys: readonly string[];
  }>;
  readonly openedAt: Instant;
  /** Times the outcome was looked for and not found. */
  readonly attempts: number;
}

/** One confirmed remote change: the only thing that counts as work done. */
export interface Effect {
  readonly entity: string;
  readonly side: Side;
  readonly op: "create" | "update" | "delete";
  readonly record: RemoteId;
  /** The counterpart's id. */
  readonly other: RemoteId | null;
  readonly linkId: LinkId | null;
  /** By canonical field name: what stood there, what was sent, what was read back. Of a delete: what stood there. */
  readonly fields: Readonly<
    Record<
      string,
      {
        readonly before: Value;
        readonly after: Value;
        readonly readBack: Value;
        readonly reason: string;
        /** What the other side showed; left out: the same as what was sent. */
        readonly from?: Value;
      }
    >
  >;
  readonly reason: string;
  readonly intentId: string | null;
}

/** What was written to a link's records lately, and what was asked about it: for fields that go round in circles. */
export interface RecentWrites {
  readonly linkId: LinkId;
  /** Creates and updates, oldest first. */
  readonly writes: readonly { readonly side: Side; readonly at: Instant; readonly fields: Effect["fields"] }[];
  /** Its oscillation cases: open ones, and those that were answered in the window. */
  readonly cases: readonly {
    readonly field: string | null;
    readonly isOpen: boolean;
    readonly answeredAt: Instant | null;
  }[];
}
