// One record of a pair is gone, has left the scope, was merged into another, or cannot be read: each policy through whole runs.

import { describe, expect, test } from "@jest/globals";
import type { Instant } from "../../src/core/ids.ts";
import { scenarios, type Said, type Scenario } from "./scenario.ts";

const all = scenarios();
const start: typeof all.start = (said) => all.start(said);

/** Two linked records, of which `ada` is the one of interest, so that no side is ever empty. */
async function linked(
  said: Said = {},
): Promise<Scenario & { readonly ada: { readonly a: string; readonly b: string } }> {
  const s = await start(said);
  s.a.put("thing", { email: "bob@example.com", name: "Bob", stage: "in" });
  const left = s.a.put("thing", { email: "ada@example.com", name: "Ada", stage: "in" });
  await s.sweep();
  const right = [...s.b.table("thing").values()].find((row) => row["name"] === "Ada");
  return Object.assign(s, { ada: { a: left.id, b: right?.id ?? "" } });
}

const names = (s: Scenario, side: "a" | "b"): readonly unknown[] =>
  [...s[side].table("thing").values()].map((row) => String(row["name"])).toSorted();

describe("when_gone", () => {
  test.each([
    ["a", "unlink", ["Bob"], ["Ada", "Bob"]],
    ["b", "unlink", ["Ada", "Bob"], ["Bob"]],
    ["a", "delete", ["Bob"], ["Bob"]],
    ["b", "delete", ["Bob"], ["Bob"]],
    ["a", "restore", ["Ada", "Bob"], ["Ada", "Bob"]],
    ["b", "restore", ["Ada", "Bob"], ["Ada", "Bob"]],
    ["a", "review", ["Bob"], ["Ada", "Bob"]],
    ["b", "review", ["Ada", "Bob"], ["Bob"]],
  ] as const)("gone in %s, %s", async (side, policy, left, right) => {
    const s = await linked({ entity: policy === "unlink" ? "" : `when_gone: { ${side}: ${policy} }` });
    s[side].table("thing").delete(s.ada[side]);

    const report = await s.swept();

    expect(report.situations).toEqual({ "in-sync": 1, [side === "a" ? "gone-left" : "gone-right"]: 1 });
    expect([names(s, "a"), names(s, "b")]).toEqual([left, right]);
    const states = (await s.links()).map(([, , state]) => state).toSorted();
    expect(states).toEqual(policy === "unlink" || policy === "delete" ? ["live", "tombstone"] : ["live", "live"]);
    expect((await s.cases()).map(({ kind, left: l, right: r, field }) => [kind, l, r, field])).toEqual(
      policy === "review" ? [["gone", s.ada.a, s.ada.b, null]] : [],
    );
    await s.expectQuiet();
  });

  test("a survivor under a tombstone is neither created again nor matched, also when it is edited", async () => {
    const s = await linked();
    s.a.table("thing").delete(s.ada.a);
    await s.sweep();
    s.b.edit("thing", s.ada.b, { name: "Ada L" });
    s.a.put("thing", { email: "ada@example.com", name: "Ada newcomer" });

    await s.sweep();
    await s.changes();

    expect(names(s, "a")).toEqual(["Ada newcomer", "Bob"]);
    expect((await s.links()).filter(([, right, state]) => right === s.ada.b && state !== "tombstone")).toEqual([]);
    expect(s.b.table("thing").get(s.ada.b)?.["name"]).toBe("Ada L");
  });

  test("a delete that is not allowed is blocked, and happens once it is allowed", async () => {
    const entity = "when_gone: { a: delete }";
    let s: Scenario = await linked({ entity, allow: "{ a: [create, update], b: [create, update] }" });
    const [gone] = [...s.a.table("thing").values()].filter((row) => row["name"] === "Ada");
    s.a.table("thing").delete(gone?.id ?? "");

    expect(await s.swept()).toMatchObject({ blocked: 1, effects: { b: { delete: 0 } } });
    await s.expectQuiet();
    expect((await s.links()).every(([, , state]) => state === "live")).toBe(true);

    s = await s.says({ entity });
    expect(await s.swept()).toMatchObject({ blocked: 0, effects: { b: { delete: 1 } } });
    await s.expectQuiet();
  });

  test("review: taking the gone side carries the deletion across, the other brings it back, dismissing unlinks", async () => {
    for (const [answer, left, right] of [
      [{ kind: "take", side: "left" }, ["Bob"], ["Bob"]],
      [{ kind: "take", side: "right" }, ["Ada", "Bob"], ["Ada", "Bob"]],
      [{ kind: "dismiss" }, ["Bob"], ["Ada", "Bob"]],
    ] as const) {
      const s = await linked({ entity: "when_gone: { a: review }" });
      s.a.table("thing").delete(s.ada.a);
      await s.sweep();
      await s.sweep();
      expect(await s.cases()).toHaveLength(1);

      await s.resolve("gone", answer);
      await s.changes();

      expect([names(s, "a"), names(s, "b")]).toEqual([left, right]);
      expect(await s.cases()).toEqual([]);
      await s.expectQuiet();
      await s.test.close();
    }
  });

  test("review: the case closes by itself when the record is there again, and when both are gone", async () => {
    const s = await linked({ entity: "when_gone: { a: review, b: review }" });
    const row = s.a.table("thing").get(s.ada.a);
    s.a.table("thing").delete(s.ada.a);
    await s.sweep();
    if (row !== undefined) s.a.table("thing").set(s.ada.a, row);
    await s.sweep();
    expect(await s.cases()).toEqual([]);
    s.a.table("thing").delete(s.ada.a);
    await s.sweep();
    expect(await s.cases()).toHaveLength(1);
    s.b.table("thing").delete(s.ada.b);

    expect(await s.swept()).toMatchObject({ situations: { "both-gone": 1 }, cases: 0 });

    expect((await s.links()).map(([, , state]) => state).toSorted()).toEqual(["live", "tombstone"]);
    await s.expectQuiet();
  });

  test("unknown: a record missing from the listing whose look-up fails is left alone", async () => {
    const s = await linked({ entity: "when_gone: { a: delete }" });
    s.a.table("thing").delete(s.ada.a);
    s.a.faults.push({ method: "GET", path: new RegExp(`/thing/${s.ada.a}$`), answer: 500, times: 99 });

    const report = await s.swept();

    expect(report.situations).toEqual({ "in-sync": 1, unknown: 1 });
    expect(names(s, "b")).toEqual(["Ada", "Bob"]);
    expect((await s.links()).every(([, , state]) => state === "live")).toBe(true);
    s.a.faults.length = 0;
    expect(await s.swept()).toMatchObject({ situations: { "gone-left": 1 }, effects: { b: { delete: 1 } } });
  });
});

