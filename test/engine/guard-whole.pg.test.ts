// Guards that look at a plan as a whole: everything changed, one value over many, the list in the case, approvals.

import { describe, expect, test } from "@jest/globals";
import { isFields } from "../../src/core/value.ts";
import { scenarios, type Said, type Scenario } from "./scenario.ts";

const every = scenarios();
const start: typeof every.start = (said) => every.start(said);

async function linked(count: number, said: Said = {}): Promise<Scenario> {
  const s = await start(said);
  for (let index = 0; index < count; index += 1)
    s.a.put("thing", { email: `p${String(index)}@example.com`, name: `P${String(index)}`, city: "Wien" });
  await s.sweep();
  await s.sweep();
  return s;
}

const guards = (text: string): Said => ({ pair: `guards: { ${text} }`, fields: "city: {}" });
const caseValues = async (s: Scenario): Promise<Readonly<Record<string, unknown>>> => {
  const [found] = await s.cases();
  return found !== undefined && isFields(found.values) ? found.values : {};
};

describe("all changed", () => {
  const RAISED = "update: { floor: 5000, fraction: 50% }, one_value: off";

  test("every linked record of an entity at once is withheld, however high the limit; fewer are not", async () => {
    let s = await linked(110, { fields: "city: {}" });
    s = await s.says(guards(RAISED));
    for (const id of s.a.table("thing").keys()) s.a.edit("thing", id, { name: `Édité ${id}` });
    s.a.put("thing", { email: "new@example.com", name: "New" });

    const report = await s.sweep();

    expect(report).toMatchObject({
      outcome: "withheld",
      entities: {
        thing: {
          withheld: [{ side: "b", op: "update", count: 110, why: "all-changed" }],
          effects: { b: { create: 1, update: 0 } },
        },
      },
    });
    expect(await caseValues(s)).toMatchObject({ why: [{ entity: "thing", why: "all-changed" }], count: 110 });
    s.a.edit("thing", "l1", { name: "P0" });
    expect(await s.sweep()).toMatchObject({ outcome: "ok", entities: { thing: { effects: { b: { update: 109 } } } } });
  }, 300_000);

  test("is let through where the file says so", async () => {
    let s = await linked(101, { fields: "city: {}" });
    s = await s.says(guards(`${RAISED}, all_changed: allow`));
    for (const id of s.a.table("thing").keys()) s.a.edit("thing", id, { name: `E ${id}` });

    expect(await s.sweep()).toMatchObject({ outcome: "ok" });
  }, 300_000);
});

describe("one value", () => {
  const LIMIT = "one_value: { floor: 25, fraction: 0% }";

  test("over many different ones withholds that field of those records; the others' and the rest flow", async () => {
    let s = await linked(40, { fields: "city: {}" });
    s = await s.says(guards(LIMIT));
    const ids = [...s.a.table("thing").keys()];
    for (const id of ids.slice(0, 30)) s.a.edit("thing", id, { name: "Unknown", city: "Graz" });
    for (const id of ids.slice(30, 35)) s.a.edit("thing", id, { name: `Renamed ${id}` });

    expect(await s.sweep()).toMatchObject({
      outcome: "withheld",
      entities: { thing: { withheld: [{ side: "b", op: "update", count: 30, limit: 25, why: "one-value" }] } },
    });

    const rows = s.shown("b");
    expect(rows.filter((row) => row["name"] === "Unknown")).toEqual([]);
    expect(rows.filter((row) => row["city"] === "Graz")).toHaveLength(30);
    expect(rows.filter((row) => String(row["name"]).startsWith("Renamed"))).toHaveLength(5);
    expect(await caseValues(s)).toMatchObject({ why: [{ field: "name", value: "Unknown", why: "one-value" }] });
    await s.expectQuiet();
  }, 300_000);

  test("over few different ones is a decision of somebody: a status set on all", async () => {
    let s = await linked(40, { fields: "city: {}" });
    s = await s.says(guards(LIMIT));
    for (const id of s.a.table("thing").keys()) s.a.edit("thing", id, { city: "Graz" });

    expect(await s.sweep()).toMatchObject({ outcome: "ok", entities: { thing: { effects: { b: { update: 40 } } } } });
  }, 300_000);
});

describe("what is withheld", () => {
  test("is one case with the list, which follows what is planned", async () => {
    let s = await linked(6);
    s = await s.says({ pair: "guards: { update: { floor: 1, fraction: 0% } }" });
    const ids = [...s.a.table("thing").keys()];
    for (const id of ids.slice(0, 3)) s.a.edit("thing", id, { name: "Edited" });
    await s.sweep();
    const right = async (id: string): Promise<string> => (await s.links()).find(([left]) => left === id)?.[1] ?? "";

    expect(await caseValues(s)).toMatchObject({
      op: "update",
      count: 3,
      limit: 1,
      not_listed: 0,
      records: await Promise.all(
        ids.slice(0, 3).map(async (id) => ({ entity: "thing", left: id, right: await right(id) })),
      ),
    });

    s.a.edit("thing", String(ids[0]), { name: "P0" });
    await s.sweep();
    expect(await s.cases()).toHaveLength(1);
    expect((await caseValues(s))["records"]).toHaveLength(2);
  }, 300_000);

  test("counts all and lists a hundred", async () => {
    let s = await linked(120);
    s = await s.says({ pair: "guards: { update: { floor: 1, fraction: 0% }, all_changed: allow, one_value: off }" });
    for (const id of s.a.table("thing").keys()) s.a.edit("thing", id, { name: `E ${id}` });
    await s.sweep();

    const values = await caseValues(s);

    expect([values["count"], values["not_listed"]]).toEqual([120, 20]);
  }, 300_000);

  test("an approval lets through the plan's actions and not one more: its ceiling is the plan", async () => {
    let s = await linked(6);
    s = await s.says({ pair: "guards: { update: { floor: 0, fraction: 0% } }" });
    const ids = [...s.a.table("thing").keys()];
    for (const id of ids.slice(0, 2)) s.a.edit("thing", id, { name: `Edited ${id}` });
    const planned = await s.test.plan();
    for (const id of ids.slice(2, 4)) s.a.edit("thing", id, { name: `Edited ${id}` });

    expect(await s.test.apply(planned)).toMatchObject({ applied: 2, dropped: [] });

    expect(s.shown("b").filter((row) => String(row["name"]).startsWith("Edited"))).toHaveLength(2);
    expect(await s.sweep()).toMatchObject({ outcome: "withheld", entities: { thing: { withheld: [{ count: 2 }] } } });
  }, 300_000);

  test("is everything of its class before the first write, also when the last page trips it", async () => {
    let s = await linked(0);
    s = await s.says({ pair: "guards: { create: { floor: 10, fraction: 0% } }" });
    for (let index = 0; index < 11; index += 1) s.a.put("thing", { email: `n${String(index)}@example.com`, name: "N" });

    await s.sweep();

    expect(s.b.writes()).toEqual([]);
  });
});
