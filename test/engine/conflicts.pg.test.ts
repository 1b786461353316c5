// Both sides of a linked pair edited: converged, mergeable, conflict under each policy, groups, counters and sets, and what a
// person may answer.

import { describe, expect, test } from "@jest/globals";
import { scenarios, type Said, type Scenario } from "./scenario.ts";

const all = scenarios();
const start: typeof all.start = (said) => all.start(said);

interface Linked extends Scenario {
  editLeft(changes: Record<string, unknown>): void;
  editRight(changes: Record<string, unknown>): void;
  left(field: string): unknown;
  right(field: string): unknown;
}

/** One linked pair. `modified` of the two servers is the server's own clock: `later` makes one of them run ahead. */
async function linked(said: Said, row: Record<string, unknown> = {}): Promise<Linked> {
  const s = await start(said);
  s.a.put("thing", { email: "ada@example.com", name: "Ada", ...row });
  await s.sweep();
  return following(s);
}

function following(s: Scenario): Linked {
  return Object.assign(s, {
    editLeft: (changes: Record<string, unknown>) => s.a.edit("thing", s.only("a").id, changes),
    editRight: (changes: Record<string, unknown>) => s.b.edit("thing", s.only("b").id, changes),
    left: (field: string) => s.only("a")[field],
    right: (field: string) => s.only("b")[field],
  });
}

function runAhead(s: Scenario, side: "a" | "b"): void {
  for (let tick = 0; tick < 60; tick += 1) s[side].put("other", {});
}

describe("both sides changed", () => {
  test("to the same value: converged, new bases, no write", async () => {
    const s = await linked({});
    s.editLeft({ name: "Same" });
    s.editRight({ name: "Same" });
    const writes = s.writes();

    expect((await s.swept()).situations).toEqual({ converged: 1 });

    expect(s.writes()).toBe(writes);
    await s.expectQuiet();
    s.editLeft({ name: "Later" });
    await s.sweep();
    expect(s.right("name")).toBe("Later");
  });

  test("different fields: mergeable, written both ways", async () => {
    const s = await linked({ fields: "city: {}" }, { city: "Wien" });
    s.editLeft({ name: "Left" });
    s.editRight({ city: "Graz" });

    expect(await s.swept()).toMatchObject({
      situations: { mergeable: 1 },
      effects: { a: { update: 1 }, b: { update: 1 } },
    });

    expect([s.left("name"), s.right("name"), s.left("city"), s.right("city")]).toEqual([
      "Left",
      "Left",
      "Graz",
      "Graz",
    ]);
    await s.expectQuiet();
  });

  test.each([
    ["", "a", "Left", "Right"],
    ["conflict: review", "a", "Left", "Right"],
    ["conflict: a", "b", "Left", "Left"],
    ["conflict: b", "a", "Right", "Right"],
    ["conflict: newest", "a", "Left", "Left"],
    ["conflict: newest", "b", "Right", "Right"],
  ] as const)("the same field under `%s`, %s edited last", async (entity, last, left, right) => {
    const s = await linked({ entity });
    s.editLeft({ name: "Left" });
    s.editRight({ name: "Right" });
    runAhead(s, last);
    if (last === "a") s.editLeft({ name: "Left" });
    else s.editRight({ name: "Right" });

    const report = await s.swept();

    expect([s.left("name"), s.right("name")]).toEqual([left, right]);
    if (left !== right) expect(report).toMatchObject({ situations: { conflict: 1 }, cases: 1 });
    else {
      expect(report.cases).toBe(0);
      const [effect] = (await s.effects()).filter((each) => each.op === "update");
      expect(effect?.fields["name"]).toMatchObject({ before: left === "Left" ? "Right" : "Left", after: left });
    }
    await s.expectQuiet();
  });

  test("newest within the clock tolerance is a review; a smaller tolerance decides", async () => {
    const near = await linked({ entity: "conflict: newest" });
    near.editLeft({ name: "Left" });
    near.editRight({ name: "Right" });
    expect(await near.swept()).toMatchObject({ situations: { conflict: 1 }, cases: 1 });
    await near.test.close();

    const s = await linked({ entity: "conflict: newest", pair: "guards: off\nclock_tolerance: 1ms" });
    s.a.put("other", {});
    s.a.put("other", {});
    s.editRight({ name: "Right" });
    s.editLeft({ name: "Left" });
    await s.sweep();
    expect(s.right("name")).toBe("Left");
  });

  test("newest without a `modified` on one side is a review", async () => {
    const { plainConnector } = await import("./pair.ts");
    const rightConnector = plainConnector("right", ["thing"], { find: "email" }).replace(
      "    modified: updatedAt\n",
      "",
    );
    const s = await linked({ entity: "conflict: newest", rightConnector });
    runAhead(s, "a");
    s.editLeft({ name: "Left" });
    s.editRight({ name: "Right" });

    expect(await s.swept()).toMatchObject({ situations: { conflict: 1 }, cases: 1 });
  });

  test("a field's own policy comes before the entity's", async () => {
    const s = await linked(
      { entity: "conflict: a", fields: "city: { conflict: b }\nzip: { conflict: review }" },
      { city: "Wien", zip: "1" },
    );
    s.editLeft({ name: "L", city: "L", zip: "L" });
    s.editRight({ name: "R", city: "R", zip: "R" });

    await s.sweep();

    expect([s.right("name"), s.left("city"), s.left("zip"), s.right("zip")]).toEqual(["L", "R", "L", "R"]);
    expect(await s.cases()).toMatchObject([{ kind: "conflict", field: "zip", values: { left: "L", right: "R" } }]);
  });
});

