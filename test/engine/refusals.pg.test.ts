// Writes that are refused, and people who edit while a run is under way. Promises 3, 16 and 25, and the update and delete
// columns of the fault matrix.

import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { startTestDatabase, type TestDatabase } from "../store/server.ts";
import { openPair, plainConnector, type PlainParts, type TestPair } from "./pair.ts";
import type { Row } from "./plain-server.ts";
import { onlyRow, sent, shown, thingMapping, type ThingParts } from "./things.ts";

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

/** In step, with one record a side. */
async function start(
  right: PlainParts = { find: "email" },
  mapping: ThingParts = {},
): Promise<{ readonly pair: TestPair; readonly row: Row; readonly other: Row }> {
  open = await openPair({
    databaseUrl: database.url,
    mapping: thingMapping(mapping),
    rightConnector: plainConnector("right", ["thing"], right),
  });
  const row = open.left.put("thing", {
    email: "one@example.com",
    name: "One",
    ...(mapping.fields === undefined ? {} : { city: "Wien" }),
  });
  await open.run();
  await open.run();
  open.right.calls.length = 0;
  return { pair: open, row, other: onlyRow(open.right) };
}

/** Somebody edits the right record just before the server carries out a call of this method. */
function editJustBefore(pair: TestPair, method: string, id: string, changes: Record<string, unknown>): void {
  pair.right.meanwhile = (called) => {
    if (called !== method) return;
    pair.right.meanwhile = null;
    pair.right.edit("thing", id, changes);
  };
}

/** Somebody edits between the listing of the right side and anything that follows. */
function editAfterListing(pair: TestPair, id: string, changes: Record<string, unknown>): void {
  let listed = false;
  pair.right.meanwhile = (method, path) => {
    if (method === "GET" && path === "/thing") {
      listed = true;
      return;
    }
    if (!listed) return;
    pair.right.meanwhile = null;
    pair.right.edit("thing", id, changes);
  };
}

const IF_MATCH: PlainParts = {
  find: "email",
  extra: "version: updatedAt",
  update: '{ request: "PATCH /OBJECT/{{ id }}", body: "{{ changed }}", guard: if-match }',
  delete: '{ request: "DELETE /OBJECT/{{ id }}", guard: if-match }',
};
const READ_COMPARE: PlainParts = {
  find: "email",
  update: '{ request: "PATCH /OBJECT/{{ id }}", body: "{{ changed }}", guard: read-compare }',
};
const conflicts = async (pair: TestPair): Promise<unknown> =>
  (await pair.runtime.ledger.cases({ pair: pair.pair.mapping.pair, limit: 9 })).map((each) => [each.kind, each.values]);

