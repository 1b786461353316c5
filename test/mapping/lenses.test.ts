// What compiled rules do with records: each form is read, carried to the other side, and written there.

import { describe, expect, test } from "@jest/globals";

import { ABSENT, NULL_CELL, type Carried, type Reading } from "../../src/core/field.ts";
import type { RemoteId, Side } from "../../src/core/ids.ts";
import { Exact, type Fields, type Value } from "../../src/core/value.ts";
import type { EntityMapping } from "../../src/mapping/mapping.ts";
import type { RefLookup } from "../../src/mapping/reference.ts";
import { entityOf } from "./compiled.ts";

const noRefs: RefLookup = () => null;

async function readOne(entity: EntityMapping, side: Side, record: Fields): Promise<Readonly<Record<string, Reading>>> {
  const [reading] = await entity.read(side, [record]);
  if (reading === undefined) throw new Error("no reading");
  return reading.fields;
}

async function carryOne(
  entity: EntityMapping,
  from: Side,
  record: Fields,
  lookup: RefLookup = noRefs,
): Promise<Readonly<Record<string, Carried>>> {
  const [carried] = await entity.carry(from, [await readOne(entity, from, record)], lookup);
  if (carried === undefined) throw new Error("nothing carried");
  return carried;
}

/** Reads a record, carries all fields across and writes them into `current`. */
async function across(
  entity: EntityMapping,
  from: Side,
  record: Fields,
  current: Fields | null = null,
): Promise<Fields> {
  const carried = await carryOne(entity, from, record, (need) => `${need.id}-there` as RemoteId);
  const cells = Object.fromEntries(
    Object.entries(carried).flatMap(([name, each]) => (each.kind === "value" ? [[name, each.cell]] : [])),
  );
  const result = await entity.write(from === "left" ? "right" : "left", cells, current);
  if (!result.ok) throw new Error(result.message);
  return result.record;
}

function valueOf(reading: Reading | Carried | undefined): Value | undefined {
  return reading?.kind === "value" ? reading.cell.value : undefined;
}

describe("reading", () => {
  test("absent, null, placeholder and value are four things", async () => {
    const entity = entityOf(`a: {}\nb: {}\nc: { empty: ["", N/A] }\nd: {}\ne: { crm: { empty: [0] } }`);

    const fields = await readOne(entity, "left", { b: null, c: "N/A", d: "", e: 0 });

    expect(fields).toEqual({
      a: ABSENT,
      b: { kind: "value", cell: NULL_CELL },
      c: { kind: "value", cell: NULL_CELL },
      d: { kind: "value", cell: { value: "", key: '""' } },
      e: { kind: "value", cell: NULL_CELL },
    });
  });

  test("a value outside its type or table is held, and the others are read", async () => {
    const entity = entityOf("due: { as: date }\ntier: { values: { lead: prospect } }\nname: {}");

    const fields = await readOne(entity, "left", { due: "2026-02-30", tier: "vip", name: "Ada" });

    expect(fields.due).toMatchObject({ kind: "invalid", found: "2026-02-30" });
    expect(fields.tier).toMatchObject({ kind: "invalid", found: "vip" });
    expect(valueOf(fields.name)).toBe("Ada");
  });

  test("an expression that fails or finds nothing touches its own field only", async () => {
    const entity = entityOf(`sum: { crm: { read: a + b }, direction: crm -> billing }\nname: {}`);

    const failed = await readOne(entity, "left", { a: "x", b: 1, name: "Ada" });
    const nothing = await readOne(entity, "left", { name: "Ada" });

    expect(failed.sum).toMatchObject({ kind: "invalid" });
    expect(valueOf(failed.name)).toBe("Ada");
    expect(nothing.sum).toEqual(ABSENT);
  });

  test("results of expressions pass through the declared type", async () => {
    const entity = entityOf(`mail: { crm: { read: "mails[0]" }, as: email, direction: crm -> billing }`);

    const fields = await readOne(entity, "left", { mails: [" Ada@Example.COM "] });

    expect(valueOf(fields.mail)).toBe("ada@example.com");
  });

  test("paths reach into objects, lists and names with dots", async () => {
    const entity = entityOf(
      `a: { crm: address.city }\nb: { crm: "lines[1].sku" }\nc: { crm: '"custom.field"' }\nx.y: {}`,
    );

    const fields = await readOne(entity, "left", {
      address: { city: "Bath" },
      lines: [{ sku: "1" }, { sku: "00123" }],
      "custom.field": 5,
      "x.y": 6,
    });

    expect([valueOf(fields.a), valueOf(fields.b), valueOf(fields.c), valueOf(fields["x.y"])]).toEqual([
      "Bath",
      "00123",
      5,
      6,
    ]);
  });
});

