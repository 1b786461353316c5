// Creates whose outcome is not known: the answer is lost, cut short, or a server error, before or after the effect. Every way a
// connector can declare is tried against a real server. Promises 6, 13, 25.

import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { startTestDatabase, type TestDatabase } from "../store/server.ts";
import { openPair, plainConnector, type PlainParts, type TestPair } from "./pair.ts";
import type { Fault } from "./plain-server.ts";
import { onlyRow, sent, thingMapping, type ThingParts } from "./things.ts";

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

/** @param right The right side's connector differs by these. */
async function start(right: PlainParts, mapping: ThingParts = {}): Promise<TestPair> {
  open = await openPair({
    databaseUrl: database.url,
    mapping: thingMapping(mapping),
    rightConnector: plainConnector("right", ["thing"], right),
  });
  return open;
}

function lose(pair: TestPair, method: string, answer: Fault["answer"], times = 1): void {
  pair.right.faults.push({ method, path: /^\/thing(?!\/search)/, answer, times });
}

async function openIntents(pair: TestPair): Promise<number> {
  return (await pair.pair.store.openIntents()).length;
}

async function cases(pair: TestPair): Promise<readonly { readonly id: string; readonly kind: string }[]> {
  return pair.runtime.ledger.cases({ pair: pair.pair.mapping.pair, limit: 100 });
}

const FIND = { find: "email" };
const CREATE = '{ request: POST /OBJECT, body: "{{ record }}", returns: { id: id }';
const BY_KEY = { create: `${CREATE}, repeat: by-key }` };
const SHORT_KEY = { create: `${CREATE}, repeat: by-key, key: { life: 1ms } }` };
const SAFE = {
  create: '{ request: "PUT /OBJECT/{{ record.email }}", body: "{{ record }}", returns: { id: id }, repeat: safe }',
};
const MARKER = { find: "ref", create: `${CREATE}, marker: ref, verify: marker }` };
const OWN_ID = {
  create: '{ request: "PUT /OBJECT/{{ record.id }}", body: "{{ record }}", returns: { id: id }, verify: get }',
};
const NOTHING = { create: `${CREATE} }` };

const FAULTS: readonly Fault["answer"][] = ["reset-before", "reset-after", "error-after", 500, "garbage"];

