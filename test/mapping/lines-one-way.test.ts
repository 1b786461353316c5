// Lines that go both ways, with fields that only one side gives: computed, constant, or simply theirs. Two records are kept in step
// by the lenses and the core's merge as the engine does it; then the same over all small lists and edits.

import { describe, expect, test } from "@jest/globals";

import { isFields, isList, type Fields, type Value } from "../../src/core/value.ts";
import { parse } from "yaml";

import type { Expression, ExpressionCompiler } from "../../src/core/expression.ts";
import { compileMappingFile } from "../../src/mapping/read-file.ts";
import { entityOf, entityText } from "./compiled.ts";
import { expressions } from "./expressions.ts";
import { linked, type Habits, type TwoRecords } from "./two-records.ts";

/** The shop (crm) has prices with tax, the ERP (billing) without; the ERP alone knows totals, the shop alone a tax code. */
const ORDER = `lines:
  each:
    key: sku
    fields:
      sku: {}
      qty: { as: integer }
      note: { billing: { read: '$substringAfter(text, "#")', write: { text: '"#" & $value' } } }
      net: { crm: { read: "$round(gross / 1.25, 2)" }, as: decimal, direction: crm -> billing }
      tax: { value: '"20"', direction: crm -> billing, strength: strong }
      total: { as: decimal, direction: billing -> crm }
      shelf: { direction: billing -> crm, strength: weak }`;

const order = entityOf(ORDER);

const linesOf = (record: Fields): readonly Fields[] => {
  const { lines } = record;
  return isList(lines) ? lines.filter((line) => isFields(line)) : [];
};

/** An ERP that works out each line's total at every write. */
const totals: Habits = {
  left: (record) => record,
  right: (record) => ({
    ...record,
    lines: linesOf(record).map((line) => ({ ...line, total: Number(line["qty"] ?? 0) * Number(line["net"] ?? 0) })),
  }),
};

const shop = (...lines: readonly Fields[]): { readonly left: Fields } => ({ left: { lines } });
const erp = (...lines: readonly Fields[]): { readonly right: Fields } => ({ right: { lines } });
const pen: Fields = { sku: "pen", qty: 2, note: "red", gross: 12.5 };
const ink: Fields = { sku: "ink", qty: 1, note: "blue", gross: 5 };

async function ordered(habits?: Habits): Promise<TwoRecords> {
  return linked(order, { lines: [pen, ink] }, {}, habits);
}

describe("a new list", () => {
  test("has what its giver computes and what is constant, and nothing of what only the receiver gives", async () => {
    const { right, writes } = await ordered();

    expect(right).toEqual({
      lines: [
        { sku: "pen", qty: 2, text: "#red", net: 10, tax: "20" },
        { sku: "ink", qty: 1, text: "#blue", net: 4, tax: "20" },
      ],
    });
    expect(writes).toHaveLength(1);
  });

  test("gets back what the receiving system works out by itself", async () => {
    const { left, writes } = await ordered(totals);

    expect(left).toEqual({
      lines: [
        { ...pen, total: 20 },
        { ...ink, total: 4 },
      ],
    });
    expect(writes).toHaveLength(2);
  });
});

