// Contract of the store: leases, links, bases, and the commit that writes them.

import { expect, test } from "@jest/globals";
import { parseJson } from "../../src/core/json.ts";
import { Exact, isFields } from "../../src/core/value.ts";
import { LeaseLost } from "../../src/engine/ports/pair-store.ts";
import {
  at,
  bench,
  decision,
  hint,
  id,
  leaseOf,
  linkChange,
  linkId,
  linkWrite,
  runId,
  type StoreUnderTest,
} from "./store-world.ts";

export function storeLinks(open: () => StoreUnderTest): void {
  test("a lease is held by one, and the next one has a larger token", async () => {
    const pair = open().pair("lease-next");

    const first = await leaseOf(pair);
    const refused = await pair.acquireLease("other", 60_000);
    await pair.releaseLease(first);
    const second = await leaseOf(pair);

    expect(refused).toBeNull();
    expect(second.token).toBeGreaterThan(first.token);
    expect(await pair.renewLease(first, 60_000)).toBe(false);
    expect(await pair.renewLease(second, 60_000)).toBe(true);
  });

  test("of twenty who want a lease at once one gets it", async () => {
    const pair = open().pair("lease-crowd");

    const got = await Promise.all(
      Array.from({ length: 20 }, (_, n) => pair.acquireLease(`owner ${String(n)}`, 60_000)),
    );

    expect(got.filter((lease) => lease !== null)).toHaveLength(1);
  });

  test("a holder whose lease ran out and was taken can write nothing more", async () => {
    const b = await bench(open());
    await b.pair.renewLease(b.lease, 0);
    await leaseOf(b.pair);

    await expect(b.commit({ links: [linkWrite("L1", "R1")] })).rejects.toThrow(LeaseLost);
    await expect(b.pair.saveIntents(b.lease, [intentLike()])).rejects.toThrow(LeaseLost);
    await expect(b.pair.forgetUnconfirmed(b.lease, b.run, "customer")).rejects.toThrow(LeaseLost);
    expect(await b.pair.linksBy("customer", "left", [id("L1")])).toEqual([]);
    expect(await b.pair.openIntents()).toEqual([]);
  });

  test("a lease that ran out and was not taken is still good", async () => {
    const b = await bench(open());
    await b.pair.renewLease(b.lease, 0);

    await b.commit({ links: [linkWrite("L1", "R1")] });

    expect((await b.link("L1")).right).toBe("R1");
  });

  test("a released lease can neither be renewed nor used", async () => {
    const b = await bench(open());
    await b.pair.releaseLease(b.lease);

    expect(await b.pair.renewLease(b.lease, 60_000)).toBe(false);
    await expect(b.commit({})).rejects.toThrow(LeaseLost);
  });

  test("a link is found from both sides, with its fingerprints and versions", async () => {
    const b = await bench(open());

    await b.commit({
      links: [
        linkWrite("L1", "R1", {
          fingerprints: { left: "ffffffffffffffff", right: "8000000000000000" },
          versions: { left: "v1", right: null },
        }),
        linkWrite("L2", "R2", { fingerprints: { left: "0000000000000001", right: null } }),
      ],
    });

    const fromLeft = await b.pair.linksBy("customer", "left", [id("L1"), id("nobody")]);
    expect(fromLeft).toEqual([
      {
        id: expect.any(String),
        entity: "customer",
        left: "L1",
        right: "R1",
        state: "live",
        fingerprints: { left: "ffffffffffffffff", right: "8000000000000000" },
        versions: { left: "v1", right: null },
        since: expect.any(Number),
      },
    ]);
    expect(await b.pair.linksBy("customer", "right", [id("R1")])).toEqual(fromLeft);
    expect((await b.link("L2")).fingerprints).toEqual({ left: "0000000000000001", right: null });
    expect(await b.pair.linksBy("invoice", "left", [id("L1")])).toEqual([]);
    expect(await b.pair.linksBy("customer", "left", [])).toEqual([]);
  });

  test("pairs do not see each other's links", async () => {
    const [a, b] = [await bench(open()), await bench(open())];
    await a.commit({ links: [linkWrite("L1", "R1")] });

    await b.commit({ links: [linkWrite("L1", "R9")] });

    expect((await a.link("L1")).right).toBe("R1");
    expect((await b.link("L1")).right).toBe("R9");
  });

  test("bases are merged by name, and the others stay", async () => {
    const b = await bench(open());
    await b.commit({
      links: [linkWrite("L1", "R1", { bases: { left: { name: "Ada", city: "London" }, right: { name: "ADA" } } })],
    });
    const link = await b.link("L1");

    await b.commit({ links: [linkChange(link, { bases: { left: { city: null, tags: ["x"] }, right: {} } })] });

    const bases = await b.pair.bases([link.id]);
    expect(bases.get(link.id)).toEqual({
      left: { name: "Ada", city: null, tags: ["x"] },
      right: { name: "ADA" },
      matchKeys: { left: [], right: [] },
    });
  });

  test("match keys are replaced where given, else kept", async () => {
    const b = await bench(open());
    await b.commit({ links: [linkWrite("L1", "R1", { matchKeys: { left: ["0:a"], right: ["0:b"] } })] });
    const link = await b.link("L1");

    await b.commit({ links: [linkChange(link, { matchKeys: { left: ["0:c", "1:d"], right: null } })] });
    await b.commit({ links: [linkChange(link, { bases: { left: { name: "x" }, right: {} } })] });

    expect((await b.pair.bases([link.id])).get(link.id)?.matchKeys).toEqual({ left: ["0:c", "1:d"], right: ["0:b"] });
  });

  test("a base keeps every digit and every character", async () => {
    const b = await bench(open());
    const exact = parseJson(
      '{"big":12345678901234567890,"fine":0.1234567890123456789,"deep":[{"price":99999999999999999999.99}]}',
    );
    if (!isFields(exact)) throw new Error("not an object");
    const odd = {
      nul: "a\0b",
      half: "cut \ud83d",
      lone: "\udc00x",
      mark: "\ue000 \ue0000000",
      pair: "😀",
      slashes: "\\u0000 \\\\ud83d",
      "key\0": 1,
    };

    await b.commit({ links: [linkWrite("L1", "R1", { bases: { left: exact, right: odd } })] });

    const link = await b.link("L1");
    const bases = (await b.pair.bases([link.id])).get(link.id);
    expect(bases?.left["big"]).toEqual(new Exact("12345678901234567890"));
    expect(bases?.left).toEqual(exact);
    expect(bases?.right).toEqual(odd);
  });

  test("ids, versions and keys may hold any character", async () => {
    const b = await bench(open());
    const odd = "a\0b\ud83d'\"\\{}, \ue000";

    await b.commit({
      links: [linkWrite(odd, "R1", { versions: { left: odd, right: null }, matchKeys: { left: [odd], right: null } })],
    });

    const link = await b.link(odd);
    expect(link.left).toBe(odd);
    expect(link.versions.left).toBe(odd);
    expect((await b.pair.bases([link.id])).get(link.id)?.matchKeys.left).toEqual([odd]);
    expect(await b.pair.linksBy("customer", "left", [id("a")])).toEqual([]);
  });

  test("a new link of two ids that are linked already updates that link", async () => {
    const b = await bench(open());
    await b.commit({ links: [linkWrite("L1", "R1", { bases: { left: { name: "a" }, right: {} } })] });
    const before = await b.link("L1");

    await b.commit({
      links: [
        linkWrite("L1", "R1", { state: "frozen", bases: { left: {}, right: { name: "b" } } }),
        linkWrite("L2", "R2"),
      ],
    });

    const after = await b.link("L1");
    expect(after).toEqual({ ...before, state: "frozen", since: after.since });
    expect((await b.pair.bases([after.id])).get(after.id)).toMatchObject({ left: { name: "a" }, right: { name: "b" } });
    expect((await b.link("L2")).right).toBe("R2");
  });

  test.each([
    ["left", linkWrite("L1", "R2")],
    ["right", linkWrite("L2", "R1")],
  ] as const)(
    "an id that is linked on its %s side is refused, both links are named, and nothing is stored",
    async (_side, write) => {
      const b = await bench(open());
      await b.commit({ links: [linkWrite("L1", "R1")] });

      const refused = b.commit({
        links: [linkWrite("L5", "R5"), write],
        cursors: [{ entity: "customer", side: "left", cursor: "moved" }],
      });

      await expect(refused).rejects.toThrow(new RegExp(`${write.left} = ${write.right}.*L1 = R1`));
      expect(await b.pair.linksBy("customer", "left", [id("L5"), id("L2")])).toEqual([]);
      expect(await b.pair.cursor("customer", "left")).toBeNull();
    },
  );

  test("two new links of one commit may not share an id", async () => {
    const b = await bench(open());

    await expect(b.commit({ links: [linkWrite("L1", "R1"), linkWrite("L1", "R2")] })).rejects.toThrow(
      /L1 = R2.*L1 = R1/,
    );

    expect(await b.pair.countLinks("customer")).toEqual({ live: 0, frozen: 0, tombstones: 0 });
  });

  test("a link moves to another id of its side, unless that is taken", async () => {
    const b = await bench(open());
    await b.commit({ links: [linkWrite("L1", "R1"), linkWrite("L2", "R2")] });
    const link = await b.link("L1");

    await expect(b.commit({ links: [linkChange(link, { left: id("L2") })] })).rejects.toThrow(/L2 = R1.*L2 = R2/);
    await b.commit({ links: [linkChange(link, { left: id("L3") })] });

    const moved = await b.link("L3");
    expect(moved).toEqual({ ...link, left: "L3", since: moved.since });
    expect(await b.pair.linksBy("customer", "left", [id("L1")])).toEqual([]);
  });

  test("a link that moves is as young as a new one: its record may show late", async () => {
    const b = await bench(open());
    await b.commit({ links: [linkWrite("L1", "R1")] });
    const link = await b.link("L1");
    await new Promise((resolve) => setTimeout(resolve, 5));

    await b.commit({ links: [linkChange(link, {})] });
    const kept = await b.link("L1");
    await b.commit({ links: [linkChange(link, { left: id("L3") })] });

    expect(kept.since).toBe(link.since);
    expect((await b.link("L3")).since).toBeGreaterThan(link.since);
  });

  test("an update replaces each side's fingerprint and version with its own", async () => {
    const b = await bench(open());
    await b.commit({ links: [linkWrite("L1", "R1", { versions: { left: "v1", right: "w1" } })] });
    const link = await b.link("L1");
    const seen = {
      fingerprints: { left: "1111111111111111", right: "2222222222222222" },
      versions: { left: "v2", right: null },
    };

    await b.commit({ links: [linkChange(link, seen)] });

    expect(await b.link("L1")).toEqual({ ...link, ...seen });
  });

  test("a link that does not exist cannot be updated", async () => {
    const b = await bench(open());

    await expect(b.commit({ links: [linkWrite("L1", "R1", { id: linkId("999999999") })] })).rejects.toThrow(
      /999999999/,
    );
  });

  test("one commit may unlink a record and link it anew", async () => {
    const b = await bench(open());
    await b.commit({ links: [linkWrite("L1", "R1"), linkWrite("L2", "R2")] });
    const [first, second] = [await b.link("L1"), await b.link("L2")];

    await b.commit({
      links: [
        linkWrite("L3", "R2"),
        linkChange(first, { right: id("R9") }),
        linkChange(second, { state: "tombstone", reason: "gone" }),
        linkWrite("L4", "R1"),
      ],
    });

    expect((await b.link("L3")).right).toBe("R2");
    expect((await b.link("L4")).right).toBe("R1");
    expect((await b.link("L1")).right).toBe("R9");
  });

  test("a tombstone is found by its ids, and goes when one of them is linked again", async () => {
    const b = await bench(open());
    await b.commit({ links: [linkWrite("L1", "R1"), linkWrite("L2", "R2")] });
    await b.commit({
      links: [linkChange(await b.link("L1"), { state: "tombstone" }), linkWrite("L2", "R2", { state: "tombstone" })],
    });

    expect((await b.pair.linksBy("customer", "right", [id("R1")])).map((link) => link.state)).toEqual(["tombstone"]);
    expect(await b.pair.countLinks("customer")).toEqual({ live: 0, frozen: 0, tombstones: 2 });

    await b.commit({ links: [linkWrite("L1", "R8"), linkWrite("L9", "R2")] });

    expect(await b.pair.countLinks("customer")).toEqual({ live: 2, frozen: 0, tombstones: 0 });
  });

  test("a tombstone can be written for two records that were never linked", async () => {
    const b = await bench(open());

    await b.commit({ links: [linkWrite("L1", "R1", { state: "tombstone" })] });

    expect((await b.pair.linksBy("customer", "left", [id("L1")])).map((link) => link.state)).toEqual(["tombstone"]);
  });

  test("a link that a person removed while a run worked stays removed", async () => {
    const store = open();
    const b = await bench(store);
    await b.commit({ links: [linkWrite("L1", "R1")] });
    const link = await b.link("L1");
    await store.ledger.removeLink(b.pair.pair, "customer", id("L1"), id("R1"), "ada");

    await b.commit({ links: [linkChange(link, { state: "live" })] });

    expect((await b.pair.linksBy("customer", "left", [id("L1")])).map((each) => each.state)).toEqual(["tombstone"]);
  });

  test("counterparts are those of live links alone", async () => {
    const b = await bench(open());
    await b.commit({
      links: [
        linkWrite("L1", "R1"),
        linkWrite("L2", "R2", { state: "frozen" }),
        linkWrite("L3", "R3", { state: "tombstone" }),
      ],
    });

    const left = await b.pair.counterparts("customer", "left", [id("L1"), id("L2"), id("L3"), id("L4")]);
    const right = await b.pair.counterparts("customer", "right", [id("R1"), id("R2")]);

    expect([...left]).toEqual([["L1", "R1"]]);
    expect([...right]).toEqual([["R1", "L1"]]);
    expect(await b.pair.countLinks("customer")).toEqual({ live: 1, frozen: 1, tombstones: 1 });
  });

  test("a commit that fails in its last part leaves nothing of the others", async () => {
    const b = await bench(open());
    await b.pair.saveIntents(b.lease, [intentLike({ run: b.run })]);

    const failing = b.commit({
      links: [linkWrite("L1", "R1")],
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
          intentId: "i1",
        },
      ],
      intentsDone: ["i1"],
      cases: [
        {
          entity: "customer",
          left: id("L1"),
          right: null,
          open: [{ kind: "conflict", field: "name", left: id("L1"), right: null, values: {} }],
        },
      ],
      quarantined: [{ entity: "customer", side: "left", record: id("L1"), code: "x", message: "y", next: null }],
      parked: [
        {
          entity: "customer",
          side: "left",
          id: id("L1"),
          parentEntity: "company",
          parentSide: "left",
          parentId: id("C1"),
        },
      ],
      // A due time that is no time at all.
      hints: [hint("left", "L1", 1e300)],
      cursors: [{ entity: "customer", side: "left", cursor: "moved" }],
    });

    await expect(failing).rejects.toThrow();
    expect(await b.pair.linksBy("customer", "left", [id("L1")])).toEqual([]);
    expect(await b.pair.openIntents()).toHaveLength(1);
    expect(await b.pair.countOpen("customer")).toEqual({ cases: 0, parked: 0, quarantined: 0 });
    expect(await b.pair.dueHints("customer", "left", at(Date.now() + 1e6), 10)).toEqual([]);
    expect(await open().ledger.effects({ run: b.run, link: null, limit: 10 })).toEqual([]);
    expect(await b.pair.cursor("customer", "left")).toBeNull();
  });
}

function intentLike(more: { run?: ReturnType<typeof runId> } = {}) {
  const seen = { fingerprint: null, version: null, matchKeys: [] };
  return {
    id: "i1",
    run: more.run ?? runId("r_1"),
    entity: "customer",
    op: "create" as const,
    side: "right" as const,
    record: null,
    key: "k",
    body: {},
    bodyHash: "h",
    version: null,
    writeIndex: 0,
    decision: decision(),
    seen: { left: seen, right: seen },
    openedAt: at(1_700_000_000_000),
    attempts: 0,
  };
}
