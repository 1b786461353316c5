// Two plain servers, the real engine, a real Postgres: what a sweep makes of each situation, and that a second one writes nothing.

import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { startTestDatabase, type TestDatabase } from "../store/server.ts";
import { openPair, type TestPair } from "./pair.ts";

let database: TestDatabase;
let pairCount = 0;
let open: TestPair | null = null;

beforeAll(async () => {
  database = await startTestDatabase();
});

afterAll(() => database.stop());

afterEach(async () => {
  await open?.close();
  open = null;
});

function mapping(more: { readonly entity?: string; readonly fields?: string; readonly pair?: string } = {}): string {
  pairCount += 1;
  return `
pair: ab${String(pairCount)}
state: active
sides: { a: left-system, b: right-system }
${more.pair ?? "guards: off"}
entities:
  thing:
    a: { object: thing }
    b: { object: thing }
    match: [[email]]
    allow: { a: [create, update, delete], b: [create, update, delete] }
    ${more.entity ?? ""}
    fields:
      email: { as: email }
      name: {}
      ${more.fields ?? ""}
`;
}

async function start(text: string): Promise<TestPair> {
  open = await openPair({ databaseUrl: database.url, mapping: text });
  return open;
}

describe("a sweep", () => {
  test("creates what only one side has, links what matches, and writes nothing the second time", async () => {
    const pair = await start(mapping());
    pair.left.put("thing", { email: "one@example.com", name: "One" });
    pair.left.put("thing", { email: "both@example.com", name: "Both" });
    pair.right.put("thing", { email: "BOTH@example.com", name: "Both" });
    pair.right.put("thing", { email: "two@example.com", name: "Two" });

    const first = await pair.run();
    const writes = pair.left.writes().length + pair.right.writes().length;
    const second = await pair.run();

    expect(first).toMatchObject({ outcome: "ok", reason: null });
    expect(first.entities["thing"]).toMatchObject({
      read: { a: 2, b: 2 },
      situations: { "new-left": 1, "new-right": 1, matched: 1 },
      effects: { a: { create: 1, update: 0, delete: 0 }, b: { create: 1, update: 0, delete: 0 } },
    });
    expect(second.entities["thing"]?.situations).toEqual({ "in-sync": 3 });
    expect(pair.left.writes().length + pair.right.writes().length).toBe(writes);
    expect([...pair.right.table("thing").values()].map((row) => String(row["name"])).toSorted()).toEqual([
      "Both",
      "One",
      "Two",
    ]);
    expect(pair.left.table("thing").size).toBe(3);
  });

  test("carries an edit across, by changes and by sweep, and writes the changed field alone", async () => {
    const pair = await start(mapping());
    const row = pair.left.put("thing", { email: "one@example.com", name: "One", secret: "unmapped" });
    await pair.run();
    const [other] = [...pair.right.table("thing").values()];
    pair.left.edit("thing", row.id, { name: "Uno" });

    const changed = await pair.run("changes");

    expect(changed).toMatchObject({ outcome: "ok" });
    expect(changed.entities["thing"]?.effects["b"]).toEqual({ create: 0, update: 1, delete: 0 });
    expect(pair.right.writes().at(-1)).toMatchObject({
      method: "PATCH",
      path: `/thing/${other?.id ?? ""}`,
      body: { name: "Uno" },
    });
    const quiet = await pair.run("changes");
    expect(quiet.entities["thing"]?.effects).toEqual({
      a: { create: 0, update: 0, delete: 0 },
      b: { create: 0, update: 0, delete: 0 },
    });
  });

  test("opens a case when both sides changed one field, lets the others flow, and follows a person", async () => {
    const pair = await start(mapping({ fields: "city: {}" }));
    const row = pair.left.put("thing", { email: "one@example.com", name: "One", city: "Wien" });
    await pair.run();
    const [other] = [...pair.right.table("thing").values()];
    pair.left.edit("thing", row.id, { name: "Left", city: "Graz" });
    pair.right.edit("thing", other?.id ?? "", { name: "Right" });

    const report = await pair.run();

    expect(report.outcome).toBe("ok");
    expect(report.entities["thing"]).toMatchObject({ situations: { conflict: 1 }, cases: 1 });
    expect(pair.right.table("thing").get(other?.id ?? "")).toMatchObject({ name: "Right", city: "Graz" });
    const [found] = await pair.runtime.ledger.cases({ pair: pair.pair.mapping.pair, limit: 10 });
    expect(found).toMatchObject({
      kind: "conflict",
      field: "name",
      left: row.id,
      right: other?.id,
      values: { left: "Left", right: "Right" },
    });
    await pair.runtime.ledger.resolveCase(found?.id ?? "", { kind: "take", side: "left" }, "test");
    const after = await pair.run("changes");
    expect(after.entities["thing"]).toMatchObject({ cases: 0 });
    expect(pair.right.table("thing").get(other?.id ?? "")).toMatchObject({ name: "Left" });
  });

  test("deletes only what is proven gone, and only where the file says so", async () => {
    const pair = await start(mapping({ entity: "when_gone: { a: delete, b: unlink }" }));
    const one = pair.left.put("thing", { email: "one@example.com", name: "One" });
    pair.left.put("thing", { email: "two@example.com", name: "Two" });
    pair.left.put("thing", { email: "three@example.com", name: "Three" });
    await pair.run();
    const two = [...pair.right.table("thing").values()].find((row) => row["name"] === "Two");
    pair.left.table("thing").delete(one.id);
    pair.right.table("thing").delete(two?.id ?? "");

    const report = await pair.run();
    const again = await pair.run();

    expect(report.entities["thing"]).toMatchObject({
      situations: { "gone-left": 1, "gone-right": 1, "in-sync": 1 },
      effects: { a: { create: 0, update: 0, delete: 0 }, b: { create: 0, update: 0, delete: 1 } },
    });
    expect(again.entities["thing"]).toMatchObject({
      situations: { "in-sync": 1 },
      effects: { a: { create: 0 }, b: { create: 0 } },
    });
    expect(pair.left.table("thing").size).toBe(2);
    expect(pair.right.table("thing").size).toBe(1);
  });

  test("withholds a class of actions that is over its limit, until the plan is applied", async () => {
    const pair = await start(mapping({ pair: "guards: { create: { floor: 2, fraction: 10% } }" }));
    for (const name of ["A", "B", "C"]) pair.left.put("thing", { email: `${name}@example.com`, name });

    const report = await pair.run();
    expect(report).toMatchObject({ outcome: "withheld" });
    expect(report.entities["thing"]?.withheld).toEqual([{ side: "b", op: "create", count: 3, limit: 2 }]);
    expect(pair.right.table("thing").size).toBe(0);

    const applied = await pair.apply(await pair.plan());
    expect(applied).toMatchObject({ outcome: "ok", applied: 3, dropped: [] });
    expect(pair.right.table("thing").size).toBe(3);
    expect(await pair.run()).toMatchObject({ outcome: "ok" });
  });

  test("halts when a side that had records lists none", async () => {
    const pair = await start(mapping({ pair: "" }));
    pair.left.put("thing", { email: "one@example.com", name: "One" });
    await pair.run();
    pair.right.table("thing").clear();

    expect(await pair.run()).toMatchObject({ outcome: "halted", reason: "empty-side" });
    expect(pair.left.table("thing").size).toBe(1);
  });

  test("never creates twice when the answer of a create is lost", async () => {
    const pair = await start(mapping());
    pair.left.put("thing", { email: "one@example.com", name: "One" });
    pair.right.faults.push({ method: "POST", path: /^\/thing$/, answer: "reset-after", times: 1 });

    await pair.run();
    await pair.run();

    expect(pair.right.table("thing").size).toBe(1);
    expect((await pair.run()).entities["thing"]?.situations).toEqual({ "in-sync": 1 });
  });

  test("quarantines the record that is refused and lets the others through", async () => {
    const pair = await start(mapping());
    pair.left.put("thing", { email: "one@example.com", name: "One" });
    pair.left.put("thing", { email: "two@example.com", name: "Two" });
    pair.right.faults.push({ method: "POST", path: /^\/thing$/, answer: 422, times: 1 });

    const report = await pair.run();

    expect(report).toMatchObject({ outcome: "partial" });
    expect(report.entities["thing"]).toMatchObject({ quarantined: 1, effects: { b: { create: 1 } } });
    await pair.runtime.ledger.retryQuarantined({ pair: pair.pair.mapping.pair }, "test");
    expect((await pair.run()).entities["thing"]).toMatchObject({ quarantined: 0 });
    expect(pair.right.table("thing").size).toBe(2);
  });

  test("stops and writes nothing when the system does not let us in", async () => {
    const pair = await start(mapping());
    pair.left.put("thing", { email: "one@example.com", name: "One" });
    pair.right.faults.push({ method: "GET", path: /^\/thing$/, answer: 401, times: 9 });

    expect(await pair.run()).toMatchObject({ outcome: "failed", reason: "auth" });
    expect(pair.right.writes()).toEqual([]);
  });

  test("takes what a system makes of our write as the base, and carries nothing back", async () => {
    const pair = await start(mapping());
    pair.right.normalise = (_object, row) => ({ ...row, name: String(row["name"]).toUpperCase() });
    const row = pair.left.put("thing", { email: "one@example.com", name: "One" });

    await pair.run();
    await pair.run();
    await pair.run();

    expect(pair.left.writes()).toEqual([]);
    expect(pair.right.writes().filter((call) => call.method !== "POST")).toEqual([]);
    expect(pair.left.table("thing").get(row.id)?.["name"]).toBe("One");
  });
});

