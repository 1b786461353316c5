// Who belongs to whom: every way in which records without a link can meet, through a whole run on a real Postgres. Written from
// spec/semantics.md section 2 and spec/formats.md section 3.

import { describe, expect, test } from "@jest/globals";
import { scenarios } from "./scenario.ts";

const all = scenarios();
const start: typeof all.start = (said) => all.start(said);

describe("a match", () => {
  test("equal records are linked without a write, and a match in other spelling is one", async () => {
    const s = await start();
    const left = s.a.put("thing", { email: "Ada@Example.com", name: "Ada" });
    const right = s.b.put("thing", { email: "ada@example.com", name: "Ada" });

    const report = await s.swept();

    expect(report).toMatchObject({ situations: { matched: 1 }, cases: 0 });
    expect(await s.links()).toEqual([[left.id, right.id, "live"]]);
    expect(s.writes()).toBe(0);
    await s.expectQuiet();
  });

  test("what only one side knows is filled on the other, absent or null alike", async () => {
    const s = await start({ fields: "city: {}\nphone: {}\nnote: {}" });
    s.a.put("thing", { email: "ada@example.com", name: "Ada", city: null, phone: "1" });
    s.b.put("thing", { email: "ada@example.com", name: "Ada", city: "Wien", note: "n" });

    expect(await s.swept()).toMatchObject({
      situations: { matched: 1 },
      cases: 0,
      effects: { a: { update: 1 }, b: { update: 1 } },
    });

    const all = [{ city: "Wien", email: "ada@example.com", name: "Ada", note: "n", phone: "1" }];
    expect(s.shown("a")).toEqual([expect.objectContaining(all[0] ?? {})]);
    expect(s.shown("b")).toEqual([expect.objectContaining(all[0] ?? {})]);
    await s.expectQuiet();
  });

  test.each([
    ["at_link: a", "Left", "Left"],
    ["at_link: b", "Right", "Right"],
    ["conflict: a", "Left", "Left"],
    ["conflict: b\nat_link: a", "Left", "Left"],
    ["at_link: newest", "Right", "Right"],
    ["at_link: review", "Left", "Right"],
    ["", "Left", "Right"],
    ["conflict: a\nat_link: review", "Left", "Right"],
  ])("different values at link under `%s`", async (entity, left, right) => {
    const s = await start({ entity });
    s.a.put("thing", { email: "ada@example.com", name: "Left" });
    for (let tick = 0; tick < 40; tick += 1) s.b.put("other", {});
    s.b.put("thing", { email: "ada@example.com", name: "Right" });

    const report = await s.swept();

    expect([s.only("a")["name"], s.only("b")["name"]]).toEqual([left, right]);
    expect(report.cases).toBe(left === right ? 0 : 1);
    expect(await s.links()).toHaveLength(1);
    await s.expectQuiet();
  });

  test("at_link newest within the clock tolerance is a case", async () => {
    const s = await start({ entity: "at_link: newest" });
    s.a.put("thing", { email: "ada@example.com", name: "Left" });
    s.b.put("thing", { email: "ada@example.com", name: "Right" });

    expect(await s.swept()).toMatchObject({ cases: 1 });

    expect(await s.cases()).toMatchObject([
      { kind: "conflict", field: "name", values: { left: "Left", right: "Right" } },
    ]);
    expect(s.writes()).toBe(0);
  });

  test("rules are tried in order: a stored foreign id comes before the e-mail", async () => {
    const s = await start({ match: "match:\n      - { a: billing_id, b: id }\n      - [email]" });
    const right = s.b.put("thing", { email: "new@example.com", name: "Ada" });
    const decoy = s.b.put("thing", { email: "ada@example.com", name: "Decoy" });
    const left = s.a.put("thing", { email: "ada@example.com", name: "Ada", billing_id: right.id });

    await s.sweep();

    const links = await s.links();
    expect(links).toContainEqual([left.id, right.id, "live"]);
    expect(links).not.toContainEqual([left.id, decoy.id, "live"]);
    // The decoy's e-mail belongs to a linked record now: a person must say.
    expect((await s.cases()).map((each) => each.kind).toSorted()).toEqual(["conflict", "matched-taken"]);
    expect(s.a.table("thing").size).toBe(1);
  });

  test("without `match` nothing is matched and every record is new", async () => {
    const s = await start({ match: "" });
    s.a.put("thing", { email: "ada@example.com", name: "Ada" });
    s.b.put("thing", { email: "ada@example.com", name: "Ada" });

    expect(await s.swept()).toMatchObject({ situations: { "new-left": 1, "new-right": 1 } });

    expect([s.a.table("thing").size, s.b.table("thing").size]).toEqual([2, 2]);
    await s.expectQuiet();
  });

  test("an edit of a match field after linking flows like any other", async () => {
    const s = await start();
    const left = s.a.put("thing", { email: "ada@example.com", name: "Ada" });
    await s.sweep();
    s.a.edit("thing", left.id, { email: "countess@example.com" });

    expect(await s.swept()).toMatchObject({ situations: { "changed-left": 1 } });

    expect(s.only("b")["email"]).toBe("countess@example.com");
    expect(await s.links()).toHaveLength(1);
    // The old key is free again: whoever has it is somebody else.
    s.a.put("thing", { email: "ada@example.com", name: "Another" });
    expect(await s.swept()).toMatchObject({ situations: { "new-left": 1, "in-sync": 1 } });
    expect(s.b.table("thing").size).toBe(2);
    await s.expectQuiet();
  });
});

