// What becomes of links, a page at a time. A commit may unlink and link the same record, so tombstones come first, then
// links that exist, then new ones. An id that is in another live link already is refused with both links named.
//
//   write            stored link            result
//   id given         any                    updated; a link that a person removed meanwhile stays a tombstone
//   id null, live    none of these ids      inserted; tombstones of either id go
//   id null, live    live, same two ids     updated
//   id null, dead    live, same two ids     becomes a tombstone
//   id null, dead    none                   a tombstone is inserted

import type { LinkId } from "../core/ids.ts";
import type { Link, LinkWrite } from "../engine/ports/link.ts";
import { storeBases } from "./bases.ts";
import { statement, type Sql } from "./database.ts";
import { fingerprintNumber, recordset } from "./encoding.ts";
import { linkColumns, toLink, type LinkColumns } from "./links.ts";

const INCOMING = `json_to_recordset($2::json) as i(n int, id bigint, entity text, left_id text, right_id text, state text, reason text,
    left_fingerprint bigint, right_fingerprint bigint, left_version text, right_version text)`;

/** Applies the writes of a commit. @throws Error when an id is in another live or frozen link. */
export async function writeLinks(sql: Sql, pair: string, writes: readonly LinkWrite[]): Promise<void> {
  if (writes.length === 0) return;
  const ids = new Map<number, LinkId>();
  const numbered = writes.map((write, n) => ({ n, write }));
  const dead = numbered.filter(({ write }) => write.state === "tombstone");
  const alive = numbered.filter(({ write }) => write.state !== "tombstone");
  if (dead.length > 0) await bury(sql, pair, dead, ids);
  await update(
    sql,
    pair,
    alive.filter(({ write }) => write.id !== null),
    ids,
  );
  await insert(
    sql,
    pair,
    alive.filter(({ write }) => write.id === null),
    ids,
  );
  await storeBases(
    sql,
    numbered.flatMap(({ n, write }) => {
      const id = ids.get(n);
      return id === undefined ? [] : [{ id, bases: write.bases, matchKeys: write.matchKeys }];
    }),
  );
}

interface Numbered {
  readonly n: number;
  readonly write: LinkWrite;
}

interface Written {
  readonly n: number;
  readonly id: LinkId;
}

const BURY = statement<Written>(
  "links.bury",
  `with incoming as (
     select i.*, coalesce(i.id, l.id) as stored
       from ${INCOMING}
       left join syncline.links l on i.id is null and l.pair = $1 and l.entity = i.entity and l.left_id = i.left_id
        and l.right_id = i.right_id and l.state <> 'tombstone'),
   updated as (
     update syncline.links l
        set state = 'tombstone', reason = i.reason,
            since = case when l.state = 'tombstone' then l.since else now() end,
            left_fingerprint = i.left_fingerprint, right_fingerprint = i.right_fingerprint,
            left_version = i.left_version, right_version = i.right_version
       from incoming i where l.id = i.stored and l.pair = $1
     returning i.n, l.id::text as id),
   inserted as (
     insert into syncline.links (pair, entity, left_id, right_id, state, reason)
     select $1, entity, left_id, right_id, 'tombstone', reason from incoming where stored is null
     returning id)
   select n, id from updated`,
);

async function bury(sql: Sql, pair: string, page: readonly Numbered[], ids: Map<number, LinkId>): Promise<void> {
  note(ids, await sql.rows(BURY, [pair, recordset(page.map(toRow))]));
}

// A move to an id that another link holds is left out here, so that the refusal can name that link.
const UPDATE = statement<Written>(
  "links.update",
  `update syncline.links l
      set left_id = i.left_id, right_id = i.right_id, reason = i.reason,
          state = case when l.state = 'tombstone' then l.state else i.state end,
          since = case when l.state = 'tombstone' or (l.state, l.left_id, l.right_id) = (i.state, i.left_id, i.right_id)
                       then l.since else now() end,
          left_fingerprint = i.left_fingerprint, right_fingerprint = i.right_fingerprint,
          left_version = i.left_version, right_version = i.right_version
     from ${INCOMING}
    where l.id = i.id and l.pair = $1
      and (l.left_id = i.left_id or not exists (
        select 1 from syncline.links o
         where o.pair = $1 and o.entity = i.entity and o.left_id = i.left_id and o.state <> 'tombstone'))
      and (l.right_id = i.right_id or not exists (
        select 1 from syncline.links o
         where o.pair = $1 and o.entity = i.entity and o.right_id = i.right_id and o.state <> 'tombstone'))
   returning i.n, l.id::text as id`,
);

