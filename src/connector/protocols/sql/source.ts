// Where the records of an object come from, once the database has told its columns: what is selected, how a row becomes a record,
// and how values of ours are bound.

import type { Knex } from "knex";
import { didYouMean } from "../../../core/problem.ts";
import { digitsOf, type Fields, type Value } from "../../../core/value.ts";
import type { BrokenItem, RemoteRecord } from "../../contract.ts";
import { createRecordCodec, type RecordCodec } from "../../record.ts";
import { asKind, bound, type Bound, type Column, type TableShape } from "./column.ts";
import type { Dialect, SqlAnswer, SqlRow, SqlSession, SqlStatement } from "./dialect.ts";
import { fault, ran, type Ran } from "./fault.ts";
import type { NamedStatement } from "./named.ts";
import type { SqlObjectPlan } from "./plan.ts";
import type { SqlValue } from "./value.ts";

export interface Source {
  readonly plan: SqlObjectPlan;
  readonly dialect: Dialect;
  readonly shape: TableShape;
  readonly codec: RecordCodec;
  /** `select … from …`, without a condition. */
  rows(): Knex.QueryBuilder;
  record(
    row: SqlRow,
  ): { readonly ok: true; readonly record: RemoteRecord } | { readonly ok: false; readonly broken: BrokenItem };
  /** A value for a condition on this column; null: the column can hold no such value. */
  compared(column: string, value: Value): SqlValue | Knex.Raw | null;
  /** The written table, with its schema. */
  table(): string;
  /** A column to sort by: with its table, because its bare name may be that of a text made of it. */
  sorted(column: string): string;
}

export type Settings = Readonly<Record<string, Value>>;

const OTHER: Column = { kind: "other", computed: false, scale: null };

/** @returns null where there is no such table, or a column that the file names is not in it. */
export async function readSource(
  session: SqlSession,
  plan: SqlObjectPlan,
  dialect: Dialect,
  { wanted, settings }: { readonly wanted: readonly string[]; readonly settings: Settings },
): Promise<Ran<Source>> {
  const described =
    plan.table === null ? await sampled(session, plan, dialect, settings) : await dialect.describe(session, plan.table);
  if (!described.ok) return described;
  const shape = described.value;
  if (shape === null) {
    const name = [plan.table?.schema, plan.table?.table].filter((part) => typeof part === "string").join(".");
    return fault("refused", "E_TABLE_UNKNOWN", `there is no table ${name}, or this user may not see it`);
  }
  const missing = plan.select === null ? plan.named.find(({ column }) => !shape.columns.has(column)) : undefined;
  if (missing !== undefined) {
    const hint = didYouMean(missing.column, [...shape.columns.keys()]) ?? "";
    return fault(
      "refused",
      "E_COLUMN_UNKNOWN",
      `${plan.table?.table ?? plan.name} has no column "${missing.column}", which \`${missing.at}\` of ${plan.name} names; ${hint}`.replace(
        /; $/,
        "",
      ),
    );
  }
  return ran(sourceOf(plan, dialect, withXmin(shape, plan), { wanted, settings }));
}

/** A statement of the file shows what it selects only with a row. */
async function sampled(
  session: SqlSession,
  plan: SqlObjectPlan,
  dialect: Dialect,
  settings: Settings,
): Promise<Ran<TableShape>> {
  const answer = await run(session, selected(plan, dialect, settings).limit(1));
  if (!answer.ok) return answer;
  const columns = new Map<string, Column>();
  for (const [name, value] of Object.entries(answer.value.rows[0] ?? {}))
    columns.set(name, { ...OTHER, kind: digitsOf(value) === null ? "other" : "decimal" });
  return ran({ columns, transactional: true });
}

function withXmin(shape: TableShape, { version }: SqlObjectPlan): TableShape {
  if (version !== "xmin" || shape.columns.has("xmin")) return shape;
  return { ...shape, columns: new Map([...shape.columns, ["xmin", { kind: "xmin", computed: true, scale: null }]]) };
}

