// Reads from the state what the gauges show.
//
//   lag        since the last run that read both sides began, or since the oldest waiting hint is due, whichever is longer:
//              an edit made since then may not have been looked at. Both sides are read by the same runs.
//   withheld   of the last run that ended
//   agreement  of the last sweep: found in sync (or changed alike on both sides), of all that it found

import type { BudgetRow } from "../core/budget.ts";
import type { CaseKind, Situation } from "../core/decision.ts";
import { SIDES } from "../core/ids.ts";
import type { Ledger, PairFigures } from "../engine/ledger.ts";
import type { Operator, PairSummary } from "../engine/operator.ts";
import type { RunReport, RunRow, Withheld } from "../engine/ports/run.ts";
import { byName, sideName } from "./shown.ts";

interface PairGauges {
  readonly pair: string;
  readonly lag: readonly { readonly side: string; readonly seconds: number }[];
  readonly backlog: number;
  readonly quarantined: number;
  readonly cases: readonly { readonly kind: string; readonly count: number }[];
  readonly withheld: readonly { readonly op: string; readonly count: number }[];
  readonly agreement: readonly { readonly entity: string; readonly ratio: number }[];
}

export interface Figures {
  readonly effects: readonly {
    readonly pair: string;
    readonly entity: string;
    readonly side: string;
    readonly op: string;
    readonly count: number;
  }[];
  readonly pairs: readonly PairGauges[];
  readonly budgets: readonly BudgetRow[];
}

/** All kinds and operations are told, with 0, so that an alert on them has something to look at. */
const KINDS: Readonly<Record<CaseKind, true>> = {
  conflict: true,
  gone: true,
  ambiguous: true,
  "matched-taken": true,
  "gone-edited": true,
  guard: true,
  oscillation: true,
  "value-rejected": true,
  "unknown-outcome": true,
  drift: true,
};
const OPS: readonly Withheld["op"][] = ["create", "update", "delete", "blank"];
const AGREEING: readonly Situation[] = ["in-sync", "converged"];
/** Runs looked back for one that read both sides. */
const RUNS_BACK = 50;

/** @param now Milliseconds since 1970. */
export async function gatherFigures(ledger: Ledger, operator: Operator, now: number): Promise<Figures> {
  const [totals, summaries, budgets] = await Promise.all([ledger.effectTotals(), operator.pairs(), operator.budgets()]);
  const pairs = byName(summaries);
  const effects = totals.map((total) => ({ ...total, side: sideName(pairs, total.pair, total.side) }));
  return { effects, budgets, pairs: await Promise.all(summaries.map((summary) => gaugesOf(ledger, summary, now))) };
}

async function gaugesOf(ledger: Ledger, { pair, sides }: PairSummary, now: number): Promise<PairGauges> {
  const figures = await ledger.figures(pair);
  const since = await unlookedSince(ledger, pair, figures);
  const report = figures.lastRun?.report ?? null;
  return {
    pair,
    lag:
      since === null
        ? []
        : SIDES.map((side) => ({ side: sides[side].name, seconds: Math.max(0, (now - since) / 1000) })),
    backlog: figures.backlog,
    quarantined: figures.quarantined,
    cases: Object.keys(KINDS).map((kind) => ({ kind, count: figures.cases[kind as CaseKind] ?? 0 })),
    withheld: OPS.map((op) => ({ op, count: report === null ? 0 : withheldCount(report, op) })),
    agreement: agreementOf(figures.lastSweep?.report ?? null),
  };
}

async function unlookedSince(ledger: Ledger, pair: string, figures: PairFigures): Promise<number | null> {
  const { lastRun, oldestHint } = figures;
  if (lastRun === null) return oldestHint;
  const runs = readBoth(lastRun) ? [lastRun] : await ledger.runs({ pair, limit: RUNS_BACK, before: null });
  // When none of them read both sides, the oldest of them began at least that long ago.
  const since = (runs.find(readBoth) ?? runs.at(-1))?.startedAt ?? null;
  if (since === null || oldestHint === null) return since ?? oldestHint;
  return Math.min(since, oldestHint);
}

function readBoth({ report }: RunRow): boolean {
  return report !== null && report.outcome !== "halted" && report.outcome !== "failed";
}

/** A trip of a side's limit is told with every entity of the run; it is one trip. */
function withheldCount(report: RunReport, op: Withheld["op"]): number {
  const trips = Object.values(report.entities).flatMap((entity) => entity.withheld.filter((trip) => trip.op === op));
  const distinct = new Map(
    trips.map((trip) => [`${trip.side} ${String(trip.count)} ${String(trip.limit)}`, trip.count]),
  );
  return [...distinct.values()].reduce((sum, count) => sum + count, 0);
}

function agreementOf(sweep: RunReport | null): readonly { readonly entity: string; readonly ratio: number }[] {
  return Object.entries(sweep?.entities ?? {}).flatMap(([entity, { situations }]) => {
    const all = Object.values(situations).reduce((sum, count) => sum + count, 0);
    const agreeing = AGREEING.reduce((sum, situation) => sum + (situations[situation] ?? 0), 0);
    return all === 0 ? [] : [{ entity, ratio: agreeing / all }];
  });
}
