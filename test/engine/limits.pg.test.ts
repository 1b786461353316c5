// What stops or withholds writes: guards, states of the file, a changed meaning, plans and approvals, a lost state.

import { describe, expect, test } from "@jest/globals";
import { canonicalText, isFields, type Fields } from "../../src/core/value.ts";
import type { RunResult } from "../../src/engine/cycle.ts";
import { openPair } from "./pair.ts";
import { scenarios, type Said, type Scenario } from "./scenario.ts";
import { startTestDatabase } from "../store/server.ts";

const all = scenarios();
const start: typeof all.start = (said) => all.start(said);

async function many(said: Said, count: number): Promise<Scenario> {
  const s = await start({ pair: "guards: off", ...said });
  for (let index = 0; index < count; index += 1)
    s.a.put("thing", { email: `p${String(index)}@example.com`, name: `P${String(index)}` });
  await s.sweep();
  return s;
}

const limits = (guard: string): Said => ({ pair: `guards: { ${guard} }` });

describe("guards", () => {
  test.each([
    ["update: { floor: 2, fraction: 0% }", "update"],
    ["update: { floor: 0, fraction: 20% }", "update"],
    ["delete: { floor: 2, fraction: 0% }", "delete"],
    ["delete: { floor: 0, fraction: 20% }", "delete"],
  ] as const)("%s: three of ten are over it, two are not", async (guard, op) => {
    for (const count of [3, 2]) {
      let s = await many({}, 10);
      s = await s.says({ ...limits(guard), entity: "when_gone: { a: delete }" });
      const ids = [...s.a.table("thing").keys()].slice(0, count);
      for (const id of ids) {
        if (op === "delete") s.a.table("thing").delete(id);
        else s.a.edit("thing", id, { name: "Edited" });
      }

      const report = await s.sweep();

      expect(report.outcome).toBe(count === 3 ? "withheld" : "ok");
      expect(report.entities["thing"]?.withheld).toEqual(count === 3 ? [{ side: "b", op, count: 3, limit: 2 }] : []);
      expect(report.entities["thing"]?.effects["b"]?.[op]).toBe(count === 3 ? 0 : 2);
      expect((await s.cases()).map((each) => [each.kind, each.field])).toEqual(count === 3 ? [["guard", null]] : []);
      await s.expectQuiet();
      await s.test.close();
    }
  });

  test("what trips is withheld and the rest of the plan goes on", async () => {
    let s = await many({}, 6);
    s = await s.says(limits("update: { floor: 1, fraction: 0% }"));
    for (const id of [...s.a.table("thing").keys()].slice(0, 3)) s.a.edit("thing", id, { name: "Edited" });
    s.a.put("thing", { email: "new@example.com", name: "New" });

    expect(await s.sweep()).toMatchObject({
      outcome: "withheld",
      entities: { thing: { effects: { b: { create: 1, update: 0 } } } },
    });
    expect(await s.changes()).toMatchObject({
      outcome: "withheld",
      entities: { thing: { effects: { b: { update: 0 } } } },
    });
    await s.expectQuiet();
  });

  test("the limits of one side do not count the other's actions", async () => {
    let s = await many({}, 6);
    s = await s.says(limits("update: { floor: 2, fraction: 0% }"));
    const [left, right] = [[...s.a.table("thing").keys()], [...s.b.table("thing").keys()]];
    for (const id of left.slice(0, 2)) s.a.edit("thing", id, { name: "Edited" });
    for (const id of right.slice(3, 5)) s.b.edit("thing", id, { name: "Edited" });

    expect(await s.sweep()).toMatchObject({
      outcome: "ok",
      entities: { thing: { effects: { a: { update: 2 }, b: { update: 2 } } } },
    });
  });

  test("the guard's case closes when the file allows it, or when there is nothing to withhold", async () => {
    let s = await many({}, 6);
    s = await s.says(limits("update: { floor: 1, fraction: 0% }"));
    for (const id of [...s.a.table("thing").keys()].slice(0, 3)) s.a.edit("thing", id, { name: "Edited" });
    await s.sweep();
    expect((await s.cases()).map((each) => each.kind)).toEqual(["guard"]);

    s = await s.says({});
    expect(await s.sweep()).toMatchObject({ outcome: "ok", entities: { thing: { effects: { b: { update: 3 } } } } });
    expect(await s.cases()).toEqual([]);
  });

  test("the default limits hold when the file names none", async () => {
    const s = await start({ pair: "" });
    for (let index = 0; index < 11; index += 1) s.a.put("thing", { email: `p${String(index)}@example.com`, name: "P" });

    expect(await s.sweep()).toMatchObject({
      outcome: "withheld",
      entities: { thing: { withheld: [{ side: "b", op: "create", count: 11, limit: 10 }] } },
    });
    expect(s.b.table("thing").size).toBe(0);
  });

  test("an empty side is refused, also when both are, and `empty: allow` lets it through", async () => {
    for (const both of [false, true]) {
      let s = await many({ entity: "when_gone: { a: delete, b: delete }" }, 3);
      s = await s.says({ pair: "", entity: "when_gone: { a: delete, b: delete }" });
      s.a.table("thing").clear();
      if (both) s.b.table("thing").clear();
      expect(await s.sweep()).toMatchObject({ outcome: "halted", reason: "empty-side" });
      expect(s.b.table("thing").size).toBe(both ? 0 : 3);
      expect((await s.links()).every(([, , state]) => state === "live")).toBe(true);
      await s.expectQuiet();

      s = await s.says({ pair: "guards: { empty: allow }", entity: "when_gone: { a: delete, b: delete }" });
      expect(await s.sweep()).toMatchObject({ outcome: "ok" });
      expect(s.b.table("thing").size).toBe(0);
      await s.test.close();
    }
  });
});

