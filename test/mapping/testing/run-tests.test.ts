// `tests:` of a mapping file: what passes, and what is told of what does not. The real lenses, the real core.

import { describe, expect, test } from "@jest/globals";

import { failuresOf, ran, ranOne } from "./ran.ts";

const PERSON = `
email: { as: email }
name: { crm: [first, last], billing: name, as: person_name }
phone: { as: { phone: GB } }
`;

describe("what is expected of a record alone", () => {
  test("the record created is compared in the written side's own names", async () => {
    const result = await ranOne(
      PERSON,
      `- name: x
  crm: { id: "1", email: ADA@Example.com, first: Ada, last: Lovelace }
  expect: { billing: { create: { email: ada@example.com, name: Ada Lovelace } } }`,
      "match: [[email]]",
    );

    expect(failuresOf(result)).toEqual([]);
    expect(result).toMatchObject({ again: "quiet", mirrored: "same", situations: ["new-left"] });
  });

  test("another value, a value too few and a value too many are each told at their key", async () => {
    const result = await ranOne(
      PERSON,
      `- name: x
  crm: { id: "1", email: ada@example.com, first: Ada, last: Lovelace, phone: null }
  expect: { billing: { create: { name: Ada Byron, vat: "1" } } }`,
    );

    expect(failuresOf(result)).toEqual([
      'write create name: "Ada Byron" -> "Ada Lovelace"',
      'write create vat: "1" -> -',
      'write create email: - -> "ada@example.com"',
      "write create phone: - -> null",
    ]);
    expect(result.failures.map(({ at }) => at.join("."))).toEqual([
      "entities.thing.tests.0.expect.billing.create.name",
      "entities.thing.tests.0.expect.billing.create.vat",
      "entities.thing.tests.0.expect.billing.create.email",
      "entities.thing.tests.0.expect.billing.create.phone",
    ]);
  });

  test("a side that is not named must not be written, and one that is named must", async () => {
    const silent = await ranOne(PERSON, `- { name: x, crm: { id: "1", email: a@b.c }, expect: {} }`);
    const loud = await ranOne(
      PERSON,
      `- { name: x, crm: { email: a@b.c }, billing: { email: a@b.c }, expect: { billing: { update: {} } } }`,
      "match: [[email]]",
    );

    expect(failuresOf(silent)).toEqual(['write create: - -> {"email":"a@b.c"}']);
    expect(failuresOf(loud)).toEqual(["write update: {} -> -"]);
  });

  test("what a constant writes need not be said, and may be", async () => {
    const fields = `${PERSON}source: { billing: metadata.source, value: '"crm"', direction: crm -> billing }`;
    const unsaid = await ranOne(
      fields,
      `- { name: x, crm: { id: "1", email: a@b.c }, expect: { billing: { create: { email: a@b.c } } } }`,
    );
    const wrong = await ranOne(
      fields,
      `- { name: x, crm: { id: "1", email: a@b.c }, expect: { billing: { create: { email: a@b.c, metadata: { source: web } } } } }`,
    );

    expect(failuresOf(unsaid)).toEqual([]);
    expect(failuresOf(wrong)).toEqual(['write create metadata.source: "web" -> "crm"']);
  });

  test("cases, situation and link are compared", async () => {
    const result = await ranOne(
      PERSON,
      `- name: x
  crm: { email: a@b.c }
  billing: [{ id: b1, email: a@b.c }, { id: b2, email: a@b.c }]
  expect: { cases: [matched-taken], situation: matched, link: live }`,
      "match: [[email]]",
    );

    expect(failuresOf(result)).toEqual([
      'case cases matched-taken: "matched-taken" -> -',
      expect.stringContaining("case cases ambiguous: - ->"),
      'situation situation: "matched" -> "ambiguous, ambiguous, ambiguous"',
      'link link: "live" -> "none"',
    ]);
  });

  test("a record that cannot be matched is quarantined, which a test has to say", async () => {
    const said = await ranOne(
      PERSON,
      `- { name: x, crm: { first: Ada }, expect: { situation: no-key } }`,
      "match: [[email]]",
    );
    const unsaid = await ranOne(PERSON, `- { name: x, crm: { first: Ada }, expect: {} }`, "match: [[email]]");

    expect(failuresOf(said)).toEqual([]);
    expect(failuresOf(unsaid)).toEqual(['quarantine quarantine: - -> "no-key"']);
  });
});

