// What `check` says of a database's connector file, and the statements each dialect is given.

import { describe, expect, test } from "@jest/globals";
import { parse } from "yaml";
import { compileConnector } from "../../src/connector/compile.ts";
import { connectorFileSchema } from "../../src/connector/file.ts";
import { restProtocol } from "../../src/connector/protocols/rest.ts";
import { bound } from "../../src/connector/protocols/sql/column.ts";
import { capOf, laterCursor, readingStart } from "../../src/connector/protocols/sql/cursor.ts";
import type { SqlSession, SqlStatement } from "../../src/connector/protocols/sql/dialect.ts";
import { mssqlDialect } from "../../src/connector/protocols/sql/dialects/mssql.ts";
import { ran } from "../../src/connector/protocols/sql/fault.ts";
import { readStatement } from "../../src/connector/protocols/sql/named.ts";
import { readPlace, type DialectName } from "../../src/connector/protocols/sql/place.ts";
import { planSqlObject } from "../../src/connector/protocols/sql/plan.ts";
import { compiled, readSource } from "../../src/connector/protocols/sql/source.ts";
import { Exact } from "../../src/core/value.ts";
import { closeExpressionsAfterwards, expressions, TODAY } from "./opened.ts";
import { compileSql, sqlProblems, sqlText } from "./sql-opened.ts";

closeExpressionsAfterwards();

const codes = (object: string, dialect = "postgres"): readonly string[] =>
  sqlProblems(sqlText(dialect, `objects: { thing: ${object} }`)).map(
    (found) => `${found.code} ${found.path.join(".")}`,
  );

