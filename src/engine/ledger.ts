// What people and webhooks ask of the state: lists, histories, resolutions. The admin API and the command line read through
// this; a run never does. Lists are newest first unless said otherwise, at most `limit` long.

import type { CaseKind } from "../core/decision.ts";
import type { Instant, LinkId, RemoteId, RunId, Side } from "../core/ids.ts";
import type { Value } from "../core/value.ts";
import type { Hint } from "./ports/hint.ts";
import type { Effect } from "./ports/intent.ts";
import type { PairState } from "./ports/pair-store.ts";
import type { RunRow, StoredPlan } from "./ports/run.ts";
import type { CaseResolution } from "./ports/waiting.ts";

export interface CaseRow {
  readonly id: string;
  readonly pair: string;
  readonly entity: string;
  readonly kind: CaseKind;
  readonly left: RemoteId | null;
  readonly right: RemoteId | null;
  readonly field: string | null;
  readonly values: Value;
  readonly since: Instant;
  /** Null: open. Answered cases stay open until the next run has acted on the answer. */
  readonly answer: CaseResolution["answer"] | null;
}

export interface QuarantineRow {
  readonly id: string;
  readonly pair: string;
  readonly entity: string;
  readonly side: Side;
  readonly record: RemoteId;
  readonly code: string;
  readonly message: string;
  readonly attempts: number;
  readonly next: Instant | null;
}

export interface LinkRow {
  readonly id: LinkId;
  readonly entity: string;
  readonly left: RemoteId;
  readonly right: RemoteId;
  readonly state: "live" | "frozen" | "tombstone";
  readonly since: Instant;
}

export interface EffectRow extends Effect {
  readonly pair: string;
  readonly run: RunId;
  readonly at: Instant;
}

export interface AuditRow {
  readonly at: Instant;
  readonly who: string;
  readonly what: string;
  readonly facts: Value;
}

export interface PairFigures {
  readonly state: PairState;
  readonly links: { readonly live: number; readonly frozen: number; readonly tombstones: number };
  readonly cases: Readonly<Partial<Record<CaseKind, number>>>;
  readonly quarantined: number;
  readonly parked: number;
  /** Hints waiting in the inbox, and since when the oldest is due. */
  readonly backlog: number;
  readonly oldestHint: Instant | null;
  readonly openIntents: number;
  readonly lastRun: RunRow | null;
  readonly lastSweep: RunRow | null;
  readonly approvalsPending: number;
}

/** Thrown when what was asked for does not exist, or has moved on; `code` is E_NOT_FOUND, E_CLOSED, E_TAKEN or E_INVALID. */
export class LedgerError extends Error {
  override readonly name = "LedgerError";
  readonly code: "E_NOT_FOUND" | "E_CLOSED" | "E_TAKEN" | "E_INVALID";
  constructor(code: LedgerError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

export interface Ledger {
  /** One cheap statement; throws when the database does not answer. */
  ping(): Promise<void>;

  figures(pair: string): Promise<PairFigures>;
  runs(filter: {
    readonly pair: string | null;
    readonly limit: number;
    readonly before: RunId | null;
  }): Promise<readonly (RunRow & { readonly pair: string })[]>;
  run(id: RunId): Promise<(RunRow & { readonly pair: string }) | null>;
  effects(filter: {
    readonly run: RunId | null;
    readonly link: LinkId | null;
    readonly limit: number;
  }): Promise<readonly EffectRow[]>;
  /** Sums of effects since the beginning, for counters that must equal the history. */
  effectTotals(): Promise<
    readonly {
      readonly pair: string;
      readonly entity: string;
      readonly side: Side;
      readonly op: string;
      readonly count: number;
    }[]
  >;

  links(filter: {
    readonly pair: string;
    readonly entity: string | null;
    readonly record: { readonly side: Side; readonly id: RemoteId } | null;
    readonly limit: number;
    /** Oldest first; the last link of the page before. */
    readonly after: LinkId | null;
  }): Promise<readonly LinkRow[]>;
  link(id: LinkId): Promise<(LinkRow & { readonly pair: string }) | null>;
  /** @throws LedgerError E_TAKEN when either id is in a live or frozen link. */
  addLink(pair: string, entity: string, left: RemoteId, right: RemoteId, who: string): Promise<LinkRow>;
  /** Leaves a tombstone. @throws LedgerError E_NOT_FOUND. */
  removeLink(pair: string, entity: string, left: RemoteId, right: RemoteId, who: string): Promise<void>;

  cases(filter: { readonly pair: string | null; readonly limit: number }): Promise<readonly CaseRow[]>;
  case(id: string): Promise<CaseRow | null>;
  /** Stores the answer and a hint for the records, so that the next run acts on it. @throws LedgerError E_NOT_FOUND, E_CLOSED. */
  resolveCase(id: string, answer: CaseResolution["answer"], who: string): Promise<CaseRow>;

  quarantine(filter: { readonly pair: string | null; readonly limit: number }): Promise<readonly QuarantineRow[]>;
  /** Hints the records for the next run. @returns how many. */
  retryQuarantined(
    which: { readonly ids: readonly string[] } | { readonly pair: string | null },
    who: string,
  ): Promise<number>;

  setPaused(pair: string, reason: string | null, who: string): Promise<void>;
  /**
   * Takes the systems of a pair as they are now: another account, a restored backup, fields that have drifted.
   * @param how.forgetLinks Everything that is remembered of the pair's records goes, and the next run matches them anew, as after
   *   a lost state. What was done stays in the history.
   * @returns what was accepted; empty: there was nothing.
   */
  acceptState(
    pair: string,
    how: { readonly forgetLinks: boolean },
    who: string,
  ): Promise<readonly ("epoch" | "rewind" | "drift" | "links")[]>;
  setAcceptedMeaning(pair: string, meaning: string, who: string): Promise<void>;

  plan(id: string): Promise<(StoredPlan & { readonly pair: string }) | null>;

  audit(row: { readonly who: string; readonly what: string; readonly facts: Value }): Promise<void>;
  auditRows(limit: number): Promise<readonly AuditRow[]>;

  /**
   * A verified webhook delivery: its id and its hints become durable together, before the sender is answered.
   * @returns false when a delivery of this id is known already; nothing is stored then.
   */
  storeDelivery(delivery: {
    readonly system: string;
    readonly id: string;
    readonly hints: readonly (Hint & { readonly pair: string })[];
  }): Promise<boolean>;
  /** Drops deliveries and tombstones past their retention. */
  forget(before: {
    readonly deliveries: Instant;
    readonly tombstones: readonly { readonly pair: string; readonly before: Instant }[];
  }): Promise<void>;
}
