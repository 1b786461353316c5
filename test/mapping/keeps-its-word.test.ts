// What the language promises of the rules that people get wrong: names, net and gross, cents, days and instants, numbers that are
// texts. Two records are kept in step over several edits: at most one write an edit, then silence, and nothing lost beyond what
// the rule's class says.

import { describe, expect, test } from "@jest/globals";

import { checkLaws } from "../../src/mapping/law-check.ts";
import { classText } from "../../src/mapping/law-words.ts";
import { Exact } from "../../src/core/value.ts";
import { compileText, entityOf, entityText } from "./compiled.ts";
import { linked } from "./two-records.ts";

async function classOf(fields: string): Promise<string> {
  const { rules, names } = compileText(entityText(fields));
  const report = names === null ? null : await checkLaws(rules, names);
  const [finding] = report?.findings ?? [];
  return finding === undefined ? "none" : classText(finding.class);
}

describe("a name in two fields and in one", () => {
  const rule = "name: { crm: [first, last], billing: name, as: person_name }";
  const entity = entityOf(rule);

  test("the rule is iso", async () => {
    expect(await classOf(rule)).toBe("iso");
  });

  test.each([
    [{ first: "Ada", last: "Lovelace" }, "Ada Lovelace"],
    [{ first: " Ada", last: "Lovelace " }, "Ada Lovelace"],
    [{ first: "", last: " Ada" }, "Ada"],
    [{ first: "Ludwig", last: "van Beethoven" }, "Ludwig van Beethoven"],
    [{ first: "Madonna", last: "" }, "Madonna"],
    [{ first: "Mary Ann", last: "Smith" }, "Mary Ann Smith"],
    [{ first: "Zoë 👩‍👩‍👧", last: "Ze\u0301" }, "Zoë 👩‍👩‍👧 Ze\u0301"],
  ])("%j is %s there, and stays as it is here", async (left, name) => {
    const records = await linked(entity, left);

    expect(records.right).toEqual({ name });
    expect(records.left).toEqual(left);
    expect((await records.edit({})).writes).toEqual([]);
  });

  test.each([
    ["van Beethoven", { first: null, last: "van Beethoven" }],
    ["Ludwig van Beethoven", { first: "Ludwig", last: "van Beethoven" }],
    ["Cher", { first: "Cher" }],
    [" Ada  Lovelace ", { first: "Ada", last: "Lovelace" }],
  ])("%j becomes parts that join to the same name, once", async (name, parts) => {
    const records = await linked(entity, {}, { name });

    expect(records.writes).toHaveLength(1);
    expect(records.left).toMatchObject(parts);
    expect(records.right).toEqual({ name });
    expect((await records.edit({ left: { other: 1 } })).writes).toEqual([]);
  });

  test("an edit of one side is one write, whatever the split", async () => {
    const records = await linked(entity, { first: "Mary Ann", last: "Smith" });
    const renamed = await records.edit({ right: { name: "Mary Ann Jones" } });

    expect(renamed.writes).toEqual([["left", { last: "Jones" }]]);
    expect((await renamed.edit({})).writes).toEqual([]);
  });
});

describe("net and gross with 19 %", () => {
  const rule =
    'price: { crm: net, billing: { at: gross, as: { decimal: { scale: 2, times: "1.19" } } }, as: { decimal: 2 } }';
  const entity = entityOf(rule);

  test("the gross price keeps more than the net one", async () => {
    expect(await classOf(rule)).toBe("lossy right > left");
  });

  test.each([0, 0.01, 0.03, 1, 9.99, 84.03, 100, 19.9, 1234567.89])("net %p comes back as it is", async (net) => {
    const records = await linked(entity, { net });

    expect(records.left).toEqual({ net });
    expect((await records.edit({})).writes).toEqual([]);
  });

  test("every gross price of a range stays as a person typed it", async () => {
    for (let cents = 1; cents < 400; cents += 1) {
      const gross = cents / 100;
      const records = await linked(entity, {}, { gross });

      expect(records.right).toEqual({ gross });
      expect(records.writes.length).toBeLessThanOrEqual(1);
    }
  });
});

