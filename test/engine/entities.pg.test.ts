// One-way entities and mirrors, several entities, several pairs on the same systems.

import { describe, expect, test } from "@jest/globals";
import { openPair } from "./pair.ts";
import { scenarios, type Said, type Scenario } from "./scenario.ts";

const every = scenarios();
const start: typeof every.start = (said) => every.start(said);

async function seeded(said: Said): Promise<Scenario> {
  const s = await start(said);
  s.a.put("thing", { email: "ada@example.com", name: "Ada" });
  s.a.put("thing", { email: "bob@example.com", name: "Bob" });
  s.b.put("thing", { email: "eve@example.com", name: "Eve" });
  await s.sweep();
  return s;
}

const names = (s: Scenario, side: "a" | "b"): readonly unknown[] =>
  [...s[side].table("thing").values()].map((row) => String(row["name"])).toSorted();
const idOf = (s: Scenario, side: "a" | "b", name: string): string =>
  [...s[side].table("thing").values()].find((row) => row["name"] === name)?.id ?? "";

describe("a one-way entity", () => {
  test("writes the receiving side alone, and leaves what only it has", async () => {
    const s = await seeded({ entity: "direction: a -> b" });
    expect([names(s, "a"), names(s, "b")]).toEqual([
      ["Ada", "Bob"],
      ["Ada", "Bob", "Eve"],
    ]);
    expect(s.a.writes()).toEqual([]);
    await s.expectQuiet();
    s.b.edit("thing", idOf(s, "b", "Ada"), { name: "Edited" });
    await s.sweep();
    expect([names(s, "a"), names(s, "b")]).toEqual([
      ["Ada", "Bob"],
      ["Bob", "Edited", "Eve"],
    ]);
    s.a.edit("thing", idOf(s, "a", "Ada"), { name: "Countess" });
    await s.sweep();
    expect(names(s, "b")).toEqual(["Bob", "Countess", "Eve"]);
    expect(s.a.writes()).toEqual([]);
    await s.expectQuiet();
  });

  test("a mirror reverts edits, restores what was deleted, and keeps foreign records unless told otherwise", async () => {
    const s = await seeded({ entity: "direction: a -> b\nstrength: strong" });
    s.b.edit("thing", idOf(s, "b", "Ada"), { name: "Edited" });
    s.b.table("thing").delete(idOf(s, "b", "Bob"));

    await s.sweep();

    expect([names(s, "a"), names(s, "b")]).toEqual([
      ["Ada", "Bob"],
      ["Ada", "Bob", "Eve"],
    ]);
    expect(s.a.writes()).toEqual([]);
    await s.expectQuiet();
  });

  test("a mirror restores a record that was edited at the giving side meanwhile", async () => {
    const s = await seeded({ entity: "direction: a -> b\nstrength: strong" });
    s.b.table("thing").delete(idOf(s, "b", "Bob"));
    s.a.edit("thing", idOf(s, "a", "Bob"), { name: "Robert" });

    await s.sweep();

    expect(names(s, "b")).toEqual(["Ada", "Eve", "Robert"]);
    await s.expectQuiet();
  });

  test("foreign: delete removes what only the receiving side has", async () => {
    const s = await seeded({ entity: "direction: a -> b\nstrength: strong\nforeign: delete" });

    expect(names(s, "b")).toEqual(["Ada", "Bob"]);
    expect(s.a.writes()).toEqual([]);
    await s.expectQuiet();
  });

  test("foreign: review opens one case, which a person dismisses for good", async () => {
    const s = await seeded({ entity: "direction: a -> b\nstrength: strong\nforeign: review" });
    expect(await s.cases()).toMatchObject([{ left: null, right: "r1", field: null }]);
    expect(names(s, "b")).toEqual(["Ada", "Bob", "Eve"]);
    await s.expectQuiet();

    const [found] = await s.cases();
    await s.resolve(found?.kind ?? "", { kind: "dismiss" });
    await s.sweep();
    await s.sweep();

    expect(await s.cases()).toEqual([]);
    expect(names(s, "b")).toEqual(["Ada", "Bob", "Eve"]);
    await s.expectQuiet();
  });

  test("foreign: review, taking the giving side, deletes it", async () => {
    const s = await seeded({ entity: "direction: a -> b\nstrength: strong\nforeign: review" });
    const [found] = await s.cases();

    await s.resolve(found?.kind ?? "", { kind: "take", side: "left" });
    await s.sweep();

    expect(names(s, "b")).toEqual(["Ada", "Bob"]);
    expect(await s.cases()).toEqual([]);
    await s.expectQuiet();
  });

  test("the other direction is its mirror image", async () => {
    const s = await seeded({ entity: "direction: b -> a\nstrength: strong\nforeign: delete" });

    expect([names(s, "a"), names(s, "b")]).toEqual([["Eve"], ["Eve"]]);
    await s.expectQuiet();
  });
});

