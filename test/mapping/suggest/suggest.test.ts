// Drafts from samples: which columns are found to be one field, and on what evidence.

import { describe, expect, test } from "@jest/globals";
import { parse } from "yaml";

import { isError } from "../../../src/core/problem.ts";
import type { Fields } from "../../../src/core/value.ts";
import { draftText } from "../../../src/mapping/suggest/draft-text.ts";
import { idText } from "../../../src/mapping/suggest/draft-ref.ts";
import { nameLikeness } from "../../../src/mapping/suggest/names.ts";
import { suggest, type Sample, type Suggestion } from "../../../src/mapping/suggest/suggest.ts";
import { compileText } from "../compiled.ts";

const NAMES = { left: "crm", right: "billing" };

function sample(records: readonly Fields[], more: Partial<Sample> = {}): Sample {
  return { records, id: ["id"], skipped: [["updatedAt"]], readOnly: new Set(), ...more };
}

const people = [
  ["Ada", "Lovelace", "GB", "United Kingdom"],
  ["Grace", "Hopper", "US", "United States"],
  ["Alan", "Turing", "GB", "United Kingdom"],
  ["Edsger", "Dijkstra", "NL", "Netherlands"],
  ["Barbara", "Liskov", "US", "United States"],
  ["Frances", "Allen", "US", "United States"],
  ["Niklaus", "Wirth", "CH", "Switzerland"],
  ["Ken", "Thompson", "US", "United States"],
] as const;

const contacts = people.map(([first, last, , country], index): Fields => ({
  id: `k${String(index)}`,
  updatedAt: "2026-01-01T00:00:00Z",
  billingId: index % 2 === 0 ? `c${String(index)}` : null,
  email: `${first}@Example.com`,
  firstname: first,
  lastname: last,
  mobile: `020 7946 00${String(10 + index)}`,
  country,
  stage: index % 2 === 0 ? "lead" : "customer",
  total: index * 10 + 19.9,
  zip: `000${String(index)}`,
  vip: index % 3 === 0,
  owner: "somebody",
}));

const customers = people.map(([first, last, code], index): Fields => ({
  id: `c${String(index)}`,
  mail: `${first.toLowerCase()}@example.com`,
  name: `${first} ${last}`,
  phone: `+44207946001${String(index)}`.slice(0, 9) + `00${String(10 + index)}`,
  address: { country: code, postcode: `000${String(index)}` },
  segment: index % 2 === 0 ? "P" : "A",
  amount: Math.round((index * 10 + 19.9) * 100),
  vip: index % 3 === 0,
  plan: `plan ${String(index % 2)}`,
}));

const found = (): Suggestion =>
  suggest({ left: sample(contacts), right: sample(customers.toReversed(), { readOnly: new Set(["vip"]) }) }, NAMES, []);

