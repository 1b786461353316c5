// Broken mapping files: each mistake is found, with its code, at its place, and nothing else is said.

import { describe, expect, test } from "@jest/globals";

import { isError } from "../../src/core/problem.ts";
import { compileText, entityText } from "./compiled.ts";

/** Code and key path; the broken text; part of the message, of the hint or of what was expected. */
type Broken = readonly [wants: string, text: string, says?: string];

const FIELDS = "entities.thing.fields";
const head = "pair: p\nsides: { crm: a, billing: b }\n";
const entity = "entities: { thing: { crm: { object: x }, billing: { object: y }, fields: { email: {} } } }";
const billing = "billing: { object: y }, fields: { email: {} }";

const files: readonly Broken[] = [
  ["E_MISSING pair", `sides: { crm: a, billing: b }\n${entity}`],
  ["E_TYPE pair", `pair: a b\nsides: { crm: a, billing: b }\n${entity}`],
  ["E_MISSING sides", `pair: p\nsides: { crm: a }\n${entity}`],
  ["E_RANGE sides", `pair: p\nsides: { crm: a, billing: b, erp: c }\n${entity}`],
  ["E_RESERVED sides.match", `pair: p\nsides: { crm: a, match: b }\n${entity}`],
  ["E_MISSING entities", `${head}entities: {}`],
  [
    "E_UNKNOWN_KEY entities.thing.crm.objct",
    `${head}entities: { thing: { crm: { object: x, objct: x }, ${billing} } }`,
    "object",
  ],
  ["E_MISSING entities.thing.crm.object", `${head}entities: { thing: { crm: {}, ${billing} } }`],
  ["E_MISSING entities.thing.crm", `${head}entities: { thing: { ${billing} } }`],
  [
    "E_MISSING entities.thing.fields",
    `${head}entities: { thing: { crm: { object: x }, billing: { object: y }, fields: {} } }`,
  ],
  [
    "E_EXPR_SYNTAX entities.thing.crm.scope",
    `${head}entities: { thing: { crm: { object: x, scope: a = ( }, ${billing} } }`,
  ],
];

/** Beside a whole entity. */
const top: readonly Broken[] = [
  ["E_UNKNOWN_KEY gaurds", `gaurds: off`, "guards"],
  ["E_ENUM state", `state: activ`, "active"],
  ["E_ENUM on_change", `on_change: stop`],
  ["E_RANGE guards.delete.fraction", `guards: { delete: { fraction: 101% } }`],
  ["E_RANGE guards.delete.fraction", `guards: { delete: { fraction: -1% } }`],
  ["E_TYPE guards.delete.fraction", `guards: { delete: { fraction: many } }`],
  ["E_RANGE guards.create.floor", `guards: { create: { floor: -1 } }`],
  ["E_UNKNOWN_KEY guards.deletes", `guards: { deletes: off }`, "delete"],
  ["E_ENUM guards.delete", `guards: { delete: no }`, "off"],
  ["E_TYPE schedule.changes", `schedule: { changes: 2m }`, "every"],
  ["E_TYPE schedule.sweep", `schedule: { sweep: cron 0 3 * * }`],
  ["E_RANGE schedule.changes", `schedule: { changes: every 0s }`],
  ["E_ENUM schedule.timezone", `schedule: { timezone: Mars/Base }`],
  ["E_TYPE clock_tolerance", `clock_tolerance: "30"`],
];

