// Postgres by pg. Every type is decoded from its text, so that no digit and no microsecond is lost; the session is in UTC.

import { readFileSync } from "node:fs";
import knexPackage from "knex";
import pg from "pg";
import { exactNumber, type Value } from "../../../../core/value.ts";
import { parsedJson, type Column, type ColumnKind } from "../column.ts";
import type { ConnectOptions, Dialect, SqlAnswer, SqlSession, SqlStatement } from "../dialect.ts";
import { connectFault, errorText, fault, ran, type FaultKind, type Ran, type SqlFault } from "../fault.ts";
import { cellText, type SqlValue } from "../value.ts";

const knex = knexPackage({ client: "pg" });

export const postgresDialect: Dialect = {
  name: "postgres",
  knex,
  typed: true,
  valuesMax: 60_000,
  connect,
  async describe(session, { schema, table }) {
    const name = [schema, table]
      .filter((part) => part !== null)
      .map((part) => `"${part}"`)
      .join(".");
    const answer = await session.run({
      text: `select c.column_name as name, c.data_type as type, c.numeric_scale::int as scale,
          c.is_generated = 'ALWAYS' or c.identity_generation is not distinct from 'ALWAYS' as computed
        from pg_class r join pg_namespace n on n.oid = r.relnamespace
        join information_schema.columns c on c.table_schema = n.nspname and c.table_name = r.relname
        where r.oid = to_regclass($1) order by c.ordinal_position`,
      values: [name],
    });
    if (!answer.ok) return answer;
    const columns = new Map<string, Column>();
    for (const row of answer.value.rows) {
      const kind = KINDS[cellText(row, "type")] ?? "other";
      const scale = typeof row.scale === "number" && kind === "decimal" ? row.scale : null;
      columns.set(cellText(row, "name"), { kind, computed: row.computed === true, scale });
    }
    return ran(columns.size === 0 ? null : { columns, transactional: true });
  },
  // The row's own version is a number that may wrap; with a letter before it nobody takes one for older than another.
  selected: (column, kind) => (kind === "xmin" ? knex.raw("'x' || ??::text as ??", [column, column]) : null),
  compared: (kind, value) => (kind === "xmin" ? knex.raw("?::text::xid", [String(value).replace(/^x/, "")]) : value),
  now: (kind) => knex.raw(kind === "local" ? "(clock_timestamp() at time zone 'UTC')" : "clock_timestamp()"),
  clock: `select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as now`,
  savepoint: { set: "savepoint one", undo: "rollback to savepoint one", drop: "release savepoint one" },
  failsWhole: true,
};

const KINDS: Readonly<Record<string, ColumnKind>> = {
  smallint: "integer",
  integer: "integer",
  bigint: "integer",
  numeric: "decimal",
  real: "float",
  "double precision": "float",
  boolean: "boolean",
  date: "date",
  "timestamp with time zone": "zoned",
  "timestamp without time zone": "local",
  json: "json",
  jsonb: "json",
  bytea: "bytes",
  ARRAY: "list",
  text: "text",
  "character varying": "text",
  character: "text",
};

type Parser = (text: string) => Value;

const number: Parser = (text) => exactNumber(text) ?? text;
const time: Parser = (text) => text.replace(" ", "T").replace(/\+00$/, "Z");

const OIDS: Readonly<Record<number, Parser>> = {
  16: (text) => text === "t",
  17: (text) => Buffer.from(text.slice(2), "hex").toString("base64"),
  20: number,
  21: number,
  23: number,
  26: number,
  700: number,
  701: number,
  1700: number,
  114: parsedJson,
  3802: parsedJson,
  1114: time,
  1184: time,
};

/** Lists: the oid of each list type, and of its entries. */
const LISTS: Readonly<Record<number, number>> = {
  199: 114,
  1000: 16,
  1001: 17,
  1005: 21,
  1007: 23,
  1016: 20,
  1021: 700,
  1022: 701,
  1115: 1114,
  1185: 1184,
  1231: 1700,
  3807: 3802,
  1002: 25,
  1009: 25,
  1014: 25,
  1015: 25,
  1182: 25,
  2951: 25,
};

/** pg declares the oids it knows as an enum; a server may send any other. 1009 is text[], whose parser only splits. */
const splitList: (text: string) => unknown = (
  pg.types.getTypeParser as (oid: number, format: "text") => (text: string) => unknown
)(1009, "text");

const types = {
  getTypeParser(oid: number): Parser {
    const plain = OIDS[oid];
    if (plain !== undefined) return plain;
    const entry = LISTS[oid];
    if (entry === undefined) return (text) => text;
    const parse = OIDS[entry] ?? ((text: string) => text);
    return (text) => entries(splitList(text), parse);
  },
};

function entries(split: unknown, parse: Parser): Value {
  if (Array.isArray(split)) return split.map((each: unknown) => entries(each, parse));
  return typeof split === "string" ? parse(split) : null;
}

