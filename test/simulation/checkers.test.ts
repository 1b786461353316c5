// Each checker is shown a history in which its promise was broken by hand, and has to say so; and the same history before
// that, about which none of them may say anything.

import { describe, expect, test } from "@jest/globals";
import type { RemoteId, RunId } from "../../src/core/ids.ts";
import type { EffectRow } from "../../src/engine/ledger.ts";
import { brokenPromises, PROMISES } from "../../src/simulation/promises/all.ts";
import type { LinkRow } from "../../src/simulation/memory/tables.ts";
import type { Played } from "../../src/simulation/play.ts";
import {
  create,
  edited,
  id,
  playMade,
  remove,
  rename,
  shown,
  tablesOf,
  twin,
  withHappenings,
  type Made,
} from "./made.ts";

const L1 = id("L1");
const R1 = id("R1");

interface Case {
  readonly promise: number;
  /** The checker's word for what is broken. */
  readonly name: string;
  readonly made: Made;
  readonly breaking: (played: Played) => Played;
}

/** A record made on the left, carried to the right, and edited there. */
const ONE: Made = { rounds: [[create("left", 1)], [rename("left", 2)]] };

const person = { email: "new@x.test", name: "new", city: "new", note: "new" };

function effect(played: Played, more: Partial<EffectRow> & { readonly record: RemoteId }): void {
  const tables = tablesOf(played);
  const [first] = tables.effects;
  if (first === undefined) throw new Error("the history has no effect");
  tables.effects = [...tables.effects, { ...first, ...more }];
}

function onlyLink(played: Played): LinkRow {
  const [link] = tablesOf(played).links.values();
  if (link === undefined) throw new Error("the history has no link");
  return link;
}

function keysOf(played: Played): readonly string[] {
  return [...tablesOf(played).totals.keys()];
}

