// A person takes the systems of a pair as they are now. What was held against them until then is let go of, in one transaction.

import { addAudit } from "./audit.ts";
import { statement, type Database, type Sql } from "./database.ts";
import { serializePair } from "./leases.ts";

type Accepted = "epoch" | "rewind" | "drift" | "links";

const ADOPT = statement<{ side: string }>(
  "accept.epoch",
  `with asked as (
     update syncline.cases set closed_at = now(), answer = '{"kind":"dismiss"}', answered_at = now()
      where pair = $1 and kind = 'guard' and op = 'epoch' and closed_at is null
     returning side, "values" ->> 'found' as found)
   insert into syncline.epochs (pair, side, epoch) select distinct on (side) $1, side, found from asked order by side
   on conflict (pair, side) do update set epoch = excluded.epoch, since = now()
   returning side`,
);

// Versions from before a backup was restored prove nothing any more; the records are looked at again, all of them.
const REWIND = statement<{ side: string }>(
  "accept.rewind",
  `with asked as (
     update syncline.cases set closed_at = now(), answer = '{"kind":"dismiss"}', answered_at = now()
      where pair = $1 and kind = 'guard' and op = 'rewind' and closed_at is null
     returning side),
   unversioned as (
     update syncline.links set left_version = null, right_version = null, left_fingerprint = null, right_fingerprint = null
      where pair = $1 and state <> 'tombstone' and exists (select 1 from asked)),
   forgotten as (delete from syncline.cursors where pair = $1 and exists (select 1 from asked))
   select side from asked`,
);

const DRIFT = statement<{ id: string }>(
  "accept.drift",
  `update syncline.cases set answer = '{"kind":"dismiss"}', answered_at = now()
    where pair = $1 and kind = 'drift' and closed_at is null and answer is null returning id`,
);

const FORGET = [
  // A run under way goes by links that are about to be forgotten: it has lost its lease.
  "update syncline.leases set token = nextval('syncline.lease_token'), owner = null where pair = $1",
  "delete from syncline.bases b using syncline.links l where l.pair = $1 and b.link_id = l.id",
  "delete from syncline.links where pair = $1",
  "delete from syncline.unlinked where pair = $1",
  "delete from syncline.cursors where pair = $1",
  "delete from syncline.inbox where pair = $1",
  "delete from syncline.intents where pair = $1",
  "delete from syncline.parked where pair = $1",
  "delete from syncline.quarantine where pair = $1",
  "update syncline.approvals set ended_at = now() where pair = $1 and ended_at is null",
  "update syncline.cases set closed_at = coalesce(closed_at, now()), answer = null where pair = $1",
].map((text, index) => statement(`accept.forget-${String(index)}`, text));

export async function acceptState(
  database: Database,
  pair: string,
  how: { readonly forgetLinks: boolean },
  who: string,
): Promise<readonly Accepted[]> {
  return database.transaction(async (sql) => {
    await serializePair(sql, pair);
    const accepted: Accepted[] = [];
    if ((await sql.rows(ADOPT, [pair])).length > 0) accepted.push("epoch");
    if ((await sql.rows(REWIND, [pair])).length > 0) accepted.push("rewind");
    if ((await sql.rows(DRIFT, [pair])).length > 0) accepted.push("drift");
    if (how.forgetLinks) {
      await forgetLinks(sql, pair);
      accepted.push("links");
    }
    if (accepted.length > 0) await addAudit(sql, { who, what: "state accepted", facts: { pair, accepted } });
    return accepted;
  });
}

async function forgetLinks(sql: Sql, pair: string): Promise<void> {
  for (const forget of FORGET) await sql.rows(forget, [pair]);
}