describe("euro and cent", () => {
  const rule = "due: { crm: total, billing: { at: cents, as: { money: minor } }, as: { money: EUR } }";
  const entity = entityOf(rule);

  test("the rule is iso", async () => {
    expect(await classOf(rule)).toBe("iso");
  });

  test.each([
    [19.99, 1999],
    [0.07, 7],
    [-0.01, -1],
    [1.1, 110],
    [4.35, 435],
    [new Exact("12345678901234567.89"), new Exact("1234567890123456789")],
  ])("%p euro are %p cents, and back", async (total, cents) => {
    const there = await linked(entity, { total });
    const back = await linked(entity, {}, { cents });

    expect(there.right).toEqual({ cents });
    expect(back.left).toEqual({ total });
    expect((await there.edit({})).writes).toEqual([]);
  });

  test("a tenth of a cent is held, not rounded", async () => {
    const records = await linked(entity, { total: 1.999 });

    expect(records.waiting).toEqual(["due"]);
    expect(records.right).toEqual({});
  });
});

describe("a day against an instant, over a clock change", () => {
  const rule =
    "day: { crm: day, billing: { at: starts, as: { datetime: { zone: Europe/Vienna } } }, as: { datetime: { zone: Europe/Vienna, dates: start } } }";

  test.each(["2026-03-28", "2026-03-29", "2026-03-30", "2026-10-24", "2026-10-25", "2026-10-26", "2028-02-29"])(
    "%s stays that day",
    async (day) => {
      const entity = entityOf(rule);
      const records = await linked(entity, { day });

      expect(records.left).toEqual({ day });
      expect(records.writes).toHaveLength(1);
      expect((await records.edit({})).writes).toEqual([]);
    },
  );
});

describe("what looks like a number, and text as people type it", () => {
  const entity = entityOf("n: {}");

  test.each([
    "00123",
    "12345678901234567890",
    new Exact("12345678901234567890"),
    "1e3",
    " 1",
    "👩‍👩‍👧",
    "Ze\u0301",
    "Zé",
    "\u0301",
    "",
  ])("%p arrives as it is and stays", async (value) => {
    const records = await linked(entity, { n: value });

    expect(records.right).toEqual({ n: value });
    expect((await records.edit({})).writes).toEqual([]);
  });

  test("a composed and a decomposed é are one text where the rule says so, and each side keeps its own", async () => {
    const same = entityOf("n: { as: { text: [nfc] } }");
    const records = await linked(same, { n: "Ze\u0301" }, { n: "Zé" });

    expect(records.writes).toEqual([]);
    expect((await records.edit({ right: { n: "Zoé" } })).left).toEqual({ n: "Zoé" });
  });

  test("a long article number stays text through sku", async () => {
    const records = await linked(entityOf("n: { as: sku }"), { n: "00123" });

    expect(records.right).toEqual({ n: "00123" });
  });
});

describe("ERP to shop", () => {
  const entity = entityOf(`stock: { crm: qty, billing: on_hand, as: integer, merge: counter }
lines: { crm: items, billing: lines, each: { key: sku, fields: { sku: {}, qty: { as: integer } } }, merge: lines }`);
  const items = [
    { sku: "A", qty: 1, note: "left" },
    { sku: "B", qty: 2 },
  ];

  test("stock counted on both sides gives the arithmetic result", async () => {
    const records = await linked(entity, { qty: 100 });
    const counted = await records.edit({ left: { qty: 90 }, right: { on_hand: 105 } });

    expect([counted.left["qty"], counted.right["on_hand"]]).toEqual([95, 95]);
    expect((await counted.edit({})).writes).toEqual([]);
  });

  test("order lines reordered write nothing", async () => {
    const records = await linked(entity, { items });
    const reordered = await records.edit({ left: { items: items.toReversed() } });

    expect(reordered.writes).toEqual([]);
    expect(
      (
        await reordered.edit({
          right: {
            lines: [
              { sku: "B", qty: 2 },
              { sku: "A", qty: 1 },
            ],
          },
        })
      ).writes,
    ).toEqual([]);
  });

  test("lines edited on both sides merge line by line, and come to rest", async () => {
    const records = await linked(entity, { items });
    const edited = await records.edit({
      left: {
        items: [
          { sku: "A", qty: 5, note: "left" },
          { sku: "B", qty: 2 },
          { sku: "C", qty: 3 },
        ],
      },
      right: {
        lines: [
          { sku: "D", qty: 4 },
          { sku: "A", qty: 1 },
        ],
      },
    });

    expect(edited.left["items"]).toEqual([
      { sku: "A", qty: 5, note: "left" },
      { sku: "C", qty: 3 },
      { sku: "D", qty: 4 },
    ]);
    expect(edited.right["lines"]).toEqual([
      { sku: "D", qty: 4 },
      { sku: "A", qty: 5 },
      { sku: "C", qty: 3 },
    ]);
    expect(edited.waiting).toEqual([]);
  });
});