describe("carrying and writing", () => {
  test("a plain path is carried as it is, lists and exact numbers too", async () => {
    const entity = entityOf("a: {}\nb: { billing: deep.b }");

    const record = await across(entity, "left", { a: [1, { x: null }], b: new Exact("12345678901234567890") });

    expect(record).toEqual({ a: [1, { x: null }], deep: { b: new Exact("12345678901234567890") } });
  });

  test("only what changes is written, and siblings of a nested value survive", async () => {
    const entity = entityOf("city: { billing: address.city }\nstreet: { billing: address.street }\nname: {}");
    const current = { address: { city: "Bath", street: "1 High St", geo: { lat: 1 } }, name: "Ada", other: 1 };

    const record = await across(entity, "left", { city: "York", street: "2 Low St", name: "Ada" }, current);

    expect(record).toEqual({ address: { city: "York", street: "2 Low St", geo: { lat: 1 } } });
  });

  test("a value that stands in the way of a path is not replaced", async () => {
    const entity = entityOf("city: { billing: address.city }");
    const { city } = await carryOne(entity, "left", { city: "York" });
    if (city?.kind !== "value") throw new Error("not carried");

    const result = await entity.write("right", { city: city.cell }, { address: "1 High St, Bath" });

    expect(result).toMatchObject({ ok: false, field: "city" });
  });

  test("money in minor units and money in major units are one value", async () => {
    const entity = entityOf(
      "due: { crm: total, billing: { at: amount_due, as: { money: minor } }, as: { money: USD } }",
    );

    expect(await across(entity, "left", { total: 12.34 })).toEqual({ amount_due: 1234 });
    expect(await across(entity, "right", { amount_due: 1234 })).toEqual({ total: 12.34 });
    expect(await across(entity, "right", { amount_due: 1234 }, { total: "10.00" })).toEqual({ total: "12.34" });
  });

  test("a value the other side cannot hold is not carried, and says why", async () => {
    const entity = entityOf("n: { crm: { as: decimal }, billing: { as: integer } }");

    const { n } = await carryOne(entity, "left", { n: 1.5 });

    expect(n).toMatchObject({ kind: "invalid", found: 1.5 });
  });

  test("a scale rounds what its side is sent, half to even", async () => {
    const entity = entityOf("n: { billing: { at: n, as: { decimal: 2 } }, as: decimal }");

    expect((await carryOne(entity, "left", { n: 1.005 })).n).toMatchObject({ cell: { value: 1 } });
    expect((await carryOne(entity, "right", { n: 1.25 })).n).toMatchObject({ cell: { value: 1.25 } });
  });

  test("a table is carried both ways, the first of several words represents them, and null stays null", async () => {
    const entity = entityOf(
      "tier: { billing: segment, values: { lead: prospect, suspect: prospect, customer: active } }",
    );

    expect(await across(entity, "left", { tier: "suspect" })).toEqual({ segment: "prospect" });
    expect(await across(entity, "right", { segment: "prospect" })).toEqual({ tier: "lead" });
    expect(await across(entity, "left", { tier: null }, { segment: "active" })).toEqual({ segment: null });
  });

  test("words of a table are written in the JSON type the record shows", async () => {
    const entity = entityOf('flag: { billing: code, values: { "1": "yes", "0": "no" } }');

    expect(await across(entity, "left", { flag: 1 })).toEqual({ code: "yes" });
    expect(await across(entity, "right", { code: "no" }, { flag: 1 })).toEqual({ flag: 0 });
    expect(await across(entity, "right", { code: "no" }, { flag: "1" })).toEqual({ flag: "0" });
  });

  test("a constant is given by its expression, one way", async () => {
    const entity = entityOf(`source: { billing: metadata.source, value: '"crm"', direction: crm -> billing }`);

    expect(await across(entity, "left", {})).toEqual({ metadata: { source: "crm" } });
    expect((await carryOne(entity, "right", { metadata: { source: "x" } })).source).toEqual({ kind: "none" });
  });

  test("a one-way rule carries in its direction only", async () => {
    const entity = entityOf("a: { direction: billing -> crm }");

    expect((await carryOne(entity, "left", { a: 1 })).a).toEqual({ kind: "none" });
    expect(valueOf((await carryOne(entity, "right", { a: 1 })).a)).toBe(1);
  });

  test("expressions read and write, and see the current record", async () => {
    const entity = entityOf(
      `label:
  crm: title
  billing: { read: 'labels[lang = "en"].text', write: { labels: '[labels[lang != "en"], {"lang": "en", "text": $value}]' } }`,
    );
    const current = {
      labels: [
        { lang: "de", text: "Graf" },
        { lang: "en", text: "Earl" },
      ],
      other: 1,
    };

    expect(valueOf((await carryOne(entity, "right", current)).label)).toBe("Earl");
    expect(await across(entity, "left", { title: "Count" }, current)).toEqual({
      labels: [
        { lang: "de", text: "Graf" },
        { lang: "en", text: "Count" },
      ],
    });
  });

  test("what an expression makes of a value is what the other side would show", async () => {
    const entity = entityOf("code: { billing: { read: code, write: { code: $uppercase($value) } } }");

    expect(valueOf((await carryOne(entity, "left", { code: "abc" })).code)).toBe("ABC");
  });

  test("where reading needs more of the record than writing puts, the value itself is carried", async () => {
    const entity = entityOf(
      `net: { billing: { read: 'taxed ? gross : net', write: { net: $value } } }
code: { billing: { read: ref.code, write: { "ref.code": $uppercase($value) } } }`,
    );

    const carried = await carryOne(entity, "left", { net: 5, code: "abc" });

    expect([valueOf(carried.net), valueOf(carried.code)]).toEqual([5, "abc"]);
  });

  test("a value that `write` puts where `read` does not look is not carried", async () => {
    const entity = entityOf("code: { billing: { read: code.text, write: { code: $value } } }");

    expect((await carryOne(entity, "left", { code: "abc" })).code).toMatchObject({ kind: "invalid" });
  });

  test("clearing a value written by expressions clears its place", async () => {
    const entity = entityOf("code: { billing: { read: code, write: { code: '$value ? $uppercase($value)' } } }");

    const result = await entity.write("right", { code: NULL_CELL }, { code: "ABC" });

    expect(result).toEqual({ ok: true, record: { code: null } });
  });

  test("a ref is carried as its counterpart, waits without a link, and keeps null", async () => {
    const entity = entityOf("owner: { crm: owner_id, billing: account_id, ref: thing }");
    const lookup: RefLookup = ({ id, side }) => (side === "left" && id === "17" ? ("acct-9" as RemoteId) : null);

    const linked = await carryOne(entity, "left", { owner_id: 17 }, lookup);
    const unlinked = await carryOne(entity, "left", { owner_id: "18" }, lookup);
    const none = await carryOne(entity, "left", { owner_id: null }, lookup);

    expect(valueOf(linked.owner)).toBe("acct-9");
    expect(unlinked.owner).toEqual({ kind: "waiting", entity: "thing", side: "left", id: "18" });
    expect(none.owner).toEqual({ kind: "value", cell: NULL_CELL });
    expect(entity.refs).toEqual(["thing"]);
    expect(entity.refNeeds("left", await readOne(entity, "left", { owner_id: 17 }))).toEqual([
      { entity: "thing", side: "left", id: "17" },
    ]);
  });

  test("a ref is written as a number where the record shows one", async () => {
    const entity = entityOf("owner: { ref: thing }");
    const cell = entity.cell("right", "owner", "42");

    expect(await entity.write("right", { owner: cell }, { owner: 7 })).toEqual({ ok: true, record: { owner: 42 } });
    expect(await entity.write("right", { owner: cell }, { owner: "7" })).toEqual({ ok: true, record: { owner: "42" } });
  });

  test("a name in parts is a name in one", async () => {
    const entity = entityOf("name: { crm: [firstname, lastname], billing: name, as: person_name }");

    expect(await across(entity, "left", { firstname: "Ada", lastname: "Lovelace" })).toEqual({ name: "Ada Lovelace" });
    expect(await across(entity, "right", { name: "Ada Lovelace" }, { firstname: "A.", lastname: "Lovelace" })).toEqual({
      firstname: "Ada",
    });
    expect(await readOne(entity, "left", {})).toEqual({ name: ABSENT });
  });

  test("a default stands for a null of its side, whichever way it goes, and is no edit", async () => {
    const entity = entityOf("tier: { billing: { default: basic } }");

    expect(await across(entity, "left", { tier: null })).toEqual({ tier: "basic" });
    expect(await across(entity, "right", { tier: null })).toEqual({ tier: "basic" });
    expect(valueOf((await readOne(entity, "right", { tier: null })).tier)).toBeNull();
  });

  test("an edit that changes nothing is not written", async () => {
    const entity = entityOf("mail: { as: email }");

    const fields = await readOne(entity, "left", { mail: "ADA@example.com" });
    const base = entity.cell("left", "mail", "ada@example.com");

    expect(fields.mail).toMatchObject({ cell: { key: base.key } });
  });
});

