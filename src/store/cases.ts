// What waits for a person. After each decision of a subject its cases are exactly the ones listed: an open case of the same
// kind and field stays as it is (id, since, answer), with fresh values; the subject's others close.
//
// A subject is found again by either id, because a record that was ambiguous alone may come back linked.

import type { CaseKind } from "../core/decision.ts";
import type { Instant, RemoteId, RunId, Side } from "../core/ids.ts";
import type { Value } from "../core/value.ts";
import type { CaseRow } from "../engine/ledger.ts";
import type { Lease } from "../engine/ports/pair-store.ts";
import type { CaseResolution, CasesOf, StandingOp } from "../engine/ports/waiting.ts";
import { statement, type Sql } from "./database.ts";
import { asValue, instantSql, json, recordset } from "./encoding.ts";
import { HELD, leaseLost } from "./leases.ts";
import { quarantinedLinks } from "./quarantine.ts";
import type { SeenLinks } from "./seen-links.ts";

const OF_SUBJECT = `
     select s.n, c.id, c.kind, c.field, c.since from subject s join syncline.cases c
         on c.pair = $1 and c.entity = s.entity and c.subject_left = s.left_id and c.closed_at is null and c.kind not in ('guard', 'drift')
     union
     select s.n, c.id, c.kind, c.field, c.since from subject s join syncline.cases c
         on c.pair = $1 and c.entity = s.entity and c.subject_right = s.right_id and c.closed_at is null and c.kind not in ('guard', 'drift')`;

const SETTLE = statement(
  "cases.settle",
  `with subject as materialized (
     select * from json_to_recordset($2::json) as s(n int, entity text, left_id text, right_id text, keep boolean, ended text[])),
   opening as materialized (
     select distinct on (n, kind, coalesce(field, ''), field is null) *
       from json_to_recordset($3::json) as o(n int, kind text, field text, left_id text, right_id text, "values" json)),
   stored as materialized (${OF_SUBJECT}),
   kept as materialized (
     select distinct on (o.n, o.kind, coalesce(o.field, ''), o.field is null) t.id, o.*, s.left_id as subject_left, s.right_id as subject_right
       from opening o join subject s using (n)
       join stored t on t.n = o.n and t.kind = o.kind and t.field is not distinct from o.field
      order by o.n, o.kind, coalesce(o.field, ''), o.field is null, t.since, t.id),
   refreshed as (
     update syncline.cases c
        set "values" = k."values", left_id = k.left_id, right_id = k.right_id,
            subject_left = coalesce(k.subject_left, c.subject_left), subject_right = coalesce(k.subject_right, c.subject_right),
            confirmed_by = $4
       from kept k where c.id = k.id),
   others as (
     update syncline.cases c
        set closed_at = case when o.keep then null else now() end, confirmed_by = case when o.keep then $4 else c.confirmed_by end
       from (select t.id, bool_or(s.keep and not coalesce(t.field = any (s.ended), false)) as keep
               from stored t join subject s using (n) group by t.id) o
      where c.id = o.id and c.id not in (select id from kept))
   insert into syncline.cases (pair, entity, kind, field, left_id, right_id, subject_left, subject_right, "values", confirmed_by)
   select $1, s.entity, o.kind, o.field, o.left_id, o.right_id, s.left_id, s.right_id, o."values", $4
     from opening o join subject s using (n)
    where not exists (
      select 1 from kept k where k.n = o.n and k.kind = o.kind and k.field is not distinct from o.field)
    order by o.n`,
);

export async function settleCases(sql: Sql, pair: string, run: RunId, cases: readonly CasesOf[]): Promise<void> {
  if (cases.length === 0) return;
  const subjects = cases.map(({ entity, left, right, keep = false, ended = [] }, n) => ({
    n,
    entity,
    left_id: left,
    right_id: right,
    keep,
    ended,
  }));
  const openings = cases.flatMap(({ open }, n) =>
    open.map(({ kind, field, left, right, values }) => ({ n, kind, field, left_id: left, right_id: right, values })),
  );
  await sql.rows(SETTLE, [pair, recordset(subjects), recordset(openings), run]);
}

