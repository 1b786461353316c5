// What both sides last agreed on, beside the links: a jsonb object a side, merged by canonical field name.

import type { BySide, LinkId, Side } from "../core/ids.ts";
import type { Bases, StoredBases } from "../engine/ports/link.ts";
import { statement, type Sql } from "./database.ts";
import { asValue, recordset, storableKey } from "./encoding.ts";

interface BaseRow {
  readonly id: LinkId;
  readonly left: Bases["left"];
  readonly right: Bases["right"];
  readonly left_keys: readonly string[] | null;
  readonly right_keys: readonly string[] | null;
}

const READ = statement<BaseRow>(
  "bases.read",
  `select link_id::text as id, left_values as "left", right_values as "right", left_keys, right_keys
     from syncline.bases where link_id = any($1::bigint[])`,
);

const NOTHING: StoredBases = { left: {}, right: {}, matchKeys: { left: [], right: [] } };

/** Bases of these links; a link that never agreed on anything has empty ones. */
export async function readBases(sql: Sql, links: readonly LinkId[]): Promise<ReadonlyMap<LinkId, StoredBases>> {
  if (links.length === 0) return new Map();
  const found = new Map<LinkId, StoredBases>(links.map((id) => [id, NOTHING]));
  for (const { id, left, right, left_keys, right_keys } of await sql.rows(READ, [links])) {
    found.set(id, { left, right, matchKeys: { left: left_keys ?? [], right: right_keys ?? [] } });
  }
  return found;
}

const countsOf = (side: Side) =>
  statement<{ field: string; count: number }>(
    `bases.count-${side}`,
    `select f.field, (
         select count(*) from syncline.links l join syncline.bases b on b.link_id = l.id
          where l.pair || '/' || l.entity = $1 || '/' || $2 and l.pair = $1 and l.entity = $2 and l.state = 'live'
            and b.${side}_values ->> f.field is not null)::float8 as count
       from unnest($3::text[]) as f(field)`,
  );
const COUNTS = { left: countsOf("left"), right: countsOf("right") };

/** Live links whose base has a value for the field on this side. */
export async function countBases(
  sql: Sql,
  pair: string,
  entity: string,
  side: Side,
  fields: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (fields.length === 0) return new Map();
  const rows = await sql.rows(COUNTS[side], [pair, entity, fields]);
  return new Map(rows.map(({ field, count }) => [field, count]));
}

// Rows that would not change are left alone: a settled page writes no new row versions.
const STORE = statement(
  "bases.store",
  `insert into syncline.bases as b (link_id, left_values, right_values, left_keys, right_keys)
   select link_id, left_values, right_values, left_keys, right_keys
     from json_to_recordset($1::json)
       as i(link_id bigint, left_values jsonb, right_values jsonb, left_keys text[], right_keys text[])
   on conflict (link_id) do update
      set left_values = b.left_values || excluded.left_values, right_values = b.right_values || excluded.right_values,
          left_keys = coalesce(excluded.left_keys, b.left_keys), right_keys = coalesce(excluded.right_keys, b.right_keys)
    where b.left_values || excluded.left_values is distinct from b.left_values
       or b.right_values || excluded.right_values is distinct from b.right_values
       or coalesce(excluded.left_keys, b.left_keys) is distinct from b.left_keys
       or coalesce(excluded.right_keys, b.right_keys) is distinct from b.right_keys`,
);

export interface BaseWrite {
  readonly id: LinkId;
  readonly bases: Bases;
  readonly matchKeys: BySide<readonly string[] | null>;
}

/** Merges base values by name, and replaces match keys where they are given. */
export async function storeBases(sql: Sql, writes: readonly BaseWrite[]): Promise<void> {
  const rows = writes.map(({ id, bases, matchKeys }) => ({
    link_id: id,
    left_values: asValue(bases.left),
    right_values: asValue(bases.right),
    left_keys: matchKeys.left?.map(storableKey) ?? null,
    right_keys: matchKeys.right?.map(storableKey) ?? null,
  }));
  if (rows.length > 0) await sql.rows(STORE, [recordset(rows)]);
}
