// Verdicts over who resembles whom: tables of small clusters, and laws over random ones. Spec: semantics.md section 2.

import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Match } from "../../src/core/correlate.ts";
import { speaksFor } from "../../src/core/decide-lone.ts";
import { otherSide, SIDES, type BySide, type LinkId, type RemoteId, type Side } from "../../src/core/ids.ts";
import { matchAlike, pairsShown, type Alike, type AlikePair } from "../../src/core/resemblance.ts";

const LEAD = 0.05;
const LINK_AT = 0.9;

interface World {
  /** "left right": score. */
  readonly scores: Readonly<Record<string, number>>;
  readonly linked?: readonly string[];
  readonly promised?: readonly string[];
}

function alikeOf({ scores, linked = [], promised = [] }: World): Alike {
  const pairs = Object.entries(scores).map(([names, score]): AlikePair => {
    const [left = "", right = ""] = names.split(" ");
    const ids: BySide<RemoteId> = { left: left as RemoteId, right: right as RemoteId };
    return { ids, score, sure: score >= LINK_AT, fields: { name: score } };
  });
  return {
    lead: LEAD,
    names: { left: "a", right: "b" },
    isWhole: () => true,
    pairsOf: (side, id) => pairs.filter((pair) => pair.ids[side] === id),
    recordOf: (_side, id) => ({
      linkId: linked.includes(id) ? (`link of ${id}` as LinkId) : null,
      promised: promised.includes(id),
      sighted: true,
      shown: { name: id },
    }),
  };
}

function verdict(world: World, side: Side, id: string): Match {
  return matchAlike(side, id as RemoteId, alikeOf(world));
}

function short(match: Match): string {
  if (match.kind === "one" || match.kind === "taken") return `${match.kind} ${match.id}`;
  return match.kind === "ambiguous" ? `ambiguous ${[...match.candidates, "/", ...match.rivals].join(" ")}` : match.kind;
}

describe("from either side", () => {
  test.each<[string, World, Readonly<Record<string, string>>]>([
    ["a sure pair", { scores: { "l1 r1": 0.95 } }, { l1: "one r1", r1: "one l1" }],
    ["a pair below link_at", { scores: { "l1 r1": 0.89 } }, { l1: "ambiguous r1 /", r1: "ambiguous l1 /" }],
    [
      "two sure candidates without a lead",
      { scores: { "l1 r1": 0.95, "l1 r2": 0.92 } },
      { l1: "ambiguous r1 r2 /", r1: "ambiguous l1 / r2", r2: "ambiguous l1 / r1" },
    ],
    [
      "a lead of just enough",
      { scores: { "l1 r1": 1, "l1 r2": 0.95 } },
      { l1: "one r1", r1: "one l1", r2: "taken l1" },
    ],
    ["a likely one far behind", { scores: { "l1 r1": 0.95, "l1 r2": 0.8 } }, { l1: "one r1", r2: "none" }],
    [
      "crossed twins",
      { scores: { "l1 r1": 1, "l2 r2": 1, "l1 r2": 0.9, "l2 r1": 0.9 } },
      { l1: "one r1", l2: "one r2", r1: "one l1", r2: "one l2" },
    ],
    [
      "a rival of the other record",
      { scores: { "l1 r1": 0.95, "l2 r1": 0.94 } },
      { l1: "ambiguous r1 / l2", l2: "ambiguous r1 / l1", r1: "ambiguous l1 l2 /" },
    ],
    [
      "a chain",
      { scores: { "l1 r1": 0.85, "l2 r1": 0.85, "l2 r2": 0.85 } },
      { l1: "ambiguous r1 r2 / l2", l2: "ambiguous r1 r2 / l1", r2: "ambiguous l1 l2 / r1" },
    ],
    ["a candidate that is linked", { scores: { "l1 r1": 0.95 }, linked: ["r1"] }, { l1: "taken r1" }],
    ["a likely candidate that is linked", { scores: { "l1 r1": 0.85 }, linked: ["r1"] }, { l1: "none" }],
    [
      "a linked one beside a free one",
      { scores: { "l1 r1": 1, "l1 r2": 0.92 }, linked: ["r1"] },
      { l1: "one r2", r2: "one l1" },
    ],
    ["a candidate that is promised", { scores: { "l1 r1": 0.95 }, promised: ["r1"] }, { l1: "taken r1" }],
    ["nobody", { scores: {} }, { l1: "none", r1: "none" }],
  ])("%s", (_what, world, expected) => {
    const found = Object.keys(expected).map((id) => [
      id,
      short(verdict(world, id.startsWith("l") ? "left" : "right", id)),
    ]);

    expect(Object.fromEntries(found)).toEqual(expected);
  });
});

