// The tables of the in-memory state, and its transactions: rows are values that are replaced, never changed, so a transaction
// that fails puts back the tables as they were.

import type { CaseKind, CaseOpening } from "../../core/decision.ts";
import type { BySide, Instant, LinkId, RemoteId, RunId, Side } from "../../core/ids.ts";
import type { Value } from "../../core/value.ts";
import type { AuditRow, EffectRow } from "../../engine/ledger.ts";
import type { Channel } from "../../engine/ports/hint.ts";
import type { Intent } from "../../engine/ports/intent.ts";
import type { PlannedDecision, RunRow, StoredPlan } from "../../engine/ports/run.ts";
import type { Sighting } from "../../engine/ports/sighting.ts";
import type { CaseResolution, Parked, Quarantined } from "../../engine/ports/waiting.ts";

export interface LinkRow {
  readonly number: number;
  readonly entity: string;
  readonly left: RemoteId;
  readonly right: RemoteId;
  readonly state: "live" | "frozen" | "tombstone";
  readonly reason: string | null;
  readonly since: Instant;
  readonly fingerprints: BySide<string | null>;
  readonly versions: BySide<string | null>;
  readonly bases: BySide<Readonly<Record<string, Value>>>;
  readonly matchKeys: BySide<readonly string[]>;
}

export interface HintRow {
  readonly number: number;
  readonly entity: string;
  readonly side: Side;
  readonly id: RemoteId;
  readonly channel: Channel;
  readonly due: Instant;
}

export interface StoredCase {
  readonly number: number;
  readonly id: string;
  readonly entity: string;
  readonly kind: CaseKind;
  readonly field: string | null;
  readonly left: RemoteId | null;
  readonly right: RemoteId | null;
  readonly subject: BySide<RemoteId | null>;
  /** Of a guard's case alone. */
  readonly guard: string | null;
  readonly values: CaseOpening["values"];
  readonly since: Instant;
  readonly confirmedBy: RunId | null;
  readonly answer: CaseResolution["answer"] | null;
  readonly answeredAt: Instant | null;
  readonly closed: boolean;
}

export interface StagedRow extends Sighting {
  /** The live or frozen link at the time of staging, of a record that differs. */
  readonly linkNumber: number | null;
}

export interface RunRecord extends RunRow {
  readonly pair: string;
  readonly number: number;
}

interface QuarantineRecord extends Quarantined {
  readonly number: number;
  readonly attempts: number;
}

interface UnlinkedRow {
  readonly entity: string;
  readonly side: Side;
  readonly id: RemoteId;
  readonly matchKeys: readonly string[];
  readonly confirmedBy: RunId;
}

/** What is remembered of one pair. */
export interface PairTables {
  lease: { readonly token: number; readonly owner: string | null; readonly until: Instant };
  acceptedMeaning: string | null;
  paused: string | null;
  epochs: Map<Side, string>;
  links: Map<number, LinkRow>;
  cursors: Map<string, string>;
  /** Of those same cursors. */
  cursorsReached: Map<string, { readonly at: Instant; readonly settled: boolean }>;
  hints: Map<number, HintRow>;
  intents: Map<string, Intent>;
  cases: Map<string, StoredCase>;
  quarantine: Map<string, QuarantineRecord>;
  parked: Map<string, Parked>;
  unlinked: Map<string, UnlinkedRow>;
  effects: readonly EffectRow[];
  totals: Map<string, number>;
  approvals: Map<string, { readonly planHash: string; readonly who: string }>;
  /** By run, then by `rowKey`. They live as long as the run. */
  readonly sightings: Map<RunId, Map<string, StagedRow>>;
  readonly decisions: Map<RunId, Map<string, PlannedDecision>>;
}

/** The state of all pairs. */
export interface Tables {
  readonly pairs: Map<string, PairTables>;
  runs: readonly RunRecord[];
  readonly plans: Map<string, StoredPlan & { readonly pair: string }>;
  readonly deliveries: Map<string, Instant>;
  audit: readonly AuditRow[];
  /** The next number of any row. */
  next: number;
  readonly now: () => Instant;
}

export function newTables(now: () => Instant): Tables {
  return { pairs: new Map(), runs: [], plans: new Map(), deliveries: new Map(), audit: [], next: 1, now };
}

export function nextNumber(tables: Tables): number {
  const number = tables.next;
  tables.next += 1;
  return number;
}

export function pairTables(tables: Tables, pair: string): PairTables {
  const known = tables.pairs.get(pair);
  if (known !== undefined) return known;
  const made: PairTables = {
    lease: { token: 0, owner: null, until: 0 as Instant },
    acceptedMeaning: null,
    paused: null,
    epochs: new Map(),
    links: new Map(),
    cursors: new Map(),
    cursorsReached: new Map(),
    hints: new Map(),
    intents: new Map(),
    cases: new Map(),
    quarantine: new Map(),
    parked: new Map(),
    unlinked: new Map(),
    effects: [],
    totals: new Map(),
    approvals: new Map(),
    sightings: new Map(),
    decisions: new Map(),
  };
  tables.pairs.set(pair, made);
  return made;
}

/** All of it or nothing: when `work` throws, the tables are as before. */
export function transaction<T>(pair: PairTables, work: () => T): T {
  const { lease, acceptedMeaning, paused, effects } = pair;
  const maps = {
    links: new Map(pair.links),
    cursors: new Map(pair.cursors),
    cursorsReached: new Map(pair.cursorsReached),
    hints: new Map(pair.hints),
    intents: new Map(pair.intents),
    cases: new Map(pair.cases),
    quarantine: new Map(pair.quarantine),
    parked: new Map(pair.parked),
    unlinked: new Map(pair.unlinked),
    totals: new Map(pair.totals),
    approvals: new Map(pair.approvals),
  };
  try {
    return work();
  } catch (thrown) {
    Object.assign(pair, maps, { lease, acceptedMeaning, paused, effects });
    throw thrown;
  }
}

export function rowKey(entity: string, side: Side, id: string): string {
  return `${side} ${entity} ${id}`;
}

export function linkId(row: LinkRow): LinkId {
  return String(row.number) as LinkId;
}

/** Order of texts, byte for byte as far as it matters here. */
export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
