// Contract of the store: what is held against the systems of a pair as a whole (another account, a restored backup, drifted
// fields), writes that were refused, and a person's acceptance of all that.

import { expect, test } from "@jest/globals";
import { at, bench, id, linkWrite, sighting, type Bench, type StoreUnderTest } from "./store-world.ts";

const values = (found: string) => ({ values: { reason: "wrong-epoch", found } });
const CITY = { entity: "customer", side: "right", field: "city" } as const;

export function storeStanding(open: () => StoreUnderTest): void {
  const casesOf = async (b: Bench) =>
    (await open().ledger.cases({ pair: b.pair.pair, limit: 100 })).map(({ kind, field, answer }) => [
      kind,
      field,
      answer?.kind ?? null,
    ]);
  const accept = (b: Bench, forgetLinks = false) => open().ledger.acceptState(b.pair.pair, { forgetLinks }, "ada");
  const accepted = async (b: Bench): Promise<number> =>
    (await open().ledger.auditRows(1000)).filter(
      ({ what, facts }) => what === "state accepted" && JSON.stringify(facts).includes(`"${b.pair.pair}"`),
    ).length;

  test("the account of a side is remembered by pair and side", async () => {
    const [b, other] = [await bench(open()), await bench(open())];
    expect(await b.pair.epochs()).toEqual({ left: null, right: null });

    await b.pair.rememberEpoch("left", "acme");
    await b.pair.rememberEpoch("right", "x");
    await b.pair.rememberEpoch("right", "y");

    expect(await b.pair.epochs()).toEqual({ left: "acme", right: "y" });
    expect(await other.pair.epochs()).toEqual({ left: null, right: null });
  });

  test("another account that a person accepts takes the place of the one remembered, and its case closes", async () => {
    const b = await bench(open());
    await b.pair.rememberEpoch("left", "acme");
    await b.pair.setGuardCase("customer", "left", "epoch", values("first"));
    await b.pair.setGuardCase("customer", "left", "epoch", values("second"));
    await b.pair.setGuardCase("customer", "right", "create", { values: {} });
    expect(await casesOf(b)).toHaveLength(2);

    expect(await accept(b)).toEqual(["epoch"]);

    expect(await b.pair.epochs()).toEqual({ left: "second", right: null });
    expect(await casesOf(b)).toEqual([["guard", null, null]]);
    expect(await accept(b)).toEqual([]);
    expect(await accepted(b)).toBe(1);
  });

  test("a restored backup that a person accepts takes versions and cursors with it: everything is looked at again", async () => {
    const b = await bench(open());
    await b.commit({
      links: [linkWrite("L1", "R1", { versions: { left: "7", right: "8" } })],
      cursors: [{ entity: "customer", side: "left", cursor: "c1" }],
    });
    expect(await accept(b)).toEqual([]);
    expect((await b.link("L1")).versions).toEqual({ left: "7", right: "8" });
    await b.pair.setGuardCase("customer", "left", "rewind", { values: {} });

    expect(await accept(b)).toEqual(["rewind"]);

    const nothing = { left: null, right: null };
    expect(await b.link("L1")).toMatchObject({ versions: nothing, fingerprints: nothing });
    expect(await b.pair.cursor("customer", "left")).toBeNull();
    expect(await casesOf(b)).toEqual([]);
  });

  test("a drifted field has one case, which outlives sweeps and decisions until it is over", async () => {
    const b = await bench(open());
    await b.pair.setDrift(CITY, { values: { count: 3 } });
    await b.pair.setDrift(CITY, { values: { count: 4 } });
    await b.commit({ cases: [{ entity: "customer", left: id("L1"), right: null, open: [] }] });
    await b.pair.forgetUnconfirmed(b.lease, b.run, "customer");

    expect(await casesOf(b)).toEqual([["drift", "city", null]]);
    expect(await b.pair.drifts()).toEqual([{ ...CITY, state: "open" }]);

    await b.pair.setDrift(CITY, null);
    expect([await casesOf(b), await b.pair.drifts()]).toEqual([[], []]);
  });

  test("an accepted drift is not asked about again while it lasts, and is forgotten when it is over", async () => {
    const b = await bench(open());
    await b.pair.setDrift(CITY, { values: {} });
    expect(await accept(b)).toEqual(["drift"]);
    expect(await accept(b)).toEqual([]);
    expect(await b.pair.drifts()).toEqual([{ ...CITY, state: "accepted" }]);

    for (let sweep = 0; sweep < 2; sweep += 1) {
      await b.pair.setDrift(CITY, { values: {} });
      expect([await casesOf(b), await b.pair.drifts()]).toEqual([[], [{ ...CITY, state: "accepted" }]]);
    }
    await b.pair.setDrift(CITY, null);
    expect(await b.pair.drifts()).toEqual([]);
    await b.pair.setDrift(CITY, { values: {} });
    expect(await b.pair.drifts()).toEqual([{ ...CITY, state: "open" }]);
  });

  test("an answer to the case of a drift accepts it, too; the two sides are told apart", async () => {
    const b = await bench(open());
    await b.pair.setDrift(CITY, { values: {} });
    await b.pair.setDrift({ ...CITY, side: "left" }, { values: {} });
    const [one] = await open().ledger.cases({ pair: b.pair.pair, limit: 1 });
    if (one === undefined) throw new Error("no case");
    await open().ledger.resolveCase(one.id, { kind: "dismiss" }, "ada");

    const states = new Map((await b.pair.drifts()).map(({ side, state }) => [side, state]));
    expect(states).toEqual(
      new Map([
        ["left", "accepted"],
        ["right", "open"],
      ]),
    );
  });

  test("forgetting the links of a pair leaves its history, nothing else, and no other pair's; a run under way loses its lease", async () => {
    const [b, other] = [await bench(open()), await bench(open())];
    for (const each of [b, other]) {
      await each.commit({
        links: [linkWrite("L1", "R1", { bases: { left: { name: "A" }, right: { name: "A" } } })],
        unlinked: [{ entity: "customer", side: "left", id: id("L2"), matchKeys: ["0:b"] }],
        quarantined: [{ entity: "customer", side: "left", record: id("L3"), code: "c", message: "m", next: null }],
        cursors: [{ entity: "customer", side: "left", cursor: "c1" }],
        hints: [{ entity: "customer", side: "left", id: id("L1"), channel: "manual", due: at(0) }],
        effects: [
          {
            entity: "customer",
            side: "right",
            op: "create",
            record: id("R1"),
            other: id("L1"),
            linkId: null,
            fields: {},
            reason: "new",
            intentId: null,
          },
        ],
      });
      await each.pair.rememberEpoch("left", "acme");
    }

    expect(await accept(b, true)).toEqual(["links"]);

    expect(await b.pair.countLinks("customer")).toEqual({ live: 0, frozen: 0, tombstones: 0 });
    expect(await open().ledger.figures(b.pair.pair)).toMatchObject({ quarantined: 0, backlog: 0, openIntents: 0 });
    expect(await b.pair.cursor("customer", "left")).toBeNull();
    expect(await b.pair.epochs()).toEqual({ left: "acme", right: null });
    expect(await open().ledger.effects({ run: b.run, link: null, limit: 9 })).toHaveLength(1);
    await expect(b.commit({ links: [linkWrite("L9", "R9")] })).rejects.toMatchObject({ name: "LeaseLost" });
    expect(await other.pair.countLinks("customer")).toMatchObject({ live: 1 });
    expect(await open().ledger.figures(other.pair.pair)).toMatchObject({ quarantined: 1, backlog: 1 });
    await other.commit({ links: [linkWrite("L9", "R9")] });
  });

  test("bases are counted by side and field: null and tombstones do not count", async () => {
    const b = await bench(open());
    const base = (name: string | null) => ({ bases: { left: { name, city: "Wien" }, right: { name: "x" } } });
    await b.commit({
      links: [
        linkWrite("L1", "R1", base("A")),
        linkWrite("L2", "R2", base(null)),
        linkWrite("L3", "R3", { ...base("C"), state: "frozen" }),
        linkWrite("L4", "R4"),
      ],
    });

    expect(await b.pair.countBases("customer", "left", ["name", "city", "none"])).toEqual(
      new Map([
        ["name", 1],
        ["city", 2],
        ["none", 0],
      ]),
    );
    expect(await b.pair.countBases("customer", "right", ["city"])).toEqual(new Map([["city", 0]]));
    expect(await b.pair.countBases("customer", "right", [])).toEqual(new Map());
  });

  test("a refused write is told with its digest, its attempts and its time", async () => {
    const b = await bench(open());
    const entry = { entity: "customer", side: "left", record: id("L1"), code: "HTTP_422", message: "no" } as const;
    await b.commit({ quarantined: [{ ...entry, refused: "d1", next: at(5000) }] });
    await b.commit({ quarantined: [{ ...entry, refused: "d2", next: at(9000) }] });
    await b.commit({ quarantined: [{ ...entry, record: id("L2"), next: null }] });
    await b.pair.stage(b.run, [sighting("left", "L1"), sighting("left", "L2")]);

    const rows = await b.pair.refusedWrites("customer", "left", [id("L1"), id("L2"), id("L3")]);

    expect(rows.toSorted((one, other) => (one.id < other.id ? -1 : 1))).toEqual([
      { id: "L1", refused: "d2", attempts: 2, next: 9000 },
      { id: "L2", refused: null, attempts: 1, next: null },
    ]);
    expect(await b.pair.refusedWrites("customer", "right", [id("L1")])).toEqual([]);
  });

  test("a link is found by its id, with its pair; another id is none", async () => {
    const b = await bench(open());
    await b.commit({ links: [linkWrite("L1", "R1")] });
    const { id: link } = await b.link("L1");

    expect(await open().ledger.link(link)).toMatchObject({
      id: link,
      pair: b.pair.pair,
      left: "L1",
      right: "R1",
      state: "live",
    });
    expect(await open().ledger.link("999999999" as typeof link)).toBeNull();
    expect(await open().ledger.link("no number" as typeof link)).toBeNull();
  });
}
