// What Postgres alone can show, or shows best: exact values both ways, hostile text, odd names, locks, lost connections, and lists
// that are larger than memory should notice.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import pg from "pg";
import type { RemoteId } from "../../src/core/ids.ts";
import { Exact, type Fields } from "../../src/core/value.ts";
import type { SystemObject } from "../../src/connector/contract.ts";
import { startTestDatabase, type TestDatabase } from "../store/server.ts";
import { closeExpressionsAfterwards, failureOf, id, idsOf, readAll, valueOf } from "./opened.ts";
import { closeSql, openSql, sqlText, type SqlOpened } from "./sql-opened.ts";

let database: TestDatabase;
let admin: pg.Client;
closeExpressionsAfterwards();
beforeAll(async () => {
  database = await startTestDatabase();
  admin = new pg.Client({ connectionString: database.url });
  await admin.connect();
  // The state's own schema bears the user's name, and would be the first that is looked in.
  await admin.query(
    `alter database ${new URL(database.url).pathname.slice(1)} set search_path = public; set search_path = public`,
  );
});
afterAll(async () => {
  await admin.end();
  await database.stop();
});
beforeEach(() => admin.query("drop schema public cascade; create schema public"));
afterEach(closeSql);

async function opened(objects: string, more = ""): Promise<SqlOpened> {
  const url = new URL(database.url);
  return openSql(sqlText("postgres", `${more}\nobjects:\n${objects}`), {
    url: `postgres://localhost:${url.port}${url.pathname}?socket=${url.searchParams.get("host") ?? ""}`,
    user: url.username,
  });
}

async function thing(part: string): Promise<SystemObject> {
  return (await opened(`  thing: { table: things, ${part} }`)).system.object("thing", []);
}

const created = async (object: SystemObject, record: Fields) =>
  valueOf((await object.create([{ key: "k", record }]))[0]);
const got = async (object: SystemObject, one: RemoteId) => valueOf((await object.get([one]))[0]);
const changed = (one: RemoteId, fields: Fields, version: string | null = null) => ({
  key: "k",
  id: one,
  version,
  changed: fields,
  current: null,
});

