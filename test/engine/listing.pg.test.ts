// Listings that are not what they should be. What cannot be believed stops the run before anything is written; what a listing
// leaves out is looked up before it counts as gone. Promises 7 and 16, and the list column of the fault matrix.

import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { startTestDatabase, type TestDatabase } from "../store/server.ts";
import { openPair, plainConnector, type PlainParts, type TestPair } from "./pair.ts";
import type { Answered, Fault } from "./plain-server.ts";
import { shown, thingMapping } from "./things.ts";

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

const PAGED =
  '{ request: GET /OBJECT, query: { page: "{{ page.number }}", size: 2 }, items: items, page: { number: page, size: 2 }, count: total }';
const UNCOUNTED = PAGED.replace(", count: total", "");

/** Five linked records; then one is new on the left, one gone and one edited, so that there is work of every kind. */
async function start(left: PlainParts = { find: "email", list: PAGED }): Promise<TestPair> {
  open = await openPair({
    databaseUrl: database.url,
    mapping: thingMapping(),
    leftConnector: plainConnector("left", ["thing"], left),
  });
  for (let index = 1; index <= 5; index += 1)
    open.left.put("thing", { id: `l${String(index)}`, email: `n${String(index)}@example.com`, name: "N" });
  await open.run();
  await open.run();
  open.left.put("thing", { id: "l6", email: "n6@example.com", name: "New" });
  open.left.edit("thing", "l2", { name: "Edited" });
  open.right.calls.length = 0;
  open.left.calls.length = 0;
  return open;
}

type Body = { items: Record<string, unknown>[]; total: number };

function onPage(page: number, change: (body: Body) => unknown): Fault {
  return {
    method: "GET",
    path: /^\/thing$/,
    query: new RegExp(`page=${String(page)}&`),
    answer: ({ status, body }: Answered) => ({ status, body: change(body as Body) }),
    times: 99,
  };
}

const status = (page: number, answer: Fault["answer"]): Fault => ({
  method: "GET",
  path: /^\/thing$/,
  query: new RegExp(`page=${String(page)}&`),
  answer,
  times: 99,
});

const SPOILT: readonly { readonly what: string; readonly fault: Fault; readonly reason: string }[] = [
  {
    what: "leaves a row out",
    fault: onPage(2, ({ items, total }) => ({ items: items.slice(1), total })),
    reason: "listing-incomplete",
  },
  {
    what: "shows a row twice, and another not at all",
    fault: onPage(2, ({ items, total }) => ({
      items: [{ id: "l1", email: "n1@example.com", name: "N" }, ...items.slice(1)],
      total,
    })),
    reason: "listing-incomplete",
  },
  {
    what: "counts more than it lists",
    fault: onPage(3, ({ items, total }) => ({ items, total: total + 3 })),
    reason: "listing-incomplete",
  },
  { what: "is cut short", fault: status(2, "garbage"), reason: "listing-incomplete" },
  { what: "is a web page", fault: status(2, "html"), reason: "listing-incomplete" },
  { what: "fails on the second page", fault: status(2, 500), reason: "unreachable" },
  { what: "is reset on the second page", fault: status(2, "reset-before"), reason: "unreachable" },
  {
    what: "is empty while an index is built",
    fault: onPage(1, ({ total }) => ({ items: [], total })),
    reason: "listing-incomplete",
  },
  {
    what: "breaks off with an empty page",
    fault: onPage(2, ({ total }) => ({ items: [], total })),
    reason: "listing-incomplete",
  },
  { what: "has no list in it", fault: onPage(1, () => ({ rows: [] })), reason: "listing-incomplete" },
  { what: "is not found", fault: status(1, 404), reason: "listing-incomplete" },
  { what: "is not let in", fault: status(2, 403), reason: "auth" },
];

