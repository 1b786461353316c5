// The state of one pair. All calls work by set: a page of a thousand records is one call, one statement.

import type { BySide, Instant, LinkId, RemoteId, RunId, Side } from "../../core/ids.ts";
import type { Value } from "../../core/value.ts";
import type { Commit } from "./commit.ts";
import type { CursorState, Hint, StoredHint } from "./hint.ts";
import type { Intent, RecentWrites } from "./intent.ts";
import type { Link, StoredBases } from "./link.ts";
import type { PlannedDecision, RunReport, RunRow, StoredPlan } from "./run.ts";
import type { Block, BlockMember, Candidate, Print, Sighting, Subject } from "./sighting.ts";
import type { RunEffects, UndoneCase } from "./undone.ts";
import type { CaseResolution, Drift, RefusedWrite, StandingOp } from "./waiting.ts";

export interface PairState {
  /** Digest of the accepted meaning; null: the pair never ran. */
  readonly acceptedMeaning: string | null;
  /** Why the pair stands still; null: it does not. `operator`, or `stop: MESSAGE` of a system. */
  readonly paused: string | null;
}

/** Held while a run works; every commit checks that it is still the newest. */
export interface Lease {
  readonly token: number;
  readonly until: Instant;
}

/** Thrown by any state call whose lease was lost to another holder: the run ends at once and writes nothing more. */
export class LeaseLost extends Error {
  override readonly name = "LeaseLost";
}

export interface PairStore {
  readonly pair: string;

  acquireLease(owner: string, ttlMs: number): Promise<Lease | null>;
  /** False: lost. */
  renewLease(lease: Lease, ttlMs: number): Promise<boolean>;
  releaseLease(lease: Lease): Promise<void>;

  state(): Promise<PairState>;
  setAcceptedMeaning(meaning: string): Promise<void>;
  setPaused(reason: string | null): Promise<void>;
  /** The identity of each side's account when it was first met, or as a person accepted it; null: not met yet. */
  epochs(): Promise<BySide<string | null>>;
  rememberEpoch(side: Side, epoch: string): Promise<void>;

  startRun(run: RunId, kind: RunRow["kind"]): Promise<void>;
  /** Also drops the run's sightings and decisions. */
  endRun(run: RunId, report: RunReport): Promise<void>;

  cursor(entity: string, side: Side): Promise<string | null>;
  /** The cursor with its age, both by the state's own clock. */
  cursorState(entity: string, side: Side): Promise<CursorState | null>;

  /** Links of any state that hold one of these ids, one statement. */
  linksBy(entity: string, side: Side, ids: readonly RemoteId[]): Promise<readonly Link[]>;
  bases(links: readonly LinkId[]): Promise<ReadonlyMap<LinkId, StoredBases>>;
  /** Live links whose base has a value for the field on this side, by field. */
  countBases(entity: string, side: Side, fields: readonly string[]): Promise<ReadonlyMap<string, number>>;
  countLinks(entity: string): Promise<{ readonly live: number; readonly frozen: number; readonly tombstones: number }>;
  /**
   * Writes to these links' records within `windowMs` of `now`, and of an open oscillation case from `windowMs` before it
   * opened. A link about which there is nothing to say may be left out.
   */
  recentWrites(
    entity: string,
    links: readonly Pick<Link, "id" | "left" | "right">[],
    now: Instant,
    windowMs: number,
  ): Promise<readonly RecentWrites[]>;
  /** Live links that an id of this side is in, of any entity: for `ref`. */
  counterparts(entity: string, side: Side, ids: readonly RemoteId[]): Promise<ReadonlyMap<RemoteId, RemoteId>>;

