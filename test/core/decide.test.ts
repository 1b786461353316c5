// The tables of the decision, each as a typed Record over all its keys: a new presence, situation or policy without a row here
// does not compile. Values are one field with the identity rule; what fields do is in merge.test.ts and laws.test.ts.

import { describe, expect, test } from "@jest/globals";
import { correlate, type CandidateView, type Match } from "../../src/core/correlate.ts";
import { decideLinked } from "../../src/core/decide-linked.ts";
import { GONE } from "../../src/core/subject.ts";
import { decideLone } from "../../src/core/decide-lone.ts";
import { type DecideFacts, type LinkedPair, type LoneRecord } from "../../src/core/subject.ts";
import type { Decision, Situation, Write } from "../../src/core/decision.ts";
import { addToTally, emptyTally, limitCount, trips, withhold, type Trip } from "../../src/core/guard.ts";
import type { LinkId, RemoteId, Side } from "../../src/core/ids.ts";
import type { Answer } from "../../src/core/field-outcome.ts";
import type { EntityPolicy, WhenGone } from "../../src/core/policy.ts";
import { settleLink, type WriteOutcome } from "../../src/core/settle.ts";
import { COMPARED, DEFAULTS, LINKED, type Moved, type Presence } from "../../src/core/situation.ts";
import { cell, entityPolicy, IDS, policyOf, sightOf, type World } from "./world.ts";

type GuardedClass = Trip["op"];

const NAMES = { left: "crm", right: "billing" };
const AGREED: World = { left: "a", right: "a", baseLeft: "a", baseRight: "a" };

function facts(policy: EntityPolicy, answers: DecideFacts["answers"] = {}): DecideFacts {
  return { policy, names: NAMES, modified: { left: null, right: null }, clockToleranceMs: 30_000, answers };
}

function pairOf(
  left: Presence,
  right: Presence,
  world: World = AGREED,
  more: Partial<LinkedPair> = {},
  field = policyOf(),
): LinkedPair {
  const shown: World = {
    ...world,
    left: left === "present" ? world.left : undefined,
    right: right === "present" ? world.right : undefined,
  };
  const view = (side: Side, presence: Presence) => ({ id: IDS[side], presence, version: null });
  return {
    link: { id: "1" as LinkId, state: "live" },
    sides: { left: view("left", left), right: view("right", right) },
    fields: [sightOf(shown, field)],
    redirect: null,
    ...more,
  };
}

const summary = (decision: Decision): string =>
  [
    decision.situation,
    decision.link.kind,
    ...decision.writes.map((write) => `${write.op} ${write.side}`),
    ...decision.cases.map((each) => `case ${each.kind}`),
    ...decision.quarantine.map((each) => `quarantine ${each.code}`),
    ...(decision.blocked > 0 ? ["blocked"] : []),
  ].join(", ");

describe("two linked records, by presence", () => {
  type Expected = Readonly<Record<Presence, Readonly<Record<Presence, string>>>>;

  const LIVE: Expected = {
    present: {
      present: "in-sync, keep",
      absent: "gone-right, tombstone",
      "out-of-scope": "right-scope, freeze",
      unknown: "unknown, keep",
    },
    absent: {
      present: "gone-left, tombstone",
      absent: "both-gone, tombstone",
      "out-of-scope": "right-scope, freeze",
      unknown: "unknown, keep",
    },
    "out-of-scope": {
      present: "left-scope, freeze",
      absent: "left-scope, freeze",
      "out-of-scope": "left-scope, freeze",
      unknown: "unknown, keep",
    },
    unknown: {
      present: "unknown, keep",
      absent: "unknown, keep",
      "out-of-scope": "unknown, keep",
      unknown: "unknown, keep",
    },
  };
  const FROZEN: Expected = {
    present: { ...LIVE.present, present: "in-sync, thaw", "out-of-scope": "right-scope, keep" },
    absent: { ...LIVE.absent, "out-of-scope": "right-scope, keep" },
    "out-of-scope": {
      present: "left-scope, keep",
      absent: "left-scope, keep",
      "out-of-scope": "left-scope, keep",
      unknown: "unknown, keep",
    },
    unknown: LIVE.unknown,
  };

  test.each([
    ["live", LIVE],
    ["frozen", FROZEN],
  ] as const)("a %s link under the defaults of the file", (state, expected) => {
    for (const [left, row] of Object.entries(expected) as [Presence, Expected[Presence]][]) {
      for (const [right, wanted] of Object.entries(row) as [Presence, string][]) {
        const decision = decideLinked(
          pairOf(left, right, AGREED, { link: { id: "1" as LinkId, state } }),
          facts(entityPolicy(policyOf())),
        );

        expect([left, right, summary(decision)]).toEqual([left, right, wanted]);
      }
    }
  });

  test("promise 7: nothing is written, ended or asked where a side is unknown, under any policy", () => {
    const bold = {
      whenGone: { left: "delete", right: "delete" },
      goneEdited: "delete",
      onScopeExit: "delete",
    } as const;
    for (const presence of ["present", "absent", "out-of-scope", "unknown"] as const) {
      for (const [left, right] of [
        [presence, "unknown"],
        ["unknown", presence],
      ] as const) {
        expect(summary(decideLinked(pairOf(left, right), facts(entityPolicy(policyOf(), bold))))).toBe("unknown, keep");
      }
    }
  });

  test("a tombstone is left alone whatever is seen", () => {
    for (const left of Object.keys(LINKED) as Presence[]) {
      const decision = decideLinked(
        pairOf(left, "present", { ...AGREED, right: "b" }, { link: { id: "1" as LinkId, state: "tombstone" } }),
        facts(entityPolicy(policyOf())),
      );
      expect(summary(decision)).toBe("tombstoned, keep");
    }
  });
});

