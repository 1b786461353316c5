// Cases of drifted fields. An answer of a person accepts the field as it is; that is remembered in the closed case while the
// drift lasts, so that the same question is not asked at every sweep.

import type { Value } from "../core/value.ts";
import type { Drift } from "../engine/ports/waiting.ts";
import { statement, type Sql } from "./database.ts";
import { json } from "./encoding.ts";

const OPEN = statement(
  "drifts.open",
  `insert into syncline.cases (pair, entity, kind, field, side, op, "values")
   select $1, $2, 'drift', $4, $3, $4, $5::json
    where not exists (
      select 1 from syncline.cases where pair = $1 and entity = $2 and side = $3 and op = $4 and kind = 'drift'
         and closed_at is not null and answer is not null)
   on conflict (pair, entity, side, op) where closed_at is null and kind = 'drift' do update set "values" = excluded."values"`,
);
const ACCEPTED = statement(
  "drifts.accepted",
  `update syncline.cases set closed_at = now()
    where pair = $1 and entity = $2 and side = $3 and op = $4 and kind = 'drift' and closed_at is null and answer is not null`,
);
const OVER = statement(
  "drifts.over",
  `update syncline.cases set closed_at = coalesce(closed_at, now()), answer = null
    where pair = $1 and entity = $2 and side = $3 and op = $4 and kind = 'drift' and (closed_at is null or answer is not null)`,
);

export async function setDrift(
  sql: Sql,
  pair: string,
  { entity, side, field }: Pick<Drift, "entity" | "side" | "field">,
  open: { readonly values: Value } | null,
): Promise<void> {
  const key = [pair, entity, side, field];
  if (open === null) {
    await sql.rows(OVER, key);
    return;
  }
  await sql.rows(ACCEPTED, key);
  await sql.rows(OPEN, [...key, json(open.values)]);
}

const READ = statement<Drift>(
  "drifts.read",
  `select distinct on (entity, side, op) entity, side, op as field,
          case when answer is null then 'open' else 'accepted' end as state
     from syncline.cases
    where pair = $1 and kind = 'drift' and (closed_at is null or answer is not null)
    order by entity, side, op, closed_at nulls first`,
);

export async function drifts(sql: Sql, pair: string): Promise<readonly Drift[]> {
  return sql.rows(READ, [pair]);
}
