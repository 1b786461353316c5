// Who belongs to whom by how alike they are, through whole runs on a real Postgres: names as people type them, twins, questions
// that a person answers or dismisses. Written from spec/semantics.md section 2 and spec/formats.md section 3 (`score`).

import { describe, expect, test } from "@jest/globals";
import { parse } from "yaml";
import type { Instant, RemoteId } from "../../src/core/ids.ts";
import { profileOf } from "../../src/mapping/match-key.ts";
import { isFields, isList, type Fields, type Value } from "../../src/core/value.ts";
import { scenarios, type Said, type Scenario } from "./scenario.ts";

const all = scenarios();
const SCORE = "{ score: { name: 0.5, phone: 0.3, postcode: 0.2 }, link_at: 0.9, review_at: 0.75 }";
const SAID: Said = {
  match: `match: [${SCORE}]`,
  name: "{ as: person_name }",
  fields: "phone: { as: { phone: GB } }\npostcode: { as: postal_code }",
  entity: "at_link: a",
};
const start = (said: Said = {}): Promise<Scenario> => all.start({ ...SAID, ...said });

const PHONE = "020 7946 0123";
const ADA = { name: "Ada Lovelace", phone: PHONE, postcode: "SW1A 1AA" };

function at(value: Value | undefined, ...path: readonly (string | number)[]): Value | undefined {
  return path.reduce<Value | undefined>((found, step) => {
    if (isList(found)) return typeof step === "number" ? found[step] : undefined;
    return isFields(found) ? found[step] : undefined;
  }, value);
}

async function onlyCase(s: Scenario): Promise<Fields> {
  const cases = await s.cases();
  const [found] = cases;
  expect(cases.map((each) => each.kind)).toEqual(["ambiguous"]);
  return found !== undefined && isFields(found.values) ? found.values : {};
}