describe("a connector file with protocol sql", () => {
  test.each([
    ["{ }", ["E_MISSING objects.thing"]],
    ["{ table: 'things; drop table x' }", ["E_IDENTIFIER objects.thing.table"]],
    ["{ table: a.b.c }", ["E_IDENTIFIER objects.thing.table"]],
    ["{ table: things, id: 'id\"' }", ["E_IDENTIFIER objects.thing.id"]],
    ["{ table: things, version: 'x as y' }", ["E_IDENTIFIER objects.thing.version"]],
    ["{ table: things, modified: a.b }", ["E_IDENTIFIER objects.thing.modified"]],
    ["{ table: things, fields: { name: { at: 'na me' } } }", ["E_IDENTIFIER objects.thing.fields.name.at"]],
    ["{ table: things, touch: { 'a b': now } }", ["E_IDENTIFIER objects.thing.touch.a b"]],
    ["{ table: things, list: { items: rows } }", ["E_UNKNOWN_KEY objects.thing.list.items"]],
    ["{ table: things, list: { page: { token: next } } }", ["E_UNKNOWN_KEY objects.thing.list.page.token"]],
    [
      "{ table: things, get: { request: GET /x } }",
      ["E_UNKNOWN_KEY objects.thing.get.request", "E_UNKNOWN_KEY objects.thing.get.request"],
    ],
    ["{ table: things, update: { guard: if-match } }", ["E_GUARD objects.thing.update.guard"]],
    ["{ table: things, delete: { effect: archive } }", ["E_MISSING objects.thing.delete.effect"]],
    ["{ table: things, create: { verify: find } }", ["E_VERIFY objects.thing.create.verify"]],
    ["{ table: things, create: { verify: marker } }", ["E_VERIFY objects.thing.create.verify"]],
    ["{ table: things, create: { repeat: by-key } }", ["E_VERIFY objects.thing.create.repeat"]],
    [
      "{ table: things, natural_keys: [city], fields: { city: { at: doc.city } } }",
      ["E_SQL_KEY objects.thing.natural_keys"],
    ],
    [
      "{ table: things, fields: { name: {} }, insert: 'insert into things (name) values (:nmae)' }",
      ["E_SQL_PARAMETER objects.thing.insert"],
    ],
    [
      "{ table: things, update: 'update things set a = 1; drop table things' }",
      ["E_SQL_STATEMENT objects.thing.update"],
    ],
    ["{ table: things, delete: 'delete from things where id = {{ id }}' }", ["E_SQL_STATEMENT objects.thing.delete"]],
    ["{ table: things, delete: 'delete from things where id = ?' }", ["E_SQL_STATEMENT objects.thing.delete"]],
    [
      "{ table: things, replication: { slot: s, publication: p }, changes: { cursor: { at: x } } }",
      ["E_COMBINATION objects.thing.changes"],
    ],
  ])("%s is told as %j", (object, expected) => {
    expect(codes(object)).toEqual(expected);
  });

  test("a name of a slot or publication that could end its quotes is refused", () => {
    expect(codes('{ table: things, replication: { slot: "s\'; drop table x; --", publication: p } }')).toEqual([
      "E_IDENTIFIER objects.thing.replication.slot",
    ]);
    expect(codes("{ table: things, replication: { slot: s, publication: 'p\"' } }")).toEqual([
      "E_IDENTIFIER objects.thing.replication.publication",
    ]);
  });

  test("a wrong parameter comes with the one that was meant", () => {
    const [found] = sqlProblems(
      sqlText(
        "postgres",
        "objects: { thing: { table: t, fields: { name: {} }, insert: 'insert into t values (:nmae)' } }",
      ),
    );

    expect(found).toMatchObject({ found: ":nmae", hint: 'did you mean "name"?' });
  });

  test("replication and xmin are of postgres alone", () => {
    expect(codes("{ table: things, replication: { slot: s, publication: p } }", "mysql")).toEqual([
      "E_COMBINATION objects.thing.replication",
    ]);
  });

  test("what a file cannot do without is asked for, and what means nothing to a database is refused", () => {
    const problems = (text: string) => sqlProblems(text).map((found) => `${found.code} ${found.path.join(".")}`);

    expect(problems("connector: x\nprotocol: sql\nobjects: { t: { table: t } }")).toEqual(["E_MISSING ", "E_MISSING "]);
    expect(
      problems(
        sqlText(
          "sqlite",
          "headers: { a: b }\nerrors: [{ when: { status: 1000 }, do: gone }]\nobjects: { t: { table: t } }".replace(
            "1000",
            "409",
          ),
        ),
      ),
    ).toEqual(["E_UNKNOWN_KEY headers", "E_UNKNOWN_KEY errors"]);
    expect(
      problems(
        "connector: x\nprotocol: sql\ndialect: mysql\nbase_url: mysql://h/d\nauth: { scheme: bearer, token: t }\nsecrets: { t: {} }\nobjects: { t: { table: t } }",
      ),
    ).toEqual(["E_ENUM auth.scheme"]);
  });

  test("keys of sql are refused in a file of another protocol", () => {
    const text =
      "connector: x\nprotocol: rest\nbase_url: https://a.example.com\ndialect: mysql\nobjects: { t: { table: t, touch: { a: now }, overlap: 3, list: { request: GET /t } } }";
    const { problems } = compileConnector(connectorFileSchema.parse(parse(text)), {
      expressions,
      protocols: { rest: restProtocol },
      folder: ".",
      today: TODAY,
    });

    expect(problems.map((found) => `${found.code} ${found.path.join(".")}`)).toEqual([
      "E_UNKNOWN_KEY dialect",
      "E_UNKNOWN_KEY objects.t.table",
      "E_UNKNOWN_KEY objects.t.touch",
      "E_UNKNOWN_KEY objects.t.overlap",
    ]);
  });

  test("what is derived from a table is told as capabilities, and what is missing as gaps", () => {
    const { connector } = compileSql(
      sqlText(
        "postgres",
        "objects:\n  full: { table: a, version: xmin, modified: at, natural_keys: [mail], create: { marker: k } }\n  bare: { table: b }\n  view: { select: select 1 as id }",
      ),
    );

    expect(connector?.capabilities("full")).toMatchObject({
      findBy: [["mail"]],
      changes: { settleMs: 60_000, cannotSeeDeletes: true },
      create: { repeat: "by-key", verify: "marker" },
      update: { guard: "if-match", needsCurrent: false },
      delete: { guard: "if-match", effect: "delete" },
    });
    expect(connector?.capabilities("bare")).toMatchObject({
      findBy: [],
      changes: null,
      create: { repeat: "unsafe", verify: null },
      update: { guard: "read-compare" },
    });
    expect(connector?.capabilities("view")).toMatchObject({
      list: true,
      get: true,
      create: null,
      update: null,
      delete: null,
    });
    expect(connector?.gaps.filter((gap) => gap.object === "bare").map((gap) => gap.code)).toEqual([
      "no-find",
      "no-changes",
      "create-unverifiable",
      "no-version",
      "no-modified",
    ]);
  });
});

