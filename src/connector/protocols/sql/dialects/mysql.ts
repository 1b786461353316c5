// MySQL and MariaDB by mysql2. Every value is taken as the bytes the server sends and decoded by the column's own type; the
// session is in UTC and strict, whatever the server's defaults are: a value that does not fit is refused, not cut.

import { readFileSync } from "node:fs";
import { connect as connectSocket } from "node:net";
import knexPackage from "knex";
import { createConnection, type Connection, type FieldPacket } from "mysql2";
import { exactNumber, type Value } from "../../../../core/value.ts";
import { parsedJson, type Column, type ColumnKind } from "../column.ts";
import type { ConnectOptions, Dialect, SqlAnswer, SqlRow, SqlSession, SqlStatement } from "../dialect.ts";
import { connectFault, errorText, ran, type FaultKind, type Ran, type SqlFault } from "../fault.ts";
import { cellText, type SqlValue } from "../value.ts";

const knex = knexPackage({ client: "mysql2" });

export const mysqlDialect: Dialect = {
  name: "mysql",
  knex,
  typed: true,
  valuesMax: 60_000,
  connect,
  async describe(session, { schema, table }) {
    // JSON is text in MariaDB, with a check that it is JSON; MySQL has a type of its own, and no such table. Only MariaDB can
    // say `returning`.
    const json = session.returns
      ? `exists (select 1 from information_schema.check_constraints k where k.constraint_schema = c.table_schema
          and k.table_name = c.table_name and k.check_clause = concat('json_valid(\`', c.column_name, '\`)'))`
      : "false";
    const answer = await session.run({
      text: `select c.column_name as name, c.data_type as type, c.column_type as whole, c.numeric_scale as scale, c.extra as extra,
          t.engine as engine, ${json} as json
        from information_schema.columns c
        join information_schema.tables t on t.table_schema = c.table_schema and t.table_name = c.table_name
        where c.table_schema = coalesce(?, database()) and c.table_name = ? order by c.ordinal_position`,
      values: [schema, table],
    });
    if (!answer.ok) return answer;
    const columns = new Map<string, Column>();
    for (const row of answer.value.rows) {
      const kind = row.json === 1 || row.json === true ? "json" : kindOf(cellText(row, "type"), cellText(row, "whole"));
      const scale = typeof row.scale === "number" && kind === "decimal" ? row.scale : null;
      columns.set(cellText(row, "name"), {
        kind,
        computed: /\b(?:VIRTUAL|STORED|PERSISTENT) GENERATED\b/i.test(cellText(row, "extra")),
        scale,
      });
    }
    const engine = answer.value.rows[0]?.engine;
    const transactional =
      typeof engine !== "string" || !/^(?:MyISAM|Aria|MEMORY|CSV|ARCHIVE|MRG_MyISAM)$/i.test(engine);
    return ran(columns.size === 0 ? null : { columns, transactional });
  },
  selected: () => null,
  compared: (_kind, value) => value,
  now: () => knex.raw("utc_timestamp(6)"),
  clock: "select date_format(utc_timestamp(6), '%Y-%m-%dT%H:%i:%s.%fZ') as now",
  savepoint: { set: "savepoint one", undo: "rollback to savepoint one", drop: "release savepoint one" },
  failsWhole: false,
};

const KINDS: Readonly<Record<string, ColumnKind>> = {
  tinyint: "integer",
  smallint: "integer",
  mediumint: "integer",
  int: "integer",
  bigint: "integer",
  year: "integer",
  decimal: "decimal",
  float: "float",
  double: "float",
  date: "date",
  datetime: "local",
  // An instant, but no zone may be written with it: the session is in UTC.
  timestamp: "local",
  json: "json",
  char: "text",
  varchar: "text",
  tinytext: "text",
  text: "text",
  mediumtext: "text",
  longtext: "text",
  binary: "bytes",
  varbinary: "bytes",
  tinyblob: "bytes",
  blob: "bytes",
  mediumblob: "bytes",
  longblob: "bytes",
};

function kindOf(type: string, whole: string): ColumnKind {
  if (/^(?:tinyint|bit)\(1\)/i.test(whole)) return "boolean";
  return KINDS[type.toLowerCase()] ?? "other";
}

// STRICT: a value that is too long or out of range is an error, not cut. Without NO_BACKSLASH_ESCAPES, which would change how
// bound text is quoted, and without ANSI_QUOTES.
const SQL_MODE = "STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION";
const LOCK_TIMEOUT_S = 10;
const GRACE_MS = 5000;

