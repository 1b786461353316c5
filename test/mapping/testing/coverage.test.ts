// What tests do not exercise, and which changes of the file none of them notices.

import { describe, expect, test } from "@jest/globals";

import { readMappingFile } from "../../../src/mapping/read-file.ts";
import { mutantsOf } from "../../../src/mapping/testing/mutants.ts";
import { parse } from "yaml";
import { entityText } from "../compiled.ts";
import { coverage } from "./ran.ts";

const whats = (gaps: readonly { readonly what: string }[]): readonly string[] => gaps.map(({ what }) => what);

describe("coverage", () => {
  test("names the rules and the side that no test writes", async () => {
    const { rules } = await coverage(
      `email: { as: email }\nvip: { direction: billing -> crm }\nname: { as: text }`,
      `- { name: x, crm: { id: "1", email: a@b.c }, expect: { billing: { create: { email: a@b.c } } } }`,
    );

    expect(whats(rules)).toEqual([
      "email: never written to crm",
      "vip: never written to crm",
      "name: never written to crm",
      "name: never written to billing",
    ]);
  });

  test("lists situations that can happen to this entity alone", async () => {
    const { situations } = await coverage(
      `email: { as: email }`,
      `- { name: x, crm: { id: "1" }, expect: { billing: { create: {} } } }`,
      "direction: crm -> billing",
    );

    expect(whats(situations)).toEqual(
      ["in-sync", "changed-left", "gone-left", "gone-right", "gone-edited"].map((each) => `situation ${each}`),
    );
  });

  test("lists policies that the file says and no test puts to use", async () => {
    const fields = `email: { as: email, conflict: crm }\nphone: { at_link: billing }`;
    const policies = "conflict: review\nwhen_gone: { crm: review }\ngone_edited: restore\nmatch: [[email]]";
    const disputed = `- name: x
  base: { email: a@b.c }
  crm: { email: b@b.c }
  billing: { email: c@b.c }
  expect: { billing: { update: { email: b@b.c } } }`;

    const { policies: unused } = await coverage(fields, disputed, policies);

    expect(whats(unused)).toEqual(["gone_edited: restore", "when_gone.crm: review", "phone.at_link: billing"]);
  });

  test("counts the changes that tests notice, and places the others", async () => {
    const tests = `- name: x
  crm: { id: "1", email: A@B.C, stage: lead }
  expect: { billing: { create: { email: a@b.c, segment: P } } }`;
    const fields = `email: { as: email }\nstage: { crm: stage, billing: segment, values: { lead: P, customer: A, former: C } }`;

    const { mutants } = await coverage(fields, tests, "match: [[email]]");

    expect(mutants.survived.map(({ at, change }) => `${at.slice(2).join(".")} ${change}`)).toEqual([
      'match.0 match rule 1 (["email"]) dropped',
      "fields.stage.values.customer stage: values: customer dropped",
      "fields.stage.values.customer stage: values: customer and former swapped",
      "fields.stage.values.former stage: values: former dropped",
    ]);
    expect(mutants).toMatchObject({ total: 8, killed: 4 });
  });

  test("knows the rules inside lines: what no test edits, and what none would notice", async () => {
    const fields = `lines:
  each:
    key: k
    fields:
      k: {}
      net: { crm: { read: gross / 2 }, direction: crm -> billing, strength: strong }
      tax: { value: '"20"', direction: crm -> billing }`;
    const made = `- name: made
  crm: { id: "1", lines: [{ k: a, gross: 10 }] }
  expect: { billing: { create: { lines: [{ k: a, net: 5, tax: "20" }] } } }
`;
    const reverted = `- name: reverted
  base: { crm: { lines: [{ k: a, gross: 10 }] }, billing: { lines: [{ k: a, net: 5, tax: "20" }] } }
  crm: { lines: [{ k: a, gross: 10 }] }
  billing: { lines: [{ k: a, net: 4, tax: "20" }] }
  expect: { billing: { update: { lines: [{ k: a, net: 5, tax: "20" }] } } }
`;

    const one = await coverage(fields, made);
    const two = await coverage(fields, made + reverted);

    expect(whats(one.policies)).toEqual(["lines.each.net.strength: strong"]);
    expect(one.mutants.survived.map(({ change }) => change)).toEqual([
      "lines: each: net: strength: strong becomes review",
    ]);
    expect(whats(two.policies)).toEqual([]);
    expect(two.mutants.survived).toEqual([]);
  });

  test("a change that check refuses is not counted", async () => {
    const { mutants } = await coverage(
      `email: { as: email }`,
      `- { name: x, crm: { id: "1" }, expect: { billing: { create: {} } } }`,
    );

    // Without its only rule the entity does not compile; without its type it does.
    expect(mutants.total).toBe(1);
  });
});

