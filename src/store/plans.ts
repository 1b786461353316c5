// Plans as they were printed, and what a person approved of them. An approval names an action by its digest, outlives a
// crash, and is used once.

import type { Instant } from "../core/ids.ts";
import type { Value } from "../core/value.ts";
import type { StoredPlan } from "../engine/ports/run.ts";
import { statement, type Sql } from "./database.ts";
import { instantSql, json, timestampSql } from "./encoding.ts";

const SAVE = statement(
  "plans.save",
  `insert into syncline.plans (id, pair, hash, created_at, document)
   values ($2, $1, $3, ${timestampSql("$4")}, $5::json)
   on conflict (id) do update set hash = excluded.hash, created_at = excluded.created_at, document = excluded.document`,
);

export async function savePlan(sql: Sql, pair: string, plan: StoredPlan): Promise<void> {
  await sql.rows(SAVE, [pair, plan.id, plan.hash, plan.createdAt, json(plan.document)]);
}

const READ = statement<{ id: string; pair: string; hash: string; created_at: Instant; document: Value }>(
  "plans.read",
  `select id, pair, hash, ${instantSql("created_at")} as created_at, document from syncline.plans where id = $1`,
);

export async function readPlan(sql: Sql, id: string): Promise<(StoredPlan & { readonly pair: string }) | null> {
  const [row] = await sql.rows(READ, [id]);
  if (row === undefined) return null;
  return { id: row.id, pair: row.pair, hash: row.hash, createdAt: row.created_at, document: row.document };
}

const APPROVE = statement(
  "approvals.add",
  `with approved as (
     insert into syncline.approvals (pair, action_hash, plan_hash, who)
     select distinct $1, action, $2, $4 from unnest($3::text[]) as action
     on conflict do nothing
     returning 1)
   insert into syncline.audit (who, what, facts)
   select $4, 'plan approved', json_build_object('pair', $1::text, 'plan', $2::text, 'actions', count(*)) from approved`,
);

export async function approve(
  sql: Sql,
  pair: string,
  approval: { readonly planHash: string; readonly actionHashes: readonly string[]; readonly who: string },
): Promise<void> {
  await sql.rows(APPROVE, [pair, approval.planHash, approval.actionHashes, approval.who]);
}

const APPROVED = statement<{ action_hash: string }>(
  "approvals.open",
  "select action_hash from syncline.approvals where pair = $1 and ended_at is null",
);

export async function approvedActions(sql: Sql, pair: string): Promise<ReadonlySet<string>> {
  return new Set((await sql.rows(APPROVED, [pair])).map((row) => row.action_hash));
}

const END = statement(
  "approvals.end",
  "update syncline.approvals set ended_at = now() where pair = $1 and action_hash = any($2::text[]) and ended_at is null",
);

export async function endApprovals(sql: Sql, pair: string, actionHashes: readonly string[]): Promise<void> {
  if (actionHashes.length > 0) await sql.rows(END, [pair, actionHashes]);
}
