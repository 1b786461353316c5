// Who may write, and what is left when a run ends in the middle: leases, stopping, a lost database, intents. Promises 13, 14, 22.

import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import pg from "pg";
import type { Instant, RemoteId } from "../../src/core/ids.ts";
import { SILENT } from "../../src/daemon/runtime.ts";
import type { PairStore } from "../../src/engine/ports/pair-store.ts";
import { startTestDatabase, type TestDatabase } from "../store/server.ts";
import { Crash, doomed, request, runDoomed, type Doomed } from "./crash.ts";
import { openPair, type TestPair } from "./pair.ts";
import { onlyRow, sent, shown, thingMapping } from "./things.ts";
import { runPair } from "../../src/engine/run.ts";

let database: TestDatabase;
let client: pg.Client;
let open: TestPair[] = [];

beforeAll(async () => {
  database = await startTestDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});

afterAll(async () => {
  await client.end();
  await database.stop();
});

afterEach(async () => {
  for (const pair of open) await pair.close();
  open = [];
});

async function start(mapping: string, of?: TestPair): Promise<TestPair> {
  const pair = await openPair({ databaseUrl: database.url, mapping }, of);
  open.push(pair);
  return pair;
}

async function leaseRunsOut(pair: TestPair): Promise<void> {
  await client.query("update syncline.leases set until = clock_timestamp() - interval '1 second' where pair = $1", [
    pair.pair.mapping.pair,
  ]);
}

/** Rows of a table of this pair. */
async function count(pair: TestPair, table: string): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    `select count(*)::int as count from syncline.${table} where pair = $1`,
    [pair.pair.mapping.pair],
  );
  return rows[0]?.count ?? 0;
}

/** One method of the store does something else first, or instead. */
function withStore(pair: TestPair, changed: Partial<PairStore>): Doomed {
  const made = doomed(pair, null);
  return { ...made, ports: { ...made.ports, store: { ...pair.pair.store, ...changed } } };
}

describe("two runtimes on one pair", () => {
  test("do not run it at once, and make nothing twice", async () => {
    const text = thingMapping();
    const first = await start(text);
    const second = await start(text, first);
    for (let index = 0; index < 30; index += 1)
      first.left.put("thing", { email: `n${String(index)}@example.com`, name: "N" });

    const reports = await Promise.all([first.run(), second.run(), first.run(), second.run()]);

    expect(reports.filter((report) => report.outcome === "ok")).toHaveLength(1);
    expect(reports.filter((report) => report.reason === "running")).toHaveLength(3);
    expect(first.right.table("thing").size).toBe(30);
    expect((await second.run()).entities["thing"]?.situations).toEqual({ "in-sync": 30 });
  });

  test("work on different pairs at the same time", async () => {
    const pairs = await Promise.all([start(thingMapping()), start(thingMapping()), start(thingMapping())]);
    for (const pair of pairs) pair.left.put("thing", { email: "one@example.com", name: "One" });

    const reports = await Promise.all(pairs.map((pair) => pair.run()));

    expect(reports.map((report) => report.outcome)).toEqual(["ok", "ok", "ok"]);
  });

  test("a holder that was overtaken after its write is refused, and its successor knows what it did", async () => {
    const text = thingMapping();
    const stale = await start(text);
    const successor = await start(text, stale);
    stale.left.put("thing", { email: "one@example.com", name: "One" });
    let overtaken = false;
    const held = withStore(stale, {
      async commit(lease, commit) {
        if (!overtaken && commit.effects.length > 0) {
          overtaken = true;
          await leaseRunsOut(stale);
          expect(await successor.run()).toMatchObject({ outcome: "ok" });
        }
        return stale.pair.store.commit(lease, commit);
      },
    });

    const { report } = await runDoomed(held, "sweep");

    expect(report).toMatchObject({ outcome: "failed", reason: "lease-lost" });
    expect(sent(stale.right, "POST").filter((call) => call.path === "/thing")).toHaveLength(1);
    expect(await count(stale, "links")).toBe(1);
    expect(await count(stale, "effects")).toBe(1);
    expect(await count(stale, "intents")).toBe(0);
    expect((await successor.run()).entities["thing"]?.situations).toEqual({ "in-sync": 1 });
  });

  test("a holder that slept past its time sends nothing any more", async () => {
    const text = thingMapping();
    const stale = await start(text);
    const successor = await start(text, stale);
    stale.left.put("thing", { email: "one@example.com", name: "One" });
    let sleptMs = 0;
    const held = withStore(stale, {
      async saveIntents(lease, intents) {
        await stale.pair.store.saveIntents(lease, intents);
        sleptMs = 60_000;
        await leaseRunsOut(stale);
        await successor.run();
      },
    });
    const clock = { ...held.ports.clock, now: () => (Date.now() + sleptMs) as Instant };

    const { report } = await runDoomed({ ...held, ports: { ...held.ports, clock } }, "sweep");

    expect(report).toMatchObject({ outcome: "failed", reason: "lease-lost" });
    expect(stale.right.table("thing").size).toBe(1);
    expect(sent(stale.right, "POST").filter((call) => call.path === "/thing")).toHaveLength(1);
  });

  test("a holder that was overtaken while it looked leaves nothing behind", async () => {
    const text = thingMapping();
    const stale = await start(text);
    const successor = await start(text, stale);
    stale.left.put("thing", { email: "one@example.com", name: "One" });
    const held = withStore(stale, {
      async saveDecisions(run, decisions) {
        await stale.pair.store.saveDecisions(run, decisions);
        await leaseRunsOut(stale);
        await successor.run();
      },
    });

    const { report } = await runDoomed(held, "sweep");

    expect(report).toMatchObject({ outcome: "failed", reason: "lease-lost" });
    expect(stale.right.table("thing").size).toBe(1);
    expect((await successor.run()).entities["thing"]?.situations).toEqual({ "in-sync": 1 });
  });
});