describe("a record without its key", () => {
  test("is quarantined as no-key, not created, and released when the key comes", async () => {
    const s = await start();
    const left = s.a.put("thing", { name: "Nobody", email: null });

    expect(await s.sweep()).toMatchObject({
      outcome: "partial",
      entities: { thing: { situations: { "no-key": 1 }, quarantined: 1 } },
    });
    expect(await s.quarantine()).toEqual([{ side: "left", record: left.id, code: "no-key" }]);
    expect(s.b.table("thing").size).toBe(0);
    expect(await s.sweep()).toMatchObject({ outcome: "ok" });
    await s.expectQuiet();

    s.a.edit("thing", left.id, { email: "x@example.com" });
    expect(await s.swept()).toMatchObject({ quarantined: 0, situations: { "new-left": 1 } });
    expect(s.only("b")["email"]).toBe("x@example.com");
  });

  test("is created under `without_key: create`", async () => {
    const s = await start({ entity: "without_key: create" });
    s.a.put("thing", { name: "Nobody" });

    expect(await s.swept()).toMatchObject({ situations: { "new-left": 1 } });

    expect(s.only("b")["name"]).toBe("Nobody");
    await s.expectQuiet();
  });

  test("leaves the quarantine when it is deleted", async () => {
    const s = await start();
    const left = s.a.put("thing", { name: "Nobody" });
    s.a.put("thing", { name: "Ada", email: "ada@example.com" });
    await s.sweep();
    s.a.table("thing").delete(left.id);

    await s.sweep();

    expect(await s.quarantine()).toEqual([]);
  });
});

describe("matched-taken", () => {
  test("an unlinked record whose candidate is linked elsewhere becomes a case naming both", async () => {
    const s = await start();
    s.a.put("thing", { email: "ada@example.com", name: "Ada" });
    await s.sweep();
    const right = s.only("b");
    const twin = s.a.put("thing", { email: "ada@example.com", name: "Ada again" });

    expect(await s.swept()).toMatchObject({ situations: { "matched-taken": 1, "in-sync": 1 }, cases: 1 });

    expect(await s.cases()).toMatchObject([{ kind: "matched-taken", field: null, left: twin.id, right: right.id }]);
    expect(s.b.table("thing").size).toBe(1);
    await s.expectQuiet();
    s.a.table("thing").delete(twin.id);
    await s.sweep();
    expect(await s.cases()).toEqual([]);
  });

  test("dismissed, it stays dismissed while nothing about it changes", async () => {
    const s = await start();
    s.a.put("thing", { email: "ada@example.com", name: "Ada" });
    await s.sweep();
    s.a.put("thing", { email: "ada@example.com", name: "Ada again" });
    await s.sweep();

    await s.resolve("matched-taken", { kind: "dismiss" });
    await s.sweep();
    await s.sweep();

    expect(await s.cases()).toEqual([]);
    expect(s.b.table("thing").size).toBe(1);
    await s.expectQuiet();
  });
});

