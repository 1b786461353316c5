// `syncline status [PAIR]`: what is wrong, and what to type.

import type { Command } from "commander";
import type { BudgetRow } from "../core/budget.ts";
import type { PairFigures } from "../engine/ledger.ts";
import type { PairRuntime } from "../daemon/runtime.ts";
import { globalOptions, outputOf, table } from "./output.ts";
import { inSession, pairOf } from "./session.ts";

export function register(program: Command): void {
  program
    .command("status [pair]")
    .description("lag, backlog, last run, open cases, quarantine, budgets, next run")
    .action(async (name: string | undefined, _options: unknown, command: Command) => {
      const output = outputOf(globalOptions(command));
      await inSession(output, name === undefined ? [] : [name], async ({ runtime }) => {
        const pairs = name === undefined ? [...runtime.pairs.values()] : [pairOf(runtime, name)];
        const budgets = await runtime.budgets.list();
        const rows: (PairStatus & Beside)[] = [];
        for (const pair of pairs) {
          const figures = await runtime.ledger.figures(pair.mapping.pair);
          rows.push({ ...statusOf(pair, figures, Date.now()), ...(await besideOf(pair, figures, budgets)) });
        }
        output.result(rows, statusText(rows));
        return 0;
      });
    });
}

/** What `status` tells beside the pair's own state. */
interface Beside {
  /** ISO times at which a daemon would run it next; null: it is not scheduled. */
  readonly next: { readonly changes: string | null; readonly sweep: string | null };
  /** What is left of the limits of its systems, as far as they were called. */
  readonly budgets: readonly {
    readonly system: string;
    readonly limit: string;
    readonly calls: number;
    readonly used: number;
    readonly heldUntil: string | null;
  }[];
}

async function besideOf(pair: PairRuntime, figures: PairFigures, budgets: readonly BudgetRow[]): Promise<Beside> {
  const { sides } = pair.mapping;
  const { lastRun, lastSweep } = figures;
  return {
    next: await pair.next({ changes: lastRun?.endedAt ?? null, sweep: lastSweep?.endedAt ?? null }),
    budgets: budgets
      .filter(({ system }) => system === sides.left.system || system === sides.right.system)
      .map(({ system, limit, calls, used, heldUntil }) => ({
        system,
        limit,
        calls,
        used,
        heldUntil: heldUntil === null ? null : new Date(heldUntil).toISOString(),
      })),
  };
}

export interface PairStatus {
  readonly pair: string;
  readonly state: string;
  readonly paused: string | null;
  readonly mappingChanged: boolean;
  readonly links: PairFigures["links"];
  readonly lastRun: {
    readonly run: string;
    readonly outcome: string | null;
    readonly reason: string | null;
    readonly ended: string | null;
  } | null;
  readonly lastSweep: string | null;
  /** Seconds that the oldest due hint has waited. */
  readonly lagSeconds: number;
  readonly backlog: number;
  readonly openIntents: number;
  readonly cases: number;
  readonly casesByKind: PairFigures["cases"];
  readonly quarantine: number;
  readonly parked: number;
  readonly approvalsPending: number;
  readonly schedule: { readonly changes: string | null; readonly sweep: string | null };
}

/** @param now Milliseconds since 1970. */
export function statusOf(pair: PairRuntime, figures: PairFigures, now: number): PairStatus {
  const iso = (at: number | null | undefined): string | null =>
    at === null || at === undefined ? null : new Date(at).toISOString();
  const { lastRun, lastSweep } = figures;
  const { changes, sweep } = pair.mapping.schedule;
  const entryText = (entry: typeof changes): string | null =>
    entry === null ? null : "cron" in entry ? `cron ${entry.cron}` : `every ${String(entry.everyMs / 1000)}s`;
  return {
    pair: pair.mapping.pair,
    state: figures.state.paused === null ? pair.mapping.state : "paused",
    paused: figures.state.paused,
    mappingChanged: figures.state.acceptedMeaning !== null && figures.state.acceptedMeaning !== pair.parts.meaning,
    links: figures.links,
    lastRun:
      lastRun === null
        ? null
        : {
            run: lastRun.run,
            outcome: lastRun.report?.outcome ?? null,
            reason: lastRun.report?.reason ?? null,
            ended: iso(lastRun.endedAt),
          },
    lastSweep: iso(lastSweep?.endedAt),
    lagSeconds: figures.oldestHint === null ? 0 : Math.max(0, Math.round((now - figures.oldestHint) / 1000)),
    backlog: figures.backlog,
    openIntents: figures.openIntents,
    cases: Object.values(figures.cases).reduce((sum, count) => sum + count, 0),
    casesByKind: figures.cases,
    quarantine: figures.quarantined,
    parked: figures.parked,
    approvalsPending: figures.approvalsPending,
    schedule: { changes: entryText(changes), sweep: entryText(sweep) },
  };
}

function statusText(rows: readonly (PairStatus & Beside)[]): string {
  if (rows.length === 0) return "no pair has a mapping without errors; see: syncline check";
  const head = ["pair", "state", "links", "last run", "backlog", "cases", "quarantine", "parked", "next"];
  const body = rows.map((row) => [
    row.pair,
    row.state,
    String(row.links.live),
    row.lastRun === null
      ? "never"
      : `${row.lastRun.outcome ?? "running"}${row.lastRun.reason === null ? "" : ` (${row.lastRun.reason})`} ${row.lastRun.ended ?? ""}`.trim(),
    String(row.backlog),
    String(row.cases),
    String(row.quarantine),
    String(row.parked),
    row.paused === null ? ([row.next.changes, row.next.sweep].filter((at) => at !== null).toSorted()[0] ?? "") : "",
  ]);
  const budgets = rows.flatMap((row) =>
    row.budgets.filter((each) => each.heldUntil !== null || each.used >= each.calls * 0.8),
  );
  const steps = rows.flatMap((row) => [
    ...(row.mappingChanged
      ? [
          `${row.pair}: its meaning has changed; look with \`syncline plan ${row.pair} --sweep\`, then: syncline accept ${row.pair}`,
        ]
      : []),
    ...(row.paused === null ? [] : [`${row.pair}: paused (${row.paused}); go on with: syncline resume ${row.pair}`]),
    ...(row.cases === 0 ? [] : [`${row.pair}: ${String(row.cases)} cases wait: syncline cases ${row.pair}`]),
    ...(row.quarantine === 0
      ? []
      : [`${row.pair}: ${String(row.quarantine)} records fail: syncline quarantine ${row.pair}`]),
  ]);
  const scarce = budgets.map(
    (each) =>
      `${each.system}: ${String(each.used)} of ${String(each.calls)} calls of its limit "${each.limit}" are used${each.heldUntil === null ? "" : `, and it wants none before ${each.heldUntil}`}`,
  );
  return [table([head, ...body]), ...new Set(scarce), ...steps].join("\n");
}
