// Contract of the store: cases and their answers, history, and what people and webhooks ask of the ledger.

import { expect, test } from "@jest/globals";
import type { CaseOpening } from "../../src/core/decision.ts";
import type { Value } from "../../src/core/value.ts";
import type { Effect } from "../../src/engine/ports/intent.ts";
import {
  at,
  bench,
  hint,
  id,
  linkChange,
  linkWrite,
  report,
  runId,
  sighting,
  type Bench,
  type StoreUnderTest,
} from "./store-world.ts";

const LATER = at(9_000_000_000_000);

function conflict(field: string, values: Value = {}, more: Partial<CaseOpening> = {}): CaseOpening {
  return { kind: "conflict", field, left: id("L1"), right: id("R1"), values, ...more };
}

export function storePeople(open: () => StoreUnderTest): void {
  const casesOf = (b: Bench) => open().ledger.cases({ pair: b.pair.pair, limit: 100 });
  const settle = (b: Bench, left: string | null, right: string | null, cases: readonly CaseOpening[]) =>
    b.commit({
      cases: [
        {
          entity: "customer",
          left: left === null ? null : id(left),
          right: right === null ? null : id(right),
          open: cases,
        },
      ],
    });

  test("what waits since a run was taken back is told by its records until it is answered, or closes", async () => {
    const b = await bench(open());
    const pair = { left: id("L1"), right: id("R1") };
    const asked = (): Promise<unknown> => b.pair.undoneCases("customer", [pair, { left: id("L2"), right: id("R2") }]);
    await settle(b, "L1", "R1", [conflict("city", { left: 1, right: 2 })]);
    expect([await b.pair.hasUndone("customer"), await asked()]).toEqual([false, []]);

    await settle(b, "L1", "R1", [
      conflict("name", { left: 1, right: 2, undone: "r_9", wrote: { right: 3 } }),
      { kind: "gone", field: null, ...pair, values: { undone: "r_8" } },
    ]);

    expect(await b.pair.hasUndone("customer")).toBe(true);
    expect(await b.pair.hasUndone("invoice")).toBe(false);
    expect(await asked()).toHaveLength(2);
    expect(await asked()).toEqual(
      expect.arrayContaining([
        { ...pair, field: "name", run: "r_9", wrote: { right: 3 }, since: expect.any(Number) },
        { ...pair, field: null, run: "r_8", wrote: {}, since: expect.any(Number) },
      ]),
    );
    const [named] = (await casesOf(b)).filter((row) => row.field === "name");
    await open().ledger.resolveCase(named?.id ?? "", { kind: "dismiss" }, "ada");
    expect(await asked()).toEqual([{ ...pair, field: null, run: "r_8", wrote: {}, since: expect.any(Number) }]);
    await settle(b, "L1", "R1", []);
    expect([await b.pair.hasUndone("customer"), await asked()]).toEqual([false, []]);
  });

  test("what a run did comes by pages, all of a link's on one, in the order in which it happened", async () => {
    const b = await bench(open());
    const run = runId(`r_undone_${b.pair.pair}`);
    const effect = (record: string, name: string): Effect => ({
      entity: "customer",
      side: "left",
      op: "update",
      record: id(record),
      other: null,
      linkId: null,
      fields: { name: { before: null, after: name, readBack: name, reason: "changed in right" } },
      reason: "changed in right",
      intentId: null,
    });
    await b.pair.startRun(run, "sweep");
    await b.commit({
      run,
      links: [linkWrite("L1", "R1"), linkWrite("L2", "R2")],
      effects: [effect("L1", "a"), effect("L2", "b")],
    });
    await b.commit({ run, effects: [effect("L9", "c"), effect("L1", "d")] });
    await b.commit({ effects: [effect("L1", "of another run")] });

    const pages: (readonly string[])[] = [];
    let after: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof b.pair.runEffects>> = await b.pair.runEffects(run, "customer", after, 1);
      pages.push(page.effects.map(({ record, fields }) => `${record} ${JSON.stringify(fields["name"]?.after)}`));
      after = page.next;
    } while (after !== null);

    expect(pages.filter((page) => page.length > 0)).toEqual([['L1 "a"', 'L1 "d"'], ['L2 "b"'], ['L9 "c"']]);
    expect(await b.pair.runEffects(run, "invoice", null, 10)).toEqual({ effects: [], next: null });
  });

  test("a case that is listed again keeps its id and age, with fresh values; the others close", async () => {
    const b = await bench(open());
    await settle(b, "L1", "R1", [
      conflict("name", { crm: 1 }),
      conflict("city"),
      { kind: "gone", field: null, left: id("L1"), right: id("R1"), values: {} },
    ]);
    const before = await casesOf(b);

    await settle(b, "L1", "R1", [conflict("name", { crm: 2 }), conflict("phone")]);

    const after = await casesOf(b);
    const name = before.find((row) => row.field === "name");
    expect(after.find((row) => row.field === "name")).toEqual({ ...name, values: { crm: 2 } });
    expect(new Set(after.map((row) => row.field))).toEqual(new Set(["name", "phone"]));
    expect(before).toHaveLength(3);
    expect(name).toEqual({
      id: expect.any(String),
      pair: b.pair.pair,
      entity: "customer",
      kind: "conflict",
      left: "L1",
      right: "R1",
      field: "name",
      values: { crm: 1 },
      since: expect.any(Number),
      answer: null,
    });
    expect(await b.pair.countOpen("customer")).toMatchObject({ cases: 2 });
  });

  test("a case of a lone record is found again when the record is linked", async () => {
    const b = await bench(open());
    const ambiguous: CaseOpening = {
      kind: "ambiguous",
      field: null,
      left: id("L1"),
      right: null,
      values: { billing: ["R1", "R2"] },
    };
    await settle(b, "L1", null, [ambiguous]);
    await settle(b, null, "R7", [{ ...ambiguous, left: null, right: id("R7") }]);

    await settle(b, "L1", "R1", []);

    expect((await casesOf(b)).map((row) => row.right)).toEqual(["R7"]);
  });

  test("a case that merely names a record of another link stays when that link is settled", async () => {
    const b = await bench(open());
    const taken: CaseOpening = { kind: "matched-taken", field: null, left: id("L2"), right: id("R1"), values: {} };
    await settle(b, "L2", null, [taken]);

    await settle(b, "L1", "R1", []);

    expect((await casesOf(b)).map((row) => row.left)).toEqual(["L2"]);
  });

  test("an answer reaches the next decision of its subject, and goes when the case closes", async () => {
    const b = await bench(open());
    const { ledger } = open();
    await settle(b, "L1", "R1", [conflict("name", { crm: "a" }), conflict("city")]);
    const [row] = (await casesOf(b)).filter((each) => each.field === "name");
    const caseId = row?.id ?? "";

    const answered = await ledger.resolveCase(caseId, { kind: "value", value: { amount: 1 } }, "ada");

    expect(answered).toEqual({ ...row, answer: { kind: "value", value: { amount: 1 } } });
    expect(await ledger.case(caseId)).toEqual(answered);
    expect(
      await b.pair.resolutions([
        { entity: "customer", left: id("L1"), right: id("R1") },
        { entity: "customer", left: id("L2"), right: null },
      ]),
    ).toEqual([
      {
        caseId,
        kind: "conflict",
        entity: "customer",
        field: "name",
        left: "L1",
        right: "R1",
        values: { crm: "a" },
        answer: { kind: "value", value: { amount: 1 } },
      },
    ]);
    expect(await b.pair.resolutions([{ entity: "customer", left: null, right: id("R1") }])).toHaveLength(1);
    expect(await b.pair.resolutions([{ entity: "invoice", left: id("L1"), right: id("R1") }])).toEqual([]);
    const hints = [
      ...(await b.pair.dueHints("customer", "left", LATER, 10)),
      ...(await b.pair.dueHints("customer", "right", LATER, 10)),
    ];
    expect(hints.map((each) => `${each.id} ${each.channel}`)).toEqual(["L1 manual", "R1 manual"]);

    await settle(b, "L1", "R1", []);

    expect(await b.pair.resolutions([{ entity: "customer", left: id("L1"), right: id("R1") }])).toEqual([]);
    await expect(ledger.resolveCase(caseId, { kind: "dismiss" }, "ada")).rejects.toMatchObject({ code: "E_CLOSED" });
    await expect(ledger.resolveCase("c-none", { kind: "dismiss" }, "ada")).rejects.toMatchObject({
      code: "E_NOT_FOUND",
    });
    expect(await ledger.case(caseId)).toBeNull();
  });

  test("an answered case that is listed again keeps its answer", async () => {
    const b = await bench(open());
    await settle(b, "L1", "R1", [conflict("name")]);
    const [row] = await casesOf(b);
    await open().ledger.resolveCase(row?.id ?? "", { kind: "take", side: "left" }, "ada");

    await settle(b, "L1", "R1", [conflict("name")]);

    expect((await casesOf(b)).map((each) => each.answer)).toEqual([{ kind: "take", side: "left" }]);
  });

  test("a tripped guard has one case for each entity, side and class", async () => {
    const b = await bench(open());
    await b.pair.setGuardCase("customer", "left", "delete", { values: { count: 7 } });
    await b.pair.setGuardCase("customer", "left", "delete", { values: { count: 8 } });
    await b.pair.setGuardCase("customer", "right", "delete", { values: {} });
    const rows = await casesOf(b);
    expect(rows.map((row) => [row.kind, row.left, row.right, row.field])).toEqual([
      ["guard", null, null, null],
      ["guard", null, null, null],
    ]);
    expect(rows.map((row) => row.values)).toContainEqual({ count: 8 });

    await b.pair.setGuardCase("customer", "left", "delete", null);
    await b.pair.setGuardCase("customer", "left", "blank", null);

    expect((await casesOf(b)).map((row) => row.values)).toEqual([{}]);
  });

  test("a complete sweep closes what no decision of it confirmed, but guards, unknown outcomes and fresh answers", async () => {
    const b = await bench(open());
    const lone = (left: string, kind: CaseOpening["kind"]): CaseOpening => ({
      kind,
      field: null,
      left: id(left),
      right: null,
      values: {},
    });
    await settle(b, "L1", null, [lone("L1", "ambiguous")]);
    await settle(b, "L2", null, [lone("L2", "ambiguous")]);
    await settle(b, "L3", null, [lone("L3", "unknown-outcome")]);
    await settle(b, "L4", null, [lone("L4", "ambiguous")]);
    await b.pair.setGuardCase("customer", "left", "create", { values: {} });
    const next = runId(`${b.run}-next`);
    await b.pair.startRun(next, "sweep");
    await b.commit({
      run: next,
      cases: [{ entity: "customer", left: id("L2"), right: null, open: [lone("L2", "ambiguous")] }],
    });
    const answered = (await casesOf(b)).find((row) => row.left === "L4");
    await open().ledger.resolveCase(answered?.id ?? "", { kind: "dismiss" }, "ada");

    await b.pair.forgetUnconfirmed(b.lease, next, "customer");

    expect((await casesOf(b)).map((row) => `${row.kind} ${row.left ?? ""}`).sort()).toEqual([
      "ambiguous L2",
      "ambiguous L4",
      "guard ",
      "unknown-outcome L3",
    ]);
  });

  test("what fails is forgotten when a sweep no longer sees its record, and not when it shows what is remembered", async () => {
    const b = await bench(open());
    await b.commit({ links: [linkWrite("L1", "R1"), linkWrite("L2", "R2")] });
    const failing = (record: string) => ({
      entity: "customer",
      side: "left" as const,
      record: id(record),
      code: "E_VALUE",
      message: "no",
      next: null,
    });
    await b.commit({ quarantined: [failing("L1"), failing("L2"), failing("L3"), failing("L4")] });
    const { fingerprints } = await b.link("L1");
    await b.pair.stageUnchanged(b.run, "customer", "left", [
      { id: id("L1"), version: null, modified: null, fingerprint: fingerprints.left ?? "" },
    ]);
    await b.pair.stage(b.run, [sighting("left", "L3")]);

    await b.pair.forgetUnconfirmed(b.lease, b.run, "customer");

    const left = await b.pair.quarantinedOf("customer", "left", [id("L1"), id("L2"), id("L3"), id("L4")]);
    expect([...left].sort()).toEqual(["L1", "L3"]);
  });

  test("history names the link, also of a create whose link is made in the same commit", async () => {
    const b = await bench(open());
    const { ledger } = open();
    const create: Effect = {
      entity: "customer",
      side: "right",
      op: "create",
      record: id("R1"),
      other: id("L1"),
      linkId: null,
      fields: { name: { before: null, after: "Ada\0", readBack: "ADA", reason: "new in crm" } },
      reason: "new-left",
      intentId: "i1",
    };
    await b.commit({ links: [linkWrite("L1", "R1")], effects: [create] });
    const link = await b.link("L1");
    const update: Effect = {
      ...create,
      side: "left",
      op: "update",
      record: id("L1"),
      other: id("R1"),
      linkId: link.id,
    };
    await b.commit({ effects: [update] });
    await b.commit({ effects: [{ ...update, fields: {} }] });

    const rows = await ledger.effects({ run: null, link: link.id, limit: 10 });

    expect(rows.map((row) => row.op)).toEqual(["update", "update", "create"]);
    expect(rows[2]).toEqual({ ...create, linkId: link.id, pair: b.pair.pair, run: b.run, at: expect.any(Number) });
    expect(await ledger.effects({ run: b.run, link: null, limit: 2 })).toHaveLength(2);
    expect((await ledger.effectTotals()).filter((row) => row.pair === b.pair.pair)).toEqual([
      { pair: b.pair.pair, entity: "customer", side: "left", op: "update", count: 2 },
      { pair: b.pair.pair, entity: "customer", side: "right", op: "create", count: 1 },
    ]);
  });

  test("links are listed oldest first, in pages, and by record", async () => {
    const b = await bench(open());
    const { ledger } = open();
    await b.commit({
      links: [linkWrite("L3", "R3"), linkWrite("L1", "R1"), linkWrite("I1", "J1", { entity: "invoice" })],
    });
    const all = await ledger.links({ pair: b.pair.pair, entity: "customer", record: null, limit: 10, after: null });

    const second = await ledger.links({
      pair: b.pair.pair,
      entity: "customer",
      record: null,
      limit: 10,
      after: all[0]?.id ?? null,
    });
    const byRecord = await ledger.links({
      pair: b.pair.pair,
      entity: null,
      record: { side: "right", id: id("J1") },
      limit: 10,
      after: null,
    });

    expect(all.map((row) => row.left)).toEqual(["L3", "L1"]);
    expect(second.map((row) => row.left)).toEqual(["L1"]);
    expect(byRecord.map((row) => [row.entity, row.left, row.state])).toEqual([["invoice", "I1", "live"]]);
    expect(all[0]?.since).toEqual(expect.any(Number));
  });

  test("a link made by hand is looked at by the next run and wakes what waited for it", async () => {
    const b = await bench(open());
    const { ledger } = open();
    await b.commit({
      parked: [
        {
          entity: "invoice",
          side: "left",
          id: id("I1"),
          parentEntity: "customer",
          parentSide: "left",
          parentId: id("L1"),
        },
      ],
    });

    const row = await ledger.addLink(b.pair.pair, "customer", id("L1"), id("R1"), "ada");

    expect(row).toEqual({
      id: (await b.link("L1")).id,
      entity: "customer",
      left: "L1",
      right: "R1",
      state: "live",
      since: expect.any(Number),
    });
    expect((await b.link("L1")).fingerprints).toEqual({ left: null, right: null });
    expect((await b.pair.dueHints("customer", "left", LATER, 10)).map((each) => each.id)).toEqual(["L1"]);
    expect((await b.pair.dueHints("customer", "right", LATER, 10)).map((each) => each.id)).toEqual(["R1"]);
    expect((await b.pair.dueHints("invoice", "left", LATER, 10)).map((each) => each.channel)).toEqual(["parent"]);
    await expect(ledger.addLink(b.pair.pair, "customer", id("L1"), id("R2"), "ada")).rejects.toMatchObject({
      code: "E_TAKEN",
    });
    await expect(ledger.addLink(b.pair.pair, "customer", id("L2"), id("R1"), "ada")).rejects.toMatchObject({
      code: "E_TAKEN",
    });
  });

  test("of two who link the same record at once one is told that it is taken", async () => {
    const b = await bench(open());
    const { ledger } = open();

    const results = await Promise.allSettled(
      ["R1", "R2"].map((right) => ledger.addLink(b.pair.pair, "customer", id("L1"), id(right), "ada")),
    );

    expect(results.map((result) => result.status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(results.find((result) => result.status === "rejected")).toMatchObject({ reason: { code: "E_TAKEN" } });
  });

  test("a link removed by hand leaves a tombstone", async () => {
    const b = await bench(open());
    const { ledger } = open();
    await b.commit({ links: [linkWrite("L1", "R1", { state: "frozen" })] });

    await expect(ledger.removeLink(b.pair.pair, "customer", id("L1"), id("R2"), "ada")).rejects.toMatchObject({
      code: "E_NOT_FOUND",
    });
    await ledger.removeLink(b.pair.pair, "customer", id("L1"), id("R1"), "ada");

    expect(await b.pair.countLinks("customer")).toEqual({ live: 0, frozen: 0, tombstones: 1 });
    await expect(ledger.removeLink(b.pair.pair, "customer", id("L1"), id("R1"), "ada")).rejects.toMatchObject({
      code: "E_NOT_FOUND",
    });
  });

  test("quarantined records are hinted when a person retries them", async () => {
    const b = await bench(open());
    const { ledger } = open();
    const failed = (record: string) => ({
      entity: "customer",
      side: "left" as const,
      record: id(record),
      code: "x",
      message: "y",
      next: null,
    });
    await b.commit({ quarantined: [failed("L1"), failed("L2"), failed("L3")] });
    const rows = await ledger.quarantine({ pair: b.pair.pair, limit: 10 });
    const chosen = rows.find((row) => row.record === "L2")?.id ?? "";

    expect(await ledger.retryQuarantined({ ids: [chosen, "q-none"] }, "ada")).toBe(1);
    expect((await b.pair.dueHints("customer", "left", LATER, 10)).map((each) => `${each.id} ${each.channel}`)).toEqual([
      "L2 retry",
    ]);
    expect(await ledger.retryQuarantined({ pair: b.pair.pair }, "ada")).toBe(3);
    expect(await b.pair.dueHints("customer", "left", LATER, 10)).toHaveLength(3);
  });

  test("a delivery is stored once, with its hints for every pair", async () => {
    const [a, b] = [await bench(open()), await bench(open())];
    const { ledger } = open();
    const delivery = {
      system: a.pair.pair,
      id: "evt 1",
      hints: [
        { ...hint("left", "L1", 1000), pair: a.pair.pair },
        { ...hint("left", "L2", 1000), pair: b.pair.pair },
      ],
    };

    expect(await ledger.storeDelivery(delivery)).toBe(true);
    expect(await ledger.storeDelivery(delivery)).toBe(false);
    expect(await ledger.storeDelivery({ ...delivery, system: b.pair.pair, hints: [] })).toBe(true);

    expect((await a.pair.dueHints("customer", "left", LATER, 10)).map((each) => each.id)).toEqual(["L1"]);
    expect((await b.pair.dueHints("customer", "left", LATER, 10)).map((each) => each.id)).toEqual(["L2"]);
  });

  test("in a flood of deliveries each id is stored by exactly one, and every hint is kept", async () => {
    const b = await bench(open());
    const { ledger } = open();
    const flood = Array.from({ length: 600 }, (_, n) => ({
      system: b.pair.pair,
      id: `evt ${String(n % 300)}`,
      hints: [{ ...hint("left", `L${String(n % 300)}`, 1000), pair: b.pair.pair }],
    }));

    const stored = await Promise.all(flood.map((delivery) => ledger.storeDelivery(delivery)));

    expect(stored.filter(Boolean)).toHaveLength(300);
    const hints = await b.pair.dueHints("customer", "left", LATER, 1000);
    expect(hints).toHaveLength(300);
    expect(hints.every((each) => !each.hintId.includes(","))).toBe(true);
  });

  test("figures tell how a pair stands", async () => {
    const b = await bench(open());
    const { ledger } = open();
    await b.commit({
      links: [
        linkWrite("L1", "R1"),
        linkWrite("L2", "R2", { state: "frozen" }),
        linkWrite("L3", "R3", { state: "tombstone" }),
      ],
      cases: [{ entity: "customer", left: id("L1"), right: id("R1"), open: [conflict("a"), conflict("b")] }],
      quarantined: [{ entity: "customer", side: "left", record: id("L9"), code: "x", message: "y", next: null }],
      parked: [
        {
          entity: "invoice",
          side: "left",
          id: id("I1"),
          parentEntity: "customer",
          parentSide: "left",
          parentId: id("L8"),
        },
      ],
      hints: [hint("left", "L1", 7000), hint("left", "L1", 6000), hint("right", "R1", 8000)],
    });
    await b.pair.setGuardCase("customer", "left", "delete", { values: {} });
    await b.pair.approve("plan", ["x", "y"], "ada");
    await ledger.setPaused(b.pair.pair, "operator", "ada");
    await ledger.setAcceptedMeaning(b.pair.pair, "m", "ada");
    await b.pair.endRun(b.run, report(b.pair.pair, b.run));
    const changes = runId(`${b.run}-changes`);
    await b.pair.startRun(changes, "changes");

    const figures = await ledger.figures(b.pair.pair);

    expect(figures).toMatchObject({
      state: { acceptedMeaning: "m", paused: "operator" },
      links: { live: 1, frozen: 1, tombstones: 1 },
      cases: { conflict: 2, guard: 1 },
      quarantined: 1,
      parked: 1,
      backlog: 2,
      oldestHint: 6000,
      openIntents: 0,
      lastRun: { run: changes, kind: "changes", endedAt: null, report: null },
      lastSweep: { run: b.run, kind: "sweep" },
      approvalsPending: 2,
    });
  });

  test("everything a person changes is in the audit log, without values", async () => {
    const b = await bench(open());
    const { ledger } = open();
    const who = `ada of ${b.pair.pair}`;
    await settle(b, "L1", "R1", [conflict("name")]);
    const [row] = await casesOf(b);

    await ledger.addLink(b.pair.pair, "customer", id("L5"), id("R5"), who);
    await ledger.removeLink(b.pair.pair, "customer", id("L5"), id("R5"), who);
    await ledger.resolveCase(row?.id ?? "", { kind: "value", value: "secret" }, who);
    await ledger.retryQuarantined({ pair: b.pair.pair }, who);
    await ledger.setPaused(b.pair.pair, null, who);
    await ledger.setAcceptedMeaning(b.pair.pair, "m", who);
    await b.pair.approve("plan", ["x"], who);
    await ledger.audit({ who, what: "plan made", facts: { pair: b.pair.pair } });

    const rows = (await ledger.auditRows(1000)).filter((each) => each.who === who);
    expect(rows.map((each) => each.what)).toEqual([
      "plan made",
      "plan approved",
      "mapping accepted",
      "pair resumed",
      "quarantine retried",
      "case resolved",
      "link removed",
      "link added",
    ]);
    expect(JSON.stringify(rows)).not.toContain("secret");
  });

  test("deliveries and tombstones are forgotten after their time, live links never", async () => {
    const b = await bench(open());
    const { ledger } = open();
    await b.commit({ links: [linkWrite("L1", "R1"), linkWrite("L2", "R2")] });
    await b.commit({ links: [linkChange(await b.link("L1"), { state: "tombstone" })] });
    const delivery = { system: b.pair.pair, id: "old", hints: [] };
    await ledger.storeDelivery(delivery);

    await ledger.forget({ deliveries: at(0), tombstones: [{ pair: b.pair.pair, before: at(0) }] });
    expect(await ledger.storeDelivery(delivery)).toBe(false);
    expect(await b.pair.countLinks("customer")).toMatchObject({ live: 1, tombstones: 1 });
    await ledger.forget({ deliveries: LATER, tombstones: [{ pair: b.pair.pair, before: LATER }] });

    expect(await ledger.storeDelivery(delivery)).toBe(true);
    expect(await b.pair.countLinks("customer")).toMatchObject({ live: 1, tombstones: 0 });
  });

  test("the ledger answers a ping", async () => {
    await expect(open().ledger.ping()).resolves.toBeUndefined();
  });
}