describe("an open conflict", () => {
  async function conflicting(said: Said = {}): Promise<Linked> {
    const s = await linked({ ...said, fields: `city: {}\n${said.fields ?? ""}` }, { city: "Wien" });
    s.editLeft({ name: "Left" });
    s.editRight({ name: "Right" });
    await s.sweep();
    return s;
  }

  test("leaves its field alone while others flow, and keeps its id and since", async () => {
    const s = await conflicting();
    const [before] = await s.cases();
    s.editLeft({ city: "Graz", name: "Left again" });

    await s.sweep();
    await s.changes();

    expect([s.right("city"), s.left("name"), s.right("name")]).toEqual(["Graz", "Left again", "Right"]);
    const [after] = await s.cases();
    expect(after).toMatchObject({
      id: before?.id,
      since: before?.since,
      values: { left: "Left again", right: "Right" },
    });
    await s.expectQuiet();
  });

  test("closes by itself when people make the sides agree, and the base is what they agreed on", async () => {
    const s = await conflicting();
    s.editRight({ name: "Left" });

    expect(await s.swept()).toMatchObject({ cases: 0 });

    s.editRight({ name: "Right after" });
    await s.sweep();
    expect(s.left("name")).toBe("Right after");
    expect(await s.cases()).toEqual([]);
  });

  test.each([
    [{ kind: "take", side: "left" }, "Left", "Left"],
    [{ kind: "take", side: "right" }, "Right", "Right"],
    [{ kind: "value", value: "Third" }, "Third", "Third"],
    [{ kind: "dismiss" }, "Left", "Right"],
  ] as const)("resolved with %j, by a sweep and by changes", async (answer, left, right) => {
    for (const kind of ["sweep", "changes"] as const) {
      const s = await conflicting();
      await s.resolve("conflict", answer);

      await s.test.run(kind);

      expect([s.left("name"), s.right("name")]).toEqual([left, right]);
      expect(await s.cases()).toEqual([]);
      await s.expectQuiet();
      // Whatever was said, the next edit of one side flows.
      s.editLeft({ name: "Next" });
      await s.sweep();
      expect(s.right("name")).toBe("Next");
      await s.test.close();
    }
  });

  test("a person's value outside the domain is not written: the case stays", async () => {
    const s = await linked({ fields: "born: { as: date }" }, { born: "2026-01-30" });
    s.editLeft({ born: "2026-01-28" });
    s.editRight({ born: "2026-01-29" });
    await s.sweep();

    await s.resolve("conflict", { kind: "value", value: "2026-02-30" });
    await s.sweep();

    expect([s.only("a")["born"], s.only("b")["born"]]).toEqual(["2026-01-28", "2026-01-29"]);
    expect((await s.cases()).map((each) => each.kind)).toEqual(["conflict"]);
    await s.resolve("conflict", { kind: "value", value: "2026-01-31" });
    await s.sweep();
    expect([s.only("a")["born"], s.only("b")["born"]]).toEqual(["2026-01-31", "2026-01-31"]);
  });

  test("a null taken clears the other side", async () => {
    const s = await linked({}, {});
    s.editLeft({ name: null });
    s.editRight({ name: "Right" });
    await s.sweep();
    expect(await s.cases()).toMatchObject([{ kind: "conflict", values: { left: null, right: "Right" } }]);

    await s.resolve("conflict", { kind: "take", side: "left" });
    await s.sweep();

    expect(s.right("name")).toBe(null);
    await s.expectQuiet();
  });

  test("at link: the records are linked, the differing field waits, the others flow, and a person decides", async () => {
    const s = await start({ fields: "city: {}" });
    s.a.put("thing", { email: "ada@example.com", name: "Left" });
    s.b.put("thing", { email: "ada@example.com", name: "Right", city: "Wien" });
    await s.sweep();
    const l = following(s);
    expect([l.left("name"), l.right("name"), l.left("city")]).toEqual(["Left", "Right", "Wien"]);

    await s.resolve("conflict", { kind: "take", side: "right" });
    await s.changes();

    expect([l.left("name"), await s.cases()]).toEqual(["Right", []]);
    await s.expectQuiet();
  });

  test("at link, with no base yet: the case stays through edits of one side, and closes when they agree", async () => {
    const s = await start();
    s.a.put("thing", { email: "ada@example.com", name: "Left" });
    s.b.put("thing", { email: "ada@example.com", name: "Right" });
    await s.sweep();
    const l = following(s);
    l.editLeft({ name: "Left 2" });
    await s.sweep();
    expect([l.right("name"), (await s.cases()).length]).toEqual(["Right", 1]);
    l.editRight({ name: "Left 2" });
    await s.sweep();
    expect(await s.cases()).toEqual([]);
    await s.expectQuiet();
  });

  test("a record that cannot be read for a moment closes no case", async () => {
    const s = await conflicting();
    const [before] = await s.cases();
    s.editLeft({ name: "Left again" });
    s.a.faults.push({ method: "GET", path: /\/thing\/l1$/, answer: 500, times: 99 });
    await s.changes();
    s.a.faults.length = 0;
    await s.sweep();

    expect((await s.cases()).map((each) => each.id)).toEqual([before?.id]);
  });
});

