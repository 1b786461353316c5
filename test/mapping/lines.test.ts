// `each`: lists of lines found by a key. Every test goes through the entity's lenses, as the engine does: read, carry, put onto
// what the other side shows, write.

import { describe, expect, test } from "@jest/globals";

import { isError } from "../../src/core/problem.ts";
import { NO_WAY, type Carried, type Cell, type Reading } from "../../src/core/field.ts";
import { otherSide, type Side } from "../../src/core/ids.ts";
import type { Fields, Value } from "../../src/core/value.ts";
import type { EntityMapping } from "../../src/mapping/mapping.ts";
import type { RefLookup } from "../../src/mapping/reference.ts";
import { compileText, entityOf, entityText } from "./compiled.ts";

const LINES = `lines:
  crm: items
  billing: lines
  each:
    key: sku
    fields:
      sku: { crm: product.code, as: sku }
      qty: { crm: quantity, as: integer }
      note: {}
      state: { values: { open: O, waiting: O, shipped: S } }`;

const entity = entityOf(LINES);

async function readOf(of: EntityMapping, side: Side, record: Fields, field = "lines"): Promise<Reading> {
  const [reading] = await of.read(side, [record]);
  return reading?.fields[field] ?? { kind: "absent" };
}

async function cellOf(of: EntityMapping, side: Side, record: Fields, field = "lines"): Promise<Cell> {
  const reading = await readOf(of, side, record, field);
  if (reading.kind !== "value") throw new Error(JSON.stringify(reading));
  return reading.cell;
}

/** The field's value on the other side, alone. */
async function carried(of: EntityMapping, from: Side, record: Fields, field = "lines"): Promise<Cell> {
  const [result] = await of.carry(from, [{ [field]: await readOf(of, from, record, field) }], () => null);
  const value = result?.[field];
  if (value?.kind !== "value") throw new Error(JSON.stringify(value));
  return value.cell;
}

interface Shown {
  readonly left: Fields;
  readonly right: Fields;
  readonly baseLeft?: Fields;
  readonly baseRight?: Fields;
}

async function movementOf(of: EntityMapping, shown: Shown, field = "lines") {
  const cell = async (side: Side, record: Fields | undefined) =>
    record === undefined ? null : cellOf(of, side, record, field);
  return {
    left: await cellOf(of, "left", shown.left, field),
    right: await cellOf(of, "right", shown.right, field),
    baseLeft: await cell("left", shown.baseLeft),
    baseRight: await cell("right", shown.baseRight),
  };
}

/** What the other side's record becomes; what a side does not change keeps its base. */
async function put(of: EntityMapping, from: Side, shown: Shown, field = "lines"): Promise<Fields> {
  const to = otherSide(from);
  const movement = await movementOf(of, shown, field);
  const given: Carried = { kind: "value", cell: await carried(of, from, shown[from], field) };
  const { left, right, ...bases } = movement;
  const sight = of.sight(field, {
    ...bases,
    left: { kind: "value", cell: left },
    right: { kind: "value", cell: right },
    toRight: to === "right" ? given : NO_WAY,
    toLeft: to === "left" ? given : NO_WAY,
    lookup: () => null,
  });
  const onto = to === "right" ? sight.toRight : sight.toLeft;
  if (onto.kind !== "value") throw new Error(JSON.stringify(onto));
  if (onto.cell.key === movement[to].key) return {};
  const written = await of.write(to, { [field]: onto.cell }, shown[to]);
  if (!written.ok) throw new Error(written.message);
  return written.record;
}

const left = (...items: readonly Value[]): Fields => ({ items });
const right = (...lines: readonly Value[]): Fields => ({ lines });
const item = (code: string, quantity: Value, more: Fields = {}): Fields => ({ product: { code }, quantity, ...more });
const line = (sku: string, qty: Value, more: Fields = {}): Fields => ({ sku, qty, ...more });