describe("linked records", () => {
  test("a base of canonical values stands for both sides; a side of which nothing is said shows it", async () => {
    const result = await ranOne(
      PERSON,
      `- name: x
  base: { email: ada@example.com, name: Ada Lovelace }
  billing: { id: b1, email: ada@example.com, name: Ada King }
  expect: { situation: changed-right, crm: { update: { last: King } } }`,
    );

    expect(failuresOf(result)).toEqual([]);
  });

  test("a base of records is read by each side's own lenses", async () => {
    const result = await ranOne(
      `stage: { crm: stage, billing: segment, values: { lead: PROSPECT, customer: ACTIVE } }`,
      `- name: x
  base: { crm: { stage: lead }, billing: { segment: PROSPECT } }
  crm: { id: "1", stage: customer }
  expect: { billing: { update: { segment: ACTIVE } } }`,
    );

    expect(failuresOf(result)).toEqual([]);
  });

  test("null is a record that is gone, and what becomes of its counterpart is an ordinary expectation", async () => {
    const test = `- name: x
  base: { email: a@b.c }
  crm: null
  billing: { id: b1, email: a@b.c }
  expect: { situation: gone-left, link: tombstone, billing: { delete: b1 } }`;
    const allow = "allow: { crm: [create, update], billing: [create, update, delete] }";

    expect(failuresOf(await ranOne(PERSON, test, `when_gone: { crm: delete }\n${allow}`))).toEqual([]);
    expect(failuresOf(await ranOne(PERSON, test))).toEqual(['write delete: "b1" -> -']);
  });

  test("newest goes by the time the records say", async () => {
    const result = await ranOne(
      `email: { as: email, conflict: newest }`,
      `- name: x
  base: { email: a@b.c }
  crm: { id: "1", email: crm@b.c, at: 2026-01-01T00:00:00Z }
  billing: { id: "2", email: billing@b.c, at: 2026-01-02T00:00:00Z }
  expect: { crm: { update: { email: billing@b.c } } }`,
    );

    expect(failuresOf(result)).toEqual([]);
  });

  test("a counter is written on both sides within one test", async () => {
    const result = await ranOne(
      `stock: { crm: qty, billing: on_hand, as: integer, merge: counter }`,
      `- name: x
  base: { stock: 10 }
  crm: { id: "1", qty: 8 }
  billing: { id: "2", on_hand: 13 }
  expect: { crm: { update: { qty: 11 } }, billing: { update: { on_hand: 11 } } }`,
    );

    expect(failuresOf(result)).toEqual([]);
    expect(result.again).toBe("quiet");
  });

  test("parts of a nested value that the write only repeats need not be said", async () => {
    const result = await ranOne(
      `street: { crm: street, billing: address.line1 }\ncity: { crm: city, billing: address.city }`,
      `- name: x
  base: { street: 1 Mall, city: London }
  crm: { id: "1", street: 2 Mall, city: London }
  expect: { billing: { update: { address: { line1: 2 Mall } } } }`,
    );

    expect(failuresOf(result)).toEqual([]);
  });

  test("references are carried over by the links that the test gives, and wait for them otherwise", async () => {
    const fields = `number: {}\nowner: { crm: owner_id, billing: owner, ref: thing }`;
    const linked = await ranOne(
      fields,
      `- { name: x, link: { thing: { crm: "7", billing: b7 } }, crm: { id: "1", number: n, owner_id: "7" }, expect: { billing: { create: { number: n, owner: b7 } } } }`,
    );
    const waiting = await ranOne(
      fields,
      `- { name: x, crm: { id: "1", number: n, owner_id: "7" }, expect: { link: none } }`,
    );

    expect(failuresOf(linked)).toEqual([]);
    expect(failuresOf(waiting)).toEqual([]);
  });
});

