// What the engine needs of the world. The same engine runs on these in the daemon and in simulation; nothing else may
// touch time, chance, disk or network. All state calls work by set: a page of a thousand records is one call, one statement.

import type { CaseKind, CaseOpening, Decision, LinkView, QuarantineEntry, Situation } from "../core/decision.ts";
import type { BySide, Instant, LinkId, RemoteId, RunId, Side } from "../core/ids.ts";
import type { Fields, Value } from "../core/value.ts";

export interface Clock {
  now(): Instant;
  /** Resolves after `ms`, or at once when `signal` is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export interface Ids {
  run(): RunId;
  /** A new unguessable key: intents, idempotency keys, cases. 26 characters that sort by time. */
  key(): string;
}

/** A stable 64-bit digest as 16 hexadecimal characters; used for fingerprints. */
export type Digest64 = (text: string) => string;
/** SHA-256 as 64 hexadecimal characters; used for plan hashes, meaning hashes and body hashes. */
export type Digest256 = (text: string) => string;

export interface Log {
  debug(message: string, facts?: Readonly<Record<string, unknown>>): void;
  info(message: string, facts?: Readonly<Record<string, unknown>>): void;
  warn(message: string, facts?: Readonly<Record<string, unknown>>): void;
  error(message: string, facts?: Readonly<Record<string, unknown>>): void;
}

/** Told as a run goes on; drives progress bars and server-sent events. Must not throw. */
export interface Progress {
  phase(entity: string, phase: "read" | "decide" | "write", done: number, total: number | null): void;
}

// ---------------------------------------------------------------- links

export interface Link extends LinkView {
  readonly entity: string;
  readonly left: RemoteId;
  readonly right: RemoteId;
  /** Digest of what the mapping read when all was settled; null: look at the record again. */
  readonly fingerprints: BySide<string | null>;
  /** Version token last seen or returned by our own write; null: none. */
  readonly versions: BySide<string | null>;
  /** Since when it is in this state; a new one shows late in listings. */
  readonly since: Instant;
}

/** Base values by canonical field name, each in its own side's normal form. A missing name was never agreed. */
export type Bases = BySide<Readonly<Record<string, Value>>>;

/** Bases with the match keys that each side's record had. */
export interface StoredBases extends Bases {
  readonly matchKeys: BySide<readonly string[]>;
}

/** What becomes of one link. Ids name it when `id` is null (a new link). */
export interface LinkWrite {
  readonly id: LinkId | null;
  readonly entity: string;
  readonly left: RemoteId;
  readonly right: RemoteId;
  readonly state: "live" | "frozen" | "tombstone";
  readonly reason: string | null;
  readonly fingerprints: BySide<string | null>;
  readonly versions: BySide<string | null>;
  /** Base values to set; names not listed stay as they are. */
  readonly bases: Bases;
  /** Match keys of each side, for finding linked records by key (`candidates`); null: unchanged. */
  readonly matchKeys: BySide<readonly string[] | null>;
}

// ---------------------------------------------------------------- sightings

/** A record as it was seen in this run. Payloads are kept only of records that need a decision. */
export interface Sighting {
  readonly entity: string;
  readonly side: Side;
  readonly id: RemoteId;
  /** Absent: proven so. Unknown: could not be read. */
  readonly presence: "present" | "out-of-scope" | "absent" | "unknown";
  readonly fingerprint: string | null;
  readonly version: string | null;
  readonly modified: Instant | null;
  /** The decoded record; null: nothing to decide (the fingerprint is the link's), or there is none. */
  readonly record: Fields | null;
  /** Match keys (`rule:text`); only with a record that has no live link. */
  readonly matchKeys: readonly string[];
  /** True: to be decided. False: seen and equal to what the link remembers. */
  readonly differs: boolean;
}

/** One thing to decide: a link with what was seen of its sides, or one record without a link. */
export interface Subject {
  readonly entity: string;
  readonly link: Link | null;
  /** Null: not seen differing in this run (for a linked record: as the link remembers it). */
  readonly left: Sighting | null;
  readonly right: Sighting | null;
}

/** A record of the asked side that has one of the asked match keys. */
export interface Candidate {
  readonly key: string;
  readonly id: RemoteId;
  /** The live or frozen link it is in; null: free. */
  readonly linkId: LinkId | null;
  /** It was seen in this run (then its sighting has the record); false: remembered from an earlier one. */
  readonly sighted: boolean;
}

/** A record that has a block key of a scored match rule. */
export interface BlockMember {
  readonly side: Side;
  readonly id: RemoteId;
  /** The live or frozen link it is in; null: free. */
  readonly linkId: LinkId | null;
  /** Free and seen in this run; false: remembered from an earlier one, or linked. */
  readonly sighted: boolean;
}

/** Who shares a block key, of both sides. */
export interface Block {
  readonly key: string;
  /** Too many of one side have it: nobody is named. */
  readonly crowded: boolean;
  readonly members: readonly BlockMember[];
}

// ---------------------------------------------------------------- hints, intents, effects

export type Channel = "webhook" | "changes" | "sweep" | "discovery" | "manual" | "retry" | "parent" | "withheld";

