// What each database is asked through: a session that runs one statement after the other, and the few things that are said
// differently. Statements are built by knex; only identifiers that passed check and our own words are ever text in them.

import type { Knex } from "knex";
import type { Value } from "../../../core/value.ts";
import type { ColumnKind, TableShape } from "./column.ts";
import type { Ran } from "./fault.ts";
import type { DialectName, Place } from "./place.ts";
import type { SqlValue } from "./value.ts";

export interface SqlStatement {
  readonly text: string;
  readonly values: readonly SqlValue[];
}

export type SqlRow = Readonly<Record<string, Value>>;

export interface SqlAnswer {
  readonly rows: readonly SqlRow[];
  /** Rows met by an insert, update or delete, changed or not. */
  readonly met: number;
  /** Of an insert into a table that numbers its rows, where the database tells it so; null: not told. */
  readonly insertedId: string | null;
}

/** One connection, used by one after the other. */
export interface SqlSession {
  run(statement: SqlStatement): Promise<Ran<SqlAnswer>>;
  begin(): Promise<Ran<null>>;
  commit(): Promise<Ran<null>>;
  rollback(): Promise<Ran<null>>;
  /** The connection is gone, or in a state nobody knows. */
  readonly broken: boolean;
  /** An insert may say `returning`. */
  readonly returns: boolean;
  close(): Promise<void>;
}

export interface Login {
  readonly user: string | null;
  readonly password: string | null;
}

export interface ConnectOptions {
  readonly place: Place;
  readonly login: Login;
  readonly connectTimeoutMs: number;
  /** For one statement; the server is told so too, and its connection is dropped when it does not keep to it. */
  readonly statementTimeoutMs: number;
  /** The checked network address of the place's host. */
  address(host: string): Promise<Ran<string>>;
}

export interface Dialect {
  readonly name: DialectName;
  /** Compiles statements; never connects. */
  readonly knex: Knex;
  /** Its driver knows each value's type; else the table's columns say what a value is. */
  readonly typed: boolean;
  /** Bound values of one statement at most. */
  readonly valuesMax: number;
  connect(options: ConnectOptions): Promise<Ran<SqlSession>>;
  /** The columns of a table; null: there is no such table, or it may not be seen. */
  describe(session: SqlSession, table: TableName): Promise<Ran<TableShape | null>>;
  /** A column as it is selected, where its plain value would lose something. Null: as it is. */
  selected(column: string, kind: ColumnKind): Knex.Raw | null;
  /** A value that is compared with a column, where the plain value would not do. */
  compared(kind: ColumnKind, value: SqlValue): SqlValue | Knex.Raw;
  /** Value of a column of this kind by the database's clock. */
  now(kind: ColumnKind): Knex.Raw;
  /** Statement whose one row has `now`: the database's clock as ISO text in UTC. */
  readonly clock: string;
  /** Statements around a part of a transaction that may fail alone. */
  readonly savepoint: { readonly set: string; readonly undo: string; readonly drop: string | null };
  /** A statement that fails leaves the rest of its transaction unusable. */
  readonly failsWhole: boolean;
}

export interface TableName {
  readonly schema: string | null;
  readonly table: string;
}
