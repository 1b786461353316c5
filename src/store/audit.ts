// Who did what, and when. Written in the transaction of what was done.

import type { Value } from "../core/value.ts";
import type { AuditRow } from "../engine/ledger.ts";
import { statement, type Sql } from "./database.ts";
import { instantSql, json } from "./encoding.ts";

const ADD = statement("audit.add", "insert into syncline.audit (who, what, facts) values ($1, $2, $3::json)");

export async function addAudit(
  sql: Sql,
  row: { readonly who: string; readonly what: string; readonly facts: Value },
): Promise<void> {
  await sql.rows(ADD, [row.who, row.what, json(row.facts)]);
}

const LIST = statement<AuditRow>(
  "audit.list",
  `select ${instantSql("at")} as at, who, what, facts from syncline.audit order by id desc limit $1`,
);

export function listAudit(sql: Sql, limit: number): Promise<readonly AuditRow[]> {
  return sql.rows(LIST, [limit]);
}