describe("a listing that", () => {
  test.each(SPOILT)(
    "$what halts the run, and nothing is written",
    async ({ fault, reason }) => {
      const pair = await start();
      pair.left.table("thing").delete("l5");
      pair.left.faults.push(fault);

      const report = await pair.run();

      expect(report.reason).toBe(reason);
      expect(report.outcome).toBe(reason === "auth" ? "failed" : "halted");
      expect(pair.right.writes()).toEqual([]);
      expect(pair.left.writes()).toEqual([]);
      fault.times = 0;
      expect(await pair.run()).toMatchObject({ outcome: "ok" });
      expect(shown(pair.left)).toEqual(shown(pair.right));
    },
    300_000,
  );

  test("never ends halts the run", async () => {
    const pair = await start({
      find: "email",
      list: '{ request: GET /OBJECT, query: { at: "{{ page.token }}" }, items: items, page: { token: next } }',
    });
    pair.left.faults.push({
      method: "GET",
      path: /^\/thing$/,
      answer: ({ status, body }) => ({ status, body: { ...(body as Body), next: "again" } }),
      times: 999,
    });

    expect(await pair.run()).toMatchObject({ outcome: "halted", reason: "listing-incomplete" });
    expect(pair.right.writes()).toEqual([]);
  });

  test("counts nothing and leaves a row out does not make that record gone", async () => {
    const pair = await start({ find: "email", list: UNCOUNTED });
    pair.left.faults.push(
      onPage(1, ({ items }) => ({ items: items.map((item) => (item["id"] === "l1" ? { ...item, id: "l2" } : item)) })),
    );

    const report = await pair.run();

    expect(report).toMatchObject({ outcome: "ok" });
    expect(report.entities["thing"]?.effects["b"]).toEqual({ create: 1, update: 1, delete: 0 });
    expect(pair.right.table("thing").size).toBe(6);
  });

  test("leaves out a record that then cannot be read neither deletes it nor blocks the others", async () => {
    const pair = await start({ find: "email", list: UNCOUNTED });
    pair.left.faults.push(
      onPage(1, ({ items }) => ({ items: items.map((item) => (item["id"] === "l1" ? { ...item, id: "l2" } : item)) })),
    );
    pair.left.faults.push({ method: "GET", path: /^\/thing\/l1$/, answer: 500, times: 99 });

    const report = await pair.run();

    expect(report.entities["thing"]).toMatchObject({
      situations: { unknown: 1 },
      effects: { b: { create: 1, update: 1, delete: 0 } },
    });
    expect(pair.right.table("thing").size).toBe(6);
  }, 300_000);

  test("leaves out one of the other side does not make a twin: it is asked for before creating", async () => {
    const pair = await start({ find: "email", list: UNCOUNTED });
    pair.right.put("thing", { id: "rx", email: "n6@example.com", name: "New" });
    pair.right.faults.push({
      method: "GET",
      path: /^\/thing$/,
      answer: ({ status, body }) => ({
        status,
        body: { items: (body as Body).items.filter((item) => item["id"] !== "rx"), total: (body as Body).total - 1 },
      }),
      times: 1,
    });

    await pair.run();

    expect(pair.right.table("thing").size).toBe(6);
    expect((await pair.run()).entities["thing"]?.situations).toEqual({ "in-sync": 6 });
  });

  test("has a row without an id carries all the others; with many of them it is not believed", async () => {
    const pair = await start();
    const broken = (count: number): Fault =>
      onPage(3, ({ items, total }) => ({
        items: [...items, ...Array.from({ length: count }, () => ({ name: "?" }))],
        total: total + count,
      }));
    pair.left.faults.push(broken(1));

    expect(await pair.run()).toMatchObject({ outcome: "ok" });
    expect(shown(pair.left)).toEqual(shown(pair.right));
    pair.left.faults.length = 0;
    pair.left.faults.push(broken(20));
    expect(await pair.run()).toMatchObject({ outcome: "halted", reason: "listing-incomplete" });
  });

  test("lags behind our own write is not taken for an edit", async () => {
    const versioned: PlainParts = {
      find: "email",
      extra: "version: updatedAt",
      update: '{ request: "PATCH /OBJECT/{{ id }}", body: "{{ changed }}", item: $ }',
    };
    open = await openPair({
      databaseUrl: database.url,
      mapping: thingMapping(),
      rightConnector: plainConnector("right", ["thing"], versioned),
    });
    const pair = open;
    const row = pair.left.put("thing", { email: "one@example.com", name: "One" });
    await pair.run();
    const before = structuredClone([...pair.right.table("thing").values()]);
    pair.left.edit("thing", row.id, { name: "Uno" });
    await pair.run("changes");
    pair.right.faults.push({
      method: "GET",
      path: /^\/thing$/,
      answer: ({ status }) => ({ status, body: { items: before, total: before.length } }),
      times: 1,
    });

    await pair.run("sweep");

    expect(pair.left.table("thing").get(row.id)?.["name"]).toBe("Uno");
    expect([...pair.right.table("thing").values()].map((each) => each["name"])).toEqual(["Uno"]);
    expect(pair.left.writes()).toEqual([]);
  });
});

describe("a side where nobody can be asked by key", () => {
  /** Twelve records on the right, of which the third is known on the left; somebody deletes the first one after the first page. */
  async function drifting(right: PlainParts): Promise<TestPair & { listings(): number }> {
    open = await openPair({
      databaseUrl: database.url,
      mapping: thingMapping(),
      rightConnector: plainConnector("right", ["thing"], right),
    });
    const pair = open;
    for (let index = 1; index <= 12; index += 1)
      pair.right.put("thing", { id: `r${String(index)}`, email: `n${String(index)}@example.com`, name: "N" });
    pair.left.put("thing", { id: "known", email: "n3@example.com", name: "N" });
    let pages = 0;
    let listings = 0;
    pair.right.meanwhile = (method, path) => {
      if (method !== "GET" || path !== "/thing") return;
      pages += 1;
      if (pages === 2) pair.right.table("thing").delete("r1");
    };
    pair.right.faults.push({
      method: "GET",
      path: /^\/thing$/,
      query: /page=1&/,
      answer: (answered: Answered) => {
        listings += 1;
        return answered;
      },
      times: 99,
    });
    return { ...pair, listings: () => listings };
  }

  test("is listed again before anything is created there: who was passed over between two pages is found, and linked", async () => {
    const pair = await drifting({ list: UNCOUNTED });

    expect(await pair.run("sweep")).toMatchObject({ outcome: "ok" });

    expect(pair.listings()).toBe(3);
    expect(pair.right.writes()).toEqual([]);
    expect(pair.right.table("thing").size).toBe(11);
    pair.left.put("thing", { id: "known", email: "n3@example.com", name: "Linked" });
    await pair.run("sweep");
    expect(pair.right.table("thing").get("r3")?.["name"]).toBe("Linked");
  });

  test("is listed once where somebody can be asked, where nobody is new, or where all came at once", async () => {
    const asked = await drifting({ list: UNCOUNTED, find: "email" });
    await asked.run("sweep");
    expect([asked.listings(), asked.right.writes()]).toEqual([1, []]);
    await asked.close();

    const known = await drifting({ list: UNCOUNTED });
    await known.run("sweep");
    const before = known.listings();
    await known.run("sweep");
    expect(known.listings() - before).toBe(1);
    await known.close();

    const whole = await drifting({ list: "{ request: GET /OBJECT, items: items }" });
    await whole.run("sweep");
    expect(whole.right.calls.filter(({ method, path }) => method === "GET" && path === "/thing")).toHaveLength(1);
  });
});