const CASES: readonly Case[] = [
  {
    promise: 1,
    name: "apart: name",
    made: ONE,
    breaking: (played) => withHappenings(played, edited(played, "left", L1, { name: "other" }, "person")),
  },
  {
    promise: 1,
    name: "left behind",
    made: ONE,
    breaking: (played) => {
      tablesOf(played).links.clear();
      return played;
    },
  },
  {
    promise: 1,
    name: "no rest",
    made: ONE,
    breaking: (played) => ({ ...played, runs: played.runs.map((run) => ({ ...run, report: null })) }),
  },
  {
    promise: 2,
    name: "not quiet",
    made: ONE,
    breaking: (played) =>
      withHappenings(played, { ...edited(played, "right", R1, {}, "engine"), round: played.quietFrom }),
  },
  {
    promise: 2,
    name: "state grows",
    made: ONE,
    breaking: (played) => ({ ...played, rows: { before: 4, after: 5 } }),
  },
  {
    promise: 3,
    name: "lost edit of name",
    made: { member: { atLink: "a" }, rounds: [[create("left", 1), twin("right", 2)]] },
    breaking: (played) => {
      tablesOf(played).effects = [];
      return played;
    },
  },
  {
    promise: 3,
    name: "sum of count",
    made: { ...ONE, member: { counter: true } },
    breaking: (played) =>
      withHappenings(
        withHappenings(played, edited(played, "left", L1, { count: 99 }, "engine")),
        edited(played, "right", R1, { count: 99 }, "engine"),
      ),
  },
  {
    promise: 3,
    name: "edit of city deleted",
    made: ONE,
    breaking: (played) => {
      const typed = withHappenings(played, edited(played, "right", R1, { city: "typed" }, "person"));
      return withHappenings(
        typed,
        { side: "left", id: L1, actor: "person", before: shown(typed, L1) },
        { side: "right", id: R1, before: shown(typed, R1) },
      );
    },
  },
  {
    promise: 4,
    name: "invented name",
    made: ONE,
    breaking: (played) => withHappenings(played, edited(played, "right", R1, { name: "invented" }, "engine")),
  },
  {
    promise: 5,
    name: "resurrection",
    made: { rounds: [[create("left", 1)], [remove("right")]] },
    breaking: (played) => {
      effect(played, { op: "create", side: "right", record: id("R9"), other: L1 });
      return withHappenings(played, { side: "right", id: id("R9"), after: person, other: L1, asked: { found: [] } });
    },
  },
  {
    promise: 6,
    name: "two counterparts",
    made: ONE,
    breaking: (played) => {
      effect(played, { op: "create", side: "right", record: id("R9"), other: L1 });
      return withHappenings(played, { side: "right", id: id("R9"), after: person, asked: { found: [] } });
    },
  },
  {
    promise: 6,
    name: "orphan",
    made: ONE,
    breaking: (played) => withHappenings(played, { side: "right", id: id("R9"), after: person, asked: { found: [] } }),
  },
  {
    promise: 6,
    name: "created beside one that was found",
    made: ONE,
    breaking: (played) =>
      withHappenings(
        played,
        { side: "right", id: id("R8"), actor: "person", after: person },
        { side: "right", id: id("R9"), after: person, sent: person, asked: { found: [id("R8")] } },
      ),
  },
  {
    promise: 6,
    name: "created beside one that was there",
    made: ONE,
    breaking: (played) =>
      withHappenings(
        played,
        { side: "right", id: id("R8"), actor: "person", round: 0, after: person },
        { side: "right", id: id("R9"), after: person, sent: person, asked: { found: [] } },
      ),
  },
  {
    promise: 7,
    name: "created without asking",
    made: ONE,
    breaking: (played) => withHappenings(played, { side: "right", id: id("R9"), after: person, sent: person }),
  },
  {
    promise: 7,
    name: "unproven delete",
    made: ONE,
    breaking: (played) => withHappenings(played, { side: "right", id: R1, before: shown(played, R1) }),
  },
  {
    promise: 8,
    name: "over the limit: create",
    made: { member: { guarded: true }, rounds: [[create("left", 1)]] },
    breaking: (played) => {
      const run = played.runs[0]?.report?.run;
      if (run === undefined) throw new Error("no run");
      const ids = ["R5", "R6", "R7", "R8"].map(id);
      for (const record of ids) effect(played, { op: "create", run, side: "right", record, other: null });
      return withHappenings(
        played,
        ...ids.map((record) => ({ side: "right" as const, id: record, round: 0, after: person })),
      );
    },
  },
  {
    promise: 9,
    name: "too many writes of name",
    made: ONE,
    breaking: (played) =>
      Array.from({ length: 8 }, (_, index) => `name-${String(1 + (index % 2))}`).reduce<Played>(
        (so, name) => withHappenings(so, edited(so, "right", R1, { name }, "engine")),
        played,
      ),
  },
  {
    promise: 11,
    name: "frame note",
    made: ONE,
    breaking: (played) => withHappenings(played, edited(played, "right", R1, { note: "scribble" }, "engine")),
  },
  {
    promise: 12,
    name: "not allowed: delete",
    made: { ...ONE, member: { deletes: false } },
    breaking: (played) => withHappenings(played, { side: "right", id: R1, before: shown(played, R1) }),
  },
  {
    promise: 12,
    name: "against its direction: status",
    made: { ...ONE, member: { oneWay: "normal" } },
    breaking: (played) => withHappenings(played, edited(played, "left", L1, { status: "back" }, "engine")),
  },
  {
    promise: 13,
    name: "two links",
    made: ONE,
    breaking: (played) => {
      const link = onlyLink(played);
      tablesOf(played).links.set(999, { ...link, number: 999 });
      return played;
    },
  },
  {
    promise: 13,
    name: "link to nothing",
    made: ONE,
    breaking: (played) => {
      const link = onlyLink(played);
      tablesOf(played).links.set(link.number, { ...link, right: id("R99") });
      return played;
    },
  },
  {
    promise: 13,
    name: "deletion not carried",
    made: { ...ONE, member: { whenGone: { a: "delete", b: "delete" }, goneEdited: "delete" } },
    breaking: (played) => {
      const link = onlyLink(played);
      tablesOf(played).links.set(link.number, { ...link, state: "tombstone", reason: "gone in a" });
      return played;
    },
  },
  {
    promise: 14,
    name: "no intent",
    made: ONE,
    breaking: (played) => withHappenings(played, { ...edited(played, "right", R1, {}, "engine"), intended: false }),
  },
  {
    promise: 14,
    name: "a run broke",
    made: ONE,
    breaking: (played) => ({
      ...played,
      runs: played.runs.map((run, index) => (index === 0 ? { ...run, report: null, thrown: "Error: of ours" } : run)),
    }),
  },
  {
    promise: 15,
    name: "deleted for a lost state",
    made: ONE,
    breaking: (played) => {
      const at = played.happenings.at(-1)?.at ?? 0;
      const gone = withHappenings(played, { side: "left", id: L1, actor: "person", before: shown(played, L1), at });
      const losses = [{ at: at + 100_000, happenings: gone.happenings.length, round: 0, all: true }];
      return withHappenings({ ...gone, losses }, { side: "right", id: R1, before: shown(played, R1), other: L1 });
    },
  },
  {
    promise: 15,
    name: "overwritten after a lost state: name",
    made: ONE,
    breaking: (played) => {
      const typed = withHappenings(played, edited(played, "right", R1, { name: "typed" }, "person"));
      const at = (typed.happenings.at(-1)?.at ?? 0) + 100_000;
      const losses = [{ at, happenings: typed.happenings.length, round: 0, all: true }];
      return withHappenings({ ...typed, losses }, edited(typed, "right", R1, { name: "name-2" }, "engine"));
    },
  },
  {
    promise: 17,
    name: "dangling reference",
    made: { member: { child: "required" }, rounds: [[create("left", 1)], [create("left", 2, 1)]] },
    breaking: (played) => {
      const order = played.happenings.find((each) => each.object === "order" && each.side === "right")?.id;
      if (order === undefined) throw new Error("no order");
      return withHappenings(played, {
        ...edited(played, "right", order, { owner: "R99" }, "engine"),
        object: "order",
      });
    },
  },
  {
    promise: 18,
    name: "created out of scope",
    made: { ...ONE, member: { scope: "freeze" } },
    breaking: (played) => {
      const out = withHappenings(played, { ...edited(played, "left", L1, { kind: "out" }, "person"), round: 0 });
      return withHappenings(out, { side: "right", id: id("R9"), after: person, other: L1, asked: { found: [] } });
    },
  },
  {
    promise: 18,
    name: "deleted by its scope",
    made: { ...ONE, member: { scope: "freeze" } },
    breaking: (played) => {
      const out = withHappenings(played, { ...edited(played, "left", L1, { kind: "out" }, "person"), round: 0 });
      return withHappenings(out, { side: "right", id: R1, before: shown(played, R1), other: L1 });
    },
  },
  {
    promise: 19,
    name: "two plans",
    made: ONE,
    breaking: (played) => ({
      ...played,
      plans: [
        { plan: "one", wrote: false },
        { plan: "other", wrote: false },
      ],
    }),
  },
  {
    promise: 19,
    name: "a dry run wrote",
    made: ONE,
    breaking: (played) => ({
      ...played,
      plans: [
        { plan: "one", wrote: true },
        { plan: "one", wrote: false },
      ],
    }),
  },
  {
    promise: 20,
    name: "not followed: apart: name",
    made: ONE,
    breaking: (played) => {
      const so = withHappenings(played, edited(played, "left", L1, { name: "missed" }, "person"));
      return { ...so, followed: { ...so.followed, happenings: so.happenings.length } };
    },
  },
  {
    promise: 22,
    name: "two writers",
    made: ONE,
    breaking: (played) => {
      const tables = tablesOf(played);
      const [first] = tables.effects;
      if (first === undefined) throw new Error("no effect");
      tables.effects = [...tables.effects, { ...first, run: "r_other" as RunId }, first]; // a run that nobody began
      return played;
    },
  },
  {
    promise: 25,
    name: "a create was repeated",
    made: ONE,
    breaking: (played) => {
      const key = played.happenings.find((each) => each.actor === "engine" && each.before === null)?.key ?? null;
      return withHappenings(played, { side: "right", id: id("R9"), after: person, key, asked: { found: [] } });
    },
  },
  {
    promise: 27,
    name: "report",
    made: ONE,
    breaking: (played) => {
      tablesOf(played).effects = [];
      return played;
    },
  },
  {
    promise: 27,
    name: "totals",
    made: ONE,
    breaking: (played) => {
      for (const key of keysOf(played)) tablesOf(played).totals.set(key, 7);
      return played;
    },
  },
  {
    promise: 27,
    name: "effect that never was: delete",
    made: ONE,
    breaking: (played) => {
      effect(played, { op: "delete", side: "left", record: L1, other: R1 });
      return played;
    },
  },
];

describe("a checker", () => {
  test.each(CASES.map((each) => [each.promise, each.name, each] as const))(
    "of promise %i says that %s, and nothing of the history as it was",
    async (promise, name, { made, breaking }) => {
      expect(await brokenPromises(await playMade(made))).toEqual([]);

      const found = await brokenPromises(breaking(await playMade(made)));

      expect(found.map((each) => [each.promise, each.name])).toContainEqual([promise, name]);
    },
  );

  test("of every promise is shown something that breaks it", () => {
    expect([...new Set(PROMISES.map((each) => each.number))].toSorted((a, b) => a - b)).toEqual(
      [...new Set(CASES.map((each) => each.promise))].toSorted((a, b) => a - b),
    );
  });
});
