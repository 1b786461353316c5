// Schema drift, by whole runs: a field that vanishes from a side, or changes its form, on nearly all records at once. It is held
// both ways, everything else flows, and nothing is lost when it is back.

import { describe, expect, test } from "@jest/globals";
import type { Row } from "./plain-server.ts";
import { scenarios, type Said, type Scenario } from "./scenario.ts";

const every = scenarios();
const start: typeof every.start = (said) => every.start(said);

const FIELDS: Said = { fields: "city: {}\nborn: { as: date }" };

/** Records in step, with a city and a day of birth each. */
async function linked(count: number, said: Said = FIELDS): Promise<Scenario> {
  const s = await start(said);
  for (let index = 0; index < count; index += 1)
    s.a.put("thing", {
      email: `p${String(index)}@example.com`,
      name: `P${String(index)}`,
      city: "Wien",
      born: "2000-01-31",
    });
  await s.swept();
  await s.swept();
  return s;
}

function changeAll(s: Scenario, side: "a" | "b", change: (row: Row) => Record<string, unknown>): void {
  for (const row of s[side].table("thing").values()) {
    const changed = change(row);
    s[side].edit("thing", row.id, changed);
    const stored = s[side].table("thing").get(row.id);
    for (const [name, value] of Object.entries(changed)) if (value === undefined && stored) delete stored[name];
  }
}

const values = (s: Scenario, side: "a" | "b", field: string): readonly unknown[] =>
  s.shown(side).map((row) => row[field]);
const told = async (s: Scenario): Promise<unknown> =>
  (await s.cases()).map(({ kind, field, left, values: shown }) => ({ kind, field, left, shown }));
const many = (value: unknown, count: number): readonly unknown[] => Array(count).fill(value);

describe("a field that", () => {
  test("vanishes from a side is held with one case; the others flow, edits of it wait", async () => {
    const s = await linked(4);
    changeAll(s, "b", () => ({ city: undefined }));
    const [first] = s.a.table("thing").keys();
    s.a.edit("thing", String(first), { city: "Graz", name: "Renamed" });

    expect(await s.swept()).toMatchObject({ effects: { a: { update: 0 }, b: { update: 1 } }, cases: 1 });

    expect(values(s, "b", "city")).toEqual(many(undefined, 4));
    expect(values(s, "b", "name")).toContain("Renamed");
    expect(await told(s)).toEqual([
      {
        kind: "drift",
        field: "city",
        left: null,
        shown: { side: "b", what: "vanished", count: 4, of: 4, examples: expect.anything() },
      },
    ]);
    await s.expectQuiet();
  }, 300_000);

  test("is back, carries what was edited meanwhile, and its case closes", async () => {
    const s = await linked(4);
    const before = new Map(s.b.table("thing"));
    changeAll(s, "b", () => ({ city: undefined }));
    await s.sweep();
    const [first, second] = s.a.table("thing").keys();
    s.a.edit("thing", String(first), { city: "Graz" });
    await s.changes();
    for (const [id, row] of before) s.b.edit("thing", id, { city: row["city"] });
    s.a.edit("thing", String(second), { city: "Linz" });

    await s.sweep();

    expect(values(s, "b", "city").map(String).toSorted()).toEqual(["Graz", "Linz", "Wien", "Wien"]);
    expect(values(s, "a", "city").map(String).toSorted()).toEqual(["Graz", "Linz", "Wien", "Wien"]);
    expect(await told(s)).toEqual([]);
    await s.expectQuiet();
  }, 300_000);

  test("changes its form everywhere is one case, not one a record, and nothing is nulled", async () => {
    const s = await linked(5);
    changeAll(s, "a", () => ({ born: "31.01.2000" }));

    expect(await s.swept()).toMatchObject({ effects: { a: { update: 0 }, b: { update: 0 } }, cases: 1 });

    expect(await told(s)).toMatchObject([
      { kind: "drift", field: "born", shown: { side: "a", what: "not valid", count: 5 } },
    ]);
    expect(values(s, "b", "born")).toEqual(many("2000-01-31", 5));
  });

  test("is empty on all of many records travels no nulls", async () => {
    const s = await linked(12);
    changeAll(s, "b", () => ({ city: null }));

    expect(await s.swept()).toMatchObject({ effects: { a: { update: 0 } }, cases: 1 });

    expect(await told(s)).toMatchObject([{ kind: "drift", field: "city", shown: { what: "empty", count: 12 } }]);
    expect(values(s, "a", "city")).toEqual(many("Wien", 12));
  });

  test("holds its group, and is left out of new records until it is back", async () => {
    const s = await linked(4, { fields: "city: { group: place }\nstreet: { group: place }" });
    changeAll(s, "a", () => ({ city: undefined }));
    await s.sweep();
    const [first] = s.b.table("thing").keys();
    s.b.edit("thing", String(first), { street: "Ring 1" });
    s.b.put("thing", { email: "new@example.com", name: "New", city: "Bregenz", street: "Gasse 2" });

    await s.sweep();

    const made = s.shown("a").find((row) => row["name"] === "New");
    expect([made?.["city"], made?.["street"], values(s, "a", "street").includes("Ring 1")]).toEqual([
      undefined,
      "Gasse 2",
      false,
    ]);
    changeAll(s, "a", (row) => (row["name"] === "New" ? {} : { city: "Wien" }));
    await s.sweep();
    expect(values(s, "a", "street")).toContain("Ring 1");
    expect(values(s, "a", "city")).toContain("Bregenz");
  }, 300_000);
});

describe("a person", () => {
  test("who dismisses the case takes the field as it is: it flows, and is not asked about again", async () => {
    const s = await linked(12);
    changeAll(s, "b", () => ({ city: null }));
    await s.sweep();

    await s.resolve("drift", { kind: "dismiss" });
    expect(await s.swept()).toMatchObject({ effects: { a: { update: 12 } }, cases: 0 });

    expect(values(s, "a", "city")).toEqual(many(null, 12));
    await s.expectQuiet();
  }, 300_000);

  test("who accepts the pair says the same; a later drift of the field is asked about anew", async () => {
    const s = await linked(4);
    changeAll(s, "b", () => ({ city: undefined }));
    await s.sweep();
    await s.test.runtime.ledger.acceptState(s.test.pair.mapping.pair, { forgetLinks: false }, "test");
    expect(await s.swept()).toMatchObject({ cases: 0 });
    expect(await s.swept()).toMatchObject({ cases: 0 });

    changeAll(s, "b", () => ({ city: "Wien" }));
    await s.sweep();
    changeAll(s, "b", () => ({ city: undefined }));
    await s.sweep();

    expect(await told(s)).toMatchObject([{ kind: "drift", field: "city" }]);
  }, 300_000);
});

describe("no drift is", () => {
  test.each([
    ["two records without it", 4, 2, { city: undefined }],
    ["half of them without it", 8, 4, { city: undefined }],
    ["nine people's clearing", 9, 9, { city: null }],
  ] as const)("%s", async (_what, count, changed, change) => {
    const s = await linked(count);
    let left = changed;
    changeAll(s, "b", () => (left-- > 0 ? change : {}));

    await s.sweep();

    expect((await s.cases()).filter((each) => each.kind === "drift")).toEqual([]);
  });

  test("a plan: it tells what would be held, and opens no case", async () => {
    const s = await linked(12);
    changeAll(s, "b", () => ({ city: null }));

    const { plan } = await s.test.plan();

    expect(plan?.document).toMatchObject({ actions: [] });
    expect(await s.cases()).toEqual([]);
  });
});