describe("an unknown create", () => {
  test.each(
    FAULTS.flatMap((fault) =>
      Object.entries({ FIND, BY_KEY, SAFE, MARKER }).map(([name, parts]) => ({ fault, name, parts })),
    ),
  )("ends as one record, linked, when the answer is $fault and the connector says $name", async ({ fault, parts }) => {
    const pair = await start(parts);
    pair.left.put("thing", { email: "one@example.com", name: "One" });
    lose(pair, "POST", fault);
    lose(pair, "PUT", fault);

    await pair.run();
    const report = await pair.run();
    const writes = pair.right.writes().length;
    const last = await pair.run();

    expect(pair.right.table("thing").size).toBe(1);
    expect(onlyRow(pair.right)).toMatchObject({ email: "one@example.com", name: "One" });
    expect(report.outcome).toBe("ok");
    expect(last.entities["thing"]?.situations).toEqual({ "in-sync": 1 });
    expect(pair.right.writes()).toHaveLength(writes);
    expect(pair.left.writes()).toEqual([]);
    expect(await openIntents(pair)).toBe(0);
  });

  test("is repeated with the same key while the key lives", async () => {
    const pair = await start(BY_KEY);
    pair.left.put("thing", { email: "one@example.com", name: "One" });
    lose(pair, "POST", "reset-after", 3);

    await pair.run();
    await pair.run();

    const keys = sent(pair.right, "POST").map((call) => call.headers?.["idempotency-key"]);
    expect(keys.length).toBeGreaterThan(1);
    expect(new Set(keys).size).toBe(1);
    expect(pair.right.table("thing").size).toBe(1);
  });

  test("keeps its key when the repeat is throttled or not let in", async () => {
    const pair = await start({ ...BY_KEY, file: "errors: [ { when: { status: 418 }, do: stop } ]" });
    pair.left.put("thing", { email: "one@example.com", name: "One" });
    // Each attempt of the connector loses its answer; then the repeat of the engine is refused.
    lose(pair, "POST", "reset-after", 4);
    lose(pair, "POST", 403);

    await pair.run();
    expect(await openIntents(pair)).toBe(1);
    await pair.run();

    expect(new Set(sent(pair.right, "POST").map((call) => call.headers?.["idempotency-key"])).size).toBe(1);
    expect(pair.right.table("thing").size).toBe(1);
    expect(await openIntents(pair)).toBe(0);
  });

  test("is not repeated once the key has lived its life: a listing decides", async () => {
    const pair = await start(SHORT_KEY, { match: "" });
    pair.left.put("thing", { email: "one@example.com", name: "One" });
    lose(pair, "POST", "reset-after", 4);

    await pair.run();
    await pair.run();

    expect(pair.right.table("thing").size).toBe(1);
    expect((await pair.run()).entities["thing"]?.situations).toEqual({ "in-sync": 1 });
  });

  test.each(Object.entries({ FIND, MARKER }))(
    "is adopted with what was sent as its base, so that an edit since travels back (%s)",
    async (_name, parts) => {
      const pair = await start(parts);
      const row = pair.left.put("thing", { email: "one@example.com", name: "One" });
      lose(pair, "POST", (answered) => {
        pair.right.edit("thing", onlyRow(pair.right).id, { name: "Edited since" });
        return { ...answered, status: 500 };
      });

      await pair.run();
      await pair.run();

      expect(pair.right.table("thing").size).toBe(1);
      expect(pair.left.table("thing").get(row.id)?.["name"]).toBe("Edited since");
      expect(onlyRow(pair.right)["name"]).toBe("Edited since");
      expect(await cases(pair)).toEqual([]);
    },
  );

  test("stays unknown, and is not repeated, until a look-up would show it", async () => {
    const pair = await start({ ...FIND, findMore: ", settle: 700ms" });
    pair.left.put("thing", { email: "one@example.com", name: "One" });
    lose(pair, "POST", "reset-after");
    // The look-up lags behind.
    pair.right.faults.push({
      method: "POST",
      path: /search$/,
      answer: () => ({ status: 200, body: { items: [] } }),
      times: 3,
    });

    await pair.run();
    const early = await pair.run();
    const posts = sent(pair.right, "POST").length;
    await new Promise((resolve) => setTimeout(resolve, 750));
    await pair.run();

    expect(posts).toBe(1);
    expect(early.entities["thing"]).toMatchObject({ cases: 0 });
    expect(pair.right.table("thing").size).toBe(1);
    expect((await pair.run()).entities["thing"]?.situations).toEqual({ "in-sync": 1 });
    expect(sent(pair.right, "POST")).toHaveLength(1);
  });

  test("is repeated after that time when it had not happened", async () => {
    const pair = await start({ ...FIND, findMore: ", settle: 300ms" });
    pair.left.put("thing", { email: "one@example.com", name: "One" });
    lose(pair, "POST", "reset-before");

    await pair.run();
    const before = sent(pair.right, "POST").length;
    await new Promise((resolve) => setTimeout(resolve, 350));
    await pair.run();

    expect(before).toBe(1);
    expect(pair.right.table("thing").size).toBe(1);
    expect(await openIntents(pair)).toBe(0);
  });

  test("by an id of our own is looked up by that id", async () => {
    const pair = await start(OWN_ID, { fields: "id: { a: ref, b: id }" });
    pair.left.put("thing", { email: "one@example.com", name: "One", ref: "own-1" });
    lose(pair, "PUT", "reset-after");

    await pair.run();
    await pair.run();

    expect(sent(pair.right, "PUT")).toHaveLength(1);
    expect((await pair.run()).entities["thing"]?.situations).toEqual({ "in-sync": 1 });
  });

  test("that nothing can be asked about is adopted when a listing shows exactly one equal record", async () => {
    const pair = await start(NOTHING, { match: "" });
    pair.left.put("thing", { email: "one@example.com", name: "One" });
    lose(pair, "POST", "reset-after");

    await pair.run();

    expect((await pair.run()).entities["thing"]?.situations).toEqual({ "in-sync": 1 });
    expect(pair.right.table("thing").size).toBe(1);
  });

  test("of many records that nothing can be asked about is told by one listing", async () => {
    const pair = await start(NOTHING, { match: "" });
    for (const name of ["One", "Two", "Three", "Four"]) pair.left.put("thing", { email: `${name}@example.com`, name });
    lose(pair, "POST", "reset-after", 4);

    await pair.run();

    expect(pair.right.calls.filter((call) => call.path.startsWith("/thing?page=1"))).toHaveLength(2);
    expect(pair.right.table("thing").size).toBe(4);
    expect((await pair.run()).entities["thing"]?.situations).toEqual({ "in-sync": 4 });
  });

  test("of two equal records of which one is listed gives that one to one of them, and asks a person about the other", async () => {
    const pair = await start(NOTHING, { match: "" });
    pair.left.put("thing", { email: "same@example.com", name: "Same" });
    pair.left.put("thing", { email: "same@example.com", name: "Same" });
    lose(pair, "POST", "reset-before", 1);
    lose(pair, "POST", "reset-after", 1);

    await pair.run();
    await pair.run();

    expect(pair.right.table("thing").size).toBe(1);
    expect(await cases(pair)).toEqual([expect.objectContaining({ kind: "unknown-outcome" })]);
    expect((await pair.pair.store.countLinks("thing")).live).toBe(1);
  });

  test.each([
    { count: 0, answer: "dismiss" as const },
    { count: 0, answer: "link" as const },
    { count: 2, answer: "link" as const },
    { count: 2, answer: "dismiss" as const },
  ])(
    "that nothing can be asked about waits for a person when $count equal records are listed, and does as told ($answer)",
    async ({ count, answer }) => {
      const pair = await start(NOTHING, { match: "" });
      await pair.run();
      const row = pair.left.put("thing", { email: "one@example.com", name: "One" });
      lose(pair, "POST", "reset-before");
      pair.right.meanwhile = (method) => {
        if (method !== "POST") return;
        pair.right.meanwhile = null;
        for (let made = 0; made < count; made += 1) pair.right.put("thing", { email: "one@example.com", name: "One" });
      };

      const report = await pair.run("sweep");
      const [found, ...more] = await cases(pair);
      await pair.run("sweep");

      expect(found).toMatchObject({
        kind: "unknown-outcome",
        left: row.id,
        right: null,
        values: { op: "create", sent: { name: "One" } },
      });
      expect(more).toEqual([]);
      expect(report.entities["thing"]).toMatchObject({ cases: 1 });
      expect(sent(pair.right, "POST")).toHaveLength(1);
      expect(await cases(pair)).toHaveLength(1);

      const chosen =
        answer === "link"
          ? (
              [...pair.right.table("thing").values()][0] ??
              pair.right.put("thing", { email: "one@example.com", name: "One" })
            ).id
          : null;
      await pair.runtime.ledger.resolveCase(
        found?.id ?? "",
        chosen === null ? { kind: "dismiss" } : { kind: "link", id: chosen as never },
        "test",
      );
      await pair.run();
      expect(await openIntents(pair)).toBe(0);
      expect(await cases(pair)).toEqual([]);
      const links = await pair.pair.store.linksBy("thing", "left", [row.id as never]);
      expect(links).toHaveLength(1);
      if (chosen !== null) expect(links[0]?.right).toBe(chosen);
      expect(sent(pair.right, "POST")).toHaveLength(chosen === null ? 2 : 1);
    },
  );

  test("is not linked to somebody else's counterpart, whatever a person says", async () => {
    const pair = await start(NOTHING, { match: "" });
    pair.left.put("thing", { email: "other@example.com", name: "Other" });
    await pair.run();
    const taken = onlyRow(pair.right).id;
    pair.left.put("thing", { email: "one@example.com", name: "One" });
    lose(pair, "POST", "reset-before");
    await pair.run();
    const [found] = await cases(pair);
    await pair.runtime.ledger.resolveCase(found?.id ?? "", { kind: "link", id: taken as never }, "test");

    await pair.run();

    expect(await cases(pair)).toEqual([
      expect.objectContaining({
        kind: "unknown-outcome",
        values: expect.objectContaining({ message: expect.stringContaining("linked already") }),
      }),
    ]);
    expect(await openIntents(pair)).toBe(1);
  });

  test("keeps its record locked: an edit meanwhile is carried once the outcome is known", async () => {
    const pair = await start({ ...FIND, findMore: ", settle: 900ms" });
    pair.left.put("thing", { email: "other@example.com", name: "Other" });
    await pair.run();
    const row = pair.left.put("thing", { email: "one@example.com", name: "One" });
    lose(pair, "POST", "reset-after");
    const lagging: Fault = {
      method: "POST",
      path: /search$/,
      answer: () => ({ status: 200, body: { items: [] } }),
      times: 99,
    };
    pair.right.faults.push(lagging);
    await pair.run("changes");
    pair.left.edit("thing", row.id, { name: "Edited while locked" });
    // The cursor moves on, far beyond that edit.
    const other = [...pair.left.table("thing").values()].find((each) => each.id !== row.id);
    for (let tick = 0; tick < 9; tick += 1) pair.left.edit("thing", other?.id ?? "", { name: `Other ${String(tick)}` });
    await pair.run("changes");
    await pair.run("changes");
    expect(await openIntents(pair)).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 950));
    lagging.times = 0;

    await pair.run("changes");

    expect([...pair.right.table("thing").values()].map((each) => each["name"])).toEqual([
      "Other 8",
      "Edited while locked",
    ]);
  });
});
