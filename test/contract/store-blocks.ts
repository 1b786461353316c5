// Block keys of scored match rules: who shares one, what is known of them, and when too many do.

import { expect, test } from "@jest/globals";
import type { Block, BlockMember } from "../../src/engine/ports/sighting.ts";
import { bench, id, linkWrite, sighting, type StoreUnderTest } from "./store-world.ts";

function names({ members }: Block): readonly string[] {
  return members
    .map(
      ({ side, id: own, linkId, sighted }) =>
        `${side} ${own}${linkId === null ? "" : " linked"}${sighted ? "" : " unseen"}`,
    )
    .toSorted((a, b) => (a < b ? -1 : 1));
}

export function storeBlocks(open: () => StoreUnderTest): void {
  test("a block names who has its key: unlinked records of both sides, and linked ones", async () => {
    const b = await bench(open());
    await b.commit({ links: [linkWrite("L1", "R1", { matchKeys: { left: ["0~ada", "0=x"], right: ["0~bob"] } })] });
    await b.pair.stage(b.run, [
      sighting("left", "L2", { matchKeys: ["0~ada", "0~eve"] }),
      sighting("left", "L3", { matchKeys: ["0~ada"], presence: "absent" }),
      sighting("right", "R2", { matchKeys: ["0~ada"] }),
    ]);

    const [ada, nobody, bob] = await b.pair.blocks(b.run, "customer", ["0~ada", "0~nobody", "0~bob"], false, 10);

    expect(ada === undefined ? [] : names(ada)).toEqual(["left L1 linked unseen", "left L2", "right R2"]);
    expect(nobody).toEqual({ key: "0~nobody", crowded: false, members: [] });
    expect(bob === undefined ? [] : names(bob)).toEqual(["right R1 linked unseen"]);
    expect(await b.pair.blocks(b.run, "customer", [], false, 10)).toEqual([]);
    expect(await b.pair.blocks(b.run, "invoice", ["0~ada"], false, 10)).toMatchObject([{ members: [] }]);
  });

  test("remembered records are named where they are asked for, and only when this run has not seen them", async () => {
    const b = await bench(open());
    const unlinked = (
      own: string,
    ): { entity: string; side: "left"; id: ReturnType<typeof id>; matchKeys: string[] } => ({
      entity: "customer",
      side: "left",
      id: id(own),
      matchKeys: ["0~ada", `0=${own}`],
    });
    await b.commit({ unlinked: [unlinked("L1"), unlinked("L2")] });
    await b.pair.stage(b.run, [sighting("left", "L2", { matchKeys: ["0~eve"] })]);

    const asked = async (remembered: boolean): Promise<readonly string[]> =>
      (await b.pair.blocks(b.run, "customer", ["0~ada"], remembered, 10)).flatMap(names);

    expect(await asked(false)).toEqual([]);
    expect(await asked(true)).toEqual(["left L1 unseen"]);
  });

  test("more of one side than may be make it crowded, and nobody is named", async () => {
    const b = await bench(open());
    const many = (side: "left" | "right", key: string, count: number): ReturnType<typeof sighting>[] =>
      Array.from({ length: count }, (_, n) => sighting(side, `${side}${key}${String(n)}`, { matchKeys: [key] }));
    await b.pair.stage(b.run, [
      ...many("left", "0~three", 3),
      ...many("right", "0~three", 3),
      ...many("left", "0~four", 4),
      ...many("right", "0~four", 1),
    ]);

    const [three, four] = await b.pair.blocks(b.run, "customer", ["0~three", "0~four"], false, 3);

    expect(three).toMatchObject({ crowded: false });
    expect(three?.members).toHaveLength(6);
    expect(four).toEqual({ key: "0~four", crowded: true, members: [] });
  });

  test("linked ones of one side that are more than may be are left out, and the others are named", async () => {
    const b = await bench(open());
    const keys = { left: ["0~ada"], right: null };
    await b.commit({
      links: ["1", "2", "3"].map((n) => linkWrite(`L${n}`, `R${n}`, { matchKeys: keys })),
    });
    await b.pair.stage(b.run, [sighting("right", "R9", { matchKeys: ["0~ada"] })]);

    const named = async (most: number): Promise<readonly string[]> =>
      (await b.pair.blocks(b.run, "customer", ["0~ada"], false, most)).flatMap(names);

    expect(await named(3)).toHaveLength(4);
    expect(await named(2)).toEqual(["right R9"]);
  });

  test("the match keys of members are told in their order, all or those that begin so", async () => {
    const b = await bench(open());
    await b.commit({
      links: [linkWrite("L1", "R1", { matchKeys: { left: ["0~ada", "0=one"], right: null } })],
      unlinked: [{ entity: "customer", side: "right", id: id("R3"), matchKeys: ["0~ada", "0=three"] }],
    });
    await b.pair.stage(b.run, [sighting("left", "L2", { matchKeys: ["0~ada", "0=two"] })]);
    const { id: linkId } = await b.link("L1");
    const members: readonly BlockMember[] = [
      { side: "right", id: id("R3"), linkId: null, sighted: false },
      { side: "left", id: id("L1"), linkId, sighted: false },
      { side: "left", id: id("L9"), linkId: null, sighted: true },
      { side: "left", id: id("L2"), linkId: null, sighted: true },
    ];

    const [all, begun] = [
      await b.pair.matchKeysOf(b.run, "customer", members, ""),
      await b.pair.matchKeysOf(b.run, "customer", members, "0="),
    ];

    expect(all).toEqual([["0~ada", "0=three"], ["0~ada", "0=one"], [], ["0~ada", "0=two"]]);
    expect(begun).toEqual([["0=three"], ["0=one"], [], ["0=two"]]);
  });
}