describe("an edit", () => {
  test("of a quantity travels, and the total that it leads to comes back", async () => {
    const { left, right, writes } = await (await ordered(totals)).edit(shop({ ...pen, qty: 3, total: 20 }, ink));

    expect(linesOf(left)[0]).toEqual({ ...pen, qty: 3, total: 30 });
    expect(linesOf(right)[0]).toMatchObject({ qty: 3, total: 30, net: 10 });
    expect(writes.map(([side]) => side)).toEqual(["right", "left"]);
  });

  test("of what a field is computed from is written as the computed value alone", async () => {
    const { right, writes } = await (await ordered()).edit(shop({ ...pen, gross: 25 }, ink));

    expect(linesOf(right)).toEqual([
      { sku: "pen", qty: 2, text: "#red", net: 20, tax: "20" },
      { sku: "ink", qty: 1, text: "#blue", net: 4, tax: "20" },
    ]);
    expect(writes).toHaveLength(1);
  });

  test("of a computed field where it is received stands until its giver changes", async () => {
    const before = await ordered();
    const shown = linesOf(before.right);
    const edited = await before.edit(erp({ ...shown[0], net: 9 }, shown[1] ?? {}));
    const changed = await edited.edit(shop({ ...pen, gross: 25 }, ink));

    expect(edited.writes).toEqual([]);
    expect(linesOf(edited.right)[0]).toMatchObject({ net: 9 });
    expect(linesOf(changed.right)[0]).toMatchObject({ net: 20 });
  });

  test("of a strong constant where it is received is reverted, and nothing else of its line", async () => {
    const before = await ordered();
    const shown = linesOf(before.right);
    const { right, left, writes } = await before.edit(erp({ ...shown[0], tax: "7", qty: 5 }, shown[1] ?? {}));

    expect(linesOf(right)[0]).toMatchObject({ tax: "20", qty: 5 });
    expect(linesOf(left)[0]).toMatchObject({ qty: 5 });
    expect(writes.map(([side]) => side).toSorted()).toEqual(["left", "right"]);
  });

  test("of a weak field fills what is empty, and never again", async () => {
    const before = await ordered();
    const shown = linesOf(before.right);
    const filled = await before.edit(erp({ ...shown[0], shelf: "A1" }, shown[1] ?? {}));
    const later = linesOf(filled.right);
    const moved = await filled.edit(erp({ ...later[0], shelf: "B2" }, later[1] ?? {}));

    expect(linesOf(filled.left)[0]).toMatchObject({ shelf: "A1" });
    expect(linesOf(moved.left)[0]).toMatchObject({ shelf: "A1" });
    expect(moved.writes).toEqual([]);
  });

  test("of a quantity on one side and a total on the other is no conflict: each goes its way", async () => {
    const before = await ordered(totals);
    const shown = linesOf(before.right);
    const { left, right, waiting } = await before.edit({
      ...shop({ ...pen, qty: 4, total: 20 }, { ...ink, total: 4 }),
      ...erp(shown[0] ?? {}, { ...shown[1], total: 3 }),
    });

    expect(waiting).toEqual([]);
    expect(linesOf(right)[0]).toMatchObject({ qty: 4, total: 40 });
    expect(linesOf(left)[0]).toMatchObject({ qty: 4, total: 40 });
  });

  test("of one field on both sides is a conflict, and the whole list waits", async () => {
    const before = await ordered();
    const shown = linesOf(before.right);
    const { right, waiting, writes } = await before.edit({
      ...shop({ ...pen, qty: 4, gross: 25 }, ink),
      ...erp({ ...shown[0], qty: 5 }, shown[1] ?? {}),
    });

    expect(waiting).toEqual(["lines"]);
    expect(writes).toEqual([]);
    expect(linesOf(right)[0]).toMatchObject({ qty: 5, net: 10 });
  });
});

describe("a line", () => {
  test("added where fields are received is created on the other side, which then gives what it gives", async () => {
    const before = await ordered();
    const { left, right } = await before.edit(
      erp(...linesOf(before.right), { sku: "pad", qty: 1, text: "#a5", total: 2 }),
    );

    expect(linesOf(left)[2]).toEqual({ sku: "pad", qty: 1, note: "a5", total: 2 });
    expect(linesOf(right)[2]).toEqual({ sku: "pad", qty: 1, text: "#a5", total: 2, tax: "20" });
  });

  test("removed on one side is removed on the other, whatever its computed fields did meanwhile", async () => {
    const before = await ordered(totals);
    const shown = linesOf(before.right);
    const { left, right, waiting } = await before.edit({
      ...shop({ ...ink, total: 4 }),
      ...erp({ ...shown[0], total: 99 }, shown[1] ?? {}),
    });

    expect(waiting).toEqual([]);
    expect(linesOf(left).map(({ sku }) => sku)).toEqual(["ink"]);
    expect(linesOf(right).map(({ sku }) => sku)).toEqual(["ink"]);
  });

  test("put elsewhere in the list is no edit on either side", async () => {
    const before = await ordered();

    expect((await before.edit(shop(ink, pen))).writes).toEqual([]);
    expect((await before.edit({ right: { lines: linesOf(before.right).toReversed() } })).writes).toEqual([]);
  });
});

