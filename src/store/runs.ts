// The record of each run, and the end of what lives for one run only.

import type { Instant, RunId } from "../core/ids.ts";
import type { EntityReport, RunReport, RunRow } from "../engine/ports/run.ts";
import { statement, type Sql } from "./database.ts";
import { asValue, instantSql, json } from "./encoding.ts";

// A run that never ended died with its daemon; nobody will read what it staged.
const START = statement(
  "runs.start",
  `with dead as materialized (select number from syncline.runs where pair = $1 and ended_at is null),
   sightings as (delete from syncline.sightings s using dead where s.run = dead.number),
   decisions as (delete from syncline.decisions d using dead where d.run = dead.number)
   insert into syncline.runs (pair, run, kind) values ($1, $2, $3)`,
);

export async function startRun(sql: Sql, pair: string, run: RunId, kind: RunRow["kind"]): Promise<void> {
  await sql.rows(START, [pair, run, kind]);
}

const END = statement<{ number: string; kind: RunRow["kind"] }>(
  "runs.end",
  `with ended as (
     update syncline.runs set ended_at = now(), report = $3::json where pair = $1 and run = $2 returning number, kind),
   sightings as (delete from syncline.sightings s using ended where s.run = ended.number),
   decisions as (delete from syncline.decisions d using ended where d.run = ended.number)
   select number::text as number, kind from ended`,
);

const BEFORE = statement<{ number: string; report: RunReport | null }>(
  "runs.before",
  `select r.number::text as number, r.report from syncline.runs r
    where r.pair = $1 and r.kind = $2 and r.number < $3::bigint order by r.number desc limit 1`,
);
const DROP = statement("runs.drop", "delete from syncline.runs where number = $1::bigint");

export async function endRun(sql: Sql, pair: string, run: RunId, report: RunReport): Promise<void> {
  const [ended] = await sql.rows(END, [pair, run, json(asValue(report))]);
  if (ended === undefined) throw new Error(`run ${run} of ${pair} was not started`);
  if (ended.kind === "apply") return;
  const [before] = await sql.rows(BEFORE, [pair, ended.kind, ended.number]);
  if (before !== undefined && before.report !== null && tellsTheSame(before.report, report)) {
    await sql.rows(DROP, [before.number]);
  }
}

/**
 * A run that did nothing takes the place of the one before it that did nothing either: a pair at rest, polled for years, keeps
 * one row for each kind of run. What they read may differ; what came of it and what waits for a person must not.
 */
function tellsTheSame(before: RunReport, after: RunReport): boolean {
  if (before.outcome !== after.outcome || before.reason !== after.reason) return false;
  const names = Object.keys(after.entities);
  if (names.length !== Object.keys(before.entities).length) return false;
  return names.every((name) => {
    const [one, other] = [before.entities[name], after.entities[name]];
    if (one === undefined || other === undefined) return false;
    const open = (["cases", "parked", "quarantined", "blocked"] as const).every((key) => one[key] === other[key]);
    return open && [one, other].every(didNothing);
  });
}

function didNothing(report: EntityReport): boolean {
  return Object.values(report.effects).every(({ create, update, delete: deleted }) => create + update + deleted === 0);
}

export type PairRun = RunRow & { readonly pair: string };

interface RunColumns {
  readonly pair: string;
  readonly run: RunId;
  readonly kind: RunRow["kind"];
  readonly started_at: Instant;
  readonly ended_at: Instant | null;
  /** What endRun wrote. */
  readonly report: RunReport | null;
}

const COLUMNS = `pair, run, kind, ${instantSql("started_at")} as started_at, ${instantSql("ended_at")} as ended_at, report`;

function toRun(row: RunColumns): PairRun {
  return {
    pair: row.pair,
    run: row.run,
    kind: row.kind,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    report: row.report,
  };
}

const LIST = statement<RunColumns>(
  "runs.list",
  `select ${COLUMNS} from syncline.runs
    where ($1::text is null or pair = $1) and ($2::text is null or kind = $2)
      and ($3::text is null or number < (select number from syncline.runs where run = $3))
    order by number desc limit $4`,
);

/** Newest first. */
export async function listRuns(
  sql: Sql,
  filter: {
    readonly pair: string | null;
    readonly kind: RunRow["kind"] | null;
    readonly before: RunId | null;
    readonly limit: number;
  },
): Promise<readonly PairRun[]> {
  return (await sql.rows(LIST, [filter.pair, filter.kind, filter.before, filter.limit])).map(toRun);
}

const ONE = statement<RunColumns>("runs.one", `select ${COLUMNS} from syncline.runs where run = $1`);

export async function findRun(sql: Sql, run: RunId): Promise<PairRun | null> {
  const [row] = await sql.rows(ONE, [run]);
  return row === undefined ? null : toRun(row);
}