describe("a match by score", () => {
  test.each([
    ["the same", "Ada Lovelace", "Ada Lovelace"],
    ["swapped order", "Ada Lovelace", "Lovelace, Ada"],
    ["an initial", "Ada Lovelace", "A. Lovelace"],
    ["an umlaut spelled out", "Jürgen Müller", "Juergen Mueller"],
    ["an accent lost", "José Ibáñez", "Jose Ibanez"],
    ["a particle lost", "Ludwig van Beethoven", "Ludwig Beethoven"],
    ["a double name joined", "Anna-Maria Berger", "Annamaria Berger"],
    ["half of a double name", "Anna Müller-Schmidt", "Anna Müller"],
    ["a typing error", "Ada Lovelace", "Ada Lovelce"],
    ["a title", "Dr. Hans Huber", "Hans Huber"],
  ])("%s: one link, nothing created", async (_what, left, right) => {
    const s = await start();
    const a = s.a.put("thing", { name: left, phone: PHONE, postcode: "SW1A 1AA" });
    const b = s.b.put("thing", { name: right, phone: "+44 20 7946 0123", postcode: "sw1a1aa" });

    expect(await s.swept()).toMatchObject({ situations: { matched: 1 }, cases: 0 });

    expect(await s.links()).toEqual([[a.id, b.id, "live"]]);
    await s.expectQuiet();
  });

  test("below review_at both are new", async () => {
    const s = await start();
    s.a.put("thing", ADA);
    s.b.put("thing", { name: "Adam Loveless", phone: "020 7946 0999", postcode: "SW1A 1AA" });

    expect(await s.swept()).toMatchObject({ situations: { "new-left": 1, "new-right": 1 }, cases: 0 });

    expect([s.a.table("thing").size, s.b.table("thing").size]).toEqual([2, 2]);
    await s.expectQuiet();
  });

  test("an exact rule before it decides, and whom it knows is free for nobody else", async () => {
    const s = await start({ match: `match: [[email], ${SCORE}]` });
    const exact = s.a.put("thing", { ...ADA, email: "ada@example.com" });
    const alike = s.a.put("thing", ADA);
    const right = s.b.put("thing", { ...ADA, email: "ada@example.com" });

    await s.sweep();

    expect(await s.links()).toContainEqual([exact.id, right.id, "live"]);
    expect(await s.cases()).toMatchObject([{ kind: "matched-taken", left: alike.id, right: right.id }]);
  });

  test("a scored rule before an exact one decides, too", async () => {
    const s = await start({ match: `match: [${SCORE}, [email]]` });
    const left = s.a.put("thing", { ...ADA, email: "ada@example.com" });
    const alike = s.b.put("thing", { ...ADA, email: "other@example.com" });
    const exact = s.b.put("thing", { name: "Someone Else", email: "ada@example.com" });

    await s.sweep();

    const links = await s.links();
    expect(links).toContainEqual([left.id, alike.id, "live"]);
    expect(links.some(([, right]) => right === exact.id)).toBe(false);
    expect((await s.cases()).map((each) => each.kind)).toContain("matched-taken");
  });

  test("namesakes on both sides find their own counterpart", async () => {
    const s = await start();
    const people = [
      { name: "John Smith", phone: "020 7946 0001", postcode: "SW1A 1AA" },
      { name: "Jon Smith", phone: "020 7946 0002", postcode: "N1 9GU" },
      { name: "John Smyth", phone: "020 7946 0003", postcode: "E1 6AN" },
    ];
    const pairs = people.map((person) => [s.a.put("thing", person).id, s.b.put("thing", person).id, "live"] as const);

    expect(await s.swept()).toMatchObject({ situations: { matched: 3 }, cases: 0 });

    const links = await s.links();
    expect(links).toHaveLength(pairs.length);
    expect(links).toEqual(expect.arrayContaining(pairs));
  });

  test("a field that one side lacks has no opinion, and a weak one alone links nobody", async () => {
    const s = await start();
    const left = s.a.put("thing", { name: "Ada Lovelace", phone: PHONE });
    const right = s.b.put("thing", { name: "Ada Lovelace", phone: PHONE, postcode: "SW1A 1AA" });
    s.a.put("thing", { phone: "020 7946 0555" });
    s.b.put("thing", { phone: "020 7946 0555", name: "Grace Hopper" });

    const report = await s.swept();

    expect(await s.links()).toEqual([[left.id, right.id, "live"]]);
    expect(report).toMatchObject({ situations: { matched: 1, ambiguous: 1 }, cases: 1 });
  });

  test("a record that shows none of the scored fields is quarantined as no-key", async () => {
    const s = await start();
    s.a.put("thing", { email: "nobody@example.com" });

    expect(await s.sweep()).toMatchObject({ entities: { thing: { situations: { "no-key": 1 } } } });
    expect(s.b.table("thing").size).toBe(0);
  });
});

