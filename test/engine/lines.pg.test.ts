// ERP to shop, through whole runs of the engine: order lines found by their key, stock counted on both sides, references that a
// record does not wait for.

import { describe, expect, test } from "@jest/globals";
import { scenarios, type Scenario } from "./scenario.ts";

const world = scenarios();

const FIELDS = `stock: { a: qty, b: on_hand, as: integer, merge: counter }
lines: { a: items, b: lines, merge: lines, each: { key: sku, fields: { sku: {}, qty: { a: quantity, as: integer }, price: { b: { as: { decimal: 2 } }, as: decimal } } } }`;

const ITEMS = [
  { sku: "A", quantity: 1, price: 1.005, colour: "red" },
  { sku: "B", quantity: 2, price: 2 },
];

async function linked(fields = FIELDS): Promise<Scenario> {
  const s = await world.start({ fields });
  s.a.put("thing", { email: "order@example.com", name: "Order 1", qty: 100, items: ITEMS });
  await s.sweep();
  return s;
}

describe("order lines", () => {
  test("lines arrive in the other side's shape, and a reordered list writes nothing", async () => {
    const s = await linked();
    expect(s.only("b")["lines"]).toEqual([
      { sku: "A", qty: 1, price: 1 },
      { sku: "B", qty: 2, price: 2 },
    ]);

    s.a.edit("thing", s.only("a").id, { items: ITEMS.toReversed() });
    const before = s.writes();
    await s.sweep();
    expect(s.writes()).toBe(before);
    await s.expectQuiet();
  });

  test("an edit of one line is one write, and leaves the finer price and the unmapped colour alone", async () => {
    const s = await linked();
    s.b.edit("thing", s.only("b").id, {
      lines: [
        { sku: "B", qty: 7, price: 2 },
        { sku: "A", qty: 1, price: 1 },
      ],
    });
    const before = s.writes();
    await s.sweep();

    expect(s.writes()).toBe(before + 1);
    expect(s.only("a")["items"]).toEqual([ITEMS[0], { ...ITEMS[1], quantity: 7 }]);
    await s.expectQuiet();
  });

  test("lines edited on both sides merge one by one", async () => {
    const s = await linked();
    s.a.edit("thing", s.only("a").id, {
      items: [{ ...ITEMS[0], quantity: 5 }, ITEMS[1], { sku: "C", quantity: 3, price: 3 }],
    });
    s.b.edit("thing", s.only("b").id, {
      lines: [
        { sku: "A", qty: 1, price: 9.99 },
        { sku: "D", qty: 4, price: 4 },
      ],
    });
    await s.sweep();
    await s.sweep();

    expect(s.only("a")["items"]).toEqual([
      { ...ITEMS[0], quantity: 5, price: 9.99 },
      { sku: "C", quantity: 3, price: 3 },
      { sku: "D", quantity: 4, price: 4 },
    ]);
    expect(s.only("b")["lines"]).toEqual([
      { sku: "A", qty: 5, price: 9.99 },
      { sku: "D", qty: 4, price: 4 },
      { sku: "C", qty: 3, price: 3 },
    ]);
    expect(await s.cases()).toEqual([]);
    await s.expectQuiet();
  });

  test("the same field of one line changed on both sides is one case, and the other fields flow", async () => {
    const s = await linked();
    s.a.edit("thing", s.only("a").id, { items: [{ ...ITEMS[0], quantity: 5 }, ITEMS[1]], name: "Order 2" });
    s.b.edit("thing", s.only("b").id, {
      lines: [
        { sku: "A", qty: 6, price: 1 },
        { sku: "B", qty: 2, price: 2 },
      ],
    });
    await s.sweep();

    expect((await s.cases()).map(({ kind, field }) => [kind, field])).toEqual([["conflict", "lines"]]);
    expect(s.only("b")["name"]).toBe("Order 2");
    await s.expectQuiet();
  });

  test("two lines of one key hold the field, and the case closes when they are told apart again", async () => {
    const s = await linked();
    s.a.edit("thing", s.only("a").id, { items: [ITEMS[0], { ...ITEMS[0], quantity: 9 }], name: "Order 2" });
    await s.sweep();
    expect((await s.cases()).map(({ kind, field }) => [kind, field])).toEqual([["value-rejected", "lines"]]);
    expect(s.only("b")["name"]).toBe("Order 2");

    s.a.edit("thing", s.only("a").id, { items: [{ ...ITEMS[0], quantity: 10 }] });
    await s.sweep();
    expect(s.only("b")["lines"]).toEqual([{ sku: "A", qty: 10, price: 1 }]);
    expect(await s.cases()).toEqual([]);
    await s.expectQuiet();
  });

  test("a shop that adds a shipping line of its own and turns the list around is not fought", async () => {
    const s = await world.start({ fields: FIELDS });
    s.b.normalise = (_object, row) => {
      const lines = (row["lines"] ?? []) as readonly { sku: string }[];
      const own = lines.filter(({ sku }) => sku !== "SHIP");
      return { ...row, lines: [{ sku: "SHIP", qty: 1, price: 4.9 }, ...own.toReversed()] };
    };
    s.a.put("thing", { email: "order@example.com", name: "Order 1", qty: 1, items: ITEMS });
    await s.sweep();
    await s.expectQuiet();

    s.a.edit("thing", s.only("a").id, { items: [ITEMS[0], { ...ITEMS[1], quantity: 8 }] });
    await s.sweep();
    expect(s.only("b")["lines"]).toContainEqual({ sku: "B", qty: 8, price: 2 });
    expect(s.only("b")["lines"]).toContainEqual({ sku: "SHIP", qty: 1, price: 4.9 });
    expect(s.only("a")["items"]).toHaveLength(2);
    await s.expectQuiet();
  });
});

