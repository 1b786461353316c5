// The connection, the migrations, and how many statements a page costs, on a real server.

import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { candidates } from "../../src/store/candidates.ts";
import { connectDatabase, openDatabase, statement, type Sql } from "../../src/store/database.ts";
import { MIGRATIONS, migrateState } from "../../src/store/migrate.ts";
import { StateError } from "../../src/store/state-error.ts";
import { linksBy } from "../../src/store/links.ts";
import { openSeenLinks } from "../../src/store/seen-links.ts";
import { sighted, stage, unsighted } from "../../src/store/sightings.ts";
import { openStore } from "../../src/store/store.ts";
import { subjects } from "../../src/store/subjects.ts";
import { bench, hint, id, linkChange, linkId, linkWrite, sighting, unchanged } from "../contract/store-world.ts";
import { quiet, startTestDatabase, type TestDatabase } from "./server.ts";

let server: TestDatabase;
beforeAll(async () => {
  server = await startTestDatabase();
});
afterAll(() => server.stop());

/** Names of the statements that `work` runs, as text without their parameters. */
async function statementsOf(work: () => Promise<unknown>): Promise<readonly string[]> {
  const seen: string[] = [];
  const listen = ({ sql }: { sql: string }) => seen.push(sql);
  server.database.knex.on("query", listen);
  try {
    await work();
  } finally {
    server.database.knex.off("query", listen);
  }
  return seen.filter((sql) => !/^(BEGIN|COMMIT|ROLLBACK)/i.test(sql));
}

const ROWS_READ = statement<{ n: number }>(
  "test.rows-read",
  "select coalesce(sum(seq_tup_read + idx_tup_fetch), 0)::float8 as n from pg_stat_xact_user_tables where schemaname = 'syncline'",
);

/** Rows of our tables that this connection has read lately. */
async function rowsReadIn(sql: Sql): Promise<number> {
  const [row] = await sql.rows(ROWS_READ, []);
  return row?.n ?? 0;
}

const thousand = Array.from({ length: 1000 }, (_, n) => String(n));

describe("statements", () => {
  test("a page of a thousand records costs one statement, whatever is asked of it", async () => {
    const b = await bench(openStore(server.database));
    const ids = thousand.map((n) => id(`L${n}`));
    const commit = await statementsOf(() =>
      b.commit({
        links: thousand.map((n) => linkWrite(`L${n}`, `R${n}`, { matchKeys: { left: [`0:${n}`], right: [] } })),
      }),
    );
    const links = await b.pair.linksBy("customer", "left", ids);

    const costs = {
      linksBy: await statementsOf(() => b.pair.linksBy("customer", "left", ids)),
      bases: await statementsOf(() => b.pair.bases(links.map((link) => link.id))),
      counterparts: await statementsOf(() => b.pair.counterparts("customer", "left", ids)),
      stage: await statementsOf(() =>
        b.pair.stage(
          b.run,
          thousand.map((n) => sighting("left", `L${n}`)),
        ),
      ),
      subjects: await statementsOf(() => b.pair.subjects(b.run, "customer", null, 1000)),
      sighted: await statementsOf(() => b.pair.sighted(b.run, "customer", "left", ids)),
      candidates: await statementsOf(() =>
        b.pair.candidates(
          b.run,
          "customer",
          "left",
          thousand.map((n) => `0:${n}`),
          true,
        ),
      ),
      addHints: await statementsOf(() => b.pair.addHints(thousand.map((n) => hint("left", `L${n}`, 1)))),
      quarantinedOf: await statementsOf(() => b.pair.quarantinedOf("customer", "left", ids)),
      resolutions: await statementsOf(() => b.pair.resolutions(links)),
    };

    // What is unchanged is known without asking; what is missing is looked for among ids, and then read.
    expect(await statementsOf(() => b.pair.countUnchanged(b.run, "customer"))).toHaveLength(0);
    expect(await statementsOf(() => b.pair.unsighted(b.run, "customer", "right", null, 1000))).toHaveLength(2);
    expect(Object.entries(costs).map(([name, statements]) => [name, statements.length])).toEqual(
      Object.keys(costs).map((name) => [name, 1]),
    );
    // The lease, the links, their bases, what was remembered of them unlinked, and the waking of what waited for them.
    expect(commit).toHaveLength(5);
    const update = await statementsOf(() =>
      b.commit({ links: links.map((link) => linkChange(link, { state: "frozen" })) }),
    );
    // Frozen links wake nobody.
    expect(update).toHaveLength(3);
  });

  test("what would not change is not written again", async () => {
    const b = await bench(openStore(server.database));
    const bases = { left: { name: "a", amount: 1.5 }, right: { name: "b" } };
    await b.commit({ links: [linkWrite("L1", "R1", { bases, matchKeys: { left: ["k"], right: [] } })] });
    const link = await b.link("L1");
    const versionOf = () =>
      server.database.rows<{ version: string }>(
        statement("test.base-version", "select xmin::text as version from syncline.bases where link_id = $1"),
        [link.id],
      );
    const before = await versionOf();

    await b.commit({ links: [linkChange(link, { bases, matchKeys: { left: ["k"], right: null } })] });

    expect(await versionOf()).toEqual(before);
  });

  test("a page of a big run reads a page, also where Postgres has no figures of the tables yet", async () => {
    const fresh = await startTestDatabase();
    for (const table of ["sightings", "links", "bases"]) {
      await fresh.database.knex.raw(`alter table syncline.${table} set (autovacuum_enabled = false)`);
    }
    const b = await bench(openStore(fresh.database));
    const { pair } = b.pair;
    const pages = Array.from({ length: 20 }, (_, page) => thousand.map((n) => `${String(page)}-${n}`));
    for (const page of pages) {
      await b.commit({
        links: page.map((n) => linkWrite(`L${n}`, `R${n}`, { matchKeys: { left: [`0:${n}`], right: [`0:${n}`] } })),
      });
      await b.pair.stage(
        b.run,
        page.flatMap((n) => [
          sighting("left", `L${n}`, { record: { n } }),
          unchanged("right", `R${n}`),
          sighting("left", `A${n}`, { matchKeys: [`0:${n}`] }),
        ]),
      );
    }
    const entity = "customer";
    const keys = thousand.slice(0, 100).map((n) => `0:7-${n}`);
    const ids = thousand.slice(0, 100).map((n) => id(`L7-${n}`));
    const seen = openSeenLinks(pair);
    seen.start(b.run);
    const questions: Readonly<Record<string, (sql: Sql) => Promise<unknown>>> = {
      linked: (sql) => subjects(sql, pair, b.run, { entity, after: null, limit: 100 }),
      lone: (sql) => subjects(sql, pair, b.run, { entity, after: "left:A3", limit: 100 }),
      candidates: (sql) => candidates(sql, pair, b.run, { entity, side: "left", keys, remembered: true }),
      unsighted: (sql) =>
        unsighted(sql, seen, pair, b.run, { entity, side: "left", after: linkId("19900"), limit: 100 }),
      sighted: (sql) => sighted(sql, pair, b.run, { entity, side: "left", ids }),
      linksBy: (sql) => linksBy(sql, pair, entity, "left", ids),
      stage: (sql) =>
        stage(
          sql,
          seen,
          pair,
          b.run,
          ids.map((each) => sighting("left", each)),
        ),
    };

    const rowsRead: Record<string, number> = {};
    for (const [name, ask] of Object.entries(questions)) {
      rowsRead[name] = await fresh.database.transaction(async (sql) => {
        const before = await rowsReadIn(sql);
        await ask(sql);
        return (await rowsReadIn(sql)) - before;
      });
    }

    expect(Object.entries(rowsRead).filter(([, rows]) => rows > 1000)).toEqual([]);
    expect(await b.pair.countUnchanged(b.run, entity)).toBe(0);
    expect(await b.pair.countSighted(b.run, entity, "left")).toBe(40_000);
    await fresh.stop();
  });
});

