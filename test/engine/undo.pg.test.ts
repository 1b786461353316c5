// A run is taken back on the real engine: what it wrote goes back where it still stands, later edits stay, and the next runs
// leave alone what was put back until a person says what shall become of it.

import { describe, expect, test } from "@jest/globals";
import type { RunId } from "../../src/core/ids.ts";
import { isFields, isList, type Fields } from "../../src/core/value.ts";
import { SILENT } from "../../src/daemon/runtime.ts";
import type { ApplyReport } from "../../src/engine/apply.ts";
import type { RunResult } from "../../src/engine/cycle.ts";
import { plainConnector } from "./pair.ts";
import { scenarios, type Said, type Scenario } from "./scenario.ts";

const all = scenarios();

const undo = (s: Scenario, run: RunId): Promise<RunResult> =>
  s.test.pair.undo(run, { signal: new AbortController().signal, progress: SILENT });

/** Plans and applies the undoing of a run. */
async function takeBack(s: Scenario, run: RunId): Promise<ApplyReport> {
  const report = await s.test.apply(await undo(s, run));
  expect(report).toMatchObject({ outcome: "ok" });
  return report;
}

function partOf({ plan }: RunResult): Fields {
  const { document } = plan ?? {};
  const part = isFields(document ?? null) ? (document as Fields)["undo"] : undefined;
  if (part === undefined || !isFields(part)) throw new Error("no plan of a run taken back");
  return part;
}

function whysOf(result: RunResult): readonly unknown[] {
  const { kept } = partOf(result);
  return isList(kept ?? null) ? (kept as readonly Fields[]).map((row) => [row["side"], row["field"], row["why"]]) : [];
}

/** Ada on both sides, in step; then her name is changed in `a` and carried to `b` by the run that is returned. */
async function renamed(said: Said = {}): Promise<{ readonly s: Scenario; readonly run: RunId }> {
  const s = await all.start({ fields: "phone: {}", ...said });
  s.a.put("thing", { email: "ada@example.com", name: "Ada", phone: "1" });
  await s.sweep();
  s.a.edit("thing", s.only("a").id, { name: "Ada King", phone: "2" });
  const { run } = await s.sweep();
  expect(s.only("b")).toMatchObject({ name: "Ada King", phone: "2" });
  return { s, run };
}