describe("values", () => {
  test("numbers, times and text arrive with every digit, and go back the same", async () => {
    await admin.query(`create table things (id bigint primary key, amount numeric, total numeric(12, 2), at timestamptz, local timestamp, day date, flag boolean,
      doc jsonb, tags text[], counts bigint[], raw bytea, took interval, word text)`);
    const object = await thing("natural_keys: [word]");
    const record: Fields = {
      id: new Exact("9223372036854775807"),
      amount: new Exact("12345678901234567890.123456789"),
      total: 19.9,
      at: "2026-03-01T10:00:00.123456Z",
      local: "2026-03-01T10:00:00.000001",
      day: "2026-02-28",
      flag: true,
      doc: { big: new Exact("12345678901234567890"), list: [1, "two", null], text: "123" },
      tags: ["a,b", 'quo"te', "{}", null],
      counts: [1, new Exact("9007199254740993")],
      raw: "AAEC/w==",
      took: "P1DT2H",
      word: "zwölf 🦆 \\ ' \" ; -- \u0301",
    };

    const made = await created(object, record);
    const read = await got(object, id("9223372036854775807"));

    expect(made.id).toBe("9223372036854775807");
    // Bytes are read only where somebody wants them.
    const { raw, ...seen } = record;
    expect(read.fields).toEqual(seen);
    const again = await object.update([{ ...changed(made.id, record), current: read }]);
    expect(valueOf(again[0]).record?.fields).toEqual(seen);
    expect((await admin.query<{ raw: Buffer }>("select raw from things")).rows[0]?.raw.toString("base64")).toBe(raw);
  });

  test("a time with a zone keeps its instant in a column without one", async () => {
    await admin.query("create table things (id int primary key, local timestamp)");
    const object = await thing("natural_keys: [id]");

    const made = await created(object, { id: 1, local: "2026-03-01T12:00:00.5+02:00" });

    expect(made.record?.fields.local).toBe("2026-03-01T10:00:00.5");
  });

  test.each([
    ["a fraction for a whole number", { n: 1.5 }],
    ["more decimals than are kept", { total: "1.005" }],
    ["text for a number", { n: "12; drop table things" }],
    ["text that is too long", { short: "four!" }],
    ["a NUL", { word: "a\0b" }],
    ["a day that does not exist", { day: "2026-02-30" }],
    ["bytes that are no base64", { raw: "%%%" }],
    ["an object for text", { word: { a: 1 } }],
    ["a column that does not exist", { nmae: "x" }],
    ["a column that is computed", { twice: 2 }],
  ])("%s is refused, and the rows beside it are written", async (_what, bad: Fields) => {
    await admin.query(`create table things (id int generated always as identity primary key, n int, total numeric(10, 2), short varchar(4), word text, day date, raw bytea,
      twice int generated always as (n * 2) stored)`);
    const object = await thing("natural_keys: [word]");

    const results = await object.create(
      [{ word: "before" }, bad, { word: "after" }].map((record, index) => ({ key: String(index), record })),
    );

    expect(results.map((result) => (result.ok ? result.value.record?.fields.word : result.failure.kind))).toEqual([
      "before",
      "rejected",
      "after",
    ]);
    expect((await admin.query("select word from things order by id")).rows).toEqual([
      { word: "before" },
      { word: "after" },
    ]);
  });

  test("null and absent are two things: null is written, what is absent takes the default", async () => {
    await admin.query(
      "create table things (id int generated always as identity primary key, a text default 'd', b text default 'd')",
    );
    const object = await thing("natural_keys: [a]");

    expect((await created(object, { a: null })).record?.fields).toMatchObject({ a: null, b: "d" });
    expect((await created(object, {})).record?.fields).toMatchObject({ a: "d", b: "d" });
  });

  test("a place inside a JSON column is read and written without its neighbours", async () => {
    await admin.query(
      `create table things (id int primary key, doc jsonb); insert into things values (1, '{"address": {"city": "Graz", "zip": "8010"}, "other": 1}')`,
    );
    const { system } = await opened(`  thing: { table: things, fields: { city: { at: doc.address.city } } }`);
    const object = system.object("thing", ["city"]);
    const current = await got(object, id("1"));

    const [written] = await object.update([{ ...changed(current.id, { city: "Wien" }), current }]);

    expect(current.fields.city).toBe("Graz");
    expect(valueOf(written).record?.fields.city).toBe("Wien");
    expect((await admin.query("select doc from things")).rows).toEqual([
      { doc: { address: { city: "Wien", zip: "8010" }, other: 1 } },
    ]);
  });
});

describe("hostile and odd input", () => {
  const HOSTILE = [
    "'; drop table things; --",
    '"; delete from things; --',
    "$1",
    ":id",
    "?",
    "\\'; --",
    "%s",
    "{{ settings.user }}",
    "/* */",
    "ＤＲＯＰ",
  ];

  test("text that looks like SQL is a value in every operation", async () => {
    await admin.query("create table things (id text primary key, word text, revision int default 1)");
    const object = await thing("natural_keys: [word], version: revision, touch: { revision: next }");

    const made = await object.create(HOSTILE.map((text) => ({ key: text, record: { id: text, word: text } })));
    const found = await Promise.all(HOSTILE.map((text) => object.find({ word: text })));
    const read = await object.get(HOSTILE.map(id));
    const updated = await object.update(HOSTILE.map((text) => changed(id(text), { word: `${text}!` }, "1")));
    const stale = await object.update(HOSTILE.map((text) => changed(id(text), { word: "x" }, text)));
    const removed = await object.delete(HOSTILE.slice(1).map((text) => ({ key: "k", id: id(text), version: "2" })));

    expect(made.map((result) => valueOf(result).id)).toEqual(HOSTILE);
    expect(found.map((result) => idsOf(valueOf(result)))).toEqual(HOSTILE.map((text) => [text]));
    expect(read.map((result) => valueOf(result).fields.word)).toEqual(HOSTILE);
    expect(updated.every((result) => result.ok)).toBe(true);
    expect(stale.map((result) => failureOf(result).kind)).toEqual(HOSTILE.map(() => "stale"));
    expect(removed.every((result) => result.ok)).toBe(true);
    expect((await admin.query("select id, word from things")).rows).toEqual([
      { id: HOSTILE[0], word: `${HOSTILE[0] ?? ""}!` },
    ]);
  });

  test("names that are words of the language, or of mixed case, are names", async () => {
    await admin.query(
      'create schema "Order"; create table "Order"."Select" ("Id" int generated always as identity primary key, "from" text, "WHERE" text)',
    );
    const { system } = await opened(
      `  thing: { table: Order.Select, id: Id, natural_keys: [from], fields: { place: { at: WHERE } } }`,
    );
    const object = system.object("thing", []);

    const made = await created(object, { from: "a", place: "b" });

    expect(made.record?.fields).toEqual({ Id: 1, from: "a", place: "b" });
    expect(idsOf(valueOf(await object.find({ from: "a" })))).toEqual(["1"]);
  });

  test("an id that the column cannot hold is nobody's", async () => {
    await admin.query("create table things (id int primary key); insert into things values (7)");
    const object = await thing("natural_keys: [id]");

    const read = await object.get([id("abc"), id("007"), id("7")]);

    expect(read.map((result) => (result.ok ? result.value.id : result.failure.kind))).toEqual(["gone", "gone", "7"]);
  });
});

