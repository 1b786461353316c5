// Looking at single records: feeds of changes, their cursors, and hints. Promises 7, 16, 17, 20, 21.

import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import type { Instant, RemoteId, Side } from "../../src/core/ids.ts";
import type { Channel } from "../../src/engine/ports.ts";
import { startTestDatabase, type TestDatabase } from "../store/server.ts";
import { doomed, runDoomed, Crash } from "./crash.ts";
import { openPair, plainConnector, type PlainParts, type TestPair } from "./pair.ts";
import type { Fault, PlainServer } from "./plain-server.ts";
import { onlyRow, sent, shown, thingMapping, type ThingParts } from "./things.ts";

let database: TestDatabase;
let open: TestPair | null = null;

beforeAll(async () => {
  database = await startTestDatabase();
});

afterAll(() => database.stop());

afterEach(async () => {
  await open?.close();
  open = null;
});

async function start({ left, right, ...mapping }: ThingParts & { readonly left?: PlainParts; readonly right?: PlainParts } = {}): Promise<TestPair> {
  open = await openPair({
    databaseUrl: database.url,
    mapping: thingMapping(mapping),
    leftConnector: plainConnector("left", ["thing"], left ?? { find: "email" }),
    rightConnector: plainConnector("right", ["thing"], right ?? { find: "email" }),
  });
  return open;
}

/** In step, with a cursor on both sides. */
async function inStep(pair: TestPair, names: readonly string[] = ["one"]): Promise<void> {
  for (const name of names) pair.left.put("thing", { email: `${name}@example.com`, name });
  await pair.run("sweep");
  await pair.run("sweep");
  await pair.run("changes");
  pair.left.calls.length = 0;
  pair.right.calls.length = 0;
}

function hint(pair: TestPair, side: Side, id: string, channel: Channel = "webhook"): Promise<void> {
  return pair.pair.store.addHints([{ entity: "thing", side, id: id as RemoteId, channel, due: Date.now() as Instant }]);
}

/** Records that the inbox names, due or not. */
async function inbox(pair: TestPair): Promise<readonly string[]> {
  const found = await Promise.all((["left", "right"] as const).map((side) => pair.pair.store.dueHints("thing", side, (Date.now() + 1e9) as Instant, 10_000)));
  return found.flat().map((each) => `${each.side} ${each.id}`);
}

function listings(server: PlainServer): number {
  return server.calls.filter((call) => call.method === "GET" && /^\/thing\?page=1/.test(call.path)).length;
}

function byEmail(server: PlainServer, email: string): Record<string, unknown> & { id: string } {
  const row = [...server.table("thing").values()].find((each) => each["email"] === email);
  if (row === undefined) throw new Error(`no ${email}`);
  return row;
}

const edit = (pair: TestPair, name: string, changes: Record<string, unknown>): void => pair.left.edit("thing", byEmail(pair.left, `${name}@example.com`).id, changes);
const ids = (pair: TestPair): { readonly left: string; readonly right: string } => ({ left: onlyRow(pair.left).id, right: onlyRow(pair.right).id });
const failing = (path: RegExp, answer: Fault["answer"] = 404): Fault => ({ method: "GET", path, answer, times: 99 });

