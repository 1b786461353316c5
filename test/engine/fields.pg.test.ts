// What a field rule promises through whole runs: normal forms, lossy rules, blanks, empties, defaults, values outside a domain,
// several paths, nested paths, whole-object servers, one-way strengths, constants.

import { describe, expect, test } from "@jest/globals";
import { plainConnector } from "./pair.ts";
import { scenarios, type Said, type Scenario } from "./scenario.ts";

const all = scenarios();
const start: typeof all.start = (said) => all.start(said);

interface Linked extends Scenario {
  editLeft(changes: Record<string, unknown>): void;
  editRight(changes: Record<string, unknown>): void;
}

async function linked(said: Said, row: Record<string, unknown> = {}): Promise<Linked> {
  const s = await start(said);
  s.a.put("thing", { email: "ada@example.com", name: "Ada", ...row });
  await s.sweep();
  return Object.assign(s, {
    editLeft: (changes: Record<string, unknown>) => s.a.edit("thing", s.only("a").id, changes),
    editRight: (changes: Record<string, unknown>) => s.b.edit("thing", s.only("b").id, changes),
  });
}

describe("two bases", () => {
  test.each(["a", "b"] as const)(
    "%s normalises what it is given: no write back, and later edits flow both ways",
    async (side) => {
      const s = await start({});
      s[side].normalise = (_object, row) => ({ ...row, name: String(row["name"]).trim().toUpperCase() });
      const other = side === "a" ? "b" : "a";
      s[other].put("thing", { email: "ada@example.com", name: " Ada " });
      await s.sweep();
      expect([s.only(side)["name"], s.only(other)["name"]]).toEqual(["ADA", " Ada "]);
      await s.expectQuiet();

      s[other].edit("thing", s.only(other).id, { name: "Bea" });
      await s.sweep();
      expect([s.only(side)["name"], s.only(other)["name"]]).toEqual(["BEA", "Bea"]);
      await s.expectQuiet();

      s[side].edit("thing", s.only(side).id, { name: "CEA" });
      await s.sweep();
      expect(s.only(other)["name"]).toBe("CEA");
      await s.expectQuiet();
    },
  );

  test("both sides normalise, each in its own way", async () => {
    const s = await start({});
    s.a.normalise = (_object, row) => ({ ...row, name: String(row["name"]).toLowerCase() });
    s.b.normalise = (_object, row) => ({ ...row, name: String(row["name"]).toUpperCase() });
    s.a.put("thing", { email: "ada@example.com", name: "Ada" });
    s.b.put("thing", { email: "bob@example.com", name: "Bob" });
    await s.sweep();
    await s.expectQuiet();
    const [bob] = [...s.a.table("thing").values()].filter((row) => row["email"] === "bob@example.com");
    s.a.edit("thing", bob?.id ?? "", { name: "Robert" });
    await s.sweep();
    expect([...s.b.table("thing").values()].map((row) => String(row["name"])).toSorted()).toEqual(["ADA", "ROBERT"]);
    await s.expectQuiet();
  });

  test("two left words for one right word: the left detail survives unrelated edits and the round trip", async () => {
    const s = await linked(
      { fields: "tier: { a: stage, b: segment, values: { lead: prospect, visitor: prospect, customer: active } }" },
      { stage: "visitor" },
    );
    expect(s.only("b")["segment"]).toBe("prospect");
    s.editRight({ name: "Countess" });
    await s.sweep();
    expect(s.only("a")["stage"]).toBe("visitor");
    s.editLeft({ stage: "lead" });
    await s.sweep();
    expect([s.only("a")["stage"], s.only("b")["segment"]]).toEqual(["lead", "prospect"]);
    await s.expectQuiet();
    s.editRight({ segment: "active" });
    await s.sweep();
    expect(s.only("a")["stage"]).toBe("customer");
    s.editRight({ segment: "prospect" });
    await s.sweep();
    expect(s.only("a")["stage"]).toBe("lead");
    await s.expectQuiet();
  });

  test("decimal: 2 toward one side: the finer value survives, an edit of the coarse side wins", async () => {
    const s = await linked(
      { fields: "sum: { a: sum, b: { at: sum, as: { decimal: 2 } }, as: decimal }" },
      { sum: "1.005" },
    );
    expect(String(s.only("b")["sum"])).toBe("1");
    s.editRight({ name: "Countess" });
    await s.sweep();
    expect(s.only("a")["sum"]).toBe("1.005");
    await s.expectQuiet();
    s.editRight({ sum: "2.50" });
    await s.sweep();
    expect(Number(s.only("a")["sum"])).toBe(2.5);
    await s.expectQuiet();
  });

  test("text with leading zeros stays text, and a spelling of the same number is no edit", async () => {
    const s = await linked({ fields: "sum: { as: decimal }\ncode: {}" }, { sum: "10.10", code: "00123" });
    expect(s.only("b")).toMatchObject({ code: "00123", sum: 10.1 });
    s.editLeft({ sum: "10.1" });
    expect((await s.swept()).effects).toMatchObject({ b: { update: 0 } });
    await s.expectQuiet();
  });

  test("an untouched field is never rewritten, whatever its format", async () => {
    const s = await start({ fields: "phone: { as: { phone: AT } }" });
    s.a.put("thing", { email: "ADA@example.com", name: "Ada", phone: "0660 1234567" });
    s.b.put("thing", { email: "ada@example.com", name: "Ada", phone: "+436601234567" });
    await s.sweep();
    s.a.edit("thing", s.only("a").id, { name: "Countess" });
    await s.sweep();

    expect(s.only("a")).toMatchObject({ email: "ADA@example.com", phone: "0660 1234567" });
    expect(s.b.writes().map((call) => call.body)).toEqual([{ name: "Countess" }]);
    await s.expectQuiet();
  });
});