describe("an update is taken back (promise 24)", () => {
  test("the written side shows what stood before, the other keeps its edit, and a case says that they differ", async () => {
    const { s, run } = await renamed();

    const planned = await undo(s, run);
    const report = await s.test.apply(planned);

    expect(report).toMatchObject({ outcome: "ok", applied: 1, dropped: [] });
    expect(planned.plan?.document).toMatchObject({
      kind: "undo",
      undo: { run, kept: [], kept_count: 0 },
      actions: [{ situation: "undone", writes: [{ op: "update", side: "b", reason: `run ${run} taken back` }] }],
    });
    expect(s.only("b")).toMatchObject({ name: "Ada", phone: "1" });
    expect(s.only("a")).toMatchObject({ name: "Ada King", phone: "2" });
    const cases = await s.cases();
    expect(cases.map(({ kind, field, values }) => ({ kind, field, values }))).toEqual(
      expect.arrayContaining([
        {
          kind: "conflict",
          field: "name",
          values: { left: "Ada King", right: "Ada", undone: run, wrote: { right: "Ada King" } },
        },
        { kind: "conflict", field: "phone", values: { left: "2", right: "1", undone: run, wrote: { right: "2" } } },
      ]),
    );
  });

  test("no later run carries it again: sweeps and changes write nothing, and the case stays", async () => {
    const { s, run } = await renamed();
    await takeBack(s, run);

    await s.expectQuiet();

    expect(s.only("b")).toMatchObject({ name: "Ada", phone: "1" });
    expect(new Set((await s.cases()).map((each) => each.field))).toEqual(new Set(["name", "phone"]));
  });

  test("a one-way rule does not fill the emptied side again", async () => {
    const s = await all.start({ fields: "phone: { direction: a -> b }" });
    s.a.put("thing", { email: "ada@example.com", name: "Ada" });
    await s.sweep();
    s.a.edit("thing", s.only("a").id, { phone: "2" });
    const { run } = await s.sweep();
    expect(s.only("b")["phone"]).toBe("2");

    await takeBack(s, run);
    await s.expectQuiet();

    expect(s.only("b")["phone"] ?? null).toBeNull();
    expect(await s.cases()).toMatchObject([{ kind: "conflict", field: "phone", values: { undone: run } }]);
  });

  test("a record edited since keeps its edit; its other field goes back", async () => {
    const { s, run } = await renamed();
    s.b.edit("thing", s.only("b").id, { name: "Augusta" });

    const planned = await undo(s, run);
    await s.test.apply(planned);

    expect(whysOf(planned)).toEqual([["b", "name", "edited since"]]);
    expect(s.only("b")).toMatchObject({ name: "Augusta", phone: "1" });
  });

  test("fields of one group go back together or not at all", async () => {
    const { s, run } = await renamed({ name: "{ group: who }", fields: "phone: { group: who }" });
    s.b.edit("thing", s.only("b").id, { name: "Augusta" });

    const planned = await undo(s, run);

    expect(planned.plan?.document).toMatchObject({ actions: [] });
    expect(whysOf(planned)).toEqual([
      ["b", "name", "edited since"],
      ["b", "phone", "another field of its group was edited since"],
    ]);
  });

  test("an edit made between the plan and its carrying out is not overwritten: the action is dropped", async () => {
    const { s, run } = await renamed();
    const planned = await undo(s, run);
    s.b.edit("thing", s.only("b").id, { name: "Augusta" });

    const report = await s.test.apply(planned);

    expect(report).toMatchObject({ applied: 0 });
    expect(report.dropped).toHaveLength(1);
    expect(s.only("b")).toMatchObject({ name: "Augusta", phone: "2" });
  });

  test("an answer that was lost on the way is found out, and the bases are those of what was put back (promise 14)", async () => {
    const { s, run } = await renamed();
    s.b.faults.push({ method: "PATCH", path: /thing/, answer: "reset-after", times: 1 });

    await takeBack(s, run);

    expect(s.only("b")).toMatchObject({ name: "Ada", phone: "1" });
    await s.expectQuiet();
    expect(await s.cases()).toHaveLength(2);
  });

  test("a write that its system refuses is dropped and told; the others go back", async () => {
    const { s, run } = await renamed();
    s.b.faults.push({ method: "PATCH", path: /thing/, answer: 422, times: 1 });

    const report = await s.test.apply(await undo(s, run));

    expect(report).toMatchObject({ outcome: "partial", applied: 0 });
    expect(report.dropped).toHaveLength(1);
    expect(await s.quarantine()).toHaveLength(1);
    expect(s.only("b")).toMatchObject({ name: "Ada King", phone: "2" });
  });

  test("a plan is applied once: a second time there is nothing left of it", async () => {
    const { s, run } = await renamed();
    const planned = await undo(s, run);
    await s.test.apply(planned);
    const writes = s.writes();

    expect(await s.test.apply(planned)).toMatchObject({ outcome: "ok", applied: 0 });
    expect(s.writes()).toBe(writes);
  });

  test("the answer to its case is acted on: a side that is taken is carried across", async () => {
    const { s, run } = await renamed();
    await takeBack(s, run);
    for (const each of await s.cases())
      await s.test.runtime.ledger.resolveCase(
        each.id,
        { kind: "take", side: each.field === "name" ? "left" : "right" },
        "test",
      );

    await s.sweep();

    expect(s.only("b")).toMatchObject({ name: "Ada King", phone: "1" });
    expect(s.only("a")).toMatchObject({ name: "Ada King", phone: "1" });
    expect(await s.cases()).toEqual([]);
    await s.expectQuiet();
  });

  test("a new edit flows as ever, and the case closes", async () => {
    const { s, run } = await renamed();
    await takeBack(s, run);
    s.a.edit("thing", s.only("a").id, { name: "Ada Lovelace" });

    await s.sweep();

    expect(s.only("b")).toMatchObject({ name: "Ada Lovelace", phone: "1" });
    expect((await s.cases()).map((each) => each.field)).toEqual(["phone"]);
  });

  test("an edit that nothing has carried yet is newer than the run, and flows over what was put back", async () => {
    const { s, run } = await renamed();
    s.a.edit("thing", s.only("a").id, { name: "Ada Byron" });

    await takeBack(s, run);
    expect(s.only("b")["name"]).toBe("Ada");
    await s.sweep();

    expect(s.only("b")["name"]).toBe("Ada Byron");
  });

  test("when people make the two sides agree the case closes by itself", async () => {
    const { s, run } = await renamed();
    await takeBack(s, run);
    s.a.edit("thing", s.only("a").id, { name: "Ada", phone: "1" });

    await s.sweep();

    expect(await s.cases()).toEqual([]);
    await s.expectQuiet();
  });

  test("taking back the taking back writes what the run wrote, and nothing waits any more", async () => {
    const { s, run } = await renamed();
    const back = await takeBack(s, run);

    await takeBack(s, back.run);

    expect(s.only("b")).toMatchObject({ name: "Ada King", phone: "2" });
    await s.sweep();
    expect(await s.cases()).toEqual([]);
    await s.expectQuiet();
  });

  test("both sides that a run wrote go back", async () => {
    const s = await all.start({ fields: "phone: {}" });
    s.a.put("thing", { email: "ada@example.com", name: "Ada", phone: "1" });
    await s.sweep();
    s.a.edit("thing", s.only("a").id, { name: "Ada King" });
    s.b.edit("thing", s.only("b").id, { phone: "2" });
    const { run } = await s.sweep();
    expect([s.only("a"), s.only("b")]).toMatchObject([
      { name: "Ada King", phone: "2" },
      { name: "Ada King", phone: "2" },
    ]);

    await takeBack(s, run);

    expect([s.only("a"), s.only("b")]).toMatchObject([
      { name: "Ada King", phone: "1" },
      { name: "Ada", phone: "2" },
    ]);
    await s.expectQuiet();
  });

  test("another question about the record stays open", async () => {
    const { s, run } = await renamed({ fields: "phone: {}\nnote: { conflict: review }" });
    s.a.edit("thing", s.only("a").id, { note: "x" });
    s.b.edit("thing", s.only("b").id, { note: "y" });
    await s.sweep();
    expect((await s.cases()).map((each) => each.field)).toEqual(["note"]);

    await takeBack(s, run);

    expect(new Set((await s.cases()).map((each) => each.field))).toEqual(new Set(["name", "note", "phone"]));
  });

  test("a pair that a person has paused may be put back; one with a changed mapping must be accepted first", async () => {
    const { s, run } = await renamed();
    const planned = await undo(s, run);
    await s.test.runtime.ledger.setPaused(s.test.pair.mapping.pair, "operator", "test");

    expect(await s.test.apply(planned)).toMatchObject({ outcome: "ok", applied: 1 });
    expect(s.only("b")["name"]).toBe("Ada");

    const edited = await s.says({ fields: "phone: {}\nnote: {}" });
    expect(await edited.test.apply(planned)).toMatchObject({ outcome: "halted", reason: "mapping-changed" });
  });
});

