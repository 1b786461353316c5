// What carrying a plan out costs: calls of each side, and the time they take at the rates that the system allows. Reads are
// those that making the plan took, because a run reads the same again. An estimate: retries and records that move are not in it.

import { ceilingOf, isLong, type BudgetLimit, type BudgetRow, type Lane } from "../core/budget.ts";
import type { BySide, Side } from "../core/ids.ts";
import { isFields, isList, type Fields, type Value } from "../core/value.ts";
import type { Capabilities } from "../connector/contract.ts";

export interface BillParts {
  /** Names of the sides in the mapping file. */
  readonly names: BySide<string>;
  /** By entity. */
  readonly writes: BySide<ReadonlyMap<string, WriteCounts>>;
  /** By entity. */
  readonly capabilities: ReadonlyMap<string, BySide<Capabilities>>;
  /** Calls that reading takes. */
  readonly reads: BySide<number>;
  /** That the calls will be made in: a later one may not use up all of a limit. */
  readonly lane: Lane;
  readonly limits: BySide<readonly BudgetLimit[]>;
  /** What is taken of each side's limits already. */
  readonly taken: BySide<readonly BudgetRow[]>;
}

export type WriteCounts = Readonly<Record<"create" | "update" | "delete", number>>;

/** By side: `reads`, `writes`, `calls`, `minutes`, and each limit with what is left of it and whether the calls fit. */
export function billOf(parts: BillParts): Fields {
  return { [parts.names.left]: sideBill(parts, "left"), [parts.names.right]: sideBill(parts, "right") };
}

function sideBill(parts: BillParts, side: Side): Fields {
  let writes = 0;
  for (const [entity, counts] of parts.writes[side]) {
    const can = parts.capabilities.get(entity)?.[side];
    if (can !== undefined) writes += callsOf(counts, can);
  }
  const reads = parts.reads[side];
  const calls = reads + writes;
  const limits = parts.limits[side];
  const lefts = limits.map((limit) => {
    const used = parts.taken[side].find((row) => row.limit === limit.name)?.used ?? 0;
    return Math.max(0, ceilingOf(limit, parts.lane) - used);
  });
  const minutes = Math.max(0, ...limits.map((limit, index) => minutesOf(limit, calls, lefts[index] ?? 0, parts.lane)));
  return {
    reads,
    writes,
    calls,
    minutes: Math.round(minutes * 10) / 10,
    limits: limits.map((limit, index): Fields => {
      const left = lefts[index] ?? 0;
      // A short limit is full again within the run; that it takes its time is what the minutes tell.
      return { limit: limit.name, left, fits: calls <= left || !isLong(limit) };
    }),
  };
}

/** A short limit sets the pace; a long one costs nothing until it is used up, and then a stretch for each filling. */
function minutesOf(limit: BudgetLimit, calls: number, left: number, lane: Lane): number {
  const stretches = isLong(limit) ? Math.ceil(Math.max(0, calls - left) / ceilingOf(limit, lane)) : calls / limit.count;
  return (stretches * limit.perMs) / 60_000;
}

/** @param actions Rows of the plan's document. @param side Its name in the mapping file. */
export function writesOf(actions: readonly Value[], side: string): ReadonlyMap<string, WriteCounts> {
  const found = new Map<string, { create: number; update: number; delete: number }>();
  for (const action of actions) {
    if (!isFields(action) || typeof action["entity"] !== "string" || !isList(action["writes"])) continue;
    const counts = found.get(action["entity"]) ?? { create: 0, update: 0, delete: 0 };
    found.set(action["entity"], counts);
    for (const write of action["writes"]) {
      if (!isFields(write) || write["side"] !== side) continue;
      const { op } = write;
      if (op === "create" || op === "update" || op === "delete") counts[op] += 1;
    }
  }
  return found;
}

/** Writes in batches, a look-up by key before each create, a read before each guarded write. */
function callsOf(counts: WriteCounts, can: Capabilities): number {
  const inBatches = (count: number, most: number): number => Math.ceil(count / Math.max(1, most));
  const lookUps = can.findBy.length === 0 ? 0 : counts.create;
  const guarded =
    (can.update?.guard === "read-compare" ? counts.update : 0) +
    (can.delete?.guard === "read-compare" ? counts.delete : 0);
  // A delete is proven by a point look-up.
  const proofs = can.get ? counts.delete : 0;
  return (
    lookUps +
    inBatches(guarded + proofs, can.batch.read) +
    inBatches(counts.create, can.batch.create) +
    inBatches(counts.update, can.batch.update) +
    inBatches(counts.delete, can.batch.delete)
  );
}
