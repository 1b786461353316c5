// A pair between two databases, run by the real engine: a table of Postgres on the left, a table of SQLite on the right.

import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sqlite from "node-sqlite3-wasm";
import pg from "pg";
import { parse } from "yaml";
import type { Instant } from "../../src/core/ids.ts";
import { compileConnector } from "../../src/connector/compile.ts";
import { connectorFileSchema } from "../../src/connector/file.ts";
import { sqlProtocol } from "../../src/connector/protocols/sql/sql.ts";
import { Redactor, Secret } from "../../src/connector/secret.ts";
import { openRuntime, SILENT } from "../../src/daemon/runtime.ts";
import type { RunReport } from "../../src/engine/ports/run.ts";
import { createExpressionCompiler } from "../../src/expression/compiler.ts";
import { compileMappingFile } from "../../src/mapping/read-file.ts";
import { quiet, startTestDatabase, type TestDatabase } from "../store/server.ts";

const LEFT = `
connector: shop
protocol: sql
dialect: postgres
settings: { base_url: { required: true }, user: { required: true } }
base_url: "{{ settings.base_url }}"
auth: { scheme: basic, username: user }
objects:
  person:
    table: customers
    version: xmin
    modified: updated_at
    natural_keys: [email]
    changes: { cursor: { at: updated_at, settle: 1s } }
`;

const RIGHT = `
connector: ledger
protocol: sql
dialect: sqlite
settings: { base_url: { required: true } }
base_url: "{{ settings.base_url }}"
objects:
  person:
    table: accounts
    id: account_no
    version: revision
    modified: changed_at
    touch: { revision: next, changed_at: now }
    natural_keys: [mail]
    create: { marker: sync_key }
    fields: { mail: {}, credit: { type: decimal } }
    changes: { cursor: { at: changed_at, settle: 1s } }
`;

const MAPPING = `
pair: ab
state: active
sides: { shop: left-system, ledger: right-system }
guards: off
entities:
  person:
    shop: { object: person }
    ledger: { object: person }
    match: [[email]]
    allow: { shop: [create, update, delete], ledger: [create, update, delete] }
    when_gone: { shop: delete, ledger: delete }
    conflict: review
    fields:
      email: { shop: email, ledger: mail, as: email }
      name: { shop: name, ledger: title }
      credit: { shop: credit, ledger: credit, as: decimal }
`;

let state: TestDatabase;
let shop: TestDatabase;
let shopClient: pg.Client;
let ledger: InstanceType<typeof sqlite.Database>;
let folder: string;

beforeEach(async () => {
  state = await startTestDatabase();
  shop = await startTestDatabase();
  shopClient = new pg.Client({ connectionString: shop.url });
  await shopClient.connect();
  await shopClient.query(`
    create table customers (id uuid primary key default gen_random_uuid(), email text unique, name text, credit numeric(20, 4), updated_at timestamptz default clock_timestamp());
    create function bump() returns trigger language plpgsql as $$ begin new.updated_at := clock_timestamp(); return new; end $$;
    create trigger bump before update on customers for each row execute function bump()`);
  folder = mkdtempSync(join(tmpdir(), "syncline-pair-"));
  ledger = new sqlite.Database(join(folder, "ledger.db"));
  ledger.exec(
    "create table accounts (account_no integer primary key, mail text unique, title text, credit text, revision integer not null default 1, changed_at text default (strftime('%Y-%m-%d %H:%M:%f', 'now')), sync_key text unique)",
  );
});
afterEach(async () => {
  await shopClient.end();
  await shop.stop();
  await state.stop();
  ledger.close();
  rmSync(folder, { recursive: true });
});