/** In an entity with the field `email`. */
const entities: readonly Broken[] = [
  ["E_UNKNOWN_KEY mtch", "mtch: [[email]]", "match"],
  ["E_UNKNOWN_KEY erp", "erp: { object: z }"],
  ["E_ENUM allow.crm.0", "allow: { crm: [insert] }", "create, update, delete"],
  ["E_UNKNOWN_KEY allow.erp", "allow: { erp: [create] }"],
  ["E_BOTH_READ_ONLY allow", "allow: { crm: [], billing: [] }"],
  ["E_BOTH_READ_ONLY allow", "direction: billing -> crm\nallow: { crm: [] }"],
  ["E_ENUM when_gone.crm", "when_gone: { crm: remove }"],
  ["E_ENUM conflict", "conflict: latest", "newest"],
  ["E_ENUM at_link", "at_link: bilinng", "billing"],
  ["E_ENUM direction", "direction: crm -> erp", "crm -> billing"],
  ["E_ENUM direction", "direction: crm <-> billing"],
  ["E_MISSING direction", "strength: strong"],
  ["E_MISSING strength", "direction: crm -> billing\nforeign: delete"],
  ["E_ENUM after.0", "after: [thng]", "thing"],
  ["E_REF_CYCLE after.0", "after: [thing]"],
  ["E_KEY match.0.0", "match: [[emial]]", "email"],
  ["E_MISSING match.0.billing", "match: [{ crm: billing_id }]"],
  ["E_PATH match.0.crm", "match: [{ crm: a..b, billing: id }]"],
  ["E_MISSING match.0.review_at", "match: [{ score: { email: 1 }, link_at: 0.9 }]"],
  ["E_MISSING tests.0.name", "tests: [{ expect: {} }]"],
  ["E_UNKNOWN_KEY tests.0.erp", "tests: [{ name: n, erp: {}, expect: {} }]"],
  ["E_UNKNOWN_KEY tests.0.expect.billing.insert", "tests: [{ name: n, expect: { billing: { insert: {} } } }]"],
];