describe("a look at single records", () => {
  test.each(["left", "right"] as const)(
    "knows of unlinked twins of the %s side that it does not see: they stay ambiguous, in one case",
    async (side) => {
      const pair = await start(mapping());
      const [twins, other] = side === "left" ? [pair.left, pair.right] : [pair.right, pair.left];
      const first = twins.put("thing", { email: "twin@example.com", name: "First" });
      const second = twins.put("thing", { email: "twin@example.com", name: "Second" });
      const single = other.put("thing", { email: "twin@example.com", name: "Single" });
      await pair.run();
      const before = await pair.runtime.ledger.cases({ pair: pair.pair.mapping.pair, limit: 9 });

      for (const [server, id] of [
        [twins, first.id],
        [twins, second.id],
        [other, single.id],
      ] as const) {
        server.edit("thing", id, { name: "Edited" });
        const report = await pair.run("changes");
        expect(report.entities["thing"]?.effects).toEqual({
          a: { create: 0, update: 0, delete: 0 },
          b: { create: 0, update: 0, delete: 0 },
        });
      }

      const after = await pair.runtime.ledger.cases({ pair: pair.pair.mapping.pair, limit: 9 });
      expect(after.map((each) => each.id)).toEqual(before.map((each) => each.id));
      expect(after).toHaveLength(1);
      expect(
        await pair.runtime.ledger.links({
          pair: pair.pair.mapping.pair,
          entity: null,
          record: null,
          limit: 9,
          after: null,
        }),
      ).toEqual([]);
    },
  );
});

