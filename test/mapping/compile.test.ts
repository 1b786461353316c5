// What a good mapping file becomes: defaults, policies, order of entities, and what counts as its meaning.

import { describe, expect, test } from "@jest/globals";

import { parse } from "yaml";
import { z } from "zod";

import type { FieldPolicy } from "../../src/core/field.ts";
import { compileMapping } from "../../src/mapping/compile.ts";
import { mappingFileSchema } from "../../src/mapping/file.ts";
import { readMappingFile } from "../../src/mapping/read-file.ts";
import { compileText, entityOf, entityText, mappingOf } from "./compiled.ts";
import { expressions } from "./expressions.ts";

const EXAMPLE = `
pair: crm-billing
state: active
sides: { crm: hubspot-prod, billing: stripe-prod }
schedule:
  changes: every 2m
  sweep: cron 0 3 * * *
  timezone: Europe/Vienna
  webhooks: true
guards:
  create: { floor: 10, fraction: 10% }
  update: { floor: 100, fraction: 20% }
  delete: { floor: 10, fraction: 10% }
  blank:  { floor: 10, fraction: 10% }
  empty: refuse
on_change: accept
entities:
  customer:
    crm:     { object: contact, scope: 'stage = "customer"' }
    billing: { object: customer }
    match:
      - { crm: billing_id, billing: id }
      - [email]
    allow: { crm: [update], billing: [create, update, delete] }
    when_gone: { crm: delete, billing: unlink }
    gone_edited: review
    on_scope_exit: freeze
    conflict: review
    at_link: review
    after: [product]
    fields:
      email:   { as: email, conflict: crm }
      name:    { crm: [firstname, lastname], billing: name, as: person_name }
      phone:   { crm: phone, billing: phone, as: { phone: GB } }
      country: { crm: country, billing: address.country, as: { country: alpha2 } }
      tier:    { crm: stage, billing: metadata.segment, values: { lead: prospect, customer: active } }
      due:     { crm: total, billing: { at: amount_due, as: { money: minor } }, as: { money: USD } }
      balance: { crm: open_balance, billing: balance, direction: billing -> crm, strength: strong, as: decimal }
      street:  { crm: street, billing: address.line1, group: address }
      vip:     { crm: vip, billing: { read: '$sum(subscriptions.amount) > 10000' }, direction: billing -> crm }
      label:   { crm: title, billing: { read: 'labels[lang = "en"].text', write: { labels: '[{"lang": "en", "text": $value}]' } } }
      account: { crm: owner_id, billing: account_id, ref: account }
      stock:   { crm: qty, billing: on_hand, merge: counter }
      source:  { billing: metadata.source, value: '"crm"', direction: crm -> billing }
    tests:
      - name: a new customer is created in billing
        crm: { id: "1", email: ADA@Example.com, firstname: Ada, lastname: Lovelace }
        expect: { billing: { create: { email: ada@example.com, name: Ada Lovelace } } }
  account:
    crm: { object: owner }
    billing: { object: account }
    fields: { name: {} }
  product:
    crm: { object: product }
    billing: { object: price }
    fields: { sku: {} }
`;

function policyOf(rule: string, more = ""): FieldPolicy {
  const [policy] = entityOf(`x: ${rule}`, more).policy.fields;
  if (policy === undefined) throw new Error("no policy");
  return policy;
}

describe("the example of the format", () => {
  test("has no problem", () => {
    expect(compileText(EXAMPLE).problems).toEqual([]);
  });

  test("becomes what it says", () => {
    const mapping = mappingOf(EXAMPLE);

    expect(mapping).toMatchObject({
      pair: "crm-billing",
      file: "mappings/test.yaml",
      state: "active",
      sides: { left: { name: "crm", system: "hubspot-prod" }, right: { name: "billing", system: "stripe-prod" } },
      schedule: {
        changes: { everyMs: 120_000 },
        sweep: { cron: "0 3 * * *" },
        timezone: "Europe/Vienna",
        webhooks: true,
      },
      onChange: "accept",
      clockToleranceMs: 30_000,
      tombstonesMs: 90 * 86_400_000,
    });
    const customer = mapping.entities.find(({ policy }) => policy.name === "customer");
    expect(customer?.policy).toMatchObject({
      allow: { left: ["update"], right: ["create", "update", "delete"] },
      whenGone: { left: "delete", right: "unlink" },
      givingSide: null,
      mirror: false,
      matches: true,
    });
    expect(customer?.objects).toEqual({ left: "contact", right: "customer" });
    expect(customer?.refs).toEqual(["account"]);
    expect(customer?.policy.fields.find(({ name }) => name === "street")?.group).toBe("address");
  });

  test("entities that are referred to, or said to go first, go first", () => {
    expect(mappingOf(EXAMPLE).entities.map(({ policy }) => policy.name)).toEqual(["account", "product", "customer"]);
  });
});

