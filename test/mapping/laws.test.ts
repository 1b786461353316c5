// Which class a rule is of: told by construction for the forms of the file, by cases for types made for these tests.

import { describe, expect, test } from "@jest/globals";

import type { Problem } from "../../src/core/problem.ts";
import type { Value } from "../../src/core/value.ts";
import { compileRule } from "../../src/mapping/compile-rule.ts";
import { ruleSchema } from "../../src/mapping/file-rule.ts";
import { classifyRule } from "../../src/mapping/laws.ts";
import type { FieldLens } from "../../src/mapping/lens.ts";
import type { KnownType } from "../../src/mapping/types/type.ts";
import { parse } from "yaml";
import { compileText, entityText } from "./compiled.ts";
import { expressions } from "./expressions.ts";

function lensOf(text: string): FieldLens {
  const problems: Problem[] = [];
  const lens = compileRule(
    "n",
    {
      rule: ruleSchema.parse(parse(text)),
      at: [],
      defaults: { direction: null, strength: "normal", conflict: null, atLink: null },
    },
    {
      names: { left: "crm", right: "billing" },
      expressions,
      country: null,
      report: (each) => void problems.push(each),
    },
  );
  if (lens === null) throw new Error(JSON.stringify(problems));
  return lens;
}

test.each([
  ["{}", { kind: "iso" }],
  ["{ as: email }", { kind: "iso" }],
  ["{ crm: { as: { money: minor } }, as: { money: EUR } }", { kind: "iso" }],
  ["{ ref: other }", { kind: "iso" }],
  ["{ values: { a: x, b: y } }", { kind: "iso" }],
  ["{ values: { a: x, b: x } }", { kind: "lossy", keeps: "left" }],
  ["{ as: { decimal: 2 } }", { kind: "iso" }],
  ["{ billing: { as: { decimal: 2 } }, as: decimal }", { kind: "lossy", keeps: "left" }],
  ["{ crm: { as: { decimal: 2 } }, as: decimal }", { kind: "lossy", keeps: "right" }],
  ["{ crm: { as: { decimal: 2 } }, billing: { as: { decimal: 3 } } }", { kind: "lossy", keeps: "right" }],
  ['{ billing: { as: { decimal: { times: "1.19" } } }, as: { decimal: 2 } }', { kind: "lossy", keeps: "right" }],
  ["{ crm: { as: { text: { cut: 5 } } }, billing: { as: { text: { cut: 9 } } } }", { kind: "lossy", keeps: "right" }],
  ["{ crm: { read: a, write: { a: $value } } }", { kind: "unproven" }],
  ["{ crm: { read: a }, direction: crm -> billing }", { kind: "forward" }],
  ["{ value: '1', direction: crm -> billing }", { kind: "forward" }],
])("%s is %j", (text, expected) => {
  expect(classifyRule(lensOf(text))).toEqual(expected);
});

/** A type of whole numbers whose side shows `settle(value)` after a write. */
function settling(name: string, settle: (value: number) => number): KnownType {
  return {
    name,
    lossless: false,
    read: (raw) => ({ ok: true, value: raw }),
    write: (value) => settle(Number(value)),
    key: String,
    sample: (random) => Math.floor(random() * 1000),
    edges: [0, 1, 2, 3] satisfies Value[],
  };
}

function between(left: KnownType, right: KnownType): FieldLens {
  const lens = lensOf("{}");
  return { ...lens, sides: { left: { ...lens.sides.left, type: left }, right: { ...lens.sides.right, type: right } } };
}

describe("by cases", () => {
  const cut = (name: string, step: number): KnownType => settling(name, (value) => value - (value % step));

  test("the side with the finer steps keeps more", () => {
    expect(classifyRule(between(cut("a", 2), cut("b", 10)))).toEqual({ kind: "lossy", keeps: "left" });
    expect(classifyRule(between(cut("a", 10), cut("b", 2)))).toEqual({ kind: "lossy", keeps: "right" });
  });

  test("sides that settle on the same values are iso", () => {
    expect(classifyRule(between(cut("a", 5), cut("b", 5)))).toEqual({ kind: "iso" });
  });

  test("each side may lose what the other has", () => {
    const odd = settling("odd", (value) => (value % 2 === 0 ? value + 1 : value));
    const even = settling("even", (value) => (value % 2 === 0 ? value : value - 1));

    expect(classifyRule(between(odd, even))).toEqual({ kind: "iso" });
    expect(
      classifyRule(
        between(
          settling("a", (v) => Math.min(v, 500)),
          settling("b", (v) => Math.max(v, 100)),
        ),
      ),
    ).toEqual({
      kind: "lossy-both",
    });
  });

  test("a side that changes a value each time is unlawful, shown by the smallest case", () => {
    const found = classifyRule(
      between(
        settling("same", (value) => value),
        settling("adds", (value) => value + 1),
      ),
    );

    expect(found).toEqual({ kind: "unlawful", counterexample: { from: "left", value: 0, across: 1, again: 2 } });
  });
});

test("a rule that says it is lossy needs a side that wins, and is then left alone", () => {
  expect(compileText(entityText("n: { law: lossy, conflict: crm }")).problems).toEqual([]);
  expect(compileText(entityText("n: { law: lossy }", "conflict: billing")).problems).toEqual([]);
});
