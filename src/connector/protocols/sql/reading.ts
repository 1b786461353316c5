// list, changes, get and find of one object. Pages follow a key, not a number of rows to skip, so that rows which come and go
// meanwhile shift nothing; the next page is read while this one is worked on.

import type { Knex } from "knex";
import type { RemoteId } from "../../../core/ids.ts";
import type { Fields, Value } from "../../../core/value.ts";
import type { BrokenItem, Page, RemoteRecord, Result } from "../../contract.ts";
import { parseTime } from "../../instant.ts";
import { done, failed, parts } from "../../object-tools.ts";
import { bareCursor, capOf, cursorOf, readingStart, type CursorMeans } from "./cursor.ts";
import type { SqlRow, SqlSession } from "./dialect.ts";
import { ran, type Ran } from "./fault.ts";
import type { ObjectWork } from "./object-work.ts";
import { run, type Source } from "./source.ts";
import type { Operation } from "./work.ts";
import { cellText } from "./value.ts";

/** A look-up that finds more than this was not one by key. */
const FOUND_MAX = 1000;

interface Rows {
  readonly source: Source;
  readonly rows: readonly SqlRow[];
}

/** @param cursor What the first page tells as its cursor; null: the latest value of the cursor's column. */
export async function* listPages(tools: ObjectWork, cursor: string | null): AsyncGenerator<Result<Page>> {
  const { plan, work } = tools;
  let told = cursor;
  if (told === null && plan.cursor !== null) {
    const latest = await work.read("list", (session) => latestOf(tools, session));
    if (!latest.ok) {
      yield latest;
      return;
    }
    told = latest.value;
  }
  yield* pages(tools, "list", told, (query, source, last) => {
    const id = last === null ? null : source.compared(plan.id, last[plan.id] ?? null);
    return (id === null ? query : query.where(plan.id, ">", id as Knex.Value)).orderBy(source.sorted(plan.id));
  });
}

export async function* changedPages(tools: ObjectWork, cursor: string, settled: boolean): AsyncGenerator<Result<Page>> {
  const { plan, work } = tools;
  const column = plan.cursor;
  if (column === null) throw new Error(`${plan.name} has no changes; its capabilities say so`);
  const means = meansOf(tools);
  const usable =
    means === "time" ? parseTime(bareCursor(cursor)) !== null : /^"?(?:\d+|0x[0-9a-f]{16})"?$/.test(cursor);
  if (!usable) {
    yield failed({ kind: "resync", message: `the cursor is no ${means}: the object's cursor has been another one` });
    return;
  }
  // The end is fixed first: in a table that is written all the time the reading would never come to one.
  const latest = await work.read("changes", (session) => latestOf(tools, session));
  if (!latest.ok) {
    yield latest;
    return;
  }
  const start = readingStart(cursor, {
    means,
    settleMs: plan.capabilities.changes?.settleMs ?? 0,
    overlap: plan.overlap,
    settled,
  });
  const end = latest.value;
  if (end === null) {
    yield done({ records: [], broken: [], total: null, cursor: null });
    return;
  }
  yield* pages(tools, "changes", undefined, (query, source, last) => {
    const bounds = (value: Value): Knex.Value => source.compared(column, value) as Knex.Value;
    const until = query.where(column, "<=", bounds(bareCursor(end)));
    const seen = last === null ? null : (last[column] ?? null);
    const from =
      last === null || seen === null
        ? until.where(column, ">=", bounds(start))
        : until.where((either) => {
            const id = source.compared(plan.id, last[plan.id] ?? null) as Knex.Value;
            either.where(column, ">", bounds(seen)).orWhere((same) => {
              same.where(column, bounds(seen)).where(plan.id, ">", id);
            });
          });
    return from.orderBy([source.sorted(column), source.sorted(plan.id)]);
  });
}

function meansOf({ plan }: ObjectWork): CursorMeans {
  return plan.cursor === plan.modified ? "time" : "number";
}

/** The latest cursor there is, by the database's own clock; null: no row has one. */
async function latestOf(tools: ObjectWork, session: SqlSession): Promise<Ran<string | null>> {
  const { plan, dialect } = tools;
  const column = plan.cursor;
  const source = await tools.source(session);
  if (!source.ok) return source;
  if (column === null) return ran(null);
  const query = () => source.value.rows().whereNotNull(column).orderBy(source.value.sorted(column), "desc").limit(1);
  const first = await run(session, query());
  if (!first.ok) return first;
  const value = first.value.rows[0]?.[column];
  if (meansOf(tools) === "number") return ran(cursorOf(value));
  const clock = await session.run({ text: dialect.clock, values: [] });
  if (!clock.ok) return clock;
  const cap = capOf(value, cellText(clock.value.rows[0], "now"));
  const bound = cap === null ? null : source.value.compared(column, cap);
  if (bound === null) return ran(cursorOf(value));
  const second = await run(session, query().where(column, "<=", bound as Knex.Value));
  return second.ok ? ran(cursorOf(second.value.rows[0]?.[column])) : second;
}