describe("combining", () => {
  const both = (entity: EntityMapping, name: string, values: { base: Value; left: Value; right: Value }) =>
    entity.combine(name, {
      left: entity.cell("left", name, values.left),
      right: entity.cell("right", name, values.right),
      baseLeft: entity.cell("left", name, values.base),
      baseRight: entity.cell("right", name, values.base),
    });

  test("a counter adds what both sides added, exactly", () => {
    const entity = entityOf("stock: { crm: qty, billing: on_hand, merge: counter, as: decimal }");

    const combined = both(entity, "stock", { base: 0.1, left: 0.3, right: new Exact("12345678901234567890.5") });

    expect(combined?.left.value).toEqual(new Exact("12345678901234567890.7"));
    expect(combined?.right.value).toEqual(new Exact("12345678901234567890.7"));
  });

  test("a counter without a base, or of something that is no number, is a conflict", () => {
    const entity = entityOf("stock: { merge: counter }");
    const cell = entity.cell("left", "stock", 1);

    expect(entity.combine("stock", { left: cell, right: cell, baseLeft: null, baseRight: cell })).toBeNull();
    expect(both(entity, "stock", { base: 1, left: "x", right: 2 })).toBeNull();
  });

  test("a set keeps both sides' additions and removals", () => {
    const entity = entityOf("tags: { merge: set }");

    const combined = both(entity, "tags", { base: ["a", "b", "c"], left: ["b", "c", "x"], right: ["a", "b", "y"] });

    expect(combined?.left.value).toEqual(["b", "x", "y"]);
    expect(combined?.right.value).toEqual(["b", "y", "x"]);
  });

  test("a rule without merge combines nothing", () => {
    expect(both(entityOf("a: {}"), "a", { base: 1, left: 2, right: 3 })).toBeNull();
  });
});