describe("migrations", () => {
  test("opening a database again changes nothing", async () => {
    const messages: string[] = [];
    const again = await openDatabase({ url: server.url }, { ...quiet, info: (message) => messages.push(message) });
    await again.close();

    expect(messages).toEqual([]);
  });

  test("several processes that migrate at once do it once", async () => {
    const fresh = await startTestDatabase();
    await fresh.database.knex.raw("drop schema syncline cascade");
    const messages: string[] = [];

    const opened = await Promise.all(
      Array.from({ length: 4 }, () =>
        openDatabase({ url: fresh.url }, { ...quiet, info: (message) => messages.push(message) }),
      ),
    );

    expect(messages).toEqual(["state schema migrated"]);
    await openStore(opened[0] ?? fresh.database).ledger.ping();
    await Promise.all(opened.map((database) => database.close()));
    await fresh.stop();
  });

  test("a migration that fails leaves the schema as it was, and can be tried again", async () => {
    const fresh = await startTestDatabase();
    const broken = [
      ...MIGRATIONS,
      { name: "0998-half", sql: "create table syncline.half (n int)" },
      { name: "0999-bad", sql: "select nonsense" },
    ];

    await expect(migrateState(fresh.database.knex, quiet, broken)).rejects.toThrow(/nonsense/);

    const { rows } = await fresh.database.knex.raw<{ rows: unknown[] }>(
      "select 1 from pg_tables where tablename = 'half'",
    );
    expect(rows).toEqual([]);
    await migrateState(fresh.database.knex, quiet, broken.slice(0, -1));
    await fresh.stop();
  });

  test("a state from a newer version is refused", async () => {
    const fresh = await startTestDatabase();
    await migrateState(fresh.database.knex, quiet, [...MIGRATIONS, { name: "9999-future", sql: "select 1" }]);

    const refused = openDatabase({ url: fresh.url }, quiet);

    await expect(refused).rejects.toMatchObject({
      code: "E_DATABASE",
      message: expect.stringContaining("9999-future"),
    });
    await fresh.stop();
  });

  test("a role that may not create the schema is told what its owner has to do", async () => {
    const fresh = await startTestDatabase();
    const role = `r_${Date.now().toString(36)}`;
    await fresh.database.knex.raw("drop schema syncline cascade");
    await fresh.database.knex.raw(`create role ${role} login password 'x'`);
    const url = new URL(fresh.url.replace("postgres://", "http://"));
    url.username = role;
    url.password = "x";

    await expect(openDatabase({ url: url.href.replace("http://", "postgres://") }, quiet)).rejects.toMatchObject({
      code: "E_DATABASE",
      message: expect.stringContaining("create schema syncline authorization"),
    });

    await fresh.database.knex.raw(`drop role ${role}`);
    await fresh.stop();
  });
});

