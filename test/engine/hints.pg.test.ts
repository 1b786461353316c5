// Hints: what a webhook, a retry or a person names is looked at, and believed in nothing. Promises 7, 17 and 21.

import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import type { Instant, RemoteId } from "../../src/core/ids.ts";
import { startTestDatabase, type TestDatabase } from "../store/server.ts";
import { doomed, runDoomed } from "./crash.ts";
import { openPair, plainConnector, type PlainParts, type TestPair } from "./pair.ts";
import type { Fault } from "./plain-server.ts";
import { byEmail, edit, failing, hint, ids, inStep, inbox } from "./looking.ts";
import { onlyRow, sent, thingMapping, type ThingParts } from "./things.ts";

let database: TestDatabase;
let open: TestPair | null = null;

beforeAll(async () => {
  database = await startTestDatabase();
});

afterAll(() => database.stop());

afterEach(async () => {
  await open?.close();
  open = null;
});

async function start({
  left,
  right,
  ...mapping
}: ThingParts & { readonly left?: PlainParts; readonly right?: PlainParts } = {}): Promise<TestPair> {
  open = await openPair({
    databaseUrl: database.url,
    mapping: thingMapping(mapping),
    leftConnector: plainConnector("left", ["thing"], left ?? { find: "email" }),
    rightConnector: plainConnector("right", ["thing"], right ?? { find: "email" }),
  });
  return open;
}