describe("lines of one side on the other", () => {
  test("a new list has every line, in the other side's shape", async () => {
    const cell = await carried(entity, "left", left(item("A", "2", { state: "waiting" }), item("B", 1, { note: "x" })));
    const written = await entity.write("right", { lines: cell }, null);

    expect(written).toEqual({
      ok: true,
      record: {
        lines: [
          { sku: "A", qty: 2, state: "O" },
          { sku: "B", qty: 1, note: "x" },
        ],
      },
    });
  });

  test("reordered lines are no edit", async () => {
    const before = await cellOf(entity, "left", left(item("A", 1), item("B", 2)));
    const after = await cellOf(entity, "left", left(item("B", 2), item("A", 1)));

    expect(after.key).toBe(before.key);
  });

  test("a changed line keeps its place and what no rule names; the others are not touched", async () => {
    const base = {
      left: left(item("A", 1), item("B", 2)),
      right: right(line("B", 2, { id: 7 }), line("A", "01", { id: 8, tax: { rate: 20 } })),
    };

    const record = await put(entity, "left", {
      left: left(item("A", 1), item("B", 5)),
      right: base.right,
      baseLeft: base.left,
      baseRight: base.right,
    });

    expect(record).toEqual({ lines: [line("B", 5, { id: 7 }), line("A", "01", { id: 8, tax: { rate: 20 } })] });
  });

  test("an added line goes last, a removed one goes", async () => {
    const base = {
      left: left(item("A", 1), item("B", 2)),
      right: right(line("A", 1, { id: 1 }), line("B", 2, { id: 2 })),
    };

    const record = await put(entity, "left", {
      left: left(item("C", 3), item("B", 2)),
      right: base.right,
      baseLeft: base.left,
      baseRight: base.right,
    });

    expect(record).toEqual({ lines: [line("B", 2, { id: 2 }), line("C", 3)] });
  });

  test("detail that the other side does not have survives edits of other lines there", async () => {
    const base = {
      left: left(item("A", 1, { state: "waiting" }), item("B", 2)),
      right: right(line("A", 1, { state: "O" }), line("B", 2)),
    };

    const record = await put(entity, "right", {
      left: base.left,
      right: right(line("A", 1, { state: "O" }), line("B", 9)),
      baseLeft: base.left,
      baseRight: base.right,
    });

    expect(record).toEqual(left(item("A", 1, { state: "waiting" }), item("B", 9)));
  });

  test("what the receiving side makes of a line by itself is not written again", async () => {
    const baseLeft = left(item("A", 1, { note: "soon" }), item("B", 2));
    const baseRight = right(line("A", 1, { note: "SOON" }), line("B", 2), line("SHIP", 1));

    const record = await put(entity, "left", {
      left: left(item("A", 1, { note: "soon" }), item("B", 3)),
      right: baseRight,
      baseLeft,
      baseRight,
    });

    expect(record).toEqual(right(line("A", 1, { note: "SOON" }), line("B", 3), line("SHIP", 1)));
  });

  test("at first linking, what says the same on both sides keeps its detail", async () => {
    const record = await put(entity, "right", {
      left: left(item("A", 1, { state: "waiting" }), item("B", 2)),
      right: right(line("A", 1, { state: "O" }), line("B", 3)),
    });

    expect(record).toEqual(left(item("A", 1, { state: "waiting" }), item("B", 3)));
  });

  test("a property that a line does not have is no opinion", async () => {
    const record = await put(entity, "left", {
      left: left(item("A", 2)),
      right: right(line("A", 1, { note: "kept" })),
    });

    expect(record).toEqual(right(line("A", 2, { note: "kept" })));
  });

  test("a null clears the property, and is not written where there is none", async () => {
    const baseLeft = left(item("A", 1, { note: "x" }), item("B", 1, { note: "y" }));
    const baseRight = right(line("A", 1, { note: "x" }), line("B", 1));

    const record = await put(entity, "left", {
      left: left(item("A", 1, { note: null }), item("B", 1, { note: null })),
      right: baseRight,
      baseLeft,
      baseRight,
    });

    expect(record).toEqual(right(line("A", 1, { note: null }), line("B", 1)));
  });

  test("an empty list and no list are two things", async () => {
    expect((await cellOf(entity, "left", left())).value).toEqual([]);
    expect((await cellOf(entity, "left", { items: null })).value).toBeNull();
    expect(await readOf(entity, "left", {})).toEqual({ kind: "absent" });
  });
});