describe("a cursor", () => {
  test("is missing at first, so both sides are listed; after that only changes are read", async () => {
    const pair = await start();
    pair.left.put("thing", { email: "one@example.com", name: "One" });
    pair.right.put("thing", { email: "two@example.com", name: "Two" });

    await pair.run("changes");
    expect(listings(pair.left)).toBe(1);
    await pair.run("changes");

    expect(listings(pair.left)).toBe(1);
    expect(pair.left.calls.some((call) => call.path.includes("since="))).toBe(true);
    expect(shown(pair.left)).toEqual(shown(pair.right));
  });

  test("is not asked of a side that has no changes: every cycle lists", async () => {
    const pair = await start({ right: { find: "email", changes: false } });
    await inStep(pair);
    edit(pair, "one", { name: "Uno" });

    await pair.run("changes");
    await pair.run("changes");

    expect(listings(pair.right)).toBe(2);
    expect(onlyRow(pair.right)["name"]).toBe("Uno");
  });

  test("reads again what may have become visible late", async () => {
    const pair = await start();
    await inStep(pair);
    edit(pair, "one", { name: "Uno" });
    await pair.run("changes");
    const newest = Date.parse(String(onlyRow(pair.left)["updatedAt"]));
    const late = new Date(newest - 1500).toISOString();
    pair.left.table("thing").set("l-late", { id: "l-late", email: "late@example.com", name: "Late", updatedAt: late });

    await pair.run("changes");

    expect(byEmail(pair.right, "late@example.com")["name"]).toBe("Late");
    expect(listings(pair.left)).toBe(0);
  });

  test("loses none of several changes of one moment", async () => {
    const pair = await start();
    await inStep(pair, ["one", "two", "three"]);
    const at = new Date(Date.parse(String(byEmail(pair.left, "three@example.com")["updatedAt"])) + 60_000).toISOString();
    const change = (name: string): void => {
      const row = byEmail(pair.left, `${name}@example.com`);
      pair.left.table("thing").set(row.id, { ...row, name: `${name} changed`, updatedAt: at });
    };
    change("one");
    change("two");
    await pair.run("changes");
    change("three");

    await pair.run("changes");

    expect([...pair.right.table("thing").values()].map((row) => row["name"]).toSorted()).toEqual(["one changed", "three changed", "two changed"]);
  });

  test("that has expired leads to a full comparison, and to no deletes of what the listing left out", async () => {
    const pair = await start({ left: { find: "email", list: '{ request: GET /OBJECT, query: { page: "{{ page.number }}", size: 100 }, items: items, page: { number: page, size: 100 } }' } });
    await inStep(pair, ["one", "two"]);
    edit(pair, "one", { name: "Uno" });
    pair.left.faults.push({ method: "GET", path: /^\/thing$/, query: /since/, answer: 410, times: 1 });
    const omitted = byEmail(pair.left, "two@example.com").id;
    pair.left.faults.push({ method: "GET", path: /^\/thing$/, query: /page=1/, answer: ({ status, body }) => ({ status, body: { items: (body as { items: { id: string }[] }).items.filter((row) => row.id !== omitted) } }), times: 1 });

    const report = await pair.run("changes");

    expect(report).toMatchObject({ outcome: "ok" });
    expect(listings(pair.left)).toBe(1);
    expect(pair.right.table("thing").size).toBe(2);
    expect(byEmail(pair.right, "one@example.com")["name"]).toBe("Uno");
    await pair.run("changes");
    expect(listings(pair.left)).toBe(1);
  });

  test("does not move before what it passed is durable", async () => {
    const pair = await start();
    await inStep(pair);
    const before = await pair.pair.store.cursor("thing", "left");
    edit(pair, "one", { name: "Uno" });
    const dying = doomed(pair, { step: 2, when: "after" });

    await expect(runDoomed(dying, "changes")).rejects.toThrow(Crash);

    expect(dying.steps).toEqual(["store.saveIntents", "right.update"]);
    expect(await pair.pair.store.cursor("thing", "left")).toBe(before);
  });

  test("does not pass over a record that could not be read", async () => {
    const pair = await start();
    await inStep(pair, ["one", "two"]);
    edit(pair, "one", { name: "Uno" });
    edit(pair, "two", { name: "Due" });
    const right = byEmail(pair.right, "one@example.com").id;
    const fault = failing(new RegExp(`^/thing/${right}$`), 500);
    pair.right.faults.push(fault);
    await pair.run("changes");
    expect(byEmail(pair.right, "one@example.com")["name"]).toBe("one");
    expect(byEmail(pair.right, "two@example.com")["name"]).toBe("Due");
    // Far behind the overlap by now.
    for (let tick = 0; tick < 9; tick += 1) edit(pair, "two", { name: `Due ${String(tick)}` });
    await pair.run("changes");
    fault.times = 0;

    await pair.run("changes");

    expect(byEmail(pair.right, "one@example.com")["name"]).toBe("Uno");
    expect(listings(pair.left)).toBe(0);
    expect(await inbox(pair)).toEqual([]);
  }, 60_000);

  test("does not pass over a new record that could not be read", async () => {
    const pair = await start();
    await inStep(pair);
    const made = pair.left.put("thing", { email: "new@example.com", name: "New" });
    const fault = failing(new RegExp(`^/thing/${made.id}$`), 500);
    pair.left.faults.push(fault);
    await pair.run("changes");
    expect(await inbox(pair)).toEqual([`left ${made.id}`]);
    expect(await pair.runtime.ledger.quarantine({ pair: pair.pair.mapping.pair, limit: 10 })).toEqual([]);
    for (let tick = 0; tick < 9; tick += 1) edit(pair, "one", { name: `One ${String(tick)}` });
    await pair.run("changes");
    fault.times = 0;

    await pair.run("changes");

    expect(byEmail(pair.right, "new@example.com")["name"]).toBe("New");
    expect(listings(pair.left)).toBe(0);
    expect(await inbox(pair)).toEqual([]);
  }, 60_000);
});

