// Guards that look at all updates of an entity: pure, over made-up decisions.

import { describe, expect, test } from "@jest/globals";
import type { Decision, FieldWrite, Write } from "../../src/core/decision.ts";
import { entityTrips, withhold, type Trip } from "../../src/core/guard.ts";
import type { RemoteId } from "../../src/core/ids.ts";
import { addOneValues, oneValuesOver, type OneValueTally } from "../../src/core/one-value.ts";
import type { Guards } from "../../src/core/policy.ts";
import type { Value } from "../../src/core/value.ts";
import { cell, decide, policyOf } from "./world.ts";

const GUARDS: Guards = {
  create: null,
  update: null,
  delete: null,
  blank: null,
  empty: "refuse",
  allChanged: "refuse",
  oneValue: { floor: 25, fraction: 0.1 },
};
const LINKS = { entity: 100, pair: 100 };
const NONE: OneValueTally = new Map();

function field(name: string, before: Value, after: Value): FieldWrite {
  return {
    field: name,
    before: cell(before),
    after: { kind: "value", cell: cell(after) },
    sent: cell(after),
    writtenBase: null,
    blank: after === null,
    reason: "",
  };
}

function decisionOf(fields: readonly FieldWrite[], more: Partial<Write> = {}, entity = "thing"): Decision {
  const settled = decide({ left: "a", right: "a", baseLeft: "a", baseRight: "a" }, policyOf());
  const id = "r1" as RemoteId;
  return {
    ...settled,
    entity,
    writes: [{ op: "update", side: "right", id, version: null, fields, reason: "", ...more }],
  };
}

function tallyOf(decisions: readonly Decision[]): OneValueTally {
  const tally: OneValueTally = new Map();
  for (const decision of decisions) addOneValues(tally, decision);
  return tally;
}

const over = (count: number, before: (index: number) => Value, after: (index: number) => Value): readonly Decision[] =>
  Array.from({ length: count }, (_, index) => decisionOf([field("name", before(index), after(index))]));

describe("every record of an entity updated at once", () => {
  test.each([
    [100, 100, 1],
    [99, 99, 0],
    [100, 101, 0],
    [150, 120, 1],
  ])("%d updates of %d linked records trip %d times", (updates, entity, tripped) => {
    const found = entityTrips("thing", { left: 0, right: updates }, NONE, GUARDS, { entity, pair: entity });

    expect(found).toHaveLength(tripped);
    for (const trip of found)
      expect(trip).toEqual({
        side: "right",
        op: "update",
        count: updates,
        limit: updates - 1,
        only: { entity: "thing", why: "all-changed", value: null },
      });
  });

  test("is let through where the file allows it, and withholds no other entity's updates", () => {
    const allowed: Guards = { ...GUARDS, allChanged: "allow" };
    expect(entityTrips("thing", { left: 0, right: 100 }, NONE, allowed, LINKS)).toEqual([]);
    const tripped = entityTrips("thing", { left: 0, right: 100 }, NONE, GUARDS, LINKS);
    const own = decisionOf([field("name", "a", "b")]);
    const other = decisionOf([field("name", "a", "b")], {}, "order");

    expect(withhold(own, tripped)).toMatchObject({ writes: [], settledLeft: false, settledRight: false });
    expect(withhold(other, tripped)).toBe(other);
    const left = decisionOf([field("name", "a", "b")], { side: "left" });
    expect(withhold(left, tripped)).toBe(left);
  });
});

describe("one value over many", () => {
  const varied = (index: number): string => `name ${String(index)}`;

  test("is found over its limit, and not at it", () => {
    const tally = tallyOf(over(26, varied, () => "Unknown"));

    expect(oneValuesOver(tally, "thing", 26)).toEqual([]);
    expect(oneValuesOver(tally, "thing", 25)).toMatchObject([
      { side: "right", field: "name", value: "Unknown", count: 26 },
    ]);
    expect(oneValuesOver(tally, "order", 0)).toEqual([]);
  });

  test.each([
    ["few different values are overwritten", (index: number) => `status ${String(index % 19)}`, () => "done"],
    ["what is written differs too", varied, (index: number) => `other ${String(index)}`],
    ["nothing was there", () => null, () => "filled"],
    ["it is emptied, which has a guard of its own", varied, () => null],
  ])("is not said where %s", (_what, before, after) => {
    expect(oneValuesOver(tallyOf(over(300, before, after)), "thing", 25)).toEqual([]);
  });

  test("creates do not count", () => {
    const created = over(50, varied, () => "Unknown").map((decision) => ({
      ...decision,
      writes: decision.writes.map((write) => ({ ...write, op: "create" as const })),
    }));

    expect(oneValuesOver(tallyOf(created), "thing", 0)).toEqual([]);
  });

  test("is found among thousands of other values, in bounded memory, and never counted too high", () => {
    const decisions = Array.from({ length: 8000 }, (_, index) =>
      decisionOf([field("name", varied(index), index % 8 === 3 ? "Unknown" : `other ${String(index)}`)]),
    );
    const tally = tallyOf(decisions);
    const [found] = oneValuesOver(tally, "thing", 800);

    expect(found).toMatchObject({ value: "Unknown" });
    expect(found?.count).toBeLessThanOrEqual(1000);
    for (const counts of tally.values()) {
      expect(counts.size).toBeLessThanOrEqual(64);
      for (const each of counts.values()) expect(each.overwritten.size).toBeLessThanOrEqual(20);
    }
  });

  test("withholds that field where it gets that value; other fields and other values of the record flow", () => {
    const tally = tallyOf(over(30, varied, () => "Unknown"));
    const tripped = entityTrips("thing", { left: 0, right: 30 }, tally, GUARDS, LINKS);
    const names = (decision: Decision): readonly string[] =>
      withhold(decision, tripped).writes.flatMap((write) => write.fields.map((each) => each.field));

    expect(tripped).toMatchObject([{ op: "update", count: 30, limit: 25, only: { why: "one-value" } }]);
    expect(names(decisionOf([field("name", "a", "Unknown"), field("city", "a", "Unknown")]))).toEqual(["city"]);
    expect(names(decisionOf([field("name", "a", "Ada")]))).toEqual(["name"]);
    expect(names(decisionOf([field("name", "a", "Unknown")]))).toEqual([]);
    expect(names(decisionOf([field("name", null, "Unknown")], { op: "create", id: null }))).toEqual(["name"]);
    expect(names(decisionOf([field("name", "a", "Unknown")], { side: "left" }))).toEqual(["name"]);
  });

  test("beside a tripped class adds nothing", () => {
    const whole: Trip = { side: "right", op: "update", count: 300, limit: 200 };
    const tally = tallyOf(over(30, varied, () => "Unknown"));
    const tripped = [whole, ...entityTrips("thing", { left: 0, right: 30 }, tally, GUARDS, LINKS)];

    expect(withhold(decisionOf([field("city", "a", "b")]), tripped).writes).toEqual([]);
  });
});