describe("lines that cannot be told apart hold the field", () => {
  test.each([
    ["two of one key", left(item("A", 1), item("A", 2)), 'two lines have the sku "A"'],
    ["one without a key", left(item("A", 1), { quantity: 2 }), "line 2 has no sku"],
    ["one with a null for a key", left({ product: { code: null } }), "line 1 has no sku"],
    ["one that is no object", left("A"), 'line 1: "A" is not an object'],
    ["a value outside a type", left(item("A", "many")), "line 1: qty: "],
    ["a word outside a table", left(item("A", 1, { state: "lost" })), "line 1: state: "],
    ["no list", { items: "A,B" }, "is not a list of lines"],
  ])("%s", async (_name, record, says) => {
    const reading = await readOf(entity, "left", record);

    expect(reading.kind).toBe("invalid");
    expect(reading.kind === "invalid" ? reading.message : "").toContain(says);
  });

  test("a value that the other side cannot hold is held, naming the line", async () => {
    const narrow = entityOf(
      "lines: { each: { key: k, fields: { k: {}, tags: { crm: { as: { list: text } }, billing: { as: { list: { separator: ';' } } }, as: { list: text } } } } }",
    );
    const reading = await readOf(narrow, "left", { lines: [{ k: "1", tags: ["a;b"] }] });

    const [result] = await narrow.carry("left", [{ lines: reading }], () => null);

    expect(result?.["lines"]).toMatchObject({ kind: "invalid" });
    expect(result?.["lines"]?.kind === "invalid" ? result["lines"].message : "").toContain('line of k "1": tags: ');
  });

  test("raw lines without a key are never removed by a write", async () => {
    const cell = await carried(entity, "left", left(item("A", 1)));

    const written = await entity.write("right", { lines: cell }, { lines: [{ comment: "hello" }, line("A", 0)] });

    expect(written).toEqual({ ok: true, record: { lines: [{ comment: "hello" }, line("A", 1)] } });
  });
});

describe("merge: lines", () => {
  const merging = entityOf(`${LINES}\n  merge: lines`);
  const base = {
    baseLeft: left(item("A", 1), item("B", 2)),
    baseRight: right(line("A", 1, { id: 1 }), line("B", 2, { id: 2 })),
  };

  async function merged(shown: { left: Fields; right: Fields }): Promise<unknown> {
    const movement = await movementOf(merging, { ...base, ...shown });
    const combined = merging.combine("lines", movement);
    if (combined === null) return "conflict";
    const writes = await Promise.all(
      (["left", "right"] as const).map(async (side) => {
        const written = await merging.write(side, { lines: combined[side] }, shown[side]);
        return written.ok ? { ...shown[side], ...written.record } : written;
      }),
    );
    return writes;
  }

  test("a line added on each side is on both", async () => {
    expect(
      await merged({
        left: left(item("A", 1), item("B", 2), item("C", 3)),
        right: right(line("A", 1, { id: 1 }), line("B", 2, { id: 2 }), line("D", 4)),
      }),
    ).toEqual([
      left(item("A", 1), item("B", 2), item("C", 3), item("D", 4)),
      right(line("A", 1, { id: 1 }), line("B", 2, { id: 2 }), line("D", 4), line("C", 3)),
    ]);
  });

  test("a line removed on one side and untouched on the other is removed", async () => {
    expect(await merged({ left: left(item("B", 2)), right: right(line("A", 1), line("B", 7, { id: 2 })) })).toEqual([
      left(item("B", 7)),
      right(line("B", 7, { id: 2 })),
    ]);
  });

  test("different fields of one line merge", async () => {
    expect(
      await merged({
        left: left(item("A", 5), item("B", 2)),
        right: right(line("A", 1, { id: 1, note: "fragile" }), line("B", 2, { id: 2 })),
      }),
    ).toEqual([
      left(item("A", 5, { note: "fragile" }), item("B", 2)),
      right(line("A", 5, { id: 1, note: "fragile" }), line("B", 2, { id: 2 })),
    ]);
  });

  test("the same field changed to the same is no conflict", async () => {
    expect(
      await merged({ left: left(item("A", 5), item("B", 2)), right: right(line("A", "5", { id: 1 }), line("B", 2)) }),
    ).toEqual([left(item("A", 5), item("B", 2)), right(line("A", "5", { id: 1 }), line("B", 2))]);
  });

  test.each([
    ["the same field changed to different values", left(item("A", 5), item("B", 2)), right(line("A", 6), line("B", 2))],
    ["a line removed on one side and changed on the other", left(item("B", 2)), right(line("A", 6), line("B", 2))],
    [
      "a line added on both with different values",
      left(item("A", 1), item("B", 2), item("C", 1)),
      right(line("A", 1), line("B", 2), line("C", 2)),
    ],
  ])("%s is a conflict", async (_name, leftShows, rightShows) => {
    expect(await merged({ left: leftShows, right: rightShows })).toBe("conflict");
  });

  test("without bases nothing is merged", async () => {
    const movement = await movementOf(merging, { left: left(item("A", 1)), right: right(line("A", 2)) });

    expect(merging.combine("lines", movement)).toBeNull();
  });
});