async function connect(options: ConnectOptions): Promise<Ran<SqlSession>> {
  const { place, login, statementTimeoutMs } = options;
  if (place.kind !== "server") throw new Error("a mysql database is no file");
  const where = place.socket ?? `${place.host}:${String(place.port)}`;
  const address = place.socket === null ? await options.address(place.host) : ran("");
  if (!address.ok) return address;
  const client = createConnection({
    host: place.host,
    port: place.port,
    database: place.database,
    user: login.user ?? "",
    password: login.password ?? "",
    stream: () => (place.socket === null ? connectSocket(place.port, address.value) : connectSocket(place.socket)),
    ...(place.tls === "off"
      ? {}
      : {
          ssl: {
            rejectUnauthorized: true,
            verifyIdentity: true,
            ...(place.ca === null ? {} : { ca: readFileSync(place.ca, "utf8") }),
          },
        }),
    connectTimeout: options.connectTimeoutMs,
    charset: "utf8mb4",
    timezone: "Z",
    multipleStatements: false,
    rowsAsArray: true,
    // An update that changes nothing still meets its row.
    flags: ["FOUND_ROWS"],
    typeCast: (field) => field.buffer(),
  });
  let broken = false;
  client.on("error", () => (broken = true));
  client.on("end", () => (broken = true));
  const opened = await new Promise<Ran<null>>((resolve) => {
    client.connect((error) => {
      if (error === null) resolve(ran(null));
      else {
        const said = faultOf(error);
        resolve({
          ok: false,
          fault: said.kind === "lost" || said.code === "E_CONNECTION" ? connectFault(error, where) : said,
        });
      }
    });
  });
  if (!opened.ok) {
    client.destroy();
    return opened;
  }
  const run = (statement: SqlStatement): Promise<Ran<SqlAnswer>> =>
    query(client, statement, statementTimeoutMs + GRACE_MS, () => (broken = true));
  const say = async (text: string): Promise<Ran<null>> => {
    const answer = await run({ text, values: [] });
    return answer.ok ? ran(null) : answer;
  };
  const told = await run({ text: "select version() as version", values: [] });
  if (!told.ok) {
    client.destroy();
    return told;
  }
  const version = cellText(told.value.rows[0], "version");
  const mariadb = /mariadb/i.test(version);
  // MariaDB puts 5.5.5- before its own number, for clients that know no greater one.
  const [, major = "0", minor = "0"] = /^(?:5\.5\.5-)?(\d+)\.(\d+)/.exec(version) ?? [];
  const limit = mariadb
    ? `max_statement_time = ${String(statementTimeoutMs / 1000)}`
    : `max_execution_time = ${String(statementTimeoutMs)}`;
  const set = await say(
    `set session time_zone = '+00:00', sql_mode = '${SQL_MODE}', innodb_lock_wait_timeout = ${String(LOCK_TIMEOUT_S)}, ${limit}`,
  );
  if (!set.ok) {
    client.destroy();
    return set;
  }
  return ran({
    run,
    begin: () => say("start transaction"),
    commit: () => say("commit"),
    rollback: () => say("rollback"),
    get broken() {
      return broken;
    },
    returns: mariadb && Number(major) * 100 + Number(minor) >= 1005,
    async close() {
      if (broken) client.destroy();
      else
        await new Promise<void>((resolve) => {
          client.end(() => {
            resolve();
          });
        });
      broken = true;
    },
  });
}

function query(
  client: Connection,
  { text, values }: SqlStatement,
  timeoutMs: number,
  lose: () => void,
): Promise<Ran<SqlAnswer>> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      lose();
      client.destroy();
      resolve({
        ok: false,
        fault: { kind: "lost", code: "E_TIMEOUT", message: `no answer within ${String(timeoutMs)} ms` },
      });
    }, timeoutMs);
    client.query({ sql: text, values: values.map(parameter) }, (error, rows: unknown, fields) => {
      clearTimeout(timer);
      if (error !== null) {
        const said = faultOf(error);
        if (said.kind === "lost") lose();
        resolve({ ok: false, fault: said });
      } else resolve(ran(answerOf(rows, fields)));
    });
  });
}

function parameter(value: SqlValue): string | bigint | boolean | null | Buffer {
  if (value instanceof Uint8Array) return Buffer.from(value);
  if (typeof value === "object" && value !== null) throw new Error("MySQL has no lists; the column's kind says so");
  return value;
}

type Field = FieldPacket & { readonly extendedFormat?: string };

