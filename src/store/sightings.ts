// What a run has seen, staged so that comparing, counting and finding what is missing are joins. Only records that need a
// decision carry their payload; the others are a key.

import type { RemoteId, RunId, Side } from "../core/ids.ts";
import type { Instant, LinkId } from "../core/ids.ts";
import type { Fields } from "../core/value.ts";
import type { Link, Sighting } from "../engine/ports.ts";
import { statement, type Database, type Sql } from "./database.ts";
import { fingerprintNumber, fingerprintSql, recordset, storableKey } from "./encoding.ts";
import { linkColumns, toLink, type LinkColumns } from "./links.ts";

/** The internal number of a run: `$1` is the pair, `$2` the run. Null when it was never started. */
export const RUN_NUMBER = "(select number from syncline.runs where pair = $1 and run = $2)";

const STAGE = statement<{ id: string }>(
  "sightings.stage",
  `insert into syncline.sightings as s
     (run, entity, side, id, presence, fingerprint, version, modified, record, match_keys, differs, link_id)
   select r.number, i.entity, i.side, i.id, i.presence, i.fingerprint, i.version, i.modified, i.record, i.match_keys, i.differs, l.id
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
          differs = excluded.differs, link_id = excluded.link_id
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

// A table that grows from nothing to a million rows within a minute is planned wrongly until it is analyzed, and autovacuum
// comes once a minute. Sampling costs some 50 ms, so it is done when the table has grown fourfold.
const ANALYZE_FIRST = 5_000;

/** Counts what is staged and has the table analyzed as it grows. */
export function growthWatch(database: Database): (staged: number) => Promise<void> {
  let total = 0;
  let next = ANALYZE_FIRST;
  return async (staged) => {
    total += staged;
    if (total < next) return;
    next = total * 4;
    await database.rows(ANALYZE, []);
  };
}

const ANALYZE = statement("sightings.analyze", "analyze syncline.sightings");

const COUNT = statement<{ count: number }>(
  "sightings.count",
  `select count(*)::float8 as count from syncline.sightings
    where run = ${RUN_NUMBER} and entity = $3 and side = $4 and presence in ('present', 'out-of-scope')`,
);

export async function countSighted(sql: Sql, pair: string, run: RunId, entity: string, side: Side): Promise<number> {
  const [row] = await sql.rows(COUNT, [pair, run, entity, side]);
  return row?.count ?? 0;
}

const unsightedOn = (side: Side) =>
  statement<LinkColumns>(
    `sightings.missing-${side}`,
    `select ${linkColumns("l")} from syncline.links l
      where l.pair = $1 and l.entity = $3 and l.state <> 'tombstone' and l.id > $4::bigint
        and not exists (
          select 1 from syncline.sightings s
           where s.run = ${RUN_NUMBER} and s.entity = $3 and s.side = '${side}' and s.id = l.${side}_id)
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
     join syncline.sightings a on a.run = ${RUN_NUMBER} and a.entity = $3 and a.side = 'left' and a.id = l.left_id and not a.differs
     join syncline.sightings b on b.run = ${RUN_NUMBER} and b.entity = $3 and b.side = 'right' and b.id = l.right_id and not b.differs
    where l.pair = $1 and l.entity = $3 and l.state = 'live'`,
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
