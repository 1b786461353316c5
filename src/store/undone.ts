// Taking runs back: what a run did, record by record, and which records still wait for a person since one was taken back.

import type { Instant, RemoteId, RunId } from "../core/ids.ts";
import type { Fields } from "../core/value.ts";
import type { UndoneCase, RunEffects } from "../engine/ports/undone.ts";
import { statement, type Sql } from "./database.ts";
import { instantSql, recordset } from "./encoding.ts";
import { EFFECT_COLUMNS, toEffect, type EffectColumns } from "./effects.ts";

// All that the run did to a link comes with the first of it, so a page is one of whole records.
const OF_RUN = statement<EffectColumns & { readonly id: string; readonly last: string }>(
  "undone.run-effects",
  `with page as materialized (
     select id, link_id from syncline.effects
      where run = $2 and pair = $1 and entity = $3 and id > $4::bigint order by id limit $5),
   linked as materialized (
     select distinct p.link_id from page p where p.link_id is not null
        and not exists (
          select 1 from syncline.effects b
           where b.link_id = p.link_id and b.run = $2 and b.entity = $3 and b.id <= $4::bigint)),
   found as materialized (
     select id from page where link_id is null
     union
     select e.id from linked l join syncline.effects e on e.link_id = l.link_id
      where e.run = $2 and e.pair = $1 and e.entity = $3)
   select e.id::text as id, ${EFFECT_COLUMNS}, (select max(id) from page)::text as last
     from found f join syncline.effects e using (id) order by e.id`,
);
const LAST = statement<{ last: string | null; rows: number }>(
  "undone.run-page",
  `select max(id)::text as last, count(*)::int as rows from (
     select id from syncline.effects where run = $2 and pair = $1 and entity = $3 and id > $4::bigint order by id limit $5) p`,
);

/** @param after What `next` said of the page before; null: the first. */
export async function runEffects(
  sql: Sql,
  pair: string,
  { run, entity, after, limit }: { run: RunId; entity: string; after: string | null; limit: number },
): Promise<RunEffects> {
  const asked = [pair, run, entity, after ?? "0", limit];
  const [page] = await sql.rows(LAST, asked);
  if (page === undefined || page.last === null) return { effects: [], next: null };
  const effects = (await sql.rows(OF_RUN, asked)).map(toEffect);
  return { effects, next: page.rows < limit ? null : page.last };
}

const OPEN = `pair = $1 and entity = $2 and closed_at is null and answer is null
  and kind in ('conflict', 'gone', 'gone-edited') and ("values" ->> 'undone') is not null`;

const ANY = statement<{ any: boolean }>(
  "undone.any",
  `select exists (select 1 from syncline.cases where ${OPEN}) as "any"`,
);

/** Whether any record of the entity waits so: nearly always none, and then nothing more is asked. */
export async function hasUndone(sql: Sql, pair: string, entity: string): Promise<boolean> {
  const [row] = await sql.rows(ANY, [pair, entity]);
  return row?.any === true;
}

interface UndoneRow {
  readonly left_id: RemoteId;
  readonly right_id: RemoteId;
  readonly field: string | null;
  readonly run: RunId;
  readonly wrote: Fields | null;
  readonly since: Instant;
}

const OF_SUBJECTS = statement<UndoneRow>(
  "undone.of-subjects",
  `select c.subject_left as left_id, c.subject_right as right_id, c.field, c."values" ->> 'undone' as run, c."values" -> 'wrote' as wrote,
          ${instantSql("c.since")} as since
     from (select * from syncline.cases where ${OPEN}) c
     join json_to_recordset($3::json) as s(left_id text, right_id text)
       on s.left_id = c.subject_left and s.right_id = c.subject_right`,
);

export async function undoneCases(
  sql: Sql,
  pair: string,
  entity: string,
  subjects: readonly { readonly left: RemoteId; readonly right: RemoteId }[],
): Promise<readonly UndoneCase[]> {
  if (subjects.length === 0) return [];
  const rows = subjects.map(({ left, right }) => ({ left_id: left, right_id: right }));
  return (await sql.rows(OF_SUBJECTS, [pair, entity, recordset(rows)])).map((row) => ({
    left: row.left_id,
    right: row.right_id,
    field: row.field,
    run: row.run,
    wrote: row.wrote ?? {},
    since: row.since,
  }));
}