function answerOf(result: unknown, fields: readonly Field[] | undefined): SqlAnswer {
  // A procedure answers with its result sets and, last, what it did: the first set is meant.
  const first: unknown =
    Array.isArray(fields?.[0]) || (Array.isArray(result) && isHeader(result.at(-1)))
      ? (result as unknown[])[0]
      : result;
  if (!Array.isArray(first)) {
    const header = isHeader(first) ? first : { affectedRows: 0, insertId: 0 };
    const id = header.insertId;
    return { rows: [], met: header.affectedRows, insertedId: id === 0 || id === undefined ? null : String(id) };
  }
  const columns = (Array.isArray(fields?.[0]) ? (fields[0] as unknown as readonly Field[]) : fields) ?? [];
  const rows = first.map((values: readonly (Buffer | null)[]): SqlRow => {
    const row: Record<string, Value> = {};
    columns.forEach((column, index) => {
      if (column.name !== "__proto__") row[column.name] = decoded(column, values[index] ?? null);
    });
    return row;
  });
  return { rows, met: rows.length, insertedId: null };
}

function isHeader(value: unknown): value is { readonly affectedRows: number; readonly insertId?: number | string } {
  return (
    typeof value === "object" && value !== null && "affectedRows" in value && typeof value.affectedRows === "number"
  );
}

const TYPE = { tiny: 1, timestamp: 7, date: 10, time: 11, datetime: 12, bit: 16, json: 245 } as const;
const NUMBERS: ReadonlySet<number> = new Set([0, 1, 2, 3, 4, 5, 8, 9, 13, 246]);
const BINARY = 63;

function decoded(column: Field, bytes: Buffer | null): Value {
  if (bytes === null) return null;
  const type = column.columnType ?? -1;
  if (type === TYPE.bit) {
    const number = BigInt(`0x${bytes.toString("hex") || "0"}`);
    return column.columnLength === 1 ? number === 1n : (exactNumber(number.toString()) ?? null);
  }
  if (type === TYPE.json || column.extendedFormat === "json") return parsedJson(bytes.toString("utf8"));
  const text = bytes.toString("utf8");
  if (NUMBERS.has(type)) {
    if (type === TYPE.tiny && column.columnLength === 1 && (text === "0" || text === "1")) return text === "1";
    return exactNumber(text) ?? text;
  }
  // A TIMESTAMP is an instant, shown in the session's UTC; a DATETIME has no zone. 0000-00-00 is left as it is.
  if (type === TYPE.timestamp && !text.startsWith("0000")) return `${text.replace(" ", "T")}Z`;
  if (type === TYPE.datetime && !text.startsWith("0000")) return text.replace(" ", "T");
  if (type === TYPE.date || type === TYPE.time) return text;
  return column.characterSet === BINARY ? bytes.toString("base64") : text;
}

const KIND_OF: Readonly<Record<string, FaultKind>> = {
  "1044": "auth",
  "1045": "auth",
  "1142": "auth",
  "1143": "auth",
  "1227": "auth",
  "1290": "auth",
  "1370": "auth",
  "1698": "auth",
  "1820": "auth",
  "4151": "auth",
  "1049": "unreachable",
  "1129": "unreachable",
  "1130": "auth",
  "1040": "busy",
  "1203": "busy",
  "1205": "busy",
  "1213": "busy",
  "1226": "busy",
  "1020": "busy",
  "3572": "busy",
  "1062": "duplicate",
  "1586": "duplicate",
  "1317": "slow",
  "1969": "slow",
  "3024": "slow",
  "1053": "lost",
  "1927": "lost",
  "3169": "lost",
  "4031": "lost",
};

function faultOf(error: unknown): SqlFault {
  const code = errorText(error, "code") ?? "E_CONNECTION";
  const number = errorText(error, "errno");
  const state = errorText(error, "sqlState");
  const message = errorText(error, "message") ?? String(error);
  const known = number === null ? undefined : KIND_OF[number];
  if (known !== undefined) return { kind: known, code: state ?? code, message: withoutValues(message, known) };
  if (state !== null && code.startsWith("ER_") && state !== "")
    return { kind: state.startsWith("40") ? "busy" : "refused", code: state, message };
  if (
    /^(?:ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|PROTOCOL_|ERR_STREAM)/.test(code) ||
    /closed state|connection/i.test(message)
  )
    return { kind: "lost", code: "E_RESET", message: `the connection broke (${code})` };
  return { kind: "refused", code, message };
}

/** `Duplicate entry 'ada@example.com' for key 'email'`: the value is a person's, and is not told. */
function withoutValues(message: string, kind: FaultKind): string {
  return kind === "duplicate" ? message.replace(/^Duplicate entry '.*' for key/s, "Duplicate entry for key") : message;
}
