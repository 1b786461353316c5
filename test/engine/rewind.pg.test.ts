// A backup restored on one side, by whole runs; and everything that only looks like it, which must not trip. The plain server's
// `updatedAt` is version and cursor alike, except where the test says that the version counts changes.

import { describe, expect, test } from "@jest/globals";
import type { Row } from "./plain-server.ts";
import { plainConnector, type PlainParts } from "./pair.ts";
import { scenarios, type Said, type Scenario } from "./scenario.ts";

const every = scenarios();
const start: typeof every.start = (said) => every.start(said);

const TIMED: PlainParts = { find: "email", extra: "version: updatedAt" };
const COUNTED: PlainParts = { find: "email", extra: "version: revision" };
const said = (right: PlainParts, entity = "when_gone: { a: delete, b: delete }"): Said => ({
  rightConnector: plainConnector("right", ["thing"], right),
  entity,
});

/** Five linked records; the server of b counts their changes too. */
async function linked(right: PlainParts): Promise<Scenario> {
  const s = await start(said(right));
  s.b.normalise = (_object, row) => ({
    ...row,
    revision: Number(s.b.table("thing").get(row.id)?.["revision"] ?? 0) + 1,
  });
  for (let index = 1; index <= 5; index += 1)
    s.b.put("thing", { id: `r${String(index)}`, email: `p${String(index)}@example.com`, name: "Old" });
  await s.swept();
  await s.swept();
  return s;
}

function editBy(s: Scenario, id: string, changes: Record<string, unknown>): void {
  const revision = Number(s.b.table("thing").get(id)?.["revision"] ?? 0) + 1;
  s.b.edit("thing", id, { ...changes, revision });
}

const backup = (s: Scenario): ReadonlyMap<string, Row> => new Map(s.b.table("thing"));

function restore(s: Scenario, rows: ReadonlyMap<string, Row>): void {
  s.b.table("thing").clear();
  for (const [id, row] of rows) s.b.table("thing").set(id, row);
}

describe("a restored backup", () => {
  test.each([
    ["times", TIMED],
    ["counts", COUNTED],
  ] as const)(
    "is known by versions that went back (%s): nothing is decided, a person is asked",
    async (_how, right) => {
      const s = await linked(right);
      const saved = backup(s);
      for (const id of ["r1", "r2", "r3"]) editBy(s, id, { name: `New ${id}` });
      s.b.put("thing", { id: "r6", email: "p6@example.com", name: "Made since" });
      await s.swept();
      await s.swept();
      restore(s, saved);
      const before = s.shown("a");
      const writes = s.writes();

      expect(await s.sweep()).toMatchObject({ outcome: "halted", reason: "rewound" });
      expect(await s.sweep()).toMatchObject({ outcome: "halted", reason: "rewound" });

      expect([s.shown("a"), s.writes()]).toEqual([before, writes]);
      expect(await s.cases()).toMatchObject([
        {
          kind: "guard",
          values: { reason: "rewound", side: "b", count: 3, records: [{ id: "r1" }, { id: "r2" }, { id: "r3" }] },
        },
      ]);
    },
    300_000,
  );

  test("of which only one record tells is known where the newest cursor is gone too", async () => {
    const s = await linked(TIMED);
    const saved = backup(s);
    s.b.edit("thing", "r4", { name: "One minute" });
    for (let index = 0; index < 9; index += 1) s.b.edit("thing", "r5", { name: `Busy ${String(index)}` });
    await s.swept();
    restore(s, new Map([...saved, ["r5", saved.get("r5") ?? { id: "r5" }]]));

    expect(await s.sweep()).toMatchObject({ outcome: "halted", reason: "rewound" });
  }, 300_000);

  test("accepted with links forgotten: where the sides differ a person says which is right, and nobody is deleted", async () => {
    const s = await linked(TIMED);
    const saved = backup(s);
    for (const id of ["r1", "r2", "r3"]) editBy(s, id, { name: `New ${id}` });
    s.b.put("thing", { id: "r6", email: "p6@example.com", name: "Made since" });
    await s.swept();
    restore(s, saved);
    await s.sweep();

    await s.test.runtime.ledger.acceptState(s.test.pair.mapping.pair, { forgetLinks: true }, "test");
    await s.sweep();
    await s.sweep();

    expect((await s.cases()).map(({ kind, field }) => `${kind} ${field ?? ""}`)).toEqual(
      Array(3).fill("conflict name"),
    );
    expect(s.a.table("thing").size).toBe(6);
    expect(s.shown("b")).toContainEqual(expect.objectContaining({ email: "p6@example.com", name: "Made since" }));
  }, 300_000);

  test("accepted as it is: what it shows now is carried over, and it is not asked again", async () => {
    const s = await linked(TIMED);
    const saved = backup(s);
    for (const id of ["r1", "r2", "r3"]) editBy(s, id, { name: `New ${id}` });
    await s.swept();
    restore(s, saved);
    await s.sweep();

    expect(await s.test.runtime.ledger.acceptState(s.test.pair.mapping.pair, { forgetLinks: false }, "test")).toEqual([
      "rewind",
    ]);

    expect(await s.sweep()).toMatchObject({ outcome: "ok" });
    expect(s.shown("a").map((row) => row["name"])).toEqual(Array(5).fill("Old"));
    await s.expectQuiet();
  }, 300_000);
});

