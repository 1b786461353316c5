// Creates refused as duplicates, and updates, deletes and batches whose outcome is not known: the answer is lost, cut short, or a
// server error, before or after the effect. Promises 6, 13, 25. Creates: unknown-outcome.pg.test.ts.

import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { startTestDatabase, type TestDatabase } from "../store/server.ts";
import { openPair, plainConnector, type PlainParts, type TestPair } from "./pair.ts";
import type { Fault } from "./plain-server.ts";
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
const SAFE = {
  create: '{ request: "PUT /OBJECT/{{ record.email }}", body: "{{ record }}", returns: { id: id }, repeat: safe }',
};

const FAULTS: readonly Fault["answer"][] = ["reset-before", "reset-after", "error-after", 500, "garbage"];

describe("a create that is refused as a duplicate", () => {
  test("adopts the record that has the key when it is what was sent", async () => {
    const pair = await start(FIND);
    pair.right.unique.set("thing", "email");
    pair.left.put("thing", { email: "one@example.com", name: "One" });
    pair.right.meanwhile = (method, path) => {
      if (method !== "POST" || path.endsWith("search")) return;
      pair.right.meanwhile = null;
      pair.right.put("thing", { email: "one@example.com", name: "One" });
    };

    expect(await pair.run()).toMatchObject({ outcome: "ok" });
    expect((await pair.run()).entities["thing"]?.situations).toEqual({ "in-sync": 1 });
    expect(pair.right.table("thing").size).toBe(1);
  });

  test("quarantines the record when somebody else has the key", async () => {
    const pair = await start(FIND);
    pair.right.unique.set("thing", "email");
    pair.left.put("thing", { email: "one@example.com", name: "One" });
    pair.left.put("thing", { email: "two@example.com", name: "Two" });
    pair.right.meanwhile = (method, path) => {
      if (method !== "POST" || path.endsWith("search")) return;
      pair.right.meanwhile = null;
      pair.right.put("thing", { email: "one@example.com", name: "Somebody else" });
    };

    const report = await pair.run();

    expect(report).toMatchObject({ outcome: "partial", reason: "quarantined" });
    expect(await pair.runtime.ledger.quarantine({ pair: null, limit: 500 })).toContainEqual(
      expect.objectContaining({ pair: report.pair, code: "key-taken" }),
    );
    expect(pair.right.table("thing").size).toBe(2);
  });
});

describe("a create that is given somebody else's counterpart", () => {
  test("quarantines its record, and the others go on", async () => {
    const pair = await start(SAFE, { match: "" });
    pair.left.put("thing", { email: "same@example.com", name: "First" });
    await pair.run();
    pair.left.put("thing", { email: "same@example.com", name: "Second" });
    pair.left.put("thing", { email: "other@example.com", name: "Other" });

    const report = await pair.run();
    await pair.run();

    expect(report).toMatchObject({ outcome: "partial", entities: { thing: { quarantined: 1 } } });
    expect((await pair.runtime.ledger.quarantine({ pair: report.pair, limit: 9 })).map((each) => each.code)).toEqual([
      "key-taken",
    ]);
    expect((await pair.pair.store.countLinks("thing")).live).toBe(2);
    expect(await openIntents(pair)).toBe(0);
  });
});

