// Promise 10 on the real engine: a server that puts its own value back after each of our writes, and what people answer.

import { describe, expect, test } from "@jest/globals";
import { scenarios, type Scenario } from "./scenario.ts";

const all = scenarios();

const INSISTS: Wanted = { b: "draft" };
const LETS: Wanted = {};

const MIRROR = "stage: { direction: a -> b, strength: strong }";

/** A record with a name and a stage, six runs after an automation of `b` began to set the stage back to "draft". */
async function flipping(fields: string): Promise<Scenario> {
  const s = await all.start({ fields });
  s.a.put("thing", { email: "ada@example.com", name: "Ada", stage: "final" });
  await sweeps(s, 6, INSISTS);
  return s;
}

/** An automation of each side that insists on its own stage, once our run is over; null: it lets ours stand. */
type Wanted = Readonly<Partial<Record<"a" | "b", string>>>;

async function sweeps(s: Scenario, times: number, wanted: Wanted): Promise<void> {
  for (let run = 0; run < times; run += 1) {
    await s.sweep();
    for (const side of ["a", "b"] as const) {
      const row = s.only(side);
      const stage = wanted[side];
      if (stage !== undefined && row["stage"] !== stage) s[side].edit("thing", row.id, { stage });
    }
  }
}

async function stageWrites(s: Scenario): Promise<number> {
  return (await s.effects()).filter((row) => row.op === "update" && row.fields["stage"] !== undefined).length;
}

describe("a field goes round in circles (promise 10)", () => {
  test("is written three times, then set aside in a case that lists the values; other fields flow", async () => {
    const s = await flipping(MIRROR);

    expect(await stageWrites(s)).toBe(3);
    const [found, ...others] = await s.cases();
    expect(others).toEqual([]);
    expect(found).toMatchObject({
      kind: "oscillation",
      field: "stage",
      values: {
        left: "final",
        right: "draft",
        writes: [{}, { side: "b", field: "stage", from: "draft", to: "final" }, {}, {}],
      },
    });
    s.a.edit("thing", s.only("a").id, { name: "Ada King" });
    await s.sweep();
    expect(s.only("b")).toMatchObject({ name: "Ada King", stage: "draft" });
    await s.expectQuiet();
    expect(await stageWrites(s)).toBe(3);
  });

  test("dismissed: both stay as they are, and what was written before counts no more", async () => {
    const s = await flipping(MIRROR);
    await s.resolve("oscillation", { kind: "dismiss" });
    await sweeps(s, 1, LETS);

    expect(await s.cases()).toEqual([]);
    expect([s.only("a")["stage"], s.only("b")["stage"]]).toEqual(["final", "draft"]);
    s.a.edit("thing", s.only("a").id, { stage: "shown" });
    await s.sweep();
    s.a.edit("thing", s.only("a").id, { stage: "final" });
    await s.sweep();
    expect(s.only("b")["stage"]).toBe("final");
    await s.expectQuiet();
  });

  test("a side is taken: it is written once more, and stays once the other system lets it", async () => {
    const s = await flipping(MIRROR);

    await s.resolve("oscillation", { kind: "take", side: "left" });
    await sweeps(s, 1, LETS);

    expect(s.only("b")["stage"]).toBe("final");
    expect(await s.cases()).toEqual([]);
    await s.expectQuiet();
  });

  test("the case closes by itself when the sides agree", async () => {
    const s = await flipping(MIRROR);

    s.b.edit("thing", s.only("b").id, { stage: "final" });
    await sweeps(s, 1, LETS);

    expect(await s.cases()).toEqual([]);
    await s.expectQuiet();
  });

  test("a person who goes to and fro on one side is followed", async () => {
    const s = await all.start({ fields: "stage: {}" });
    s.a.put("thing", { email: "ada@example.com", name: "Ada", stage: "draft" });
    await s.sweep();

    for (const stage of ["final", "draft", "final", "draft"]) {
      s.a.edit("thing", s.only("a").id, { stage });
      await s.sweep();
      expect(s.only("b")["stage"]).toBe(stage);
    }

    expect(await s.cases()).toEqual([]);
  });

  test("two systems that undo each other are stopped", async () => {
    const s = await all.start({ fields: "stage: {}" });
    s.a.put("thing", { email: "ada@example.com", name: "Ada", stage: "draft" });
    await s.sweep();
    const fight: Wanted = { a: "draft", b: "final" };
    s.b.edit("thing", s.only("b").id, { stage: "final" });

    await sweeps(s, 12, fight);

    const written = await stageWrites(s);
    expect((await s.cases()).filter((row) => row.field === "stage")).toHaveLength(1);
    await sweeps(s, 4, fight);
    expect(await stageWrites(s)).toBe(written);
    expect(written).toBeLessThanOrEqual(8);
  });
});
