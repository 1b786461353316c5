// What a run has seen, staged so that comparing, counting and finding what is missing are joins. Only records that need a
// decision carry their payload. A record that shows what its link remembers is a bit in memory (seen-links.ts), and a row only
// where it tells something all the same: another version, a frozen link, a row that stood there before.

import type { RemoteId, RunId, Side } from "../core/ids.ts";
import type { Instant, LinkId } from "../core/ids.ts";
import type { Fields } from "../core/value.ts";
import type { Link } from "../engine/ports/link.ts";
import type { Print, Sighting } from "../engine/ports/sighting.ts";
import { statement, type Sql } from "./database.ts";
import { fingerprintNumber, fingerprintSql, recordset, storableKey } from "./encoding.ts";
import { linkColumns, toLink, type LinkColumns } from "./links.ts";
import { noteRow, type SeenLinks } from "./seen-links.ts";

/** The internal number of a run: `$1` is the pair, `$2` the run. Null when it was never started. */
export const RUN_NUMBER = "(select number from syncline.runs where pair = $1 and run = $2)";

const STAGE = statement<{ side: Side; entity: string; link: LinkId | null; unchanged: boolean }>(
  "sightings.stage",
  `with incoming as materialized (
     select i.*, l.id as link, l.state
       from json_to_recordset($3::json) as i(entity text, side text, id text, presence text, fingerprint bigint, version text,
            modified float8, record json, match_keys text[], differs boolean)
       left join lateral (
         select id, state from syncline.links
          where i.side = 'left' and pair = $1 and entity = i.entity and left_id = i.id and state <> 'tombstone'
         union all
         select id, state from syncline.links
          where i.side = 'right' and pair = $1 and entity = i.entity and right_id = i.id and state <> 'tombstone'
       ) l on true),
   stored as (
     insert into syncline.sightings as s
       (run, entity, side, id, presence, fingerprint, version, modified, record, match_keys, differs, link_id, linked_in, lone_in)
     select r.number, i.entity, i.side, i.id, i.presence, i.fingerprint, i.version, i.modified, i.record, i.match_keys, i.differs,
            case when i.differs then i.link end, case when i.differs and i.link is not null then r.number end,
            case when i.differs and i.link is null then r.number end
       from syncline.runs r cross join incoming i
      where r.pair = $1 and r.run = $2
     on conflict (run, entity, side, id) do update
        set presence = excluded.presence, fingerprint = excluded.fingerprint, version = excluded.version,
            modified = excluded.modified, record = excluded.record, match_keys = excluded.match_keys,
            differs = excluded.differs, link_id = excluded.link_id, linked_in = excluded.linked_in, lone_in = excluded.lone_in)
   select side, entity, link::text as link, not differs and state = 'live' as unchanged from incoming
    where exists (select 1 from syncline.runs where pair = $1 and run = $2)`,
);

/** A page that names a record twice keeps the later one. */
export async function stage(
  sql: Sql,
  seen: SeenLinks,
  pair: string,
  run: RunId,
  page: readonly Sighting[],
): Promise<void> {
  if (page.length === 0) return;
  const latest = new Map(page.map((sighting) => [`${sighting.side} ${sighting.entity} ${sighting.id}`, sighting]));
  const rows = [...latest.values()].map((sighting) => ({
    entity: sighting.entity,
    side: sighting.side,
    id: sighting.id,
    presence: sighting.presence,
    fingerprint: fingerprintNumber(sighting.fingerprint),
    version: sighting.version,
    modified: sighting.modified,
    record: sighting.record,
    match_keys: sighting.matchKeys.map(storableKey),
    differs: sighting.differs,
  }));
  const stored = await sql.rows(STAGE, [pair, run, recordset(rows)]);
  if (stored.length !== rows.length) {
    throw new Error(
      `run ${run} of ${pair} was not started: ${String(stored.length)} of ${String(rows.length)} sightings stored`,
    );
  }
  for (const { side, entity, link, unchanged } of stored)
    if (link !== null) noteRow(seen.on(run, entity, side), link, unchanged);
}

