// Order lines with computed, constant and one-way fields, through whole runs of the engine: a shop that knows gross prices, an ERP
// that works out each line's total at every write.

import { describe, expect, test } from "@jest/globals";
import { isFields, isList, type Fields, type Value } from "../../src/core/value.ts";
import { scenarios, type Scenario } from "./scenario.ts";

const world = scenarios();

// `net` is evaluated in the process beside this one, the rest here.
const FIELDS = `lines: { a: items, each: { key: sku, fields: { sku: {}, qty: { as: integer },
  note: { b: { read: '$substringAfter(text, "#")', write: { text: '"#" & $value' } } },
  net: { a: { read: "( *; $round(gross / 1.25, 2) )" }, as: decimal, direction: a -> b },
  tax: { value: '"20"', direction: a -> b, strength: strong },
  total: { as: decimal, direction: b -> a } } } }`;

const PEN = { sku: "pen", qty: 2, note: "red", gross: 12.5, colour: "red" };
const INK = { sku: "ink", qty: 1, note: "blue", gross: 5 };

const linesIn = (value: Value | undefined): readonly Fields[] =>
  isList(value) ? value.filter((line) => isFields(line)) : [];

async function ordered(): Promise<Scenario> {
  const s = await world.start({ fields: FIELDS });
  s.b.normalise = (_object, row) => ({
    ...row,
    lines: linesIn(row["lines"] as Value).map((line) => ({
      ...line,
      total: Number(line["qty"] ?? 0) * Number(line["net"] ?? 0),
    })),
  });
  s.a.put("thing", { email: "order@example.com", name: "Order 1", items: [PEN, INK] });
  await s.sweep();
  return s;
}

describe("order lines with fields of one side", () => {
  test("arrive computed, and what the ERP works out comes back in the same run", async () => {
    const s = await ordered();

    expect(s.only("b")["lines"]).toEqual([
      { sku: "pen", qty: 2, text: "#red", net: 10, tax: "20", total: 20 },
      { sku: "ink", qty: 1, text: "#blue", net: 4, tax: "20", total: 4 },
    ]);
    expect(s.only("a")["items"]).toEqual([
      { ...PEN, total: 20 },
      { ...INK, total: 4 },
    ]);
    expect(s.writes()).toBe(2);
    await s.expectQuiet();
  });

  test("an edited quantity is one write there, and the new total one write back", async () => {
    const s = await ordered();
    s.a.edit("thing", s.only("a").id, {
      items: [
        { ...INK, total: 4 },
        { ...PEN, qty: 3, total: 20 },
      ],
    });
    const before = s.writes();
    await s.sweep();

    expect(linesIn(s.only("a")["items"] as Value)[1]).toMatchObject({ qty: 3, total: 30, colour: "red" });
    expect(linesIn(s.only("b")["lines"] as Value)[0]).toMatchObject({ qty: 3, total: 30 });
    expect(s.writes()).toBe(before + 2);
    expect(await s.cases()).toEqual([]);
    await s.expectQuiet();
  });

  test("edits where fields are only received: a strong one is put back, a normal one stands, a reordered list writes nothing", async () => {
    const s = await ordered();
    const shown = linesIn(s.only("b")["lines"] as Value);
    s.b.edit("thing", s.only("b").id, { lines: [shown[1], { ...shown[0], net: 9, total: 18 }] });
    const before = s.writes();
    await s.sweep();
    expect(s.writes()).toBe(before + 1);
    expect(linesIn(s.only("a")["items"] as Value)[0]).toMatchObject({ gross: 12.5, total: 18 });
    expect(linesIn(s.only("b")["lines"] as Value)[1]).toMatchObject({ net: 9 });

    const now = linesIn(s.only("b")["lines"] as Value);
    s.b.edit("thing", s.only("b").id, { lines: now.map((line) => ({ ...line, tax: "7" })) });
    await s.sweep();
    expect(linesIn(s.only("b")["lines"] as Value).map(({ tax, net }) => [tax, net])).toEqual([
      ["20", 4],
      ["20", 9],
    ]);
    await s.expectQuiet();
  });

  test("a quantity edited on one side and a total on the other, a line added on each: no case, and both have all", async () => {
    const s = await world.start({ fields: FIELDS.replace("each:", "merge: lines, each:") });
    s.a.put("thing", { email: "order@example.com", name: "Order 1", items: [PEN, INK] });
    await s.sweep();
    s.a.edit("thing", s.only("a").id, { items: [{ ...PEN, qty: 5 }, INK, { sku: "pad", qty: 1, gross: 2.5 }] });
    s.b.edit("thing", s.only("b").id, {
      lines: [
        ...linesIn(s.only("b")["lines"] as Value).map((line) => ({ ...line, total: 7 })),
        { sku: "cup", qty: 6, total: 6 },
      ],
    });
    await s.sweep();
    await s.sweep();

    const keyed = (lines: Value | undefined, name: string): Fields =>
      Object.fromEntries(linesIn(lines).map((line) => [JSON.stringify(line["sku"]), line[name] ?? null]));
    const [a, b] = [s.only("a")["items"] as Value, s.only("b")["lines"] as Value];
    expect(keyed(a, "qty")).toEqual({ '"pen"': 5, '"ink"': 1, '"pad"': 1, '"cup"': 6 });
    expect(keyed(b, "qty")).toEqual({ '"pen"': 5, '"ink"': 1, '"pad"': 1, '"cup"': 6 });
    expect(keyed(a, "total")).toEqual({ '"pen"': 7, '"ink"': 7, '"pad"': null, '"cup"': 6 });
    expect(keyed(b, "net")).toEqual({ '"pen"': 10, '"ink"': 4, '"pad"': 2, '"cup"': null });
    expect(keyed(b, "tax")).toEqual({ '"pen"': "20", '"ink"': "20", '"pad"': "20", '"cup"': "20" });
    expect(await s.cases()).toEqual([]);
    await s.expectQuiet();
  });

  test("an expression that fails on one line holds the list, naming line and field, and the record's other fields flow", async () => {
    const s = await ordered();
    s.a.edit("thing", s.only("a").id, { name: "Order 2", items: [PEN, { ...INK, gross: "five" }] });
    await s.sweep();

    const [held] = await s.cases();
    expect([held?.kind, held?.field]).toEqual(["value-rejected", "lines"]);
    expect(JSON.stringify(held?.values)).toContain("line 2: net: E_EXPR_FAILED");
    expect(s.only("b")["name"]).toBe("Order 2");
    await s.expectQuiet();
  });
});
