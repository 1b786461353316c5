// Values of SQLite, and of MariaDB where one is installed: exact both ways, strict, and by the session's own clock, not the
// server's habits.

import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, utimesSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Connection, RowDataPacket } from "mysql2/promise";
import sqlite from "node-sqlite3-wasm";
import { Exact, type Fields } from "../../src/core/value.ts";
import type { SystemObject } from "../../src/connector/contract.ts";
import { startMariadb, withoutMariadb, type TestMariadb } from "./mariadb.ts";
import { closeExpressionsAfterwards, failureOf, id, idsOf, readAll, valueOf } from "./opened.ts";
import { closeSql, openSql, sqlText } from "./sql-opened.ts";

closeExpressionsAfterwards();
afterEach(closeSql);

const BAD_TEXT = [
  "'; drop table things; --",
  "\\'; drop table things; --",
  "\\",
  '"',
  "`",
  "zwölf 🦆",
  "?",
  ":id",
  "0",
  " padded ",
];

async function roundTrip(object: SystemObject): Promise<readonly (readonly unknown[])[]> {
  const made = await object.create(BAD_TEXT.map((word, index) => ({ key: String(index), record: { word } })));
  const read = await object.get(made.map((result) => valueOf(result).id));
  const found = await Promise.all(BAD_TEXT.map((word) => object.find({ word })));
  return [
    made.map((result) => valueOf(result).record?.fields["word"]),
    read.map((result) => valueOf(result).fields["word"]),
    found.map((result) => valueOf(result).map(({ fields }) => fields["word"])).flat(),
  ];
}

describe("SQLite", () => {
  let folder: string;
  let path: string;
  let admin: InstanceType<typeof sqlite.Database>;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "syncline-sqlite-"));
    path = join(folder, "app.db");
    admin = new sqlite.Database(path);
  });
  afterAll(() => {
    admin.close();
    rmSync(folder, { recursive: true });
  });
  afterEach(() => {
    admin.exec("drop table if exists things");
  });
  const thing = async (part = "natural_keys: [word]"): Promise<SystemObject> =>
    (
      await openSql(sqlText("sqlite", `objects: { thing: { table: things, ${part} } }`), { url: `file:${path}` })
    ).system.object("thing", []);

  test("values arrive as the columns declare them, and go back the same", async () => {
    admin.exec(
      "create table things (id integer primary key, big bigint, amount decimal(20, 4), words text, flag boolean, doc json, at datetime)",
    );
    const object = await thing("natural_keys: [words]");
    const record: Fields = {
      big: new Exact("9007199254740993"),
      amount: 19.9,
      words: "00123",
      flag: true,
      doc: { a: [1, null] },
      at: "2026-01-01 10:00:00",
    };

    const [made] = await object.create([{ key: "k", record }]);

    expect(valueOf(made).record?.fields).toEqual({ id: 1, ...record });
  });

  test("text is text, whatever it looks like", async () => {
    admin.exec("create table things (id integer primary key, word text)");

    expect(await roundTrip(await thing())).toEqual([BAD_TEXT, BAD_TEXT, BAD_TEXT]);
  });

  test("a file that is not there is unreachable, and is not made", async () => {
    const { system } = await openSql(sqlText("sqlite", "objects: { thing: { table: things } }"), {
      url: `file:${join(folder, "none.db")}`,
    });

    expect(failureOf(await system.probe()).kind).toBe("unreachable");
    expect(() => openSync(join(folder, "none.db"), "r")).toThrow();
  });

  test("while another program writes, its journal tells so; what was left behind long ago does not hold us", async () => {
    admin.exec("create table things (id integer primary key, word text)");
    const object = await thing();
    const journal = openSync(`${path}-journal`, "w");
    writeSync(journal, Buffer.from("d9d505f920a163d7", "hex"));
    closeSync(journal);

    expect(failureOf((await object.create([{ key: "k", record: { word: "a" } }]))[0]).kind).toBe("throttled");

    rmSync(`${path}-journal`);
    mkdirSync(`${path}.lock`);
    utimesSync(`${path}.lock`, 1, 1);
    expect((await object.create([{ key: "k", record: { word: "a" } }]))[0]?.ok).toBe(true);
  });
});

const maria = withoutMariadb === null ? describe : describe.skip;
if (withoutMariadb !== null) test.skip(`MariaDB: skipped: ${withoutMariadb}`, () => undefined);