// The page's fingerprints meet those of its links where both are: nothing of a record that is as it was comes back here but its
// place in the page. Looked up one by one (`offset 0`): a planner without figures would go through all links for each page.
const sameOn = (side: Side) =>
  statement<{ n: number; link: LinkId; quiet: boolean }>(
    `sightings.same-${side}`,
    `select i.n::int as n, l.id::text as link, l.state = 'live' and l.version is not distinct from i.version as quiet
       from unnest($3::text[], $4::bigint[], $5::text[]) with ordinality as i(id, fingerprint, version, n)
      cross join lateral (
        select id, state, ${side}_version as version from syncline.links
         where ${side}_id = i.id and entity = $2 and pair = $1 and state <> 'tombstone' and ${side}_fingerprint = i.fingerprint
        offset 0) l`,
  );
const SAME = { left: sameOn("left"), right: sameOn("right") };

/** @param page No record twice. */
export async function stageUnchanged(
  sql: Sql,
  seen: SeenLinks,
  pair: string,
  run: RunId,
  { entity, side, page }: { readonly entity: string; readonly side: Side; readonly page: readonly Print[] },
): Promise<ReadonlySet<RemoteId>> {
  if (page.length === 0) return new Set();
  const { unchanged, staged } = seen.on(run, entity, side);
  const rows = await sql.rows(SAME[side], [
    pair,
    entity,
    page.map((print) => print.id),
    page.map((print) => fingerprintNumber(print.fingerprint)),
    page.map((print) => print.version),
  ]);
  const same = new Set<RemoteId>();
  const told: Sighting[] = [];
  for (const { n, link, quiet } of rows) {
    const print = page[n - 1];
    if (print === undefined) continue;
    same.add(print.id);
    if (quiet && !staged.has(link)) unchanged.add(link);
    else told.push({ ...print, entity, side, presence: "present", record: null, matchKeys: [], differs: false });
  }
  await stage(sql, seen, pair, run, told);
  return same;
}

const COUNT = statement<{ count: number }>(
  "sightings.count",
  `select count(*)::float8 as count from syncline.sightings
    where run = ${RUN_NUMBER} and entity = $3 and side = $4 and presence in ('present', 'out-of-scope')`,
);

export async function countSighted(
  sql: Sql,
  seen: SeenLinks,
  pair: string,
  run: RunId,
  { entity, side }: { readonly entity: string; readonly side: Side },
): Promise<number> {
  const [row] = await sql.rows(COUNT, [pair, run, entity, side]);
  const { unchanged, staged } = seen.of(run, entity, side);
  return (row?.count ?? 0) + unchanged.size - unchanged.sharedWith(staged);
}

const HAS_LONE = statement<{ found: boolean }>(
  "sightings.has-lone",
  `select exists (
     select 1 from syncline.sightings where lone_in = ${RUN_NUMBER} and entity = $3 and side = $4) as found`,
);

export async function hasLone(sql: Sql, pair: string, run: RunId, entity: string, side: Side): Promise<boolean> {
  const [row] = await sql.rows(HAS_LONE, [pair, run, entity, side]);
  return row?.found ?? false;
}

const LINK_IDS = statement<{ id: LinkId }>(
  "sightings.link-ids",
  `select id::text as id from syncline.links
    where pair || '/' || entity = $1 || '/' || $2 and pair = $1 and entity = $2 and state <> 'tombstone' and id > $3::bigint
    order by id limit $4`,
);

// Counting instead of `not exists`: a subquery that Postgres cannot turn into a join is looked up by its key, whatever the
// planner believes of a table that was empty a minute ago.
const unsightedOn = (side: Side) =>
  statement<LinkColumns>(
    `sightings.missing-${side}`,
    `select ${linkColumns("l")} from unnest($4::bigint[]) as i(id)
      cross join lateral (select * from syncline.links where id = i.id offset 0) l
      where l.pair = $1 and l.entity = $3 and l.state <> 'tombstone'
        and (select count(*) from syncline.sightings s
              where s.run = ${RUN_NUMBER} and s.entity = $3 and s.side = '${side}' and s.id = l.${side}_id) = 0
      order by l.id`,
  );