  /** Adds what was seen; the same record seen again replaces what was seen before. */
  stage(run: RunId, sightings: readonly Sighting[]): Promise<void>;
  /**
   * Stages those of these present records whose live or frozen link remembers this very fingerprint: seen, and nothing to decide.
   * Such a record may come without a sighting in a subject: it is as its link remembers it, its version too.
   * @returns their ids.
   */
  stageUnchanged(run: RunId, entity: string, side: Side, page: readonly Print[]): Promise<ReadonlySet<RemoteId>>;
  /** Distinct records of this side that were seen (present or out of scope). */
  countSighted(run: RunId, entity: string, side: Side): Promise<number>;
  /** Whether a record of this side was seen that has no live or frozen link. */
  hasLone(run: RunId, entity: string, side: Side): Promise<boolean>;
  /** Live and frozen links whose record of this side was not seen in this run, by id, after `after`. */
  unsighted(run: RunId, entity: string, side: Side, after: LinkId | null, limit: number): Promise<readonly Link[]>;
  /** Marks fingerprint-equal links of this run in `in-sync`: live links both of whose sides are sighted without differing. */
  countUnchanged(run: RunId, entity: string): Promise<number>;
  /** What is to be decided, in a stable order: first linked, then unlinked left, then unlinked right. `after` is the last cursor. */
  subjects(
    run: RunId,
    entity: string,
    after: string | null,
    limit: number,
  ): Promise<{ readonly subjects: readonly Subject[]; readonly next: string | null }>;
  /** Sightings of these ids in this run. */
  sighted(run: RunId, entity: string, side: Side, ids: readonly RemoteId[]): Promise<readonly Sighting[]>;
  /**
   * Who on this side has one of these match keys: seen in this run without a link, or in a live or frozen link.
   * @param remembered Also those that an earlier run saw without a link: for a run that does not see everybody.
   */
  candidates(
    run: RunId,
    entity: string,
    side: Side,
    keys: readonly string[],
    remembered: boolean,
  ): Promise<readonly Candidate[]>;
  /**
   * Who has each of these block keys, in the order asked.
   * @param most More free records of one side make a block crowded.
   */
  blocks(
    run: RunId,
    entity: string,
    keys: readonly string[],
    remembered: boolean,
    most: number,
  ): Promise<readonly Block[]>;
  /** Match keys of these members, in their order; empty where none are known any more. @param begin Only keys that begin so; "": all. */
  matchKeysOf(
    run: RunId,
    entity: string,
    members: readonly BlockMember[],
    begin: string,
  ): Promise<readonly (readonly string[])[]>;
  /** Forgets this run's sightings of an entity: before another round over other records. */
  clearSightings(run: RunId, entity: string): Promise<void>;

  saveDecisions(run: RunId, decisions: readonly PlannedDecision[]): Promise<void>;
  decisions(run: RunId, entity: string, afterSeq: number, limit: number): Promise<readonly PlannedDecision[]>;
  clearDecisions(run: RunId): Promise<void>;

  addHints(hints: readonly Hint[]): Promise<void>;
  /** Due hints of this entity and side, oldest first, one per record (its hintId names all of that record's). */
  dueHints(entity: string, side: Side, now: Instant, limit: number): Promise<readonly StoredHint[]>;

  openIntents(): Promise<readonly Intent[]>;
  saveIntents(lease: Lease, intents: readonly Intent[]): Promise<void>;

  /** All of it or nothing. @throws LeaseLost when the lease is not the newest. */
  commit(lease: Lease, commit: Commit): Promise<void>;

  /** Opens (or keeps open) a case that belongs to no subject: a tripped guard, a system that is not what it was. Closes it when `open` is null. */
  setGuardCase(entity: string, side: Side, op: StandingOp, open: { readonly values: Value } | null): Promise<void>;
  /** Open cases that belong to no subject, drifted fields left out. */
  standing(): Promise<readonly { readonly entity: string; readonly side: Side; readonly op: StandingOp }[]>;
  /** Opens (or keeps open) the case of a drifted field. Null: it is as it was, and what a person accepted is forgotten. */
  setDrift(drift: Pick<Drift, "entity" | "side" | "field">, open: { readonly values: Value } | null): Promise<void>;
  /** Drifted fields: those whose case is open, and those that a person accepted. */
  drifts(): Promise<readonly Drift[]>;
  /** A person's resolution of a field conflict that the next decision of this subject must follow. */
  resolutions(
    subjects: readonly { readonly entity: string; readonly left: RemoteId | null; readonly right: RemoteId | null }[],
  ): Promise<readonly CaseResolution[]>;

  /** Whether any record of the entity waits for a person since a run was taken back. */
  hasUndone(entity: string): Promise<boolean>;
  undoneCases(
    entity: string,
    subjects: readonly { readonly left: RemoteId; readonly right: RemoteId }[],
  ): Promise<readonly UndoneCase[]>;
  /** What a run did to an entity's records, by pages. */
  runEffects(run: RunId, entity: string, after: string | null, limit: number): Promise<RunEffects>;

  /**
   * After a complete sweep: closes this entity's open cases that no decision of this run has confirmed (guard and
   * unknown-outcome stay), and forgets unlinked and quarantined records that it has not seen.
   */
  forgetUnconfirmed(lease: Lease, run: RunId, entity: string): Promise<void>;

  countOpen(entity: string): Promise<{ readonly cases: number; readonly parked: number; readonly quarantined: number }>;
  /** Which of these records are quarantined now. */
  quarantinedOf(entity: string, side: Side, ids: readonly RemoteId[]): Promise<ReadonlySet<RemoteId>>;
  /** The same, with what was refused. */
  refusedWrites(entity: string, side: Side, ids: readonly RemoteId[]): Promise<readonly RefusedWrite[]>;

  savePlan(plan: StoredPlan): Promise<void>;
  /** Action hashes a person approved and that were not carried out yet. */
  approvedActions(): Promise<ReadonlySet<string>>;
  approve(planHash: string, actionHashes: readonly string[], who: string): Promise<void>;
  /** Ends approvals that were carried out or dropped. */
  endApprovals(actionHashes: readonly string[]): Promise<void>;
}
