// Contract of the store: hints, intents, parked records, cursors, quarantine, runs and plans.

import { expect, test } from "@jest/globals";
import type { Effect, Intent, RecentWrites } from "../../src/engine/ports/intent.ts";
import type { Parked } from "../../src/engine/ports/waiting.ts";
import {
  at,
  bench,
  decision,
  hint,
  id,
  linkChange,
  linkWrite,
  report,
  runId,
  type Bench,
  type StoreUnderTest,
} from "./store-world.ts";

const LATER = at(9_000_000_000_000);

async function due(b: Bench, entity = "customer", now = LATER): Promise<readonly string[]> {
  return (await b.pair.dueHints(entity, "left", now, 100)).map((each) => `${each.id} ${each.channel}`);
}

export function storeWork(open: () => StoreUnderTest): void {
  test("due hints come oldest first, one a record", async () => {
    const b = await bench(open());
    await b.pair.addHints([
      hint("left", "L2", 2000),
      hint("left", "L1", 3000),
      hint("left", "L2", 5000),
      hint("left", "L3", 1000, { channel: "changes" }),
    ]);
    await b.pair.addHints([hint("right", "R1", 1000), hint("left", "I1", 1000, { entity: "invoice" })]);

    const found = await b.pair.dueHints("customer", "left", at(4000), 10);

    expect(found.map(({ id: record, due: when, channel }) => [record, when, channel])).toEqual([
      ["L3", 1000, "changes"],
      ["L2", 2000, "webhook"],
      ["L1", 3000, "webhook"],
    ]);
    expect(await b.pair.dueHints("customer", "left", at(4000), 1)).toHaveLength(1);
    expect(await b.pair.dueHints("customer", "left", at(999), 10)).toEqual([]);
  });

  test("a hint that came while a run looked survives it, and so does one that is due later", async () => {
    const b = await bench(open());
    await b.pair.addHints([hint("left", "L1", 5000), hint("left", "L1", 1000), hint("left", "L1", 2000)]);
    const [looked] = await b.pair.dueHints("customer", "left", at(3000), 10);
    await b.pair.addHints([hint("left", "L1", 1500, { channel: "changes" })]);

    await b.commit({ hintsDone: [looked?.hintId ?? ""] });

    const left = await b.pair.dueHints("customer", "left", LATER, 10);
    expect(left.map((each) => [each.due, each.channel])).toEqual([[1500, "changes"]]);
    await b.commit({ hintsDone: left.map((each) => each.hintId) });
    expect(await due(b)).toEqual([]);
  });

  test("a record that is merely withheld and then heard of counts as heard of", async () => {
    const b = await bench(open());
    await b.pair.addHints([
      hint("left", "L1", 1000, { channel: "withheld" }),
      hint("left", "L1", 2000),
      hint("left", "L2", 1000, { channel: "withheld" }),
    ]);

    expect(await due(b)).toEqual(["L1 webhook", "L2 withheld"]);
  });

  test("an intent comes back as it was, until the commit that ends it", async () => {
    const b = await bench(open());
    const [one, two] = [`${b.pair.pair} i1`, `${b.pair.pair} i2`];
    const first = intent(one, b);
    const second = intent(two, b, { op: "update", record: id("R2"), version: "v3" });
    const third = intent(`${b.pair.pair} i3`, b);
    await b.pair.saveIntents(b.lease, [first, second, third]);

    expect(await b.pair.openIntents()).toEqual([first, second, third]);
    expect(Object.keys((await b.pair.openIntents())[0]?.body ?? {})).toEqual(["z", "a"]);

    await b.commit({ intentsDone: [one], intentsTried: [two] });
    await b.commit({ intentsTried: [two] });

    expect(await b.pair.openIntents()).toEqual([{ ...second, attempts: 2 }, third]);
  });

  test("a parked record is woken by the link it waits for, once, in the same commit", async () => {
    const b = await bench(open());
    await b.commit({
      parked: [
        parked("I1", "L1"),
        parked("I2", "L1"),
        parked("I3", "L2"),
        { ...parked("I4", "R1"), parentSide: "right" },
      ],
    });
    expect(await b.pair.countOpen("invoice")).toMatchObject({ parked: 4 });

    await b.commit({ links: [linkWrite("L1", "R1")] });

    expect([...(await due(b, "invoice"))].sort()).toEqual(["I1 parent", "I2 parent", "I4 parent"]);
    expect(await b.pair.countOpen("invoice")).toMatchObject({ parked: 1 });
    await b.commit({ links: [linkChange(await b.link("L1"), {})] });
    expect(await due(b, "invoice")).toHaveLength(3);
  });

  test("a record parked for a link that is there already is woken at once", async () => {
    const b = await bench(open());
    await b.commit({ links: [linkWrite("L1", "R1")] });

    await b.commit({
      links: [linkWrite("L2", "R2")],
      parked: [parked("I1", "L1"), parked("I2", "L2"), parked("I3", "L3")],
    });

    expect([...(await due(b, "invoice"))].sort()).toEqual(["I1 parent", "I2 parent"]);
    expect(await b.pair.countOpen("invoice")).toMatchObject({ parked: 1 });
  });

  test("a frozen link wakes nobody before it thaws", async () => {
    const b = await bench(open());
    await b.commit({ links: [linkWrite("L1", "R1", { state: "frozen" })], parked: [parked("I1", "L1")] });
    expect(await due(b, "invoice")).toEqual([]);

    await b.commit({ links: [linkChange(await b.link("L1"), { state: "live" })] });

    expect(await due(b, "invoice")).toEqual(["I1 parent"]);
  });

  test("a record parked again waits for what it names now", async () => {
    const b = await bench(open());
    await b.commit({ parked: [parked("I1", "L1"), parked("I1", "L2")] });
    expect(await b.pair.countOpen("invoice")).toMatchObject({ parked: 1 });

    await b.commit({ parked: [parked("I1", "L2"), parked("I1", "L3")] });
    await b.commit({ links: [linkWrite("L1", "R1")] });
    expect(await due(b, "invoice")).toEqual([]);
    await b.commit({ unparked: [{ entity: "invoice", side: "left", id: id("I1") }] });
    await b.commit({ links: [linkWrite("L3", "R3")] });

    expect(await due(b, "invoice")).toEqual([]);
    expect(await b.pair.countOpen("invoice")).toMatchObject({ parked: 0 });
  });

  test("a cursor moves with its commit, and null forgets it", async () => {
    const b = await bench(open());
    await b.commit({
      cursors: [
        { entity: "customer", side: "left", cursor: "2026-01-01" },
        { entity: "customer", side: "right", cursor: "7" },
      ],
    });
    await b.commit({ cursors: [{ entity: "customer", side: "left", cursor: "2026-01-02" }] });
    expect(await b.pair.cursor("customer", "left")).toBe("2026-01-02");

    await b.commit({ cursors: [{ entity: "customer", side: "left", cursor: null }] });

    expect(await b.pair.cursor("customer", "left")).toBeNull();
    expect(await b.pair.cursor("customer", "right")).toBe("7");
    expect(await b.pair.cursor("invoice", "left")).toBeNull();
  });

  test("quarantine counts how often a record failed, until it is fine again", async () => {
    const store = open();
    const b = await bench(store);
    const failed = {
      entity: "customer",
      side: "left" as const,
      record: id("L1"),
      code: "422",
      message: "no",
      next: null,
    };
    await b.commit({ quarantined: [failed, { ...failed, record: id("L2") }] });
    await b.commit({ quarantined: [{ ...failed, code: "409", message: "taken", next: at(5000) }] });

    const rows = await store.ledger.quarantine({ pair: b.pair.pair, limit: 10 });
    expect(rows.find((row) => row.record === "L1")).toEqual({
      id: expect.any(String),
      pair: b.pair.pair,
      entity: "customer",
      side: "left",
      record: "L1",
      code: "409",
      message: "taken",
      attempts: 2,
      next: 5000,
    });
    expect(await b.pair.quarantinedOf("customer", "left", [id("L1"), id("L2"), id("L3")])).toEqual(
      new Set(["L1", "L2"]),
    );

    await b.commit({ released: [{ entity: "customer", side: "left", id: id("L1") }] });

    expect(await b.pair.quarantinedOf("customer", "left", [id("L1"), id("L2")])).toEqual(new Set(["L2"]));
    expect(await b.pair.countOpen("customer")).toMatchObject({ quarantined: 1 });
  });

  test("what a pair is told about itself is kept", async () => {
    const { pair } = await bench(open());
    expect(await pair.state()).toEqual({ acceptedMeaning: null, paused: null });

    await pair.setPaused("stop: maintenance");
    await pair.setAcceptedMeaning("m1");
    await pair.setAcceptedMeaning("m2");

    expect(await pair.state()).toEqual({ acceptedMeaning: "m2", paused: "stop: maintenance" });
    await pair.setPaused(null);
    expect(await pair.state()).toEqual({ acceptedMeaning: "m2", paused: null });
  });

  test("an approval stands until it is used, and only once", async () => {
    const { pair } = await bench(open());
    await pair.approve("plan-1", ["a", "b", "a"], "ada");
    await pair.approve("plan-2", ["b", "c"], "bob");
    expect(await pair.approvedActions()).toEqual(new Set(["a", "b", "c"]));

    await pair.endApprovals(["b", "x"]);

    expect(await pair.approvedActions()).toEqual(new Set(["a", "c"]));
    await pair.approve("plan-3", ["b"], "ada");
    expect(await pair.approvedActions()).toEqual(new Set(["a", "b", "c"]));
  });

  test("a plan is found by its id, as it was printed", async () => {
    const store = open();
    const { pair } = await bench(store);
    const plan = {
      id: `p-${pair.pair}`,
      hash: "h",
      createdAt: at(1_700_000_000_001),
      document: { z: [1, null], a: "ü\0" },
    };

    await pair.savePlan(plan);

    expect(await store.ledger.plan(plan.id)).toEqual({ ...plan, pair: pair.pair });
    expect(await store.ledger.plan("nothing")).toBeNull();
  });

  test("runs are listed newest first, in pages", async () => {
    const store = open();
    const b = await bench(store);
    const runs = ["r1", "r2", "r3"].map((name) => runId(`${b.pair.pair}-${name}`));
    for (const run of runs) {
      await b.pair.startRun(run, "changes");
      await b.pair.endRun(run, { ...report(b.pair.pair, run), reason: run });
    }

    const all = await store.ledger.runs({ pair: b.pair.pair, limit: 10, before: null });
    const [newest, second] = all;
    const page = await store.ledger.runs({ pair: b.pair.pair, limit: 1, before: second?.run ?? null });

    expect(all.map((row) => row.run)).toEqual([...runs.toReversed(), b.run]);
    expect(newest?.report?.reason).toBe(runs[2]);
    expect(page.map((row) => row.run)).toEqual([runs[0]]);
  });

  test("recent writes of a link come oldest first, with the oscillation cases that say from when on they count", async () => {
    const store = open();
    const b = await bench(store);
    await b.commit({ links: [linkWrite("L1", "R1"), linkWrite("L2", "R2")] });
    const link = await b.link("L1");
    const other = await b.link("L2");
    const wrote = (after: string, more: Partial<Effect> = {}): Effect => ({
      entity: "customer",
      side: "right",
      op: "update",
      record: id("R1"),
      other: id("L1"),
      linkId: link.id,
      fields: { name: { before: null, after, readBack: after, reason: "changed in left" } },
      reason: "changed in left",
      intentId: null,
      ...more,
    });
    const ids = { left: id("L1"), right: id("R1") };
    const question = { kind: "oscillation" as const, field: "name", ...ids, values: {} };
    await b.commit({
      effects: [wrote("one"), wrote("two"), wrote("gone", { op: "delete" }), wrote("other", { linkId: other.id })],
      cases: [{ entity: "customer", ...ids, open: [question] }],
    });
    const recent = async (now: number): Promise<RecentWrites | undefined> =>
      (await b.pair.recentWrites("customer", [link], at(now), 60_000))[0];
    const names = (found: RecentWrites | undefined): readonly unknown[] =>
      (found?.writes ?? []).map(({ side, fields }) => [side, fields["name"]?.after]);
    const [row] = await store.ledger.cases({ pair: b.pair.pair, limit: 1 });
    const since = row?.since ?? Number.NaN;

    // While the question is open the window stands still.
    const asked = await recent(since + 3_600_000);
    expect(names(asked)).toEqual([
      ["right", "one"],
      ["right", "two"],
    ]);
    expect(asked?.cases).toEqual([{ field: "name", isOpen: true, answeredAt: null }]);

    await store.ledger.resolveCase(row?.id ?? "", { kind: "dismiss" }, "test");
    await b.commit({ cases: [{ entity: "customer", ...ids, open: [] }] });

    const answered = await recent(since + 1000);
    expect(names(answered)).toHaveLength(2);
    expect(answered?.cases).toEqual([{ field: "name", isOpen: false, answeredAt: expect.any(Number) }]);
    const later = await recent(since + 3_600_000);
    expect([later?.writes ?? [], later?.cases ?? []]).toEqual([[], []]);
    expect(await b.pair.recentWrites("customer", [], at(since), 60_000)).toEqual([]);
  });

  test("a cursor that is told again keeps its age and stays settled; one that moves is young and unsettled", async () => {
    const b = await bench(open());
    const move = (cursor: string | null, settled?: boolean): Promise<void> =>
      b.commit({
        cursors: [{ entity: "customer", side: "left", cursor, ...(settled === undefined ? {} : { settled }) }],
      });
    const state = async (): Promise<readonly unknown[]> => {
      const found = await b.pair.cursorState("customer", "left");
      return [found?.cursor, found?.settled];
    };
    expect(await b.pair.cursorState("customer", "left")).toBeNull();

    await move("c1");
    expect(await state()).toEqual(["c1", false]);
    await move("c1", true);
    await move("c1");
    expect(await state()).toEqual(["c1", true]);
    const before = (await b.pair.cursorState("customer", "left"))?.ageMs ?? Number.NaN;
    await move("c1", false);
    expect((await b.pair.cursorState("customer", "left"))?.ageMs).toBeGreaterThanOrEqual(before);
    await move("c2");
    expect(await state()).toEqual(["c2", false]);
    await move(null);
    expect(await b.pair.cursorState("customer", "left")).toBeNull();
  });

  test("of runs that did nothing one after the other only the last is kept", async () => {
    const store = open();
    const b = await bench(store);
    const runs = ["r1", "r2", "r3"].map((name) => runId(`${b.pair.pair}-${name}`));
    for (const run of runs) {
      await b.pair.startRun(run, "changes");
      await b.pair.endRun(run, report(b.pair.pair, run));
    }

    const all = await store.ledger.runs({ pair: b.pair.pair, limit: 10, before: null });

    expect(all.map((row) => row.run)).toEqual([runs[2], b.run]);
  });
}

function parked(record: string, parent: string): Parked {
  return {
    entity: "invoice",
    side: "left",
    id: id(record),
    parentEntity: "customer",
    parentSide: "left",
    parentId: id(parent),
  };
}

function intent(name: string, b: Bench, more: Partial<Intent> = {}): Intent {
  const seen = { fingerprint: "0123456789abcdef", version: "v", matchKeys: ["0:a"] };
  return {
    id: name,
    run: b.run,
    entity: "customer",
    op: "create",
    side: "right",
    record: null,
    key: `key ${name}`,
    body: { z: "ü", a: ["x\0", null] },
    bodyHash: "h",
    version: null,
    writeIndex: 1,
    decision: decision(),
    seen: { left: seen, right: { ...seen, version: null } },
    openedAt: at(1_700_000_000_123),
    attempts: 0,
    ...more,
  };
}