describe("defaults", () => {
  test("of the file", () => {
    expect(mappingOf(entityText("a: {}"))).toMatchObject({
      state: "proposed",
      schedule: { changes: null, sweep: null, timezone: "UTC", webhooks: true },
      guards: {
        create: { floor: 10, fraction: 0.1 },
        update: { floor: 100, fraction: 0.2 },
        delete: { floor: 10, fraction: 0.1 },
        blank: { floor: 10, fraction: 0.1 },
        empty: "refuse",
        allChanged: "refuse",
        oneValue: { floor: 100, fraction: 0.1 },
      },
      onChange: "accept",
    });
  });

  test("of an entity", () => {
    expect(entityOf("a: {}").policy).toMatchObject({
      allow: { left: ["create", "update"], right: ["create", "update"] },
      whenGone: { left: "unlink", right: "unlink" },
      goneEdited: "review",
      onScopeExit: "freeze",
      foreign: "keep",
      withoutKey: "quarantine",
      matches: false,
    });
  });

  test("guards are switched off all at once, one by one, or changed in part", () => {
    const guards = (text: string) => mappingOf(`${entityText("a: {}")}\nguards: ${text}`).guards;

    expect(guards("off")).toEqual({
      create: null,
      update: null,
      delete: null,
      blank: null,
      oneValue: null,
      empty: "allow",
      allChanged: "allow",
    });
    expect(guards("{ update: off }")).toMatchObject({ oneValue: null, allChanged: "allow" });
    expect(guards("{ update: { floor: 1000, fraction: 100% } }")).toMatchObject({
      oneValue: { floor: 1000, fraction: 0.5 },
      allChanged: "allow",
    });
    expect(guards("{ one_value: { floor: 7 }, all_changed: allow }")).toMatchObject({
      oneValue: { floor: 7, fraction: 0.1 },
      allChanged: "allow",
    });
    expect(guards("{ delete: off, create: { floor: 3 } }")).toMatchObject({
      create: { floor: 3, fraction: 0.1 },
      update: { floor: 100, fraction: 0.2 },
      delete: null,
      empty: "refuse",
    });
  });
});

describe("policies of a rule", () => {
  test("a two-way rule is for review, unless it or its entity says otherwise", () => {
    expect(policyOf("{}")).toMatchObject({
      writes: "both",
      strength: "normal",
      conflict: "review",
      atLink: "review",
      blank: "flow",
    });
    expect(policyOf("{}", "conflict: newest")).toMatchObject({ conflict: "newest", atLink: "newest" });
    expect(policyOf("{}", "conflict: crm\nat_link: review")).toMatchObject({ conflict: "left", atLink: "review" });
    expect(policyOf("{ conflict: billing, blank: keep }", "conflict: crm")).toMatchObject({
      conflict: "right",
      blank: "keep",
    });
    expect(policyOf("{ at_link: crm }", "at_link: review")).toMatchObject({ conflict: "review", atLink: "left" });
  });

  test("a one-way rule opens no conflict by itself", () => {
    expect(policyOf("{ direction: billing -> crm }")).toMatchObject({
      writes: "left",
      conflict: "right",
      atLink: "right",
    });
    expect(policyOf("{ direction: crm->billing, strength: strong }", "conflict: review")).toMatchObject({
      writes: "right",
      strength: "strong",
      conflict: "left",
    });
    expect(policyOf("{ direction: billing -> crm, conflict: review }")).toMatchObject({
      conflict: "review",
      atLink: "review",
    });
    expect(policyOf("{ direction: billing -> crm, strength: review }")).toMatchObject({ conflict: "review" });
    expect(policyOf("{ direction: billing -> crm, strength: weak }")).toMatchObject({
      conflict: "left",
      atLink: "left",
    });
    expect(policyOf("{ direction: billing -> crm }", "at_link: review")).toMatchObject({
      conflict: "right",
      atLink: "review",
    });
  });

  test("the direction and strength of an entity are its rules'", () => {
    const { policy } = entityOf(
      "a: {}\nb: { direction: billing -> crm }",
      "direction: crm -> billing\nstrength: strong\nforeign: delete",
    );

    expect(policy).toMatchObject({ givingSide: "left", mirror: true, foreign: "delete" });
    expect(policy.fields.map(({ writes, strength }) => [writes, strength])).toEqual([
      ["right", "strong"],
      ["left", "strong"],
    ]);
  });

  test("what one rule of a group says of conflicts holds for all of it", () => {
    const { policy } = entityOf("a: { group: g }\nb: { group: g, conflict: crm }\nc: {}");

    expect(policy.fields.map(({ conflict }) => conflict)).toEqual(["left", "left", "review"]);
  });
});

