// Only the permitted fields: what no rule names travels nowhere, and is not in the state either, whatever else the run does.

import { expect, test } from "@jest/globals";
import { statement } from "../../src/store/database.ts";
import { scenarios } from "./scenario.ts";

const all = scenarios();

const SECRET = "a diagnosis of nobody's business";

/** Tables of the state that hold the secret, in any column. */
async function tablesWithIt(): Promise<readonly string[]> {
  const { database } = all.database();
  const tables = await database.rows(
    statement<{ name: string }>(
      "permitted.tables",
      "select table_name as name from information_schema.tables where table_schema = 'syncline' order by 1",
    ),
    [],
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const [row] = await database.rows(
      statement<{ count: number }>(
        `permitted.in-${name}`,
        `select count(*)::float8 as count from syncline."${name}" t where t::text like $1`,
      ),
      [`%${SECRET}%`],
    );
    if ((row?.count ?? 0) > 0) found.push(name);
  }
  return found;
}

test("a field that no rule names is neither written nor kept: in a first load, an edit, a conflict, a plan, a refusal", async () => {
  const s = await all.start();
  const [one, two] = ["ada@example.com", "grace@example.com"];
  const ada = s.a.put("thing", { email: one, name: "Ada", diagnosis: SECRET });
  s.a.put("thing", { email: two, name: "Grace", diagnosis: SECRET });
  s.b.put("thing", { email: two, name: "Grace H.", note: SECRET });
  s.a.put("thing", { name: "Nobody", diagnosis: SECRET });
  const kept: (readonly string[])[] = [];
  // In the middle of a run, too, when what was seen is staged.
  let looks: Promise<unknown> = Promise.resolve();
  s.b.meanwhile = (method) => {
    if (method === "POST") looks = looks.then(async () => kept.push(await tablesWithIt()));
  };

  await s.sweep();
  await looks;
  kept.push(await tablesWithIt());
  s.a.edit("thing", ada.id, { name: "Ada King", diagnosis: `${SECRET}, again` });
  await s.changes();
  kept.push(await tablesWithIt());
  await s.test.plan();
  kept.push(await tablesWithIt());

  expect(s.shown("b").filter((row) => "diagnosis" in row)).toEqual([]);
  expect(s.shown("a").filter((row) => "note" in row)).toEqual([]);
  expect(s.b.writes().filter(({ body }) => JSON.stringify(body ?? null).includes(SECRET))).toEqual([]);
  expect(kept.flat()).toEqual([]);
});
