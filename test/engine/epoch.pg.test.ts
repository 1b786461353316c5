// Promise 18, by whole runs: another account under the same address. The plain server has a record `account/me` that tells which
// company it is; putting another company there is putting another account there.

import { describe, expect, test } from "@jest/globals";
import { plainConnector } from "./pair.ts";
import { scenarios, type Said, type Scenario } from "./scenario.ts";

const every = scenarios();
const start: typeof every.start = (said) => every.start(said);

const EPOCH = "epoch: { request: GET /account/me, at: company }";
const said: Said = {
  leftConnector: plainConnector("left", ["thing"], { find: "email", file: EPOCH }),
  entity: "when_gone: { a: delete, b: delete }",
};

async function linked(more: Said = {}): Promise<Scenario> {
  const s = await start({ ...said, ...more });
  s.a.put("account", { id: "me", company: "acme" });
  s.a.put("thing", { id: "k1", email: "ada@example.com", name: "Ada" });
  s.a.put("thing", { id: "k2", email: "bob@example.com", name: "Bob" });
  await s.swept();
  await s.swept();
  return s;
}

/** Production's address answers as a sandbox, whose records have the same ids and are others. */
function becomeSandbox(s: Scenario): void {
  s.a.edit("account", "me", { company: "acme-sandbox" });
  s.a.edit("thing", "k1", { email: "zoe@example.com", name: "Zoe" });
  s.a.table("thing").delete("k2");
}

const systemCases = async (s: Scenario): Promise<unknown> =>
  (await s.cases()).map(({ kind, values }) => ({ kind, values }));

describe("another account", () => {
  test("stops every kind of run before anything is read or written, and is told in one case", async () => {
    const s = await linked();
    becomeSandbox(s);
    s.a.calls.length = 0;
    const before = s.shown("b");
    const writes = s.writes();

    for (const kind of ["sweep", "changes", "hints", "sweep"] as const)
      expect(await s.test.run(kind)).toMatchObject({ outcome: "halted", reason: "wrong-epoch" });

    expect(s.writes()).toBe(writes);
    expect(s.shown("b")).toEqual(before);
    expect(s.a.calls.map((call) => call.path)).toEqual(Array(4).fill("/account/me"));
    expect(await systemCases(s)).toMatchObject([
      { kind: "guard", values: { reason: "wrong-epoch", side: "a", remembered: "acme", found: "acme-sandbox" } },
    ]);
    expect((await s.links()).map(([, , state]) => state)).toEqual(["live", "live"]);
  });

  test("does not let an open write of before be repeated there", async () => {
    const s = await linked();
    s.b.put("thing", { email: "new@example.com", name: "New" });
    s.a.faults.push({ method: "POST", path: /^\/thing$/, answer: "reset-before", times: 9 });
    s.a.faults.push({ method: "POST", path: /search$/, answer: 500, times: 99 });
    await s.sweep();
    s.a.faults.length = 0;
    becomeSandbox(s);
    const writes = s.a.writes().length;

    await s.sweep();

    expect(s.a.writes().length).toBe(writes);
  });

  test("that goes away again lets the run go on, and its case closes", async () => {
    const s = await linked();
    s.a.edit("account", "me", { company: "acme-sandbox" });
    await s.sweep();
    s.a.edit("account", "me", { company: "acme" });
    s.a.edit("thing", "k1", { name: "Ada L." });

    expect(await s.sweep()).toMatchObject({ outcome: "ok" });

    expect(await s.cases()).toEqual([]);
    expect(s.shown("b")).toContainEqual({ email: "ada@example.com", name: "Ada L." });
  });

  test("accepted as the same records: the links stay", async () => {
    const s = await linked();
    s.a.edit("account", "me", { company: "acme-renamed" });
    await s.sweep();

    const accepted = await s.test.runtime.ledger.acceptState(s.test.pair.mapping.pair, { forgetLinks: false }, "test");

    expect(accepted).toEqual(["epoch"]);
    expect(await s.swept()).toMatchObject({ situations: { "in-sync": 2 } });
    expect(await s.cases()).toEqual([]);
    await s.expectQuiet();
  });

  test("accepted as other records: links are forgotten and made anew by match, nothing is deleted or overwritten", async () => {
    const s = await linked();
    becomeSandbox(s);
    s.a.put("thing", { id: "k7", email: "bob@example.com", name: "Robert" });
    await s.sweep();

    await s.test.runtime.ledger.acceptState(s.test.pair.mapping.pair, { forgetLinks: true }, "test");
    const report = await s.sweep();

    expect(report.entities["thing"]?.effects).toEqual({
      a: { create: 1, update: 0, delete: 0 },
      b: { create: 1, update: 0, delete: 0 },
    });
    expect(s.shown("b")).toEqual([
      { email: "ada@example.com", name: "Ada" },
      { email: "bob@example.com", name: "Bob" },
      { email: "zoe@example.com", name: "Zoe" },
    ]);
    expect(await s.cases()).toMatchObject([
      { kind: "conflict", field: "name", values: { left: "Robert", right: "Bob" } },
    ]);
    await s.expectQuiet();
  });
});

describe("the first contact", () => {
  test("of a plan or of a proposed pair remembers nothing", async () => {
    const s = await start({ ...said, state: "proposed" });
    s.a.put("account", { id: "me", company: "acme" });
    await s.sweep();
    await s.test.plan();

    expect(await s.test.pair.store.epochs()).toEqual({ left: null, right: null });
  });

  test("of a pair that was linked before its connector asked takes who answers", async () => {
    let s = await linked({ leftConnector: plainConnector("left", ["thing"], { find: "email" }) });
    s = await s.says(said);

    expect(await s.sweep()).toMatchObject({ outcome: "ok" });

    expect(await s.test.pair.store.epochs()).toEqual({ left: "acme", right: null });
  });
});

test.each([
  ["no identity in it", (s: Scenario): void => s.a.edit("account", "me", { company: null }), "listing-incomplete"],
  [
    "an error",
    (s: Scenario): unknown => s.a.faults.push({ method: "GET", path: /^\/account/, answer: 403, times: 9 }),
    "auth",
  ],
] as const)("an answer with %s is no identity: nothing is written", async (_what, spoil, reason) => {
  const s = await linked();
  s.a.edit("thing", "k1", { name: "Edited" });
  const writes = s.writes();
  spoil(s);

  expect((await s.sweep()).reason).toBe(reason);

  expect(s.writes()).toBe(writes);
});