describe("a hint", () => {
  test("is looked at once, however often it comes", async () => {
    const pair = await start();
    await inStep(pair);
    edit(pair, "one", { name: "Uno" });
    for (let time = 0; time < 5; time += 1) await hint(pair, "left", ids(pair).left);

    await pair.run("hints");

    expect(pair.left.calls.filter((call) => call.path === `/thing/${ids(pair).left}`)).toHaveLength(1);
    expect(sent(pair.right, "PATCH")).toHaveLength(1);
    expect(await inbox(pair)).toEqual([]);
  });

  test("about a record nobody knows makes it", async () => {
    const pair = await start();
    await inStep(pair);
    const row = pair.left.put("thing", { email: "new@example.com", name: "New" });
    await hint(pair, "left", row.id);

    await pair.run("hints");

    expect(byEmail(pair.right, "new@example.com")["name"]).toBe("New");
  });

  test("about a record that never was linked and is gone asks for nothing", async () => {
    const pair = await start();
    await inStep(pair);
    await hint(pair, "left", "l-never");

    const result = await pair.result("hints");

    expect(result).toMatchObject({ sweepWanted: null, report: { outcome: "ok", entities: { thing: { quarantined: 0, cases: 0 } } } });
    expect(await inbox(pair)).toEqual([]);
    expect(pair.right.writes()).toEqual([]);
  });

  test("about a linked record that is gone asks for a sweep, and only the sweep deletes", async () => {
    const pair = await start();
    await inStep(pair, ["one", "two"]);
    const gone = byEmail(pair.left, "one@example.com").id;
    pair.left.table("thing").delete(gone);
    await hint(pair, "left", gone);

    const hinted = await pair.result("hints");
    expect(hinted.sweepWanted).not.toBeNull();
    expect(pair.right.table("thing").size).toBe(2);
    // The wish outlives the process.
    expect(await inbox(pair)).toContain(`left ${gone}`);
    await pair.run("changes");

    expect(pair.right.table("thing").size).toBe(1);
    expect(await inbox(pair)).toEqual([]);
  });

  test("is not believed when it says deleted and the record is there", async () => {
    const pair = await start();
    await inStep(pair);
    await hint(pair, "left", ids(pair).left);

    const result = await pair.result("hints");

    expect(result.sweepWanted).toBeNull();
    expect(pair.right.writes()).toEqual([]);
  });

  test("that comes while the run looks at the same record survives the run", async () => {
    const pair = await start();
    await inStep(pair);
    const { left } = ids(pair);
    edit(pair, "one", { name: "Uno" });
    await hint(pair, "left", left);
    let edited: Promise<void> | null = null;
    pair.right.meanwhile = (method) => {
      if (method !== "PATCH" || edited !== null) return;
      edit(pair, "one", { name: "Due" });
      edited = hint(pair, "left", left);
    };

    await pair.run("hints");
    await edited;
    await pair.run("hints");

    expect(onlyRow(pair.right)["name"]).toBe("Due");
    expect(await inbox(pair)).toEqual([]);
  });

  test("stays while the counterpart cannot be read, which is neither written nor taken for gone", async () => {
    const pair = await start();
    await inStep(pair);
    edit(pair, "one", { name: "Uno" });
    await hint(pair, "left", ids(pair).left);
    const fault = failing(/^\/thing\/r/, 500);
    pair.right.faults.push(fault);

    const result = await pair.result("hints");
    expect(result).toMatchObject({ sweepWanted: null, report: { entities: { thing: { situations: { unknown: 1 } } } } });
    expect(pair.right.writes()).toEqual([]);
    expect(await inbox(pair)).not.toEqual([]);
    fault.times = 0;
    await pair.run("hints");

    expect(onlyRow(pair.right)["name"]).toBe("Uno");
    expect(await inbox(pair)).toEqual([]);
  }, 60_000);

  test("leaves an answered case as it is while the record cannot be read", async () => {
    const pair = await start();
    await inStep(pair, ["one", "two"]);
    const { id } = byEmail(pair.right, "one@example.com");
    edit(pair, "one", { name: "Left" });
    pair.right.edit("thing", id, { name: "Right" });
    await pair.run("changes");
    const [found] = await pair.runtime.ledger.cases({ pair: pair.pair.mapping.pair, limit: 9 });
    await pair.runtime.ledger.resolveCase(found?.id ?? "", { kind: "take", side: "left" }, "test");
    const fault = failing(new RegExp(`^/thing/${id}$`), 500);
    pair.right.faults.push(fault);
    await pair.run("hints");
    // A sweep that cannot read the record leaves the case alone too.
    pair.right.faults.push({ method: "GET", path: /^\/thing$/, answer: ({ status, body }) => ({ status, body: { items: (body as { items: { id: string }[] }).items.filter((row) => row.id !== id), total: 1 } }), times: 1 });
    expect((await pair.run("sweep")).entities["thing"]).toMatchObject({ situations: { unknown: 1 }, cases: 1 });
    fault.times = 0;

    await pair.run("hints");

    expect(byEmail(pair.right, "one@example.com")["name"]).toBe("Left");
    expect(await pair.runtime.ledger.cases({ pair: pair.pair.mapping.pair, limit: 9 })).toEqual([]);
  }, 60_000);

  test("creates nothing where nobody can be asked for a match: a sweep is wanted, and matches", async () => {
    const pair = await start({ right: {} });
    await inStep(pair);
    // Unknown to us on both sides.
    const row = pair.left.put("thing", { email: "twin@example.com", name: "Twin" });
    pair.right.put("thing", { email: "twin@example.com", name: "Twin" });
    await hint(pair, "left", row.id);

    const result = await pair.result("hints");
    expect(result.sweepWanted).not.toBeNull();
    expect(pair.right.table("thing").size).toBe(2);
    await pair.run("changes");

    expect(pair.right.table("thing").size).toBe(2);
    expect((await pair.run("sweep")).entities["thing"]?.situations).toEqual({ "in-sync": 2 });
  });

  test("is not ended by a failing look-up for a match", async () => {
    const pair = await start();
    await inStep(pair);
    const row = pair.left.put("thing", { email: "new@example.com", name: "New" });
    await hint(pair, "left", row.id);
    const fault: Fault = { method: "POST", path: /search$/, answer: 500, times: 99 };
    pair.right.faults.push(fault);

    const result = await pair.result("hints");
    expect(result.sweepWanted).toBeNull();
    expect(sent(pair.right, "POST")).toEqual([]);
    fault.times = 0;
    await pair.run("hints");

    expect(byEmail(pair.right, "new@example.com")["name"]).toBe("New");
  }, 60_000);

  test("is not ended by carrying out named actions alone", async () => {
    const pair = await start();
    await inStep(pair, ["one", "two"]);
    edit(pair, "one", { name: "Uno" });
    const planned = await pair.plan("changes");
    edit(pair, "two", { name: "Due" });
    const hinted = byEmail(pair.left, "two@example.com").id;
    await hint(pair, "left", hinted);
    const cursor = await pair.pair.store.cursor("thing", "left");

    const applied = await pair.apply(planned);

    expect(applied).toMatchObject({ applied: 1, dropped: [] });
    expect(await inbox(pair)).toContain(`left ${hinted}`);
    expect(await pair.pair.store.cursor("thing", "left")).toBe(cursor);
    await pair.run("changes");
    expect(byEmail(pair.right, "two@example.com")["name"]).toBe("Due");
  });

  test("put off by a refusal is looked at when its time has come, and not before", async () => {
    const pair = await start({ right: { find: "email", file: "errors: [ { when: { status: 404, op: [create] }, do: gone } ]" } });
    await inStep(pair);
    const row = pair.left.put("thing", { email: "new@example.com", name: "New" });
    pair.right.faults.push({ method: "POST", path: /^\/thing$/, answer: 404, times: 1 });
    await hint(pair, "left", row.id);
    await pair.run("hints");
    await pair.run("hints");
    expect(sent(pair.right, "POST")).toHaveLength(1);
    const [waiting] = await pair.pair.store.dueHints("thing", "left", (Date.now() + 1e9) as Instant, 10);
    expect(waiting).toMatchObject({ id: row.id });
    expect(waiting?.due).toBeGreaterThan(Date.now());

    const later = doomed(pair, null);
    await runDoomed({ ...later, ports: { ...later.ports, clock: { ...later.ports.clock, now: () => (Date.now() + 60_000) as Instant } } }, "hints");

    expect(byEmail(pair.right, "new@example.com")["name"]).toBe("New");
    expect(await inbox(pair)).toEqual([]);
  });

  test("of thousands are all looked at, in a few runs", async () => {
    const pair = await start();
    for (let index = 0; index < 5000; index += 1) pair.left.put("thing", { email: `n${String(index)}@example.com`, name: "N" });
    await pair.run("sweep");
    expect(pair.right.table("thing").size).toBe(5000);
    for (const row of pair.left.table("thing").values()) row["name"] = "M";
    await pair.pair.store.addHints([...pair.left.table("thing").keys()].map((id) => ({ entity: "thing", side: "left" as const, id: id as RemoteId, channel: "webhook" as const, due: Date.now() as Instant })));

    for (let run = 0; run < 3 && (await inbox(pair)).length > 0; run += 1) await pair.run("hints");

    expect(await inbox(pair)).toEqual([]);
    expect([...pair.right.table("thing").values()].every((row) => row["name"] === "M")).toBe(true);
  }, 180_000);
});