describe("references", () => {
  test("parents go first, a child without its parent waits for it and is woken", async () => {
    pairCount += 1;
    const pair = await start(`
pair: ab${String(pairCount)}
state: active
sides: { a: left-system, b: right-system }
guards: off
entities:
  child:
    a: { object: child }
    b: { object: child }
    match: [[email]]
    fields:
      email: { as: email }
      parent: { a: parentId, b: parentRef, ref: parent }
  parent:
    a: { object: parent }
    b: { object: parent }
    match: [[email]]
    fields:
      email: { as: email }
`);
    const parent = pair.left.put("parent", { email: "p@example.com" });
    pair.left.put("child", { email: "c@example.com", parentId: parent.id });
    pair.left.put("child", { email: "orphan@example.com", parentId: "l99" });

    const report = await pair.run();

    const [rightParent] = [...pair.right.table("parent").values()];
    expect([...pair.right.table("child").values()].map((row) => [row["email"], row["parentRef"]])).toEqual([
      ["c@example.com", rightParent?.id],
    ]);
    expect(report.entities["child"]).toMatchObject({ parked: 1 });
    pair.left.put("parent", { id: "l99", email: "late@example.com" });
    const later = await pair.run("changes");
    expect(later.entities["child"]).toMatchObject({ parked: 0 });
    expect(pair.right.table("child").size).toBe(2);
  });
});
