// Where reading of changes stopped, per entity and side.

import type { Side } from "../core/ids.ts";
import type { Commit } from "../engine/ports/commit.ts";
import type { CursorState } from "../engine/ports/hint.ts";
import { statement, type Sql } from "./database.ts";
import { recordset } from "./encoding.ts";

const READ = statement<{ cursor: string }>(
  "cursors.read",
  "select cursor from syncline.cursors where pair = $1 and entity = $2 and side = $3",
);

export async function readCursor(sql: Sql, pair: string, entity: string, side: Side): Promise<string | null> {
  const [row] = await sql.rows(READ, [pair, entity, side]);
  return row?.cursor ?? null;
}

const READ_STATE = statement<CursorState>(
  "cursors.read-state",
  `select cursor, settled, (extract(epoch from clock_timestamp() - at) * 1000)::float8 as "ageMs"
     from syncline.cursors where pair = $1 and entity = $2 and side = $3`,
);

export async function readCursorState(sql: Sql, pair: string, entity: string, side: Side): Promise<CursorState | null> {
  const [row] = await sql.rows(READ_STATE, [pair, entity, side]);
  return row ?? null;
}

const MOVE = statement(
  "cursors.move",
  `with incoming as materialized (
     select * from json_to_recordset($2::json) as i(entity text, side text, cursor text, settled boolean)),
   dropped as (
     delete from syncline.cursors c using incoming i
      where c.pair = $1 and c.entity = i.entity and c.side = i.side and i.cursor is null)
   insert into syncline.cursors as c (pair, entity, side, cursor, settled)
   select $1, entity, side, cursor, settled from incoming where cursor is not null
   on conflict (pair, entity, side) do update
      set cursor = excluded.cursor,
          at = case when c.cursor = excluded.cursor then c.at else excluded.at end,
          settled = excluded.settled or (c.settled and c.cursor = excluded.cursor)`,
);

/** A null cursor is forgotten: the next reading starts from the beginning. One that is told again keeps its age, and stays settled. */
export async function moveCursors(sql: Sql, pair: string, cursors: Commit["cursors"]): Promise<void> {
  if (cursors.length === 0) return;
  await sql.rows(MOVE, [
    pair,
    recordset(cursors.map(({ entity, side, cursor, settled = false }) => ({ entity, side, cursor, settled }))),
  ]);
}