describe("a listing", () => {
  test("of a hundred thousand rows comes in pages, and no page holds more than it should", async () => {
    await admin.query(
      "create table things (id int primary key, word text); insert into things select n, 'word ' || n from generate_series(1, 100000) n",
    );
    const object = await thing("natural_keys: [word], list: { page: { size: 5000 } }");
    let count = 0;
    const sizes: number[] = [];

    for await (const page of object.list()) {
      const { records } = valueOf(page);
      sizes.push(records.length);
      count += new Set(idsOf(records)).size;
    }

    expect(count).toBe(100_000);
    expect(Math.max(...sizes)).toBe(5000);
  });

  test("is not disturbed by rows that come and go meanwhile", async () => {
    await admin.query(
      "create table things (id int primary key); insert into things select n * 2 from generate_series(1, 40) n",
    );
    const object = await thing("natural_keys: [id], list: { page: { size: 10 } }");
    const seen: string[] = [];

    for await (const page of object.list()) {
      seen.push(...idsOf(valueOf(page).records));
      await admin.query("delete from things where id = $1", [Number(seen.at(-1)) - 2]);
      await admin.query("insert into things values ($1) on conflict do nothing", [Number(seen.at(-1)) - 1]);
    }

    const stayed = Array.from({ length: 40 }, (_, index) => String((index + 1) * 2));
    expect(new Set(seen).size).toBe(seen.length);
    expect(stayed.filter((one) => !seen.includes(one))).toEqual([]);
  });
});