describe("a run that is stopped", () => {
  test("finishes the page it is in, remembers it, and the next run does the rest", async () => {
    const pair = await start(thingMapping());
    for (let index = 0; index < 450; index += 1)
      pair.left.put("thing", { email: `n${String(index)}@example.com`, name: "N" });
    const stop = new AbortController();
    pair.right.meanwhile = (method, path) => {
      if (method === "POST" && path === "/thing" && pair.right.table("thing").size > 210) stop.abort();
    };

    const { report } = await pair.pair.run({ kind: "sweep", entity: null, signal: stop.signal, progress: SILENT });
    const made = pair.right.table("thing").size;

    expect(report).toMatchObject({ outcome: "halted", reason: "interrupted" });
    expect(made).toBeGreaterThan(200);
    expect(made).toBeLessThan(450);
    expect(await count(pair, "links")).toBe(made);
    expect(await count(pair, "intents")).toBe(0);
    expect((await pair.run()).entities["thing"]).toMatchObject({ effects: { b: { create: 450 - made } } });
    expect(pair.right.table("thing").size).toBe(450);
  }, 300_000);
});

describe("a database that goes away", () => {
  const cut = async (pair: TestPair): Promise<void> => {
    await client.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
    );
    await leaseRunsOut(pair);
  };

  test("before an intent is stored: nothing is written", async () => {
    const pair = await start(thingMapping());
    pair.left.put("thing", { email: "one@example.com", name: "One" });
    const broken = withStore(pair, {
      saveIntents: async () => {
        await cut(pair);
        throw new Error("connection terminated");
      },
    });

    await expect(runDoomed(broken, "sweep")).rejects.toThrow("connection terminated");

    expect(pair.right.writes()).toEqual([]);
    await leaseRunsOut(pair);
    await pair.run();
    expect(pair.right.table("thing").size).toBe(1);
  });

  test("at the commit: the write is found again and linked, not made twice", async () => {
    const pair = await start(thingMapping());
    pair.left.put("thing", { email: "one@example.com", name: "One" });
    let cuts = 0;
    const broken = withStore(pair, {
      async commit(lease, commit) {
        if (commit.effects.length > 0 && cuts === 0) {
          cuts += 1;
          await cut(pair);
          throw new Error("connection terminated");
        }
        return pair.pair.store.commit(lease, commit);
      },
    });

    await expect(runDoomed(broken, "sweep")).rejects.toThrow("connection terminated");
    expect(pair.right.table("thing").size).toBe(1);
    expect(await count(pair, "links")).toBe(0);
    await leaseRunsOut(pair);
    await pair.run();

    expect(pair.right.table("thing").size).toBe(1);
    expect(await count(pair, "links")).toBe(1);
    expect(await count(pair, "effects")).toBe(1);
  });
});

