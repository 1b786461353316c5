// One writer a pair. A lease has a token that only grows; every write of a run locks the lease row and looks whether its
// token is still the newest, so a holder that slept through its time is refused. Time is the database's alone.

import type { Instant } from "../core/ids.ts";
import { LeaseLost, type Lease } from "../engine/ports/pair-store.ts";
import { statement, type Sql } from "./database.ts";
import { instantSql } from "./encoding.ts";

// The token is drawn again under the row lock: one drawn before waiting for it could be older than what it replaces.
const ACQUIRE = statement<{ token: string; until: Instant }>(
  "leases.acquire",
  `insert into syncline.leases as l (pair, token, owner, until)
   values ($1, nextval('syncline.lease_token'), $2, clock_timestamp() + make_interval(secs => $3::float8 / 1000))
   on conflict (pair) do update set token = nextval('syncline.lease_token'), owner = excluded.owner, until = excluded.until
    where l.owner is null or l.until <= clock_timestamp()
   returning token, ${instantSql("until")} as until`,
);

export async function acquireLease(sql: Sql, pair: string, owner: string, ttlMs: number): Promise<Lease | null> {
  const [row] = await sql.rows(ACQUIRE, [pair, owner, ttlMs]);
  return row === undefined ? null : { token: Number(row.token), until: row.until };
}

// A lease past its time that nobody took is still the newest: its holder may go on.
const RENEW = statement<{ token: string }>(
  "leases.renew",
  `update syncline.leases set until = clock_timestamp() + make_interval(secs => $3::float8 / 1000)
    where pair = $1 and token = $2 and owner is not null returning token`,
);

export async function renewLease(sql: Sql, pair: string, lease: Lease, ttlMs: number): Promise<boolean> {
  return (await sql.rows(RENEW, [pair, lease.token, ttlMs])).length > 0;
}

const RELEASE = statement(
  "leases.release",
  "update syncline.leases set owner = null, until = clock_timestamp() where pair = $1 and token = $2",
);

export async function releaseLease(sql: Sql, pair: string, lease: Lease): Promise<void> {
  await sql.rows(RELEASE, [pair, lease.token]);
}

/** SQL that is true while lease `$2` of pair `$1` holds, and keeps it from changing until the transaction ends. */
export const HELD = "select 1 from syncline.leases where pair = $1 and token = $2 and owner is not null for update";

const LOCK = statement("leases.lock", HELD);

/** First statement of a transaction that only the holder may make. @throws LeaseLost. */
export async function lockLease(sql: Sql, pair: string, lease: Lease): Promise<void> {
  if ((await sql.rows(LOCK, [pair, lease.token])).length === 0) throw leaseLost(pair, lease);
}

export function leaseLost(pair: string, lease: Lease): LeaseLost {
  return new LeaseLost(`the lease ${String(lease.token)} of ${pair} was lost to another holder`);
}

const SERIALIZE = statement("leases.serialize", "select 1 from syncline.leases where pair = $1 for update");

/** Keeps commits of the pair out until this transaction ends: for people's changes, which hold no lease. */
export async function serializePair(sql: Sql, pair: string): Promise<void> {
  await sql.rows(SERIALIZE, [pair]);
}