describe("changes", () => {
  test("rows of one time are read over several pages, each once, in the order of time and id", async () => {
    await admin.query(`create table things (id int primary key, at timestamptz);
      insert into things select n, timestamptz '2026-01-01 00:00:00.000001Z' + (n / 7) * interval '1 microsecond' from generate_series(1, 50) n`);
    const object = await thing("modified: at, list: { page: { size: 5 } }");

    const { records, failure, pages } = await readAll(object.changes("2025-12-31T00:00:00Z"));

    expect(failure).toBeNull();
    expect(idsOf(records)).toEqual(Array.from({ length: 50 }, (_, index) => String(index + 1)));
    expect(pages.map((page) => page.cursor).findLast((cursor) => cursor !== null)).toBe("2026-01-01T00:00:00.000008Z");
  });

  test("start so much before the cursor as a row may be late, and at the cursor once it has settled", async () => {
    await admin.query(`create table things (id int primary key, at timestamptz);
      insert into things values (1, '2026-01-01 00:00:00Z'), (2, '2026-01-01 00:00:50.5Z'), (3, '2026-01-01 00:01:00.000001Z'), (4, '2026-01-01 00:01:00.000002Z')`);
    const object = await thing("modified: at, changes: { cursor: { at: at, settle: 10s } }");

    const late = await readAll(object.changes("2026-01-01T00:01:00.000002Z"));
    const settled = await readAll(object.changes("2026-01-01T00:01:00.000002Z", { settled: true }));

    expect(idsOf(late.records)).toEqual(["2", "3", "4"]);
    expect(idsOf(settled.records)).toEqual(["4"]);
  });

  test("a row dated in the future moves no cursor", async () => {
    await admin.query(
      "create table things (id int primary key, at timestamptz); insert into things values (1, '2026-01-01Z'), (2, '2999-01-01Z')",
    );
    const object = await thing("modified: at");

    const listed = await readAll(object.list());
    const read = await readAll(object.changes("2025-01-01T00:00:00Z"));

    expect(idsOf(listed.records)).toEqual(["1", "2"]);
    expect(listed.pages[0]?.cursor).toBe("2026-01-01T00:00:00Z");
    expect(read.pages.at(-1)?.cursor).toBe("2026-01-01T00:00:00Z");
  });

  test("by a number that only grows start some numbers back", async () => {
    await admin.query(
      "create table things (id int primary key, change_no bigint); insert into things select n, 5000000000 + n from generate_series(1, 20) n",
    );
    const object = await thing("changes: { cursor: { at: change_no } }, overlap: 3");

    const { records, pages } = await readAll(object.changes("5000000018"));

    expect(idsOf(records)).toEqual(["15", "16", "17", "18", "19", "20"]);
    expect(pages.at(-1)?.cursor).toBe("5000000020");
  });

  test("a cursor of another kind than the column means: list completely", async () => {
    await admin.query("create table things (id int primary key, at timestamptz)");

    expect((await readAll((await thing("modified: at")).changes("17/ABC"))).failure?.kind).toBe("resync");
  });
});