describe("an intent", () => {
  test("is stored before the write, and closed together with link and effect", async () => {
    const pair = await start(thingMapping());
    const row = pair.left.put("thing", { email: "one@example.com", name: "One" });

    await expect(runDoomed(doomed(pair, { step: 1, when: "after" }), "sweep")).rejects.toThrow(Crash);
    expect([
      await count(pair, "intents"),
      await count(pair, "links"),
      await count(pair, "effects"),
      pair.right.writes().length,
    ]).toEqual([1, 0, 0, 0]);
    const [intent] = await pair.pair.store.openIntents();
    expect(intent).toMatchObject({
      op: "create",
      side: "right",
      record: null,
      body: { email: "one@example.com", name: "One" },
      decision: { left: row.id },
    });

    await leaseRunsOut(pair);
    await client.query("delete from syncline.intents where pair = $1", [pair.pair.mapping.pair]);
    await expect(runDoomed(doomed(pair, { step: 2, when: "after" }), "sweep")).rejects.toThrow(Crash);
    expect([
      await count(pair, "intents"),
      await count(pair, "links"),
      await count(pair, "effects"),
      pair.right.table("thing").size,
    ]).toEqual([1, 0, 0, 1]);

    await leaseRunsOut(pair);
    await expect(runDoomed(doomed(pair, { step: 1, when: "after" }), "sweep")).rejects.toThrow(Crash);
    expect([
      await count(pair, "intents"),
      await count(pair, "links"),
      await count(pair, "effects"),
      pair.right.table("thing").size,
    ]).toEqual([0, 1, 1, 1]);
  });

  test("is resolved before anything is looked at", async () => {
    const pair = await start(thingMapping());
    pair.left.put("thing", { email: "one@example.com", name: "One" });
    await expect(runDoomed(doomed(pair, { step: 2, when: "after" }), "sweep")).rejects.toThrow(Crash);
    await leaseRunsOut(pair);
    pair.right.calls.length = 0;
    pair.left.calls.length = 0;

    await pair.run();

    expect(pair.right.calls[0]).toMatchObject({ path: "/thing/search" });
  });

  test("of a record that was deleted meanwhile: the create is linked first, then the delete is planned", async () => {
    const pair = await start(thingMapping());
    pair.left.put("thing", { email: "two@example.com", name: "Two" });
    await pair.run();
    const row = pair.left.put("thing", { email: "one@example.com", name: "One" });
    await expect(runDoomed(doomed(pair, { step: 2, when: "after" }), "sweep")).rejects.toThrow(Crash);
    await leaseRunsOut(pair);
    pair.left.table("thing").delete(row.id);

    await pair.run();

    expect(shown(pair.left)).toEqual(shown(pair.right));
    expect(onlyRow(pair.right)["name"]).toBe("Two");
  });

  test("of an entity that the mapping no longer has stays open, and is resolved when it is back", async () => {
    const text = thingMapping({ pair: "guards: off\non_change: continue" });
    const other = text.replace("  thing:\n", "  other:\n");
    const pair = await start(text);
    pair.left.put("thing", { email: "one@example.com", name: "One" });
    await expect(runDoomed(doomed(pair, { step: 2, when: "after" }), "sweep")).rejects.toThrow(Crash);
    await leaseRunsOut(pair);

    const without = await pair.remap(other);
    open = [without];
    without.left.rows.clear();
    const kept = structuredClone([...without.right.table("thing").values()]);
    without.right.rows.clear();
    expect(await without.run()).toMatchObject({ outcome: "ok" });
    expect((await without.pair.store.openIntents()).length).toBe(1);
    for (const row of kept) without.right.table("thing").set(row.id, row);
    without.left.put("thing", { id: "l1", email: "one@example.com", name: "One" });
    const back = await without.remap(text);
    open = [back];
    await back.run();

    expect((await back.pair.store.openIntents()).length).toBe(0);
    expect(back.right.table("thing").size).toBe(1);
    expect((await back.pair.store.linksBy("thing", "left", ["l1" as RemoteId])).length).toBe(1);
  });
});

test("a run with an aborted signal begins nothing", async () => {
  const pair = await start(thingMapping());
  pair.left.put("thing", { email: "one@example.com", name: "One" });
  const { parts, ports } = doomed(pair, null);

  const { report } = await runPair(parts, ports, request("sweep", { signal: AbortSignal.abort() }));

  expect(report).toMatchObject({ outcome: "halted", reason: "interrupted" });
  expect(pair.right.writes()).toEqual([]);
});