describe("an unknown update or delete", () => {
  test.each(FAULTS)("of an update ends with the edit on both sides, written at most twice (%s)", async (fault) => {
    const pair = await start(FIND);
    const row = pair.left.put("thing", { email: "one@example.com", name: "One" });
    await pair.run();
    pair.left.edit("thing", row.id, { name: "Uno" });
    lose(pair, "PATCH", fault);

    await pair.run("changes");
    await pair.run("changes");

    expect(shown(pair.left)).toEqual(shown(pair.right));
    expect(onlyRow(pair.right)["name"]).toBe("Uno");
    expect(sent(pair.right, "PATCH").length).toBeLessThanOrEqual(2);
    expect(await cases(pair)).toEqual([]);
    expect((await pair.run()).entities["thing"]?.effects["a"]).toEqual({ create: 0, update: 0, delete: 0 });
  });

  test("of an update that may not be repeated is decided by reading: nothing is written twice", async () => {
    const pair = await start({
      ...FIND,
      update: '{ request: "PATCH /OBJECT/{{ id }}", body: "{{ changed }}", repeat: unsafe }',
    });
    const row = pair.left.put("thing", { email: "one@example.com", name: "One" });
    await pair.run();
    pair.left.edit("thing", row.id, { name: "Uno" });
    lose(pair, "PATCH", "reset-after");

    await pair.run("changes");

    expect(sent(pair.right, "PATCH")).toHaveLength(1);
    expect(onlyRow(pair.right)["name"]).toBe("Uno");
    expect((await pair.run()).entities["thing"]?.situations).toEqual({ "in-sync": 1 });
  });

  test("of an update that somebody edited over opens a case, and loses nothing", async () => {
    const pair = await start({
      ...FIND,
      update: '{ request: "PATCH /OBJECT/{{ id }}", body: "{{ changed }}", repeat: unsafe }',
    });
    const row = pair.left.put("thing", { email: "one@example.com", name: "One" });
    await pair.run();
    pair.left.edit("thing", row.id, { name: "Left" });
    lose(pair, "PATCH", (answered) => {
      pair.right.edit("thing", onlyRow(pair.right).id, { name: "Right" });
      return { ...answered, status: 500 };
    });

    await pair.run("changes");

    expect(await cases(pair)).toEqual([
      expect.objectContaining({ kind: "conflict", values: { left: "Left", right: "Right" } }),
    ]);
    expect(onlyRow(pair.right)["name"]).toBe("Right");
    expect(onlyRow(pair.left)["name"]).toBe("Left");
  });

  test.each(FAULTS)("of a delete ends deleted (%s)", async (fault) => {
    const pair = await start(FIND);
    const row = pair.left.put("thing", { email: "one@example.com", name: "One" });
    pair.left.put("thing", { email: "two@example.com", name: "Two" });
    await pair.run();
    pair.left.table("thing").delete(row.id);
    lose(pair, "DELETE", fault);

    await pair.run();
    await pair.run();

    expect(pair.right.table("thing").size).toBe(1);
    expect(await openIntents(pair)).toBe(0);
    expect((await pair.run()).entities["thing"]?.situations).toEqual({ "in-sync": 1 });
  });

  test("of a delete that is answered 404 is done", async () => {
    const pair = await start({
      ...FIND,
      get: true,
      delete: '{ request: "DELETE /OBJECT/{{ id }}", guard: if-match }',
      extra: "version: updatedAt",
    });
    const row = pair.left.put("thing", { email: "one@example.com", name: "One" });
    pair.left.put("thing", { email: "two@example.com", name: "Two" });
    await pair.run();
    pair.left.table("thing").delete(row.id);
    lose(pair, "DELETE", 404);

    const report = await pair.run();

    expect(report.outcome).toBe("ok");
    expect(report.entities["thing"]?.effects["b"]).toEqual({ create: 0, update: 0, delete: 0 });
    expect((await pair.pair.store.countLinks("thing")).live).toBe(1);
  });
});

describe("a batch", () => {
  const BATCH = {
    ...FIND,
    extra:
      'batch: { create: { max: 10, request: POST /OBJECT/batch, body: { inputs: "{{ items }}" }, ok: results, match: by-index } }',
  };

  test("quarantines the one record that is refused, and creates the others", async () => {
    const pair = await start({ ...BATCH, extra: BATCH.extra.replace("ok: results", "ok: results, failed: errors") });
    pair.right.faults.push({
      method: "POST",
      path: /batch$/,
      answer: ({ status, body }) => {
        const rows = (body as { results: { id?: string }[] }).results;
        return {
          status,
          body: {
            results: rows.filter((row) => row.id !== undefined),
            errors: rows.flatMap((row, index) =>
              row.id === undefined ? [{ index, status: 422, message: "refused" }] : [],
            ),
          },
        };
      },
      times: 9,
    });
    for (const name of ["One", "refuse me", "Three"])
      pair.left.put("thing", { email: `${name.replace(" ", "")}@example.com`, name });

    const report = await pair.run();

    expect(report.outcome).toBe("partial");
    expect(report.entities["thing"]).toMatchObject({ quarantined: 1, effects: { b: { create: 2 } } });
    expect([...pair.right.table("thing").values()].map((row) => String(row["name"])).toSorted()).toEqual([
      "One",
      "Three",
    ]);
  });

  test.each(FAULTS)("that is lost as a whole creates each record once (%s)", async (fault) => {
    const pair = await start(BATCH);
    for (const name of ["One", "Two", "Three"]) pair.left.put("thing", { email: `${name}@example.com`, name });
    pair.right.faults.push({ method: "POST", path: /batch$/, answer: fault, times: 1 });

    await pair.run();
    await pair.run();

    expect([...pair.right.table("thing").values()].map((row) => String(row["name"])).toSorted()).toEqual([
      "One",
      "Three",
      "Two",
    ]);
    expect((await pair.run()).entities["thing"]?.situations).toEqual({ "in-sync": 3 });
  });
});

describe("a counter whose write may have arrived", () => {
  const ONCE = { update: '{ request: "PATCH /OBJECT/{{ id }}", body: "{{ changed }}", repeat: unsafe, guard: none }' };

  test("and that shows a third figure now is for a person: adding again might count twice", async () => {
    const pair = await start(ONCE, { fields: "stock: { as: integer, merge: counter }" });
    pair.left.put("thing", { email: "one@example.com", name: "One", stock: 10 });
    await pair.run();
    pair.left.edit("thing", onlyRow(pair.left).id, { stock: 15 });
    lose(pair, "PATCH", "reset-after");
    pair.right.meanwhile = (method) => {
      // Somebody sells three as soon as the write is there.
      if (method === "GET" && onlyRow(pair.right)["stock"] === 15)
        pair.right.edit("thing", onlyRow(pair.right).id, { stock: 12 });
    };

    await pair.run();
    await pair.run();

    expect(onlyRow(pair.right)["stock"]).toBe(12);
    expect((await cases(pair)).map(({ kind }) => kind)).toEqual(["unknown-outcome"]);
  });
});