describe("writes", () => {
  beforeEach(() =>
    admin.query(
      "create table things (id int generated by default as identity primary key, word text unique, n int check (n < 100), revision int not null default 1)",
    ),
  );

  test("several rows of one batch each have their own outcome, in one transaction", async () => {
    const object = await thing("natural_keys: [word], version: revision, touch: { revision: next }");
    const made = await object.create(["a", "b", "c", "d"].map((word) => ({ key: word, record: { word } })));
    const ids = made.map((result) => valueOf(result).id);
    await admin.query("delete from things where word = 'd'; update things set revision = 5 where word = 'c'");

    const results = await object.update(
      ids.map((one, index) => changed(one, index === 1 ? { n: 1000 } : { n: index }, "1")),
    );

    expect(results.map((result) => (result.ok ? result.value.version : result.failure.kind))).toEqual([
      "2",
      "rejected",
      "stale",
      "gone",
    ]);
    expect((await admin.query("select word, n, revision from things order by id")).rows).toEqual([
      { word: "a", n: 0, revision: 2 },
      { word: "b", n: null, revision: 1 },
      { word: "c", n: null, revision: 5 },
    ]);
  });

  test("an edit between the reading and the write is never overwritten, whoever is first", async () => {
    const object = await thing("version: xmin, natural_keys: [word]");
    const made = await created(object, { word: "ours", n: 1 });
    await admin.query("begin; update things set n = 2");

    const writing = object.update([changed(made.id, { n: 3 }, made.version)]);
    // The write waits for the row's lock; theirs is committed first.
    while ((await admin.query("select from pg_stat_activity where wait_event_type = 'Lock'")).rowCount === 0);
    await admin.query("commit");

    expect(failureOf((await writing)[0]).kind).toBe("stale");
    expect((await admin.query("select n from things")).rows).toEqual([{ n: 2 }]);
  });

  test("what is answered is the row as the triggers left it", async () => {
    await admin.query(`create function shout() returns trigger language plpgsql as $$ begin update things set word = upper(new.word) where id = new.id; return null; end $$;
      create trigger shout after insert on things for each row execute function shout()`);
    const object = await thing("natural_keys: [word]");

    const made = await object.create(["a", "b"].map((word) => ({ key: word, record: { word } })));

    expect(made.map((result) => valueOf(result).record?.fields.word)).toEqual(["A", "B"]);
  });

  test("a connection that is killed in a transaction leaves nothing behind, and the work is done again", async () => {
    await admin.query(`create table kills (n int); insert into kills values (1); create sequence killed;
      create function die() returns trigger language plpgsql as $$ begin
        if nextval('killed') = 1 then perform pg_terminate_backend(pg_backend_pid()); end if; return new; end $$;
      create trigger die before insert on things for each row execute function die()`);
    const object = await thing("natural_keys: [word]");

    const made = await created(object, { word: "once" });

    expect((await admin.query("select id::text from things")).rows).toEqual([{ id: made.id }]);
  });

  test("a connection that was killed while idle is not noticed", async () => {
    const object = await thing("natural_keys: [word]");
    await created(object, { word: "first" });
    await admin.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'syncline' and datname = current_database()",
    );

    expect((await created(object, { word: "second" })).record?.fields.word).toBe("second");
  });

  test("a marker column remembers the key: the same create again is the same row", async () => {
    await admin.query("alter table things add sync_key text");
    const object = await thing("natural_keys: [word], create: { marker: sync_key }");

    const first = await object.create([{ key: "one", record: { word: "a" } }]);
    const again = await object.create(
      ["one", "two"].map((key) => ({ key, record: { word: key === "one" ? "a" : "b" } })),
    );

    expect(valueOf(again[0]).id).toBe(valueOf(first[0]).id);
    expect((await admin.query("select word, sync_key from things order by id")).rows).toEqual([
      { word: "a", sync_key: "one" },
      { word: "b", sync_key: "two" },
    ]);
    expect(idsOf(valueOf(await object.findByMarker("two")))).toEqual([valueOf(again[1]).id]);
  });

  test("archiving sets the column, and the record shows as deleted", async () => {
    await admin.query("alter table things add gone_at timestamptz");
    const object = await thing("natural_keys: [word], deleted: gone_at, delete: { effect: archive }");
    const made = await created(object, { word: "a" });

    expect(await object.delete([{ key: "k", id: made.id, version: null }])).toEqual([{ ok: true, value: null }]);
    expect((await got(object, made.id)).deleted).toBe(true);
    expect((await admin.query("select word from things where gone_at is not null")).rows).toHaveLength(1);
  });

  test("a user without the right to write is told so, and nothing is repeated", async () => {
    await admin.query(
      "drop role if exists reader_of_things; create role reader_of_things login; grant usage on schema public to reader_of_things; grant select on things to reader_of_things",
    );
    const url = new URL(database.url);
    const { system, sleeps } = await openSql(
      sqlText("postgres", "objects:\n  thing: { table: things, natural_keys: [word] }"),
      {
        url: `postgres://localhost:${url.port}${url.pathname}?socket=${url.searchParams.get("host") ?? ""}`,
        user: "reader_of_things",
      },
    );

    const [made] = await system.object("thing", []).create([{ key: "k", record: { word: "a" } }]);

    expect(failureOf(made).kind).toBe("auth");
    expect(sleeps).toEqual([]);
    await system.close();
    await admin.query("drop owned by reader_of_things; drop role reader_of_things");
  });
});

describe("statements of the file", () => {
  test("read from a select with settings, and write by insert, update and delete", async () => {
    await admin.query(`create table rows_ (no int generated always as identity primary key, word text, region text, revision int default 1);
      insert into rows_ (word, region) values ('north', 'north'), ('south', 'south'); `);
    const { system } = await opened(`
  thing:
    id: no
    version: revision
    natural_keys: [word]
    fields: { word: { } }
    select: "select no, word, revision from rows_ where region = :region -- :nobody"
    insert: "insert into rows_ (word, region) values (:word, :region) returning no"
    update: "update rows_ set word = :word, revision = revision + 1 where no = :id and revision = :version"
    delete: "delete from rows_ where no = :id and revision = :version"`);
    const object = system.object("thing", []);

    const listed = await readAll(object.list());
    const made = await created(object, { word: "it's" });
    const current = await got(object, made.id);
    const [updated] = await object.update([{ ...changed(made.id, { word: "new" }, "1"), current }]);
    const [stale] = await object.update([{ ...changed(made.id, { word: "newer" }, "1"), current }]);
    const removed = await object.delete([{ key: "k", id: made.id, version: "2" }]);

    expect(listed.records.map((record) => record.fields.word)).toEqual(["north"]);
    expect(valueOf(updated).record?.fields).toEqual({ no: 3, word: "new", revision: 2 });
    expect(failureOf(stale).kind).toBe("stale");
    expect(removed).toEqual([{ ok: true, value: null }]);
    expect((await admin.query("select word from rows_ order by no")).rows).toEqual([
      { word: "north" },
      { word: "south" },
    ]);
  });
});

