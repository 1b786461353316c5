// How much there is of everything, for status pages and metrics: one statement a question.

import type { CaseKind } from "../core/decision.ts";
import type { Instant } from "../core/ids.ts";
import { statement, type Sql } from "./database.ts";
import { instantSql } from "./encoding.ts";

export interface OpenCounts {
  readonly cases: number;
  readonly parked: number;
  readonly quarantined: number;
}

const OPEN = statement<OpenCounts>(
  "figures.open",
  `select (select count(*) from syncline.cases where pair = $1 and entity = $2 and closed_at is null)::float8 as cases,
          (select count(distinct (side, id)) from syncline.parked where pair = $1 and entity = $2)::float8 as parked,
          (select count(*) from syncline.quarantine where pair = $1 and entity = $2)::float8 as quarantined`,
);

export async function countOpen(sql: Sql, pair: string, entity: string): Promise<OpenCounts> {
  const [row] = await sql.rows(OPEN, [pair, entity]);
  return row ?? { cases: 0, parked: 0, quarantined: 0 };
}

export interface Waiting {
  readonly quarantined: number;
  readonly parked: number;
  /** Records, not hints. */
  readonly backlog: number;
  readonly oldest_hint: Instant | null;
  readonly open_intents: number;
  readonly approvals: number;
  readonly cases: Readonly<Partial<Record<CaseKind, number>>>;
}

const WAITING = statement<Waiting>(
  "figures.waiting",
  `select (select count(*) from syncline.quarantine where pair = $1)::float8 as quarantined,
          (select count(distinct (entity, side, id)) from syncline.parked where pair = $1)::float8 as parked,
          (select count(distinct (entity, side, record)) from syncline.inbox where pair = $1)::float8 as backlog,
          (select ${instantSql("min(due)")} from syncline.inbox where pair = $1) as oldest_hint,
          (select count(*) from syncline.intents where pair = $1)::float8 as open_intents,
          (select count(*) from syncline.approvals where pair = $1 and ended_at is null)::float8 as approvals,
          (select coalesce(json_object_agg(kind, n), '{}') from (
             select kind, count(*) as n from syncline.cases where pair = $1 and closed_at is null group by kind) k) as cases`,
);

export async function countWaiting(sql: Sql, pair: string): Promise<Waiting> {
  const [row] = await sql.rows(WAITING, [pair]);
  if (row === undefined) throw new Error("a statement without a table gave no row");
  return row;
}