describe("meaning", () => {
  const meaning = (text: string): string => mappingOf(text).meaning;
  const plain = entityText("a: {}\nb: { values: { x: y, z: w } }", "match: [[a]]");

  test.each([
    ["the order of rules", entityText("b: { values: { x: y, z: w } }\na: {}", "match: [[a]]")],
    [
      "a conflict",
      entityText(
        "a: { conflict: crm }\nb: { values: { x: y, z: w }, at_link: crm }",
        "match: [[a]]\nconflict: crm\nat_link: newest",
      ),
    ],
    [
      "what is allowed and what becomes of the gone",
      entityText(
        "a: {}\nb: { values: { x: y, z: w } }",
        "match: [[a]]\nallow: { crm: [update] }\nwhen_gone: { crm: delete }",
      ),
    ],
    [
      "guards, state and schedule",
      `${plain}\nguards: off\nstate: active\nschedule: { changes: every 1m }\ntombstones: 1d`,
    ],
  ])("is not changed by %s", (_, text) => {
    expect(meaning(text)).toBe(meaning(plain));
  });

  test.each([
    ["a path", plain.replace("a: {}", "a: { crm: aa }")],
    ["a type", plain.replace("a: {}", "a: { as: text }")],
    ["a direction", plain.replace("a: {}", "a: { direction: crm -> billing }")],
    ["a match", plain.replace("[[a]]", "[[a], { crm: id, billing: x }]")],
    ["the order of a table", plain.replace("x: y, z: w", "z: w, x: y")],
    ["an object", plain.replace("object: contact", "object: person")],
    ["a scope", plain.replace("object: contact", "object: contact, scope: a")],
    ["a system", plain.replace("crm-system", "other-system")],
    ["the direction of the entity", plain.replace("match:", "direction: crm -> billing\n    match:")],
  ])("is changed by %s", (_, text) => {
    expect(meaning(text)).not.toBe(meaning(plain));
  });
});

test("a country for phone numbers without one may be given with the compilation", async () => {
  const { file } = readMappingFile(parse(entityText("phone: { as: phone }")));
  if (file === null) throw new Error("the shape is wrong");
  const { mapping } = compileMapping(file, { file: "test", expressions, countryDefault: "GB" });

  const [reading] = (await mapping?.entities[0]?.read("left", [{ phone: "020 7946 0000" }])) ?? [];

  expect(reading?.fields.phone).toMatchObject({ cell: { value: "+442079460000" } });
});

test("the file's schema tells editors of every key, sides included", () => {
  const schema = z.toJSONSchema(mappingFileSchema, { target: "draft-7" });

  expect(schema).toMatchObject({
    additionalProperties: false,
    properties: {
      guards: { description: expect.stringContaining("Example: ") },
      entities: {
        additionalProperties: {
          additionalProperties: { properties: { object: { type: "string" } }, additionalProperties: false },
          properties: { fields: { additionalProperties: { properties: { values: { type: "object" } } } } },
        },
      },
    },
  });
});
