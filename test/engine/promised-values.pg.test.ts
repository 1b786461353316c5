// The values that sync projects fail on, through whole runs of the engine between two real servers: names, net and gross, cents,
// days against instants, numbers that are texts, emoji. One write for an edit, then silence, and nothing is lost.

import { describe, expect, test } from "@jest/globals";
import { scenarios, type Scenario } from "./scenario.ts";

const world = scenarios();

const FIELDS = `person: { a: [first, last], b: full, as: person_name }
price: { a: net, b: { at: gross, as: { decimal: { scale: 2, times: "1.19" } } }, as: { decimal: 2 } }
due: { a: euro, b: { at: cents, as: { money: minor } }, as: { money: EUR } }
day: { a: { at: day, as: { date: { zone: Europe/Vienna } } }, b: day, as: date }
code: { a: code, b: code }
note: { a: note, b: note, as: { text: [nfc] } }`;

async function started(): Promise<Scenario> {
  return world.start({ fields: FIELDS });
}

/** Records put on the left cross, and what is there then. */
async function across(records: readonly Readonly<Record<string, unknown>>[]): Promise<Scenario> {
  const s = await started();
  for (const [index, record] of records.entries())
    s.a.put("thing", { email: `p${String(index)}@example.com`, name: `Person ${String(index)}`, ...record });
  await s.sweep();
  return s;
}

const column = (s: Scenario, side: "a" | "b", name: string): readonly unknown[] =>
  s.shown(side).map((record) => record[name]);

describe("what crosses arrives, stays as it is where it came from, and comes to rest", () => {
  test("names with a leading blank, with particles, of one word", async () => {
    const s = await across([
      { first: " Ada", last: "Lovelace" },
      { first: "Ludwig", last: "van Beethoven" },
      { first: "Madonna", last: "" },
    ]);

    expect(column(s, "b", "full")).toEqual(["Ada Lovelace", "Ludwig van Beethoven", "Madonna"]);
    expect(column(s, "a", "first")).toEqual([" Ada", "Ludwig", "Madonna"]);
    await s.expectQuiet();

    for (const [index, row] of [...s.b.table("thing").values()].entries())
      s.b.edit("thing", row.id, { full: ["Ada King", "Ludwig van Beethoven", "Cher"][index] });
    await s.sweep();

    expect(column(s, "a", "first")).toEqual(
      ["Ada", "Ludwig", "Cher"].map((name, index) => (index === 0 ? expect.stringMatching(/^ ?Ada$/) : name)),
    );
    expect(column(s, "a", "last")).toEqual(["King", "van Beethoven", ""]);
    await s.expectQuiet();
  });

  test("net and gross with 19 %, euro and cent", async () => {
    const s = await across([
      { net: 0.01, euro: 19.99 },
      { net: 84.03, euro: 0.07 },
      { net: 19.9, euro: 1.1 },
      { net: 100, euro: 4.35 },
    ]);

    expect(column(s, "b", "gross")).toEqual([0.01, 100, 23.68, 119]);
    expect(column(s, "b", "cents")).toEqual([1999, 7, 110, 435]);
    await s.expectQuiet();

    // A gross price typed by a person stays as typed, whatever it comes from.
    const last = [...s.b.table("thing").values()].at(-1);
    s.b.edit("thing", last?.id ?? "", { gross: 99.99 });
    await s.sweep();

    expect(column(s, "a", "net").at(-1)).toBe(84.03);
    expect(column(s, "b", "gross").at(-1)).toBe(99.99);
    await s.expectQuiet();
  });

  test("a day against an instant over both clock changes", async () => {
    const s = await across([
      { day: "2026-03-28T23:00:00Z" },
      { day: "2026-03-29T22:00:00Z" },
      { day: "2026-10-24T22:00:00Z" },
      { day: "2026-10-25T23:00:00Z" },
    ]);

    expect(column(s, "b", "day")).toEqual(["2026-03-29", "2026-03-30", "2026-10-25", "2026-10-26"]);
    await s.expectQuiet();

    for (const row of s.b.table("thing").values()) s.b.edit("thing", row.id, { day: "2026-10-25" });
    await s.sweep();

    expect(new Set(column(s, "a", "day"))).toEqual(new Set(["2026-10-24T22:00:00Z"]));
    await s.expectQuiet();
  });

  test("00123, twenty digits, emoji and accents composed or not", async () => {
    const values = ["00123", "12345678901234567890", "👩‍👩‍👧", "Ze\u0301", "1e3"];
    const s = await across(values.map((value) => ({ code: value, note: value })));

    expect(column(s, "b", "code")).toEqual(values);
    expect(column(s, "b", "note")).toEqual(values);
    await s.expectQuiet();

    // Composed on the other side, it is still the same text: nobody writes.
    const accented = [...s.b.table("thing").values()].find((row) => row["note"] === "Ze\u0301");
    s.b.edit("thing", accented?.id ?? "", { note: "Zé" });
    const before = s.writes();
    await s.sweep();

    expect(s.writes()).toBe(before);
    expect(column(s, "a", "note")).toContain("Ze\u0301");
    await s.expectQuiet();
  });
});
