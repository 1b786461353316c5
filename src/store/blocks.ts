// Who has a block key of a scored match rule: unlinked records of both sides, and linked ones. A block that too many share is
// told as crowded and left out, on both sides alike: who is in it is not looked at, however many pages ask.

import { SIDES, type LinkId, type RemoteId, type RunId, type Side } from "../core/ids.ts";
import type { Block, BlockMember } from "../engine/ports/sighting.ts";
import { statement, type Sql } from "./database.ts";
import { storableKey } from "./encoding.ts";
import { RUN_NUMBER } from "./sightings.ts";

interface MemberRow {
  /** Place of the key among those asked. */
  readonly n: number;
  readonly side: Side;
  readonly id: RemoteId;
  readonly link_id: LinkId | null;
  readonly sighted: boolean;
}

// As in candidates.ts, keys are looked up one by one in the index of keys alone (`offset 0`). One more than both sides may have
// is enough to know that a block is crowded. `lone_in` says that a record had no link when it was staged, dead ones included.
const MEMBERS = statement<MemberRow>(
  "blocks.members",
  `with asked as materialized (select key, n from unnest($4::text[]) with ordinality as a(key, n))
   select a.n::int as n, m.side, m.id, m.link_id, m.sighted
     from asked a
    cross join lateral (
      (select s.side, s.id, null as link_id, true as sighted
         from (select entity, side, id, presence, lone_in from syncline.sightings
                where match_keys @> array[a.key] and match_keys <> '{}' offset 0) s
        where s.lone_in = ${RUN_NUMBER} and s.entity = $3 and s.presence = 'present' limit 2 * $6::bigint + 1)
      union all
      (select u.side, u.id, null, false
         from (select pair, entity, side, id from syncline.unlinked
                where $5::boolean and match_keys @> array[a.key] offset 0) u
        where u.pair = $1 and u.entity = $3
          and (select count(*) from syncline.sightings s
                where s.run = ${RUN_NUMBER} and s.entity = $3 and s.side = u.side and s.id = u.id) = 0
          and (select count(*) from syncline.links l
                where u.side = 'left' and l.left_id = u.id and l.entity = $3 and l.pair = $1 and l.state <> 'tombstone') = 0
          and (select count(*) from syncline.links l
                where u.side = 'right' and l.right_id = u.id and l.entity = $3 and l.pair = $1 and l.state <> 'tombstone') = 0
        limit 2 * $6::bigint + 1)
      union all ${SIDES.map(linkedOn).join(" union all ")}) m`,
);

function linkedOn(side: Side): string {
  return `
      (select '${side}', l.${side}_id, l.id::text, false
         from (select link_id from syncline.bases where ${side}_keys @> array[a.key] offset 0) b
        cross join lateral (select * from syncline.links where id = b.link_id offset 0) l
        where l.pair = $1 and l.entity = $3 and l.state <> 'tombstone' limit $6::bigint + 1)`;
}

/** @param most More free records of one side make a block crowded; more linked ones of a side are left out by themselves. */
export async function blocks(
  sql: Sql,
  pair: string,
  run: RunId,
  which: {
    readonly entity: string;
    readonly keys: readonly string[];
    readonly remembered: boolean;
    readonly most: number;
  },
): Promise<readonly Block[]> {
  if (which.keys.length === 0) return [];
  const members: BlockMember[][] = which.keys.map(() => []);
  const keys = which.keys.map(storableKey);
  const rows = await sql.rows(MEMBERS, [pair, run, which.entity, keys, which.remembered, which.most]);
  for (const { n, side, id, link_id: linkId, sighted } of rows) members[n - 1]?.push({ side, id, linkId, sighted });
  return which.keys.map((key, index) => blockOf(key, members[index] ?? [], which.most));
}

function blockOf(key: string, members: readonly BlockMember[], most: number): Block {
  const count = (side: Side, linked: boolean): number =>
    members.filter((each) => each.side === side && (each.linkId !== null) === linked).length;
  const crowded = SIDES.some((side) => count(side, false) > most);
  if (crowded) return { key, crowded, members: [] };
  const tooMany = SIDES.filter((side) => count(side, true) > most);
  return { key, crowded, members: members.filter((each) => each.linkId === null || !tooMany.includes(each.side)) };
}

interface KeysRow {
  readonly n: number;
  readonly match_keys: readonly string[] | null;
}

/** Only keys that begin so; all where nothing is said: most members are compared once, and asked no more. */
function beginning(keys: string, begin: string): string {
  return `case when ${begin} = '' then ${keys} else array(select key from unnest(${keys}) as key where left(key, length(${begin})) = ${begin}) end as match_keys`;
}

const SIGHTED_KEYS = statement<KeysRow>(
  "blocks.keys-sighted",
  `select i.n::int as n, ${beginning("s.match_keys", "$6::text")}
     from unnest($4::text[], $5::text[]) with ordinality as i(side, id, n)
    cross join lateral (
      select match_keys from syncline.sightings
       where run = ${RUN_NUMBER} and entity = $3 and side = i.side and id = i.id offset 0) s`,
);
const REMEMBERED_KEYS = statement<KeysRow>(
  "blocks.keys-remembered",
  `select i.n::int as n, ${beginning("u.match_keys", "$5::text")}
     from unnest($3::text[], $4::text[]) with ordinality as i(side, id, n)
    cross join lateral (
      select match_keys from syncline.unlinked
       where pair = $1 and entity = $2 and side = i.side and id = i.id offset 0) u`,
);
const LINKED_KEYS = statement<KeysRow>(
  "blocks.keys-linked",
  `select i.n::int as n, ${beginning("b.keys", "$3::text")}
     from unnest($1::text[], $2::text[]) with ordinality as i(side, link, n)
    cross join lateral (
      select case when i.side = 'left' then left_keys else right_keys end as keys
        from syncline.bases where link_id = i.link::bigint offset 0) b`,
);

/** Match keys of members, in their order; empty where they are no longer known. @param begin Only keys that begin so; "": all. */
export async function matchKeysOf(
  sql: Sql,
  pair: string,
  run: RunId,
  which: { readonly entity: string; readonly members: readonly BlockMember[]; readonly begin: string },
): Promise<readonly (readonly string[])[]> {
  const { entity, members, begin } = which;
  const found: (readonly string[])[] = members.map(() => []);
  const numbered = members.map((member, at) => ({ ...member, at }));
  const fill = async (asked: typeof numbered, read: () => Promise<readonly KeysRow[]>): Promise<void> => {
    if (asked.length === 0) return;
    for (const row of await read()) {
      const at = asked[row.n - 1]?.at;
      if (at !== undefined) found[at] = row.match_keys ?? [];
    }
  };
  const linked = numbered.filter((member) => member.linkId !== null);
  const sighted = numbered.filter((member) => member.linkId === null && member.sighted);
  const remembered = numbered.filter((member) => member.linkId === null && !member.sighted);
  const sides = (asked: typeof numbered): readonly string[] => asked.map(({ side }) => side);
  const ids = (asked: typeof numbered): readonly string[] => asked.map(({ id }) => id);
  await fill(sighted, () => sql.rows(SIGHTED_KEYS, [pair, run, entity, sides(sighted), ids(sighted), begin]));
  await fill(remembered, () => sql.rows(REMEMBERED_KEYS, [pair, entity, sides(remembered), ids(remembered), begin]));
  await fill(linked, () => sql.rows(LINKED_KEYS, [sides(linked), linked.map(({ linkId }) => linkId ?? ""), begin]));
  return found;
}