/** "Look at this record." Kept in the inbox until a run has looked. */
export interface Hint {
  readonly entity: string;
  readonly side: Side;
  readonly id: RemoteId;
  readonly channel: Channel;
  /** Not before this time. */
  readonly due: Instant;
}

export interface StoredHint extends Hint {
  readonly hintId: string;
}

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
  /** By canonical field name: what stood there, what was sent, what was read back. */
  readonly fields: Readonly<
    Record<string, { readonly before: Value; readonly after: Value; readonly readBack: Value; readonly reason: string }>
  >;
  readonly reason: string;
  readonly intentId: string | null;
}

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
  /** When it is tried again by itself; null: only when the record changes or a person retries it. */
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
}

/** A record without a link, by what it is matched. */
export interface Unlinked {
  readonly entity: string;
  readonly side: Side;
  readonly id: RemoteId;
  readonly matchKeys: readonly string[];
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

/** Everything a page of outcomes changes, committed in one transaction. Applied in the order of the keys. */
export interface Commit {
  readonly run: RunId;
  readonly links: readonly LinkWrite[];
  /** Records that are still without a link after their decision. */
  readonly unlinked: readonly Unlinked[];
  readonly effects: readonly Effect[];
  readonly intentsDone: readonly string[];
  /** Intents whose outcome is still unknown: one attempt more. */
  readonly intentsTried: readonly string[];
  readonly cases: readonly CasesOf[];
  readonly quarantined: readonly Quarantined[];
  /** Records that are fine again. */
  readonly released: readonly { readonly entity: string; readonly side: Side; readonly id: RemoteId }[];
  readonly parked: readonly Parked[];
  readonly unparked: readonly { readonly entity: string; readonly side: Side; readonly id: RemoteId }[];
  readonly hints: readonly Hint[];
  readonly hintsDone: readonly string[];
  readonly cursors: readonly {
    readonly entity: string;
    readonly side: Side;
    readonly cursor: string | null;
    /** Everything up to it has been read for good; stays so until the cursor moves. */
    readonly settled?: boolean;
  }[];
}

export const EMPTY_COMMIT: Omit<Commit, "run"> = {
  links: [],
  unlinked: [],
  effects: [],
  intentsDone: [],
  intentsTried: [],
  cases: [],
  quarantined: [],
  released: [],
  parked: [],
  unparked: [],
  hints: [],
  hintsDone: [],
  cursors: [],
};

// ---------------------------------------------------------------- runs and plans

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
  /** Digest of what will be done; what an approval names. Null: nothing is written. */
  readonly actionHash: string | null;
}

export interface StoredPlan {
  readonly id: string;
  readonly hash: string;
  readonly createdAt: Instant;
  /** The whole plan document as `plan` prints it. */
  readonly document: Value;
}

// ---------------------------------------------------------------- the store of one pair

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

  startRun(run: RunId, kind: RunRow["kind"]): Promise<void>;
  /** Also drops the run's sightings and decisions. */
  endRun(run: RunId, report: RunReport): Promise<void>;

  cursor(entity: string, side: Side): Promise<string | null>;
  /** The cursor with its age, both by the state's own clock. */
  cursorState(entity: string, side: Side): Promise<CursorState | null>;

  /** Links of any state that hold one of these ids, one statement. */
  linksBy(entity: string, side: Side, ids: readonly RemoteId[]): Promise<readonly Link[]>;
  bases(links: readonly LinkId[]): Promise<ReadonlyMap<LinkId, StoredBases>>;
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
  /** Distinct records of this side that were seen (present or out of scope). */
  countSighted(run: RunId, entity: string, side: Side): Promise<number>;
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

  /** Opens (or keeps open) a case that belongs to no subject: a tripped guard. Closes it when `open` is null. */
  setGuardCase(entity: string, side: Side, op: Withheld["op"], open: { readonly values: Value } | null): Promise<void>;
  /** A person's resolution of a field conflict that the next decision of this subject must follow. */
  resolutions(
    subjects: readonly { readonly entity: string; readonly left: RemoteId | null; readonly right: RemoteId | null }[],
  ): Promise<readonly CaseResolution[]>;

  /**
   * After a complete sweep: closes this entity's open cases that no decision of this run has confirmed (guard and
   * unknown-outcome stay), and forgets unlinked and quarantined records that it has not seen.
   */
  forgetUnconfirmed(lease: Lease, run: RunId, entity: string): Promise<void>;

  countOpen(entity: string): Promise<{ readonly cases: number; readonly parked: number; readonly quarantined: number }>;
  /** Which of these records are quarantined now. */
  quarantinedOf(entity: string, side: Side, ids: readonly RemoteId[]): Promise<ReadonlySet<RemoteId>>;

  savePlan(plan: StoredPlan): Promise<void>;
  /** Action hashes a person approved and that were not carried out yet. */
  approvedActions(): Promise<ReadonlySet<string>>;
  approve(planHash: string, actionHashes: readonly string[], who: string): Promise<void>;
  /** Ends approvals that were carried out or dropped. */
  endApprovals(actionHashes: readonly string[]): Promise<void>;
}

export interface CursorState {
  readonly cursor: string;
  /** How long ago it was first reached. */
  readonly ageMs: number;
  /** Everything up to it has been read for good. */
  readonly settled: boolean;
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