test("lines that name records of another entity carry their counterparts, and wait for one that is not there yet", async () => {
  const s = await world.startWith(`
pair: PAIR
state: active
sides: { a: left-system, b: right-system }
guards: off
entities:
  thing:
    a: { object: thing }
    b: { object: thing }
    match: [[email]]
    fields:
      email: { as: email }
      lines: { a: items, b: lines, merge: lines, each: { key: pos, fields: { pos: {}, part: { a: part_id, b: part, ref: parent }, qty: { as: integer } } } }
  parent:
    a: { object: parent }
    b: { object: parent }
    match: [[email]]
    fields: { email: { as: email }, name: {} }
`);
  const [screw, nail] = ["screw", "nail"].map((name) => s.a.put("parent", { email: `${name}@example.com`, name }).id);
  const order = s.a.put("thing", {
    email: "order@example.com",
    items: [
      { pos: "1", part_id: screw, qty: 2 },
      { pos: "2", part_id: nail, qty: 3 },
    ],
  }).id;
  await s.sweep();
  const partOf = (name: string) => [...s.b.table("parent").values()].find((row) => row["name"] === name)?.id;
  const linesOf = () => [...s.b.table("thing").values()][0]?.["lines"];

  expect(linesOf()).toEqual([
    { pos: "1", part: partOf("screw"), qty: 2 },
    { pos: "2", part: partOf("nail"), qty: 3 },
  ]);
  await s.expectQuiet();

  s.a.edit("thing", order, { items: [{ pos: "1", part_id: "nowhere", qty: 2 }] });
  await s.sweep();
  expect(linesOf()).toHaveLength(2);

  s.a.edit("thing", order, { items: [{ pos: "1", part_id: nail, qty: 2 }] });
  await s.sweep();
  expect(linesOf()).toEqual([{ pos: "1", part: partOf("nail"), qty: 2 }]);
  await s.expectQuiet();

  // The line comes with the record that it names: that one first.
  const bolt = s.a.put("parent", { email: "bolt@example.com", name: "bolt" }).id;
  s.a.edit("thing", order, {
    items: [
      { pos: "1", part_id: nail, qty: 2 },
      { pos: "2", part_id: bolt, qty: 9 },
    ],
  });
  await s.sweep();
  await s.sweep();
  expect(linesOf()).toEqual([
    { pos: "1", part: partOf("nail"), qty: 2 },
    { pos: "2", part: partOf("bolt"), qty: 9 },
  ]);
  await s.expectQuiet();
});

test("stock counted on both sides gives the arithmetic result", async () => {
  const s = await linked();
  s.a.edit("thing", s.only("a").id, { qty: 90 });
  s.b.edit("thing", s.only("b").id, { on_hand: 105 });
  await s.sweep();
  await s.sweep();

  expect([s.only("a")["qty"], s.only("b")["on_hand"]]).toEqual([95, 95]);
  await s.expectQuiet();
});

test("entities that refer to each other are created when one reference is optional, and it is filled in", async () => {
  const s = await world.startWith(`
pair: PAIR
state: active
sides: { a: left-system, b: right-system }
guards: off
entities:
  parent:
    a: { object: parent }
    b: { object: parent }
    match: [[email]]
    fields: { email: {}, favourite: { ref: child, optional: true } }
  child:
    a: { object: child }
    b: { object: child }
    match: [[email]]
    fields: { email: {}, parent: { ref: parent } }
`);
  const parent = s.a.put("parent", { email: "p@example.com" });
  const child = s.a.put("child", { email: "c@example.com", parent: parent.id });
  s.a.edit("parent", parent.id, { favourite: child.id });
  await s.sweep();
  await s.sweep();

  const [thereParent] = [...s.b.table("parent").values()];
  const [thereChild] = [...s.b.table("child").values()];
  expect(thereChild?.["parent"]).toBe(thereParent?.id);
  expect(thereParent?.["favourite"]).toBe(thereChild?.id);
  await s.expectQuiet();
});