describe("scored match rules", () => {
  const FIELDS = `name: { as: person_name }\nphone: { as: { phone: GB } }\nzip: { as: postal_code }`;
  const MATCH = "match: [{ score: { name: 0.5, phone: 0.3, zip: 0.2 }, link_at: 0.95, review_at: 0.7 }]";

  test("records that are alike enough are linked, and what differs is told as at any link", async () => {
    const result = await ranOne(
      FIELDS,
      `- name: x
  crm: { id: "1", name: Ada Lovelace, phone: 020 7946 0018, zip: SW1Y 4JH }
  billing: { id: "2", name: Ada Lovelace, phone: "+442079460018", zip: SW1Y4JH }
  expect: { situation: matched, link: live }`,
      MATCH,
    );

    expect(failuresOf(result)).toEqual([]);
  });

  test("records that are only somewhat alike are a question to a person", async () => {
    const result = await ranOne(
      FIELDS,
      `- name: x
  crm: { id: "1", name: Ada Lovelace, phone: 020 7946 0018, zip: SW1Y 4JH }
  billing: { id: "2", name: Ada Lovelace, phone: "+442079460018", zip: EC1A 1BB }
  expect: { situation: ambiguous, cases: [ambiguous], link: none }`,
      MATCH,
    );

    expect(failuresOf(result)).toEqual([]);
  });
});

describe("both ways", () => {
  test("a rule that would write again after its own write is told as such", async () => {
    const result = await ranOne(
      `note: { crm: note, billing: { read: 'nothing', write: { log: '$value & log' } }, direction: crm -> billing }`,
      `- name: x
  crm: { id: "1", note: a }
  expect: { billing: { create: { log: a } } }`,
    );

    expect(result.again).toBe("writes");
    expect(failuresOf(result)).toEqual(['again billing update note: - -> {"log":"aa"}']);
  });

  test("a value that comes back as another one fails the mirror", async () => {
    const result = await ranOne(
      `title: { crm: title, billing: { read: 'label & "!"', write: { label: '$value' } }, law: lossy, conflict: crm }`,
      `- { name: x, crm: { id: "1", title: b }, expect: { billing: { create: { label: b! } } } }`,
    );

    expect(result.mirrored).toBe("differs");
    expect(failuresOf(result)).toEqual(['mirrored title: "b!!" -> "b!!!"']);
  });

  test("a one-way entity has no mirror image", async () => {
    const result = await ranOne(
      PERSON,
      `- { name: x, crm: { id: "1", email: a@b.c }, expect: { billing: { create: { email: a@b.c } } } }`,
      "direction: crm -> billing",
    );

    expect(result).toMatchObject({ mirrored: null, again: "quiet" });
  });
});

describe("tests that cannot be run as they are written", () => {
  const codes = async (test: string): Promise<readonly string[]> =>
    (await ran(PERSON, test, "match: [[email]]")).problems.map(({ code, path, hint }) =>
      `${code} ${path.slice(4).join(".")} ${hint ?? ""}`.trim(),
    );

  test.each([
    ["- { name: x, crm: {}, expect: { situation: new-lft } }", 'E_ENUM expect.situation did you mean "new-left"?'],
    ["- { name: x, crm: {}, expect: { cases: [conflct] } }", 'E_ENUM expect.cases.0 did you mean "conflict"?'],
    ["- { name: x, crm: {}, expect: { link: lve } }", 'E_ENUM expect.link did you mean "live"?'],
    ["- { name: x, crm: {}, base: { emial: a }, expect: {} }", 'E_UNKNOWN_KEY base.emial did you mean "email"?'],
    [
      '- { name: x, crm: {}, link: { thng: { crm: "1", billing: "2" } }, expect: {} }',
      'E_UNKNOWN_KEY link.thng did you mean "thing"?',
    ],
    ['- { name: x, crm: {}, link: { thing: { crm: "1" } }, expect: {} }', "E_TYPE link.thing"],
    [
      '- { name: x, crm: { id: "1" }, link: live, expect: {} }',
      "E_MISSING billing billing: { … }, null when it is gone, or a base",
    ],
  ])("%s", async (text, told) => {
    expect(await codes(text)).toEqual([told]);
  });
});