describe("both present, by who moved and what the fields say", () => {
  const worlds: Readonly<
    Record<Moved, Readonly<Record<"apart" | "agree" | "dispute", readonly [World, string] | null>>>
  > = {
    none: {
      apart: [{ left: "a", right: "b", baseLeft: "a", baseRight: "b" }, "in-sync, keep"],
      agree: [AGREED, "in-sync, keep"],
      // With bases on both sides that agree with what is shown nobody can dispute.
      dispute: null,
    },
    left: {
      apart: [{ left: "b", right: "a", baseLeft: "a", baseRight: "a" }, "changed-left, keep, update right"],
      agree: [{ left: "b", right: "b", baseLeft: "a", baseRight: "b" }, "changed-left, keep"],
      dispute: null,
    },
    right: {
      apart: [{ left: "a", right: "b", baseLeft: "a", baseRight: "a" }, "changed-right, keep, update left"],
      agree: [{ left: "b", right: "b", baseLeft: "b", baseRight: "a" }, "changed-right, keep"],
      dispute: null,
    },
    both: {
      apart: [{ left: "b", right: "c", baseLeft: "a", baseRight: "a" }, "mergeable, keep, update right"],
      agree: [{ left: "b", right: "b", baseLeft: "a", baseRight: "a" }, "converged, keep"],
      dispute: [{ left: "b", right: "c", baseLeft: "a", baseRight: "a" }, "conflict, keep, case conflict"],
    },
  };

  test("every cell that a single field can reach", () => {
    for (const [mover, row] of Object.entries(worlds) as [Moved, (typeof worlds)[Moved]][]) {
      for (const [found, given] of Object.entries(row) as ["apart" | "agree" | "dispute", (typeof row)["apart"]][]) {
        if (given === null) continue;
        const [world, wanted] = given;
        const field = policyOf({ conflict: mover === "both" && found === "apart" ? "left" : "review" });

        const decision = decideLinked(pairOf("present", "present", world, {}, field), facts(entityPolicy(field)));

        expect([mover, found, summary(decision)]).toEqual([mover, found, wanted]);
        expect(decision.situation).toBe(COMPARED[mover][found]);
      }
    }
  });

  test("an update that is not allowed is blocked and leaves both sides to be looked at again", () => {
    const field = policyOf();
    const policy = entityPolicy(field, { allow: { left: ["update"], right: ["create"] } });

    const decision = decideLinked(pairOf("present", "present", { ...AGREED, left: "b" }), facts(policy));

    expect(summary(decision)).toBe("changed-left, keep, blocked");
    expect([decision.settledLeft, decision.settledRight]).toEqual([false, false]);
  });
});