describe("an edit while the run is under way", () => {
  test("of the same field is not overwritten: if-match is refused, decided again in the same run, and a case is opened", async () => {
    const { pair, row, other } = await start(IF_MATCH);
    pair.left.edit("thing", row.id, { name: "Left" });
    editJustBefore(pair, "PATCH", other.id, { name: "Right" });

    await pair.run();

    expect(onlyRow(pair.right)["name"]).toBe("Right");
    expect(await conflicts(pair)).toEqual([["conflict", { left: "Left", right: "Right" }]]);
    expect(sent(pair.right, "PATCH")[0]?.headers?.["if-match"]).toBe(`"${String(other["updatedAt"])}"`);
  });

  test("of another field is merged in the same run, with if-match", async () => {
    const { pair, row, other } = await start(IF_MATCH, { fields: "city: {}" });
    pair.left.edit("thing", row.id, { name: "Left" });
    editJustBefore(pair, "PATCH", other.id, { city: "Graz" });

    await pair.run();

    expect(onlyRow(pair.right)).toMatchObject({ name: "Left", city: "Graz" });
    expect(onlyRow(pair.left)).toMatchObject({ name: "Left", city: "Graz" });
  });

  test("between the listing and the write is seen by read-compare", async () => {
    const { pair, row, other } = await start(READ_COMPARE);
    pair.left.edit("thing", row.id, { name: "Left" });
    editAfterListing(pair, other.id, { name: "Right" });

    await pair.run();

    expect(onlyRow(pair.right)["name"]).toBe("Right");
    expect(sent(pair.right, "PATCH")).toEqual([]);
    expect(await conflicts(pair)).toEqual([["conflict", { left: "Left", right: "Right" }]]);
  });

  test.each([
    { guard: "if-match", parts: IF_MATCH },
    { guard: "read-compare", parts: READ_COMPARE },
  ])("of a record about to be deleted keeps it, and becomes a case ($guard)", async ({ parts, guard }) => {
    const { pair, row, other } = await start(parts);
    pair.left.put("thing", { email: "two@example.com", name: "Two" });
    await pair.run();
    await pair.run();
    pair.left.table("thing").delete(row.id);
    if (guard === "if-match") editJustBefore(pair, "DELETE", other.id, { name: "Still needed" });
    else editAfterListing(pair, other.id, { name: "Still needed" });

    await pair.run();
    await pair.run();

    expect(pair.right.table("thing").get(other.id)?.["name"]).toBe("Still needed");
    expect(await conflicts(pair)).toEqual([["gone-edited", expect.anything()]]);
  });

  test("between our write and its reading back is no part of our write, where versions tell", async () => {
    const parts: PlainParts = {
      ...IF_MATCH,
      update:
        '{ request: "PATCH /OBJECT/{{ id }}", body: "{{ changed }}", guard: if-match, returns: { version: updatedAt } }',
    };
    const { pair, row, other } = await start(parts);
    pair.left.edit("thing", row.id, { name: "Left" });
    let patched = false;
    pair.right.meanwhile = (method) => {
      if (method === "PATCH") patched = true;
      if (method !== "GET" || !patched) return;
      pair.right.meanwhile = null;
      pair.right.edit("thing", other.id, { name: "Right, later" });
    };

    await pair.run("changes");
    await pair.run("changes");

    expect(onlyRow(pair.right)["name"]).toBe("Right, later");
    expect(onlyRow(pair.left)["name"]).toBe("Right, later");
  });

  test("that deletes the record to be updated is decided again: the next sweep treats it as gone", async () => {
    const { pair, row, other } = await start();
    pair.left.put("thing", { email: "two@example.com", name: "Two" });
    await pair.run();
    pair.left.edit("thing", row.id, { name: "Left" });
    pair.right.faults.push({
      method: "GET",
      path: new RegExp(`^/thing/${other.id}$`),
      answer: ({ status, body }) => ({ status, body }),
      times: 1,
    });
    pair.right.meanwhile = (method) => {
      if (method !== "PATCH") return;
      pair.right.meanwhile = null;
      pair.right.table("thing").delete(other.id);
    };

    await pair.run("changes");
    await pair.run("changes");

    expect(await conflicts(pair)).toEqual([["gone-edited", expect.anything()]]);
    expect(pair.left.table("thing").get(row.id)?.["name"]).toBe("Left");
    expect(pair.right.table("thing").size).toBe(1);
  });
});