describe("a hint", () => {
  test("is looked at once, however often it comes", async () => {
    const pair = await start();
    await inStep(pair);
    edit(pair, "one", { name: "Uno" });
    for (let time = 0; time < 5; time += 1) await hint(pair, "left", ids(pair).left);

    await pair.run("hints");

    expect(pair.left.calls.filter((call) => call.path === `/thing/${ids(pair).left}`)).toHaveLength(1);
    expect(sent(pair.right, "PATCH")).toHaveLength(1);
    expect(await inbox(pair)).toEqual([]);
  });

  test("is left by each write that its system's stop kept from being sent, so that no sweep is needed", async () => {
    const pair = await start({ right: { find: "email", file: "errors: [ { when: { status: 402 }, do: stop } ]" } });
    const names = Array.from({ length: 60 }, (_, index) => `n${String(index)}`);
    await inStep(pair, names);
    for (const name of names) edit(pair, name, { name: `${name} edited` });
    pair.right.faults.push({ method: "PATCH", path: /./, answer: 402, times: 1 });
    expect(await pair.run("changes")).toMatchObject({ outcome: "failed", reason: "stopped" });
    await pair.runtime.ledger.setPaused(pair.pair.mapping.pair, null, "test");

    for (let round = 0; round < 3; round += 1) await pair.run("hints");

    expect(names.filter((name) => byEmail(pair.right, `${name}@example.com`)["name"] !== `${name} edited`)).toEqual([]);
  });

  test("about a record nobody knows makes it", async () => {
    const pair = await start();
    await inStep(pair);
    const row = pair.left.put("thing", { email: "new@example.com", name: "New" });
    await hint(pair, "left", row.id);

    await pair.run("hints");

    expect(byEmail(pair.right, "new@example.com")["name"]).toBe("New");
  });

  test("about a record that never was linked and is gone asks for nothing", async () => {
    const pair = await start();
    await inStep(pair);
    await hint(pair, "left", "l-never");

    const result = await pair.result("hints");

    expect(result).toMatchObject({
      sweepWanted: null,
      report: { outcome: "ok", entities: { thing: { quarantined: 0, cases: 0 } } },
    });
    expect(await inbox(pair)).toEqual([]);
    expect(pair.right.writes()).toEqual([]);
  });

  test("about a linked record that is gone asks for a sweep, and only the sweep deletes", async () => {
    const pair = await start();
    await inStep(pair, ["one", "two"]);
    const gone = byEmail(pair.left, "one@example.com").id;
    pair.left.table("thing").delete(gone);
    await hint(pair, "left", gone);

    const hinted = await pair.result("hints");
    expect(hinted.sweepWanted).not.toBeNull();
    expect(pair.right.table("thing").size).toBe(2);
    // The wish outlives the process.
    expect(await inbox(pair)).toContain(`left ${gone}`);
    await pair.run("changes");

    expect(pair.right.table("thing").size).toBe(1);
    expect(await inbox(pair)).toEqual([]);
  });

  test("is not believed when it says deleted and the record is there", async () => {
    const pair = await start();
    await inStep(pair);
    await hint(pair, "left", ids(pair).left);

    const result = await pair.result("hints");

    expect(result.sweepWanted).toBeNull();
    expect(pair.right.writes()).toEqual([]);
  });

  test("that comes while the run looks at the same record survives the run", async () => {
    const pair = await start();
    await inStep(pair);
    const { left } = ids(pair);
    edit(pair, "one", { name: "Uno" });
    await hint(pair, "left", left);
    const edits: Promise<void>[] = [];
    pair.right.meanwhile = (method) => {
      if (method !== "PATCH" || edits.length > 0) return;
      edit(pair, "one", { name: "Due" });
      edits.push(hint(pair, "left", left));
    };

    await pair.run("hints");
    await Promise.all(edits);
    await pair.run("hints");

    expect(onlyRow(pair.right)["name"]).toBe("Due");
    expect(await inbox(pair)).toEqual([]);
  });

  test("stays while the counterpart cannot be read, which is neither written nor taken for gone", async () => {
    const pair = await start();
    await inStep(pair);
    edit(pair, "one", { name: "Uno" });
    await hint(pair, "left", ids(pair).left);
    const fault = failing(/^\/thing\/r/, 500);
    pair.right.faults.push(fault);

    const result = await pair.result("hints");
    expect(result).toMatchObject({
      sweepWanted: null,
      report: { entities: { thing: { situations: { unknown: 1 } } } },
    });
    expect(pair.right.writes()).toEqual([]);
    expect(await inbox(pair)).not.toEqual([]);
    fault.times = 0;
    await pair.run("hints");

    expect(onlyRow(pair.right)["name"]).toBe("Uno");
    expect(await inbox(pair)).toEqual([]);
  }, 300_000);

  test("leaves an answered case as it is while the record cannot be read", async () => {
    const pair = await start();
    await inStep(pair, ["one", "two"]);
    const { id } = byEmail(pair.right, "one@example.com");
    edit(pair, "one", { name: "Left" });
    pair.right.edit("thing", id, { name: "Right" });
    await pair.run("changes");
    const [found] = await pair.runtime.ledger.cases({ pair: pair.pair.mapping.pair, limit: 9 });
    await pair.runtime.ledger.resolveCase(found?.id ?? "", { kind: "take", side: "left" }, "test");
    const fault = failing(new RegExp(`^/thing/${id}$`), 500);
    pair.right.faults.push(fault);
    await pair.run("hints");
    // A sweep that cannot read the record leaves the case alone too.
    pair.right.faults.push({
      method: "GET",
      path: /^\/thing$/,
      answer: ({ status, body }) => ({
        status,
        body: { items: (body as { items: { id: string }[] }).items.filter((row) => row.id !== id), total: 1 },
      }),
      times: 1,
    });
    expect((await pair.run("sweep")).entities["thing"]).toMatchObject({ situations: { unknown: 1 }, cases: 1 });
    fault.times = 0;

    await pair.run("hints");

    expect(byEmail(pair.right, "one@example.com")["name"]).toBe("Left");
    expect(await pair.runtime.ledger.cases({ pair: pair.pair.mapping.pair, limit: 9 })).toEqual([]);
  }, 300_000);

  test("creates nothing where nobody can be asked for a match: a sweep is wanted, and matches", async () => {
    const pair = await start({ right: {} });
    await inStep(pair);
    // Unknown to us on both sides.
    const row = pair.left.put("thing", { email: "twin@example.com", name: "Twin" });
    pair.right.put("thing", { email: "twin@example.com", name: "Twin" });
    await hint(pair, "left", row.id);

    const result = await pair.result("hints");
    expect(result.sweepWanted).not.toBeNull();
    expect(pair.right.table("thing").size).toBe(2);
    await pair.run("changes");

    expect(pair.right.table("thing").size).toBe(2);
    expect((await pair.run("sweep")).entities["thing"]?.situations).toEqual({ "in-sync": 2 });
  });

  test("is not ended by a failing look-up for a match", async () => {
    const pair = await start();
    await inStep(pair);
    const row = pair.left.put("thing", { email: "new@example.com", name: "New" });
    await hint(pair, "left", row.id);
    const fault: Fault = { method: "POST", path: /search$/, answer: 500, times: 99 };
    pair.right.faults.push(fault);

    const result = await pair.result("hints");
    expect(result.sweepWanted).toBeNull();
    expect(sent(pair.right, "POST")).toEqual([]);
    fault.times = 0;
    await pair.run("hints");

    expect(byEmail(pair.right, "new@example.com")["name"]).toBe("New");
  }, 300_000);

  test("is not ended by carrying out named actions alone", async () => {
    const pair = await start();
    await inStep(pair, ["one", "two"]);
    edit(pair, "one", { name: "Uno" });
    const planned = await pair.plan("changes");
    edit(pair, "two", { name: "Due" });
    const hinted = byEmail(pair.left, "two@example.com").id;
    await hint(pair, "left", hinted);
    const cursor = await pair.pair.store.cursor("thing", "left");

    const applied = await pair.apply(planned);

    expect(applied).toMatchObject({ applied: 1, dropped: [] });
    expect(await inbox(pair)).toContain(`left ${hinted}`);
    expect(await pair.pair.store.cursor("thing", "left")).toBe(cursor);
    await pair.run("changes");
    expect(byEmail(pair.right, "two@example.com")["name"]).toBe("Due");
  });

  test("put off by a refusal is looked at when its time has come, and not before", async () => {
    const pair = await start({
      right: { find: "email", file: "errors: [ { when: { status: 404, op: [create] }, do: gone } ]" },
    });
    await inStep(pair);
    const row = pair.left.put("thing", { email: "new@example.com", name: "New" });
    pair.right.faults.push({ method: "POST", path: /^\/thing$/, answer: 404, times: 1 });
    await hint(pair, "left", row.id);
    await pair.run("hints");
    await pair.run("hints");
    expect(sent(pair.right, "POST")).toHaveLength(1);
    const [waiting] = await pair.pair.store.dueHints("thing", "left", (Date.now() + 1e9) as Instant, 10);
    expect(waiting).toMatchObject({ id: row.id });
    expect(waiting?.due).toBeGreaterThan(Date.now());

    const later = doomed(pair, null);
    await runDoomed(
      {
        ...later,
        ports: { ...later.ports, clock: { ...later.ports.clock, now: () => (Date.now() + 60_000) as Instant } },
      },
      "hints",
    );

    expect(byEmail(pair.right, "new@example.com")["name"]).toBe("New");
    expect(await inbox(pair)).toEqual([]);
  });

  test("of thousands are all looked at, in a few runs", async () => {
    const pair = await start();
    for (let index = 0; index < 5000; index += 1)
      pair.left.put("thing", { email: `n${String(index)}@example.com`, name: "N" });
    await pair.run("sweep");
    expect(pair.right.table("thing").size).toBe(5000);
    for (const row of pair.left.table("thing").values()) row["name"] = "M";
    await pair.pair.store.addHints(
      [...pair.left.table("thing").keys()].map((id) => ({
        entity: "thing",
        side: "left" as const,
        id: id as RemoteId,
        channel: "webhook" as const,
        due: Date.now() as Instant,
      })),
    );

    for (let run = 0; run < 3 && (await inbox(pair)).length > 0; run += 1) await pair.run("hints");

    expect(await inbox(pair)).toEqual([]);
    expect([...pair.right.table("thing").values()].every((row) => row["name"] === "M")).toBe(true);
  }, 300_000);
});
