// Records that wait for another entity's link, and their waking: a link that comes live turns them into hints, in the same
// transaction, so that no crash lies between the two.

import type { RemoteId, Side } from "../core/ids.ts";
import type { Parked } from "../engine/ports/waiting.ts";
import { statement, type Sql } from "./database.ts";
import { recordset } from "./encoding.ts";
import { nameOf, type RecordName } from "./quarantine.ts";

// What a record waits for is replaced, not added to: its reference may point elsewhere now.
const PARK = statement(
  "parked.add",
  `with incoming as materialized (
     select * from json_to_recordset($2::json)
       as i(entity text, side text, id text, parent_entity text, parent_side text, parent_id text)),
   replaced as (
     delete from syncline.parked p using (select distinct entity, side, id from incoming) r
      where p.pair = $1 and p.entity = r.entity and p.side = r.side and p.id = r.id
        and not exists (
          select 1 from incoming i
           where i.entity = p.entity and i.side = p.side and i.id = p.id and i.parent_entity = p.parent_entity
             and i.parent_side = p.parent_side and i.parent_id = p.parent_id))
   insert into syncline.parked (pair, entity, side, id, parent_entity, parent_side, parent_id)
   select $1, entity, side, id, parent_entity, parent_side, parent_id from incoming
   on conflict do nothing`,
);

export async function park(sql: Sql, pair: string, parked: readonly Parked[]): Promise<void> {
  if (parked.length === 0) return;
  const rows = parked.map((row) => ({
    ...nameOf(row),
    parent_entity: row.parentEntity,
    parent_side: row.parentSide,
    parent_id: row.parentId,
  }));
  await sql.rows(PARK, [pair, recordset(rows)]);
}

const UNPARK = statement(
  "parked.remove",
  `delete from syncline.parked p using json_to_recordset($2::json) as i(entity text, side text, id text)
    where p.pair = $1 and p.entity = i.entity and p.side = i.side and p.id = i.id`,
);

export async function unpark(sql: Sql, pair: string, records: readonly RecordName[]): Promise<void> {
  if (records.length > 0) await sql.rows(UNPARK, [pair, recordset(records.map(nameOf))]);
}

const WAKE = statement(
  "parked.wake",
  `with woken as (
     delete from syncline.parked p using json_to_recordset($2::json) as i(entity text, side text, id text)
      where p.pair = $1 and p.parent_entity = i.entity and p.parent_side = i.side and p.parent_id = i.id
        and (exists (
            select 1 from syncline.links l
             where p.parent_side = 'left' and l.pair = $1 and l.entity = p.parent_entity and l.left_id = p.parent_id
               and l.state <> 'tombstone' and l.state = 'live')
          or exists (
            select 1 from syncline.links l
             where p.parent_side = 'right' and l.pair = $1 and l.entity = p.parent_entity and l.right_id = p.parent_id
               and l.state <> 'tombstone' and l.state = 'live'))
     returning p.entity, p.side, p.id)
   insert into syncline.inbox (pair, entity, side, record, channel, due)
   select distinct $1, entity, side, id, 'parent', now() from woken`,
);

/** Wakes what waits for those of these records that are in a live link now. */
export async function wake(
  sql: Sql,
  pair: string,
  parents: readonly { readonly entity: string; readonly side: Side; readonly id: RemoteId }[],
): Promise<void> {
  if (parents.length > 0) await sql.rows(WAKE, [pair, recordset(parents.map(nameOf))]);
}