describe("state and meaning", () => {
  test("proposed plans and never writes, and opens no case; active then does what was planned", async () => {
    let s = await start({ state: "proposed" });
    s.a.put("thing", { email: "ada@example.com", name: "Ada" });

    expect(await s.sweep()).toMatchObject({
      outcome: "ok",
      reason: "proposed",
      entities: { thing: { situations: { "new-left": 1 } } },
    });
    expect([s.writes(), await s.links()]).toEqual([0, []]);
    await s.expectQuiet();

    s = await s.says({});
    expect(await s.sweep()).toMatchObject({ outcome: "ok", reason: null });
    expect(s.b.table("thing").size).toBe(1);
  });

  test("paused halts", async () => {
    const s = await start({ state: "paused" });
    s.a.put("thing", { email: "ada@example.com", name: "Ada" });

    expect(await s.sweep()).toMatchObject({ outcome: "halted", reason: "paused" });
    expect(s.writes()).toBe(0);
  });

  test("a changed meaning halts until it is accepted; policies and guards take effect at once", async () => {
    let s = await many({}, 2);
    s = await s.says({ fields: "city: {}" });
    s.a.edit("thing", "l1", { city: "Wien" });
    expect(await s.sweep()).toMatchObject({ outcome: "halted", reason: "mapping-changed" });
    expect(await s.changes()).toMatchObject({ outcome: "halted", reason: "mapping-changed" });
    expect(s.b.writes().filter((call) => call.method !== "POST")).toEqual([]);

    await s.test.runtime.ledger.setAcceptedMeaning(s.test.pair.mapping.pair, s.test.pair.parts.meaning, "test");
    expect(await s.sweep()).toMatchObject({ outcome: "ok", entities: { thing: { effects: { b: { update: 1 } } } } });

    s = await s.says({
      fields: "city: {}",
      pair: "guards: { update: { floor: 3, fraction: 0% } }",
      entity: "conflict: a\nwhen_gone: { a: delete }\nat_link: b",
      allow: "{ a: [], b: [update] }",
    });
    expect(await s.sweep()).toMatchObject({ outcome: "ok" });
  });

  test.each([
    ["a scope", { a: `{ object: thing, scope: 'name != "x"' }` }],
    ["a match rule", { match: "match: [[name], [email]]" }],
    ["another field path", { name: "{ b: title }" }],
    ["a type", { name: "{ as: text }", fields: "city: {}" }],
  ] as const)("%s is meaning", async (_what, said) => {
    let s = await many({}, 2);
    s = await s.says(said);
    expect(await s.sweep()).toMatchObject({ outcome: "halted", reason: "mapping-changed" });
  });

  test("on_change: continue goes on by itself", async () => {
    let s = await many({ pair: "guards: off\non_change: continue" }, 1);
    s = await s.says({ pair: "guards: off\non_change: continue", fields: "city: {}" });
    s.a.edit("thing", "l1", { city: "Wien" });
    expect(await s.sweep()).toMatchObject({ outcome: "ok", entities: { thing: { effects: { b: { update: 1 } } } } });
    await s.expectQuiet();
  });
});

