// What a pair's runs cost its two accounts: the bill of a plan, and a warning before a run begins what its limits do not hold.

import type { Budgets, Lane } from "../core/budget.ts";
import type { Tally } from "../core/guard.ts";
import { SIDES, type BySide, type Side } from "../core/ids.ts";
import { jsonText } from "../core/json.ts";
import { isFields, isList, type Fields, type Value } from "../core/value.ts";
import type { NamedRate } from "../connector/limits.ts";
import type { PairParts } from "../engine/context.ts";
import type { Ledger } from "../engine/ledger.ts";
import type { RunReport } from "../engine/ports/run.ts";
import type { Log } from "../engine/ports/world.ts";
import { billOf, writesOf, type WriteCounts } from "./bill.ts";

export interface PairBudgetParts {
  readonly parts: PairParts;
  readonly budgets: Budgets;
  readonly ledger: Ledger;
  readonly log: Log;
  /** The account's own figures, where it has any. */
  readonly rates: BySide<readonly NamedRate[]>;
}

export interface PairBudget {
  /** What carrying out a plan costs. @param actions Rows of the plan's document. */
  billOf(report: RunReport, actions: readonly Value[], lane: Lane): Promise<Fields>;
  /** Before everything is read: when reading alone is too much, going by the last time that everything was read. */
  warnOfReading(lane: Lane): Promise<void>;
  /** Before the first write. */
  warnOfWriting(counted: ReadonlyMap<string, Tally>, lane: Lane): Promise<void>;
}

/** Runs that are looked through for the last reading of everything. */
const RUNS_BACK = 20;

export function openPairBudget({ parts, budgets, ledger, log, rates }: PairBudgetParts): PairBudget {
  const { pair, sides } = parts.mapping;
  const names = bySide((side) => sides[side].name);
  const capabilities = new Map(
    parts.entities.map(({ name, objects }) => [name, bySide((side) => objects[side].capabilities)]),
  );
  const billFor = async (
    reads: BySide<number>,
    writes: BySide<ReadonlyMap<string, WriteCounts>>,
    lane: Lane,
  ): Promise<Fields> => {
    const taken = await budgets.list();
    return billOf({
      names,
      writes,
      capabilities,
      reads,
      limits: rates,
      taken: bySide((side) => taken.filter((row) => row.system === sides[side].system)),
      lane,
    });
  };
  // A limit that stays too small is told once, not at every run that goes on waiting.
  const told = new Set<string>();
  const warn = (message: string, bills: Fields): void => {
    for (const side of SIDES) {
      const bill = bills[names[side]];
      if (!isFields(bill) || !isList(bill["limits"])) continue;
      for (const limit of bill["limits"].filter(isFields)) {
        const key = `${message} ${side} ${jsonText(limit["limit"] ?? null)}`;
        if (limit["fits"] !== false) told.delete(key);
        if (limit["fits"] !== false || told.has(key)) continue;
        told.add(key);
        log.warn(message, {
          pair,
          system: sides[side].system,
          limit: limit["limit"],
          left: limit["left"],
          calls: bill["calls"],
          minutes: bill["minutes"],
          hint: "what does not fit waits for the next calls, over runs and restarts; nothing is lost by it",
        });
      }
    }
  };
  return {
    billOf: (report, actions, lane) =>
      billFor(
        bySide((side) => callsIn(report, names[side])),
        bySide((side) => writesOf(actions, names[side])),
        lane,
      ),
    async warnOfReading(lane) {
      const runs = await ledger.runs({ pair, limit: RUNS_BACK, before: null });
      const last = runs.find(({ kind, report }) => kind === "sweep" && report?.outcome === "ok")?.report ?? null;
      if (last === null) return;
      const written = bySide((side) => effectsIn(last, names[side]));
      const reads = bySide((side) => Math.max(0, callsIn(last, names[side]) - written[side]));
      warn("reading everything takes more calls than are left", await billFor(reads, NO_WRITES, lane));
    },
    async warnOfWriting(counted, lane) {
      const writes = bySide((side) => new Map([...counted].map(([entity, tally]) => [entity, tally[side]])));
      warn("the run has to write more than the calls that are left allow", await billFor(NO_READS, writes, lane));
    },
  };
}

const NO_READS = { left: 0, right: 0 };
const NO_WRITES = { left: new Map<string, WriteCounts>(), right: new Map<string, WriteCounts>() };

function callsIn({ calls }: RunReport, side: string): number {
  return Object.values(calls[side] ?? {}).reduce((sum, count) => sum + count, 0);
}

function effectsIn({ entities }: RunReport, side: string): number {
  return Object.values(entities).reduce((sum, { effects }) => {
    const { create, update, delete: deleted } = effects[side] ?? { create: 0, update: 0, delete: 0 };
    return sum + create + update + deleted;
  }, 0);
}

function bySide<T>(of: (side: Side) => T): BySide<T> {
  return { left: of("left"), right: of("right") };
}
