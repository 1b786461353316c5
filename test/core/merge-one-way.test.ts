// Lines that go both ways with fields that go one way: what becomes of the whole list, for every combination of what goes both ways
// and what is given. Cells stand for lists; their text before the bar is what goes both ways, behind it what goes one way.

import { describe, expect, test } from "@jest/globals";

import type { Cell, FieldPolicy, FieldSight, OneWayLines } from "../../src/core/field.ts";
import type { Answer, FieldOutcome, MergeFacts } from "../../src/core/field-outcome.ts";
import { mergeFields } from "../../src/core/merge.ts";

const cell = (text: string): Cell => ({ value: text, key: text, bothWays: text.split("|")[0] ?? "" });
const given = (text: string | null): OneWayLines["given"]["left"] =>
  text === null ? null : { kind: "value", cell: cell(text) };

const policy: FieldPolicy = {
  name: "lines",
  group: null,
  writes: "both",
  strength: "normal",
  conflict: "review",
  atLink: "review",
  blank: "flow",
};

interface Told {
  readonly left: string;
  readonly right: string;
  readonly baseLeft?: string;
  readonly baseRight?: string;
  /** Lines that are to be given to a side; none unless said. */
  readonly toLeft?: string;
  readonly toRight?: string;
  readonly disputed?: boolean;
}

/** What goes both ways is carried as it is; the bases are `x|1` unless said. */
function sightOf(told: Told): FieldSight {
  const { left, right, baseLeft = "x|1", baseRight = "x|1", toLeft = null, toRight = null, disputed = false } = told;
  const carried = (from: string): FieldSight["toRight"] => ({ kind: "value", cell: cell(from) });
  return {
    policy,
    left: { kind: "value", cell: cell(left) },
    right: { kind: "value", cell: cell(right) },
    baseLeft: cell(baseLeft),
    baseRight: cell(baseRight),
    toRight: carried(left),
    toLeft: carried(right),
    combined: null,
    oneWay: {
      given: { left: given(toLeft), right: given(toRight) },
      disputed,
      sent: { left: cell(`${left}-sent`), right: cell(`${right}-sent`) },
      assumed: {
        given: { left: cell("assumed"), right: cell("assumed") },
        carried: { left: cell("assumed"), right: cell("assumed") },
        combined: { left: null, right: null },
      },
    },
  };
}

function factsWith(answer?: Answer): MergeFacts {
  return {
    names: { left: "crm", right: "billing" },
    modified: { left: null, right: null },
    clockToleranceMs: 0,
    answers: answer === undefined ? {} : { lines: answer },
  };
}

/** `right x|2`, `agree`, `conflict`; a write that leaves something for the next round ends in `…`. */
function shown(outcome: FieldOutcome): string {
  if (outcome.kind !== "write") return outcome.kind;
  const after = outcome.after.kind === "value" ? outcome.after.cell.key : "waiting";
  return `${outcome.side} ${after}${outcome.follows === true ? " …" : ""}`;
}

const outcomes = (told: Told, answer?: Answer): readonly string[] =>
  mergeFields([sightOf(told)], factsWith(answer)).map(shown);

describe("what goes both ways, and what is given beside it", () => {
  test.each<readonly [string, Told, readonly string[]]>([
    ["nothing moved, nothing to give", { left: "x|1", right: "x|1" }, ["rest"]],
    ["only what goes one way moved, and it stands", { left: "x|1", right: "x|2" }, ["agree"]],
    ["something for the right", { left: "x|2", right: "x|1", toRight: "x|2" }, ["right x|2"]],
    ["something for the left", { left: "x|1", right: "x|2", toLeft: "x|2" }, ["left x|2"]],
    ["something for both", { left: "x|2", right: "x|3", toRight: "x|4", toLeft: "x|5" }, ["left x|5", "right x|4"]],
    ["a change of the left, nothing else", { left: "y|1", right: "x|1" }, ["right y|1"]],
    ["a change of the left, and something for it", { left: "y|1", right: "x|2", toLeft: "y|2" }, ["right y|1 …"]],
    ["a change of the right, and something for it", { left: "x|2", right: "y|1", toRight: "y|2" }, ["left y|1 …"]],
    ["both the same change, and something to give", { left: "y|2", right: "y|1", toRight: "y|2" }, ["right y|2"]],
    ["both another change: all of it waits", { left: "y|2", right: "z|1", toRight: "z|2" }, ["conflict"]],
    ["in dispute: all of it waits", { left: "y|1", right: "x|2", toLeft: "y|2", disputed: true }, ["conflict"]],
  ])("%s", (_, told, expected) => {
    expect(outcomes(told)).toEqual(expected);
  });

  test.each<readonly [string, Answer, readonly string[]]>([
    ["the giving side", { kind: "take", side: "left" }, ["right x|2"]],
    ["the receiving side", { kind: "take", side: "right" }, ["agree"]],
    ["neither", { kind: "dismiss" }, ["agree"]],
  ])("a person who takes %s in a dispute is heard", (_, answer, expected) => {
    expect(outcomes({ left: "x|2", right: "x|3", toRight: "x|2", disputed: true }, answer)).toEqual(expected);
  });
});

test("a write leaves the bases that are to be: what was given there, and what its giver has still to be noticed for", () => {
  const [write] = mergeFields([sightOf({ left: "x|2", right: "x|1", toRight: "x|2" })], factsWith());

  expect(write).toMatchObject({
    kind: "write",
    before: { value: "x|1" },
    sent: { value: "x|2-sent" },
    assumed: { value: "assumed" },
    writtenBase: null,
    reason: "given by crm",
  });
});