describe("a rule added to a live pair", () => {
  const pair = "guards: off\non_change: continue";

  test("fills what is empty, asks or decides by at_link where the sides differ, and overwrites nothing else", async () => {
    let s = await many({ pair }, 0);
    s.a.put("thing", { email: "fill@example.com", name: "Fill", city: "Wien" });
    s.a.put("thing", { email: "same@example.com", name: "Same", city: "Wien" });
    s.a.put("thing", { email: "differ@example.com", name: "Differ", city: "Wien" });
    await s.sweep();
    const right = (name: string): Record<string, unknown> =>
      [...s.b.table("thing").values()].find((row) => row["name"] === name) ?? {};
    s.b.edit("thing", String(right("Same")["id"]), { city: "Wien" });
    s.b.edit("thing", String(right("Differ")["id"]), { city: "Graz" });

    s = await s.says({ pair, fields: "city: {}" });
    expect(await s.swept()).toMatchObject({ effects: { a: { update: 0 }, b: { update: 1 } }, cases: 1 });

    expect(["Fill", "Same", "Differ"].map((name) => right(name)["city"])).toEqual(["Wien", "Wien", "Graz"]);
    expect(await s.cases()).toMatchObject([{ kind: "conflict", field: "city" }]);
    await s.expectQuiet();
  });

  test("a removed rule writes and reads no more, and returns without surprise", async () => {
    let s = await many({ pair, fields: "city: {}" }, 0);
    s.a.put("thing", { email: "ada@example.com", name: "Ada", city: "Wien" });
    await s.sweep();
    s = await s.says({ pair });
    s.a.edit("thing", "l1", { city: "Graz" });
    expect((await s.swept()).effects).toMatchObject({ b: { update: 0 } });
    await s.expectQuiet();

    s = await s.says({ pair, fields: "city: {}" });
    await s.sweep();
    expect(s.only("b")["city"]).toBe("Graz");
    await s.expectQuiet();
  });
});

describe("a lost state", () => {
  test("promise 15: links by match, asks where the sides differ, deletes and overwrites nothing", async () => {
    const said: Said = { entity: "when_gone: { a: delete, b: delete }", fields: "city: {}" };
    const s = await many(said, 3);
    s.a.edit("thing", "l1", { name: "Edited left" });
    s.b.table("thing").delete([...s.b.table("thing").keys()][1] ?? "");
    const before = [s.shown("a"), s.shown("b")];
    const fresh = await startTestDatabase();
    try {
      const name = s.test.pair.mapping.pair;
      const mapping = `
pair: ${name}
state: active
sides: { a: left-system, b: right-system }
guards: off
entities:
  thing:
    a: { object: thing }
    b: { object: thing }
    match: [[email]]
    allow: { a: [create, update, delete], b: [create, update, delete] }
    when_gone: { a: delete, b: delete }
    fields: { email: { as: email }, name: {}, city: {} }
`;
      const again = await openPair({ databaseUrl: fresh.url, mapping }, { left: s.a, right: s.b });
      const report = await again.run();
      const cases = await again.runtime.ledger.cases({ pair: name, limit: 10 });
      await again.runtime.close();

      expect(report).toMatchObject({
        outcome: "ok",
        entities: {
          thing: {
            situations: { matched: 2, "new-left": 1 },
            effects: { a: { create: 0, update: 0, delete: 0 }, b: { create: 1, update: 0, delete: 0 } },
          },
        },
      });
      expect(cases).toMatchObject([{ kind: "conflict", field: "name", values: { left: "Edited left", right: "P0" } }]);
      expect(s.shown("a")).toEqual(before[0]);
      for (const row of before[1] ?? []) expect(s.shown("b")).toContainEqual(row);
    } finally {
      await fresh.stop();
    }
  });
});

