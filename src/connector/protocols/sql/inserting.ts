// New rows: many with one statement where their ids can be told apart afterwards, else one after the other.

import type { Knex } from "knex";
import { remoteId, type RemoteId } from "../../../core/ids.ts";
import { canonicalText, type Fields, type Value } from "../../../core/value.ts";
import type { CreateCall } from "../../contract.ts";
import type { SqlAnswer, SqlRow, SqlSession } from "./dialect.ts";
import { fault, ran, type Ran } from "./fault.ts";
import { columnOf } from "./plan.ts";
import { compiled, filled, run, type Source } from "./source.ts";
import { statementValue } from "./statement-values.ts";
import type { SqlValue } from "./value.ts";

export interface NewRow {
  readonly call: CreateCall;
  readonly values: Readonly<Record<string, SqlValue | Knex.Value>>;
}

/**
 * Ids in the order of the rows; null: they have to be made one by one. No database promises that the ids come back in the order of
 * the rows, so the rows are read back and compared with what was sent before anything is believed.
 */
export async function createTogether(
  session: SqlSession,
  source: Source,
  rows: readonly NewRow[],
): Promise<Ran<readonly RemoteId[] | null>> {
  const { dialect, plan, shape } = source;
  if (rows.length < 2 || plan.insert !== null || !session.returns || !shape.transactional) return ran(null);
  const [first] = rows;
  const columns = Object.keys(first?.values ?? {});
  const alike =
    columns.length > 0 &&
    rows.every(
      ({ values }) => Object.keys(values).length === columns.length && columns.every((name) => name in values),
    );
  if (!alike || rows.length * columns.length > dialect.valuesMax) return ran(null);
  const { savepoint } = dialect;
  const set = await session.run({ text: savepoint.set, values: [] });
  if (!set.ok) return set;
  const undo = async (): Promise<Ran<null>> => {
    const undone = await session.run({ text: savepoint.undo, values: [] });
    return undone.ok ? ran(null) : undone;
  };
  const answer = await insert(
    session,
    source,
    rows.map(({ values }) => values),
  );
  if (!answer.ok) return answer.fault.kind === "duplicate" || answer.fault.kind === "refused" ? undo() : answer;
  const ids = answer.value.rows.map((row) => remoteId(row[plan.id]));
  const known = ids.filter((id) => id !== null);
  if (known.length !== rows.length) return undo();
  const shown = await session.run(
    compiled(
      dialect.knex
        .select([plan.id, ...columns.filter((name) => name !== plan.id)])
        .from(source.table())
        .whereIn(plan.id, known.map((id) => source.compared(plan.id, id)) as Knex.Value[]),
    ),
  );
  if (!shown.ok) return shown;
  const byId = new Map(shown.value.rows.map((row) => [String(remoteId(row[plan.id])), row]));
  const inOrder = rows.every((row, index) => shows(byId.get(known[index] ?? ""), row, source));
  return inOrder ? ran(known) : undo();
}

/** Kinds whose values come back as they were sent, unless a trigger changes them. */
const PLAIN = new Set(["text", "integer", "boolean", "other"]);

function shows(row: SqlRow | undefined, { values }: NewRow, { shape }: Source): boolean {
  if (row === undefined) return false;
  return Object.entries(values).every(([name, sent]) => {
    if (!PLAIN.has(shape.columns.get(name)?.kind ?? "")) return true;
    const value = row[name];
    if (typeof sent === "bigint") return value !== undefined && canonicalText(value) === sent.toString();
    if (typeof sent === "boolean") return value === sent || canonicalText(value ?? null) === (sent ? "1" : "0");
    return typeof sent !== "string" || value === sent;
  });
}

async function insert(session: SqlSession, source: Source, rows: readonly NewRow["values"][]): Promise<Ran<SqlAnswer>> {
  const { dialect, plan } = source;
  const builder = dialect.knex(source.table()).insert(rows as Record<string, Knex.Value>[]);
  if (dialect.name !== "mysql")
    return run(
      session,
      builder.returning(plan.id, dialect.name === "mssql" ? { includeTriggerModifications: true } : {}),
    );
  // MariaDB can say `returning`; knex does not know it.
  const statement = compiled(builder);
  return session.run(
    session.returns ? { ...statement, text: `${statement.text} returning \`${plan.id}\`` } : statement,
  );
}

export async function createOne(
  session: SqlSession,
  source: Source,
  row: NewRow,
  settings: Fields,
): Promise<Ran<RemoteId>> {
  const { plan, dialect } = source;
  const { call } = row;
  const answer =
    plan.insert === null
      ? await insert(session, source, [row.values])
      : await run(
          session,
          filled(dialect, plan.insert, (name) =>
            statementValue(source, name, { record: call.record, id: null, version: null, key: call.key, settings }),
          ),
        );
  if (!answer.ok) return answer;
  const told = answer.value.rows[0];
  const id =
    remoteId(told?.[plan.id] ?? (told === undefined ? null : (Object.values(told)[0] ?? null))) ??
    sentId(row, plan.id) ??
    remoteId(answer.value.insertedId);
  if (id !== null) return ran(id);
  const found = await lookedUp(session, source, call);
  if (!found.ok) return found;
  return found.value === null
    ? fault(
        "refused",
        "E_NO_ID",
        "the database does not tell the id of a new row; say natural_keys, create: { marker: COLUMN }, or insert: … returning",
      )
    : ran(found.value);
}

function sentId({ values }: NewRow, column: string): RemoteId | null {
  const sent = values[column];
  return remoteId(typeof sent === "bigint" ? sent.toString() : sent);
}

/** The row just made, by what it alone has. */
async function lookedUp(session: SqlSession, source: Source, call: CreateCall): Promise<Ran<RemoteId | null>> {
  const { plan } = source;
  const key: Record<string, Value> = {};
  if (plan.marker !== null) key[plan.marker] = call.key;
  else
    for (const name of plan.capabilities.findBy[0] ?? [])
      key[columnOf(plan.shape.fields, name)] = call.record[name] ?? null;
  const query = source.rows();
  for (const [column, value] of Object.entries(key)) {
    const compared = source.compared(column, value);
    if (compared === null) return ran(null);
    query.where(column, compared as Knex.Value);
  }
  if (Object.keys(key).length === 0) return ran(null);
  const answer = await run(session, query.limit(2));
  if (!answer.ok) return answer;
  return ran(answer.value.rows.length === 1 ? remoteId(answer.value.rows[0]?.[plan.id]) : null);
}