describe("gone while the other was edited", () => {
  test.each([
    ["review", ["Bob"], ["Ada edited", "Bob"]],
    ["restore", ["Ada edited", "Bob"], ["Ada edited", "Bob"]],
    ["delete", ["Bob"], ["Bob"]],
  ] as const)("gone_edited: %s", async (policy, left, right) => {
    const s = await linked({ entity: `when_gone: { a: delete, b: delete }\ngone_edited: ${policy}` });
    s.a.table("thing").delete(s.ada.a);
    s.b.edit("thing", s.ada.b, { name: "Ada edited" });

    expect((await s.swept()).situations).toEqual({ "in-sync": 1, "gone-edited": 1 });

    expect([names(s, "a"), names(s, "b")]).toEqual([left, right]);
    expect((await s.cases()).map(({ kind, left: l, right: r }) => [kind, l, r])).toEqual(
      policy === "review" ? [["gone-edited", s.ada.a, s.ada.b]] : [],
    );
    await s.expectQuiet();
  });

  test("the case is resolved either way", async () => {
    for (const [answer, left, right] of [
      [{ kind: "take", side: "left" }, ["Bob"], ["Bob"]],
      [{ kind: "take", side: "right" }, ["Ada edited", "Bob"], ["Ada edited", "Bob"]],
      [{ kind: "dismiss" }, ["Bob"], ["Ada edited", "Bob"]],
    ] as const) {
      const s = await linked();
      s.a.table("thing").delete(s.ada.a);
      s.b.edit("thing", s.ada.b, { name: "Ada edited" });
      await s.sweep();

      await s.resolve("gone-edited", answer);
      await s.sweep();

      expect([names(s, "a"), names(s, "b")]).toEqual([left, right]);
      expect(await s.cases()).toEqual([]);
      await s.expectQuiet();
      await s.test.close();
    }
  });
});