describe("a probe", () => {
  test("names the table or column that is not there, with the one that was meant", async () => {
    await admin.query("create table things (id int primary key, email text)");
    const table = await opened("  thing: { table: thinks }");
    const column = await opened("  thing: { table: things, natural_keys: [emial], fields: { emial: {} } }");

    expect(failureOf(await table.system.probe())).toMatchObject({ kind: "rejected", code: "E_TABLE_UNKNOWN" });
    expect(failureOf(await column.system.probe())).toMatchObject({
      code: "E_COLUMN_UNKNOWN",
      message: expect.stringContaining('did you mean "email"?'),
    });
  });

  test("says that the server writes no log that changes could be read from", async () => {
    await admin.query("create table things (id int primary key)");
    const { system } = await opened("  thing: { table: things, replication: { slot: a, publication: b } }");

    expect(failureOf(await system.probe())).toMatchObject({
      code: "E_REPLICATION",
      message: expect.stringContaining("wal_level"),
    });
  });

  test("a server that is not there is unreachable, and a secret is never told", async () => {
    const { system } = await openSql(sqlText("postgres", "objects: { thing: { table: things } }"), {
      url: "postgres://127.0.0.1:1/nowhere",
      user: "somebody",
      password: "correct horse battery",
    });

    const failure = failureOf(await system.probe());

    expect(failure.kind).toBe("unreachable");
    expect(JSON.stringify(failure)).not.toContain("correct horse");
  });

  test("a name that resolves to a private address is not reached", async () => {
    const { system } = await openSql(sqlText("postgres", "objects: { thing: { table: things } }"), {
      url: "postgres://db.example.com/shop",
      user: "somebody",
      allowPrivate: false,
      resolve: (_host, answer) => {
        answer(null, [{ address: "10.0.0.1", family: 4 }]);
      },
    });

    expect(failureOf(await system.probe())).toMatchObject({ kind: "unreachable", code: "E_SSRF_BLOCKED" });
  });
});

describe("a function of the file", () => {
  const CODE = "./test/connector/fixtures/code/contact-sql.js";
  const contacts = async (name: string, more = "") => {
    await admin.query(
      "create table contacts (id int generated by default as identity primary key, name text, email text unique, revision int not null default 1, at timestamptz not null default now())",
    );
    const { system, calls } = await opened(
      `  contact: { table: contacts, natural_keys: [email], create: { code: "${CODE}#${name}" } }`,
      more,
    );
    const record = { name: "Ada", email: "ada@example.com" };
    const [made] = await system.object("contact", []).create([{ key: "k", record }]);
    const { rows } = await admin.query<{ name: string }>("select name from contacts order by id");
    return { made, calls, names: rows.map((row) => row.name) };
  };

  test("may catch a refused statement: the transaction goes on, and commits the rest", async () => {
    const { made, names } = await contacts("goesOn");

    expect(valueOf(made).id).toBe("3");
    expect(names).toEqual(["Ada", "Second"]);
  });

  test.each([
    ["throws", "throws", "rejected"],
    ["refuses", "refuses", "rejected"],
    ["does not end", "never", "throttled"],
  ])("that %s leaves nothing behind, and its session is given back", async (_, name, kind) => {
    const { made, names } = await contacts(name, "timeout: { response: 500ms }");

    expect(failureOf(made).kind).toBe(kind);
    expect(names).toEqual([]);
    // Nothing holds a lock of it any more.
    await admin.query("set lock_timeout = '20s'; drop table contacts");
  });
});