describe("absent, null, empty", () => {
  test("a value cleared on one side is cleared on the other", async () => {
    const s = await linked({ fields: "city: {}" }, { city: "Wien" });
    s.editLeft({ city: null });

    await s.sweep();

    expect(s.only("b")["city"]).toBe(null);
    await s.expectQuiet();
  });

  test("blank: keep leaves the other side's value, and an edit flows again", async () => {
    const s = await linked({ fields: "city: { blank: keep }" }, { city: "Wien" });
    s.editLeft({ city: null });
    await s.sweep();
    expect(s.only("b")["city"]).toBe("Wien");
    await s.expectQuiet();
    s.editLeft({ city: "Graz" });
    await s.sweep();
    expect(s.only("b")["city"]).toBe("Graz");
  });

  test("a field that becomes absent is no opinion", async () => {
    const s = await linked({ fields: "city: {}" }, { city: "Wien" });
    const row = s.only("a");
    const { city: _city, ...rest } = row;
    s.a.table("thing").set(row.id, { ...rest, id: row.id, name: "Countess", updatedAt: "2026-01-02T00:00:00Z" });

    await s.sweep();

    expect(s.only("b")).toMatchObject({ city: "Wien", name: "Countess" });
    await s.expectQuiet();
  });

  test("placeholders listed by `empty` are null: filled at link, cleared as a change", async () => {
    const s = await start({ fields: 'city: { empty: ["", "N/A"] }\nzip: { empty: ["", "N/A"] }' });
    s.a.put("thing", { email: "ada@example.com", name: "Ada", city: "N/A", zip: "" });
    s.b.put("thing", { email: "ada@example.com", name: "Ada", city: "Wien", zip: "N/A" });
    expect(await s.swept()).toMatchObject({ cases: 0 });
    expect([s.only("a")["city"], s.only("a")["zip"], s.only("b")["zip"]]).toEqual(["Wien", "", "N/A"]);
    await s.expectQuiet();

    s.b.edit("thing", s.only("b").id, { city: "N/A" });
    await s.sweep();
    expect(s.only("a")["city"]).toBe(null);
    await s.expectQuiet();
  });

  test("without `empty` an empty text is a value", async () => {
    const s = await linked({ fields: "city: {}" }, { city: "" });

    expect(s.only("b")["city"]).toBe("");
    await s.expectQuiet();
  });

  test("default stands for a null on the side that names it and does not travel back", async () => {
    const s = await start({ fields: 'segment: { a: segment, b: { at: segment, default: "standard" } }' });
    s.a.put("thing", { email: "ada@example.com", name: "Ada", segment: null });
    await s.sweep();
    expect(s.only("b")["segment"] ?? null).not.toBe(undefined);
    await s.expectQuiet();
    expect(s.only("a")["segment"]).toBe(null);
  });

  test("the blank guard withholds the blank fields alone", async () => {
    const s = await start({
      pair: "guards: { blank: { floor: 1, fraction: 0% }, update: { floor: 100, fraction: 0% }, create: { floor: 100, fraction: 0% } }",
      fields: "city: {}\nzip: {}",
    });
    for (const name of ["A", "B", "C"])
      s.a.put("thing", { email: `${name}@example.com`, name, city: "Wien", zip: "1" });
    await s.sweep();
    for (const row of s.a.table("thing").values())
      s.a.edit("thing", row.id, { city: null, zip: `2${String(row["name"])}` });

    const report = await s.sweep();

    expect(report).toMatchObject({
      outcome: "withheld",
      entities: { thing: { withheld: [{ side: "b", op: "blank", count: 3, limit: 1 }] } },
    });
    expect([...s.b.table("thing").values()].map((row) => [row["city"], row["zip"]])).toEqual([
      ["Wien", "2A"],
      ["Wien", "2B"],
      ["Wien", "2C"],
    ]);
    expect((await s.cases()).map((each) => each.kind)).toEqual(["guard"]);
    await s.expectQuiet();
    await s.test.apply(await s.test.plan());
    expect([...s.b.table("thing").values()].map((row) => row["city"])).toEqual([null, null, null]);
    expect(await s.sweep()).toMatchObject({ outcome: "ok" });
    expect(await s.cases()).toEqual([]);
    await s.expectQuiet();
  });
});