describe("one record is gone", () => {
  const UNEDITED: Readonly<Record<WhenGone, string>> = {
    unlink: "tombstone",
    delete: "tombstone, delete OTHER",
    restore: "keep, create GONE",
    review: "keep, case gone",
  };
  const EDITED: Readonly<Record<EntityPolicy["goneEdited"], string>> = {
    review: "keep, case gone-edited",
    restore: "keep, create GONE",
    delete: "tombstone, delete OTHER",
  };

  test("the other unchanged: when_gone of the gone side", () => {
    for (const gone of ["left", "right"] as const) {
      const other = gone === "left" ? "right" : "left";
      for (const [policy, wanted] of Object.entries(UNEDITED) as [WhenGone, string][]) {
        const presence = (side: Side): Presence => (side === gone ? "absent" : "present");
        const whenGone = { left: "unlink", right: "unlink", [gone]: policy } as EntityPolicy["whenGone"];

        const decision = decideLinked(
          pairOf(presence("left"), presence("right")),
          facts(entityPolicy(policyOf(), { whenGone })),
        );

        expect(summary(decision)).toBe(`gone-${gone}, ${wanted.replace("OTHER", other).replace("GONE", gone)}`);
      }
    }
  });

  test("the other edited since: gone_edited", () => {
    for (const [goneEdited, wanted] of Object.entries(EDITED) as [EntityPolicy["goneEdited"], string][]) {
      const policy = entityPolicy(policyOf(), { goneEdited, whenGone: { left: "delete", right: "delete" } });

      const decision = decideLinked(pairOf("absent", "present", { ...AGREED, right: "b" }), facts(policy));

      expect(summary(decision)).toBe(`gone-edited, ${wanted.replace("OTHER", "right").replace("GONE", "left")}`);
    }
  });

  test("what is not allowed is blocked and the link stays", () => {
    const none = { left: [], right: [] } as const;
    for (const whenGone of ["delete", "restore"] as const) {
      const policy = entityPolicy(policyOf(), { allow: none, whenGone: { left: whenGone, right: "unlink" } });
      expect(summary(decideLinked(pairOf("absent", "present"), facts(policy)))).toBe("gone-left, keep, blocked");
    }
  });

  test("a person's answer comes before the policy", () => {
    const answers: readonly (readonly [Answer, string])[] = [
      [{ kind: "take", side: "left" }, "gone-left, tombstone, delete right"],
      [{ kind: "take", side: "right" }, "gone-left, keep, create left"],
      [{ kind: "dismiss" }, "gone-left, tombstone"],
    ];
    for (const [answer, wanted] of answers) {
      const policy = entityPolicy(policyOf(), { whenGone: { left: "review", right: "review" } });
      expect(summary(decideLinked(pairOf("absent", "present"), facts(policy, { [GONE]: answer })))).toBe(wanted);
    }
  });

  test("redirected: the link moves; into a linked record a person is asked", () => {
    const policy = entityPolicy(policyOf(), { whenGone: { left: "delete", right: "delete" } });
    const moved = decideLinked(
      pairOf("absent", "present", AGREED, { redirect: { to: "l2" as RemoteId, taken: false } }),
      facts(policy),
    );
    const taken = decideLinked(
      pairOf("absent", "present", AGREED, { redirect: { to: "l2" as RemoteId, taken: true } }),
      facts(policy),
    );

    expect([summary(moved), moved.link]).toEqual(["redirected, move", { kind: "move", side: "left", to: "l2" }]);
    expect(summary(taken)).toBe("redirected, keep, case matched-taken");
  });

  test("a mirror restores at the receiving side, whatever when_gone says", () => {
    const field = policyOf({ writes: "right", strength: "strong" });
    const whenGone = { left: "delete", right: "delete" } as const;
    const policy = entityPolicy(field, { givingSide: "left", mirror: true, whenGone });

    expect(summary(decideLinked(pairOf("present", "absent", AGREED, {}, field), facts(policy)))).toBe(
      "gone-right, keep, create right",
    );
    expect(summary(decideLinked(pairOf("absent", "present", AGREED, {}, field), facts(policy)))).toBe(
      "gone-left, tombstone, delete right",
    );
  });

  test("a single strong rule makes no mirror: when_gone decides", () => {
    const field = policyOf({ writes: "right", strength: "strong" });
    const policy = entityPolicy(field, { givingSide: "left", whenGone: { left: "delete", right: "unlink" } });

    expect(summary(decideLinked(pairOf("present", "absent", AGREED, {}, field), facts(policy)))).toBe(
      "gone-right, tombstone",
    );
  });
});

