// How a record is told from others: scope, match keys, what a fingerprint sees, what a connector is asked for.

import { describe, expect, test } from "@jest/globals";

import type { Fields } from "../../src/core/value.ts";
import type { EntityMapping } from "../../src/mapping/mapping.ts";
import { compileText, entityOf } from "./compiled.ts";

async function keysOf(
  entity: EntityMapping,
  side: "left" | "right",
  record: Fields,
): Promise<readonly (string | null)[]> {
  const [reading] = await entity.read(side, [record]);
  return reading?.matchKeys ?? [];
}

describe("match keys", () => {
  const byBoth = entityOf(
    "email: { as: email }\nname: { crm: [firstname, lastname], billing: name, as: person_name }",
    "match:\n  - { crm: billing_id, billing: id }\n  - [email]",
  );

  test("ids are compared as text, whether they are numbers or not", async () => {
    expect(await keysOf(byBoth, "left", { billing_id: "17" })).toEqual(["0:17", null]);
    expect(await keysOf(byBoth, "right", { id: 17 })).toEqual(["0:17", null]);
    expect(await keysOf(byBoth, "right", { id: "" })).toEqual([null, null]);
  });

  test("fields are compared by their canonical values", async () => {
    const left = await keysOf(byBoth, "left", { email: "ADA@Example.com" });
    const right = await keysOf(byBoth, "right", { email: "ada@example.com " });

    expect(left[1]).toMatch(/^1:/);
    expect(left[1]).toBe(right[1]);
  });

  test("all fields of a rule must be present", async () => {
    const entity = entityOf("a: {}\nb: {}", "match: [[a, b]]");

    expect(await keysOf(entity, "left", { a: 1, b: 2 })).toEqual(['0:["1","2"]']);
    expect(await keysOf(entity, "left", { a: 1, b: null })).toEqual([null]);
    expect(await keysOf(entity, "left", { a: 1 })).toEqual([null]);
  });

  test("a table is seen through", async () => {
    const entity = entityOf("tier: { values: { lead: prospect } }", "match: [[tier]]");

    expect(await keysOf(entity, "left", { tier: "lead" })).toEqual(await keysOf(entity, "right", { tier: "prospect" }));
  });

  test("amounts in minor and in major units are one key", async () => {
    const entity = entityOf("due: { billing: { as: { money: minor } }, as: { money: EUR } }", "match: [[due]]");

    expect(await keysOf(entity, "left", { due: "12.30" })).toEqual(await keysOf(entity, "right", { due: 1230 }));
  });
});

describe("scope", () => {
  const scoped = (scope: string): EntityMapping => {
    const { mapping, problems } = compileText(`
pair: test
sides: { crm: a, billing: b }
entities:
  thing: { crm: { object: x, scope: '${scope}' }, billing: { object: y }, fields: { a: {} }, match: [[a]] }
`);
    const entity = mapping?.entities[0];
    if (entity === undefined) throw new Error(JSON.stringify(problems));
    return entity;
  };

  test.each([
    ["stage", { stage: "customer" }, true],
    ["stage", { stage: "" }, false],
    ["stage", { stage: 0 }, false],
    ["stage", { stage: [] }, false],
    ["stage", { stage: [0, 1] }, true],
    ["stage", {}, false],
    ['stage = "customer"', { stage: "customer" }, true],
    ['stage = "customer"', {}, false],
  ])("%s of %j is %s", async (expression, record: Fields, inScope) => {
    expect((await scoped(expression).read("left", [record]))[0]?.inScope).toBe(inScope);
  });

  test("a record whose scope cannot be told is held, not let go", async () => {
    const [reading] = await scoped("stage + 1 > 0").read("left", [{ stage: "x", a: 1 }]);

    expect(reading).toMatchObject({ inScope: true, fields: { a: { kind: "invalid" } }, matchKeys: [null] });
  });

  test("the other side has none: everything is in it", async () => {
    expect((await scoped("stage").read("right", [{}]))[0]?.inScope).toBe(true);
  });
});

describe("fingerprints", () => {
  const entity = entityOf(
    "city: { crm: address.city }\nvip: { crm: { read: points > 10 }, direction: crm -> billing }\nname: {}",
    "match: [{ crm: billing_id, billing: id }]",
  );
  const record = { address: { city: "Bath", geo: 1 }, points: 11, name: null, billing_id: "7", modified: 1 };
  const print = (changed: Fields): string => entity.fingerprintText("left", changed);

  test("what no rule reads does not show", () => {
    expect(print({ ...record, modified: 2, address: { geo: 2, city: "Bath" } })).toBe(print(record));
  });

  test("the order of keys does not show", () => {
    expect(print(Object.fromEntries(Object.entries(record).reverse()))).toBe(print(record));
  });

  test.each<[string, Fields]>([
    ["a path", { address: { city: "York", geo: 1 } }],
    ["what an expression reads", { points: 12 }],
    ["a match path", { billing_id: "8" }],
    ["a number that becomes text", { points: "11" }],
    ["null that becomes text", { name: "null" }],
  ])("%s shows", (_, change) => {
    expect(print({ ...record, ...change })).not.toBe(print(record));
  });

  test("absent is not null", () => {
    const { name: _name, ...without } = record;

    expect(print(without)).not.toBe(print(record));
  });

  test("an expression that reads the whole record makes all of it show", () => {
    const whole = entityOf("all: { crm: { read: $string($) }, direction: crm -> billing }");

    expect(whole.fingerprintText("left", { a: 1 })).not.toBe(whole.fingerprintText("left", { a: 2 }));
  });

  test("the connector is asked for the top-level names that are read or written", () => {
    expect(entity.wanted).toEqual({
      left: ["address", "billing_id", "name", "points"],
      right: ["city", "id", "name", "vip"],
    });
  });
});