describe("a system that refuses", () => {
  test.each([
    { words: "in seconds", value: () => "1" },
    { words: "as a date", value: () => new Date(Date.now() + 1500).toUTCString() },
  ])(
    "with 429 and a Retry-After $words is asked again after that time: listing, reading, creating",
    async ({ value }) => {
      const { pair } = await start();
      for (const [method, path] of [
        ["GET", /^\/thing$/],
        ["POST", /^\/thing$/],
        ["POST", /search$/],
      ] as const) {
        pair.right.faults.push({ method, path, answer: 429, headers: { "retry-after": value() }, times: 1 });
      }
      pair.left.put("thing", { email: "two@example.com", name: "Two" });

      const report = await pair.run();

      expect(report).toMatchObject({ outcome: "ok", calls: { b: { "429": 3 } } });
      expect(shown(pair.left)).toEqual(shown(pair.right));
    },
    300_000,
  );

  test("with a Retry-After longer than a run waits leaves the record to a later run", async () => {
    const { pair } = await start();
    pair.right.faults.push({
      method: "POST",
      path: /^\/thing$/,
      answer: 429,
      headers: { "retry-after": "3600" },
      times: 1,
    });
    pair.left.put("thing", { email: "two@example.com", name: "Two" });

    const report = await pair.run();

    expect(report.outcome).toBe("ok");
    expect(sent(pair.right, "POST")).toHaveLength(1);
    expect((await pair.pair.store.openIntents()).length).toBe(0);
    const [waiting] = await pair.pair.store.dueHints("thing", "left", (Date.now() + 3_700_000) as never, 9);
    expect(waiting?.due).toBeGreaterThan(Date.now() + 3_000_000);
  });

  test.each([401, 403])(
    "with %d in the middle stops its pair; nothing more is written there and nothing is marked done",
    async (status) => {
      const { pair, row } = await start();
      pair.left.edit("thing", row.id, { name: "Uno" });
      pair.left.put("thing", { email: "two@example.com", name: "Two" });
      pair.right.faults.push(
        { method: "PATCH", path: /./, answer: status, times: 9 },
        { method: "POST", path: /^\/thing$/, answer: status, times: 9 },
      );

      const report = await pair.run("changes");
      expect(report).toMatchObject({ outcome: "failed", reason: "auth" });
      expect(report.entities["thing"]).toMatchObject({
        quarantined: 0,
        effects: { b: { create: 0, update: 0, delete: 0 } },
      });
      expect((await pair.pair.store.openIntents()).length).toBe(0);
      pair.right.faults.length = 0;
      await pair.run("changes");

      expect(shown(pair.left)).toEqual(shown(pair.right));
    },
  );

  test.each([401, 403])("with %d to the look before the write stops its pair as well", async (status) => {
    const { pair, row, other } = await start(READ_COMPARE);
    pair.left.edit("thing", row.id, { name: "Uno" });
    pair.right.faults.push({ method: "GET", path: new RegExp(`^/thing/${other.id}$`), answer: status, times: 9 });

    expect(await pair.run()).toMatchObject({ outcome: "failed", reason: "auth" });
    expect(pair.right.writes()).toEqual([]);
    pair.right.faults.length = 0;
    await pair.run("changes");
    expect(onlyRow(pair.right)["name"]).toBe("Uno");
  });

  test("to be read before the write writes nothing and is tried again", async () => {
    const { pair, row, other } = await start(READ_COMPARE);
    pair.left.edit("thing", row.id, { name: "Uno" });
    const fault = { method: "GET", path: new RegExp(`^/thing/${other.id}$`), answer: "html" as const, times: 99 };
    pair.right.faults.push(fault);
    await pair.run();
    expect(pair.right.writes()).toEqual([]);
    fault.times = 0;

    await pair.run("hints");

    expect(onlyRow(pair.right)["name"]).toBe("Uno");
  });

  test("with an answer that says stop pauses the pair until a person resumes it", async () => {
    const { pair, row } = await start({ find: "email", file: "errors: [ { when: { status: 402 }, do: stop } ]" });
    pair.left.edit("thing", row.id, { name: "Uno" });
    pair.right.faults.push({ method: "PATCH", path: /./, answer: 402, times: 1 });

    expect(await pair.run("changes")).toMatchObject({ outcome: "failed", reason: "stopped" });
    expect(await pair.run("changes")).toMatchObject({ outcome: "halted", reason: "stopped" });
    expect(sent(pair.right, "PATCH")).toHaveLength(1);
    await pair.runtime.ledger.setPaused(pair.pair.mapping.pair, null, "test");
    expect(await pair.run("changes")).toMatchObject({ outcome: "ok" });

    expect(onlyRow(pair.right)["name"]).toBe("Uno");
  });

  test("one record for good quarantines it until it is retried or changes; the others go on", async () => {
    const { pair, row } = await start();
    const two = pair.left.put("thing", { email: "two@example.com", name: "Two" });
    await pair.run();
    pair.left.edit("thing", row.id, { name: "Refused" });
    pair.left.edit("thing", two.id, { name: "Taken" });
    const fault = { method: "PATCH", path: /./, answer: 422, times: 1 };
    pair.right.faults.push(fault);

    const report = await pair.run("changes");
    const quarantine = await pair.runtime.ledger.quarantine({ pair: pair.pair.mapping.pair, limit: 9 });
    expect(report).toMatchObject({ outcome: "partial", reason: "quarantined" });
    expect(quarantine).toHaveLength(1);
    expect(
      [...pair.right.table("thing").values()].filter((each) => each["name"] === "Refused" || each["name"] === "Taken"),
    ).toHaveLength(1);
    await pair.run("hints");
    expect(sent(pair.right, "PATCH")).toHaveLength(2);
    await pair.runtime.ledger.retryQuarantined({ ids: quarantine.map((each) => each.id) }, "test");
    await pair.run("hints");

    expect(shown(pair.left)).toEqual(shown(pair.right));
    expect(await pair.runtime.ledger.quarantine({ pair: pair.pair.mapping.pair, limit: 9 })).toEqual([]);
  });

  test("an update as a duplicate quarantines the record", async () => {
    const { pair, row } = await start();
    pair.left.edit("thing", row.id, { name: "Uno" });
    pair.right.faults.push({ method: "PATCH", path: /./, answer: 409, times: 1 });

    expect(await pair.run("changes")).toMatchObject({ outcome: "partial", entities: { thing: { quarantined: 1 } } });
  });

  test("a delete as a duplicate is decided again", async () => {
    const { pair, row } = await start();
    pair.left.put("thing", { email: "two@example.com", name: "Two" });
    await pair.run();
    pair.left.table("thing").delete(row.id);
    pair.right.faults.push({ method: "DELETE", path: /./, answer: 409, times: 1 });

    await pair.run();
    await pair.run();

    expect(pair.right.table("thing").size).toBe(1);
    expect(await pair.runtime.ledger.quarantine({ pair: pair.pair.mapping.pair, limit: 9 })).toEqual([]);
  });
});
