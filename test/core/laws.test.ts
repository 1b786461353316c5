// Every state of one field on two sides (absent, null, two values; four bases) under every policy: some 60,000 worlds. No
// chance is involved. Promise numbers are those of docs/core-spec.md.

import { describe, expect, test } from "@jest/globals";
import type { FieldPolicy, Resolution, Strength } from "../../src/core/field.ts";
import { decide, IDENTITY, policyOf, runs, type Lens, type Shown, type World } from "./world.ts";

const SHOWN: readonly Shown[] = [undefined, null, "a", "b", "c"];

function* worlds(): Generator<World> {
  for (const left of SHOWN)
    for (const right of SHOWN)
      for (const baseLeft of SHOWN.slice(0, 4))
        for (const baseRight of SHOWN.slice(0, 4)) yield { left, right, baseLeft, baseRight };
}

function policies(): readonly FieldPolicy[] {
  const resolutions: readonly Resolution[] = ["review", "newest", "left", "right"];
  const strengths: readonly Strength[] = ["weak", "normal", "strong", "review"];
  const found: FieldPolicy[] = [];
  for (const conflict of resolutions) {
    for (const atLink of resolutions) {
      for (const blank of ["flow", "keep"] as const) found.push(policyOf({ conflict, atLink, blank }));
      for (const writes of ["left", "right"] as const)
        for (const strength of strengths) found.push(policyOf({ writes, strength, conflict, atLink }));
    }
  }
  return found;
}

function mirrorPolicy(policy: FieldPolicy): FieldPolicy {
  const swap = (resolution: Resolution): Resolution =>
    resolution === "left" ? "right" : resolution === "right" ? "left" : resolution;
  const writes = policy.writes === "both" ? "both" : policy.writes === "left" ? "right" : "left";
  return { ...policy, writes, conflict: swap(policy.conflict), atLink: swap(policy.atLink) };
}

function mirror(world: World): World {
  return { left: world.right, right: world.left, baseLeft: world.baseRight, baseRight: world.baseLeft };
}

/** The right side knows upper case only: writing to it loses the case, and it says so by what is read back. */
const UPPER: Lens = {
  toRight: (value) => value,
  toLeft: (value) => value,
  storesLeft: (value) => value,
  storesRight: (value) => value.toUpperCase(),
};
/** Two left values are one on the right. */
const LOSSY: Lens = {
  toRight: (value) => (value === "b" ? "a" : value),
  toLeft: (value) => value,
  storesLeft: (value) => value,
  storesRight: (value) => value,
};

describe("laws over every small world", () => {
  test("promise 1 and 2: comes to rest after one write a side, and a run after that decides nothing new", () => {
    const broken: unknown[] = [];
    for (const lens of [IDENTITY, UPPER, LOSSY]) {
      for (const policy of policies()) {
        for (const world of worlds()) {
          const { worlds: passed, decisions } = runs(world, policy, lens);

          const again = decide(passed.at(-1) as World, policy, lens);
          if (decisions.length > 2 || again.writes.length > 0 || again.agreements.length > 0)
            broken.push({ world, policy });
        }
      }
    }
    expect(broken).toEqual([]);
  });

  test("mirror: swapping the sides swaps the decision", () => {
    const broken: unknown[] = [];
    for (const policy of policies()) {
      for (const world of worlds()) {
        const here = decide(world, policy);
        const there = decide(mirror(world), mirrorPolicy(policy));

        const written = here.writes.map((write) => [write.side, write.fields[0]?.after]);
        const mirrored = there.writes.map((write) => [
          write.side === "left" ? "right" : "left",
          write.fields[0]?.after,
        ]);
        if (JSON.stringify(mirrored) !== JSON.stringify(written) || there.cases.length !== here.cases.length)
          broken.push({ world, policy });
      }
    }
    expect(broken).toEqual([]);
  });

  test("promise 3: a value that is overwritten without a declared winner was agreed on before, or is empty", () => {
    for (const policy of policies().filter(
      (each) => each.writes === "both" && each.conflict === "review" && each.atLink === "review",
    )) {
      for (const world of worlds()) {
        for (const write of decide(world, policy).writes) {
          const shown = world[write.side];
          const base = write.side === "left" ? world.baseLeft : world.baseRight;
          const lost = shown !== undefined && shown !== null && shown !== base;

          expect({ world, lost }).toEqual({ world, lost: false });
        }
      }
    }
  });

  test("promise 4: every written value is what the other side shows", () => {
    const broken: unknown[] = [];
    for (const policy of policies()) {
      for (const world of worlds()) {
        for (const write of decide(world, policy).writes) {
          const given = write.side === "left" ? world.right : world.left;

          const after = write.fields[0]?.after;
          if (after?.kind !== "value" || after.cell.value !== given) broken.push({ world, policy });
        }
      }
    }
    expect(broken).toEqual([]);
  });

  test("promise 9: what a side makes of our write is never carried back", () => {
    for (const world of worlds()) {
      const { decisions } = runs(world, policyOf({ conflict: "left", atLink: "left" }), UPPER);

      const sides = decisions.flatMap((decision) => decision.writes.map((write) => write.side));
      expect(sides.length).toBeLessThanOrEqual(1);
    }
  });

  test("promise 12: the giving side of a one-way rule is never written", () => {
    for (const policy of policies()) {
      if (policy.writes === "both") continue;
      for (const world of worlds()) {
        for (const write of decide(world, policy).writes) expect(write.side).toBe(policy.writes);
      }
    }
  });

  test("a null never overwrites a value at first linking", () => {
    for (const policy of policies()) {
      for (const world of worlds()) {
        if (world.baseLeft !== undefined || world.baseRight !== undefined) continue;
        for (const write of decide(world, policy).writes)
          expect(write.fields[0]?.after).not.toMatchObject({ cell: { value: null } });
      }
    }
  });
});
