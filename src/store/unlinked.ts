// Records without a link, remembered by what they are matched. A sweep sees everybody; a look at single records sees only
// those, and must still know that somebody else has the same e-mail.

import { SIDES, type RunId } from "../core/ids.ts";
import type { Commit } from "../engine/ports/commit.ts";
import { statement, type Sql } from "./database.ts";
import { recordset, storableKey } from "./encoding.ts";

const REMEMBER = statement(
  "unlinked.remember",
  `insert into syncline.unlinked as u (pair, entity, side, id, match_keys, confirmed_by)
   select distinct on (i.entity, i.side, i.id) $1, i.entity, i.side, i.id, i.match_keys, $3
     from json_to_recordset($2::json) as i(entity text, side text, id text, match_keys text[])
   on conflict (id, entity, side, pair) do update set match_keys = excluded.match_keys, confirmed_by = excluded.confirmed_by
    where u.match_keys <> excluded.match_keys or u.confirmed_by <> excluded.confirmed_by`,
);

const FORGET_LINKED = statement(
  "unlinked.forget-linked",
  `delete from syncline.unlinked u using json_to_recordset($2::json) as i(entity text, side text, id text)
    where u.pair = $1 and u.entity = i.entity and u.side = i.side and u.id = i.id`,
);

/** What a commit says of records without a link; those that it links are forgotten. */
export async function settleUnlinked(
  sql: Sql,
  pair: string,
  commit: Pick<Commit, "run" | "unlinked" | "links">,
): Promise<void> {
  if (commit.unlinked.length > 0) {
    const rows = commit.unlinked.map(({ entity, side, id, matchKeys }) => ({
      entity,
      side,
      id,
      match_keys: matchKeys.map(storableKey),
    }));
    await sql.rows(REMEMBER, [pair, recordset(rows), commit.run]);
  }
  const linked = commit.links.filter((link) => link.id === null);
  if (linked.length > 0) {
    const rows = linked.flatMap((link) => SIDES.map((side) => ({ entity: link.entity, side, id: link[side] })));
    await sql.rows(FORGET_LINKED, [pair, recordset(rows)]);
  }
}

const FORGET_UNSEEN = statement(
  "unlinked.forget-unseen",
  "delete from syncline.unlinked where pair = $1 and entity = $2 and confirmed_by <> $3",
);

/** After a complete sweep: whoever it did not see is gone, or has left the scope. */
export async function forgetUnseen(sql: Sql, pair: string, run: RunId, entity: string): Promise<void> {
  await sql.rows(FORGET_UNSEEN, [pair, entity, run]);
}