describe("a mapping was wrong", () => {
  const WRONG = { fields: "stage: { values: { lead: closed, won: open } }" };
  const RIGHT = { fields: "stage: { values: { lead: open, won: closed } }" };

  test("what it wrote is put back while the pair is paused; once it is mended the cases close by themselves, and nothing is written", async () => {
    let s = await all.start(RIGHT);
    for (const name of ["Ada", "Bob"]) s.a.put("thing", { email: `${name}@example.com`, name, stage: "lead" });
    await s.sweep();
    const shownBefore = s.shown("b");
    s = await s.says(WRONG);
    const { pair } = s.test.pair.mapping;
    await s.test.runtime.ledger.setAcceptedMeaning(pair, s.test.pair.parts.meaning, "test");
    for (const row of s.a.table("thing").values()) s.a.edit("thing", row.id, { stage: "won" });
    await s.sweep();
    for (const row of s.a.table("thing").values()) s.a.edit("thing", row.id, { stage: "lead" });
    const { run } = await s.sweep();
    expect(s.shown("b").map((row) => row["stage"])).toEqual(["closed", "closed"]);
    await s.test.runtime.ledger.setPaused(pair, "operator", "test");

    await takeBack(s, run);
    expect(s.shown("b")).toEqual(shownBefore);
    expect(await s.cases()).toHaveLength(2);
    s = await s.says(RIGHT);
    await s.test.runtime.ledger.setAcceptedMeaning(pair, s.test.pair.parts.meaning, "test");
    await s.test.runtime.ledger.setPaused(pair, null, "test");
    await s.sweep();

    expect(await s.cases()).toEqual([]);
    expect(s.shown("b")).toEqual(shownBefore);
    await s.expectQuiet();
  });
});

