// The history: every confirmed remote change, and their sums, which are kept in the same transaction.

import type { Instant, LinkId, RemoteId, RunId, Side } from "../core/ids.ts";
import type { Effect } from "../engine/ports/intent.ts";
import type { EffectRow } from "../engine/ledger.ts";
import { statement, type Sql } from "./database.ts";
import { asValue, instantSql, recordset } from "./encoding.ts";

// The link of a create is made in the same commit, so its id is looked up by the record.
const ADD = statement(
  "effects.add",
  `insert into syncline.effects (pair, run, entity, side, op, record, other, link_id, fields, reason, intent_id)
   select $1, $2, i.entity, i.side, i.op, i.record, i.other,
          coalesce(i.link_id,
            (select id from syncline.links where i.side = 'left' and pair = $1 and entity = i.entity
                and left_id = i.record and state <> 'tombstone'),
            (select id from syncline.links where i.side = 'right' and pair = $1 and entity = i.entity
                and right_id = i.record and state <> 'tombstone')),
          i.fields, i.reason, i.intent_id
     from json_to_recordset($3::json) as i(entity text, side text, op text, record text, other text, link_id bigint, fields json,
          reason text, intent_id text)`,
);

const ADD_TOTALS = statement(
  "effects.totals",
  `insert into syncline.effect_totals as t (pair, entity, side, op, count)
   select $1, i.entity, i.side, i.op, count(*) from json_to_recordset($2::json) as i(entity text, side text, op text) group by 2, 3, 4
   on conflict (pair, entity, side, op) do update set count = t.count + excluded.count`,
);

export async function addEffects(sql: Sql, pair: string, run: RunId, effects: readonly Effect[]): Promise<void> {
  if (effects.length === 0) return;
  const rows = effects.map((effect) => ({
    entity: effect.entity,
    side: effect.side,
    op: effect.op,
    record: effect.record,
    other: effect.other,
    link_id: effect.linkId,
    fields: asValue(effect.fields),
    reason: effect.reason,
    intent_id: effect.intentId,
  }));
  await sql.rows(ADD, [pair, run, recordset(rows)]);
  await sql.rows(ADD_TOTALS, [pair, recordset(effects.map(({ entity, side, op }) => ({ entity, side, op })))]);
}

export interface EffectColumns {
  readonly pair: string;
  readonly run: RunId;
  readonly at: Instant;
  readonly entity: string;
  readonly side: Side;
  readonly op: Effect["op"];
  readonly record: RemoteId;
  readonly other: RemoteId | null;
  readonly link_id: LinkId | null;
  readonly fields: Effect["fields"];
  readonly reason: string;
  readonly intent_id: string | null;
}

export const EFFECT_COLUMNS = `pair, run, ${instantSql("at")} as at, entity, side, op, record, other,
  link_id::text as link_id, fields, reason, intent_id`;

const LIST = statement<EffectColumns>(
  "effects.list",
  `select ${EFFECT_COLUMNS}
     from syncline.effects
    where ($1::text is null or run = $1) and ($2::bigint is null or link_id = $2)
    order by id desc limit $3`,
);

/** Newest first. */
export async function listEffects(
  sql: Sql,
  filter: { readonly run: RunId | null; readonly link: LinkId | null; readonly limit: number },
): Promise<readonly EffectRow[]> {
  return (await sql.rows(LIST, [filter.run, filter.link, filter.limit])).map(toEffect);
}

export function toEffect(row: EffectColumns): EffectRow {
  return {
    pair: row.pair,
    run: row.run,
    at: row.at,
    entity: row.entity,
    side: row.side,
    op: row.op,
    record: row.record,
    other: row.other,
    linkId: row.link_id,
    fields: row.fields,
    reason: row.reason,
    intentId: row.intent_id,
  };
}

export interface EffectTotal {
  readonly pair: string;
  readonly entity: string;
  readonly side: Side;
  readonly op: string;
  readonly count: number;
}

const TOTALS = statement<EffectTotal>(
  "effects.sums",
  "select pair, entity, side, op, count::float8 as count from syncline.effect_totals order by pair, entity, side, op",
);

export function effectTotals(sql: Sql): Promise<readonly EffectTotal[]> {
  return sql.rows(TOTALS, []);
}