test("a cluster too large to show is asked about record by record", () => {
  const scores = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`l${String(index)} r0`, 0.85]));

  const match = verdict({ scores }, "left", "l7");

  expect(short(match)).toBe("ambiguous r0 /");
  expect(speaksFor("left", "l7" as RemoteId, match)).toBe(true);
});

test("a case says of which pairs it asks, and they are read back from it", () => {
  const match = verdict({ scores: { "l1 r1": 0.85, "l1 r2": 0.8 } }, "left", "l1");

  expect(match).toMatchObject({
    shown: {
      pairs: [
        { a: "l1", b: "r1", score: 0.85, fields: { name: 0.85 } },
        { a: "l1", b: "r2", score: 0.8 },
      ],
      records: { a: { l1: { name: "l1" } }, b: { r1: { name: "r1" }, r2: { name: "r2" } } },
    },
  });
  const shown = match.kind === "ambiguous" ? (match.shown ?? {}) : {};
  expect(pairsShown(shown, { left: "a", right: "b" })).toEqual([
    { left: "l1", right: "r1" },
    { left: "l1", right: "r2" },
  ]);
  expect(pairsShown({ a: ["l1"], b: [] }, { left: "a", right: "b" })).toEqual([]);
});

describe("laws", () => {
  const LEFTS = ["l1", "l2", "l3", "l4"];
  const RIGHTS = ["r1", "r2", "r3", "r4"];
  const world = fc
    .record({
      scores: fc.dictionary(
        fc.tuple(fc.constantFrom(...LEFTS), fc.constantFrom(...RIGHTS)).map((ids) => ids.join(" ")),
        fc.integer({ min: 75, max: 100 }).map((score) => score / 100),
        { maxKeys: 12 },
      ),
      linked: fc.subarray([...LEFTS, ...RIGHTS], { maxLength: 3 }),
    })
    .map(({ scores, linked }): World => ({ scores, linked }));
  const each = (visit: (world: World, side: Side, id: RemoteId, match: Match) => void): void =>
    fc.assert(
      fc.property(world, (made) => {
        for (const side of SIDES) {
          for (const id of side === "left" ? LEFTS : RIGHTS) {
            if (!(made.linked ?? []).includes(id)) visit(made, side, id as RemoteId, verdict(made, side, id));
          }
        }
      }),
      { numRuns: 1000 },
    );

  test("a match is one from both sides, sure, of two free records", () =>
    each((made, side, id, match) => {
      if (match.kind !== "one") return;
      expect(verdict(made, otherSide(side), match.id)).toEqual({ kind: "one", id });
      const [left, right] = side === "left" ? [id, match.id] : [match.id, id];
      expect(made.scores[`${left} ${right}`]).toBeGreaterThanOrEqual(LINK_AT);
      expect(made.linked).not.toContain(match.id);
    }));

  test("whoever is asked about is in a case that exactly one record opens, the same from all of them", () =>
    each((made, side, id, match) => {
      if (match.kind !== "ambiguous") return;
      const members = [
        { side, id },
        ...match.rivals.map((rival) => ({ side, id: rival })),
        ...match.candidates.map((candidate) => ({ side: otherSide(side), id: candidate })),
      ];
      const matches = members.map((member) => ({ ...member, match: verdict(made, member.side, member.id) }));
      expect(matches.map((member) => member.match.kind)).toEqual(members.map(() => "ambiguous"));
      expect(matches.filter((member) => speaksFor(member.side, member.id, member.match))).toHaveLength(1);
      for (const member of matches)
        if (member.match.kind === "ambiguous") expect(member.match.shown).toEqual(match.shown);
    }));

  test("nobody who resembles a free record enough is silently new", () =>
    each((made, side, id, match) => {
      if (match.kind !== "none") return;
      const alike = alikeOf(made);
      for (const pair of alike.pairsOf(side, id)) {
        const partner = pair.ids[otherSide(side)];
        const isFree = !(made.linked ?? []).includes(partner);
        if (isFree) expect(verdict(made, otherSide(side), partner).kind).toBe("one");
        expect(pair.sure).toBe(false);
      }
    }));
});
