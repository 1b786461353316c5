// Who belongs to whom by how alike they are, through whole runs on a real Postgres: names as people type them, twins, dismissed
// questions. Written from spec/semantics.md section 2 and spec/formats.md section 3 (`score`).

import { describe, expect, test } from "@jest/globals";
import { scenarios } from "./scenario.ts";

const all = scenarios();
const SCORE = "{ score: { name: 0.5, phone: 0.3, postcode: 0.2 }, link_at: 0.9, review_at: 0.75 }";
const SAID = { match: `match: [${SCORE}]`, name: "{ as: person_name }", fields: "phone: { as: { phone: GB } }\npostcode: { as: postal_code }", entity: "at_link: a" };
const start: typeof all.start = (said) => all.start({ ...SAID, ...said });

describe("a match by score", () => {
  test.each([
    ["the same", "Ada Lovelace", "Ada Lovelace"],
    ["swapped order", "Ada Lovelace", "Lovelace, Ada"],
    ["an initial", "Ada Lovelace", "A. Lovelace"],
    ["an umlaut spelled out", "Jürgen Müller", "Juergen Mueller"],
    ["an accent lost", "José Ibáñez", "Jose Ibanez"],
    ["a particle lost", "Ludwig van Beethoven", "Ludwig Beethoven"],
    ["a double name joined", "Anna-Maria Berger", "Annamaria Berger"],
    ["a typing error", "Ada Lovelace", "Ada Lovelce"],
    ["a title", "Dr. Hans Huber", "Hans Huber"],
  ])("%s: one link, nothing created", async (_what, left, right) => {
    const s = await start();
    const a = s.a.put("thing", { name: left, phone: "020 7946 0123", postcode: "SW1A 1AA" });
    const b = s.b.put("thing", { name: right, phone: "+44 20 7946 0123", postcode: "sw1a1aa" });

    expect(await s.swept()).toMatchObject({ situations: { matched: 1 }, cases: 0 });

    expect(await s.links()).toEqual([[a.id, b.id, "live"]]);
    await s.expectQuiet();
  });
});