describe("references inside lines", () => {
  const naming = entityOf(
    "lines: { crm: items, each: { key: k, fields: { k: {}, p: { crm: product, ref: thing }, q: { as: integer } } }, merge: lines }",
  );
  const items = (...list: readonly Fields[]): Fields => ({ items: list });
  const lines = (...list: readonly Fields[]): Fields => ({ lines: list });
  const lookup: RefLookup = ({ side, id }) => {
    const found = side === "left" ? { a1: "b1", a2: "b2" }[id as string] : { b1: "a1", b2: "a2" }[id as string];
    return (found ?? null) as ReturnType<RefLookup>;
  };

  test("are told with those of the record itself, and their entity goes first", async () => {
    const reading = await readOf(
      naming,
      "left",
      items({ k: "1", product: "a1" }, { k: "2", product: null }, { k: "3" }),
    );

    expect(naming.refs).toEqual(["thing"]);
    expect(naming.refNeeds("left", { lines: reading })).toEqual([{ entity: "thing", side: "left", id: "a1" }]);
  });

  test("are carried as the counterpart; without one the whole list waits for it", async () => {
    const reading = await readOf(naming, "left", items({ k: "1", product: "a1", q: 2 }, { k: "2", product: null }));
    const waiting = await readOf(naming, "left", items({ k: "1", product: "a1" }, { k: "2", product: "a9" }));

    const page = await naming.carry("left", [{ lines: reading }, { lines: waiting }], lookup);

    expect(page[0]?.["lines"]).toMatchObject({
      kind: "value",
      cell: {
        value: [
          { k: "1", p: "b1", q: 2 },
          { k: "2", p: null },
        ],
      },
    });
    expect(page[1]?.["lines"]).toEqual({ kind: "waiting", entity: "thing", side: "left", id: "a9" });
  });

  test("lines added and changed on both sides are merged with the records that they name", async () => {
    const movement = await movementOf(naming, {
      left: items({ k: "1", product: "a2", q: 1 }, { k: "2", product: "a2", q: 5 }),
      right: lines({ k: "1", p: "b1", q: 7 }, { k: "3", p: "b1", q: 3 }),
      baseLeft: items({ k: "1", product: "a1", q: 1 }),
      baseRight: lines({ k: "1", p: "b1", q: 1 }),
    });

    const combined = naming.combine("lines", { ...movement, lookup });

    expect(combined?.left.value).toEqual([
      { k: "1", p: "a2", q: 7 },
      { k: "2", p: "a2", q: 5 },
      { k: "3", p: "a1", q: 3 },
    ]);
    expect(combined?.right.value).toEqual([
      { k: "1", p: "b2", q: 7 },
      { k: "2", p: "b2", q: 5 },
      { k: "3", p: "b1", q: 3 },
    ]);
  });
});