describe("a value outside its domain", () => {
  test("holds its field with a case, on create and on update, and the record's other fields flow", async () => {
    const fields = "tier: { a: stage, b: segment, values: { lead: prospect, customer: active } }";
    const s = await linked({ fields }, { stage: "mystery" });
    expect(s.only("b")).toMatchObject({ name: "Ada" });
    expect(s.only("b")["segment"]).toBe(undefined);
    expect(await s.cases()).toMatchObject([
      { kind: "value-rejected", field: "tier", left: "l1", right: s.only("b").id },
    ]);
    await s.expectQuiet();

    s.editLeft({ name: "Countess" });
    await s.sweep();
    expect(s.only("b")["name"]).toBe("Countess");

    s.editLeft({ stage: "customer" });
    await s.sweep();
    expect([s.only("b")["segment"], await s.cases()]).toEqual(["active", []]);
    s.editRight({ segment: "bogus" });
    await s.sweep();
    expect([s.only("a")["stage"], (await s.cases()).map((each) => each.kind)]).toEqual([
      "customer",
      ["value-rejected"],
    ]);
    await s.expectQuiet();
  });

  test("an impossible date is held, not changed", async () => {
    const s = await linked({ fields: "born: { as: date }" }, { born: "2026-01-30" });
    s.editLeft({ born: "2026-02-30" });

    await s.sweep();

    expect([s.only("a")["born"], s.only("b")["born"]]).toEqual(["2026-02-30", "2026-01-30"]);
    expect(await s.cases()).toMatchObject([{ kind: "value-rejected", field: "born" }]);
  });
});

describe("paths", () => {
  test("person_name over two paths, both ways", async () => {
    const s = await start({ name: "{ a: [first, last], b: name, as: person_name }" });
    s.a.put("thing", { email: "ada@example.com", first: "Ada", last: "Lovelace" });
    s.b.put("thing", { email: "grace@example.com", name: "Grace Hopper" });
    await s.sweep();
    const [grace] = [...s.a.table("thing").values()].filter((row) => row["email"] === "grace@example.com");
    const [ada] = [...s.b.table("thing").values()].filter((row) => row["email"] === "ada@example.com");
    expect([grace?.["first"], grace?.["last"], ada?.["name"]]).toEqual(["Grace", "Hopper", "Ada Lovelace"]);
    await s.expectQuiet();
    s.b.edit("thing", ada?.id ?? "", { name: "Ada King" });
    await s.sweep();
    expect(s.a.table("thing").get("l1")).toMatchObject({ first: "Ada", last: "King" });
    await s.expectQuiet();
  });

  test("nested paths keep their unmapped siblings", async () => {
    const s = await start({
      fields:
        "country: { a: country, b: address.country, as: { country: alpha2 } }\nstreet: { a: street, b: address.line1 }",
    });
    s.b.put("thing", {
      email: "ada@example.com",
      name: "Ada",
      address: { country: "AT", line1: "Old", floor: 3, geo: { lat: 1 } },
    });
    await s.sweep();
    expect(s.only("a")).toMatchObject({ country: "AT", street: "Old" });
    s.a.edit("thing", s.only("a").id, { street: "New" });
    await s.sweep();

    expect(s.only("b")["address"]).toEqual({ country: "AT", line1: "New", floor: 3, geo: { lat: 1 } });
    await s.expectQuiet();
  });

  test("promise 11: a server that only replaces keeps its unmapped fields", async () => {
    const rightConnector = plainConnector("right", ["thing"], {
      find: "email",
      update: '{ request: "PUT /thing/{{ id }}", body: "{{ record }}" }',
    });
    const s = await start({ rightConnector, fields: "street: { a: street, b: address.line1 }" });
    s.b.put("thing", { email: "ada@example.com", name: "Ada", secret: "kept", address: { line1: "Old", floor: 3 } });
    await s.sweep();
    s.b.edit("thing", s.only("b").id, { secret: "edited meanwhile" });
    s.a.edit("thing", s.only("a").id, { name: "Countess", street: "New" });
    await s.sweep();

    expect(s.only("b")).toMatchObject({
      name: "Countess",
      secret: "edited meanwhile",
      address: { line1: "New", floor: 3 },
    });
    await s.expectQuiet();
  });

  test("expressions both ways", async () => {
    const s = await linked(
      {
        fields: `label: { a: title, b: { read: 'labels[lang = "en"].text', write: { labels: '[{"lang": "en", "text": $value}]' } } }`,
      },
      { title: "Countess" },
    );
    expect(s.only("b")["labels"]).toEqual([{ lang: "en", text: "Countess" }]);
    s.editRight({ labels: [{ lang: "en", text: "Lady" }] });
    await s.sweep();
    expect(s.only("a")["title"]).toBe("Lady");
    await s.expectQuiet();
  });
});