/** One start of the daemon's runtime, as after a restart. */
async function started<T>(work: (run: (kind?: "changes" | "sweep") => Promise<RunReport>) => Promise<T>): Promise<T> {
  const expressions = createExpressionCompiler();
  const connector = (text: string) => {
    const { connector: compiled, problems } = compileConnector(connectorFileSchema.parse(parse(text)), {
      expressions,
      protocols: {},
      direct: { sql: sqlProtocol },
      folder: ".",
      today: Date.parse("2026-01-01") as Instant,
    });
    if (compiled === null) throw new Error(JSON.stringify(problems, null, 1));
    return compiled;
  };
  const { mapping, problems } = compileMappingFile(parse(MAPPING), { file: "mappings/ab.yaml", expressions });
  if (mapping === null) throw new Error(JSON.stringify(problems, null, 1));
  const system = (name: string, text: string, settings: Readonly<Record<string, string>>) => ({
    name,
    connector: connector(text),
    settings,
    secrets: new Map<string, Secret>(),
    limits: {},
    allowPrivate: true,
    webhooks: null,
  });
  const url = new URL(shop.url);
  const runtime = await openRuntime({
    database: { kind: "url", url: new Secret(state.url) },
    dataDir: ".",
    key: null,
    redactor: new Redactor(),
    systems: [
      system("left-system", LEFT, {
        base_url: `postgres://localhost:${url.port}${url.pathname}?socket=${url.searchParams.get("host") ?? ""}`,
        user: url.username,
      }),
      system("right-system", RIGHT, { base_url: `file:${join(folder, "ledger.db")}` }),
    ],
    mappings: [mapping],
    version: "0.0.0",
    log: quiet,
    calls: null,
  });
  try {
    const pair = runtime.pairs.get("ab");
    if (pair === undefined) throw new Error("no pair");
    return await work(
      async (kind = "sweep") =>
        (await pair.run({ kind, entity: null, signal: new AbortController().signal, progress: SILENT })).report,
    );
  } finally {
    await runtime.close();
    await expressions.close();
  }
}

const customers = async () =>
  (await shopClient.query("select email, name, credit::text from customers order by email")).rows as unknown[];
const accounts = () => ledger.all("select mail as email, title as name, credit from accounts order by mail");

describe("a pair of two databases", () => {
  test("first link, edits both ways, a delete and a restart leave both sides the same, and then all is quiet", async () => {
    await shopClient.query(
      "insert into customers (email, name, credit) values ('ada@example.com', 'Ada', 12345678901234.5678), ('bob@example.com', 'Bob', null)",
    );
    ledger.exec(
      "insert into accounts (mail, title, credit) values ('cy@example.com', 'Cy', '1.5'), ('ada@example.com', 'Ada', '12345678901234.5678')",
    );

    await started(async (run) => {
      const first = await run();
      expect(first.outcome).toBe("ok");
      expect(first.calls).not.toBe(0);
      expect(accounts()).toEqual([
        { email: "ada@example.com", name: "Ada", credit: "12345678901234.5678" },
        { email: "bob@example.com", name: "Bob", credit: null },
        { email: "cy@example.com", name: "Cy", credit: "1.5" },
      ]);
      expect(await customers()).toEqual([
        { email: "ada@example.com", name: "Ada", credit: "12345678901234.5678" },
        { email: "bob@example.com", name: "Bob", credit: null },
        { email: "cy@example.com", name: "Cy", credit: "1.5000" },
      ]);

      await shopClient.query("update customers set name = 'Ada Lovelace' where email = 'ada@example.com'");
      ledger.exec(
        "update accounts set title = 'Cyrus', revision = revision + 1, changed_at = strftime('%Y-%m-%d %H:%M:%f', 'now') where mail = 'cy@example.com'",
      );
      await run("changes");
      expect(accounts().map((row) => row["name"])).toEqual(["Ada Lovelace", "Bob", "Cyrus"]);
      expect((await customers()).map((row) => (row as { name: string }).name)).toEqual([
        "Ada Lovelace",
        "Bob",
        "Cyrus",
      ]);
    });

    await shopClient.query("delete from customers where email = 'bob@example.com'");
    await started(async (run) => {
      await run();
      expect(accounts().map((row) => row["email"])).toEqual(["ada@example.com", "cy@example.com"]);

      const before = JSON.stringify([await customers(), ledger.all("select * from accounts")]);
      const quietRun = await run();
      const quietChanges = await run("changes");
      expect(JSON.stringify([await customers(), ledger.all("select * from accounts")])).toBe(before);
      expect([quietRun.outcome, quietChanges.outcome]).toEqual(["ok", "ok"]);
    });
  });

  test("an edit of one field on both sides is a case, and nothing is written", async () => {
    await shopClient.query("insert into customers (email, name) values ('ada@example.com', 'Ada')");

    await started(async (run) => {
      await run();
      await shopClient.query("update customers set name = 'Ada L.'");
      ledger.exec(
        "update accounts set title = 'A. Lovelace', revision = revision + 1, changed_at = strftime('%Y-%m-%d %H:%M:%f', 'now')",
      );
      await run("changes");
    });

    expect(accounts().map((row) => row["name"])).toEqual(["A. Lovelace"]);
    expect((await customers()).map((row) => (row as { name: string }).name)).toEqual(["Ada L."]);
  });
});