describe("the scope", () => {
  const EXITS: Readonly<Record<EntityPolicy["onScopeExit"], readonly [string, string]>> = {
    freeze: ["left-scope, freeze", "left-scope, freeze"],
    unlink: ["left-scope, tombstone", "left-scope, tombstone"],
    delete: ["left-scope, tombstone, delete right", "left-scope, freeze"],
  };

  test("promise 18: on_scope_exit; a counterpart that is not there is never deleted", () => {
    for (const [onScopeExit, [present, absent]] of Object.entries(EXITS) as [
      EntityPolicy["onScopeExit"],
      readonly [string, string],
    ][]) {
      const policy = facts(entityPolicy(policyOf(), { onScopeExit }));
      expect(summary(decideLinked(pairOf("out-of-scope", "present"), policy))).toBe(present);
      expect(summary(decideLinked(pairOf("out-of-scope", "absent"), policy))).toBe(absent);
    }
  });

  test("a frozen pair stays unsettled, so that a look at one side meets the other's scope again", () => {
    const decision = decideLinked(pairOf("out-of-scope", "present"), facts(entityPolicy(policyOf())));
    expect([decision.settledLeft, decision.settledRight]).toEqual([false, false]);
  });
});

describe("a record without a link", () => {
  const HEARD = { candidates: [], rivals: [] };
  const MATCHES: Readonly<Record<Match["kind"], Match>> = {
    none: { kind: "none" },
    "no-key": { kind: "no-key" },
    one: { kind: "one", id: IDS.right },
    taken: { kind: "taken", id: IDS.right, linkId: "7" as LinkId },
    ambiguous: { kind: "ambiguous", candidates: [IDS.right, "r2" as RemoteId], rivals: [], heard: HEARD },
  };
  const lone = (match: Match, more: Partial<LoneRecord> = {}): LoneRecord => ({
    side: "left",
    record: { id: IDS.left, presence: "present", version: null },
    match,
    partner: match.kind === "one" ? { id: IDS.right, presence: "present", version: null } : null,
    fields: [
      sightOf(
        { left: "a", right: match.kind === "one" ? "a" : undefined, baseLeft: undefined, baseRight: undefined },
        policyOf(),
      ),
    ],
    dismissed: [],
    ...more,
  });

  test("by its match", () => {
    const expected: Readonly<Record<Match["kind"], string>> = {
      none: "new-left, link, create right",
      "no-key": "no-key, keep, quarantine no-key",
      one: "matched, link",
      taken: "matched-taken, keep, case matched-taken",
      ambiguous: "ambiguous, keep, case ambiguous",
    };
    for (const [kind, wanted] of Object.entries(expected) as [Match["kind"], string][]) {
      expect(summary(decideLone(lone(MATCHES[kind]), facts(entityPolicy(policyOf()))))).toBe(wanted);
    }
  });

  test("without_key: create, and an entity without `match`, create it", () => {
    for (const more of [{ withoutKey: "create" }, { matches: false }] as const) {
      expect(summary(decideLone(lone(MATCHES["no-key"]), facts(entityPolicy(policyOf(), more))))).toBe(
        "new-left, link, create right",
      );
    }
  });

  test("promise 12: a create that is not allowed is blocked", () => {
    const policy = entityPolicy(policyOf(), { allow: { left: ["create"], right: ["update"] } });
    expect(summary(decideLone(lone(MATCHES.none), facts(policy)))).toBe("new-left, keep, blocked");
  });

  test("promise 7: one that could not be read, or whose match could not, is left alone", () => {
    const policy = facts(entityPolicy(policyOf()));
    expect(
      summary(decideLone(lone(MATCHES.none, { record: { id: IDS.left, presence: "unknown", version: null } }), policy)),
    ).toBe("unknown, keep");
    expect(summary(decideLone(lone(MATCHES.one, { partner: null }), policy))).toBe("unknown, keep");
  });

  test("a dismissed question is not asked again, another one is", () => {
    const policy = facts(entityPolicy(policyOf()));
    for (const kind of ["ambiguous", "taken"] as const) {
      const [asked] = decideLone(lone(MATCHES[kind]), policy).cases;
      expect(decideLone(lone(MATCHES[kind], { dismissed: [asked?.values ?? null] }), policy).cases).toEqual([]);
      expect(decideLone(lone(MATCHES[kind], { dismissed: [{ other: true }] }), policy).cases).toHaveLength(1);
    }
  });

  test("foreign records of a one-way entity", () => {
    const expected: Readonly<Record<EntityPolicy["foreign"], string>> = {
      keep: "new-right, keep",
      delete: "new-right, keep, delete right",
      review: "new-right, keep, case gone",
    };
    for (const [foreign, wanted] of Object.entries(expected) as [EntityPolicy["foreign"], string][]) {
      const right = lone(MATCHES.none, {
        side: "right",
        record: { id: IDS.right, presence: "present", version: null },
      });
      expect(summary(decideLone(right, facts(entityPolicy(policyOf(), { foreign, givingSide: "left" }))))).toBe(wanted);
    }
  });
});