describe("a group", () => {
  const group = { fields: "street: { group: address }\nzip: { group: address }\ncity: { group: address }" };
  const home = { street: "Old 1", zip: "1010", city: "Wien" };

  test("conflicts as one: edits of different members are one case named after the group", async () => {
    const s = await linked(group, home);
    s.editLeft({ street: "New 2", name: "Countess" });
    s.editRight({ zip: "8010" });

    expect(await s.swept()).toMatchObject({ situations: { conflict: 1 }, cases: 1 });

    expect(await s.cases()).toMatchObject([{ kind: "conflict", field: "address" }]);
    expect([s.right("street"), s.left("zip"), s.right("name")]).toEqual(["Old 1", "1010", "Countess"]);
    await s.expectQuiet();
    await s.resolve("conflict", { kind: "take", side: "left" });
    await s.sweep();
    expect(s.only("b")).toMatchObject({ street: "New 2", zip: "1010", city: "Wien" });
    expect(await s.cases()).toEqual([]);
    await s.expectQuiet();
  });

  test("at link the winner's empty member overwrites nothing", async () => {
    const s = await start({ ...group, entity: "at_link: a" });
    s.a.put("thing", { email: "ada@example.com", name: "Ada", street: "Left 1", zip: null });
    s.b.put("thing", { email: "ada@example.com", name: "Ada", street: "Right 1", zip: "8010" });

    await s.sweep();

    expect(s.only("b")).toMatchObject({ street: "Left 1", zip: "8010" });
    await s.expectQuiet();
  });

  test("a person gives the values of its members", async () => {
    const s = await linked(group, home);
    s.editLeft({ street: "New 2" });
    s.editRight({ zip: "8010" });
    await s.sweep();

    await s.resolve("conflict", { kind: "value", value: { street: "New 2", zip: "8010", city: "Graz" } });
    await s.sweep();
    await s.sweep();

    for (const row of [s.only("a"), s.only("b")])
      expect(row).toMatchObject({ street: "New 2", zip: "8010", city: "Graz" });
    expect(await s.cases()).toEqual([]);
    await s.expectQuiet();
  });

  test("an edit of one side flows, member by member", async () => {
    const s = await linked(group, home);
    s.editRight({ street: "New 2", zip: "8010" });

    expect(await s.swept()).toMatchObject({ situations: { "changed-right": 1 } });

    expect(s.only("a")).toMatchObject({ street: "New 2", zip: "8010", city: "Wien" });
    await s.expectQuiet();
  });

  test("a declared winner wins the whole group", async () => {
    const s = await linked({ ...group, entity: "conflict: b" }, home);
    s.editLeft({ street: "Left 2" });
    s.editRight({ zip: "8010" });

    await s.sweep();

    for (const row of [s.only("a"), s.only("b")])
      expect(row).toMatchObject({ street: "Old 1", zip: "8010", city: "Wien" });
    await s.expectQuiet();
  });
});