describe("scope", () => {
  const scoped = { a: `{ object: thing, scope: 'stage = "in"' }`, fields: "stage: { a: stage, b: stage }" };

  test("a record outside the scope is not created, and is when it comes in", async () => {
    const s = await start(scoped);
    const left = s.a.put("thing", { email: "ada@example.com", name: "Ada", stage: "out" });

    expect(await s.swept()).toMatchObject({ situations: {} });
    expect(s.b.table("thing").size).toBe(0);
    await s.expectQuiet();

    s.a.edit("thing", left.id, { stage: "in" });
    await s.sweep();
    expect(s.only("b")["name"]).toBe("Ada");
  });

  test("freeze: nothing flows either way, and re-entry resumes with the old base", async () => {
    const s = await linked(scoped);
    s.a.edit("thing", s.ada.a, { stage: "out" });

    expect((await s.swept()).situations).toEqual({ "in-sync": 1, "left-scope": 1 });
    expect((await s.links()).map(([, , state]) => state).toSorted()).toEqual(["frozen", "live"]);
    await s.expectQuiet();
    s.b.edit("thing", s.ada.b, { name: "Right" });
    expect((await s.swept()).situations).toEqual({ "in-sync": 1, "left-scope": 1 });
    await s.changes();
    expect(s.a.table("thing").get(s.ada.a)?.["name"]).toBe("Ada");
    await s.expectQuiet();

    s.a.edit("thing", s.ada.a, { stage: "in" });
    expect((await s.swept()).situations).toEqual({ "in-sync": 1, "changed-right": 1 });
    expect(s.a.table("thing").get(s.ada.a)?.["name"]).toBe("Right");
    expect((await s.links()).map(([, , state]) => state)).toEqual(["live", "live"]);
    await s.expectQuiet();
  });

  test("freeze, edited on both sides meanwhile: a conflict on re-entry", async () => {
    const s = await linked(scoped);
    s.a.edit("thing", s.ada.a, { stage: "out" });
    await s.sweep();
    s.b.edit("thing", s.ada.b, { name: "Right" });
    s.a.edit("thing", s.ada.a, { name: "Left" });
    await s.sweep();
    expect(await s.cases()).toEqual([]);
    s.a.edit("thing", s.ada.a, { stage: "in" });

    expect((await s.swept()).situations).toEqual({ "in-sync": 1, conflict: 1 });
  });

  test("freeze by a run of changes, and back", async () => {
    const s = await linked(scoped);
    s.a.edit("thing", s.ada.a, { stage: "out", name: "Out" });
    await s.changes();
    expect(s.b.table("thing").get(s.ada.b)?.["name"]).toBe("Ada");
    s.b.edit("thing", s.ada.b, { name: "Right" });
    await s.changes();
    expect(s.a.table("thing").get(s.ada.a)?.["name"]).toBe("Out");
    s.a.edit("thing", s.ada.a, { stage: "in", name: "Ada" });
    await s.changes();
    expect(s.a.table("thing").get(s.ada.a)?.["name"]).toBe("Right");
  });

  test("unlink: the survivor stays, nothing is created or matched again, also on re-entry", async () => {
    const s = await linked({ ...scoped, entity: "on_scope_exit: unlink" });
    s.a.edit("thing", s.ada.a, { stage: "out" });
    await s.sweep();
    expect((await s.links()).map(([, , state]) => state).toSorted()).toEqual(["live", "tombstone"]);
    s.a.edit("thing", s.ada.a, { stage: "in" });
    await s.sweep();

    expect([names(s, "a"), names(s, "b")]).toEqual([
      ["Ada", "Bob"],
      ["Ada", "Bob"],
    ]);
    await s.expectQuiet();
  });

  test("delete: the counterpart is deleted, the record itself is not", async () => {
    const s = await linked({ ...scoped, entity: "on_scope_exit: delete" });
    s.a.edit("thing", s.ada.a, { stage: "out" });

    expect(await s.swept()).toMatchObject({
      situations: { "left-scope": 1 },
      effects: { a: { delete: 0 }, b: { delete: 1 } },
    });

    expect([names(s, "a"), names(s, "b")]).toEqual([["Ada", "Bob"], ["Bob"]]);
    await s.expectQuiet();
  });

  test("a frozen link whose other record is gone deletes nothing", async () => {
    const s = await linked({ ...scoped, entity: "when_gone: { b: delete }" });
    s.a.edit("thing", s.ada.a, { stage: "out" });
    await s.sweep();
    s.b.table("thing").delete(s.ada.b);

    await s.sweep();

    expect(names(s, "a")).toEqual(["Ada", "Bob"]);
    await s.expectQuiet();
  });
});

describe("a tombstone", () => {
  const forget = async (s: Scenario, before: number): Promise<void> =>
    s.test.runtime.ledger.forget({
      deliveries: 0 as Instant,
      tombstones: [{ pair: s.test.pair.mapping.pair, before: before as Instant }],
    });

  test("holds for its retention, and is then forgotten: the survivor counts as new", async () => {
    const s = await linked();
    s.a.table("thing").delete(s.ada.a);
    await s.sweep();
    await forget(s, Date.now() - 60_000);
    await s.sweep();
    expect(names(s, "a")).toEqual(["Bob"]);

    await forget(s, Date.now() + 60_000);
    await s.sweep();

    expect(names(s, "a")).toEqual(["Ada", "Bob"]);
    expect((await s.links()).map(([, , state]) => state)).toEqual(["live", "live"]);
    await s.expectQuiet();
  });
});

