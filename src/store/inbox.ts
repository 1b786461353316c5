// Hints wait here until a run has looked. Every hint is a row of its own: a hint that arrives while a run looks at the same
// record must survive that run, so what is done is named row by row.

import type { Instant, RemoteId, Side } from "../core/ids.ts";
import type { Channel, Hint, StoredHint } from "../engine/ports/hint.ts";
import { statement, type Sql } from "./database.ts";
import { instantSql, recordset, timestampSql } from "./encoding.ts";

const ADD = statement(
  "inbox.add",
  `insert into syncline.inbox (pair, entity, side, record, channel, due)
   select i.pair, i.entity, i.side, i.record, i.channel, ${timestampSql("i.due")}
     from json_to_recordset($1::json) as i(pair text, entity text, side text, record text, channel text, due float8)`,
);

export interface HintRow {
  readonly pair: string;
  readonly entity: string;
  readonly side: Side;
  readonly record: RemoteId;
  readonly channel: Channel;
  readonly due: Instant;
}

export function toHintRow(pair: string, hint: Hint): HintRow {
  return { pair, entity: hint.entity, side: hint.side, record: hint.id, channel: hint.channel, due: hint.due };
}

export async function addHints(sql: Sql, pair: string, hints: readonly Hint[]): Promise<void> {
  if (hints.length === 0) return;
  await sql.rows(ADD, [recordset(hints.map((hint) => toHintRow(pair, hint)))]);
}

// A run may pass over what is merely withheld, so any other reason to look comes first.
const DUE = statement<{ id: RemoteId; channel: Channel; due: Instant; rows: string }>(
  "inbox.due",
  `select record as id, ${instantSql("min(due)")} as due, (array_agg(channel order by channel = 'withheld', due, id))[1] as channel,
          string_agg(id::text, ',' order by id) as rows
     from syncline.inbox
    where pair = $1 and entity = $2 and side = $3 and due <= ${timestampSql("$4")}
    group by record order by min(due), min(id) limit $5`,
);

export async function dueHints(
  sql: Sql,
  pair: string,
  which: { readonly entity: string; readonly side: Side; readonly now: Instant; readonly limit: number },
): Promise<readonly StoredHint[]> {
  const rows = await sql.rows(DUE, [pair, which.entity, which.side, which.now, which.limit]);
  return rows.map((row) => ({
    hintId: row.rows,
    entity: which.entity,
    side: which.side,
    id: row.id,
    channel: row.channel,
    due: row.due,
  }));
}

const DONE = statement("inbox.done", "delete from syncline.inbox where pair = $1 and id = any($2::bigint[])");

/** @param hintIds As `dueHints` gave them: each names all rows that were due then. */
export async function hintsDone(sql: Sql, pair: string, hintIds: readonly string[]): Promise<void> {
  if (hintIds.length === 0) return;
  await sql.rows(DONE, [pair, hintIds.flatMap((hintId) => hintId.split(","))]);
}
