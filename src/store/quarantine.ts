// Records that fail for good, one row each, with how often they did.

import type { LinkId, RemoteId, Side } from "../core/ids.ts";
import type { QuarantineRow } from "../engine/ledger.ts";
import type { Quarantined, RefusedWrite } from "../engine/ports/waiting.ts";
import { statement, type Sql } from "./database.ts";
import { instantSql, recordset, timestampSql } from "./encoding.ts";

export interface RecordName {
  readonly entity: string;
  readonly side: Side;
  readonly id: RemoteId;
}

const ADD = statement(
  "quarantine.add",
  `insert into syncline.quarantine as q (pair, entity, side, record, code, message, next, refused)
   select $1, i.entity, i.side, i.record, i.code, i.message, ${timestampSql("i.next")}, i.refused
     from json_to_recordset($2::json)
       as i(entity text, side text, record text, code text, message text, next float8, refused text)
   on conflict (record, entity, side, pair) do update
      set code = excluded.code, message = excluded.message, next = excluded.next, refused = excluded.refused,
          attempts = q.attempts + 1`,
);

/** A record that is named twice failed once, with the later reason. */
export async function addQuarantined(sql: Sql, pair: string, entries: readonly Quarantined[]): Promise<void> {
  if (entries.length === 0) return;
  const latest = new Map(entries.map((entry) => [`${entry.side} ${entry.entity} ${entry.record}`, entry]));
  const rows = [...latest.values()].map(({ entity, side, record, code, message, next, refused }) => ({
    entity,
    side,
    record,
    code,
    message,
    next,
    refused: refused ?? null,
  }));
  await sql.rows(ADD, [pair, recordset(rows)]);
}

const RELEASE = statement(
  "quarantine.release",
  `delete from syncline.quarantine q using json_to_recordset($2::json) as i(entity text, side text, id text)
    where q.pair = $1 and q.entity = i.entity and q.side = i.side and q.record = i.id`,
);

export async function releaseQuarantined(sql: Sql, pair: string, records: readonly RecordName[]): Promise<void> {
  if (records.length > 0) await sql.rows(RELEASE, [pair, recordset(records.map(nameOf))]);
}

/** The three columns of a name alone, whatever else the object has. */
export function nameOf({ entity, side, id }: RecordName): RecordName {
  return { entity, side, id };
}

const OF = statement<{ record: RemoteId }>(
  "quarantine.of",
  "select record from syncline.quarantine where pair = $1 and entity = $2 and side = $3 and record = any($4::text[])",
);

export async function quarantinedOf(
  sql: Sql,
  pair: string,
  which: { readonly entity: string; readonly side: Side; readonly ids: readonly RemoteId[] },
): Promise<ReadonlySet<RemoteId>> {
  if (which.ids.length === 0) return new Set();
  return new Set((await sql.rows(OF, [pair, which.entity, which.side, which.ids])).map((row) => row.record));
}

const REFUSED = statement<RefusedWrite>(
  "quarantine.refused",
  `select record as id, refused, attempts, ${instantSql("next")} as next from syncline.quarantine
    where pair = $1 and entity = $2 and side = $3 and record = any($4::text[])`,
);

export async function refusedWrites(
  sql: Sql,
  pair: string,
  which: { readonly entity: string; readonly side: Side; readonly ids: readonly RemoteId[] },
): Promise<readonly RefusedWrite[]> {
  if (which.ids.length === 0) return [];
  return sql.rows(REFUSED, [pair, which.entity, which.side, which.ids]);
}

const LIST = statement<QuarantineRow>(
  "quarantine.list",
  `select id, pair, entity, side, record, code, message, attempts, ${instantSql("next")} as next
     from syncline.quarantine where $1::text is null or pair = $1
    order by since desc, length(id) desc, id desc limit $2`,
);

/** Newest first. */
export async function listQuarantine(sql: Sql, pair: string | null, limit: number): Promise<readonly QuarantineRow[]> {
  return sql.rows(LIST, [pair, limit]);
}

const RETRY = statement<{ count: number }>(
  "quarantine.retry",
  `with chosen as (
     update syncline.quarantine set next = now()
      where ($1::text[] is not null and id = any($1::text[])) or ($1::text[] is null and ($2::text is null or pair = $2))
     returning pair, entity, side, record),
   hinted as (
     insert into syncline.inbox (pair, entity, side, record, channel, due)
     select pair, entity, side, record, 'retry', now() from chosen)
   select count(*)::float8 as count from chosen`,
);

/** Hints the records. @returns how many. */
export async function retryQuarantined(
  sql: Sql,
  which: { readonly ids: readonly string[] } | { readonly pair: string | null },
): Promise<number> {
  const [row] = await sql.rows(RETRY, "ids" in which ? [which.ids, null] : [null, which.pair]);
  return row?.count ?? 0;
}

const LINKED = statement<{ side: Side; record: RemoteId; link: LinkId }>(
  "quarantine.linked",
  `select q.side, q.record, l.id::text as link from syncline.quarantine q
     join syncline.links l on q.side = 'left' and l.left_id = q.record and l.entity = q.entity and l.pair = q.pair and l.state = 'live'
    where q.pair = $1 and q.entity = $2
   union all
   select q.side, q.record, l.id::text from syncline.quarantine q
     join syncline.links l on q.side = 'right' and l.right_id = q.record and l.entity = q.entity and l.pair = q.pair and l.state = 'live'
    where q.pair = $1 and q.entity = $2`,
);

/** Quarantined records that are in a live link. */
export function quarantinedLinks(
  sql: Sql,
  pair: string,
  entity: string,
): Promise<readonly { readonly side: Side; readonly record: RemoteId; readonly link: LinkId }[]> {
  return sql.rows(LINKED, [pair, entity]);
}