describe("redirected", () => {
  test("gone while exactly one unlinked record of its side matches: the link moves, nothing is created or deleted", async () => {
    const s = await linked({ entity: "when_gone: { a: delete }" });
    s.a.table("thing").delete(s.ada.a);
    const merged = s.a.put("thing", { email: "ada@example.com", name: "Ada", stage: "in" });

    const report = await s.swept();

    expect(report.situations).toEqual({ "in-sync": 1, redirected: 1 });
    expect(report.effects).toEqual({ a: { create: 0, update: 0, delete: 0 }, b: { create: 0, update: 0, delete: 0 } });
    expect(await s.links()).toContainEqual([merged.id, s.ada.b, "live"]);
    expect(await s.links()).toHaveLength(2);
    expect(await s.cases()).toEqual([]);
    await s.expectQuiet();
    s.a.edit("thing", merged.id, { name: "Countess" });
    await s.sweep();
    expect(s.b.table("thing").get(s.ada.b)?.["name"]).toBe("Countess");
  });

  test("what the new record shows differently is an edit of its side", async () => {
    const s = await linked();
    s.b.table("thing").delete(s.ada.b);
    const merged = s.b.put("thing", { email: "ada@example.com", name: "Ada Merged", stage: "in" });

    await s.sweep();

    expect(await s.links()).toContainEqual([s.ada.a, merged.id, "live"]);
    expect(s.a.table("thing").get(s.ada.a)?.["name"]).toBe("Ada Merged");
    expect([s.a.table("thing").size, s.b.table("thing").size]).toEqual([2, 2]);
    await s.expectQuiet();
  });

  test("merged into another record, which the system answers with: the link moves, whatever its fields", async () => {
    const s = await linked({ entity: "when_gone: { a: delete }" });
    s.a.table("thing").delete(s.ada.a);
    const merged = s.a.put("thing", { email: "countess@example.com", name: "Countess", stage: "in" });
    s.a.merged.set(s.ada.a, merged.id);

    expect((await s.swept()).situations).toEqual({ "in-sync": 1, redirected: 1 });

    expect(await s.links()).toContainEqual([merged.id, s.ada.b, "live"]);
    expect(s.b.table("thing").get(s.ada.b)).toMatchObject({ email: "countess@example.com", name: "Countess" });
    expect([s.a.table("thing").size, s.b.table("thing").size]).toEqual([2, 2]);
    await s.expectQuiet();
  });

  test("merged into a record that is linked: a case, nothing is deleted, and a person decides", async () => {
    for (const [answer, right] of [
      [{ kind: "take", side: "left" }, ["Bob"]],
      [{ kind: "dismiss" }, ["Ada", "Bob"]],
    ] as const) {
      const s = await linked({ entity: "when_gone: { a: delete }" });
      s.a.table("thing").delete(s.ada.a);
      s.a.merged.set(s.ada.a, "l1");

      expect((await s.swept()).situations).toEqual({ "in-sync": 1, redirected: 1 });

      expect(await s.cases()).toMatchObject([{ kind: "matched-taken", left: s.ada.a, right: s.ada.b }]);
      expect(names(s, "b")).toEqual(["Ada", "Bob"]);
      await s.expectQuiet();
      await s.resolve("matched-taken", answer);
      await s.sweep();
      expect([names(s, "b"), await s.cases()]).toEqual([right, []]);
      await s.expectQuiet();
      await s.test.close();
    }
  });

  test("two records merged into one that is new: one link moves, for the other a person is asked", async () => {
    const s = await linked({ entity: "when_gone: { a: delete }" });
    s.a.table("thing").clear();
    const merged = s.a.put("thing", { email: "both@example.com", name: "Both", stage: "in" });
    for (const id of ["l1", "l2"]) s.a.merged.set(id, merged.id);

    await s.sweep();

    expect(s.b.table("thing").size).toBe(2);
    expect((await s.cases()).map((each) => each.kind)).toEqual(["matched-taken"]);
    await s.expectQuiet();
  });

  test("with two records that match, a person is asked and nothing is deleted or created", async () => {
    const s = await linked({ entity: "when_gone: { a: delete }" });
    s.a.table("thing").delete(s.ada.a);
    s.a.put("thing", { email: "ada@example.com", name: "Ada 1" });
    s.a.put("thing", { email: "ada@example.com", name: "Ada 2" });

    await s.sweep();

    expect(names(s, "a")).toEqual(["Ada 1", "Ada 2", "Bob"]);
    expect((await s.cases()).length).toBeGreaterThan(0);
  });
});