describe("a question to a person", () => {
  const NEAR = { name: "A. Lovelace", phone: PHONE, postcode: "EC1A 1BB" };

  test("between review_at and link_at: one case with both records side by side and the score of each field", async () => {
    const s = await start();
    const left = s.a.put("thing", ADA);
    const right = s.b.put("thing", NEAR);

    expect(await s.swept()).toMatchObject({ situations: { ambiguous: 1 }, cases: 1 });

    const values = await onlyCase(s);
    expect(values).toMatchObject({
      a: [left.id],
      b: [right.id],
      pairs: [{ a: left.id, b: right.id, score: 0.7625, fields: { name: 0.925, phone: 1, postcode: 0 } }],
    });
    expect(at(values, "records", "a", left.id)).toEqual({
      name: "Ada Lovelace",
      phone: "+442079460123",
      postcode: "SW1A 1AA",
    });
    expect(at(values, "records", "b", right.id, "name")).toBe("A. Lovelace");
    expect(s.writes()).toBe(0);
    expect(await s.links()).toEqual([]);
    await s.expectQuiet();
  });

  test.each(["a", "b"] as const)("linked by a person with the id of side %s", async (side) => {
    const s = await start();
    const left = s.a.put("thing", ADA);
    const right = s.b.put("thing", NEAR);
    await s.sweep();

    await s.resolve("ambiguous", { kind: "link", id: (side === "a" ? left.id : right.id) as never });
    await s.changes();

    expect(await s.links()).toEqual([[left.id, right.id, "live"]]);
    expect([s.a.table("thing").size, s.b.table("thing").size]).toEqual([1, 1]);
    expect(await s.cases()).toEqual([]);
    await s.expectQuiet();
  });

  test("dismissed, they are not the same: both go on as new, and are not asked about again", async () => {
    const s = await start();
    s.a.put("thing", ADA);
    s.b.put("thing", NEAR);
    await s.sweep();

    await s.resolve("ambiguous", { kind: "dismiss" });
    await s.sweep();

    expect(await s.cases()).toEqual([]);
    expect([s.a.table("thing").size, s.b.table("thing").size]).toEqual([2, 2]);
    expect(await s.links()).toHaveLength(2);
    await s.expectQuiet();
  });

  test("dismissed, a pair stays dismissed when one of them is edited; another look-alike asks anew", async () => {
    const s = await start({ allow: "{ a: [update], b: [update] }" });
    const left = s.a.put("thing", ADA);
    s.b.put("thing", NEAR);
    await s.sweep();
    await s.resolve("ambiguous", { kind: "dismiss" });
    await s.sweep();
    s.a.edit("thing", left.id, { name: "Ada King Lovelace" });
    await s.sweep();
    expect(await s.cases()).toEqual([]);

    const third = s.b.put("thing", { ...NEAR, name: "Ada K. Lovelace" });
    await s.sweep();

    expect(await onlyCase(s)).toMatchObject({ a: [left.id], b: [third.id] });
  });

  test("two equal candidates: one case lists both, none is linked", async () => {
    const s = await start();
    const left = s.a.put("thing", ADA);
    const one = s.b.put("thing", ADA);
    const two = s.b.put("thing", { ...ADA, name: "Lovelace, Ada" });

    expect(await s.swept()).toMatchObject({ situations: { ambiguous: 1 }, cases: 1 });

    const values = await onlyCase(s);
    expect(values).toMatchObject({ a: [left.id], b: [one.id, two.id] });
    expect(at(values, "pairs", 1, "fields")).toEqual({ name: 1, phone: 1, postcode: 1 });
    expect(s.writes()).toBe(0);
    await s.expectQuiet();
  });

  test("a candidate that is ahead by less than the lead is no match; the lead makes it one", async () => {
    const s = await start({ match: "match: [{ score: { name: 1 }, link_at: 0.9, review_at: 0.7 }]" });
    s.a.put("thing", { name: "Katharina Leitgeb" });
    s.b.put("thing", { name: "Katharina Leitgeb" });
    s.b.put("thing", { name: "Katharina Leitgebb" });
    const left = s.a.put("thing", { name: "Robert Achleitner" });
    const right = s.b.put("thing", { name: "Robert Achleitner" });
    s.b.put("thing", { name: "Roberta Ochleitner" });

    await s.sweep();

    expect(await s.links()).toContainEqual([left.id, right.id, "live"]);
    expect((await s.cases()).map((each) => each.kind)).toEqual(["ambiguous"]);
  });

  test("two unlinked twins of one side and one of the other: one case for all", async () => {
    const s = await start();
    const one = s.a.put("thing", ADA);
    const two = s.a.put("thing", { ...ADA, name: "Lovelace Ada" });
    const right = s.b.put("thing", ADA);

    expect(await s.swept()).toMatchObject({ situations: { ambiguous: 1 }, cases: 1 });

    expect(await onlyCase(s)).toMatchObject({ a: [one.id, two.id], b: [right.id] });
    expect(s.writes()).toBe(0);
    await s.resolve("ambiguous", { kind: "link", id: two.id as never });
    await s.sweep();
    expect(await s.links()).toContainEqual([two.id, right.id, "live"]);
  });

  test("a new record that surely resembles a linked one is a taken match; dismissed, it is created", async () => {
    const s = await start();
    s.a.put("thing", ADA);
    const right = s.b.put("thing", ADA);
    await s.sweep();
    const twin = s.a.put("thing", { ...ADA, name: "Lovelace, Ada" });

    await s.changes();

    expect(await s.cases()).toMatchObject([{ kind: "matched-taken", left: twin.id, right: right.id }]);
    expect(s.b.table("thing").size).toBe(1);
    await s.resolve("matched-taken", { kind: "dismiss" });
    await s.sweep();
    expect(await s.cases()).toEqual([]);
    expect(s.b.table("thing").size).toBe(2);
    await s.expectQuiet();
  });
});

