// SQL Server by tedious. Unproven: no server was at hand when this was written; the statements are tested, the connection is not.
// Decimals, large integers and times are asked for as text, because the driver would make doubles and Dates of them.

import { readFileSync } from "node:fs";
import { connect as connectSocket, type Socket } from "node:net";
import knexPackage from "knex";
import { Connection, Request, TYPES, type ConnectionConfiguration } from "tedious";
import { exactNumber, type Value } from "../../../../core/value.ts";
import type { Column, ColumnKind } from "../column.ts";
import type { ConnectOptions, Dialect, SqlAnswer, SqlRow, SqlSession, SqlStatement } from "../dialect.ts";
import { connectFault, errorText, ran, type FaultKind, type Ran, type SqlFault } from "../fault.ts";
import { cellText, type SqlValue } from "../value.ts";

const knex = knexPackage({ client: "mssql" });

export const mssqlDialect: Dialect = {
  name: "mssql",
  knex,
  typed: false,
  valuesMax: 2000,
  connect,
  async describe(session, { schema, table }) {
    const answer = await session.run({
      text: `select column_name as name, data_type as type, numeric_scale as scale,
          columnproperty(object_id(quotename(table_schema) + '.' + quotename(table_name)), column_name, 'IsComputed') as computed
        from information_schema.columns where table_schema = coalesce(@p0, schema_name()) and table_name = @p1 order by ordinal_position`,
      values: [schema, table],
    });
    if (!answer.ok) return answer;
    const columns = new Map<string, Column>();
    for (const row of answer.value.rows) {
      const kind = KINDS[cellText(row, "type")] ?? "other";
      const scale = typeof row.scale === "number" && kind === "decimal" ? row.scale : null;
      columns.set(cellText(row, "name"), { kind, computed: row.computed === 1 || kind === "rowversion", scale });
    }
    return ran(columns.size === 0 ? null : { columns, transactional: true });
  },
  selected(column, kind) {
    switch (kind) {
      case "integer":
      case "decimal":
        return knex.raw("convert(nvarchar(60), ??) as ??", [column, column]);
      case "float":
        return knex.raw("convert(nvarchar(60), ??, 3) as ??", [column, column]);
      // 126 is ISO text; 127 the same in UTC with a Z, of values that have a zone.
      case "local":
      case "date":
        return knex.raw("convert(nvarchar(33), ??, 126) as ??", [column, column]);
      case "zoned":
        return knex.raw("convert(nvarchar(33), ??, 127) as ??", [column, column]);
      case "rowversion":
        return knex.raw("lower(convert(varchar(18), convert(binary(8), ??), 1)) as ??", [column, column]);
      default:
        return null;
    }
  },
  compared: (_kind, value) => value,
  now: (kind) => knex.raw(kind === "zoned" ? "sysdatetimeoffset()" : "sysutcdatetime()"),
  clock: "select convert(nvarchar(33), sysutcdatetime(), 126) + 'Z' as now",
  savepoint: { set: "save transaction one", undo: "rollback transaction one", drop: null },
  failsWhole: true,
};

const KINDS: Readonly<Record<string, ColumnKind>> = {
  tinyint: "integer",
  smallint: "integer",
  int: "integer",
  bigint: "integer",
  decimal: "decimal",
  numeric: "decimal",
  money: "decimal",
  smallmoney: "decimal",
  real: "float",
  float: "float",
  bit: "boolean",
  date: "date",
  datetime: "local",
  datetime2: "local",
  smalldatetime: "local",
  datetimeoffset: "zoned",
  char: "text",
  varchar: "text",
  text: "text",
  nchar: "text",
  nvarchar: "text",
  ntext: "text",
  binary: "bytes",
  varbinary: "bytes",
  image: "bytes",
  timestamp: "rowversion",
  rowversion: "rowversion",
};

const GRACE_MS = 5000;

async function connect(options: ConnectOptions): Promise<Ran<SqlSession>> {
  const { place, login, statementTimeoutMs, connectTimeoutMs } = options;
  if (place.kind !== "server") throw new Error("a mssql database is no file");
  const where = `${place.host}:${String(place.port)}`;
  const address = await options.address(place.host);
  if (!address.ok) return address;
  const config: ConnectionConfiguration = {
    server: place.host,
    authentication: { type: "default", options: { userName: login.user ?? "", password: login.password ?? "" } },
    options: {
      port: place.port,
      database: place.database,
      encrypt: place.tls === "verify",
      trustServerCertificate: false,
      ...(place.ca === null ? {} : { cryptoCredentialsDetails: { ca: readFileSync(place.ca, "utf8") } }),
      connectTimeout: connectTimeoutMs,
      requestTimeout: statementTimeoutMs,
      appName: "syncline",
      useUTC: true,
      abortTransactionOnError: false,
      connector: () => reached(place.port, address.value),
    },
  };
  const client = new Connection(config);
  let broken = false;
  client.on("end", () => (broken = true));
  client.on("error", () => (broken = true));
  const opened = await new Promise<Ran<null>>((resolve) => {
    client.connect((error) => {
      if (error === undefined) resolve(ran(null));
      else {
        const said = faultOf(error);
        resolve({
          ok: false,
          fault: said.kind === "lost" || said.kind === "refused" ? connectFault(error, where) : said,
        });
      }
    });
  });
  if (!opened.ok) {
    client.close();
    return opened;
  }
  const run = (statement: SqlStatement): Promise<Ran<SqlAnswer>> =>
    request(client, statement, statementTimeoutMs + GRACE_MS, () => (broken = true));
  const acted = (act: (done: (error?: Error | null) => void) => void): Promise<Ran<null>> =>
    new Promise((resolve) => {
      act((error) => {
        resolve(error === undefined || error === null ? ran(null) : { ok: false, fault: faultOf(error) });
      });
    });
  return ran({
    run,
    begin: () => acted((done) => client.beginTransaction(done)),
    commit: () => acted((done) => client.commitTransaction(done)),
    rollback: () => acted((done) => client.rollbackTransaction(done)),
    get broken() {
      return broken;
    },
    returns: true,
    close() {
      broken = true;
      client.close();
      return Promise.resolve();
    },
  });
}

