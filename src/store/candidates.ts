// Who on a side has a match key: records seen in this run without a link, those remembered as having none (where this run
// has not seen everybody), and records in live or frozen links. A tombstoned record is no candidate: the survivor of a dead
// link is neither matched nor created again.

import type { LinkId, RemoteId, RunId, Side } from "../core/ids.ts";
import type { Candidate } from "../engine/ports/sighting.ts";
import { statement, type Sql } from "./database.ts";
import { storableKey } from "./encoding.ts";
import { RUN_NUMBER } from "./sightings.ts";

interface CandidateRow {
  readonly key: string;
  readonly id: RemoteId;
  readonly link_id: LinkId | null;
  readonly sighted: boolean;
}

// Keys are looked up one by one in the index of keys alone (`offset 0`); what they are of is checked afterwards. The other
// way round, a planner without figures reads every record of the run for each page (measured: 3 s).
const onSide = (side: Side) =>
  statement<CandidateRow>(
    `candidates.${side}`,
    `with asked as materialized (select distinct key from unnest($4::text[]) as key)
     select k.key, s.id, null as link_id, true as sighted
       from asked k
      cross join lateral (
        select run, entity, side, id, presence from syncline.sightings
         where match_keys @> array[k.key] and match_keys <> '{}' offset 0) s
      where s.run = ${RUN_NUMBER} and s.entity = $3 and s.side = '${side}' and s.presence = 'present' and ${withoutLink(side, "s.id")}
     union
     select k.key, u.id, null, false
       from asked k
      cross join lateral (
        select pair, entity, side, id from syncline.unlinked where $5::boolean and match_keys @> array[k.key] offset 0) u
      where u.pair = $1 and u.entity = $3 and u.side = '${side}' and ${withoutLink(side, "u.id")}
        and (select count(*) from syncline.sightings s
              where s.run = ${RUN_NUMBER} and s.entity = $3 and s.side = '${side}' and s.id = u.id) = 0
     union
     select k.key, l.${side}_id, l.id::text,
            (select count(*) from syncline.sightings s
              where s.run = ${RUN_NUMBER} and s.entity = $3 and s.side = '${side}' and s.id = l.${side}_id and s.record is not null) > 0
       from asked k
      cross join lateral (select link_id from syncline.bases where ${side}_keys @> array[k.key] offset 0) b
      cross join lateral (select * from syncline.links where id = b.link_id offset 0) l
      where l.pair = $1 and l.entity = $3 and l.state <> 'tombstone'
     order by 1, 2`,
  );

/** In no link, dead ones included. */
function withoutLink(side: Side, id: string): string {
  const links = (state: string) =>
    `(select count(*) from syncline.links l where l.${side}_id = ${id} and l.entity = $3 and l.pair = $1 and l.state ${state}) = 0`;
  return `${links("<> 'tombstone'")} and ${links("= 'tombstone'")}`;
}

const CANDIDATES = { left: onSide("left"), right: onSide("right") };

export async function candidates(
  sql: Sql,
  pair: string,
  run: RunId,
  which: {
    readonly entity: string;
    readonly side: Side;
    readonly keys: readonly string[];
    readonly remembered: boolean;
  },
): Promise<readonly Candidate[]> {
  if (which.keys.length === 0) return [];
  const asked = new Map(which.keys.map((key) => [storableKey(key), key]));
  const rows = await sql.rows(CANDIDATES[which.side], [pair, run, which.entity, [...asked.keys()], which.remembered]);
  return rows.map((row) => ({
    key: asked.get(row.key) ?? row.key,
    id: row.id,
    linkId: row.link_id,
    sighted: row.sighted,
  }));
}