function documentOf(planned: RunResult): Fields {
  const document = planned.plan?.document;
  if (!isFields(document)) throw new Error("no plan");
  return document;
}

describe("plan and apply", () => {
  test("a plan writes nothing and is the same byte for byte while nothing changes", async () => {
    let s = await many({}, 3);
    s = await s.says({ entity: "when_gone: { b: delete }" });
    s.a.edit("thing", "l1", { name: "Edited" });
    s.a.put("thing", { email: "new@example.com", name: "New" });
    s.b.table("thing").delete([...s.b.table("thing").keys()][2] ?? "");
    const writes = s.writes();

    const one = await s.test.plan();
    const two = await s.test.plan();

    const text = (planned: typeof one): string => canonicalText({ ...documentOf(planned), created: null, id: null });
    expect(one.plan?.hash).toBe(two.plan?.hash);
    expect(text(one)).toBe(text(two));
    expect(s.writes()).toBe(writes);
    expect(await s.links()).toHaveLength(3);
    const actions = documentOf(one)["actions"] as readonly {
      readonly writes: readonly { readonly op: string; readonly side: string }[];
    }[];
    expect(actions.flatMap((action) => action.writes.map((write) => `${write.op} ${write.side}`)).toSorted()).toEqual([
      "create b",
      "delete a",
      "update b",
    ]);
  });

  test("an action whose record has moved is dropped and told; the others are carried out", async () => {
    let s = await many({}, 3);
    s = await s.says(limits("update: { floor: 0, fraction: 0% }"));
    s.a.edit("thing", "l1", { name: "One" });
    s.a.edit("thing", "l2", { name: "Two" });
    const planned = await s.test.plan();
    s.a.edit("thing", "l2", { name: "Two again" });

    const applied = await s.test.apply(planned);

    expect(applied).toMatchObject({ applied: 1 });
    expect(applied.dropped).toHaveLength(1);
    expect([...s.b.table("thing").values()].map((row) => String(row["name"])).toSorted()).toEqual(["One", "P1", "P2"]);
    expect(await s.sweep()).toMatchObject({ outcome: "withheld" });
  });

  test("an approval outlives a run that was cut short, and is used once", async () => {
    let s = await many({}, 3);
    s = await s.says(limits("update: { floor: 0, fraction: 0% }"));
    for (const id of ["l1", "l2", "l3"]) s.a.edit("thing", id, { name: `Edited ${id}` });
    const planned = await s.test.plan();
    s.b.faults.push({ method: "GET", path: /^\/thing$/, answer: 401, times: 99 });
    expect(await s.test.apply(planned)).toMatchObject({ outcome: "failed", reason: "auth", applied: 0 });
    s.b.faults.length = 0;

    expect(await s.sweep()).toMatchObject({ outcome: "ok", entities: { thing: { effects: { b: { update: 3 } } } } });

    for (const id of ["l1", "l2", "l3"]) s.a.edit("thing", id, { name: `Again ${id}` });
    expect(await s.sweep()).toMatchObject({ outcome: "withheld" });
    for (const id of ["l1", "l2", "l3"]) s.a.edit("thing", id, { name: "P" });
    expect(await s.sweep()).toMatchObject({ outcome: "withheld" });
  });

  test("an answer to a case that a guard withholds is not forgotten", async () => {
    let s = await many({}, 1);
    s.a.edit("thing", "l1", { name: "Left" });
    s.b.edit("thing", s.only("b").id, { name: "Right" });
    await s.sweep();
    s = await s.says(limits("update: { floor: 0, fraction: 0% }"));
    await s.resolve("conflict", { kind: "take", side: "left" });
    expect(await s.sweep()).toMatchObject({ outcome: "withheld" });
    await s.expectQuiet();

    s = await s.says({});
    await s.sweep();

    expect([s.only("b")["name"], await s.cases()]).toEqual(["Left", []]);
  });
});