function reached(port: number, host: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectSocket(port, host);
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.removeListener("error", reject);
      resolve(socket);
    });
  });
}

interface Cell {
  readonly metadata: { readonly colName: string };
  readonly value: unknown;
}

function request(
  client: Connection,
  { text, values }: SqlStatement,
  timeoutMs: number,
  lose: () => void,
): Promise<Ran<SqlAnswer>> {
  return new Promise((resolve) => {
    const rows: SqlRow[] = [];
    const timer = setTimeout(() => {
      lose();
      client.close();
      resolve({
        ok: false,
        fault: { kind: "lost", code: "E_TIMEOUT", message: `no answer within ${String(timeoutMs)} ms` },
      });
    }, timeoutMs);
    const asked = new Request(text, (error: Error | null | undefined, met?: number) => {
      clearTimeout(timer);
      if (error === undefined || error === null) resolve(ran({ rows, met: met ?? 0, insertedId: null }));
      else resolve({ ok: false, fault: faultOf(error) });
    });
    asked.on("row", (cells: readonly Cell[]) => {
      const row: Record<string, Value> = {};
      for (const { metadata, value } of cells)
        if (metadata.colName !== "__proto__") row[metadata.colName] = decoded(value);
      rows.push(row);
    });
    values.forEach((value, index) => {
      const [type, sent] = parameter(value);
      asked.addParameter(`p${String(index)}`, type, sent);
    });
    client.execSql(asked);
  });
}

function parameter(value: SqlValue): readonly [(typeof TYPES)[keyof typeof TYPES], unknown] {
  if (typeof value === "boolean") return [TYPES.Bit, value];
  if (value instanceof Uint8Array) return [TYPES.VarBinary, Buffer.from(value)];
  if (typeof value === "bigint")
    return BigInt.asIntN(64, value) === value ? [TYPES.BigInt, value.toString()] : [TYPES.NVarChar, value.toString()];
  // Digits of decimals travel as text too: the server converts them to the column's own type, exactly.
  if (typeof value === "string" || value === null) return [TYPES.NVarChar, value];
  throw new Error("SQL Server has no lists; the column's kind says so");
}

function decoded(value: unknown): Value {
  if (value === null || value === undefined) return null;
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number" || typeof value === "bigint") return exactNumber(String(value)) ?? String(value);
  if (Buffer.isBuffer(value)) return value.toString("base64");
  if (value instanceof Date) return value.toISOString();
  throw new Error(`a value of ${typeof value} came from the driver`);
}

const KIND_OF: Readonly<Record<string, FaultKind>> = {
  "1205": "busy",
  "1222": "busy",
  "3960": "busy",
  "10928": "busy",
  "10929": "busy",
  "40501": "busy",
  "40613": "unreachable",
  "4060": "unreachable",
  "2601": "duplicate",
  "2627": "duplicate",
  "229": "auth",
  "230": "auth",
  "18456": "auth",
};

function faultOf(error: unknown): SqlFault {
  const number = errorText(error, "number");
  const code = errorText(error, "code") ?? "E_CONNECTION";
  const message = errorText(error, "message") ?? String(error);
  const known = number === null ? undefined : KIND_OF[number];
  // `The duplicate key value is (ada@example.com).` is a person's.
  if (known !== undefined)
    return {
      kind: known,
      code: number ?? code,
      message: message.replace(/ The duplicate key value is \(.*\)\.?/s, ""),
    };
  if (code === "ELOGIN") return { kind: "auth", code, message };
  if (code === "ETIMEOUT" || code === "ECANCEL") return { kind: "slow", code, message };
  if (/^(?:ESOCKET|ECLOSE|EINVALIDSTATE|ECONN|EPIPE|ENOTOPEN)/.test(code))
    return { kind: "lost", code: "E_RESET", message: `the connection broke (${code})` };
  return { kind: "refused", code: number ?? code, message };
}