function sourceOf(
  plan: SqlObjectPlan,
  dialect: Dialect,
  shape: TableShape,
  { wanted, settings }: { readonly wanted: readonly string[]; readonly settings: Settings },
): Source {
  const { columns } = shape;
  // JSON columns are parsed already: a text in one that looks like JSON is text.
  const fields = plan.shape.fields.map((field) =>
    field.type === "json" && columns.get(String(field.at[0]))?.kind === "json" ? { ...field, type: null } : field,
  );
  const codec = createRecordCodec({ ...plan.shape, fields });
  const named = new Set([
    ...plan.named.map(({ column }) => column),
    ...wanted.map((name) => String(codec.wirePath(name)[0])),
  ]);
  // Pictures and documents are read only where somebody wants them.
  const shown = [...columns].filter(([name, { kind }]) => kind !== "bytes" || named.has(name));
  return {
    plan,
    dialect,
    shape,
    codec,
    rows: () => {
      if (plan.select !== null) return selected(plan, dialect, settings);
      return dialect.knex
        .select(shown.map(([name, { kind }]) => dialect.selected(name, kind) ?? name))
        .from(tableOf(plan));
    },
    record(row) {
      if (dialect.typed || plan.select !== null) return codec.decode(row);
      const item: Record<string, Value> = {};
      for (const [name, value] of Object.entries(row)) item[name] = asKind((columns.get(name) ?? OTHER).kind, value);
      return codec.decode(item);
    },
    compared(column, value) {
      const { kind, scale } = columns.get(column) ?? OTHER;
      const made = bound({ kind, scale: kind === "decimal" ? null : scale }, value);
      return made.ok && made.value !== null ? dialect.compared(kind, made.value) : null;
    },
    table: () => tableOf(plan),
    sorted: (column) => `${plan.select === null ? tableOf(plan) : "records"}.${column}`,
  };
}

function tableOf({ table, name }: SqlObjectPlan): string {
  if (table === null) throw new Error(`${name} has no table; its capabilities say so`);
  return table.schema === null ? table.table : `${table.schema}.${table.table}`;
}

function selected(plan: SqlObjectPlan, dialect: Dialect, settings: Settings): Knex.QueryBuilder {
  if (plan.select === null) throw new Error(`${plan.name} has no statement to select by`);
  const { texts, names } = plan.select;
  const values = names.map((name) => anyValue(settings[name] ?? null));
  return dialect.knex
    .select("*")
    .from(dialect.knex.raw(`(${texts.join("?")}\n) as records`, values as Knex.RawBinding[]));
}

/** A value whose place has no column: its own type says how it is bound. */
export function anyValue(value: Value): SqlValue {
  if (value === null || typeof value === "boolean" || typeof value === "string") return value;
  const digits = digitsOf(value);
  if (digits !== null) return /^-?\d{1,18}$/.test(digits) ? BigInt(digits) : digits;
  const made = bound({ kind: "json", scale: null }, value);
  return made.ok ? made.value : null;
}

/** A statement of the file with its values in place. */
export function filled(
  dialect: Dialect,
  { texts, names }: NamedStatement,
  valueOf: (name: string) => SqlValue,
): Knex.Raw {
  return dialect.knex.raw(texts.join("?"), names.map(valueOf) as Knex.RawBinding[]);
}

/** What is written to the columns, or why it cannot be. */
export function boundColumns(
  source: Source,
  wire: Fields,
):
  | { readonly ok: true; readonly values: Readonly<Record<string, SqlValue>> }
  | { readonly ok: false; readonly code: string; readonly message: string } {
  const values: Record<string, SqlValue> = {};
  for (const [name, value] of Object.entries(wire)) {
    const column = source.shape.columns.get(name);
    if (column === undefined) {
      const hint = didYouMean(name, [...source.shape.columns.keys()]);
      return {
        ok: false,
        code: "E_COLUMN_UNKNOWN",
        message: `the table has no column "${name.slice(0, 80)}"${hint === undefined ? "" : `; ${hint}`}`,
      };
    }
    if (column.computed)
      return {
        ok: false,
        code: "E_COLUMN_COMPUTED",
        message: `the database computes the column "${name}"; give the rule a direction away from it, or say read_only`,
      };
    const made: Bound = bound(column, value);
    if (!made.ok) return { ok: false, code: "E_VALUE", message: `${name}: ${made.message}` };
    values[name] = made.value;
  }
  return { ok: true, values };
}

export async function run(session: SqlSession, builder: Knex.QueryBuilder | Knex.Raw): Promise<Ran<SqlAnswer>> {
  return session.run(compiled(builder));
}

export function compiled(builder: Knex.QueryBuilder | Knex.Raw): SqlStatement {
  const { sql, bindings } = builder.toSQL().toNative();
  // Of our own words only limits are numbers.
  return {
    text: sql,
    values: bindings.map((value) => (typeof value === "number" ? BigInt(value) : value)) as SqlValue[],
  };
}