describe("correlate", () => {
  const free = (id: string): CandidateView => ({ id: id as RemoteId, linkId: null, sighted: true });
  const linked = (id: string): CandidateView => ({ ...free(id), linkId: "9" as LinkId });
  const known = (
    rows: Readonly<Record<string, readonly CandidateView[]>>,
  ): ReadonlyMap<string, readonly CandidateView[]> => new Map(Object.entries(rows));

  test.each([
    ["no key at all", [null], {}, {}, "no-key"],
    ["no rule", [], {}, {}, "none"],
    ["nobody", ["0:a"], {}, {}, "none"],
    ["one free", ["0:a"], { "0:a": [free("r1")] }, {}, "one"],
    ["one free beside a linked one", ["0:a"], { "0:a": [linked("r1"), free("r2")] }, {}, "one"],
    ["two free", ["0:a"], { "0:a": [free("r1"), free("r2")] }, {}, "ambiguous"],
    ["a linked one", ["0:a"], { "0:a": [linked("r1")] }, {}, "taken"],
    ["one promised to another", ["0:a"], { "0:a": [{ ...free("r1"), promised: true }] }, {}, "taken"],
    ["a rival", ["0:a"], { "0:a": [free("r1")] }, { "0:a": [free("l2")] }, "ambiguous"],
    ["a rival and nobody there", ["0:a"], {}, { "0:a": [free("l2")] }, "ambiguous"],
    ["the first rule knows nobody, the second one", ["0:a", "1:b"], { "1:b": [free("r1")] }, {}, "one"],
    ["the first rule decides", ["0:a", "1:b"], { "0:a": [linked("r9")], "1:b": [free("r1")] }, {}, "taken"],
    ["a missing first key", [null, "1:b"], { "1:b": [free("r1")] }, {}, "one"],
  ] as const)("%s", (_what, keys, candidates, rivals, kind) => {
    expect(correlate(keys, known(candidates), known(rivals)).kind).toBe(kind);
  });
});

describe("guards", () => {
  const write = (op: Write["op"], blanks = 0): Write => ({
    op,
    side: "right",
    id: op === "create" ? null : IDS.right,
    version: null,
    reason: "",
    fields: Array.from({ length: Math.max(1, blanks) }, (_, index) => ({
      field: `f${String(index)}`,
      before: cell("a"),
      after: { kind: "value" as const, cell: cell(index < blanks ? null : "b") },
      sent: null,
      writtenBase: null,
      blank: index < blanks,
      reason: "",
    })),
  });
  const decision = (writes: readonly Write[]): Decision => ({
    ...decideLinked(pairOf("present", "present"), facts(entityPolicy(policyOf()))),
    writes,
    link: writes.some((each) => each.op === "delete") ? { kind: "tombstone", reason: "" } : { kind: "keep" },
  });
  const OFF = {
    create: null,
    update: null,
    delete: null,
    blank: null,
    oneValue: null,
    empty: "refuse",
    allChanged: "allow",
  } as const;

  test("the limit is the greater of floor and fraction of the linked pairs", () => {
    expect([
      limitCount({ floor: 10, fraction: 0.1 }, 50),
      limitCount({ floor: 10, fraction: 0.1 }, 1000),
      limitCount({ floor: 0, fraction: 0 }, 1000),
    ]).toEqual([10, 100, 0]);
  });

  test("each class trips alone, above its limit and not at it, on its own side", () => {
    const expected: Readonly<Record<GuardedClass, readonly Write[]>> = {
      create: [write("create"), write("create")],
      update: [write("update"), write("update")],
      delete: [write("delete"), write("delete")],
      blank: [write("update", 2)],
    };
    for (const [op, writes] of Object.entries(expected) as [GuardedClass, readonly Write[]][]) {
      const tally = emptyTally();
      addToTally(tally, decision(writes));

      expect(trips(tally, { ...OFF, [op]: { floor: 1, fraction: 0 } }, 0)).toEqual([
        { side: "right", op, count: 2, limit: 1 },
      ]);
      expect(trips(tally, { ...OFF, [op]: { floor: 2, fraction: 0 } }, 0)).toEqual([]);
      expect(trips(tally, OFF, 0)).toEqual([]);
    }
  });

  test("what trips is withheld and its link stays; blanks go alone; the rest is untouched", () => {
    const trip = (op: GuardedClass) => [{ side: "right", op, count: 9, limit: 1 }] as const;

    expect(withhold(decision([write("delete")]), trip("delete"))).toMatchObject({
      writes: [],
      link: { kind: "keep" },
      settledLeft: false,
    });
    expect(withhold(decision([write("update", 1)]), trip("blank")).writes).toEqual([]);
    const mixed = write("update", 1);
    const both = { ...mixed, fields: [...mixed.fields, ...write("update").fields] };
    expect(withhold(decision([both]), trip("blank")).writes.map((each) => each.fields.length)).toEqual([1]);
    const other = decision([write("update")]);
    expect(withhold(other, trip("create"))).toBe(other);
  });
});

