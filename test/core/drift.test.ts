// A drifted field in the decision: over every small state of a field, nothing of it is written and nothing of it counts as seen,
// unless both sides agree. The record's other fields are decided as though it were not there.

import { describe, expect, test } from "@jest/globals";
import { decideLinked } from "../../src/core/decide-linked.ts";
import { decideLone } from "../../src/core/decide-lone.ts";
import type { Decision } from "../../src/core/decision.ts";
import type { LinkId } from "../../src/core/ids.ts";
import { consistent } from "../../src/core/sight.ts";
import type { DecideFacts } from "../../src/core/subject.ts";
import { entityPolicy, IDS, policyOf, sightOf, type Shown, type World } from "./world.ts";

const SHOWN: readonly Shown[] = ["a", "b", null, undefined];
const WORLDS: readonly World[] = SHOWN.flatMap((left) =>
  SHOWN.flatMap((right) =>
    SHOWN.flatMap((baseLeft) => SHOWN.map((baseRight): World => ({ left, right, baseLeft, baseRight }))),
  ),
);
const city = policyOf({ name: "city" });
const name = policyOf({ name: "name" });
const EDITED: World = { left: "new", right: "old", baseLeft: "old", baseRight: "old" };

function facts(drifted: readonly string[]): DecideFacts {
  return {
    policy: { ...entityPolicy(city), fields: [city, name] },
    names: { left: "crm", right: "billing" },
    modified: { left: null, right: null },
    clockToleranceMs: 0,
    answers: { city: { kind: "take", side: "left" } },
    drifted: new Set(drifted),
  };
}

function decideBoth(world: World, drifted: readonly string[], group: string | null = null): Decision {
  const view = (side: "left" | "right") => ({ id: IDS[side], presence: "present" as const, version: null });
  const fields = [sightOf(world, { ...city, group }), sightOf(EDITED, { ...name, group })];
  const pair = {
    link: { id: "1" as LinkId, state: "live" as const },
    sides: { left: view("left"), right: view("right") },
  };
  return decideLinked({ ...pair, fields, redirect: null }, facts(drifted));
}

const written = (decision: Decision): readonly string[] =>
  decision.writes.flatMap((write) => write.fields.map(({ field }) => field));

describe("a drifted field", () => {
  test("is never written, in any state and whatever a person has answered; the other field flows", () => {
    for (const world of WORLDS) {
      const decision = decideBoth(world, ["city"]);

      expect(written(decision)).toEqual(["name"]);
      expect(decision.cases.filter((each) => each.field === "city")).toEqual([]);
    }
  });

  test("keeps its base and leaves the record unsettled, unless the sides agree", () => {
    for (const world of WORLDS) {
      const decision = decideBoth(world, ["city"]);
      const agrees = consistent(sightOf(world, city));

      expect([decision.settledLeft, decision.settledRight]).toEqual([agrees, agrees]);
      if (!agrees) expect(decision.agreements.filter(({ field }) => field === "city")).toEqual([]);
    }
  });

  test("holds its group with it", () => {
    for (const world of WORLDS) expect(written(decideBoth(world, ["city"], "place"))).toEqual([]);
  });

  test("is left out of a new record, which stays unsettled", () => {
    const lone = {
      side: "left" as const,
      record: { id: IDS.left, presence: "present" as const, version: null },
      match: { kind: "none" as const },
      partner: null,
      fields: [
        sightOf({ left: "a", right: undefined, baseLeft: undefined, baseRight: undefined }, city),
        sightOf({ left: "b", right: undefined, baseLeft: undefined, baseRight: undefined }, name),
      ],
      dismissed: [],
    };

    const [whole, without] = [decideLone(lone, facts([])), decideLone(lone, facts(["city"]))];

    expect([written(whole), whole.settledLeft]).toEqual([["city", "name"], true]);
    expect([written(without), without.settledLeft, without.agreements]).toEqual([["name"], false, []]);
  });
});
