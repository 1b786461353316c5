// SQLite by node-sqlite3-wasm, in this process.
//
// Its locks are folders beside the file (NAME.lock), which other builds of SQLite do not see, and it knows no write-ahead log.
// So a file that another program is writing is not touched: while its journal is there the database counts as busy, and a file in
// write-ahead mode is refused. What a process of ours left locked when it was killed is unlocked after a while.

import { closeSync, openSync, readSync, rmdirSync, statSync } from "node:fs";
import knexPackage from "knex";
import sqlite from "node-sqlite3-wasm";
import { exactNumber, type Value } from "../../../../core/value.ts";
import type { Column, ColumnKind } from "../column.ts";
import type { ConnectOptions, Dialect, SqlAnswer, SqlRow, SqlSession, SqlStatement } from "../dialect.ts";
import { errorText, fault, ran, type Ran, type SqlFault } from "../fault.ts";
import { cellText, type SqlValue } from "../value.ts";

// Only knex' way of writing statements for SQLite; the driver of this name is never loaded.
const WRITES_AS = "better-sqlite3";
const knex = knexPackage({ client: WRITES_AS, useNullAsDefault: true });

export const sqliteDialect: Dialect = {
  name: "sqlite",
  knex,
  typed: false,
  valuesMax: 30_000,
  connect,
  async describe(session, { schema, table }) {
    const answer = await session.run({
      text: `select name, type, hidden from pragma_table_xinfo(?, ?)`,
      values: [table, schema ?? "main"],
    });
    if (!answer.ok) return answer;
    const columns = new Map<string, Column>();
    for (const row of answer.value.rows) {
      const declared = cellText(row, "type").toLowerCase();
      const scale = /^(?:decimal|numeric)\s*\(\s*\d+\s*,\s*(\d+)\s*\)/.exec(declared)?.[1];
      columns.set(cellText(row, "name"), {
        kind: kindOf(declared),
        computed: row.hidden === 2 || row.hidden === 3,
        scale: scale === undefined ? null : Number(scale),
      });
    }
    return ran(columns.size === 0 ? null : { columns, transactional: true });
  },
  selected: () => null,
  compared: (_kind, value) => value,
  now: (kind) =>
    knex.raw(kind === "integer" ? "cast(strftime('%s', 'now') as integer)" : "strftime('%Y-%m-%d %H:%M:%f', 'now')"),
  clock: "select strftime('%Y-%m-%dT%H:%M:%fZ', 'now') as now",
  savepoint: { set: "savepoint one", undo: "rollback to savepoint one", drop: "release savepoint one" },
  failsWhole: false,
};

/** SQLite keeps what it is given; the declared type only says what is meant. */
function kindOf(declared: string): ColumnKind {
  if (declared.startsWith("bool")) return "boolean";
  if (declared.startsWith("json")) return "json";
  if (/int/.test(declared)) return "integer";
  if (/char|clob|text/.test(declared)) return "text";
  if (/blob/.test(declared)) return "bytes";
  if (/real|floa|doub/.test(declared)) return "float";
  if (/^(?:dec|num|money)/.test(declared)) return "decimal";
  return "other";
}

/** A lock or journal older than this was left behind: no transaction of ours takes as long. */
const LEFT_BEHIND_MS = 60_000;

function connect({ place }: ConnectOptions): Promise<Ran<SqlSession>> {
  if (place.kind !== "file") throw new Error("a sqlite database is a file");
  return Promise.resolve(open(place.path));
}

