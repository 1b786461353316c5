// Runs, what they report, and plans.

import type { Decision, Situation } from "../../core/decision.ts";
import type { BySide, Instant, RunId } from "../../core/ids.ts";
import type { Fields, Value } from "../../core/value.ts";
import type { Intent } from "./intent.ts";

export type Outcome = "ok" | "partial" | "withheld" | "halted" | "failed";

export interface EntityReport {
  /** Records read, by the file's side names. */
  readonly read: Readonly<Record<string, number>>;
  readonly situations: Readonly<Partial<Record<Situation, number>>>;
  readonly effects: Readonly<
    Record<string, { readonly create: number; readonly update: number; readonly delete: number }>
  >;
  readonly withheld: readonly Withheld[];
  readonly blocked: number;
  /** Open, parked and quarantined after the run. */
  readonly cases: number;
  readonly parked: number;
  readonly quarantined: number;
}

export interface Withheld {
  readonly side: string;
  readonly op: "create" | "update" | "delete" | "blank";
  readonly count: number;
  readonly limit: number;
  /** Left out: the class is over its limit. */
  readonly why?: "all-changed" | "one-value";
}

/** `run --json`; also kept as the run's record. */
export interface RunReport {
  readonly pair: string;
  readonly run: RunId;
  readonly outcome: Outcome;
  /** A code: empty-side, listing-incomplete, mapping-changed, auth, unreachable, paused, stopped, …; null when there is nothing to say. */
  readonly reason: string | null;
  readonly message: string | null;
  readonly entities: Readonly<Record<string, EntityReport>>;
  readonly calls: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly seconds: number;
}

export interface RunRow {
  readonly run: RunId;
  readonly kind: "changes" | "sweep" | "apply";
  readonly startedAt: Instant;
  /** Null: still running, or the daemon died in it. */
  readonly endedAt: Instant | null;
  readonly report: RunReport | null;
}

/** A decision in the order of its run, with the sightings' facts that carrying it out needs. */
export interface PlannedDecision {
  readonly seq: number;
  readonly decision: Decision;
  readonly seen: Intent["seen"];
  /** Current records as read, for systems that only replace and for the lens writes; null: not read. */
  readonly current: BySide<Fields | null>;
  /** Digest of what will be done; what an approval names. Null: nothing is written, or nobody asks. */
  readonly actionHash: string | null;
}

export interface StoredPlan {
  readonly id: string;
  readonly hash: string;
  readonly createdAt: Instant;
  /** The whole plan document as `plan` prints it. */
  readonly document: Value;
}