test("a scored rule whose limits no test comes near is told, and one with a test on each side of them is not", async () => {
  const fields = "name: { as: person_name }\nphone: { as: { phone: GB } }\nzip: { as: postal_code }";
  const match = "match: [{ score: { name: 0.5, phone: 0.3, zip: 0.2 }, link_at: 0.95, review_at: 0.7 }]";
  const pair = (name: string, zip: string, phone: string, expected: string): string => `- name: ${name}
  crm: { id: "1", name: Ada Lovelace, phone: 020 7946 0018, zip: SW1Y 4JH }
  billing: { id: "2", name: Ada Lovelace, phone: "${phone}", zip: ${zip} }
  expect: { ${expected} }
`;
  const linked = pair("alike", "SW1Y4JH", "+442079460018", "situation: matched, link: live");
  const asked = pair("nearly", "EC1A 1BB", "+442079460018", "situation: ambiguous, cases: [ambiguous], link: none");
  const told = async (tests: string): Promise<readonly string[]> => {
    const { mutants } = await coverage(fields, tests, match);
    return mutants.survived.map(({ change }) => change).filter((change) => change.startsWith("match rule 1: "));
  };

  expect(await told(linked)).toEqual([
    "match rule 1: score: name dropped",
    "match rule 1: score: phone dropped",
    "match rule 1: score: zip dropped",
    "match rule 1: link_at: 0.95 becomes 0.7001",
    "match rule 1: review_at: 0.7 becomes 0.9499",
  ]);
  expect(await told(linked + asked)).not.toEqual(
    expect.arrayContaining([expect.stringMatching(/link_at|review_at|zip/)]),
  );
});

test("every kind of rule and policy is changed, one thing at a time", () => {
  const text = entityText(
    `a: { as: { text: [trim, lower] }, group: g }
b: { crm: [x, y], billing: { at: b, as: { decimal: { scale: 2, times: "3" } } }, as: decimal }
c: { direction: crm -> billing, strength: strong, value: '1' }
d: { values: { u: v, w: z }, conflict: crm, at_link: billing, blank: keep, merge: set }
e: { crm: { read: 'z', default: 1 }, empty: ["-"] }
f: { ref: thing, optional: true }
g: { billing: { read: h, write: { h: $value } } }
l: { each: { key: k, fields: { k: {}, q: { as: integer }, v: { value: '1', direction: billing -> crm, strength: weak } } } }`,
    "match: [[a], { crm: b, billing: c }, { score: { a: 1, e: 0.5 }, link_at: 0.95, review_at: 0.8 }]\nallow: { crm: [update] }\nwhen_gone: { crm: delete }\nconflict: newest\ndirection: crm -> billing\nforeign: keep\non_scope_exit: freeze",
  ).replace("{ object: contact }", "{ object: contact, scope: 'a' }");
  const { file } = readMappingFile(parse(text));

  const mutants = file === null ? [] : mutantsOf(file);

  expect(mutants.map(({ change }) => change)).toEqual([
    'match rule 1 (["a"]) dropped',
    'match rule 2 ({"crm":"b","billing":"c"}) dropped',
    'match rule 3 ({"score":{"a":1,"e":0.5},"link_at":0.95,"review_at":0.8}) dropped',
    "match rule 3: score: a dropped",
    "match rule 3: score: e dropped",
    "match rule 3: link_at: 0.95 becomes 0.8001",
    "match rule 3: review_at: 0.8 becomes 0.9499",
    "scope of crm dropped",
    "crm may no longer update",
    "on_scope_exit: freeze becomes unlink",
    "foreign: keep becomes delete",
    "conflict: newest becomes crm",
    "when_gone.crm: delete becomes restore",
    "direction: crm -> billing becomes billing -> crm",
    "a: rule dropped",
    'a: as: {"text":["trim","lower"]} dropped',
    "a: text: trim dropped",
    "a: text: lower dropped",
    "a: group dropped",
    "b: rule dropped",
    "b: as: decimal dropped",
    'b: crm: ["x","y"] turned round',
    'b: billing: as: {"decimal":{"scale":2,"times":"3"}} dropped',
    "b: billing: decimal: scale dropped",
    "b: billing: decimal: times dropped",
    "c: rule dropped",
    "c: direction: crm -> billing becomes billing -> crm",
    "c: direction dropped",
    "c: strength: strong becomes review",
    "c: value becomes another one",
    "d: rule dropped",
    "d: conflict: crm becomes billing",
    "d: at_link: billing becomes crm",
    "d: values: u dropped",
    "d: values: u and w swapped",
    "d: values: w dropped",
    "d: merge dropped",
    "d: blank dropped",
    "e: rule dropped",
    "e: empty dropped",
    "e: crm: read gives nothing",
    "e: crm: default dropped",
    "f: rule dropped",
    "f: ref dropped",
    "f: optional dropped",
    "g: rule dropped",
    "g: billing: read gives nothing",
    "g: billing: write puts nothing at h",
    "l: rule dropped",
    "l: each: k: rule dropped",
    "l: each: q: rule dropped",
    "l: each: q: as: integer dropped",
    "l: each: v: rule dropped",
    "l: each: v: direction: billing -> crm becomes crm -> billing",
    "l: each: v: direction dropped",
    "l: each: v: strength: weak becomes normal",
    "l: each: v: value becomes another one",
  ]);
});
