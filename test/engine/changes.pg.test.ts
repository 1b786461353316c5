// Reading by feeds of changes and their cursors. Promises 16 and 20.

import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { startTestDatabase, type TestDatabase } from "../store/server.ts";
import { doomed, runDoomed, Crash } from "./crash.ts";
import { openPair, plainConnector, type PlainParts, type TestPair } from "./pair.ts";
import type { Fault } from "./plain-server.ts";
import { byEmail, edit, failing, inStep, inbox, listings } from "./looking.ts";
import { onlyRow, shown, thingMapping, type ThingParts } from "./things.ts";

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

async function start({
  left,
  right,
  ...mapping
}: ThingParts & { readonly left?: PlainParts; readonly right?: PlainParts } = {}): Promise<TestPair> {
  open = await openPair({
    databaseUrl: database.url,
    mapping: thingMapping(mapping),
    leftConnector: plainConnector("left", ["thing"], left ?? { find: "email" }),
    rightConnector: plainConnector("right", ["thing"], right ?? { find: "email" }),
  });
  return open;
}

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
    const at = new Date(
      Date.parse(String(byEmail(pair.left, "three@example.com")["updatedAt"])) + 60_000,
    ).toISOString();
    const change = (name: string): void => {
      const row = byEmail(pair.left, `${name}@example.com`);
      pair.left.table("thing").set(row.id, { ...row, name: `${name} changed`, updatedAt: at });
    };
    change("one");
    change("two");
    await pair.run("changes");
    change("three");

    await pair.run("changes");

    expect([...pair.right.table("thing").values()].map((row) => String(row["name"])).toSorted()).toEqual([
      "one changed",
      "three changed",
      "two changed",
    ]);
  });

  test("that has expired leads to a full comparison, and to no deletes of what the listing left out", async () => {
    const pair = await start({
      left: {
        find: "email",
        list: '{ request: GET /OBJECT, query: { page: "{{ page.number }}", size: 100 }, items: items, page: { number: page, size: 100 } }',
      },
    });
    await inStep(pair, ["one", "two"]);
    edit(pair, "one", { name: "Uno" });
    pair.left.faults.push({ method: "GET", path: /^\/thing$/, query: /since/, answer: 410, times: 1 });
    const omitted = byEmail(pair.left, "two@example.com").id;
    pair.left.faults.push({
      method: "GET",
      path: /^\/thing$/,
      query: /page=1/,
      answer: ({ status, body }) => ({
        status,
        body: { items: (body as { items: { id: string }[] }).items.filter((row) => row.id !== omitted) },
      }),
      times: 1,
    });

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
  }, 300_000);

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
  }, 300_000);
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
      answer: ({ status, body }) => ({
        status,
        body: {
          items: (body as { items: Record<string, unknown>[] }).items.map((item) => ({ ...item, name: "Stale" })),
        },
      }),
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
      const answer: Fault["answer"] = ({ status, body }) => ({
        status,
        body: {
          items: [
            ...(body as { items: unknown[] }).items,
            ...Array.from({ length: count }, () => ({ name: "without an id" })),
          ],
        },
      });
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