async function connect(options: ConnectOptions): Promise<Ran<SqlSession>> {
  const { place, login, statementTimeoutMs } = options;
  if (place.kind !== "server") throw new Error("a postgres database is no file");
  const where = place.socket ?? `${place.host}:${String(place.port)}`;
  let host = place.socket;
  if (host === null) {
    const address = await options.address(place.host);
    if (!address.ok) return address;
    host = address.value;
  }
  const client = new pg.Client({
    host,
    port: place.port,
    database: place.database,
    user: login.user ?? "",
    // Left out, pg would look into the environment and the home folder.
    password: () => login.password ?? "",
    ssl:
      place.tls === "off"
        ? false
        : {
            servername: place.host,
            rejectUnauthorized: true,
            ...(place.ca === null ? {} : { ca: readFileSync(place.ca, "utf8") }),
          },
    connectionTimeoutMillis: options.connectTimeoutMs,
    keepAlive: true,
    application_name: "syncline",
    // Given none, pg would take those of the variable PGOPTIONS.
    options: "-c client_min_messages=error",
    types,
  });
  let broken = false;
  client.on("error", () => (broken = true));
  client.on("end", () => (broken = true));
  try {
    await client.connect();
    await client.query(`set statement_timeout = ${String(statementTimeoutMs)}; set lock_timeout = ${String(Math.min(statementTimeoutMs, LOCK_TIMEOUT_MS))};
      set idle_in_transaction_session_timeout = ${String(statementTimeoutMs * 2)}; set timezone = 'UTC'; set datestyle = 'ISO'; set intervalstyle = 'iso_8601';
      set bytea_output = 'hex'; set extra_float_digits = 1; set standard_conforming_strings = on`);
  } catch (error) {
    void client.end().catch(() => undefined);
    const said = faultOf(error);
    return {
      ok: false,
      fault: said.kind === "lost" || said.code === "E_CONNECTION" ? connectFault(error, where) : said,
    };
  }

  const drop = (): void => {
    broken = true;
    // pg offers no way to give a connection up at once but its socket.
    (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  };
  /** @throws whatever `work` throws, which is an error of a lost connection once the time is up. */
  const deadline = async <T>(work: () => Promise<T>): Promise<T> => {
    const timer = setTimeout(drop, statementTimeoutMs + GRACE_MS);
    try {
      return await work();
    } finally {
      clearTimeout(timer);
    }
  };
  const run = async ({ text, values }: SqlStatement): Promise<Ran<SqlAnswer>> => {
    try {
      const answer = await deadline(() =>
        client.query<Value[]>({ text, values: values.map(parameter), rowMode: "array" }),
      );
      const names = answer.fields.map((field) => field.name);
      return ran({ rows: answer.rows.map((row) => rowOf(names, row)), met: answer.rowCount ?? 0, insertedId: null });
    } catch (error) {
      return { ok: false, fault: faultOf(error) };
    }
  };
  const say = async (text: string): Promise<Ran<null>> => {
    const answer = await run({ text, values: [] });
    return answer.ok ? ran(null) : answer;
  };
  return ran({
    run,
    begin: () => say("begin"),
    async commit() {
      try {
        // A transaction in which something failed is answered ROLLBACK, which is no error to the driver.
        const { command } = await deadline(() => client.query("commit"));
        return command === "COMMIT" ? ran(null) : fault("busy", "E_ROLLED_BACK", "the transaction was rolled back");
      } catch (error) {
        return { ok: false, fault: faultOf(error) };
      }
    },
    rollback: () => say("rollback"),
    get broken() {
      return broken;
    },
    returns: true,
    async close() {
      if (broken) drop();
      else await client.end().catch(() => undefined);
      broken = true;
    },
  });
}

/** Longer, and one stuck writer of theirs holds our run; shorter, and a busy table fails needlessly. */
const LOCK_TIMEOUT_MS = 10_000;

/** What the server gets on top of its own limit to say that it was reached. */
const GRACE_MS = 5000;

function parameter(value: SqlValue): unknown {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Uint8Array) return Buffer.from(value);
  return value;
}

function rowOf(names: readonly string[], values: readonly Value[]): Record<string, Value> {
  const row: Record<string, Value> = {};
  names.forEach((name, index) => {
    const value = values[index];
    if (name !== "__proto__" && value !== undefined) row[name] = value;
  });
  return row;
}

/** By SQLSTATE: the first two characters are the class. */
const STATES: Readonly<Record<string, FaultKind>> = {
  "08": "lost",
  "28": "auth",
  "3D": "unreachable",
  "40": "busy",
  "53": "busy",
  "42501": "auth",
  "23505": "duplicate",
  "55P03": "busy",
  "55006": "busy",
  "57014": "slow",
  "57P01": "lost",
  "57P02": "lost",
  "57P03": "unreachable",
  "57P05": "lost",
  "25P03": "lost",
};

function faultOf(error: unknown): SqlFault {
  const code = errorText(error, "code");
  const said = errorText(error, "message") ?? String(error);
  // EPIPE has the form of an SQLSTATE too; only what the server says has a severity.
  if (code !== null && errorText(error, "severity") !== null) {
    const kind = STATES[code] ?? STATES[code.slice(0, 2)] ?? "refused";
    const constraint = errorText(error, "constraint");
    // The detail of a Postgres error holds the values of the row, so only the constraint is told.
    return { kind, code, message: constraint === null || said.includes(constraint) ? said : `${said} (${constraint})` };
  }
  if (code !== null && /^(?:ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EHOST|ENET)/.test(code))
    return { kind: "lost", code: "E_RESET", message: `the connection broke (${code})` };
  if (/terminated|not queryable|Connection ended|timeout/i.test(said))
    return { kind: "lost", code: "E_RESET", message: said };
  // What pg says of values before it sends them, and of answers it cannot read.
  return { kind: "refused", code: code ?? "E_CONNECTION", message: said };
}
