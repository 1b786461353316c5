// `syncline status [PAIR]`: what is wrong, and what to type.

import type { Command } from "commander";
import type { PairFigures } from "../engine/ledger.ts";
import type { PairRuntime } from "../daemon/runtime.ts";
import { globalOptions, outputOf, table } from "./output.ts";
import { inSession, pairOf } from "./session.ts";

export function register(program: Command): void {
  program
    .command("status [pair]")
    .description("lag, backlog, last run, open cases, quarantine")
    .action(async (name: string | undefined, _options: unknown, command: Command) => {
      const output = outputOf(globalOptions(command));
      await inSession(output, name === undefined ? [] : [name], async ({ runtime }) => {
        const pairs = name === undefined ? [...runtime.pairs.values()] : [pairOf(runtime, name)];
        const rows = [];
        for (const pair of pairs)
          rows.push(statusOf(pair, await runtime.ledger.figures(pair.mapping.pair), Date.now()));
        output.result(rows, statusText(rows));
        return 0;
      });
    });
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

function statusText(rows: readonly PairStatus[]): string {
  if (rows.length === 0) return "no pair has a mapping without errors; see: syncline check";
  const head = ["pair", "state", "links", "last run", "backlog", "cases", "quarantine", "parked"];
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
  ]);
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
  return [table([head, ...body]), ...steps].join("\n");
}