function open(path: string): Ran<SqlSession> {
  const header = Buffer.alloc(20);
  try {
    const file = openSync(path, "r");
    try {
      readSync(file, header, 0, header.length, 0);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    return fault("unreachable", "E_CONNECTION", `${path} cannot be opened (${errorText(error, "code") ?? "unknown"})`);
  }
  if (header[18] === 2 || header[19] === 2)
    return fault(
      "unreachable",
      "E_CONNECTION",
      `${path} is in write-ahead mode, which is not supported: pragma journal_mode = delete`,
    );
  let database: InstanceType<typeof sqlite.Database>;
  try {
    database = new sqlite.Database(path, { fileMustExist: true });
  } catch (error) {
    return { ok: false, fault: faultOf(error) };
  }
  // Every statement is carried out at once, in this thread: between two of them nothing of another session can happen but
  // what this file allows, so sessions take turns by SQLite's own lock.
  const run = (statement: SqlStatement): Ran<SqlAnswer> => {
    if (!database.inTransaction) {
      const busy = inUse(path);
      if (busy !== null) return { ok: false, fault: busy };
    }
    try {
      return ran(answerOf(database, statement));
    } catch (error) {
      return { ok: false, fault: faultOf(error) };
    }
  };
  const say = (text: string): Promise<Ran<null>> => {
    const answer = run({ text, values: [] });
    return Promise.resolve(answer.ok ? ran(null) : answer);
  };
  return ran({
    run: (statement) => Promise.resolve(run(statement)),
    begin: () => say("begin immediate"),
    commit: () => say("commit"),
    rollback: () => (database.inTransaction ? say("rollback") : Promise.resolve(ran(null))),
    get broken() {
      return !database.isOpen;
    },
    returns: true,
    close() {
      if (database.isOpen) database.close();
      return Promise.resolve();
    },
  });
}

/** Another program is writing; null: nobody is. */
function inUse(path: string): SqlFault | null {
  const now = Date.now();
  const lock = statSync(`${path}.lock`, { throwIfNoEntry: false });
  if (lock !== undefined && now - lock.mtimeMs > LEFT_BEHIND_MS) {
    try {
      rmdirSync(`${path}.lock`);
    } catch {
      // Somebody else was quicker, or it is in use after all: then SQLite says that it is locked.
    }
  }
  const journal = statSync(`${path}-journal`, { throwIfNoEntry: false });
  const held =
    journal !== undefined &&
    journal.size > 0 &&
    lock === undefined &&
    now - journal.mtimeMs < LEFT_BEHIND_MS &&
    isHot(`${path}-journal`);
  return held ? { kind: "busy", code: "SQLITE_BUSY", message: "another program is writing to the database" } : null;
}

/** A journal that is kept between transactions has its first bytes struck out. */
function isHot(journal: string): boolean {
  const start = Buffer.alloc(1);
  try {
    const file = openSync(journal, "r");
    try {
      return readSync(file, start, 0, 1, 0) === 1 && start[0] !== 0;
    } finally {
      closeSync(file);
    }
  } catch {
    // It has just ended.
    return false;
  }
}

const READS = /^\s*(?:select|with|pragma|values|explain)\b/i;
const RETURNS = /\breturning\b/i;

function answerOf(database: InstanceType<typeof sqlite.Database>, { text, values }: SqlStatement): SqlAnswer {
  const parameters = values.map(parameter);
  if (READS.test(text) || RETURNS.test(text)) {
    const rows = database.all(text, parameters).map((row): SqlRow => {
      const made: Record<string, Value> = {};
      for (const [name, value] of Object.entries(row)) if (name !== "__proto__") made[name] = decoded(value);
      return made;
    });
    return { rows, met: rows.length, insertedId: null };
  }
  if (/^\s*(?:begin|commit|rollback|savepoint|release)\b/i.test(text)) {
    database.exec(text);
    return { rows: [], met: 0, insertedId: null };
  }
  const { changes, lastInsertRowid } = database.run(text, parameters);
  return { rows: [], met: changes, insertedId: String(lastInsertRowid) };
}

function parameter(value: SqlValue): string | bigint | null | Uint8Array {
  if (typeof value === "boolean") return value ? 1n : 0n;
  if (typeof value === "bigint" || typeof value === "string" || value === null || value instanceof Uint8Array)
    return value;
  throw new Error("SQLite has no lists; the column's kind says so");
}

function decoded(value: unknown): Value {
  if (value === null || typeof value === "string") return value;
  if (typeof value === "bigint" || typeof value === "number") return exactNumber(String(value)) ?? String(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  return null;
}

function faultOf(error: unknown): SqlFault {
  const message = errorText(error, "message") ?? String(error);
  if (/locked|busy/i.test(message)) return { kind: "busy", code: "SQLITE_BUSY", message };
  if (/UNIQUE constraint failed/i.test(message)) return { kind: "duplicate", code: "SQLITE_CONSTRAINT", message };
  if (/readonly|not authorized|permission/i.test(message)) return { kind: "auth", code: "SQLITE_READONLY", message };
  if (/unable to open|not a database|encrypted/i.test(message))
    return { kind: "unreachable", code: "E_CONNECTION", message };
  if (/disk I\/O|full/i.test(message)) return { kind: "busy", code: "SQLITE_IOERR", message };
  return { kind: "refused", code: /constraint/i.test(message) ? "SQLITE_CONSTRAINT" : "SQLITE_ERROR", message };
}
