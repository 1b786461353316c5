// What a run has seen, staged so that comparing, counting and finding what is missing are joins. Only records that need a
// decision carry their payload; the others are a key.

import type { RemoteId, RunId, Side } from "../core/ids.ts";
import type { Instant, LinkId } from "../core/ids.ts";
import type { Fields } from "../core/value.ts";
import type { Link } from "../engine/ports/link.ts";
import type { Print, Sighting } from "../engine/ports/sighting.ts";
import { statement, type Sql } from "./database.ts";
import { fingerprintNumber, fingerprintSql, recordset, storableKey } from "./encoding.ts";
import { linkColumns, toLink, type LinkColumns } from "./links.ts";

/** The internal number of a run: `$1` is the pair, `$2` the run. Null when it was never started. */
export const RUN_NUMBER = "(select number from syncline.runs where pair = $1 and run = $2)";

const STAGE = statement<{ id: string }>(
  "sightings.stage",
  `insert into syncline.sightings as s
     (run, entity, side, id, presence, fingerprint, version, modified, record, match_keys, differs, link_id, linked_in, lone_in)
   select r.number, i.entity, i.side, i.id, i.presence, i.fingerprint, i.version, i.modified, i.record, i.match_keys, i.differs, l.id,
          case when i.differs and l.id is not null then r.number end, case when i.differs and l.id is null then r.number end
     from syncline.runs r
     cross join json_to_recordset($3::json) as i(entity text, side text, id text, presence text, fingerprint bigint, version text,
          modified float8, record json, match_keys text[], differs boolean)
     left join lateral (
       select id from syncline.links
        where i.differs and i.side = 'left' and pair = $1 and entity = i.entity and left_id = i.id and state <> 'tombstone'
       union all
       select id from syncline.links
        where i.differs and i.side = 'right' and pair = $1 and entity = i.entity and right_id = i.id and state <> 'tombstone'
     ) l on true
    where r.pair = $1 and r.run = $2
   on conflict (run, entity, side, id) do update
      set presence = excluded.presence, fingerprint = excluded.fingerprint, version = excluded.version,
          modified = excluded.modified, record = excluded.record, match_keys = excluded.match_keys,
          differs = excluded.differs, link_id = excluded.link_id, linked_in = excluded.linked_in, lone_in = excluded.lone_in
   returning null as id`,
);

/** A page that names a record twice keeps the later one. */
export async function stage(sql: Sql, pair: string, run: RunId, page: readonly Sighting[]): Promise<void> {
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
}

// The page's fingerprints meet those of its links where both are: nothing of a record that is as it was comes back here.
// Looked up one by one (`offset 0`): a planner without figures would go through all links for each page.
const unchangedOn = (side: Side) =>
  statement<{ id: RemoteId }>(
    `sightings.unchanged-${side}`,
    `insert into syncline.sightings as s (run, entity, side, id, presence, fingerprint, version, modified, match_keys, differs)
     select r.number, $3, '${side}', i.id, 'present', i.f, i.v, i.m, '{}', false
       from syncline.runs r
       cross join json_to_recordset($4::json) as i(id text, f bigint, v text, m float8)
       cross join lateral (
         select from syncline.links
          where ${side}_id = i.id and entity = $3 and pair = $1 and state <> 'tombstone' and ${side}_fingerprint = i.f offset 0) l
      where r.pair = $1 and r.run = $2
     on conflict (run, entity, side, id) do update
        set presence = excluded.presence, fingerprint = excluded.fingerprint, version = excluded.version,
            modified = excluded.modified, record = null, match_keys = excluded.match_keys,
            differs = false, link_id = null, linked_in = null, lone_in = null
     returning id`,
  );
const UNCHANGED = { left: unchangedOn("left"), right: unchangedOn("right") };

/** @param page No record twice. */
export async function stageUnchanged(
  sql: Sql,
  pair: string,
  run: RunId,
  which: { readonly entity: string; readonly side: Side },
  page: readonly Print[],
): Promise<ReadonlySet<RemoteId>> {
  if (page.length === 0) return new Set();
  const rows = page.map(({ id, fingerprint, version, modified }) => ({
    id,
    f: fingerprintNumber(fingerprint),
    v: version,
    m: modified,
  }));
  const staged = await sql.rows(UNCHANGED[which.side], [pair, run, which.entity, recordset(rows)]);
  return new Set(staged.map((row) => row.id));
}

const COUNT = statement<{ count: number }>(
  "sightings.count",
  `select count(*)::float8 as count from syncline.sightings
    where run = ${RUN_NUMBER} and entity = $3 and side = $4 and presence in ('present', 'out-of-scope')`,
);

export async function countSighted(sql: Sql, pair: string, run: RunId, entity: string, side: Side): Promise<number> {
  const [row] = await sql.rows(COUNT, [pair, run, entity, side]);
  return row?.count ?? 0;
}

// Counting instead of `not exists`: a subquery that Postgres cannot turn into a join is looked up by its key, whatever the
// planner believes of a table that was empty a minute ago.
const unsightedOn = (side: Side) =>
  statement<LinkColumns>(
    `sightings.missing-${side}`,
    `select ${linkColumns("l")} from syncline.links l
      where l.pair || '/' || l.entity = $1 || '/' || $3 and l.pair = $1 and l.entity = $3 and l.state <> 'tombstone' and l.id > $4::bigint
        and (select count(*) from syncline.sightings s
              where s.run = ${RUN_NUMBER} and s.entity = $3 and s.side = '${side}' and s.id = l.${side}_id) = 0
      order by l.id limit $5`,
  );
const UNSIGHTED = { left: unsightedOn("left"), right: unsightedOn("right") };

export async function unsighted(
  sql: Sql,
  pair: string,
  run: RunId,
  page: { readonly entity: string; readonly side: Side; readonly after: LinkId | null; readonly limit: number },
): Promise<readonly Link[]> {
  const rows = await sql.rows(UNSIGHTED[page.side], [pair, run, page.entity, page.after ?? "0", page.limit]);
  return rows.map(toLink);
}

const COUNT_UNCHANGED = statement<{ count: number }>(
  "sightings.count-unchanged",
  `select count(*)::float8 as count
     from syncline.links l
    where l.pair || '/' || l.entity = $1 || '/' || $3 and l.pair = $1 and l.entity = $3 and l.state = 'live'
      and (select not s.differs from syncline.sightings s
            where s.run = ${RUN_NUMBER} and s.entity = $3 and s.side = 'left' and s.id = l.left_id)
      and (select not s.differs from syncline.sightings s
            where s.run = ${RUN_NUMBER} and s.entity = $3 and s.side = 'right' and s.id = l.right_id)`,
);

export async function countUnchanged(sql: Sql, pair: string, run: RunId, entity: string): Promise<number> {
  const [row] = await sql.rows(COUNT_UNCHANGED, [pair, run, entity]);
  return row?.count ?? 0;
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

export async function clearSightings(sql: Sql, pair: string, run: RunId, entity: string): Promise<void> {
  await sql.rows(CLEAR, [pair, run, entity]);
}