describe("one-way rules", () => {
  test.each([
    ["weak", "B2", "A2", "B2"],
    ["normal", "A2", "A2", "B2"],
    ["strong", "A2", "A2", "A"],
    ["review", "B2", "A2", "B2"],
  ] as const)(
    "%s: an edit of both sides, of the giving side, of the receiving side",
    async (strength, both, giving, receiving) => {
      for (const [left, right, expected] of [
        ["A2", "B2", both],
        ["A2", null, strength === "weak" ? "A" : giving],
        [null, "B2", receiving],
      ] as const) {
        const s = await linked({ fields: `grade: { direction: a -> b, strength: ${strength} }` }, { grade: "A" });
        expect(s.only("b")["grade"]).toBe("A");
        if (left !== null) s.editLeft({ grade: left });
        if (right !== null) s.editRight({ grade: right });

        await s.sweep();

        expect([left, right, s.only("b")["grade"]]).toEqual([left, right, expected]);
        expect(s.only("a")["grade"]).toBe(left ?? "A");
        expect((await s.cases()).map((each) => each.kind)).toEqual(
          strength === "review" && right !== null ? ["conflict"] : [],
        );
        await s.expectQuiet();
        await s.test.close();
      }
    },
  );

  test("normal: an edit of the receiving side stands until the giving side changes again", async () => {
    const s = await linked({ fields: "grade: { direction: a -> b }" }, { grade: "A" });
    s.editRight({ grade: "B2" });
    await s.sweep();
    s.editLeft({ grade: "A2" });
    await s.sweep();
    expect(s.only("b")["grade"]).toBe("A2");
    await s.expectQuiet();
  });

  test("weak fills an empty field only", async () => {
    const s = await linked({ fields: "grade: { direction: a -> b, strength: weak }" }, { grade: "A" });
    s.editRight({ grade: null });
    await s.sweep();
    expect(s.only("b")["grade"]).toBe("A");
    await s.expectQuiet();
  });

  test("the giving side is never written, whatever happens on the other", async () => {
    const s = await start({ fields: "grade: { direction: a -> b }" });
    s.a.put("thing", { email: "ada@example.com", name: "Ada" });
    s.b.put("thing", { email: "ada@example.com", name: "Ada", grade: "B" });
    s.b.put("thing", { email: "bob@example.com", name: "Bob", grade: "B" });
    await s.sweep();
    expect([...s.a.table("thing").values()].map((row) => row["grade"])).toEqual([undefined, undefined]);
    await s.expectQuiet();
  });

  test("value: a constant is written on create, and kept", async () => {
    const s = await linked({ fields: `source: { b: metadata.source, value: '"crm"', direction: a -> b }` }, {});
    expect(s.only("b")["metadata"]).toEqual({ source: "crm" });
    await s.expectQuiet();
    s.editLeft({ name: "Countess" });
    await s.sweep();
    expect(s.only("b")["metadata"]).toEqual({ source: "crm" });
  });

  test("read alone: a derived value flows one way", async () => {
    const s = await start({ fields: "vip: { a: vip, b: { read: '$sum(subs.amount) > 10' }, direction: b -> a }" });
    s.b.put("thing", { email: "ada@example.com", name: "Ada", subs: [{ amount: 5 }, { amount: 6 }] });
    await s.sweep();
    expect(s.only("a")["vip"]).toBe(true);
    s.b.edit("thing", s.only("b").id, { subs: [{ amount: 5 }] });
    await s.sweep();
    expect(s.only("a")["vip"]).toBe(false);
    await s.expectQuiet();
  });
});
