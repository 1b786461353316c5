// Why a field is as it is, one case each: told from the decision that the next run would make.

import { describe, expect, test } from "@jest/globals";
import { decideLinked } from "../../src/core/decide-linked.ts";
import { explainField, policyWords } from "../../src/core/explain-field.ts";
import type { FieldPolicy } from "../../src/core/field.ts";
import type { TakenBack } from "../../src/core/field-outcome.ts";
import type { LinkId, Side } from "../../src/core/ids.ts";
import type { Operation } from "../../src/core/policy.ts";
import { entityPolicy, IDS, policyOf, sightOf, type World } from "./world.ts";

const NAMES = { left: "crm", right: "billing" };

interface Told {
  readonly what: string;
  readonly world: World;
  readonly policy?: FieldPolicy;
  readonly allow?: readonly Operation[];
  readonly drifted?: readonly string[];
  readonly undone?: TakenBack;
  readonly wanted: { readonly code: string; readonly text: string; readonly writes?: Side | null };
}

const AGREED: World = { left: "a", right: "a", baseLeft: "a", baseRight: "a" };

describe("a field", () => {
  test.each<Told>([
    { what: "in step", world: AGREED, wanted: { code: "in-step", text: "the same on both sides" } },
    {
      what: "empty on both sides",
      world: { left: null, right: null, baseLeft: null, baseRight: null },
      wanted: { code: "in-step", text: "empty on both sides" },
    },
    {
      what: "edited on one side",
      world: { ...AGREED, left: "b" },
      wanted: { code: "differs", text: "the next run writes it to billing: changed in crm", writes: "right" },
    },
    {
      what: "edited on both sides",
      world: { ...AGREED, left: "b", right: "c" },
      wanted: { code: "waits", text: "both sides have moved apart, and the rule leaves it to a person" },
    },
    {
      what: "edited on both sides, and one wins",
      world: { ...AGREED, left: "b", right: "c" },
      policy: policyOf({ conflict: "right" }),
      wanted: { code: "differs", text: "the next run writes it to crm: billing wins", writes: "left" },
    },
    {
      what: "without a word on one side",
      world: { ...AGREED, right: undefined },
      wanted: { code: "no-opinion", text: "billing has no word about it, which neither agrees nor disputes" },
    },
    {
      what: "drifted",
      world: { ...AGREED, left: "b" },
      drifted: ["field"],
      wanted: {
        code: "drifted",
        text: "its values have drifted on nearly all records of a side at once, so nothing is carried",
      },
    },
    {
      what: "left apart",
      world: { left: "a", right: "b", baseLeft: "a", baseRight: "b" },
      wanted: {
        code: "agreed-apart",
        text: "the two differ as they were left: neither side has moved since, so nothing is carried",
      },
    },
    {
      what: "taken back",
      world: { left: "a", right: "b", baseLeft: "a", baseRight: "b" },
      undone: { run: "r_1", wrote: {}, late: {} },
      wanted: {
        code: "waits",
        text: "the two differ since run r_1 was taken back: nothing is carried until a person answers, or a side is edited",
      },
    },
    {
      what: "not allowed",
      world: { ...AGREED, left: "b" },
      allow: ["create"],
      wanted: { code: "blocked", text: "crm has moved, but the mapping does not allow updates in billing" },
    },
    {
      what: "edited on the receiving side",
      world: { ...AGREED, right: "b" },
      policy: policyOf({ writes: "right" }),
      wanted: {
        code: "let-stand",
        text: "the edit in billing stands: the rule goes from crm to billing, and its strength is normal",
      },
    },
    {
      what: "edited on the receiving side of a strong rule",
      world: { ...AGREED, right: "b" },
      policy: policyOf({ writes: "right", strength: "strong" }),
      wanted: {
        code: "differs",
        text: "the next run writes it to billing: edit in billing reverted",
        writes: "right",
      },
    },
  ])("$what", ({ world, policy = policyOf(), allow, drifted = [], undone, wanted }) => {
    const sight = sightOf(world, policy);
    const operations = allow ?? ["create", "update", "delete"];
    const entity = { ...entityPolicy(policy), allow: { left: operations, right: operations } };
    const view = (side: Side) => ({ id: IDS[side], presence: "present" as const, version: null });
    const decision = decideLinked(
      {
        link: { id: "1" as LinkId, state: "live" },
        sides: { left: view("left"), right: view("right") },
        fields: [sight],
        redirect: null,
      },
      {
        policy: entity,
        names: NAMES,
        modified: { left: null, right: null },
        clockToleranceMs: 0,
        answers: {},
        drifted: new Set(drifted),
        ...(undone === undefined ? {} : { undone: new Map([["field", undone]]) }),
      },
    );

    const { question: _question, ...told } = explainField(sight, decision, {
      policy: entity,
      names: NAMES,
      drifted: new Set(drifted),
    });

    expect(told).toEqual({ writes: null, ...wanted });
  });
});

test.each<{ policy: FieldPolicy; words: string }>([
  { policy: policyOf(), words: "two-way; conflict: review" },
  { policy: policyOf({ conflict: "left", atLink: "newest" }), words: "two-way; conflict: crm; at_link: newest" },
  { policy: policyOf({ writes: "right", strength: "strong" }), words: "crm -> billing; strength: strong" },
  {
    policy: policyOf({ group: "address", blank: "keep" }),
    words: "two-way; conflict: review; blank: keep; group: address",
  },
])("a rule is told in the words of its file: $words", ({ policy, words }) => {
  expect(policyWords(policy, NAMES)).toBe(words);
});