const UNSIGHTED = { left: unsightedOn("left"), right: unsightedOn("right") };

/** Ids are narrow, and most of them were seen. */
const IDS_PAGE = 10_000;

export async function unsighted(
  sql: Sql,
  seen: SeenLinks,
  pair: string,
  run: RunId,
  page: { readonly entity: string; readonly side: Side; readonly after: LinkId | null; readonly limit: number },
): Promise<readonly Link[]> {
  const { unchanged } = seen.of(run, page.entity, page.side);
  const found: Link[] = [];
  let after: string = page.after ?? "0";
  for (;;) {
    const ids = await sql.rows(LINK_IDS, [pair, page.entity, after, IDS_PAGE]);
    const open = ids.flatMap(({ id }) => (unchanged.has(id) ? [] : [id]));
    for (let start = 0; start < open.length && found.length < page.limit; start += page.limit) {
      const asked = open.slice(start, start + page.limit);
      found.push(...(await sql.rows(UNSIGHTED[page.side], [pair, run, page.entity, asked])).map(toLink));
    }
    const last = ids.at(-1);
    if (last === undefined || ids.length < IDS_PAGE || found.length >= page.limit) return found.slice(0, page.limit);
    after = last.id;
  }
}

export function countUnchanged(seen: SeenLinks, run: RunId, entity: string): number {
  return seen.of(run, entity, "left").unchanged.sharedWith(seen.of(run, entity, "right").unchanged);
}

/** A sighting as selected by `sightingColumns`, its columns behind a prefix. */
export interface SightingRow {
  readonly id: RemoteId | null;
  readonly presence: Sighting["presence"];
  readonly fingerprint: string | null;
  readonly version: string | null;
  readonly modified: Instant | null;
  readonly record: Fields | null;
  readonly match_keys: readonly string[];
  readonly differs: boolean;
}

/** Select list of a sighting: `alias.id as PREFIXid`, … */
export function sightingColumns(alias: string, prefix: string): string {
  const columns = ["id", "presence", "version", "modified", "record", "match_keys", "differs"];
  return [
    ...columns.map((column) => `${alias}.${column} as ${prefix}${column}`),
    `${fingerprintSql(`${alias}.fingerprint`)} as ${prefix}fingerprint`,
  ].join(", ");
}

export function toSighting(row: SightingRow, id: RemoteId, entity: string, side: Side): Sighting {
  return {
    entity,
    side,
    id,
    presence: row.presence,
    fingerprint: row.fingerprint,
    version: row.version,
    modified: row.modified,
    record: row.record,
    matchKeys: row.match_keys,
    differs: row.differs,
  };
}

const SIGHTED = statement<SightingRow & { readonly id: RemoteId }>(
  "sightings.of",
  `select ${sightingColumns("s", "")} from syncline.sightings s
    where s.run = ${RUN_NUMBER} and s.entity = $3 and s.side = $4 and s.id = any($5::text[])`,
);

export async function sighted(
  sql: Sql,
  pair: string,
  run: RunId,
  which: { readonly entity: string; readonly side: Side; readonly ids: readonly RemoteId[] },
): Promise<readonly Sighting[]> {
  if (which.ids.length === 0) return [];
  const rows = await sql.rows(SIGHTED, [pair, run, which.entity, which.side, which.ids]);
  return rows.map((row) => toSighting(row, row.id, which.entity, which.side));
}

const CLEAR = statement("sightings.clear", `delete from syncline.sightings where run = ${RUN_NUMBER} and entity = $3`);

export async function clearSightings(
  sql: Sql,
  seen: SeenLinks,
  pair: string,
  run: RunId,
  entity: string,
): Promise<void> {
  seen.clear(run, entity);
  await sql.rows(CLEAR, [pair, run, entity]);
}