describe("a create is taken back", () => {
  test("what was made is deleted, its source stays, and no run makes it again (promise 5)", async () => {
    const s = await all.start();
    s.a.put("thing", { email: "ada@example.com", name: "Ada" });
    const { run } = await s.sweep();
    expect(s.shown("b")).toHaveLength(1);

    await takeBack(s, run);

    expect([s.shown("a"), s.shown("b")]).toEqual([[{ email: "ada@example.com", name: "Ada" }], []]);
    expect(await s.links()).toMatchObject([[expect.any(String), expect.any(String), "tombstone"]]);
    await s.expectQuiet();
    expect(s.shown("b")).toEqual([]);
  });

  test("one that was edited since stays", async () => {
    const s = await all.start();
    s.a.put("thing", { email: "ada@example.com", name: "Ada" });
    const { run } = await s.sweep();
    s.b.edit("thing", s.only("b").id, { name: "Augusta" });

    const planned = await undo(s, run);

    expect(planned.plan?.document).toMatchObject({ actions: [] });
    expect(whysOf(planned)).toEqual([["b", null, "edited since: name"]]);
  });

  test("where the mapping allows no deletes it stays, and the plan says so", async () => {
    const s = await all.start({ allow: "{ a: [create, update], b: [create, update] }", entity: "when_gone: unlink" });
    s.a.put("thing", { email: "ada@example.com", name: "Ada" });
    const { run } = await s.sweep();

    expect(whysOf(await undo(s, run))).toEqual([["b", null, "the mapping does not allow deletes in b"]]);
  });

  test("the delete guard is told in the plan, and applying the plan is the approval", async () => {
    const s = await all.start({ pair: "guards: { delete: { floor: 1, fraction: 0% } }" });
    for (const name of ["Ada", "Bob", "Cyd"]) s.a.put("thing", { email: `${name}@example.com`, name });
    const { run } = await s.sweep();

    const planned = await undo(s, run);

    expect(planned.plan?.document).toMatchObject({ guards: [{ side: "b", op: "delete", count: 3 }] });
    expect(await s.test.apply(planned)).toMatchObject({ outcome: "ok", applied: 3 });
    expect(s.shown("b")).toEqual([]);
  });
});

describe("a delete is taken back", () => {
  /** Ada is deleted in `a`, and the run that is returned deletes her in `b`. */
  async function deleted(said: Said = {}): Promise<{ readonly s: Scenario; readonly run: RunId; readonly id: string }> {
    const s = await all.start({ fields: "phone: {}", entity: "when_gone: { a: delete, b: delete }", ...said });
    s.a.put("thing", { email: "ada@example.com", name: "Ada", phone: "1" });
    s.a.put("thing", { email: "bob@example.com", name: "Bob", phone: "2" });
    await s.sweep();
    const ada = [...s.a.table("thing").values()].find((row) => row["name"] === "Ada");
    s.a.table("thing").delete(ada?.id ?? "");
    const { run } = await s.sweep();
    expect(s.shown("b")).toHaveLength(1);
    return { s, run, id: ada?.id ?? "" };
  }

  test("it is made again of what was kept, and nothing deletes it again or makes its counterpart", async () => {
    const { s, run } = await deleted();

    await takeBack(s, run);

    expect(s.shown("b")).toEqual([
      { email: "ada@example.com", name: "Ada", phone: "1" },
      { email: "bob@example.com", name: "Bob", phone: "2" },
    ]);
    await s.expectQuiet();
    expect([s.shown("a").length, s.shown("b").length]).toEqual([1, 2]);
    expect(await s.cases()).toMatchObject([{ kind: "gone", values: { gone: "a", kept: "b", undone: run } }]);
  });

  test("when its counterpart is back the two are in step again, and the case closes", async () => {
    const { s, run, id } = await deleted();
    await takeBack(s, run);
    s.a.put("thing", { id, email: "ada@example.com", name: "Ada", phone: "1" });

    await s.sweep();

    expect(await s.cases()).toEqual([]);
    await s.expectQuiet();
    expect([s.shown("a").length, s.shown("b").length]).toEqual([2, 2]);
  });

  test("a person may have the counterpart made again, too", async () => {
    const { s, run } = await deleted();
    await takeBack(s, run);

    await s.resolve("gone", { kind: "take", side: "right" });
    await s.sweep();

    expect(s.shown("a")).toEqual(s.shown("b"));
    await s.expectQuiet();
  });

  test.each<{ how: string; said: Said }>([
    { how: "by its key", said: {} },
    {
      how: "in a complete listing, where its system cannot be asked by key",
      said: { rightConnector: plainConnector("right", ["thing"]) },
    },
  ])("somebody has made it again meanwhile, found $how: no second one", async ({ said }) => {
    const { s, run } = await deleted(said);
    s.b.put("thing", { email: "ada@example.com", name: "Ada", phone: "1" });

    const report = await s.test.apply(await undo(s, run));

    expect(report.outcome).toBe("ok");
    expect(s.shown("b").filter((row) => row["name"] === "Ada")).toHaveLength(1);
  });

  test("what the system cannot be asked for is made again after a complete listing has shown that nobody is there", async () => {
    const { s, run } = await deleted({ rightConnector: plainConnector("right", ["thing"]) });

    await takeBack(s, run);

    expect(s.shown("b")).toHaveLength(2);
  });
});