describe("ambiguous", () => {
  test("two unlinked records of one side and one of the other: one case listing them, none linked, the others go on", async () => {
    const s = await start();
    const one = s.a.put("thing", { email: "ada@example.com", name: "Ada" });
    const two = s.a.put("thing", { email: "ADA@example.com", name: "Ada 2" });
    const right = s.b.put("thing", { email: "ada@example.com", name: "Ada" });
    s.a.put("thing", { email: "bob@example.com", name: "Bob" });

    const report = await s.swept();

    expect(report).toMatchObject({
      situations: { ambiguous: 1, "new-left": 1 },
      cases: 1,
      effects: { a: { create: 0 }, b: { create: 1 } },
    });
    const [found] = await s.cases();
    expect(found).toMatchObject({ kind: "ambiguous", field: null });
    for (const id of [one.id, two.id, right.id]) expect(JSON.stringify(found)).toContain(`"${id}"`);
    expect(await s.links()).toHaveLength(1);
    await s.expectQuiet();
  });

  test("one record and two candidates: one case", async () => {
    const s = await start();
    const left = s.a.put("thing", { email: "ada@example.com", name: "Ada" });
    const one = s.b.put("thing", { email: "ada@example.com", name: "Ada" });
    const two = s.b.put("thing", { email: "ada@example.com", name: "Ada 2" });

    expect(await s.swept()).toMatchObject({ situations: { ambiguous: 1 }, cases: 1 });

    const [found] = await s.cases();
    expect(found).toMatchObject({ kind: "ambiguous", left: left.id, values: { a: [left.id], b: [one.id, two.id] } });
    expect(s.writes()).toBe(0);
    await s.expectQuiet();
  });

  test("two twins of one side with nobody on the other: one case, none is created", async () => {
    for (const side of ["a", "b"] as const) {
      const s = await start();
      const one = s[side].put("thing", { email: "ada@example.com", name: "Ada" });
      const two = s[side].put("thing", { email: "ada@example.com", name: "Ada 2" });

      expect(await s.swept()).toMatchObject({ situations: { ambiguous: 1 }, cases: 1 });

      expect(await s.cases()).toMatchObject([{ kind: "ambiguous", values: { [side]: [one.id, two.id] } }]);
      expect(s.writes()).toBe(0);
      // The case closes by itself when the twin disappears, and the other is created.
      s[side].table("thing").delete(two.id);
      expect(await s.swept()).toMatchObject({ cases: 0 });
      expect([s.a.table("thing").size, s.b.table("thing").size]).toEqual([1, 1]);
      await s.expectQuiet();
      await s.test.close();
    }
  });

  test("a person links with either side's id; the third record is then a taken match", async () => {
    for (const chosen of ["a", "b"] as const) {
      const s = await start();
      const one = s.a.put("thing", { email: "ada@example.com", name: "Ada" });
      const two = s.a.put("thing", { email: "ada@example.com", name: "Ada" });
      const right = s.b.put("thing", { email: "ada@example.com", name: "Ada" });
      await s.sweep();

      await s.resolve("ambiguous", { kind: "link", id: (chosen === "a" ? two.id : right.id) as never });
      await s.sweep();

      const links = await s.links();
      expect(links).toHaveLength(1);
      expect(links).toContainEqual([chosen === "a" ? two.id : one.id, right.id, "live"]);
      expect((await s.cases()).map((each) => each.kind)).toEqual(["matched-taken"]);
      await s.expectQuiet();
      await s.test.close();
    }
  });

  test("a person links one of two candidates, through a run of changes", async () => {
    const s = await start();
    const left = s.a.put("thing", { email: "ada@example.com", name: "Ada" });
    s.b.put("thing", { email: "ada@example.com", name: "Ada" });
    const two = s.b.put("thing", { email: "ada@example.com", name: "Ada" });
    await s.sweep();

    await s.resolve("ambiguous", { kind: "link", id: two.id as never });
    await s.changes();

    expect(await s.links()).toEqual([[left.id, two.id, "live"]]);
    expect(s.writes()).toBe(0);
  });

  test("dismissed, none is linked or created and it does not come back; another twin asks anew", async () => {
    const s = await start();
    s.a.put("thing", { email: "ada@example.com", name: "Ada" });
    s.a.put("thing", { email: "ada@example.com", name: "Ada 2" });
    await s.sweep();

    await s.resolve("ambiguous", { kind: "dismiss" });
    await s.sweep();
    await s.sweep();

    expect(await s.cases()).toEqual([]);
    expect(s.writes()).toBe(0);
    await s.expectQuiet();
    s.a.put("thing", { email: "ada@example.com", name: "Ada 3" });
    await s.sweep();
    expect(await s.cases()).toMatchObject([{ kind: "ambiguous" }]);
  });

  test("the case keeps its id and `since` while it is open", async () => {
    const s = await start();
    s.a.put("thing", { email: "ada@example.com", name: "Ada" });
    s.a.put("thing", { email: "ada@example.com", name: "Ada 2" });
    await s.sweep();
    const [before] = await s.cases();

    await s.sweep();
    await s.changes();

    expect(await s.cases()).toEqual([before]);
  });
});