describe("merge", () => {
  test("counter: the deltas of both sides are added on either", async () => {
    const s = await linked({ fields: "stock: { as: integer, merge: counter }" }, { stock: 10 });
    s.editLeft({ stock: 8 });
    s.editRight({ stock: 13 });

    await s.sweep();
    await s.sweep();

    expect([s.left("stock"), s.right("stock")]).toEqual([11, 11]);
    expect(await s.cases()).toEqual([]);
    await s.expectQuiet();
  });

  test("counter: the same edit on both sides counts twice", async () => {
    const s = await linked({ fields: "stock: { as: integer, merge: counter }" }, { stock: 10 });
    s.editLeft({ stock: 8 });
    s.editRight({ stock: 8 });

    await s.sweep();
    await s.sweep();

    expect([s.left("stock"), s.right("stock")]).toEqual([6, 6]);
    await s.expectQuiet();
  });

  test("counter: one side's edit is carried as it is", async () => {
    const s = await linked({ fields: "stock: { as: integer, merge: counter }" }, { stock: 10 });
    s.editRight({ stock: 3 });

    await s.sweep();

    expect([s.left("stock"), s.right("stock")]).toEqual([3, 3]);
    await s.expectQuiet();
  });

  test("counter: when the second write fails, nothing is added twice", async () => {
    const s = await linked({ fields: "stock: { as: integer, merge: counter }" }, { stock: 10 });
    s.editLeft({ stock: 8 });
    s.editRight({ stock: 13 });
    s.a.faults.push({ method: "PATCH", path: /thing/, answer: "reset-before", times: 9 });
    await s.sweep();
    s.a.faults.length = 0;

    await s.sweep();
    await s.sweep();

    expect([s.left("stock"), s.right("stock")]).toEqual([11, 11]);
    await s.expectQuiet();
  });

  test("counter: an edit between the two writes is counted too", async () => {
    const s = await linked({ fields: "stock: { as: integer, merge: counter }" }, { stock: 10 });
    s.editLeft({ stock: 8 });
    s.editRight({ stock: 13 });
    s.a.faults.push({ method: "PATCH", path: /thing/, answer: "reset-before", times: 9 });
    await s.sweep();
    s.a.faults.length = 0;
    s.editLeft({ stock: 7 });

    await s.sweep();
    await s.sweep();

    expect([s.left("stock"), s.right("stock")]).toEqual([10, 10]);
    await s.expectQuiet();
  });

  test("set: what either side removed goes, what either added comes", async () => {
    const s = await linked({ fields: "tags: { as: set, merge: set }" }, { tags: ["a", "b", "c"] });
    s.editLeft({ tags: ["a", "c", "d"] });
    s.editRight({ tags: ["b", "c", "a", "e"] });

    await s.sweep();
    await s.sweep();

    for (const tags of [s.left("tags"), s.right("tags")])
      expect((tags as string[]).toSorted()).toEqual(["a", "c", "d", "e"]);
    await s.expectQuiet();
  });
});
