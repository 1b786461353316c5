// Contract of the store: what a run saw, what follows from it, and what it decided.

import { expect, test } from "@jest/globals";
import { parseJson } from "../../src/core/json.ts";
import { isFields } from "../../src/core/value.ts";
import type { Print, Subject } from "../../src/engine/ports/sighting.ts";
import {
  at,
  bench,
  decision,
  id,
  linkChange,
  linkWrite,
  report,
  runId,
  sighting,
  unchanged,
  type Bench,
  type StoreUnderTest,
} from "./store-world.ts";

/** All subjects, read in pages of this size. */
async function subjectsBy(b: Bench, limit: number): Promise<readonly Subject[]> {
  const all: Subject[] = [];
  let after: string | null = null;
  for (;;) {
    const page = await b.pair.subjects(b.run, "customer", after, limit);
    all.push(...page.subjects);
    if (page.next === null) return all;
    after = page.next;
  }
}

/** A subject in a few letters: `link state: left right`, `!` for differing. */
function told(subject: Subject): string {
  const side = (seen: Subject["left"]) => (seen === null ? "-" : `${seen.id}${seen.differs ? "!" : ""}`);
  return `${subject.link?.state ?? "none"}: ${side(subject.left)} ${side(subject.right)}`;
}

export function storeSightings(open: () => StoreUnderTest): void {
  test("what is to be decided comes linked first, then unlinked left, then unlinked right, whatever the page size", async () => {
    const b = await bench(open());
    await b.commit({
      links: [
        linkWrite("L9", "R1"),
        linkWrite("L1", "R9"),
        linkWrite("L2", "R2"),
        linkWrite("L3", "R3", { state: "frozen" }),
        linkWrite("L4", "R4", { state: "tombstone" }),
        linkWrite("L5", "R5"),
      ],
    });
    await b.pair.stage(b.run, [
      sighting("right", "R1"),
      unchanged("left", "L9"),
      sighting("left", "L1"),
      sighting("right", "R9"),
      unchanged("left", "L2"),
      unchanged("right", "R2"),
      sighting("left", "L3", { presence: "out-of-scope" }),
      sighting("left", "L4"),
      sighting("left", "B new"),
      sighting("left", "a new"),
      sighting("left", "é new"),
      sighting("right", "Z new"),
      sighting("right", "A new"),
      sighting("right", "R5", { presence: "absent", record: null }),
    ]);

    const whole = await subjectsBy(b, 100);

    expect(whole.map(told)).toEqual([
      "live: L9 R1!",
      "live: L1! R9!",
      "frozen: L3! -",
      "live: - R5!",
      "none: B new! -",
      "tombstone: L4! -",
      "none: a new! -",
      "none: é new! -",
      "none: - A new!",
      "none: - Z new!",
    ]);
    for (const limit of [1, 2, 3, 4, 5, 8, 9, 10, 11]) expect(await subjectsBy(b, limit)).toEqual(whole);
  });

  test("a subject carries its link and the whole of its sightings", async () => {
    const b = await bench(open());
    await b.commit({ links: [linkWrite("L1", "R1", { versions: { left: "v1", right: null } })] });
    const record = parseJson('{"z":1,"a":{"amount":1234567890.12345678901},"nul":"a\\u0000b"}');
    if (!isFields(record)) throw new Error("not an object");
    const left = sighting("left", "L1", {
      record,
      version: "v2",
      modified: at(1_700_000_000_123),
      matchKeys: [],
      fingerprint: "fedcba9876543210",
    });
    const right = sighting("right", "R1", { presence: "unknown", record: null, fingerprint: null });
    await b.pair.stage(b.run, [left, right]);

    const [subject] = await subjectsBy(b, 10);

    expect(subject).toEqual({ entity: "customer", link: await b.link("L1"), left, right });
    expect(Object.keys(subject?.left?.record ?? {})).toEqual(["z", "a", "nul"]);
    expect(await b.pair.sighted(b.run, "customer", "left", [id("L1"), id("L2")])).toEqual([left]);
  });

  test("a record seen again replaces what was seen before, also within a page", async () => {
    const b = await bench(open());
    await b.commit({ links: [linkWrite("L1", "R1")] });
    await b.pair.stage(b.run, [
      sighting("left", "L1"),
      sighting("left", "L2", { version: "1" }),
      sighting("left", "L2", { version: "2" }),
    ]);
    await b.pair.stage(b.run, [unchanged("left", "L1")]);

    const subjects = await subjectsBy(b, 10);

    expect(subjects.map(told)).toEqual(["none: L2! -"]);
    expect(subjects[0]?.left?.version).toBe("2");
    expect(await b.pair.countSighted(b.run, "customer", "left")).toBe(2);
  });

  test("a record that was linked by hand after it was seen is left to the next run", async () => {
    const store = open();
    const b = await bench(store);
    await b.pair.stage(b.run, [sighting("left", "L1"), sighting("left", "L2"), sighting("right", "R1")]);
    await store.ledger.addLink(b.pair.pair, "customer", id("L1"), id("R1"), "ada");

    expect((await subjectsBy(b, 1)).map(told)).toEqual(["none: L2! -"]);
  });

  test("counts tell what was seen, and links unchanged on both sides", async () => {
    const b = await bench(open());
    await b.commit({
      links: [
        linkWrite("L1", "R1"),
        linkWrite("L2", "R2"),
        linkWrite("L3", "R3"),
        linkWrite("L4", "R4", { state: "frozen" }),
      ],
    });
    await b.pair.stage(b.run, [
      unchanged("left", "L1"),
      unchanged("right", "R1"),
      unchanged("left", "L2"),
      sighting("right", "R2"),
      unchanged("left", "L3"),
      unchanged("left", "L4"),
      unchanged("right", "R4"),
      sighting("left", "L5", { presence: "out-of-scope" }),
      sighting("left", "L6", { presence: "absent" }),
      sighting("left", "L7", { presence: "unknown" }),
      sighting("left", "X", { entity: "invoice" }),
    ]);

    expect(await b.pair.countUnchanged(b.run, "customer")).toBe(1);
    expect(await b.pair.countSighted(b.run, "customer", "left")).toBe(5);
    expect(await b.pair.countSighted(b.run, "customer", "right")).toBe(3);
  });

  test("whether somebody without a link was seen is told of each side", async () => {
    const b = await bench(open());
    await b.commit({ links: [linkWrite("L1", "R1")] });
    await b.pair.stage(b.run, [sighting("left", "L1"), unchanged("right", "R1"), sighting("right", "R2")]);

    expect(await b.pair.hasLone(b.run, "customer", "left")).toBe(false);
    expect(await b.pair.hasLone(b.run, "customer", "right")).toBe(true);
    expect(await b.pair.hasLone(b.run, "invoice", "right")).toBe(false);
  });

  test("records that show what their links remember are seen, and nothing is to be decided of them", async () => {
    const b = await bench(open());
    await b.commit({
      links: [
        linkWrite("L1", "R1", { versions: { left: "v1", right: null } }),
        linkWrite("L2", "R2", { versions: { left: "v1", right: null } }),
        linkWrite("L3", "R3", { state: "frozen" }),
        linkWrite("L4", "R4", { state: "tombstone" }),
        linkWrite("L5", "R5"),
        linkWrite("L6", "R6"),
      ],
    });
    const print = async (left: string, version: string | null): Promise<Print> => {
      const fingerprint = (await b.link(left)).fingerprints.left ?? "";
      return { id: id(left), version, modified: null, fingerprint };
    };
    const other = { id: id("L5"), version: null, modified: null, fingerprint: "00000000000000ff" };
    const page = [await print("L1", "v1"), await print("L2", "v2"), await print("L3", null), other];
    const nobody = { id: id("L9"), version: null, modified: null, fingerprint: "00000000000000fe" };

    const same = await b.pair.stageUnchanged(b.run, "customer", "left", [...page, nobody]);
    await b.pair.stage(b.run, [unchanged("right", "R1"), unchanged("right", "R3"), sighting("right", "R2")]);

    expect([...same]).toEqual(["L1", "L2", "L3"]);
    expect(await b.pair.countSighted(b.run, "customer", "left")).toBe(3);
    expect(await b.pair.countUnchanged(b.run, "customer")).toBe(1);
    expect((await b.pair.unsighted(b.run, "customer", "left", null, 10)).map((link) => link.left)).toEqual([
      "L5",
      "L6",
    ]);
    // Another version than the remembered one is told to whoever writes on it.
    const [subject] = await subjectsBy(b, 10);
    expect([subject?.left?.version, subject?.left?.differs, subject?.right?.differs]).toEqual(["v2", false, true]);
  });

  test("of a record that a listing shows twice, the later look stands", async () => {
    const b = await bench(open());
    await b.commit({ links: [linkWrite("L1", "R1"), linkWrite("L2", "R2")] });
    const print = async (left: string): Promise<Print> => ({
      id: id(left),
      version: null,
      modified: null,
      fingerprint: (await b.link(left)).fingerprints.left ?? "",
    });

    await b.pair.stageUnchanged(b.run, "customer", "left", [await print("L1"), await print("L2")]);
    await b.pair.stage(b.run, [sighting("left", "L1")]);
    expect((await subjectsBy(b, 10)).map(told)).toEqual(["live: L1! -"]);
    expect(await b.pair.countSighted(b.run, "customer", "left")).toBe(2);

    await b.pair.stageUnchanged(b.run, "customer", "left", [await print("L1")]);
    expect(await subjectsBy(b, 10)).toEqual([]);
    expect(await b.pair.countSighted(b.run, "customer", "left")).toBe(2);

    await b.pair.clearSightings(b.run, "customer");
    expect(await b.pair.countSighted(b.run, "customer", "left")).toBe(0);
    expect(await b.pair.unsighted(b.run, "customer", "left", null, 10)).toHaveLength(2);
  });

  test("links whose record was not seen come in pages, tombstones never", async () => {
    const b = await bench(open());
    await b.commit({
      links: [
        ...["1", "2", "3", "4"].map((n) => linkWrite(`L${n}`, `R${n}`)),
        linkWrite("L5", "R5", { state: "frozen" }),
        linkWrite("L6", "R6", { state: "tombstone" }),
      ],
    });
    await b.pair.stage(b.run, [unchanged("left", "L2"), unchanged("right", "R1")]);

    const first = await b.pair.unsighted(b.run, "customer", "left", null, 2);
    const second = await b.pair.unsighted(b.run, "customer", "left", first.at(-1)?.id ?? null, 10);

    expect(first.map((link) => link.left)).toEqual(["L1", "L3"]);
    expect(second.map((link) => link.left)).toEqual(["L4", "L5"]);
    expect((await b.pair.unsighted(b.run, "customer", "right", null, 10)).map((link) => link.right)).toEqual([
      "R2",
      "R3",
      "R4",
      "R5",
    ]);
  });

  test("candidates are unlinked records of this run and records of links, by key", async () => {
    const b = await bench(open());
    await b.commit({
      links: [
        linkWrite("L1", "R1", { matchKeys: { left: ["0:ada"], right: null } }),
        linkWrite("L2", "R2", { state: "frozen", matchKeys: { left: ["0:ada", "1:x"], right: null } }),
        linkWrite("L8", "R8", { state: "tombstone" }),
      ],
    });
    const [live, frozen] = [await b.link("L1"), await b.link("L2")];
    await b.pair.stage(b.run, [
      sighting("left", "L3", { matchKeys: ["0:ada", "1:y"] }),
      sighting("left", "L4", { matchKeys: ["0:bob"] }),
      sighting("left", "L5", { matchKeys: ["0:ada"], presence: "absent" }),
      sighting("left", "L8", { matchKeys: ["0:ada"] }),
      sighting("right", "R3", { matchKeys: ["0:ada"] }),
      sighting("left", "L2"),
    ]);

    const found = await b.pair.candidates(b.run, "customer", "left", ["0:ada", "1:x", "0:nobody"], false);

    expect(found).toEqual([
      { key: "0:ada", id: "L1", linkId: live.id, sighted: false },
      { key: "0:ada", id: "L2", linkId: frozen.id, sighted: true },
      { key: "0:ada", id: "L3", linkId: null, sighted: true },
      { key: "1:x", id: "L2", linkId: frozen.id, sighted: true },
    ]);
    expect(await b.pair.candidates(b.run, "customer", "left", [], false)).toEqual([]);
    expect(await b.pair.candidates(b.run, "invoice", "left", ["0:ada"], false)).toEqual([]);
  });

  test("a match key may be as long as a novel", async () => {
    const b = await bench(open());
    // Long, and not to be compressed.
    const noise = Array.from({ length: 20_000 }, (_, n) => String.fromCodePoint(0x4e00 + ((n * n * 7919) % 20_000)));
    const key = `0:${noise.join("")}`;
    await b.commit({ links: [linkWrite("L1", "R1", { matchKeys: { left: [key], right: null } })] });
    await b.pair.stage(b.run, [sighting("left", "L2", { matchKeys: [key] })]);

    const found = await b.pair.candidates(b.run, "customer", "left", [key, `${key}!`], false);

    expect(found.map((each) => [each.id, each.key === key])).toEqual([
      ["L1", true],
      ["L2", true],
    ]);
  });

  test("cleared sightings are forgotten, of that entity alone", async () => {
    const b = await bench(open());
    await b.pair.stage(b.run, [sighting("left", "L1"), sighting("left", "I1", { entity: "invoice" })]);

    await b.pair.clearSightings(b.run, "customer");

    expect(await subjectsBy(b, 10)).toEqual([]);
    expect(await b.pair.countSighted(b.run, "invoice", "left")).toBe(1);
  });

  test("a run that was never started cannot stage", async () => {
    const b = await bench(open());

    await expect(b.pair.stage(runId("r_other"), [sighting("left", "L1")])).rejects.toThrow(/r_other/);
    await expect(b.pair.saveDecisions(runId("r_other"), [planned(1)])).rejects.toThrow(/r_other/);
  });

  test("decisions come back as they were, in their order", async () => {
    const b = await bench(open());
    const current = parseJson('{"b":1,"a":12345678901234567890}');
    if (!isFields(current)) throw new Error("not an object");
    const page = [
      planned(7, { current: { left: current, right: null } }),
      planned(3),
      planned(5, { actionHash: "abc" }),
    ];
    await b.pair.saveDecisions(b.run, page);
    await b.pair.saveDecisions(b.run, [planned(9, { decision: decision({ entity: "invoice" }) })]);

    const first = await b.pair.decisions(b.run, "customer", -1, 2);
    const rest = await b.pair.decisions(b.run, "customer", 5, 10);

    expect(first).toEqual([page[1], page[2]]);
    expect(rest).toEqual([page[0]]);
    expect(Object.keys(rest[0]?.current.left ?? {})).toEqual(["b", "a"]);

    await b.pair.clearDecisions(b.run);
    expect(await b.pair.decisions(b.run, "customer", -1, 10)).toEqual([]);
  });

  test("the end of a run forgets what it saw and decided, and keeps its report", async () => {
    const b = await bench(open());
    await b.pair.stage(b.run, [sighting("left", "L1")]);
    await b.pair.saveDecisions(b.run, [planned(1)]);

    await b.pair.endRun(b.run, report(b.pair.pair, b.run));

    expect(await b.pair.countSighted(b.run, "customer", "left")).toBe(0);
    expect(await b.pair.decisions(b.run, "customer", -1, 10)).toEqual([]);
    const row = await open().ledger.run(b.run);
    expect(row).toEqual({
      pair: b.pair.pair,
      run: b.run,
      kind: "sweep",
      startedAt: expect.any(Number),
      endedAt: expect.any(Number),
      report: report(b.pair.pair, b.run),
    });
    await expect(b.pair.endRun(runId("r_other"), report(b.pair.pair, b.run))).rejects.toThrow(/r_other/);
  });

  test("a new run clears what a run that died had staged, and another pair's run stays", async () => {
    const store = open();
    const [dead, alive] = [await bench(store), await bench(store)];
    await dead.pair.stage(dead.run, [sighting("left", "L1")]);
    await alive.pair.stage(alive.run, [sighting("left", "L1")]);

    await dead.pair.startRun(runId(`${dead.run}-next`), "changes");

    expect(await dead.pair.countSighted(dead.run, "customer", "left")).toBe(0);
    expect(await alive.pair.countSighted(alive.run, "customer", "left")).toBe(1);
    expect((await store.ledger.run(dead.run))?.endedAt).toBeNull();
  });

  test("a link that was moved is one subject with the sighting of its new id", async () => {
    const b = await bench(open());
    await b.commit({ links: [linkWrite("L1", "R1")] });
    await b.pair.stage(b.run, [sighting("right", "R1"), unchanged("left", "L1")]);
    await b.commit({ links: [linkChange(await b.link("L1"), { left: id("L2") })] });

    expect((await subjectsBy(b, 10)).map(told)).toEqual(["live: - R1!"]);
  });
}

function planned(seq: number, more: Partial<Parameters<Bench["pair"]["saveDecisions"]>[1][number]> = {}) {
  const seen = { fingerprint: "0000000000000000", version: "v", matchKeys: ["0:a"] };
  return {
    seq,
    decision: decision(),
    seen: { left: seen, right: { ...seen, fingerprint: null } },
    current: { left: null, right: null },
    actionHash: null,
    ...more,
  };
}
