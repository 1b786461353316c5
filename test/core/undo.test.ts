// Taking a run back, case by case: a pair of records of which a run wrote one field, as it is found later.

import { describe, expect, test } from "@jest/globals";
import { decideLinked } from "../../src/core/decide-linked.ts";
import { NULL_CELL, type FieldPolicy } from "../../src/core/field.ts";
import type { LinkId, RemoteId, RunId, Side } from "../../src/core/ids.ts";
import type { Presence } from "../../src/core/situation.ts";
import { GONE, type SideView } from "../../src/core/subject.ts";
import { decideUndo } from "../../src/core/undo.ts";
import type { RunWrite, Undone, UndoSubject } from "../../src/core/undo-subject.ts";
import type { TakenBack } from "../../src/core/field-outcome.ts";
import { cell, entityPolicy, IDS, policyOf, sightOf, type Shown, type World } from "./world.ts";

const RUN = "r_1" as RunId;
const NAMES = { left: "crm", right: "billing" };
const field = policyOf();

interface Found {
  readonly world: World;
  readonly op?: RunWrite["op"];
  readonly before?: Shown;
  readonly wrote?: Shown;
  readonly presence?: Partial<Record<Side, Presence>>;
  readonly policy?: FieldPolicy;
  readonly allow?: readonly ("create" | "update" | "delete")[];
  readonly linkId?: LinkId | null;
  readonly linkedElsewhere?: boolean;
  readonly alone?: boolean;
}

/** The run wrote the right side. */
function undo(found: Found): Undone {
  const { world, op = "update", before = "old", wrote = "new", policy = field, linkId = "1" as LinkId } = found;
  const view = (side: Side): SideView => ({
    id: IDS[side],
    presence: found.presence?.[side] ?? "present",
    version: "v1",
  });
  const fields = [
    {
      field: "field",
      before: before === null || before === undefined ? NULL_CELL : cell(before),
      wrote: wrote === null || wrote === undefined ? NULL_CELL : cell(wrote),
      sent: wrote === null || wrote === undefined ? NULL_CELL : cell(wrote),
    },
  ];
  const subject: UndoSubject = {
    writes: { left: null, right: { op, record: IDS.right, fields } },
    linkId,
    sides: { left: found.alone === true ? null : view("left"), right: view("right") },
    linkedElsewhere: found.linkedElsewhere ?? false,
    fields: [sightOf(world, policy)],
  };
  const entity = entityPolicy(policy);
  const allow = found.allow ?? ["create", "update", "delete"];
  return decideUndo(subject, { run: RUN, names: NAMES, policy: { ...entity, allow: { left: allow, right: allow } } });
}

/** As the run left it: the left value was carried to the right. */
const AS_LEFT: World = { left: "new", right: "new", baseLeft: "new", baseRight: "new" };

const told = ({ decision, kept }: Undone): unknown => ({
  writes: decision?.writes.map(({ op, side, fields }) => [op, side, fields.map(({ after }) => after)]) ?? [],
  cases: decision?.cases.map(({ kind, values }) => [kind, values]) ?? [],
  kept: kept.map(({ field: name, why }) => [name, why]),
});
const BACK = [["update", "right", [{ kind: "value", cell: cell("old") }]]];
const nothing = (why: string, of: string | null = null): unknown => ({ writes: [], cases: [], kept: [[of, why]] });