async function update(sql: Sql, pair: string, page: readonly Numbered[], ids: Map<number, LinkId>): Promise<void> {
  if (page.length === 0) return;
  note(ids, await sql.rows(UPDATE, [pair, recordset(page.map(toRow))]));
  const missing = page.filter(({ n }) => !ids.has(n));
  if (missing.length > 0) await refuse(sql, pair, missing);
}

const INSERT = statement<Written>(
  "links.insert",
  `with incoming as materialized (select * from ${INCOMING}),
   forgotten as (
     delete from syncline.links l using incoming i
      where l.pair = $1 and l.entity = i.entity and l.left_id = i.left_id and l.state = 'tombstone' and i.state = 'live'
     returning l.id),
   forgotten_too as (
     delete from syncline.links l using incoming i
      where l.pair = $1 and l.entity = i.entity and l.right_id = i.right_id and l.state = 'tombstone' and i.state = 'live'
        and l.left_id <> i.left_id
     returning l.id),
   unbased as (
     delete from syncline.bases
      where link_id in (select id from forgotten union select id from forgotten_too)),
   inserted as (
     insert into syncline.links (pair, entity, left_id, right_id, state, reason,
                                 left_fingerprint, right_fingerprint, left_version, right_version)
     select $1, entity, left_id, right_id, state, reason, left_fingerprint, right_fingerprint, left_version, right_version
       from incoming order by n
     on conflict do nothing
     returning id, entity, left_id, right_id)
   select i.n, l.id::text as id from inserted l join incoming i using (entity, left_id, right_id)`,
);

async function insert(sql: Sql, pair: string, page: readonly Numbered[], ids: Map<number, LinkId>): Promise<void> {
  if (page.length === 0) return;
  note(ids, await sql.rows(INSERT, [pair, recordset(page.map(toRow))]));
  const there = page.filter(({ n }) => !ids.has(n));
  if (there.length === 0) return;
  const holders = await holdersOf(sql, pair, there);
  const known = there.map(({ n, write }) => {
    const link = holders.find(
      (holder) => holder.entity === write.entity && holder.left === write.left && holder.right === write.right,
    );
    if (link === undefined) throw taken(write, holders);
    return { n, write: { ...write, id: link.id } };
  });
  await update(sql, pair, known, ids);
}

const HOLDERS = statement<LinkColumns>(
  "links.holders",
  `select ${linkColumns("l")} from ${INCOMING} join syncline.links l
       on l.pair = $1 and l.entity = i.entity and l.left_id = i.left_id and l.state <> 'tombstone'
   union
   select ${linkColumns("l")} from ${INCOMING} join syncline.links l
       on l.pair = $1 and l.entity = i.entity and l.right_id = i.right_id and l.state <> 'tombstone'`,
);

async function holdersOf(sql: Sql, pair: string, page: readonly Numbered[]): Promise<readonly Link[]> {
  return (await sql.rows(HOLDERS, [pair, recordset(page.map(toRow))])).map(toLink);
}

async function refuse(sql: Sql, pair: string, missing: readonly Numbered[]): Promise<never> {
  const holders = await holdersOf(sql, pair, missing);
  for (const { write } of missing) {
    const others = holders.filter((holder) => holder.id !== write.id);
    if (others.some((holder) => holder.left === write.left || holder.right === write.right)) throw taken(write, others);
  }
  throw new Error(`no such link of ${pair}: ${missing.map(({ write }) => String(write.id)).join(", ")}`);
}

function taken(write: LinkWrite, holders: readonly Link[]): Error {
  const named = holders
    .filter((holder) => holder.entity === write.entity && (holder.left === write.left || holder.right === write.right))
    .map((holder) => `${holder.left} = ${holder.right} (link ${holder.id})`);
  return new Error(
    `${write.entity}: ${write.left} = ${write.right} cannot be linked, because there is ${named.join(" and ")} already`,
  );
}

function note(ids: Map<number, LinkId>, written: readonly Written[]): void {
  for (const { n, id } of written) ids.set(n, id);
}

function toRow({ n, write }: Numbered): object {
  return {
    n,
    id: write.id,
    entity: write.entity,
    left_id: write.left,
    right_id: write.right,
    state: write.state,
    reason: write.reason,
    left_fingerprint: fingerprintNumber(write.fingerprints.left),
    right_fingerprint: fingerprintNumber(write.fingerprints.right),
    left_version: write.versions.left,
    right_version: write.versions.right,
  };
}