describe("records met one at a time", () => {
  test("a new record finds an older unlinked one that it resembles", async () => {
    const s = await start({ allow: "{ a: [create, update], b: [update] }" });
    const left = s.a.put("thing", { ...ADA, email: "ada@a.example" });
    await s.sweep();
    expect(await s.links()).toEqual([]);
    const right = s.b.put("thing", { ...ADA, email: "ada@b.example", name: "Lovelace, Ada" });

    await s.changes();

    expect(await s.links()).toEqual([[left.id, right.id, "live"]]);
    expect(s.a.table("thing").size).toBe(1);
  });

  test("a hint alone creates nothing: whom a record resembles is told by the next run of changes", async () => {
    const s = await start();
    s.a.put("thing", { name: "Grace Hopper", phone: "020 7946 0777", email: "grace@example.com" });
    await s.sweep();
    const left = s.a.put("thing", { ...ADA, email: "ada@a.example" });
    const right = s.b.put("thing", { ...ADA, email: "ada@b.example" });
    const hint = {
      entity: "thing",
      side: "left",
      id: left.id as RemoteId,
      channel: "webhook",
      due: 0 as Instant,
    } as const;
    await s.test.pair.store.addHints([hint]);

    await s.test.run("hints");

    expect(s.b.table("thing").size).toBe(2);
    expect(await s.links()).toHaveLength(1);
    await s.changes();
    expect(await s.links()).toContainEqual([left.id, right.id, "live"]);
    expect(s.b.table("thing").size).toBe(2);
  });
});

describe("a record that comes back under another id", () => {
  test("is found by how alike it is: the link moves, nothing is deleted or created", async () => {
    const s = await start({ entity: "at_link: a\nwhen_gone: { a: delete, b: delete }" });
    const left = s.a.put("thing", ADA);
    const right = s.b.put("thing", ADA);
    s.a.put("thing", { name: "Grace Hopper", phone: "020 7946 0777" });
    await s.sweep();
    s.a.table("thing").delete(left.id);
    const again = s.a.put("thing", { ...ADA, name: "Lovelace, Ada" });

    expect(await s.swept()).toMatchObject({ situations: { redirected: 1 } });

    expect(await s.links()).toContainEqual([again.id, right.id, "live"]);
    expect([s.a.table("thing").size, s.b.table("thing").size]).toEqual([2, 2]);
    await s.expectQuiet();
  });
});

describe("nothing is linked below link_at without a person", () => {
  test("whatever the names are", async () => {
    const s = await start();
    const given = ["Ada", "Ida", "Anna", "Hanna", "Jon", "John", "A.", ""];
    const family = ["Lovelace", "Lovelance", "Smith", "Smyth", "van der Berg", "Berg"];
    let count = 0;
    for (const first of given) {
      for (const last of family) {
        count += 1;
        const phone = count % 3 === 0 ? PHONE : `020 7946 ${String(1000 + (count % 17))}`;
        const person = { name: `${first} ${last}`.trim(), phone, postcode: count % 2 === 0 ? "SW1A 1AA" : "N1 9GU" };
        s[count % 2 === 0 ? "a" : "b"].put("thing", person);
        if (count % 5 === 0) s[count % 2 === 0 ? "b" : "a"].put("thing", person);
      }
    }

    const planned = await s.test.plan("sweep");
    await s.sweep();

    const cases = at(planned.plan?.document, "cases");
    expect(isList(cases) ? cases.length : 0).toBeGreaterThan(0);
    const [entity] = s.test.pair.mapping.entities;
    const [rule] = entity?.scored ?? [];
    if (entity === undefined || rule === undefined) throw new Error("no scored rule");
    const created = new Set((await s.effects()).filter((each) => each.op === "create").map((each) => each.record));
    let linked = 0;
    for (const [left, right] of await s.links()) {
      if (created.has(left as RemoteId) || created.has(right as RemoteId)) continue;
      const [one] = await entity.read("left", [(s.a.table("thing").get(left) ?? {}) as Fields]);
      const [other] = await entity.read("right", [(s.b.table("thing").get(right) ?? {}) as Fields]);
      const profile = (keys: readonly (string | null)[] = []): string =>
        profileOf(
          keys.flatMap((key) => key ?? []),
          rule.index,
        ) ?? "";
      expect(rule.score(profile(one?.matchKeys), profile(other?.matchKeys))).toMatchObject({ grade: "sure" });
      linked += 1;
    }
    expect(linked).toBeGreaterThan(0);
    await s.expectQuiet();
  });
});

