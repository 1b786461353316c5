// A write that was refused is not sent in every run: only when the record or the mapping changed, when its time has come, or when
// a person asks. And a stop is noticed between the chunks of a page of writes.

import { describe, expect, test } from "@jest/globals";
import { statement } from "../../src/store/database.ts";
import { SILENT } from "../../src/daemon/runtime.ts";
import { scenarios, type Scenario } from "./scenario.ts";

const all = scenarios();
const start: typeof all.start = (said) => all.start(said);

const patches = (s: Scenario): number => s.b.writes().filter((call) => call.method === "PATCH").length;

/** An edit that b refuses, and has refused once. */
async function refused(): Promise<Scenario> {
  const s = await start({ fields: "city: {}" });
  s.a.put("thing", { id: "k1", email: "ada@example.com", name: "Ada" });
  s.a.put("thing", { id: "k2", email: "bob@example.com", name: "Bob" });
  await s.swept();
  await s.swept();
  s.b.faults.push({ method: "PATCH", path: /^\/thing/, answer: 422, times: 99 });
  s.a.edit("thing", "k1", { name: "Ada?" });
  expect(await s.sweep()).toMatchObject({ outcome: "partial", entities: { thing: { quarantined: 1 } } });
  expect(patches(s)).toBe(1);
  return s;
}

async function timeHasCome(s: Scenario): Promise<void> {
  await all.database().database.rows(
    statement(
      "test.time-has-come",
      `with q as (update syncline.quarantine set next = now() where pair = $1)
         update syncline.inbox set due = now() where pair = $1`,
    ),
    [s.test.pair.mapping.pair],
  );
}

describe("a refused write", () => {
  test("is not sent again by any run while nothing changes; the record stays quarantined, and runs end ok", async () => {
    const s = await refused();

    for (const kind of ["sweep", "changes", "sweep", "hints"] as const)
      expect(await s.test.run(kind)).toMatchObject({ outcome: "ok", entities: { thing: { quarantined: 1 } } });

    expect(patches(s)).toBe(1);
    expect(await s.quarantine()).toMatchObject([{ side: "right", code: "HTTP_422" }]);
    await s.expectQuiet();
  });

  test("is told by its case of quarantine with when it is tried again, later each time", async () => {
    const s = await refused();
    const next = async (): Promise<number> => {
      const [row] = await s.test.runtime.ledger.quarantine({ pair: s.test.pair.mapping.pair, limit: 9 });
      return (row?.next ?? 0) - Date.now();
    };
    const first = await next();
    await timeHasCome(s);
    await s.changes();

    expect(patches(s)).toBe(2);
    expect(first).toBeGreaterThan(0);
    expect(await next()).toBeGreaterThan(2 * first);
  });

  test("is sent when the record is edited again", async () => {
    const s = await refused();
    s.b.faults.length = 0;
    s.a.edit("thing", "k1", { name: "Ada" });
    s.a.edit("thing", "k1", { name: "Ada!" });

    expect(await s.changes()).toMatchObject({ outcome: "ok", entities: { thing: { quarantined: 0 } } });

    expect(s.shown("b").map((row) => row["name"])).toContain("Ada!");
  });

  test("is sent when a person retries it", async () => {
    const s = await refused();
    s.b.faults.length = 0;
    await s.test.runtime.ledger.retryQuarantined({ pair: s.test.pair.mapping.pair }, "test");

    expect(await s.changes()).toMatchObject({ entities: { thing: { quarantined: 0, effects: { b: { update: 1 } } } } });
  });

  test("is sent when the mapping's meaning has changed", async () => {
    let s = await refused();
    s.b.faults.length = 0;
    s = await s.says({ fields: "city: {}\nstreet: {}", pair: "guards: off\non_change: continue" });

    expect(await s.sweep()).toMatchObject({ entities: { thing: { quarantined: 0, effects: { b: { update: 1 } } } } });
  });

  test("of a new record waits likewise, and other edits of other records flow", async () => {
    const s = await start();
    s.b.faults.push({ method: "POST", path: /^\/thing$/, answer: 422, times: 99 });
    s.a.put("thing", { id: "k1", email: "ada@example.com", name: "Ada" });
    await s.sweep();
    await s.sweep();
    expect(s.b.writes()).toHaveLength(1);
    s.b.faults.length = 0;
    s.a.put("thing", { id: "k2", email: "bob@example.com", name: "Bob" });
    await s.sweep();
    expect(s.shown("b").map((row) => row["name"])).toEqual(["Bob"]);

    await timeHasCome(s);
    await s.changes();

    expect(s.b.table("thing").size).toBe(2);
    await s.expectQuiet();
  });
});

test("a stop is noticed between the chunks of a page of writes: what was not sent is sent by the next run, once", async () => {
  const s = await start();
  for (let index = 0; index < 150; index += 1)
    s.a.put("thing", { email: `p${String(index)}@example.com`, name: `P${String(index)}` });
  const stop = new AbortController();
  s.b.meanwhile = (method) => {
    if (method === "POST" && s.b.table("thing").size === 10) stop.abort();
  };

  await s.test.pair.run({ kind: "sweep", entity: null, signal: stop.signal, progress: SILENT });

  const made = s.b.table("thing").size;
  expect(made).toBeGreaterThanOrEqual(10);
  expect(made).toBeLessThan(100);
  s.b.meanwhile = null;
  await s.swept();
  expect(s.b.table("thing").size).toBe(150);
}, 300_000);

describe("a create that is answered 404", () => {
  const mapping = (ref: string): string => `
pair: PAIR
state: active
sides: { a: left-system, b: right-system }
guards: off
entities:
  parent:
    a: { object: parent }
    b: { object: parent }
    match: [[email]]
    fields: { email: { as: email } }
  child:
    a: { object: child }
    b: { object: child }
    match: [[email]]
    fields: { email: { as: email }${ref} }
`;

  test.each([
    ["of a record that refers to others waits, since its parent may not show yet", ", owner: { ref: parent }", []],
    ["of a record that refers to nobody is refused", "", ["HTTP_404"]],
  ])("%s", async (_what, ref, codes) => {
    const s = await all.startWith(mapping(ref));
    const parent = s.a.put("parent", { email: "p@example.com" });
    s.a.put("child", { email: "c@example.com", owner: parent.id });
    s.b.faults.push({ method: "POST", path: /^\/child$/, answer: 404, times: 1 });

    await s.sweep();

    expect((await s.quarantine()).map(({ code }) => code)).toEqual(codes);
    await timeHasCome(s);
    await s.changes();
    expect([...s.b.table("child").values()].map((row) => row["email"])).toEqual(["c@example.com"]);
    expect(await s.quarantine()).toEqual([]);
    await s.expectQuiet();
  });
});