describe("an update", () => {
  const apart = [["conflict", { left: "new", right: "old", undone: RUN, wrote: { right: "new" } }]];
  test.each<{ what: string; found: Found; wanted: unknown }>([
    {
      what: "as the run left it: it goes back, and a case opens",
      found: { world: AS_LEFT },
      wanted: { writes: BACK, cases: apart, kept: [] },
    },
    {
      what: "the other side shows what goes back: no case, the two agree",
      found: { world: { left: "old", right: "new", baseLeft: "old", baseRight: "new" } },
      wanted: { writes: BACK, cases: [], kept: [] },
    },
    {
      what: "the other side was edited since: it goes back, and that edit will flow",
      found: { world: { ...AS_LEFT, left: "newer" } },
      wanted: { writes: BACK, cases: [], kept: [] },
    },
    {
      what: "edited since",
      found: { world: { ...AS_LEFT, right: "mine" } },
      wanted: nothing("edited since", "field"),
    },
    {
      what: "as before already: nothing, and nothing to tell",
      found: { world: { ...AS_LEFT, right: "old" } },
      wanted: { writes: [], cases: [], kept: [] },
    },
    {
      what: "the run wrote what stood there: nothing",
      found: { world: AS_LEFT, before: "new" },
      wanted: { writes: [], cases: [], kept: [] },
    },
    {
      what: "nothing stood there before: it is emptied",
      found: { world: AS_LEFT, before: null },
      wanted: {
        writes: [["update", "right", [{ kind: "value", cell: NULL_CELL }]]],
        cases: [["conflict", { left: "new", right: null, undone: RUN, wrote: { right: "new" } }]],
        kept: [],
      },
    },
    {
      what: "unlinked since",
      found: { world: AS_LEFT, linkId: null },
      wanted: nothing("the two records are no longer linked"),
    },
    {
      what: "gone since",
      found: { world: AS_LEFT, presence: { right: "absent" } },
      wanted: nothing("it is no longer in billing"),
    },
    {
      what: "unreadable",
      found: { world: AS_LEFT, presence: { right: "unknown" } },
      wanted: nothing("it could not be read from billing"),
    },
    {
      what: "out of scope",
      found: { world: AS_LEFT, presence: { right: "out-of-scope" } },
      wanted: nothing("it is out of scope in billing"),
    },
    {
      what: "its counterpart is unreadable",
      found: { world: AS_LEFT, presence: { left: "unknown" } },
      wanted: nothing("its counterpart in crm could not be read"),
    },
    {
      what: "its counterpart is gone: it goes back, without a case",
      found: { world: AS_LEFT, presence: { left: "absent" } },
      wanted: { writes: BACK, cases: [], kept: [] },
    },
    {
      what: "updates are not allowed",
      found: { world: AS_LEFT, allow: ["create"] },
      wanted: nothing("the mapping does not allow updates in billing"),
    },
    {
      what: "the rule goes the other way by now",
      found: { world: AS_LEFT, policy: policyOf({ writes: "left" }) },
      wanted: nothing("the mapping no longer writes it in billing", "field"),
    },
    {
      what: "the rule is gone",
      found: { world: AS_LEFT, policy: policyOf({ name: "another" }) },
      wanted: nothing("the mapping has no rule of this name any more", "field"),
    },
  ])("$what", ({ found, wanted }) => {
    expect(told(undo(found))).toEqual(wanted);
  });

  test("the bases become what both sides then show, so that neither counts as moved", () => {
    const [write] = undo({ world: AS_LEFT }).decision?.writes ?? [];

    expect(write).toMatchObject({ id: IDS.right, version: "v1", fields: [{ before: cell("new"), sent: cell("new") }] });
    expect(undo({ world: { ...AS_LEFT, left: "newer" } }).decision?.writes[0]?.fields[0]?.sent).toBeNull();
  });
});

describe("a create", () => {
  test.each<{ what: string; found: Found; wanted: unknown }>([
    {
      what: "as the run left it: deleted",
      found: { world: AS_LEFT },
      wanted: { writes: [["delete", "right", []]], cases: [], kept: [] },
    },
    { what: "edited since", found: { world: { ...AS_LEFT, right: "mine" } }, wanted: nothing("edited since: field") },
    {
      what: "gone already",
      found: { world: AS_LEFT, presence: { right: "absent" } },
      wanted: nothing("it is no longer in billing"),
    },
    {
      what: "unreadable",
      found: { world: AS_LEFT, presence: { right: "unknown" } },
      wanted: nothing("it could not be read from billing"),
    },
    {
      what: "deletes are not allowed",
      found: { world: AS_LEFT, allow: ["create", "update"] },
      wanted: nothing("the mapping does not allow deletes in billing"),
    },
    {
      what: "unlinked since",
      found: { world: AS_LEFT, linkId: null },
      wanted: nothing("it is no longer linked with the record it was made from"),
    },
  ])("$what", ({ found, wanted }) => {
    expect(told(undo({ op: "create", before: null, ...found }))).toEqual(wanted);
  });

  test("its link ends and is remembered, so that nothing makes it again; the history keeps what it showed", () => {
    const { decision } = undo({ world: AS_LEFT, op: "create", before: null });

    expect(decision?.link).toEqual({ kind: "tombstone", reason: "run r_1 taken back" });
    expect(decision?.writes[0]?.shown).toEqual({ field: "new" });
  });
});

