// Reading of changes starts a little before the cursor, because a record may show later than its time; but not for ever. The
// state's clock is moved by making the cursors older.

import { expect, test } from "@jest/globals";
import { statement } from "../../src/store/database.ts";
import { scenarios, type Scenario } from "./scenario.ts";

const all = scenarios();

/** Three records that both sides have and that no run has anything to do about; the plain connector's `settle` is 2 s. */
async function quietPair(): Promise<Scenario> {
  const s = await all.start();
  for (const name of ["Ada", "Bea", "Cyd"]) s.a.put("thing", { email: `${name}@example.com`, name });
  await s.sweep();
  await s.changes();
  await s.changes();
  return s;
}

async function agesBy(seconds: number): Promise<void> {
  const age = statement("test.age", "update syncline.cursors set at = at - make_interval(secs => $1::float8)");
  await all.database().database.rows(age, [seconds]);
}

/** Shows only now, with a time before that of the newest record. */
function showsLate(s: Scenario, name: string, secondsBefore: number): void {
  const newest = [...s.a.table("thing").values()].map((row) => Date.parse(String(row["updatedAt"])));
  const updatedAt = new Date(Math.max(...newest) - secondsBefore * 1000).toISOString();
  s.a.table("thing").set(name, { id: name, email: `${name}@example.com`, name, updatedAt });
}

async function readBy(s: Scenario): Promise<number> {
  return (await s.changes()).entities["thing"]?.read["a"] ?? -1;
}

function names(s: Scenario): readonly unknown[] {
  return s.shown("b").map((row) => row["name"]);
}

test("after a burst the same records are read again only until the cursor is settled", async () => {
  const s = await quietPair();
  expect(await readBy(s)).toBe(3);
  expect(await readBy(s)).toBe(3);

  await agesBy(5);

  expect(await readBy(s)).toBe(3);
  expect(await readBy(s)).toBe(1);
  expect(await readBy(s)).toBe(1);
  await s.expectQuiet();
});

test("a cursor that grew old while nobody read is read back from once more: what showed late meanwhile is met", async () => {
  const s = await quietPair();
  showsLate(s, "Dot", 2);
  await agesBy(3600);

  await s.changes();

  expect(names(s)).toContain("Dot");
});

test("a young cursor is not settled: a record may still show before it", async () => {
  const s = await quietPair();
  await agesBy(2);
  await s.changes();
  showsLate(s, "Dot", 1);

  await s.changes();

  expect(names(s)).toContain("Dot");
});

test("a cursor that moves on is unsettled again, and one that a sweep tells again stays settled", async () => {
  const s = await quietPair();
  await agesBy(5);
  await s.changes();
  await s.sweep();
  expect(await readBy(s)).toBe(1);

  s.a.put("thing", { email: "eve@example.com", name: "Eve" });
  await s.changes();
  showsLate(s, "Dot", 2);
  await s.changes();

  expect(names(s)).toEqual(expect.arrayContaining(["Dot", "Eve"]));
});

test("a record with the very time of a settled cursor is met", async () => {
  const s = await quietPair();
  await agesBy(5);
  await s.changes();
  showsLate(s, "Dot", 0);

  await s.changes();

  expect(names(s)).toContain("Dot");
});