// An answer given while the sweep was under way has not been acted on yet; the hint that came with it brings the next look.
// A record whose write is still open was not decided: its cases stay.
const CLOSE_UNCONFIRMED = statement<{ held: boolean }>(
  "cases.close-unconfirmed",
  `with held as materialized (${HELD}),
   closed as (
     update syncline.cases c set closed_at = now() from held, syncline.runs r
      where r.pair = $1 and r.run = $3 and c.pair = $1 and c.entity = $4 and c.closed_at is null
        and c.kind not in ('guard', 'drift', 'unknown-outcome') and c.confirmed_by is distinct from $3
        and (c.answered_at is null or c.answered_at < r.started_at)
        and not exists (
          select 1 from syncline.intents i
           where i.pair = $1 and i.entity = c.entity
             and (i.decision ->> 'left' = c.subject_left or i.decision ->> 'right' = c.subject_right))),
   forgotten as (
     delete from syncline.quarantine q using held, syncline.runs r
      where r.pair = $1 and r.run = $3 and q.pair = $1 and q.entity = $4
        and (select count(*) from syncline.sightings s
              where s.run = r.number and s.entity = q.entity and s.side = q.side and s.id = q.record) = 0
        and not exists (select 1 from json_to_recordset($5::json) as i(side text, record text)
              where i.side = q.side and i.record = q.record))
   select true as held from held`,
);

/** Closes the cases that no decision of this run has opened or kept; a record that is nowhere any more fails no more. @throws LeaseLost. */
export async function closeUnconfirmed(
  sql: Sql,
  seen: SeenLinks,
  pair: string,
  lease: Lease,
  run: RunId,
  entity: string,
): Promise<void> {
  const linked = await quarantinedLinks(sql, pair, entity);
  const met = linked.filter(({ side, link }) => seen.of(run, entity, side).unchanged.has(link));
  const rows = met.map(({ side, record }) => ({ side, record }));
  const held = await sql.rows(CLOSE_UNCONFIRMED, [pair, lease.token, run, entity, recordset(rows)]);
  if (held.length === 0) throw leaseLost(pair, lease);
}

const OPEN_GUARD = statement(
  "cases.open-guard",
  `insert into syncline.cases (pair, entity, kind, side, op, "values") values ($1, $2, 'guard', $3, $4, $5::json)
   on conflict (pair, entity, side, op) where closed_at is null and kind = 'guard' do update set "values" = excluded."values"`,
);
const CLOSE_GUARD = statement(
  "cases.close-guard",
  `update syncline.cases set closed_at = now()
    where pair = $1 and entity = $2 and side = $3 and op = $4 and kind = 'guard' and closed_at is null`,
);

/** The case of a tripped guard, or of a system that is not what it was: one for each entity, side and class. */
export async function setGuardCase(
  sql: Sql,
  pair: string,
  guard: { readonly entity: string; readonly side: Side; readonly op: StandingOp },
  open: { readonly values: Value } | null,
): Promise<void> {
  const key = [pair, guard.entity, guard.side, guard.op];
  if (open === null) await sql.rows(CLOSE_GUARD, key);
  else await sql.rows(OPEN_GUARD, [...key, json(open.values)]);
}

interface Standing {
  readonly entity: string;
  readonly side: Side;
  readonly op: StandingOp;
}

const STANDING = statement<Standing>(
  "cases.standing",
  "select entity, side, op from syncline.cases where pair = $1 and kind = 'guard' and closed_at is null order by entity, side, op",
);

export async function standingCases(sql: Sql, pair: string): Promise<readonly Standing[]> {
  return sql.rows(STANDING, [pair]);
}

interface ResolutionRow {
  readonly id: string;
  readonly entity: string;
  readonly kind: CaseKind;
  readonly field: string | null;
  readonly left_id: RemoteId | null;
  readonly right_id: RemoteId | null;
  readonly values: Value;
  /** What answerCase wrote. */
  readonly answer: CaseResolution["answer"];
  readonly closed: boolean;
}

// A dismissed question about records without a link stays dismissed: nothing of it is stored elsewhere, so it would be asked again.
const DISMISSED = "c.closed_at is not null and c.answer->>'kind' = 'dismiss'";

