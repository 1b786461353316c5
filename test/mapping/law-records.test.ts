// The laws tried on records as they were read (`check --live`), and what trying does when it cannot.

import { expect, test } from "@jest/globals";

import type { Fields } from "../../src/core/value.ts";
import { checkLaws, checkLawsOnRecords, type LawReport } from "../../src/mapping/law-check.ts";
import { classText } from "../../src/mapping/law-words.ts";
import { compileText, entityText } from "./compiled.ts";

async function onRecords(rule: string, left: readonly Fields[], right: readonly Fields[]): Promise<LawReport> {
  const { rules, names } = compileText(entityText(rule));
  if (names === null) throw new Error("no sides");
  return checkLawsOnRecords(rules, names, (_entity, side) => (side === "left" ? left : right));
}

async function byCases(rule: string): Promise<LawReport> {
  const { rules, names } = compileText(entityText(rule));
  if (names === null) throw new Error("no sides");
  return checkLaws(rules, names);
}

const SUFFIXED = `n: { billing: { read: 'suffix ? name & " " & suffix : name', write: { name: $value } }, domain: { one_of: [Ada] } }`;

test("real records show what generated ones do not", async () => {
  const rule = `n: { billing: { read: 'kind = "b2b" ? name & " Ltd" : name', write: { name: $value } } }`;

  expect((await byCases(rule)).problems).toEqual([]);
  const { problems, findings } = await onRecords(rule, [], [{ name: "Acme", kind: "b2b" }]);

  expect(problems.map(({ code }) => code)).toEqual(["E_LAW_VIOLATION"]);
  expect(problems[0]?.message).toContain("Acme Ltd");
  expect(findings.map((each) => each.by)).toEqual(["records"]);
});

test("a part that `read` looks at and `write` never sets is found without records", async () => {
  expect((await byCases(SUFFIXED)).problems.map(({ code }) => code)).toEqual(["E_LAW_VIOLATION"]);
});

test("rules that are told by construction are not tried, nor records that show nothing", async () => {
  const report = await onRecords("a: {}\nb: { billing: { read: x, write: { x: $value } } }", [{ a: 1 }], [{}]);

  expect(report).toEqual({ findings: [], problems: [] });
});

test("records that keep the laws are a finding and no problem", async () => {
  const { problems, findings } = await onRecords(
    "b: { billing: { read: $lowercase(x), write: { x: $value } } }",
    [{ b: "Ada" }, { b: "bob" }],
    [{ x: "CY" }],
  );

  expect(problems).toEqual([]);
  expect(findings.map((each) => [classText(each.class), each.cases])).toEqual([["lossy left > right", 3]]);
  expect(findings[0]?.lost).toEqual({ from: "left", value: "Ada", across: "ada", back: "ada" });
});

test("a counter-example is shrunk, the same each time", async () => {
  const rule = `n: { billing: { read: a, write: { a: '$length($value) > 3 ? $value & "x" : $value' } } }`;

  const [first, second] = [await byCases(rule), await byCases(rule)];

  expect(first.problems[0]?.message).toBe(second.problems[0]?.message);
  expect(first.problems[0]?.message).toMatch(/^".{4}" in crm becomes ".{4}x" in billing/u);
});

test("an expression beyond its limits ends the trial, and says so", async () => {
  const { problems, findings } = await byCases(
    `n: { billing: { read: a, write: { a: '$sum([1..9000000].($ * $length($value)))' } }, as: text }`,
  );

  expect(findings.map((each) => classText(each.class))).toEqual(["unproven"]);
  expect(problems.map(({ code }) => code)).toEqual(["W_LAW_UNPROVEN"]);
  expect(problems[0]?.message).toContain("E_EXPR_RESOURCE");
});

test("an expression that needs what else stands in the record is tried with something there", async () => {
  const { findings, problems } = await byCases(
    "n: { billing: { read: 'price * rate', write: { price: '$value / rate' } }, as: decimal, domain: { min: 1, max: 9, scale: 0 } }",
  );

  expect(problems).toEqual([]);
  expect(findings.map((each) => classText(each.class))).toEqual(["iso"]);
});

test("a rule with an error is not tried: what it lacks would be told twice", async () => {
  const { rules, problems } = compileText(entityText("n: { billing: { read: a, write: { a..b: $value } } }"));

  expect(problems.map(({ code }) => code)).toEqual(["E_PATH"]);
  expect(rules).toEqual([]);
});

test("`law: lossy` accepts an unlawful rule, and the example stays as a warning", async () => {
  const { problems } = await byCases(
    `n: { billing: { read: a, write: { a: '$value & "!"' } }, law: lossy, conflict: crm }`,
  );

  expect(problems.map(({ code }) => code)).toEqual(["W_LAW_VIOLATION"]);
});

test("the rules of lines are tried on the lines of records", async () => {
  const rule = `l: { crm: items, each: { key: k, fields: { k: {}, n: { billing: { read: 'kind = "b" ? name & "!" : name', write: { name: $value } } } } } }`;

  expect((await byCases(rule)).problems).toEqual([]);
  const { problems, findings } = await onRecords(
    rule,
    [],
    [{ l: [{ k: 1, name: "pen" }, "no line", { k: 2, name: "ink", kind: "b" }] }, { l: null }, {}],
  );

  expect(problems.map(({ code, path }) => `${code} ${path.join(".")}`)).toEqual([
    "E_LAW_VIOLATION entities.thing.fields.l.each.fields.n",
  ]);
  expect(problems[0]?.message).toContain("ink!");
  expect(findings.map(({ field }) => field)).toEqual(["l.n"]);
});

test.each([
  ["both ways", ""],
  ["one way", "direction: crm -> billing, "],
])("a key of lines that does not keep its value is an error at the key: %s", async (_name, direction) => {
  const { problems } = await byCases(
    `l: { ${direction}each: { key: k, fields: { k: { as: text, billing: { read: a, write: { a: $uppercase($value) } } } } } }`,
  );

  expect(problems.map(({ code, path }) => `${code} ${path.join(".")}`)).toEqual([
    "E_KEY entities.thing.fields.l.each.key",
  ]);
  expect(problems[0]?.message).toContain("cannot tell lines apart");
});

test("a list is of the class that its lines turn out to have", async () => {
  const { findings } = await byCases(
    "l: { each: { key: k, fields: { k: {}, q: { billing: { read: a, write: { a: $uppercase($value) } } } } } }",
  );

  expect(findings.map(({ field, by, class: found }) => [field, by, classText(found)])).toEqual([
    ["l", "cases", "lossy left > right"],
    ["l.k", "construction", "iso"],
    ["l.q", "cases", "lossy left > right"],
  ]);
});