describe("the address of a database", () => {
  const read = (text: string, dialect: DialectName = "postgres", allowPrivate = true) => {
    const { place, problems } = readPlace(text, dialect, { folder: "/conf/connectors", path: [], allowPrivate });
    return problems.length > 0 ? problems.map((found) => found.code) : place;
  };

  test.each([
    [
      "postgres://db.example.com/shop",
      { host: "db.example.com", port: 5432, database: "shop", tls: "verify", socket: null },
    ],
    ["postgresql://db.example.com:6543/shop?tls=off", { port: 6543, tls: "off" }],
    ["postgres://db.example.com/shop?ca=ca.pem", { ca: "/conf/connectors/ca.pem", tls: "verify" }],
    ["postgres://[::1]/shop", { host: "::1", tls: "off" }],
    ["postgres:///shop?socket=/run/pg", { socket: "/run/pg", database: "shop", tls: "off" }],
  ])("%s is read", (text, expected) => {
    expect(read(text)).toMatchObject(expected);
  });

  test.each([
    ["postgres://user:secret@db.example.com/shop", "E_URL"],
    ["mysql://db.example.com/shop", "E_URL"],
    ["https://db.example.com/shop", "E_URL"],
    ["postgres://db.example.com", "E_URL"],
    ["postgres://db.example.com/shop?sslmode=disable", "E_URL"],
    ["postgres://db.example.com/shop?tls=maybe", "E_URL"],
    ["postgres://169.254.169.254/shop", "E_SSRF_BLOCKED"],
  ])("%s is %s", (text, code) => {
    expect(read(text)).toEqual([code]);
  });

  test("private addresses and sockets need allow_private; a password is never shown", () => {
    expect(read("postgres://10.0.0.1/shop", "postgres", false)).toEqual(["E_SSRF_BLOCKED"]);
    expect(read("postgres:///shop?socket=/run/pg", "postgres", false)).toEqual(["E_SSRF_BLOCKED"]);
    const { problems } = readPlace("postgres://user:hunter22@h/d", "postgres", {
      folder: ".",
      path: [],
      allowPrivate: true,
    });
    expect(JSON.stringify(problems)).not.toContain("hunter22");
  });

  test("a SQLite file is meant from the connector's folder", () => {
    expect(read("file:../data/app.db", "sqlite")).toEqual({ kind: "file", path: "/conf/data/app.db" });
    expect(read("file:///var/app.db", "sqlite")).toEqual({ kind: "file", path: "/var/app.db" });
    expect(read("file::memory:", "sqlite")).toEqual(["E_URL"]);
  });
});

describe("a statement of the file", () => {
  test.each([
    ["select :a, ':b', \":c\", d::text, e /* :f */ -- :g\n, :h", ["a", "h"]],
    ["select $$ :a $$, $x$ :b $x$, `:c`, :d", ["d"]],
    ["call p(x := :y)", ["y"]],
    ["select 'it''s :a', :b;", ["b"]],
  ])("%s binds %j", (text, names) => {
    expect(readStatement(text).names).toEqual(names);
  });
});

describe("cursors", () => {
  test.each([
    ["2026-01-01T00:00:00.123Z", "2026-01-01T00:00:00.123456Z"],
    ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000001Z"],
    ["2026-01-01 00:00:00", "2026-01-01 00:00:00.5"],
    ["9", "10"],
    ["9007199254740992", "9007199254740993"],
    ["0x00000000000000ff", "0x0000000000000100"],
  ])("%s comes before %s", (earlier, later) => {
    expect(laterCursor(earlier, later)).toBe(later);
    expect(laterCursor(later, earlier)).toBe(later);
  });

  test("go back by time where they are times, by numbers where they are numbers, and not at all once settled", () => {
    const how = { settleMs: 10_000, overlap: 16, settled: false } as const;

    expect(readingStart("2026-01-01T00:01:00.123456Z", { ...how, means: "time" })).toBe("2026-01-01T00:00:50.123000Z");
    expect(readingStart("1700000000", { ...how, means: "number" })).toBe("1699999984");
    expect(readingStart("5", { ...how, means: "number" })).toBe("0");
    expect(readingStart("0x0000000000000100", { ...how, means: "number" })).toBe("0x00000000000000f0");
    expect(readingStart("2026-01-01T00:01:00.123456Z", { ...how, means: "time", settled: true })).toBe(
      "2026-01-01T00:01:00.123456Z",
    );
  });

  test("a time without a zone may be half a day ahead of the clock, one with a zone may not", () => {
    const now = "2026-01-01T12:00:00.000000Z";

    expect(capOf("2026-01-01T23:00:00", now)).toBeNull();
    expect(capOf("2026-01-01T12:00:01Z", now)).toBe("2026-01-01T12:00:00Z");
    expect(capOf("2026-01-03 00:00:00", now)).toBe("2026-01-02 02:00:00");
  });
});

