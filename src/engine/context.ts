// What one run of one pair works with. Made at the start of a run; nothing in it changes but the tallies.

import type { SystemObject, RemoteFailure, Result } from "../connector/contract.ts";
import type { Situation } from "../core/decision.ts";
import { emptyTally, type Tally } from "../core/guard.ts";
import type { BySide, Instant, RemoteId, RunId, Side } from "../core/ids.ts";
import type { EntityMapping, Mapping } from "../mapping/mapping.ts";
import type { Forecast } from "./forecast.ts";
import type { Link } from "./ports/link.ts";
import type { Lease, PairStore } from "./ports/pair-store.ts";
import type { Clock, Digest256, Digest64, Ids, Log, Progress } from "./ports/world.ts";

export interface Ports {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly digest64: Digest64;
  readonly digest256: Digest256;
  readonly store: PairStore;
  readonly log: Log;
  readonly progress: Progress;
  /** Told what a run is about to write, by entity, before its first write. Left out: nobody wants to know. */
  readonly beforeWriting?: (counted: ReadonlyMap<string, Tally>) => Promise<void>;
}

/** An entity with the two objects it connects. */
export interface Entity {
  readonly name: string;
  readonly mapping: EntityMapping;
  readonly objects: BySide<SystemObject>;
}

export interface PairParts {
  readonly mapping: Mapping;
  /** Digest of the mapping's meaning; part of every fingerprint, so that a changed meaning looks at every record again. */
  readonly meaning: string;
  /** Parents before children. */
  readonly entities: readonly Entity[];
  /** Asks which account answers on a side; null: the connector cannot tell. Left out: none can. */
  readonly epochOf?: (side: Side) => Promise<Result<string | null>>;
}

export interface RunContext extends Ports, PairParts {
  readonly run: RunId;
  readonly lease: Lease;
  /** False once the lease has run out by our own clock, even when nobody could tell us so. */
  readonly holdsLease: () => boolean;
  /** Aborted when the daemon stops: what is in flight is finished, nothing new is begun. */
  readonly signal: AbortSignal;
  readonly tallies: ReadonlyMap<string, EntityTally>;
  /** What a plan tells of the links to come; null: the run carries out what it decides. */
  readonly forecast: Forecast | null;
  /** Actions of a run taken back that did not come about: nobody decides them again. */
  readonly notDone?: Set<string>;
  /** Records for whose id the system answered with another record, by `mergedKey`. */
  readonly merged: Map<string, RemoteId>;
  /** Linked records that this run's listings showed at an earlier version than is remembered, by `entity side`. */
  readonly earlier: Map<string, Earlier[]>;
}

/** A record that shows an earlier version than its link remembers. */
export interface Earlier {
  readonly link: Link;
  readonly shown: string;
  readonly remembered: string;
  /** Its own time of last change; null: the system tells none. */
  readonly modified: Instant | null;
}

export function mergedKey(entity: { readonly name: string }, side: Side, id: RemoteId): string {
  return `${entity.name} ${side} ${id}`;
}

/** What a run counted of an entity so far. */
export interface EntityTally {
  readonly read: Record<Side, number>;
  readonly situations: Map<Situation, number>;
  readonly effects: Record<Side, { create: number; update: number; delete: number }>;
  blocked: number;
  /** Actions that the guards count, approved ones left out. */
  readonly counted: Tally;
  /** Records that newly failed in this run. */
  readonly newlyFailed: { count: number };
  /** Block keys that too many records share to look for alike ones by them. */
  readonly crowded: Set<string>;
}

export function newTally(): EntityTally {
  const none = (): { create: number; update: number; delete: number } => ({ create: 0, update: 0, delete: 0 });
  return {
    read: { left: 0, right: 0 },
    situations: new Map(),
    effects: { left: none(), right: none() },
    blocked: 0,
    counted: emptyTally(),
    newlyFailed: { count: 0 },
    crowded: new Set(),
  };
}

/** A later round's: its effects and failures are the run's, its situations are those of records already counted. */
export function laterTally(first: EntityTally): EntityTally {
  return { ...newTally(), effects: first.effects, newlyFailed: first.newlyFailed, crowded: first.crowded };
}

export function tallyOf(context: RunContext, entity: string): EntityTally {
  const tally = context.tallies.get(entity);
  if (tally === undefined) throw new Error(`no tally of entity "${entity}"`);
  return tally;
}

export function countSituation(tally: EntityTally, situation: Situation, count = 1): void {
  if (count > 0) tally.situations.set(situation, (tally.situations.get(situation) ?? 0) + count);
}

/** The run ends here: nothing was decided, or nothing more may be written. Thrown by the run's own steps, met only in run.ts. */
export class RunEnds extends Error {
  override readonly name = "RunEnds";
  readonly outcome: "halted" | "failed";
  readonly reason: string;

  constructor(outcome: "halted" | "failed", reason: string, message: string) {
    super(message);
    this.outcome = outcome;
    this.reason = reason;
  }
}

/** What a failed listing, or a system that stops answering, means for the run. */
export function endOf(failure: RemoteFailure, what: string): RunEnds {
  const message = `${what}: ${failure.message}`;
  switch (failure.kind) {
    case "auth":
      return new RunEnds("failed", "auth", message);
    case "stop":
      return new RunEnds("failed", "stopped", message);
    case "unreachable":
      return new RunEnds("halted", "unreachable", message);
    case "throttled":
      return new RunEnds("halted", "throttled", message);
    case "unknown":
      return new RunEnds("halted", "unreachable", message);
    case "malformed":
    case "rejected":
    case "resync":
    case "gone":
    case "duplicate":
    case "stale":
      return new RunEnds("halted", "listing-incomplete", message);
    default:
      throw new Error(`cannot happen: ${JSON.stringify(failure)}`);
  }
}

/** Called between pages: a stopping daemon begins nothing new. */
export function throwIfStopping(context: { readonly signal: AbortSignal }): void {
  if (context.signal.aborted) throw new RunEnds("halted", "interrupted", "the daemon is stopping");
}

/** Splits into pages of at most `size`. */
export function pagesOf<T>(rows: readonly T[], size: number): readonly (readonly T[])[] {
  const pages: (readonly T[])[] = [];
  for (let start = 0; start < rows.length; start += size) pages.push(rows.slice(start, start + size));
  return pages;
}