describe("settling", () => {
  const seen = { fingerprint: "seen", version: "v1", matchKeys: ["0:a"] };
  const bothSeen = { left: seen, right: seen };
  const field = policyOf();
  const changed = (): Decision =>
    decideLinked(pairOf("present", "present", { ...AGREED, left: "b" }), facts(entityPolicy(field)));
  const done = (shown: string): WriteOutcome => ({
    kind: "done",
    id: IDS.right,
    version: "v2",
    readBack: { field: cell(shown) },
    undisturbed: true,
    fingerprint: "after",
    matchKeys: null,
    effect: true,
  });

  test("the written side's base is what was read back, the giving side's what was sent", () => {
    const link = settleLink(changed(), [done("B")], bothSeen);

    expect(link).toMatchObject({
      bases: { left: { field: "b" }, right: { field: "B" } },
      fingerprints: { left: "seen", right: "after" },
      versions: { left: "v1", right: "v2" },
    });
  });

  test("no base advances on a write that was not confirmed", () => {
    const outcomes: Readonly<Record<Exclude<WriteOutcome["kind"], "done">, WriteOutcome>> = {
      again: { kind: "again", why: "", waitMs: 0 },
      failed: { kind: "failed", code: "x", message: "" },
      parked: { kind: "parked" },
      unknown: { kind: "unknown", message: "", needsPerson: false },
      skipped: { kind: "skipped" },
    };
    for (const outcome of Object.values(outcomes)) {
      expect(settleLink(changed(), [outcome], bothSeen)).toMatchObject({
        bases: { left: {}, right: {} },
        fingerprints: { left: null, right: null },
      });
    }
  });

  test("a link comes with its confirmed create and goes with its confirmed delete, not before", () => {
    const lone: LoneRecord = {
      side: "left",
      record: { id: IDS.left, presence: "present", version: null },
      match: { kind: "none" },
      partner: null,
      fields: [sightOf({ left: "a", right: undefined, baseLeft: undefined, baseRight: undefined }, field)],
      dismissed: [],
    };
    const creating = decideLone(lone, facts(entityPolicy(field)));
    const deleting = decideLinked(
      pairOf("absent", "present"),
      facts(entityPolicy(field, { whenGone: { left: "delete", right: "unlink" } })),
    );

    expect(settleLink(creating, [done("a")], bothSeen)).toMatchObject({ left: "l1", right: "r1", state: "live" });
    expect(settleLink(creating, [{ kind: "skipped" }], bothSeen)).toBe(null);
    expect(settleLink(deleting, [done("a")], bothSeen)).toMatchObject({ state: "tombstone" });
    expect(settleLink(deleting, [{ kind: "skipped" }], bothSeen)).toBe(null);
  });
});

test("every situation has its line in the documentation", () => {
  const named: readonly Situation[] = [
    ...Object.values(LINKED).flatMap((row) => Object.values(row)),
    ...Object.values(COMPARED).flatMap((row) => Object.values(row)),
  ].flatMap((each) => (each === "compare" ? [] : [each]));
  for (const situation of named) expect(DEFAULTS[situation]).toMatch(/\w/);
});