describe("what cannot be said of lines", () => {
  const at = "entities.thing.fields.l";

  test.each([
    ["E_KEY", `${at}.each.key`, "l: { each: { key: sku, fields: { ski: {} } } }", "sku"],
    [
      "E_KEY",
      `${at}.each.key`,
      "l: { each: { key: n, fields: { n: { billing: { as: { decimal: 1 } }, as: decimal } } } }",
      "lines apart",
    ],
    [
      "E_MISSING",
      `${at}.each.fields.p.direction`,
      "l: { each: { key: k, fields: { k: {}, p: { value: '1' } } } }",
      "one direction only",
    ],
    [
      "E_KEY",
      `${at}.each.key`,
      "l: { each: { key: k, fields: { k: { direction: crm -> billing } } } }",
      "goes one way",
    ],
    [
      "E_KEY",
      `${at}.each.key`,
      "l: { direction: crm -> billing, each: { key: k, fields: { k: { crm: { read: a } } } } }",
      "can be read but not written",
    ],
    [
      "E_COMBINATION",
      `${at}.each.fields.p.direction`,
      "l: { direction: crm -> billing, each: { key: k, fields: { k: {}, p: { direction: billing -> crm } } } }",
      "goes one way already",
    ],
    [
      "E_NOT_INVERTIBLE",
      `${at}.each.fields.p.crm`,
      "l: { each: { key: k, fields: { k: {}, p: { crm: { read: a } } } } }",
      "direction: crm -> billing",
    ],
    [
      "E_COMBINATION",
      `${at}.crm.default`,
      "l: { crm: { at: l, default: [] }, each: { key: k, fields: { k: {}, p: { crm: { read: a, write: { a: $value } } } } } }",
      "no `default`",
    ],
    [
      "E_TARGET_OVERLAP",
      `${at}.each.fields.p.crm`,
      "l: { each: { key: k, fields: { k: { crm: a }, p: { crm: { read: b, write: { a: $value } } } } } }",
      "both write",
    ],
    [
      "E_FLOAT_MONEY",
      `${at}.each.fields.p.crm.read`,
      "l: { each: { key: k, fields: { k: {}, p: { as: { money: EUR }, crm: { read: a * 1.2 }, direction: crm -> billing } } } }",
      "multiplies",
    ],
    ["E_KEY", `${at}.each.key`, "l: { each: { key: k, fields: { k: { ref: thing } } } }", "differs on the two sides"],
    ["E_ENUM", `${at}.each.fields.p.ref`, "l: { each: { key: k, fields: { k: {}, p: { ref: thin } } } }", "thing"],
    [
      "E_COMBINATION",
      `${at}.each.fields.k.conflict`,
      "l: { each: { key: k, fields: { k: { conflict: crm } } } }",
      "whole list",
    ],
    ["E_COMBINATION", `${at}.as`, "l: { as: list, each: { key: k, fields: { k: {} } } }", "each"],
    [
      "E_COMBINATION",
      `${at}.crm.write`,
      "l: { crm: { at: l, write: { l: $value } }, each: { key: k, fields: { k: {} } } }",
      "where they stand",
    ],
    ["E_COMBINATION", `${at}.merge`, "l: { merge: set, each: { key: k, fields: { k: {} } } }", "lines"],
    [
      "E_TARGET_OVERLAP",
      `${at}.each.fields.b.crm`,
      "l: { each: { key: a, fields: { a: { crm: x }, b: { crm: x } } } }",
      "both write",
    ],
    ["E_ENUM", `${at}.each.fields.k.as`, "l: { each: { key: k, fields: { k: { as: emial } } } }", "email"],
    ["E_UNKNOWN_KEY", `${at}.each.kei`, "l: { each: { key: k, kei: 1, fields: { k: {} } } }", "key"],
    ["E_MISSING", `${at}.each.key`, "l: { each: { fields: { k: {} } } }", "key"],
    [
      "E_LAW_VIOLATION",
      `${at}.each.fields.v.values.a`,
      "l: { each: { key: k, fields: { k: {}, v: { as: { text: [lower] }, values: { A: x, a: y } } } } }",
      "both",
    ],
  ])("%s at %s", (code, path, text, says) => {
    const errors = compileText(entityText(text)).problems.filter(isError);

    expect(errors.map((each) => `${each.code} ${each.path.join(".")}`)).toEqual([`${code} ${path}`]);
    expect([errors[0]?.message, errors[0]?.hint, errors[0]?.expected].join(" | ")).toContain(says);
  });
});