describe("isolation", () => {
  test("two pairs on the same systems keep their own state, cases and links", async () => {
    const s = await start({ name: "{ direction: a -> b }" });
    const mapping = (name: string): string => `
pair: ${name}
state: active
sides: { a: left-system, b: right-system }
guards: off
entities:
  parent:
    a: { object: parent }
    b: { object: parent }
    match: [[email]]
    fields: { email: { as: email }, name: {} }
`;
    s.a.put("thing", { email: "ada@example.com", name: "Ada" });
    s.a.put("parent", { email: "p@example.com", name: "P" });
    const other = await openPair(
      { databaseUrl: every.database().url, mapping: mapping("other") },
      { left: s.a, right: s.b },
    );
    await s.sweep();
    await other.run();
    s.a.edit("parent", "l2", { name: "Left" });
    s.b.edit("parent", [...s.b.table("parent").keys()][0] ?? "", { name: "Right" });
    await other.run();
    await s.sweep();

    expect(await s.cases()).toEqual([]);
    expect(await other.runtime.ledger.cases({ pair: "other", limit: 9 })).toMatchObject([
      { kind: "conflict", entity: "parent" },
    ]);
    expect(await s.links()).toHaveLength(1);
    expect(
      await other.runtime.ledger.links({ pair: "other", entity: null, record: null, limit: 9, after: null }),
    ).toHaveLength(1);
    await other.runtime.close();
  });

  test("one record's failure does not hold the others, nor another entity", async () => {
    const s = await every.startWith(`
pair: PAIR
state: active
sides: { a: left-system, b: right-system }
guards: off
entities:
  thing:
    a: { object: thing }
    b: { object: thing }
    match: [[email]]
    fields: { email: { as: email }, name: {} }
  parent:
    a: { object: parent }
    b: { object: parent }
    match: [[email]]
    fields: { email: { as: email }, name: {} }
`);
    for (const name of ["A", "B", "C"]) s.a.put("thing", { email: `${name}@example.com`, name });
    s.a.put("parent", { email: "p@example.com", name: "P" });
    s.b.faults.push({ method: "POST", path: /^\/thing$/, answer: 422, times: 1 });

    expect(await s.sweep()).toMatchObject({
      outcome: "partial",
      entities: { thing: { quarantined: 1, effects: { b: { create: 2 } } }, parent: { effects: { b: { create: 1 } } } },
    });
    await s.test.runtime.ledger.retryQuarantined({ pair: s.test.pair.mapping.pair }, "test");
    expect(await s.sweep()).toMatchObject({ outcome: "ok", entities: { thing: { quarantined: 0 } } });
    expect(s.b.table("thing").size).toBe(3);
    await s.expectQuiet();
  });

  test("a trip is told with the entity whose actions are withheld", async () => {
    const s = await every.startWith(`
pair: PAIR
state: active
sides: { a: left-system, b: right-system }
guards: { create: { floor: 2, fraction: 0% } }
entities:
  thing:
    a: { object: thing }
    b: { object: thing }
    match: [[email]]
    fields: { email: { as: email }, name: {} }
  parent:
    a: { object: parent }
    b: { object: parent }
    match: [[email]]
    fields: { email: { as: email }, name: {} }
`);
    for (const name of ["A", "B", "C"]) s.a.put("thing", { email: `${name}@example.com`, name });

    const report = await s.sweep();

    expect(report.entities["thing"]?.withheld).toEqual([{ side: "b", op: "create", count: 3, limit: 2 }]);
    expect(report.entities["parent"]?.withheld).toEqual([]);
  });
});