const RESOLUTIONS = statement<ResolutionRow>(
  "cases.resolutions",
  `with subject as materialized (
     select * from json_to_recordset($2::json) as s(n int, entity text, left_id text, right_id text)),
   stored as materialized (${OF_SUBJECT}),
   dismissed as materialized (
     select c.id from subject s join syncline.cases c
         on c.pair = $1 and c.entity = s.entity and c.subject_left = s.left_id and c.subject_right is null and ${DISMISSED}
     union
     select c.id from subject s join syncline.cases c
         on c.pair = $1 and c.entity = s.entity and c.subject_right = s.right_id and c.subject_left is null and ${DISMISSED})
   select c.id, c.entity, c.kind, c.field, c.left_id, c.right_id, c."values", c.answer, c.closed_at is not null as closed
     from syncline.cases c
    where (c.id in (select id from stored) and c.answer is not null) or c.id in (select id from dismissed)
    order by c.answered_at, c.id`,
);

export async function resolutions(
  sql: Sql,
  pair: string,
  subjects: readonly { readonly entity: string; readonly left: RemoteId | null; readonly right: RemoteId | null }[],
): Promise<readonly CaseResolution[]> {
  if (subjects.length === 0) return [];
  const rows = subjects.map(({ entity, left, right }, n) => ({ n, entity, left_id: left, right_id: right }));
  return (await sql.rows(RESOLUTIONS, [pair, recordset(rows)])).map((row) => ({
    caseId: row.id,
    kind: row.kind,
    entity: row.entity,
    field: row.field,
    left: row.left_id,
    right: row.right_id,
    values: row.values,
    answer: row.answer,
    ...(row.closed ? { remembered: true as const } : {}),
  }));
}

interface CaseColumns {
  readonly id: string;
  readonly pair: string;
  readonly entity: string;
  readonly kind: CaseKind;
  readonly left_id: RemoteId | null;
  readonly right_id: RemoteId | null;
  readonly field: string | null;
  readonly values: Value;
  readonly since: Instant;
  readonly answer: CaseResolution["answer"] | null;
  readonly closed: boolean;
}

const COLUMNS = `id, pair, entity, kind, left_id, right_id, field, "values", ${instantSql("since")} as since, answer,
  closed_at is not null as closed`;

/** A case as people see it, with whether it is closed. */
export type AnyCase = CaseRow & { readonly closed: boolean };

function toCase(row: CaseColumns): AnyCase {
  return {
    id: row.id,
    pair: row.pair,
    entity: row.entity,
    kind: row.kind,
    left: row.left_id,
    right: row.right_id,
    field: row.field,
    values: row.values,
    since: row.since,
    answer: row.answer,
    closed: row.closed,
  };
}

const LIST = statement<CaseColumns>(
  "cases.list",
  `select ${COLUMNS} from syncline.cases where closed_at is null and ($1::text is null or pair = $1)
    order by since desc, length(id) desc, id desc limit $2`,
);

/** Open ones, newest first. */
export async function listCases(sql: Sql, pair: string | null, limit: number): Promise<readonly CaseRow[]> {
  return (await sql.rows(LIST, [pair, limit])).map(openCase);
}

function openCase(row: CaseColumns): CaseRow {
  const { closed: _closed, ...open } = toCase(row);
  return open;
}

const FIND = statement<CaseColumns>("cases.find", `select ${COLUMNS} from syncline.cases where id = $1`);

export async function findCase(sql: Sql, id: string): Promise<AnyCase | null> {
  const [row] = await sql.rows(FIND, [id]);
  return row === undefined ? null : toCase(row);
}

const ANSWER = statement<CaseColumns>(
  "cases.answer",
  `update syncline.cases set answer = $2::json, answered_at = now() where id = $1 and closed_at is null returning ${COLUMNS}`,
);

/** @returns null when the case is not open. */
export async function answerCase(sql: Sql, id: string, answer: CaseResolution["answer"]): Promise<CaseRow | null> {
  const [row] = await sql.rows(ANSWER, [id, json(asValue(answer))]);
  return row === undefined ? null : openCase(row);
}
