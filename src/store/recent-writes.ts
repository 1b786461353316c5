// Our writes of late, by link, and the oscillation cases that say from when on they count.

import { groupBy } from "../core/group.ts";
import type { Instant, LinkId, Side } from "../core/ids.ts";
import type { Effect, RecentWrites } from "../engine/ports/intent.ts";
import type { Link } from "../engine/ports/link.ts";
import { statement, type Sql } from "./database.ts";
import { instantSql, recordset, timestampSql } from "./encoding.ts";

const CASES = statement<{
  readonly link_id: LinkId;
  readonly field: string | null;
  readonly open: boolean;
  readonly since: Instant;
  readonly answered_at: Instant | null;
}>(
  "recent-writes.cases",
  `select i.link_id::text as link_id, c.field, c.closed_at is null as open, ${instantSql("c.since")} as since,
          ${instantSql("c.answered_at")} as answered_at
     from json_to_recordset($3::json) as i(link_id bigint, left_id text, right_id text)
     join syncline.cases c on c.kind = 'oscillation' and c.subject_left = i.left_id and c.entity = $2 and c.pair = $1
      and c.subject_right = i.right_id and (c.closed_at is null or c.answered_at >= ${timestampSql("$4")})
    order by c.since, c.id`,
);

const WRITES = statement<{
  readonly link_id: LinkId;
  readonly side: Side;
  readonly at: Instant;
  readonly fields: Effect["fields"];
}>(
  "recent-writes.writes",
  `select e.link_id::text as link_id, e.side, ${instantSql("e.at")} as at, e.fields
     from json_to_recordset($1::json) as i(link_id bigint, since float8)
     join syncline.effects e on e.link_id = i.link_id and e.at >= ${timestampSql("i.since")} and e.op <> 'delete'
    order by e.id`,
);

export async function recentWrites(
  sql: Sql,
  pair: string,
  entity: string,
  links: readonly Pick<Link, "id" | "left" | "right">[],
  window: { readonly now: Instant; readonly ms: number },
): Promise<readonly RecentWrites[]> {
  if (links.length === 0) return [];
  const start = window.now - window.ms;
  const asked = links.map(({ id, left, right }) => ({ link_id: id, left_id: left, right_id: right }));
  const cases = await sql.rows(CASES, [pair, entity, recordset(asked), start]);
  const since = (id: LinkId): number =>
    Math.min(start, ...cases.filter((each) => each.open && each.link_id === id).map((each) => each.since - window.ms));
  const writes = await sql.rows(WRITES, [recordset(links.map(({ id }) => ({ link_id: id, since: since(id) })))]);
  const writesOf = groupBy(writes, (row) => row.link_id);
  return links.map(({ id }) => ({
    linkId: id,
    writes: (writesOf.get(id) ?? []).map(({ side, at, fields }) => ({ side, at, fields })),
    cases: cases
      .filter((row) => row.link_id === id)
      .map((row) => ({ field: row.field, isOpen: row.open, answeredAt: row.answered_at })),
  }));
}