/** @param cursor Of the first page; undefined: each page tells that of its last row. */
async function* pages(
  tools: ObjectWork,
  operation: Operation,
  cursor: string | null | undefined,
  next: (query: Knex.QueryBuilder, source: Source, last: SqlRow | null) => Knex.QueryBuilder,
): AsyncGenerator<Result<Page>> {
  const { plan, work } = tools;
  const read = (last: SqlRow | null): Promise<Result<Rows>> =>
    work.read(operation, async (session) => {
      const source = await tools.source(session);
      if (!source.ok) return source;
      const answer = await run(session, next(source.value.rows(), source.value, last).limit(plan.pageSize));
      return answer.ok ? ran({ source: source.value, rows: answer.value.rows }) : answer;
    });
  let pending = read(null);
  for (let first = true; ; first = false) {
    const page = await pending;
    if (!page.ok) {
      yield page;
      return;
    }
    const { source, rows } = page.value;
    const last = rows.at(-1);
    const more = last !== undefined && rows.length >= plan.pageSize;
    if (more) {
      pending = read(last);
      // Only a fault of ours rejects; it is met at the await above, unless the consumer has left by then.
      pending.catch(() => undefined);
    }
    const at =
      cursor === undefined && plan.cursor !== null ? cursorOf(last?.[plan.cursor]) : first ? (cursor ?? null) : null;
    yield done({ ...decoded(source, rows), total: null, cursor: at });
    if (!more) return;
  }
}

function decoded(
  source: Source,
  rows: readonly SqlRow[],
): { readonly records: readonly RemoteRecord[]; readonly broken: readonly BrokenItem[] } {
  const records: RemoteRecord[] = [];
  const broken: BrokenItem[] = [];
  for (const row of rows) {
    const made = source.record(row);
    if (made.ok) records.push(made.record);
    else broken.push(made.broken);
  }
  return { records, broken };
}

export async function readMany(tools: ObjectWork, ids: readonly RemoteId[]): Promise<readonly Result<RemoteRecord>[]> {
  const answers = await Promise.all(
    parts(ids, tools.plan.capabilities.batch.read).map(async (part): Promise<readonly Result<RemoteRecord>[]> => {
      const read = await tools.work.read("get", async (session) => {
        const source = await tools.source(session);
        return source.ok ? readByIds(session, source.value, part) : source;
      });
      if (!read.ok) return part.map(() => read);
      return part.map((id) => read.value.get(id) ?? failed({ kind: "gone", message: "there is no row with this id" }));
    }),
  );
  return answers.flat();
}

export async function readByIds(
  session: SqlSession,
  source: Source,
  ids: readonly RemoteId[],
): Promise<Ran<ReadonlyMap<string, Result<RemoteRecord>>>> {
  const found = new Map<string, Result<RemoteRecord>>();
  const values = ids.map((id) => source.compared(source.plan.id, id)).filter((value) => value !== null);
  if (values.length === 0) return ran(found);
  for (const part of parts(values, source.dialect.valuesMax)) {
    const answer = await run(session, source.rows().whereIn(source.plan.id, part as Knex.Value[]));
    if (!answer.ok) return answer;
    for (const row of answer.value.rows) {
      const made = source.record(row);
      if (made.ok) found.set(made.record.id, done(made.record));
      else if (made.broken.id !== null)
        found.set(made.broken.id, failed({ kind: "malformed", code: made.broken.code, message: made.broken.message }));
    }
  }
  return ran(found);
}

/** @param columns Columns with the values looked for. */
export async function findRows(tools: ObjectWork, columns: Fields): Promise<Result<readonly RemoteRecord[]>> {
  const read = await tools.work.read("find", async (session): Promise<Ran<readonly RemoteRecord[]>> => {
    const source = await tools.source(session);
    if (!source.ok) return source;
    const query = source.value.rows();
    for (const [column, value] of Object.entries(columns)) {
      const compared = source.value.compared(column, value);
      // What a column cannot hold, nobody has.
      if (compared === null) return ran([]);
      query.where(column, compared as Knex.Value);
    }
    const answer = await run(session, query.orderBy(source.value.sorted(tools.plan.id)).limit(FOUND_MAX + 1));
    if (!answer.ok) return answer;
    const { records, broken } = decoded(source.value, answer.value.rows);
    const [bad] = broken;
    // A look-up that cannot read all it found cannot say that there is none.
    if (bad !== undefined) return { ok: false, fault: { kind: "refused", code: bad.code, message: bad.message } };
    return ran(records);
  });
  if (read.ok && read.value.length > FOUND_MAX)
    return failed({
      kind: "malformed",
      code: "E_FIND_TOO_MANY",
      message: `a look-up found more than ${String(FOUND_MAX)} records: is it by key?`,
    });
  return read;
}