describe("two lists that are linked", () => {
  const given: Fields = { sku: "pen", qty: 2, text: "#red", net: 7, tax: "5", total: 1 };

  test("get what each side gives, in place of what stood there", async () => {
    const { left, right, waiting } = await linked(order, { lines: [{ ...pen, total: 9 }] }, { lines: [given] });

    expect(waiting).toEqual([]);
    expect(linesOf(left)).toEqual([{ ...pen, total: 1 }]);
    expect(linesOf(right)).toEqual([{ ...given, net: 10, tax: "20" }]);
  });

  test("keep what the receiving side shows where `at_link` names it", async () => {
    const keeping = entityOf(ORDER.replace("each:", "at_link: billing\n  each:"));
    const { left, right } = await linked(keeping, { lines: [{ ...pen, total: 9 }] }, { lines: [given] });

    expect(linesOf(right)).toEqual([given]);
    expect(linesOf(left)).toEqual([{ ...pen, total: 1 }]);
  });

  test("wait for a person where `at_link` is review and a received field differs", async () => {
    const asking = entityOf(ORDER.replace("each:", "at_link: review\n  each:"));
    const { writes, waiting } = await linked(asking, { lines: [pen] }, { lines: [given] });

    expect(waiting).toEqual(["lines"]);
    expect(writes).toEqual([]);
  });
});

describe("a key that is an expression", () => {
  const keyed = entityOf(`lines:
  each:
    key: sku
    fields:
      sku: { as: text, billing: { read: '$substringAfter(code, "P-")', write: { code: '"P-" & $value' } } }
      qty: { as: integer }`);

  test("finds its lines on both sides", async () => {
    const made = await linked(keyed, {
      lines: [
        { sku: "a", qty: 1 },
        { sku: "b", qty: 2 },
      ],
    });
    const edited = await made.edit({
      right: {
        lines: [
          { code: "P-b", qty: 5, bin: 3 },
          { code: "P-a", qty: 1 },
        ],
      },
    });

    expect(linesOf(made.right)).toEqual([
      { code: "P-a", qty: 1 },
      { code: "P-b", qty: 2 },
    ]);
    expect(linesOf(edited.left)).toEqual([
      { sku: "a", qty: 1 },
      { sku: "b", qty: 5 },
    ]);
    expect((await edited.edit({ left: { lines: linesOf(edited.left).toReversed() } })).writes).toEqual([]);
  });
});

test("the expressions of all lines of a page are evaluated together, and those of a written list", async () => {
  let rounds = 0;
  const counting: ExpressionCompiler = {
    compile(source, rules) {
      const compiled = expressions.compile(source, rules);
      if (!compiled.ok) return compiled;
      const { expression } = compiled;
      const evaluate: Expression["evaluate"] = (inputs, bindings) => {
        rounds += 1;
        return expression.evaluate(inputs, bindings);
      };
      return { ok: true, expression: { source: expression.source, reads: expression.reads, evaluate } };
    },
    close: async () => undefined,
  };
  const { mapping } = compileMappingFile(parse(entityText(ORDER)), { file: "test.yaml", expressions: counting });
  const entity = mapping?.entities[0];
  if (entity === undefined) throw new Error("the mapping has errors");
  const lines = Array.from({ length: 40 }, (_, index) => ({
    sku: String(index),
    qty: index,
    note: `n${String(index)}`,
    gross: index,
  }));
  const page = Array.from({ length: 30 }, () => ({ lines }));

  const readings = await entity.read("left", page);
  const read = rounds;
  const [carried] = await entity.carry(
    "left",
    readings.map(({ fields }) => fields),
    () => null,
  );
  const carry = rounds - read;
  const field = carried?.["lines"];
  if (field?.kind !== "value") throw new Error(JSON.stringify(field));
  const written = await entity.write("right", { lines: field.cell }, { lines: [{ sku: "1", text: "#old" }] });

  // `net` and `tax` are read; `note` is written and read again; then written, after what stands there has been read.
  expect([read, carry, rounds - read - carry]).toEqual([2, 2, 2]);
  expect(written.ok && linesOf(written.record)[1]).toEqual({ sku: "0", qty: 0, text: "#n0", net: 0, tax: "20" });
});