/** The field rules of an entity. */
const rules: readonly Broken[] = [
  ["E_UNKNOWN_KEY email.conflct", "email: { conflct: crm }", "conflict"],
  ["E_UNKNOWN_KEY email.biling", "email: { biling: mail }", "billing"],
  ["E_UNKNOWN_KEY email.crm.att", "email: { crm: { att: mail } }", "at"],
  ["E_TYPE email.crm", "email: { crm: 5 }"],
  ["E_PATH email.crm", "email: { crm: a..b }"],
  ["E_PATH email.crm", "email: { crm: .b }"],
  ["E_PATH email.crm.at", "email: { crm: { at: __proto__.a } }"],
  ["E_PATH email.crm", "email: { crm: $ }"],
  ["E_PATH n.crm.1", "n: { crm: [a, b..c], as: person_name }"],
  ["E_PATH n.crm.write.a..b", "n: { crm: { read: a, write: { a..b: $value } } }"],
  ["E_TYPE n.crm", "n: { crm: [a, b], as: text }"],
  ["E_ENUM n.as", "n: { as: emial }", "email"],
  ["E_TARGET_OVERLAP b.crm", "a: { crm: x }\nb: { crm: x }"],
  ["E_TARGET_OVERLAP b.crm", "a: { crm: address.city }\nb: { crm: address }"],
  ["E_TARGET_OVERLAP a.crm", "a: { crm: [x, x], as: person_name }"],
  ["E_TARGET_OVERLAP b.crm", "a: { crm: address }\nb: { crm: address.city }"],
  ["E_TARGET_OVERLAP b.crm", "a: {}\nb: { crm: { read: a, write: { a: $value } } }"],
  ["E_NOT_INVERTIBLE n.billing", "n: { billing: { read: a } }", "direction: billing -> crm"],
  ["E_NOT_INVERTIBLE n.billing", "n: { billing: { read: a }, direction: crm -> billing }"],
  ["E_BOTH_READ_ONLY n", "n: { crm: { read: a }, billing: { read: a } }"],
  ["E_COMBINATION n.crm.read", "n: { crm: { at: a, read: a, write: { a: $value } } }"],
  ["E_EXPR_SYNTAX n.crm.read", "n: { crm: { read: 'a = (', write: { a: $value } } }"],
  ["E_EXPR_SYNTAX n.crm.write.a", "n: { crm: { read: a, write: { a: '$value +' } } }"],
  ["E_EXPR_SYNTAX n.value", "n: { value: '\"x', direction: crm -> billing }"],
  ["E_MISSING n.direction", "n: { billing: a, value: '\"x\"' }"],
  ["E_COMBINATION n.crm", "n: { crm: a, value: '\"x\"', direction: crm -> billing }"],
  ["E_MISSING n.direction", "n: { strength: weak }"],
  ["E_ENUM n.direction", "n: { direction: crm to billing }"],
  ["E_ENUM n.conflict", "n: { conflict: cmr }", "crm"],
  ["E_ENUM n.ref", "n: { ref: thin }", "thing"],
  ["E_COMBINATION n.values", "n: { ref: thing, values: { a: b } }"],
  ["E_LAW_VIOLATION n.values.a", "n: { as: { text: [lower] }, values: { A: x, a: y } }"],
  ["E_ENUM n.values.one", "n: { as: integer, values: { one: 1 } }"],
  ["E_FLOAT_MONEY n.as.money", "n: { as: { money: float } }"],
  [
    "E_FLOAT_MONEY n.billing.read",
    "n: { billing: { read: amount / 100, write: { amount: $value * 100 } }, as: { money: EUR } }",
  ],
  ["E_KEY n.each.key", "n: { each: { key: sku, fields: {} } }", "add sku: {}"],
  ["E_COMBINATION n.merge", "n: { merge: max }", "as: integer"],
  ["E_COMBINATION n.merge", "n: { merge: lines, as: integer }", "as: list"],
  ["E_COMBINATION n.optional", "n: { optional: true }", "`ref`"],
  ["E_ENUM n.merge", "n: { merge: sum }", "counter"],
  ["E_COMBINATION n.merge", "n: { merge: counter, direction: crm -> billing }"],
  ["E_COMBINATION n.merge", "n: { merge: counter, as: email }"],
  ["E_MISSING n.conflict", "n: { law: lossy }"],
  ["E_TYPE n.crm.default", "n: { crm: { default: many }, as: integer }"],
  ["E_COMBINATION b.conflict", "a: { group: g, conflict: crm }\nb: { group: g, conflict: billing }"],
  ["E_RESERVED constructor", "constructor: { crm: a, billing: b }"],
  ["E_RESERVED n.group", "n: { group: valueOf }"],
  ["E_UNKNOWN_KEY n.domain.maks", "n: { domain: { maks: 5 } }", "max"],
  ["E_RANGE n.domain.max", "n: { domain: { min: 6, max: 5 } }"],
];

/** Fields, by one of which the entity matches: `code`. */
const keys: readonly Broken[] = [
  ["E_KEY match.0.0", "code: { billing: { at: code, as: { text: { cut: 5 } } }, as: text }"],
  ["E_KEY match.0.0", "code: { crm: { read: a }, direction: crm -> billing }"],
  ["E_KEY match.0.0", "code: { ref: thing }"],
  ["E_KEY match.0.0", "code: { values: { a: x, b: x } }"],
  ["E_KEY match.0.0", "kode: {}", "kode"],
];

function expectOnly(text: string, wanted: string, says: string): void {
  const { mapping, problems } = compileText(text);

  expect(mapping).toBeNull();
  const errors = problems.filter(isError);
  expect(errors.map((each) => `${each.code} ${each.path.join(".")}`)).toEqual([wanted]);
  expect([errors[0]?.message, errors[0]?.hint, errors[0]?.expected].join(" | ")).toContain(says);
}

/** Mistakes of shape get theirs where the file is read, from the schema; where an expression breaks, its message says so. */
function expectMend(text: string): void {
  for (const { code, path, hint, expected } of compileText(text).problems)
    if (code !== "E_EXPR_SYNTAX") expect({ path, mend: hint ?? expected }).not.toEqual({ path, mend: null });
}

