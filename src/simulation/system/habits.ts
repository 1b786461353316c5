// What a simulated system is like: what it can do, what it spells otherwise, how late it shows what has happened. Drawn once a
// history; the single faults come as events.

import type { WriteGuard } from "../../connector/contract.ts";
import type { Random } from "../random.ts";

export interface Habits {
  /** Tokens that grow, tokens that only differ, tokens that are sometimes left out, none. */
  readonly versions: "number" | "opaque" | "flaky" | "none";
  readonly tellsModified: boolean;
  readonly guard: WriteGuard;
  readonly needsCurrent: boolean;
  readonly get: boolean;
  readonly find: boolean;
  readonly verify: "find" | "marker" | null;
  readonly repeat: "unsafe" | "by-key";
  readonly unique: boolean;
  readonly changes: boolean;
  readonly tellsDeletes: boolean;
  /** A deleted record is still listed, marked as deleted. */
  readonly keepsDeleted: boolean;
  readonly settleMs: number;
  /** How late a change shows in listings, feeds and look-ups by value; less than `settleMs`. */
  readonly lagMs: number;
  readonly pageSize: number;
  readonly paging: "offset" | "keyset";
  readonly tellsTotal: boolean;
  readonly answersRecord: boolean;
  readonly answersVersion: boolean;
  readonly batch: number;
  readonly latencyMs: number;
  /** How far its clock is ahead of ours. */
  readonly skewMs: number;
  readonly spelling: "as-is" | "upper" | "trim";
  /** A rule of the system that edits a record after each of our writes: a field no mapping names, or one that it does. */
  readonly automation: "none" | "stamp" | "rewrite";
  /** Webhooks: lost, doubled and late ones by chance. */
  readonly webhooks: boolean;
}

/** The classes of misbehaviour of a history, each on or off. */
export interface Swarm {
  readonly writeFaults: boolean;
  readonly readFaults: boolean;
  readonly omissions: boolean;
  readonly lag: boolean;
  readonly crashes: boolean;
  readonly stalls: boolean;
  readonly secondDaemon: boolean;
  readonly storeFaults: boolean;
  readonly automations: boolean;
  readonly spelling: boolean;
  readonly skew: boolean;
  readonly deletes: boolean;
  readonly webhooks: boolean;
  readonly stateLoss: boolean;
}

export function drawSwarm(random: Random): Swarm {
  return {
    writeFaults: random.chance(0.6),
    readFaults: random.chance(0.4),
    omissions: random.chance(0.3),
    lag: random.chance(0.4),
    crashes: random.chance(0.5),
    stalls: random.chance(0.3),
    secondDaemon: random.chance(0.25),
    storeFaults: random.chance(0.3),
    automations: random.chance(0.25),
    spelling: random.chance(0.3),
    skew: random.chance(0.3),
    deletes: random.chance(0.6),
    webhooks: random.chance(0.5),
    stateLoss: random.chance(0.12),
  };
}

/** @param mayRewrite At most one side may edit what the mapping names after each write, or the two would never rest. */
export function drawHabits(random: Random, swarm: Swarm, mayRewrite: boolean): Habits {
  const versions = random.pick(["number", "number", "opaque", "flaky", "none"] as const);
  const guard: WriteGuard =
    versions === "none"
      ? random.pick(["read-compare", "none"] as const)
      : random.pick(["if-match", "if-match", "read-compare"] as const);
  const find = random.chance(0.75);
  const verify = random.pick(find ? (["find", "find", "marker", null] as const) : (["marker", null] as const));
  const settleMs = random.pick([2000, 10_000]);
  const get = random.chance(0.92);
  return {
    versions,
    tellsModified: random.chance(0.8),
    guard: get ? guard : versions === "none" ? "none" : "if-match",
    needsCurrent: guard === "if-match" && get && random.chance(0.2),
    get,
    find,
    verify,
    repeat: random.chance(0.25) ? "by-key" : "unsafe",
    unique: find && random.chance(0.5),
    changes: random.chance(0.8),
    tellsDeletes: random.chance(0.3),
    keepsDeleted: random.chance(0.2),
    settleMs,
    lagMs: swarm.lag ? random.whole(0, settleMs - 500) : 0,
    pageSize: random.pick([1, 2, 3, 50]),
    paging: random.pick(["offset", "keyset"] as const),
    tellsTotal: random.chance(0.5),
    answersRecord: random.chance(0.4),
    answersVersion: random.chance(0.7),
    batch: random.pick([1, 2, 50]),
    latencyMs: random.pick([0, 20, 400]),
    skewMs: swarm.skew ? random.whole(-120_000, 120_000) : 0,
    spelling: swarm.spelling ? random.pick(["as-is", "upper", "trim"] as const) : "as-is",
    automation: swarm.automations
      ? random.pick(mayRewrite ? (["none", "stamp", "rewrite"] as const) : (["none", "stamp"] as const))
      : "none",
    webhooks: swarm.webhooks && random.chance(0.8),
  };
}