describe("bound values", () => {
  test.each([
    ["integer", "00123", 123n],
    ["integer", new Exact("9223372036854775807"), 9223372036854775807n],
    ["decimal", "1e3", "1000"],
    ["decimal", new Exact("0.1234567890123456789"), "0.1234567890123456789"],
    ["boolean", "1", true],
    ["json", [1, new Exact("12345678901234567890")], "[1,12345678901234567890]"],
    ["local", "2026-03-29T01:30:00.1234567+01:00", "2026-03-29T00:30:00.1234567"],
    ["zoned", "2026-03-29 01:30:00-05:30", "2026-03-29T07:00:00Z"],
    ["local", "2026-03-29T01:30:00", "2026-03-29T01:30:00"],
    ["text", 1.5, "1.5"],
  ] as const)("%s takes %p as %p", (kind, value, expected) => {
    expect(bound({ kind, scale: null }, value)).toEqual({ ok: true, value: expected });
  });

  test.each([
    ["integer", "1.5"],
    ["integer", "0x10"],
    ["decimal", "1.005"],
    ["decimal", "NaN"],
    ["boolean", "yes"],
    ["bytes", "no base64"],
    ["text", { a: 1 }],
    ["zoned", 5],
  ] as const)("%s refuses %p", (kind, value) => {
    expect(bound({ kind, scale: 2 }, value)).toMatchObject({ ok: false });
  });
});

describe("statements for SQL Server, of which no server was at hand", () => {
  const said: SqlStatement[] = [];
  const session: SqlSession = {
    run(statement) {
      said.push(statement);
      const rows = [
        { name: "id", type: "int", scale: 0, computed: 0 },
        { name: "total", type: "decimal", scale: 2, computed: 0 },
        { name: "at", type: "datetime2", scale: null, computed: 0 },
        { name: "rv", type: "timestamp", scale: null, computed: 0 },
      ];
      return Promise.resolve(ran({ rows, met: 4, insertedId: null }));
    },
    begin: () => Promise.resolve(ran(null)),
    commit: () => Promise.resolve(ran(null)),
    rollback: () => Promise.resolve(ran(null)),
    broken: false,
    returns: true,
    close: () => Promise.resolve(),
  };

  test("names are in brackets, values are parameters, and what a driver would round is asked for as text", async () => {
    const part = connectorFileSchema.parse(
      parse(sqlText("mssql", "objects: { order: { table: dbo.Orders, version: rv, modified: at } }")),
    );
    const object = part.objects["order"];
    if (object === undefined) throw new Error("it is in the file");
    const { plan } = planSqlObject("order", object, part, "mssql");
    const source = await readSource(session, plan, mssqlDialect, { wanted: [], settings: {} });
    if (!source.ok) throw new Error(source.fault.message);

    const page = compiled(source.value.rows().where("id", ">", 5).orderBy(source.value.sorted("id")).limit(10));
    const version = source.value.compared("rv", "0x00000000000007d1");

    expect(page).toEqual({
      text:
        "select top (@p0) " +
        "convert(nvarchar(60), [id]) as [id], convert(nvarchar(60), [total]) as [total], convert(nvarchar(33), [at], 126) as [at], lower(convert(varchar(18), convert(binary(8), [rv]), 1)) as [rv] from [dbo].[Orders] where [id] > @p1 order by [dbo].[Orders].[id] asc",
      values: [10n, 5n],
    });
    expect(version).toEqual(Buffer.from("00000000000007d1", "hex"));
    expect(said[0]?.values).toEqual(["dbo", "Orders"]);
  });
});