/** Jest passes a callback in place of what a row leaves out. */
const complete = (cases: readonly Broken[]): readonly (readonly [string, string, string])[] =>
  cases.map(([wants, text, says = ""]) => [wants, text, says]);

const under = (wants: string, place: string): string => wants.replace(" ", ` ${place}.`);

describe("a mistake", () => {
  test.each(complete(files))("of the file: %s", (wants, text, says) => expectOnly(text, wants, says));
  test.each(complete(top))("at the top: %s for %s", (wants, text, says) =>
    expectOnly(`${head}${text}\n${entity}`, wants, says),
  );
  test.each(complete(entities))("of an entity: %s for %s", (wants, text, says) => {
    expectOnly(entityText("email: {}", text), under(wants, "entities.thing"), says);
    expectMend(entityText("email: {}", text));
  });
  test.each(complete(rules))("of a rule: %s for %s", (wants, text, says) => {
    expectOnly(entityText(text), under(wants, FIELDS), says);
    expectMend(entityText(text));
  });
  test.each(complete(keys))("of a key: %s for %s", (wants, text, says) => {
    expectOnly(entityText(text, "match: [[code]]"), under(wants, "entities.thing"), says);
    expectMend(entityText(text, "match: [[code]]"));
  });
});

test("all mistakes of a file are told at once", () => {
  const text = entityText("a: { as: emial }\nb: { crm: a..b }\nc: { direction: up }", "conflict: newst\nmatch: [[x]]");

  const paths = compileText(text).problems.map((each) => each.path.join("."));

  expect(paths.sort()).toEqual([
    "entities.thing.conflict",
    `${FIELDS}.a.as`,
    `${FIELDS}.b.crm`,
    `${FIELDS}.c.direction`,
    "entities.thing.match.0.0",
  ]);
});

test("mistakes of shape do not hide mistakes of meaning, nor make up others", () => {
  const text = `${entityText("a: { blank: yes }\nb: { crm: x..y }\nc: 5", "match: [[c]]\nallow: { crm: [insert] }\ntests: [{ expect: {} }]")}\nguards: { delete: { fraction: 200% }, blank: 7 }`;

  const found = compileText(text).problems.map((each) => `${each.code} ${each.path.join(".")}`);

  expect(found.sort()).toEqual([
    "E_ENUM entities.thing.allow.crm.0",
    `E_ENUM ${FIELDS}.a.blank`,
    "E_MISSING entities.thing.tests.0.name",
    `E_PATH ${FIELDS}.b.crm`,
    "E_RANGE guards.delete.fraction",
    `E_TYPE ${FIELDS}.c`,
    "E_TYPE guards.blank",
  ]);
});

test("entities that refer to each other are a cycle, told once", () => {
  const text = `${head}entities:
  a: { crm: { object: a }, billing: { object: a }, fields: { b: { ref: b } } }
  b: { crm: { object: b }, billing: { object: b }, fields: { a: { ref: a } } }
`;

  const { problems } = compileText(text);

  expect(problems.map((each) => [each.code, each.path.join(".")])).toEqual([
    ["E_REF_CYCLE", "entities.b.fields.a.ref"],
  ]);
});

test("two words for one are a warning that shows the representative", () => {
  const { mapping, problems } = compileText(
    entityText("tier: { values: { lead: prospect, suspect: prospect, customer: active } }"),
  );

  expect(mapping).not.toBeNull();
  expect(problems).toMatchObject([
    { code: "W_ENUM_NOT_INJECTIVE", path: ["entities", "thing", "fields", "tier", "values", "suspect"] },
  ]);
  expect(problems[0]?.message).toContain('"lead"');
});

test("two-way rules towards a side that is never written are a warning", () => {
  const { mapping, problems } = compileText(entityText("email: {}", "allow: { crm: [] }"));

  expect(mapping).not.toBeNull();
  expect(problems.map((each) => each.code)).toEqual(["W_NEVER_WRITTEN"]);
});