describe("all small lists, with every edit of both sides", () => {
  // A line's quantity goes both ways, a price only to the right, a stock only to the left.
  const mapping = (strength: string, merge: string): string => `lines:
  ${merge}
  each:
    key: k
    fields:
      k: {}
      q: {}
      p: { direction: crm -> billing, strength: ${strength} }
      s: { direction: billing -> crm, strength: ${strength} }`;

  const before: readonly Fields[] = [{ k: "a", q: 1, p: 1, s: 1 }];
  const edits: readonly (readonly Fields[])[] = [
    before,
    [],
    [{ k: "a", q: 2, p: 1, s: 1 }],
    [{ k: "a", q: 1, p: 2, s: 1 }],
    [{ k: "a", q: 1, p: 1, s: 2 }],
    [{ k: "a", q: 3, p: 2, s: 2 }],
    [
      { k: "b", q: 1, p: 3, s: 3 },
      { k: "a", q: 1, p: 1, s: 1 },
    ],
    [
      { k: "a", q: 1, p: 1, s: 1 },
      { k: "b", q: 1 },
    ],
    [{ k: "a", q: 1 }],
  ];

  const rules = ["weak", "normal", "strong", "review"].flatMap((strength) =>
    ["conflict: review", "merge: lines", "conflict: crm"].map((merge) => [strength, merge] as const),
  );

  test.each(rules)(
    "%s, %s: comes to rest, is quiet, loses no edit of a field that goes both ways",
    async (strength, merge) => {
      const entity = entityOf(mapping(strength, merge));
      const start = await linked(entity, { lines: before }, { lines: before });
      for (const left of edits) {
        for (const right of edits) {
          const end = await start.edit({ left: { lines: left }, right: { lines: right } });
          const again = await end.edit({});
          const told = JSON.stringify({ left, right, end: [end.left, end.right] });

          expect({ told, writes: again.writes }).toEqual({ told, writes: [] });
          if (end.waiting.length > 0) {
            expect({ told, shown: [end.left, end.right] }).toEqual({
              told,
              shown: [{ lines: left }, { lines: right }],
            });
            continue;
          }
          const byKey = (record: Fields): Value =>
            Object.fromEntries(linesOf(record).map((line) => [JSON.stringify(line["k"]), line["q"] ?? null]));
          expect({ told, lines: byKey(end.left) }).toEqual({ told, lines: byKey(end.right) });
          received({ told, strength, end, edited: { left, right } });
        }
      }
    },
  );

  function received(given: {
    readonly told: string;
    readonly strength: string;
    readonly end: TwoRecords;
    readonly edited: { readonly left: readonly Fields[]; readonly right: readonly Fields[] };
  }): void {
    const { told, strength, end, edited } = given;
    for (const line of linesOf(end.right)) {
      const key = line["k"];
      const other = linesOf(end.left).find((each) => each["k"] === key);
      const shown = edited.right.find((each) => each["k"] === key);
      const gives = edited.left.find((each) => each["k"] === key);
      // What a side gives is never changed there.
      if (gives !== undefined) expect({ told, p: other?.["p"] }).toEqual({ told, p: gives["p"] });
      if (shown !== undefined) expect({ told, s: line["s"] }).toEqual({ told, s: shown["s"] });
      // What a side has changed, the other gets: also while both changed what goes both ways.
      if (strength !== "weak" && key === "a" && gives?.["p"] === 2)
        expect({ told, p: line["p"] }).toEqual({ told, p: 2 });
      if (strength !== "weak" && key === "a" && shown?.["s"] === 2)
        expect({ told, s: other?.["s"] }).toEqual({ told, s: 2 });
      if (strength === "strong" && gives?.["p"] !== undefined)
        expect({ told, p: line["p"] }).toEqual({ told, p: gives["p"] });
      if (strength === "weak" && shown?.["p"] !== undefined)
        expect({ told, p: line["p"] }).toEqual({ told, p: shown["p"] });
    }
  }
});