maria("MariaDB", () => {
  let mariadb: TestMariadb;
  let admin: Connection;
  beforeAll(async () => {
    mariadb = await startMariadb();
    admin = await mariadb.connect();
    // A server with habits that would cut, round and misread.
    await admin.query(
      "set global sql_mode = 'NO_BACKSLASH_ESCAPES', global time_zone = '+05:00'; create database d; create user u@'127.0.0.1'; grant all on d.* to u@'127.0.0.1'; use d",
    );
  });
  afterAll(async () => {
    await admin.end();
    await mariadb.stop();
  });
  afterEach(async () => {
    await admin.query("drop table if exists things");
  });
  const thing = async (part = "natural_keys: [word]"): Promise<SystemObject> =>
    (
      await openSql(sqlText("mysql", `objects: { thing: { table: things, ${part} } }`), {
        url: `mysql://127.0.0.1:${String(mariadb.port)}/d`,
        user: "u",
      })
    ).system.object("thing", []);

  test("values arrive with every digit, and go back the same", async () => {
    await admin.query(
      "create table things (id bigint unsigned auto_increment primary key, big bigint, amount decimal(30, 10), flag tinyint(1), bits bit(1), small tinyint, at timestamp(6) null, local_at datetime(6), day date, doc json, words text, ratio double)",
    );
    const object = await thing("natural_keys: [words]");
    const record: Fields = {
      id: new Exact("18446744073709551614"),
      big: new Exact("-9007199254740993"),
      amount: new Exact("12345678901234567890.123456789"),
      flag: false,
      bits: true,
      small: 7,
      at: "2026-03-01T10:00:00.123456Z",
      local_at: "2026-03-01T10:00:00.000001",
      day: "2026-02-28",
      doc: { n: new Exact("12345678901234567890"), s: "123" },
      words: "00123",
      ratio: 0.1,
    };

    const [made] = await object.create([{ key: "k", record }]);

    expect(valueOf(made).record?.fields).toEqual(record);
    expect(idsOf((await readAll(object.list())).records)).toEqual(["18446744073709551614"]);
    expect(valueOf((await object.get([id("18446744073709551614")]))[0]).fields["words"]).toBe("00123");
  });

  test("text is text, whatever it looks like, also where the server reads backslashes otherwise", async () => {
    await admin.query("create table things (id int auto_increment primary key, word varchar(100) collate utf8mb4_bin)");

    expect(await roundTrip(await thing())).toEqual([BAD_TEXT, BAD_TEXT, BAD_TEXT]);
  });

  test.each([
    ["too long", { word: "far too long" }],
    ["out of range", { n: 300 }],
    ["no such day", { day: "2026-02-30" }],
    ["null where none may be", { must: null }],
  ])("a value that is %s is refused, not cut, and the rows beside it are written", async (_what, bad: Fields) => {
    await admin.query(
      "create table things (id int auto_increment primary key, word varchar(6), n tinyint, day date, must int not null default 1)",
    );
    const object = await thing();

    const results = await object.create(
      [{ word: "before" }, bad, { word: "after" }].map((record, index) => ({ key: String(index), record })),
    );

    expect(results.map((result) => (result.ok ? "made" : result.failure.kind))).toEqual(["made", "rejected", "made"]);
    expect((await admin.query("select word from things order by word"))[0]).toEqual([
      { word: "after" },
      { word: "before" },
    ]);
  });

  test("a deadlock is tried again, and both sides' writes are there", async () => {
    await admin.query(
      "create table things (id int primary key, word varchar(10)); insert into things values (1, 'a'), (2, 'b')",
    );
    const object = await thing();
    await admin.query("start transaction; update things set word = 'theirs' where id = 2");

    const writing = object.update(
      [1, 2].map((one) => ({ key: "k", id: id(String(one)), version: null, changed: { word: "ours" }, current: null })),
    );
    const blocked = "select trx_id from information_schema.innodb_trx where trx_state = 'LOCK WAIT'";
    for (let waiting = 0; waiting === 0;) {
      const [rows] = await admin.query<RowDataPacket[]>(blocked);
      waiting = rows.length;
      // The server renews this table only when nobody has looked for a tenth of a second.
      await wait(150);
    }
    // One of the two is chosen as the victim; if it is this one, theirs is gone, which is as good.
    await admin.query("update things set word = 'theirs' where id = 1").catch(() => undefined);
    await admin.query("commit");

    expect((await writing).every((result) => result.ok)).toBe(true);
    expect((await admin.query("select word from things order by id"))[0]).toEqual([{ word: "ours" }, { word: "ours" }]);
  });

  test("a table without transactions: each row for itself", async () => {
    await admin.query(
      "create table things (id int auto_increment primary key, word varchar(10) unique) engine = MyISAM",
    );
    const object = await thing();

    const results = await object.create(
      ["a", "a", "b"].map((word, index) => ({ key: String(index), record: { word } })),
    );

    expect(results.map((result) => (result.ok ? "made" : result.failure.kind)).sort()).toEqual([
      "duplicate",
      "made",
      "made",
    ]);
  });
});
