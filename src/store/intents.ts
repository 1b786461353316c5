// An intent is durable before its remote write begins, and goes in the commit that settles it. The body is json, not jsonb:
// a repeat under the same idempotency key must send the same bytes.

import type { Instant, RemoteId, RunId, Side } from "../core/ids.ts";
import type { Fields } from "../core/value.ts";
import type { Intent } from "../engine/ports/intent.ts";
import type { Lease } from "../engine/ports/pair-store.ts";
import { statement, type Sql } from "./database.ts";
import { asValue, instantSql, recordset, timestampSql } from "./encoding.ts";
import { HELD, leaseLost } from "./leases.ts";
import { packedDecision, unpackedDecision, type PackedDecision } from "./packed-decision.ts";

const SAVE = statement<{ id: string }>(
  "intents.save",
  `with held as materialized (${HELD})
   insert into syncline.intents
     (id, pair, run, entity, op, side, record, key, body, body_hash, version, write_index, decision, seen, opened_at, attempts)
   select i.id, $1, i.run, i.entity, i.op, i.side, i.record, i.key, i.body, i.body_hash, i.version, i.write_index, i.decision, i.seen,
          ${timestampSql("i.opened_at")}, i.attempts
     from held cross join json_to_recordset($3::json)
       as i(id text, run text, entity text, op text, side text, record text, key text, body json, body_hash text, version text,
            write_index int, decision json, seen json, opened_at float8, attempts int)
   returning id`,
);

/** @throws LeaseLost. */
export async function saveIntents(sql: Sql, pair: string, lease: Lease, intents: readonly Intent[]): Promise<void> {
  if (intents.length === 0) return;
  const rows = intents.map((intent) => ({
    id: intent.id,
    run: intent.run,
    entity: intent.entity,
    op: intent.op,
    side: intent.side,
    record: intent.record,
    key: intent.key,
    body: intent.body,
    body_hash: intent.bodyHash,
    version: intent.version,
    write_index: intent.writeIndex,
    decision: packedDecision(intent.decision),
    seen: asValue(intent.seen),
    opened_at: intent.openedAt,
    attempts: intent.attempts,
  }));
  const stored = await sql.rows(SAVE, [pair, lease.token, recordset(rows)]);
  if (stored.length === 0) throw leaseLost(pair, lease);
}

interface IntentRow {
  readonly id: string;
  readonly run: RunId;
  readonly entity: string;
  readonly op: Intent["op"];
  readonly side: Side;
  readonly record: RemoteId | null;
  readonly key: string;
  readonly body: Fields;
  readonly body_hash: string;
  readonly version: string | null;
  readonly write_index: number;
  readonly decision: PackedDecision;
  readonly seen: Intent["seen"];
  readonly opened_at: Instant;
  readonly attempts: number;
}

const OPEN = statement<IntentRow>(
  "intents.open",
  `select id, run, entity, op, side, record, key, body, body_hash, version, write_index, decision, seen,
          ${instantSql("opened_at")} as opened_at, attempts
     from syncline.intents where pair = $1 order by id`,
);

export async function openIntents(sql: Sql, pair: string): Promise<readonly Intent[]> {
  return (await sql.rows(OPEN, [pair])).map((row) => ({
    id: row.id,
    run: row.run,
    entity: row.entity,
    op: row.op,
    side: row.side,
    record: row.record,
    key: row.key,
    body: row.body,
    bodyHash: row.body_hash,
    version: row.version,
    writeIndex: row.write_index,
    decision: unpackedDecision(row.decision),
    seen: row.seen,
    openedAt: row.opened_at,
    attempts: row.attempts,
  }));
}

const DONE = statement("intents.done", "delete from syncline.intents where pair = $1 and id = any($2::text[])");
const TRIED = statement(
  "intents.tried",
  "update syncline.intents set attempts = attempts + 1 where pair = $1 and id = any($2::text[])",
);

export async function intentsDone(sql: Sql, pair: string, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await sql.rows(DONE, [pair, ids]);
}

export async function intentsTried(sql: Sql, pair: string, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await sql.rows(TRIED, [pair, ids]);
}
