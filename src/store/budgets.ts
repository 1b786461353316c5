// Calls that a system's limits allow, counted for all processes on this database. A limit holds over any stretch of its length:
// what was taken is kept with its time until it has left the stretch. Time is the database's alone.

import type { BudgetLimit, BudgetRow, Budgets } from "../core/budget.ts";
import { statement, type Database, type Sql } from "./database.ts";
import { instantSql } from "./encoding.ts";

// The row is locked for the rest of the transaction, so that two who ask at the same time are counted one after the other.
const LOCK = statement<{ held_ms: number }>(
  "budgets.lock",
  `insert into syncline.budgets as b (system, name, calls, per_ms) values ($1, $2, $3, $4)
   on conflict (system, name) do update set calls = excluded.calls, per_ms = excluded.per_ms
   returning greatest(0, extract(epoch from (select max(h.held_until) from syncline.budgets h where h.system = $1) - clock_timestamp()) * 1000)::float8 as held_ms`,
);

const FORGET = statement(
  "budgets.forget",
  `delete from syncline.budget_takings where system = $1 and name = $2
      and at <= clock_timestamp() - make_interval(secs => $3::float8 / 1000)`,
);

const USED = statement<{ used: number; oldest_ms: number | null }>(
  "budgets.used",
  `select coalesce(sum(calls), 0)::float8 as used,
          (extract(epoch from clock_timestamp() - min(at)) * 1000)::float8 as oldest_ms
     from syncline.budget_takings where system = $1 and name = $2`,
);

const TAKE = statement("budgets.take", "insert into syncline.budget_takings (system, name, calls) values ($1, $2, $3)");

// Given back to the newest takings first: the older leave the stretch sooner.
const NEWEST = statement<{ id: string; calls: number }>(
  "budgets.newest",
  `select id::text as id, calls::float8 as calls from syncline.budget_takings where system = $1 and name = $2 order by id desc limit 100 for update`,
);

const REDUCE = statement("budgets.reduce", "update syncline.budget_takings set calls = $2 where id = $1::bigint");

const HOLD = statement(
  "budgets.hold",
  `update syncline.budgets set held_until = greatest(held_until, clock_timestamp() + make_interval(secs => $2::float8 / 1000))
    where system = $1`,
);

const LIST = statement<BudgetRow>(
  "budgets.list",
  `select b.system, b.name as "limit", b.calls::float8 as calls, b.per_ms::float8 as "perMs",
          (select coalesce(sum(t.calls), 0) from syncline.budget_takings t
            where t.system = b.system and t.name = b.name
              and t.at > clock_timestamp() - make_interval(secs => b.per_ms / 1000))::float8 as used,
          case when b.held_until > clock_timestamp() then ${instantSql("b.held_until")} end as "heldUntil"
     from syncline.budgets b order by b.system, b.name`,
);

export function openBudgets(database: Database): Budgets {
  return {
    take: (system, limit, wanted, ceiling) =>
      database.transaction((sql) => take(sql, system, limit, { wanted, ceiling })),
    giveBack: (system, name, calls) => database.transaction((sql) => giveBack(sql, system, name, calls)),
    async hold(system, ms) {
      await database.rows(HOLD, [system, ms]);
    },
    list: () => database.rows(LIST, []),
  };
}

async function take(
  sql: Sql,
  system: string,
  limit: BudgetLimit,
  { wanted, ceiling }: { readonly wanted: number; readonly ceiling: number },
): ReturnType<Budgets["take"]> {
  const [locked] = await sql.rows(LOCK, [system, limit.name, limit.count, limit.perMs]);
  const heldMs = locked?.held_ms ?? 0;
  if (heldMs > 0) return { granted: 0, waitMs: Math.ceil(heldMs) };
  await sql.rows(FORGET, [system, limit.name, limit.perMs]);
  const [found] = await sql.rows(USED, [system, limit.name]);
  const used = found?.used ?? 0;
  const granted = Math.min(wanted, Math.floor(ceiling - used));
  if (granted <= 0) return { granted: 0, waitMs: Math.ceil(Math.max(1, limit.perMs - (found?.oldest_ms ?? 0))) };
  await sql.rows(TAKE, [system, limit.name, granted]);
  return { granted, waitMs: 0 };
}

async function giveBack(sql: Sql, system: string, name: string, calls: number): Promise<void> {
  let left = calls;
  for (const taken of await sql.rows(NEWEST, [system, name])) {
    const back = Math.min(left, taken.calls);
    left -= back;
    if (back > 0) await sql.rows(REDUCE, [taken.id, taken.calls - back]);
    if (left === 0) return;
  }
}
