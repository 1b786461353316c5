// Drafts from samples: which columns are found to be one field, and on what evidence.

import { describe, expect, test } from "@jest/globals";
import { parse } from "yaml";

import { isError } from "../../../src/core/problem.ts";
import type { Fields } from "../../../src/core/value.ts";
import { draftText } from "../../../src/mapping/suggest/draft-text.ts";
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
  suggest({ left: sample(contacts), right: sample(customers.toReversed(), { readOnly: new Set(["vip"]) }) }, NAMES);

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
      { rule: { crm: "billingId", billing: "id" }, shared: 4, of: 4 },
      { rule: ["email"], shared: 8, of: 8 },
      expect.objectContaining({ shared: 8 }),
    ]);
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

describe("from samples that share nobody", () => {
  test("names and types decide, and the evidence says so", () => {
    const strangers = customers.map((record, index): Fields => ({
      ...record,
      address: null,
      mail: `x${String(index)}@other.example`,
      phone: "+4311111",
      id: `z${String(index)}`,
    }));

    const { rules, match, joined } = suggest({ left: sample(contacts), right: sample(strangers) }, NAMES);

    expect(joined).toBe(0);
    expect(match).toEqual([]);
    expect(rules.map(({ name }) => name)).toEqual(expect.arrayContaining(["email", "name", "vip"]));
    expect(rules.every(({ evidence }) => evidence.equal === null)).toBe(true);
  });

  test("equal small numbers join nobody: ids that count from one are equal by chance", () => {
    const rows = (name: string): readonly Fields[] =>
      Array.from({ length: 6 }, (_, index) => ({ id: index + 1, [name]: index + 1, other: `${name}${String(index)}` }));

    const { joined, match } = suggest({ left: sample(rows("position")), right: sample(rows("rank")) }, NAMES);

    expect({ joined, match }).toEqual({ joined: 0, match: [] });
  });

  test("ids of the two systems are never one, though they look alike", () => {
    const rows = (name: string): readonly Fields[] =>
      Array.from({ length: 6 }, (_, index) => ({ id: `x${String(index)}`, [name]: `${name}${String(index)}` }));

    const { joined, match } = suggest({ left: sample(rows("one")), right: sample(rows("other")) }, NAMES);

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

    const { joined } = suggest({ left: sample(rows), right: sample(doubled) }, NAMES);

    expect(joined).toBe(11);
  });

  test("nothing at all gives an empty draft", () => {
    const nothing = suggest({ left: sample([]), right: sample([]) }, NAMES);

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
