// Who on a side has a match key: records seen in this run without a link, those remembered as having none (where this run
// has not seen everybody), and records in live or frozen links. A tombstoned
// record is no candidate: the survivor of a dead link is neither matched nor created again.

import type { LinkId, RemoteId, RunId, Side } from "../core/ids.ts";
import type { Candidate } from "../engine/ports.ts";
import { statement, type Sql } from "./database.ts";
import { storableKey } from "./encoding.ts";
import { RUN_NUMBER } from "./sightings.ts";

interface CandidateRow {
  readonly key: string;
  readonly id: RemoteId;
  readonly link_id: LinkId | null;
  readonly sighted: boolean;
}

const onSide = (side: Side) =>
  statement<CandidateRow>(
    `candidates.${side}`,
    `select k.key, s.id, null as link_id, true as sighted
       from syncline.sightings s cross join lateral unnest(s.match_keys) as k(key)
      where s.match_keys && $4::text[] and s.match_keys <> '{}' and s.run = ${RUN_NUMBER} and s.entity = $3 and s.side = '${side}'
        and s.presence = 'present' and k.key = any($4::text[])
        and not exists (
          select 1 from syncline.links l
           where l.pair = $1 and l.entity = $3 and l.${side}_id = s.id and l.state <> 'tombstone')
        and not exists (
          select 1 from syncline.links l
           where l.pair = $1 and l.entity = $3 and l.${side}_id = s.id and l.state = 'tombstone')
     union
     select k.key, u.id, null, false
       from syncline.unlinked u cross join lateral unnest(u.match_keys) as k(key)
      where $5::boolean and u.match_keys && $4::text[] and u.pair = $1 and u.entity = $3 and u.side = '${side}'
        and k.key = any($4::text[])
        and not exists (
          select 1 from syncline.sightings s
           where s.run = ${RUN_NUMBER} and s.entity = $3 and s.side = '${side}' and s.id = u.id)
        and not exists (
          select 1 from syncline.links l where l.pair = $1 and l.entity = $3 and l.${side}_id = u.id)
     union
     select k.key, l.${side}_id, l.id::text, exists (
              select 1 from syncline.sightings s
               where s.run = ${RUN_NUMBER} and s.entity = $3 and s.side = '${side}' and s.id = l.${side}_id and s.record is not null)
       from syncline.bases b cross join lateral unnest(b.${side}_keys) as k(key)
       join syncline.links l on l.id = b.link_id
      where b.${side}_keys && $4::text[] and k.key = any($4::text[])
        and l.pair = $1 and l.entity = $3 and l.state <> 'tombstone'
     order by 1, 2`,
  );
const CANDIDATES = { left: onSide("left"), right: onSide("right") };

export async function candidates(
  sql: Sql,
  pair: string,
  run: RunId,
  which: { readonly entity: string; readonly side: Side; readonly keys: readonly string[]; readonly remembered: boolean },
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