describe("new records", () => {
  test("a create that is not allowed is counted as blocked and happens once it is allowed", async () => {
    const said = { allow: "{ a: [update], b: [update] }" };
    let s = await start(said);
    s.a.put("thing", { email: "ada@example.com", name: "Ada" });
    s.b.put("thing", { email: "bob@example.com", name: "Bob" });

    expect(await s.swept()).toMatchObject({ situations: { "new-left": 1, "new-right": 1 }, blocked: 2, cases: 0 });
    expect(s.writes()).toBe(0);
    await s.expectQuiet();

    s = await s.says({ allow: "{ a: [update], b: [create, update] }" });
    expect(await s.swept()).toMatchObject({ blocked: 1, effects: { b: { create: 1 }, a: { create: 0 } } });
    expect([s.a.table("thing").size, s.b.table("thing").size]).toEqual([1, 2]);
    await s.expectQuiet();
  });

  test("a new record found by changes is matched by look-up or created, never doubled", async () => {
    const s = await start();
    s.a.put("thing", { email: "ada@example.com", name: "Ada" });
    await s.sweep();
    s.a.put("thing", { email: "bob@example.com", name: "Bob" });
    s.b.put("thing", { email: "eve@example.com", name: "Eve" });
    s.a.put("thing", { email: "eve@example.com", name: "Eve" });

    expect(await s.changes()).toMatchObject({ outcome: "ok" });

    expect([s.a.table("thing").size, s.b.table("thing").size]).toEqual([3, 3]);
    expect(await s.links()).toHaveLength(3);
    await s.expectQuiet();
  });

  test("an update that is not allowed is blocked, keeps its base, and happens once it is allowed", async () => {
    let s = await start({ allow: "{ a: [create, update], b: [create] }" });
    const left = s.a.put("thing", { email: "ada@example.com", name: "Ada" });
    await s.sweep();
    s.a.edit("thing", left.id, { name: "Countess" });

    expect(await s.swept()).toMatchObject({
      blocked: 1,
      effects: { b: { update: 0 } },
      situations: { "changed-left": 1 },
    });
    expect(await s.swept()).toMatchObject({ blocked: 1 });
    await s.expectQuiet();

    s = await s.says({});
    expect(await s.swept()).toMatchObject({ blocked: 0, effects: { b: { update: 1 } } });
    expect(s.only("b")["name"]).toBe("Countess");
  });
});