describe("a delete", () => {
  const GONE_BOTH = { left: "absent", right: "absent" } as const;
  const made = [["create", "right", [{ kind: "value", cell: cell("old") }]]];
  const asked = [["gone", { gone: "crm", kept: "billing", record: { field: "old" }, undone: RUN }]];
  test.each<{ what: string; found: Found; wanted: unknown }>([
    {
      what: "both gone: made again, and a person is asked",
      found: { world: AS_LEFT, presence: GONE_BOTH },
      wanted: { writes: made, cases: asked, kept: [] },
    },
    {
      what: "its counterpart is there: made again, and in step",
      found: { world: AS_LEFT, presence: { right: "absent" } },
      wanted: { writes: made, cases: [], kept: [] },
    },
    {
      what: "its counterpart is out of scope: made again, and a person is asked",
      found: { world: AS_LEFT, presence: { left: "out-of-scope", right: "absent" } },
      wanted: { writes: made, cases: asked, kept: [] },
    },
    { what: "there again", found: { world: AS_LEFT }, wanted: nothing("it is in billing again") },
    {
      what: "not known whether it is there",
      found: { world: AS_LEFT, presence: { right: "unknown" } },
      wanted: nothing("it could not be told whether it is still gone from billing"),
    },
    {
      what: "its counterpart is unreadable",
      found: { world: AS_LEFT, presence: { left: "unknown", right: "absent" } },
      wanted: nothing("its counterpart in crm could not be read"),
    },
    {
      what: "linked with another by now",
      found: { world: AS_LEFT, presence: GONE_BOTH, linkedElsewhere: true },
      wanted: nothing("one of the two records has another counterpart by now"),
    },
    {
      what: "creates are not allowed",
      found: { world: AS_LEFT, presence: GONE_BOTH, allow: ["update"] },
      wanted: nothing("the mapping does not allow creates in billing"),
    },
    {
      what: "nothing was kept",
      found: { world: AS_LEFT, presence: GONE_BOTH, before: null },
      wanted: nothing("nothing of it was kept"),
    },
    {
      what: "it was alone: a mirror would delete it again",
      found: { world: AS_LEFT, presence: GONE_BOTH, alone: true },
      wanted: nothing("it had no counterpart: billing alone had it, and the next run would delete it again"),
    },
  ])("$what", ({ found, wanted }) => {
    expect(told(undo({ op: "delete", wrote: null, linkId: null, ...found }))).toEqual(wanted);
  });
});

describe("what was put back waits", () => {
  const decide = (
    world: World,
    policy: FieldPolicy,
    undone: ReadonlyMap<string, TakenBack>,
    presence: Presence = "present",
  ) =>
    decideLinked(
      {
        link: { id: "1" as LinkId, state: "live" },
        sides: {
          left: { id: "l" as RemoteId, presence, version: null },
          right: { id: "r" as RemoteId, presence: "present", version: null },
        },
        fields: [sightOf(world, policy)],
        redirect: null,
      },
      {
        policy: { ...entityPolicy(policy), whenGone: { left: "delete", right: "delete" }, onScopeExit: "delete" },
        names: NAMES,
        modified: { left: null, right: null },
        clockToleranceMs: 0,
        answers: {},
        undone,
      },
    );
  const BACK_THEN: TakenBack = { run: "r_1", wrote: {}, late: {} };
  const WAITS = new Map([["field", BACK_THEN]]);
  const SHOWN: readonly Shown[] = ["a", "b", null];
  const POLICIES = [
    policyOf(),
    policyOf({ conflict: "left" }),
    policyOf({ writes: "right" }),
    policyOf({ writes: "right", strength: "strong" }),
    policyOf({ writes: "left", strength: "weak" }),
  ];

  test("while neither side moves nothing is written, whatever the rule says; where they differ the case stays open", () => {
    for (const policy of POLICIES) {
      for (const left of SHOWN) {
        for (const right of SHOWN) {
          const decision = decide({ left, right, baseLeft: left, baseRight: right }, policy, WAITS);

          expect(decision.writes).toEqual([]);
          expect(decision.cases.map(({ values }) => values)).toEqual(
            left === right ? [] : [{ left, right, undone: "r_1" }],
          );
        }
      }
    }
  });

  test("a read that comes too late, and still shows what the run wrote, is taken neither for an edit nor for an agreement", () => {
    const late: World = { left: "new", right: "new", baseLeft: "new", baseRight: "old" };
    const waits = (fresh: TakenBack["late"]) =>
      new Map([["field", { run: "r_1", wrote: { right: "new" }, late: fresh }]]);

    expect(decide(late, field, waits({ field: { left: null, right: cell("new") } }))).toMatchObject({
      writes: [],
      agreements: [],
      cases: [{ values: { left: "new", right: "old", undone: "r_1", wrote: { right: "new" } } }],
    });
    expect(decide(late, field, waits({}))).toMatchObject({ writes: [], agreements: [{ field: "field" }], cases: [] });
  });

  test("once a side moves the rule decides as ever", () => {
    for (const policy of POLICIES) {
      const world: World = { left: "c", right: "b", baseLeft: "a", baseRight: "b" };

      expect(decide(world, policy, WAITS)).toEqual(decide(world, policy, new Map()));
    }
  });

  test("a record whose deletion was taken back is not deleted again because its counterpart is gone, or out of scope", () => {
    for (const presence of ["absent", "out-of-scope"] as const) {
      const decision = decide(AS_LEFT, field, new Map([[GONE, BACK_THEN]]), presence);

      expect(decision.writes).toEqual([]);
      expect(decision.cases).toMatchObject([{ kind: "gone", values: { undone: "r_1" } }]);
      expect(decide(AS_LEFT, field, new Map(), presence).writes).toMatchObject([{ op: "delete" }]);
    }
  });
});