describe("failures", () => {
  test("a server that is not there is E_DATABASE", async () => {
    const refused = openDatabase(
      { connection: { host: "127.0.0.1", port: 1, user: "x", database: "x", password: null } },
      quiet,
    );

    await expect(refused).rejects.toBeInstanceOf(StateError);
    await expect(refused).rejects.toMatchObject({
      code: "E_DATABASE",
      message: expect.stringContaining("ECONNREFUSED"),
    });
  });

  test.each(["mysql://u:topsecret@h/d", "not a url topsecret", ""])(
    "a URL that is none of Postgres (%j) is refused, and its password not shown",
    async (url) => {
      const refused = openDatabase({ url }, quiet);

      await expect(refused).rejects.toMatchObject({ code: "E_DATABASE" });
      await expect(refused).rejects.not.toThrow(/topsecret/);
    },
  );

  test("a database that does not exist, and a lost connection, are E_DATABASE; the next statement works again", async () => {
    const missing = openDatabase({ url: server.url.replace(/\/t_[^?]*/, "/nothing") }, quiet);
    await expect(missing).rejects.toMatchObject({
      code: "E_DATABASE",
      message: expect.stringContaining("does not exist"),
    });
    const other = connectDatabase({ url: server.url }, quiet);
    const killer = statement<{ done: boolean }>(
      "test.kill",
      "select pg_terminate_backend(pid) as done from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
    );

    const sleeping = other.rows(statement("test.sleep", "select pg_sleep(60)"), []);
    const lost = expect(sleeping).rejects.toMatchObject({ code: "E_DATABASE" });
    await eventuallyBusy();
    await server.database.rows(killer, []);
    await lost;

    // The pool may not have heard of the end of the connection yet.
    const one = () => other.rows(statement<{ one: number }>("test.one", "select 1 as one"), []);
    expect(await one().catch(one)).toEqual([{ one: 1 }]);
    await other.close();
  });

  test("a statement that takes too long is ended with E_DATABASE", async () => {
    const work = server.database.transaction(async (sql) => {
      await sql.rows(statement("test.short", "set local statement_timeout = 50"), []);
      await sql.rows(statement("test.long", "select pg_sleep(30)"), []);
    });

    await expect(work).rejects.toMatchObject({ code: "E_DATABASE", message: expect.stringContaining("took too long") });
  });

  test("a defect names its statement, and is no E_DATABASE", async () => {
    const wrong = server.database.rows(statement("test.wrong", "select 1 / $1::int"), [0]);

    await expect(wrong).rejects.toThrow("state statement test.wrong failed (22012): division by zero");
    await expect(wrong).rejects.not.toBeInstanceOf(StateError);
  });

  test("what a transaction throws comes out as it is, and nothing of it stays", async () => {
    const own = new Error("changed my mind");
    const work = server.database.transaction(async (sql) => {
      await sql.rows(statement("test.write", "insert into syncline.pair_state (pair) values ('rolled back')"), []);
      throw own;
    });

    await expect(work).rejects.toBe(own);
    expect(
      await server.database.rows(
        statement("test.read", "select 1 from syncline.pair_state where pair = 'rolled back'"),
        [],
      ),
    ).toEqual([]);
  });

  test("it comes out as it is also where the connection is gone by then, and cannot roll back", async () => {
    const lost = new Error("noticed that the connection is lost");
    const backend = statement<{ pid: number }>("test.pid", "select pg_backend_pid() as pid");
    const end = statement("test.end", "select pg_terminate_backend($1::int)");
    const work = server.database.transaction(async (sql) => {
      const [own] = await sql.rows(backend, []);
      await server.database.rows(end, [own?.pid ?? null]);
      await expect(sql.rows(backend, [])).rejects.toBeInstanceOf(StateError);
      throw lost;
    });

    await expect(work).rejects.toBe(lost);
  });
});

/** Waits until some session sleeps. */
async function eventuallyBusy(): Promise<void> {
  const busy = statement<{ n: number }>(
    "test.busy",
    "select count(*)::int as n from pg_stat_activity where query like '%pg_sleep(60)%' and pid <> pg_backend_pid()",
  );
  for (let tries = 0; tries < 500; tries += 1) {
    const [row] = await server.database.rows(busy, []);
    if ((row?.n ?? 0) > 0) return;
  }
  throw new Error("nobody sleeps");
}