describe("merge: lines of texts and lists, merge: max", () => {
  test("notes appended on both sides are kept in one order on both", async () => {
    const records = await linked(entityOf("notes: { as: text, merge: lines }"), { notes: "a\nb" });
    const edited = await records.edit({ left: { notes: "a\nb\nleft" }, right: { notes: "first\na\nb\nright" } });

    expect(edited.left["notes"]).toBe("first\na\nb\nleft\nright");
    expect(edited.right["notes"]).toBe(edited.left["notes"]);
  });

  test.each([
    [["a", "b"], ["b"], ["a", "b", "c"], ["b", "c"]],
    [["a"], ["a", "x"], ["a", "x"], ["a", "x"]],
    [["a", "a"], ["a"], ["a", "a", "a"], ["a", "a"]],
    [
      ["a", "b", "c"],
      ["c", "b", "a"],
      ["a", "b", "c", "d"],
      ["c", "d", "b", "a"],
    ],
    [[], ["x"], ["y"], ["y", "x"]],
  ])("%j to %j and to %j is %j", async (before, left, right, both) => {
    const records = await linked(entityOf("l: { merge: lines }"), { l: before });
    const edited = await records.edit({ left: { l: left }, right: { l: right } });

    expect(edited.left["l"]).toEqual(both);
    expect(edited.right["l"]).toEqual(both);
  });

  test.each([
    [
      "values: { lead: prospect, visitor: prospect, customer: active, gone: lost }",
      "lead",
      "customer",
      "lost",
      "gone",
      "lost",
    ],
    [
      "values: { lead: prospect, visitor: prospect, customer: active, gone: lost }",
      "lead",
      "gone",
      "active",
      "gone",
      "lost",
    ],
    ["as: integer", 1, 5, 3, 5, 5],
    ["as: decimal", 1, 2.5, 2.75, 2.75, 2.75],
    ["as: date", "2026-01-01", "2026-02-01", "2026-03-01", "2026-03-01", "2026-03-01"],
    [
      "as: datetime",
      "2026-01-01T00:00:00Z",
      "2026-01-01T00:00:01.5Z",
      "2026-01-01T00:00:01Z",
      "2026-01-01T00:00:01.5Z",
      "2026-01-01T00:00:01.5Z",
    ],
  ])("max of %s: from %p to %p and %p", async (rule, before, left, right, wantedLeft, wantedRight) => {
    const records = await linked(entityOf(`v: { ${rule}, merge: max }`), { v: before });
    const edited = await records.edit({ left: { v: left }, right: { v: right } });

    expect([edited.left["v"], edited.right["v"]]).toEqual([wantedLeft, wantedRight]);
    expect((await edited.edit({})).writes).toEqual([]);
  });

  test("a value lowered on one side alone is carried, for nothing disputes it", async () => {
    const records = await linked(entityOf("v: { as: integer, merge: max }"), { v: 5 });

    expect((await records.edit({ left: { v: 2 } })).right).toEqual({ v: 2 });
  });
});