describe("from samples that share records", () => {
  test("rules have names, types, tables, parts and factors, each with what speaks for it", () => {
    const { rules, joined } = found();

    expect(joined).toBe(8);
    expect(Object.fromEntries(rules.map(({ name, rule }) => [name, rule]))).toEqual({
      email: { billing: "mail", as: "email" },
      name: { crm: ["firstname", "lastname"], as: "person_name" },
      mobile: { billing: "phone", as: { phone: "GB" } },
      country: { crm: { at: "country", as: { country: "name" } }, billing: "address.country", as: "country" },
      stage: { billing: "segment", values: { lead: "P", customer: "A" } },
      total: { billing: { at: "amount", as: { decimal: { times: "100" } } }, as: "decimal" },
      zip: { billing: "address.postcode", as: "postal_code" },
      vip: { as: "boolean", direction: "billing -> crm" },
    });
    expect(rules.find(({ name }) => name === "email")?.evidence).toEqual({ equal: 8, of: 8, names: 0.9, note: null });
  });

  test("records are told by a stored foreign id and by what names them", () => {
    const { match } = found();

    expect(match).toEqual([
      { rule: { crm: "billingId", billing: "id" }, shared: 4, of: 4, note: null },
      { rule: ["email"], shared: 8, of: 8, note: null },
      { rule: ["mobile"], shared: 8, of: 8, note: null },
      expect.objectContaining({ rule: expect.objectContaining({ score: expect.anything() }) }),
    ]);
  });

  test("records are told by what is alike, when there is a name with something beside it; tried on the samples", () => {
    const misspelt = customers.map((record, index): Fields => ({
      ...record,
      mail: `${String(index)}@elsewhere.example`,
      name: index === 0 ? "Ada Lovelaces" : (record["name"] ?? null),
    }));

    const { match } = suggest({ left: sample(contacts), right: sample(misspelt) }, NAMES, []);

    expect(match.at(-1)).toEqual({
      rule: { score: { name: 0.5, mobile: 0.3, zip: 0.2 }, link_at: 0.95, review_at: 0.8 },
      shared: expect.any(Number),
      of: 8,
      note: expect.stringMatching(
        /^\d of 8 resemble a record of the other side enough to be linked, \d enough to ask$/,
      ),
    });
  });

  test("what nothing was found for is listed, and the connector's own fields are not", () => {
    expect(found().unmatched).toEqual({ left: ["owner"], right: ["plan"] });
  });

  test("the draft compiles as it stands", () => {
    const text = `pair: p\nsides: { crm: a, billing: b }\nentities:\n  customer:\n    crm: { object: contact }\n    billing: { object: customer }\n${draftText(found(), "    ")}\n`;

    expect(compileText(text).problems.filter(isError)).toEqual([]);
    expect(text).toContain("# 8 of 8 equal; the names say so");
  });

  test("no value of a record is shown but the words of a table", () => {
    const text = draftText(found(), "");

    for (const value of ["Lovelace", "example.com", "7946", "Netherlands"])
      expect(text.toLowerCase()).not.toContain(value.toLowerCase());
  });
});

describe("from records that hold other things", () => {
  const products = ["A-1", "B-2", "C-3", "D-4"];
  const lines = (index: number): readonly number[] => [0, 1, 2, 3].filter((each) => (index + each) % 2 === 0);
  const orders = Array.from({ length: 6 }, (_, index): Fields => ({
    id: `o${String(index)}`,
    number: `2026-${String(index)}`,
    contactId: `k${String(index % 4)}`,
    parent: index > 2 ? `o${String(index - 3)}` : null,
    items: lines(index).map((each, place) => ({
      pos: place + 1,
      sku: products[each] ?? "",
      qty: index + each,
      note: "x",
    })),
  }));
  const invoices = Array.from({ length: 6 }, (_, index): Fields => ({
    id: `i${String(index)}`,
    invoice_number: `2026-${String(index)}`,
    customer: { ref: `c${String(index % 4)}` },
    parent_id: index > 2 ? `i${String(index - 3)}` : null,
    positions: lines(index)
      .toReversed()
      .map((each, place) => ({ line: place + 1, article: { code: products[each] ?? "" }, quantity: index + each })),
  }));
  const referred = [
    { entity: "order", self: true, ids: { left: idsOf(orders), right: idsOf(invoices) } },
    { entity: "customer", self: false, ids: { left: idsOf(contacts), right: idsOf(customers) } },
  ];
  const suggested = (): Suggestion =>
    suggest({ left: sample(orders), right: sample(invoices.toReversed()) }, NAMES, referred);

  test("ids of another entity are a ref, ids of the entity itself one that may stay open", () => {
    const rules = Object.fromEntries(suggested().rules.map(({ name, rule }) => [name, rule]));

    expect(rules["contactId"]).toEqual({ billing: "customer.ref", ref: "customer" });
    expect(rules["parent"]).toEqual({ billing: "parent_id", ref: "order", optional: true });
  });

  test("lines are found by the code that both sides show, not by their place", () => {
    const rule = suggested().rules.find(({ name }) => name === "items");

    expect(rule?.rule).toEqual({
      billing: "positions",
      each: {
        key: "sku",
        fields: { sku: { billing: "article.code" }, qty: { billing: "quantity", as: "integer" } },
      },
    });
    expect(rule?.evidence.note).toBe("lines by sku: 12 of 12 lines are on both sides");
  });

  test("small whole numbers are ids of another entity only where they are called after it", () => {
    const numbered = (name: string): readonly Fields[] =>
      Array.from({ length: 5 }, (_, index) => ({
        id: `x${String(index)}`,
        [name]: index + 1,
        code: `k-${String(index)}`,
      }));
    const ids = new Set(["1", "2", "3", "4", "5"]);
    const customer = [{ entity: "customer", self: false, ids: { left: ids, right: ids } }];
    const of = (one: string, other: string): unknown =>
      suggest({ left: sample(numbered(one)), right: sample(numbered(other)) }, NAMES, customer).rules.find(
        ({ name }) => name === one,
      )?.rule["ref"];

    expect(of("customer_id", "customerNo")).toBe("customer");
    expect(of("quantity", "qty")).toBeUndefined();
  });

  test("the draft compiles as it stands", () => {
    const entity = (name: string, body: string): string =>
      `  ${name}:\n    crm: { object: ${name} }\n    billing: { object: ${name} }\n${body}\n`;
    const text = `pair: p\nsides: { crm: a, billing: b }\nentities:\n${entity("customer", draftText(found(), "    "))}${entity("order", draftText(suggested(), "    "))}`;

    expect(compileText(text).problems.filter(isError)).toEqual([]);
  });
});

