// The links table: reading links by record, counting them, and the rows every other family joins with.

import type { Instant, LinkId, RemoteId, Side } from "../core/ids.ts";
import type { Link } from "../engine/ports/link.ts";
import { statement, type Sql } from "./database.ts";
import { fingerprintSql, instantSql } from "./encoding.ts";

type LinkState = Link["state"];

/** A link as selected by `linkColumns`. */
export interface LinkColumns {
  readonly link_id: LinkId;
  readonly link_entity: string;
  readonly link_left: RemoteId;
  readonly link_right: RemoteId;
  readonly link_state: LinkState;
  readonly link_left_fingerprint: string | null;
  readonly link_right_fingerprint: string | null;
  readonly link_left_version: string | null;
  readonly link_right_version: string | null;
  readonly link_since: Instant;
}

/** Select list of a link; `alias` is the name of the links table in the statement. */
export function linkColumns(alias: string): string {
  return `${alias}.id::text as link_id, ${alias}.entity as link_entity, ${alias}.left_id as link_left, ${alias}.right_id as link_right,
    ${alias}.state as link_state, ${fingerprintSql(`${alias}.left_fingerprint`)} as link_left_fingerprint,
    ${fingerprintSql(`${alias}.right_fingerprint`)} as link_right_fingerprint,
    ${alias}.left_version as link_left_version, ${alias}.right_version as link_right_version,
    ${instantSql(`${alias}.since`)} as link_since`;
}

export function toLink(row: LinkColumns): Link {
  return {
    id: row.link_id,
    entity: row.link_entity,
    left: row.link_left,
    right: row.link_right,
    state: row.link_state,
    fingerprints: { left: row.link_left_fingerprint, right: row.link_right_fingerprint },
    versions: { left: row.link_left_version, right: row.link_right_version },
    since: row.link_since,
  };
}

// The two partial indexes of a side together hold every link; one condition over both states would use neither.
const bySide = (side: Side) =>
  statement<LinkColumns>(
    `links.by-${side}`,
    `select ${linkColumns("l")} from syncline.links l
      where l.pair = $1 and l.entity = $2 and l.${side}_id = any($3::text[]) and l.state <> 'tombstone'
     union all
     select ${linkColumns("l")} from syncline.links l
      where l.pair = $1 and l.entity = $2 and l.${side}_id = any($3::text[]) and l.state = 'tombstone'`,
  );
const LINKS_BY = { left: bySide("left"), right: bySide("right") };

export async function linksBy(
  sql: Sql,
  pair: string,
  entity: string,
  side: Side,
  ids: readonly RemoteId[],
): Promise<readonly Link[]> {
  if (ids.length === 0) return [];
  return (await sql.rows(LINKS_BY[side], [pair, entity, ids])).map(toLink);
}

const counterpartsOf = (side: Side, other: Side) =>
  statement<{ id: RemoteId; other: RemoteId }>(
    `links.counterparts-of-${side}`,
    `select ${side}_id as id, ${other}_id as other from syncline.links
      where pair = $1 and entity = $2 and ${side}_id = any($3::text[]) and state <> 'tombstone' and state = 'live'`,
  );
const COUNTERPARTS = { left: counterpartsOf("left", "right"), right: counterpartsOf("right", "left") };

export async function counterparts(
  sql: Sql,
  pair: string,
  entity: string,
  side: Side,
  ids: readonly RemoteId[],
): Promise<ReadonlyMap<RemoteId, RemoteId>> {
  if (ids.length === 0) return new Map();
  const rows = await sql.rows(COUNTERPARTS[side], [pair, entity, ids]);
  return new Map(rows.map((row) => [row.id, row.other]));
}

export interface LinkCounts {
  readonly live: number;
  readonly frozen: number;
  readonly tombstones: number;
}

const COUNT = statement<LinkCounts>(
  "links.count",
  `select count(*) filter (where state = 'live')::float8 as live, count(*) filter (where state = 'frozen')::float8 as frozen,
          count(*) filter (where state = 'tombstone')::float8 as tombstones
     from syncline.links
    where pair = $1 and ($2::text is null or (pair || '/' || entity = $1 || '/' || $2 and entity = $2))`,
);

/** @param entity Null: of all entities. */
export async function countLinks(sql: Sql, pair: string, entity: string | null): Promise<LinkCounts> {
  const [row] = await sql.rows(COUNT, [pair, entity]);
  return row ?? { live: 0, frozen: 0, tombstones: 0 };
}

export interface LinkListRow {
  readonly id: LinkId;
  readonly entity: string;
  readonly left: RemoteId;
  readonly right: RemoteId;
  readonly state: LinkState;
  readonly since: Instant;
}

const LIST = statement<LinkListRow>(
  "links.list",
  `select id::text as id, entity, left_id as "left", right_id as "right", state, ${instantSql("since")} as since
     from syncline.links
    where pair = $1 and ($2::text is null or entity = $2) and id > $3::bigint
      and ($4::text is null or left_id = $4) and ($5::text is null or right_id = $5)
    order by id limit $6`,
);

export async function listLinks(
  sql: Sql,
  filter: {
    readonly pair: string;
    readonly entity: string | null;
    readonly record: { readonly side: Side; readonly id: RemoteId } | null;
    readonly after: LinkId | null;
    readonly limit: number;
  },
): Promise<readonly LinkListRow[]> {
  const id = (side: Side) => (filter.record?.side === side ? filter.record.id : null);
  return sql.rows(LIST, [filter.pair, filter.entity, filter.after ?? "0", id("left"), id("right"), filter.limit]);
}

const ONE = statement<LinkListRow & { readonly pair: string }>(
  "links.one",
  `select id::text as id, pair, entity, left_id as "left", right_id as "right", state, ${instantSql("since")} as since
     from syncline.links where id = $1::bigint`,
);

/** Null: there is none of this id. */
export async function linkById(sql: Sql, id: LinkId): Promise<(LinkListRow & { readonly pair: string }) | null> {
  if (!/^\d{1,18}$/.test(id)) return null;
  const [row] = await sql.rows(ONE, [id]);
  return row ?? null;
}