describe("what a feed says", () => {
  test("is not believed: the record is read now", async () => {
    const pair = await start();
    await inStep(pair);
    edit(pair, "one", { name: "Newest" });
    pair.left.faults.push({
      method: "GET",
      path: /^\/thing$/,
      query: /since/,
      answer: ({ status, body }) => ({ status, body: { items: (body as { items: Record<string, unknown>[] }).items.map((item) => ({ ...item, name: "Stale" })) } }),
      times: 9,
    });

    await pair.run("changes");

    expect(onlyRow(pair.right)["name"]).toBe("Newest");
  });

  test("of an item without an id stops nobody else, until there are too many of them", async () => {
    const pair = await start();
    await inStep(pair, ["one", "two"]);
    edit(pair, "one", { name: "Uno" });
    const broken = (count: number): void => {
      const answer: Fault["answer"] = ({ status, body }) => ({ status, body: { items: [...(body as { items: unknown[] }).items, ...Array.from({ length: count }, () => ({ name: "without an id" }))] } });
      pair.left.faults.push({ method: "GET", path: /^\/thing$/, query: /since/, answer, times: 1 });
    };
    broken(1);
    expect(await pair.run("changes")).toMatchObject({ outcome: "ok" });
    expect(byEmail(pair.right, "one@example.com")["name"]).toBe("Uno");
    edit(pair, "two", { name: "Due" });
    broken(50);

    expect(await pair.run("changes")).toMatchObject({ outcome: "halted", reason: "listing-incomplete" });

    expect(byEmail(pair.right, "two@example.com")["name"]).toBe("two");
  });

  test("of a value that cannot be read holds that field, and carries the others", async () => {
    const pair = await start({ fields: "stock: { as: integer }" });
    await inStep(pair, ["one", "two"]);
    edit(pair, "one", { stock: { not: "a number" }, name: "Uno" });
    edit(pair, "two", { stock: 7 });

    await pair.run("changes");

    expect(byEmail(pair.right, "one@example.com")["name"]).toBe("Uno");
    expect(byEmail(pair.right, "two@example.com")["stock"]).toBe(7);
    edit(pair, "one", { stock: 3 });
    await pair.run("changes");
    expect(byEmail(pair.right, "one@example.com")["stock"]).toBe(3);
    expect(await pair.runtime.ledger.cases({ pair: pair.pair.mapping.pair, limit: 9 })).toEqual([]);
  });
});