function idsOf(records: readonly Fields[]): ReadonlySet<string> {
  return new Set(records.flatMap(({ id }) => idText(id) ?? []));
}

describe("from samples that share nobody", () => {
  test("names and types decide, and the evidence says so", () => {
    const strangers = customers.map((record, index): Fields => ({
      ...record,
      address: null,
      mail: `x${String(index)}@other.example`,
      phone: "+4311111",
      id: `z${String(index)}`,
    }));

    const { rules, match, joined } = suggest({ left: sample(contacts), right: sample(strangers) }, NAMES, []);

    expect(joined).toBe(0);
    expect(match).toEqual([]);
    expect(rules.map(({ name }) => name)).toEqual(expect.arrayContaining(["email", "name", "vip"]));
    expect(rules.every(({ evidence }) => evidence.equal === null)).toBe(true);
  });

  test("equal small numbers join nobody: ids that count from one are equal by chance", () => {
    const rows = (name: string): readonly Fields[] =>
      Array.from({ length: 6 }, (_, index) => ({ id: index + 1, [name]: index + 1, other: `${name}${String(index)}` }));

    const { joined, match } = suggest({ left: sample(rows("position")), right: sample(rows("rank")) }, NAMES, []);

    expect({ joined, match }).toEqual({ joined: 0, match: [] });
  });

  test("ids of the two systems are never one, though they look alike", () => {
    const rows = (name: string): readonly Fields[] =>
      Array.from({ length: 6 }, (_, index) => ({ id: `x${String(index)}`, [name]: `${name}${String(index)}` }));

    const { joined, match } = suggest({ left: sample(rows("one")), right: sample(rows("other")) }, NAMES, []);

    expect({ joined, match }).toEqual({ joined: 0, match: [] });
  });

  test("a value that two records of a side share joins nobody", () => {
    const rows = Array.from({ length: 12 }, (_, index): Fields => ({
      id: `x${String(index)}`,
      email: `p${String(index)}@example.com`,
    }));
    const doubled = [
      ...rows.map((row): Fields => ({ ...row, id: `y${row["id"] as string}` })),
      { id: "again", email: "p0@example.com" },
    ];

    const { joined } = suggest({ left: sample(rows), right: sample(doubled) }, NAMES, []);

    expect(joined).toBe(11);
  });

  test("nothing at all gives an empty draft", () => {
    const nothing = suggest({ left: sample([]), right: sample([]) }, NAMES, []);

    expect(parse(draftText(nothing, ""))).toEqual({ fields: {} });
  });
});

test.each([
  ["first_name", "firstName", 1],
  ["zip", "address.postcode", 0.9],
  ["mail", "email", 0.9],
])("%s and %s are alike: %d", (one, other, likeness) => {
  expect(nameLikeness(one, other)).toBe(likeness);
});

test("unlike names are unlike", () => {
  expect(nameLikeness("owner", "amount")).toBe(0);
});