describe("common values", () => {
  test("a block that more than a hundred share names nobody; other values still find each other", async () => {
    const s = await start({ match: "match: [{ score: { name: 0.6, phone: 0.4 }, link_at: 0.9, review_at: 0.75 }]" });
    for (let index = 0; index < 101; index += 1) s.a.put("thing", { name: "John Smith" });
    s.b.put("thing", { name: "John Smith" });
    const left = s.a.put("thing", { name: "John Smith", phone: PHONE });
    const right = s.b.put("thing", { name: "Smith, John", phone: PHONE });

    const planned = await s.test.plan("sweep");

    expect(at(planned.plan?.document, "forecast", "thing")).toMatchObject({ linked: 1, crowded_blocks: 2 });
    expect(at(planned.plan?.document, "cases")).toEqual([]);
    await s.sweep();
    expect(await s.links()).toContainEqual([left.id, right.id, "live"]);
  });
});

describe("the forecast of a plan", () => {
  test("counts what is to be linked, created and asked, and lists duplicates of one side", async () => {
    const s = await start({ state: "proposed" });
    s.a.put("thing", ADA);
    s.b.put("thing", { ...ADA, name: "Lovelace, Ada" });
    s.a.put("thing", { name: "Alan Turing", phone: "020 7946 0444", postcode: "E1 6AN" });
    s.b.put("thing", { name: "A. Turing", phone: "020 7946 0444", postcode: "N1 9GU" });
    const one = s.a.put("thing", { name: "Grace Hopper", phone: "020 7946 0777", postcode: "E1 6AN" });
    const two = s.a.put("thing", { name: "Hopper, Grace", phone: "020 7946 0777", postcode: "E1 6AN" });
    s.b.put("thing", { name: "Edsger Dijkstra", phone: "020 7946 0888", postcode: "E1 6AN" });

    const planned = await s.test.plan("sweep");

    expect(at(planned.plan?.document, "forecast")).toEqual({
      thing: {
        linked: 1,
        create: { a: 1, b: 2 },
        ambiguous: 1,
        duplicates: [{ side: "a", ids: [one.id, two.id], score: 1, fields: { name: 1, phone: 1, postcode: 1 } }],
        duplicates_count: 1,
      },
    });
    expect(s.writes()).toBe(0);
  });

  test("finds duplicates by exact rules as well, and has them in a plan's file", async () => {
    const s = await start({ match: "match: [[email]]" });
    const one = s.b.put("thing", { email: "ada@example.com", name: "Ada" });
    const two = s.b.put("thing", { email: "ADA@example.com", name: "Ada L." });

    const planned = await s.test.plan("sweep");

    expect(parse(JSON.stringify(at(planned.plan?.document, "forecast", "thing", "duplicates")))).toEqual([
      { side: "b", ids: [one.id, two.id], score: 1, fields: { email: 1 } },
    ]);
  });

  test("lists at most a hundred and counts all", async () => {
    const s = await start({ match: "match: [{ score: { name: 1 }, link_at: 0.95, review_at: 0.8 }]" });
    for (let index = 0; index < 20; index += 1) s.a.put("thing", { name: "Grace Hopper" });

    const planned = await s.test.plan("sweep");

    const duplicates = at(planned.plan?.document, "forecast", "thing", "duplicates");
    expect(isList(duplicates) ? duplicates.length : 0).toBe(100);
    expect(at(planned.plan?.document, "forecast", "thing", "duplicates_count")).toBe(190);
  });
});