describe("no restored backup is", () => {
  test.each([TIMED, COUNTED])("the deletion of the newest records", async (right) => {
    const s = await linked(right);
    for (const id of ["r4", "r5"]) editBy(s, id, { name: "Newest" });
    await s.swept();
    for (const id of ["r4", "r5"]) s.b.table("thing").delete(id);

    expect(await s.sweep()).toMatchObject({ outcome: "ok" });

    expect(s.a.table("thing").size).toBe(3);
  });

  test("a table that is loaded anew every night: counts begin at one, times are new", async () => {
    const s = await linked(COUNTED);
    for (let index = 1; index <= 5; index += 1) editBy(s, `r${String(index)}`, { name: "Before" });
    await s.swept();
    await s.swept();
    s.b.table("thing").clear();
    for (let index = 1; index <= 5; index += 1)
      s.b.put("thing", { id: `r${String(index)}`, email: `p${String(index)}@example.com`, name: "Reloaded" });

    expect(await s.sweep()).toMatchObject({ outcome: "ok", entities: { thing: { effects: { a: { update: 5 } } } } });
  });

  test("an answer that lags behind and then comes after", async () => {
    const s = await linked(TIMED);
    const stale = backup(s);
    for (const id of ["r1", "r2", "r3"]) editBy(s, id, { name: "Fresh" });
    await s.swept();
    const fresh = backup(s);
    for (const id of ["r1", "r2", "r3"]) s.b.table("thing").set(id, stale.get(id) ?? { id });
    const started = Date.now();
    s.b.meanwhile = (method) => {
      if (method === "GET" && Date.now() - started > 900) restore(s, fresh);
    };

    await s.sweep();
    s.b.meanwhile = null;
    restore(s, fresh);
    expect(await s.sweep()).toMatchObject({ outcome: "ok" });

    expect(await s.cases()).toEqual([]);
    expect(s.shown("a").filter((row) => row["name"] === "Fresh")).toHaveLength(3);
  }, 300_000);

  test("a repair by hand of one record, times and all", async () => {
    const s = await linked(TIMED);
    const saved = backup(s).get("r1");
    editBy(s, "r1", { name: "Wrong" });
    await s.swept();
    editBy(s, "r2", { name: "Later" });
    if (saved !== undefined) s.b.table("thing").set("r1", saved);

    expect(await s.sweep()).toMatchObject({ outcome: "ok" });
  });
});
