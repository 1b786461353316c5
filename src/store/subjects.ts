// What is to be decided: one subject a link with a differing sighting on either side, then each differing record that has no
// live link. A page is one statement, and keyset paging keeps it cheap at any depth:
//
//   phase      order             cursor
//   linked     link id           linked:17
//   left       id, by bytes      left:ID
//   right      id, by bytes      right:ID
//
// Links are those of the time of staging. A record that somebody linked by hand since is left out: the hand left a hint.

import type { RemoteId, RunId } from "../core/ids.ts";
import type { Link } from "../engine/ports/link.ts";
import type { Sighting, Subject } from "../engine/ports/sighting.ts";
import { statement, type Sql } from "./database.ts";
import { linkColumns, toLink, type LinkColumns } from "./links.ts";
import { RUN_NUMBER, sightingColumns, toSighting, type SightingRow } from "./sightings.ts";

type Prefixed<Prefix extends string> = { readonly [Key in keyof SightingRow as `${Prefix}${Key}`]: SightingRow[Key] };

type SubjectRow = Prefixed<"left_"> &
  Prefixed<"right_"> &
  (LinkColumns | { readonly link_id: null }) & {
    readonly phase: "linked" | "left" | "right";
    /** The cursor of this row within its phase. */
    readonly key: string;
  };

// `offset 0` keeps a subquery from being joined in any other way than by its key.
// Ids of a phase that is over, or not reached yet because the page is full, are not even looked up: a null cursor compares
// with nothing, and the limits count down.
const PAGE = statement<SubjectRow>(
  "subjects.page",
  `with linked as materialized (
     select distinct s.link_id from syncline.sightings s
      where s.linked_in = ${RUN_NUMBER} and s.entity = $3 and s.link_id > $4::bigint
      order by s.link_id limit $7),
   lefts as materialized (
     select s.id from syncline.sightings s
      where s.lone_in = ${RUN_NUMBER} and s.entity = $3 and s.side = 'left' and s.id > $5::text
      order by s.id limit $7::bigint - (select count(*) from linked)),
   rights as materialized (
     select s.id from syncline.sightings s
      where s.lone_in = ${RUN_NUMBER} and s.entity = $3 and s.side = 'right' and s.id > $6::text
      order by s.id limit $7::bigint - (select count(*) from linked) - (select count(*) from lefts)),
   subject as (
     select 1 as ordinal, 'linked' as phase, k.link_id as number, null as id, k.link_id::text as key, l.id as link,
            l.left_id, l.right_id
       from linked k left join lateral (
         select id, left_id, right_id from syncline.links where id = k.link_id offset 0) l on true
     union all
     select 2, 'left', 0, k.id, k.id, l.id, k.id, null from lefts k left join lateral (
       (select id from syncline.links where pair = $1 and entity = $3 and left_id = k.id and state <> 'tombstone')
       union all
       (select id from syncline.links where pair = $1 and entity = $3 and left_id = k.id and state = 'tombstone'
         order by id desc limit 1)
       limit 1) l on true
     union all
     select 3, 'right', 0, k.id, k.id, l.id, null, k.id from rights k left join lateral (
       (select id from syncline.links where pair = $1 and entity = $3 and right_id = k.id and state <> 'tombstone')
       union all
       (select id from syncline.links where pair = $1 and entity = $3 and right_id = k.id and state = 'tombstone'
         order by id desc limit 1)
       limit 1) l on true)
   select u.phase, u.key, ${linkColumns("l")}, ${sightingColumns("a", "left_")}, ${sightingColumns("b", "right_")}
     from subject u
     left join lateral (select * from syncline.links where id = u.link offset 0) l on true
     left join lateral (
       select * from syncline.sightings
        where run = ${RUN_NUMBER} and entity = $3 and side = 'left' and id = u.left_id offset 0) a on true
     left join lateral (
       select * from syncline.sightings
        where run = ${RUN_NUMBER} and entity = $3 and side = 'right' and id = u.right_id offset 0) b on true
    order by u.ordinal, u.number, u.id collate "C"`,
);

const NO_MORE_LINKS = String(2n ** 63n - 1n);

/** Where each phase goes on after a cursor; null: that phase is over. */
function positions(after: string | null): { linked: string; left: string | null; right: string | null } {
  if (after === null) return { linked: "0", left: "", right: "" };
  const at = after.indexOf(":");
  const phase = after.slice(0, at);
  const key = after.slice(at + 1);
  switch (phase) {
    case "linked":
      return { linked: key, left: "", right: "" };
    case "left":
      return { linked: NO_MORE_LINKS, left: key, right: "" };
    case "right":
      return { linked: NO_MORE_LINKS, left: null, right: key };
    default:
      throw new Error(`not a cursor of subjects: ${after}`);
  }
}

export async function subjects(
  sql: Sql,
  pair: string,
  run: RunId,
  page: { readonly entity: string; readonly after: string | null; readonly limit: number },
): Promise<{ readonly subjects: readonly Subject[]; readonly next: string | null }> {
  const from = positions(page.after);
  const rows = await sql.rows(PAGE, [pair, run, page.entity, from.linked, from.left, from.right, page.limit]);
  const last = rows.at(-1);
  return {
    subjects: rows.flatMap((row) => toSubject(row, page.entity) ?? []),
    next: last !== undefined && rows.length === page.limit ? `${last.phase}:${last.key}` : null,
  };
}

function toSubject(row: SubjectRow, entity: string): Subject | null {
  const link: Link | null = row.link_id === null ? null : toLink(row);
  if (row.phase === "linked" ? link === null : link !== null && link.state !== "tombstone") return null;
  return { entity, link, left: leftOf(row, entity), right: rightOf(row, entity) };
}

function leftOf(row: SubjectRow, entity: string): Sighting | null {
  const id: RemoteId | null = row.left_id;
  if (id === null) return null;
  return toSighting(
    {
      id,
      presence: row.left_presence,
      fingerprint: row.left_fingerprint,
      version: row.left_version,
      modified: row.left_modified,
      record: row.left_record,
      match_keys: row.left_match_keys,
      differs: row.left_differs,
    },
    id,
    entity,
    "left",
  );
}

function rightOf(row: SubjectRow, entity: string): Sighting | null {
  const id: RemoteId | null = row.right_id;
  if (id === null) return null;
  return toSighting(
    {
      id,
      presence: row.right_presence,
      fingerprint: row.right_fingerprint,
      version: row.right_version,
      modified: row.right_modified,
      record: row.right_record,
      match_keys: row.right_match_keys,
      differs: row.right_differs,
    },
    id,
    entity,
    "right",
  );
}
