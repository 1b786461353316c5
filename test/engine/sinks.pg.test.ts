// One-way entities whose receiving object can only create: a chat, a mailbox, somebody's webhook. Each record is sent once, over
// restarts, edits, deletions and lost answers.

import { describe, expect, test } from "@jest/globals";
import { plainConnector } from "./pair.ts";
import { scenarios, type Said } from "./scenario.ts";

const all = scenarios();

const sink = (create: string): string => `
connector: right
protocol: rest
settings: { base_url: { required: true } }
base_url: "{{ settings.base_url }}"
objects:
  thing:
    create: ${create}
`;

const CREATE = 'request: POST /thing, body: "{{ record }}"';

const oneWay = (create: string, said: Said = {}): Said => ({
  match: "",
  allow: "{ b: [create, update, delete] }",
  entity: "direction: a -> b\nwhen_gone: { a: delete }",
  rightConnector: sink(create),
  ...said,
});

describe("a sink", () => {
  test("gets each record once: over sweeps, restarts, edits and deletions, and every run is fine", async () => {
    let s = await all.start(oneWay(`{ ${CREATE} }`));
    const ada = s.a.put("thing", { email: "ada@example.com", name: "Ada" });
    s.a.put("thing", { email: "bob@example.com", name: "Bob" });

    await s.swept();
    expect(s.shown("b")).toHaveLength(2);
    expect((await s.links()).length).toBe(2);
    await s.expectQuiet();

    s.a.edit("thing", ada.id, { name: "Countess" });
    const edited = await s.swept();
    expect(edited.blocked).toBe(1);
    expect(s.shown("b").map((row) => row["name"])).toEqual(["Ada", "Bob"]);
    await s.expectQuiet();

    s = await s.says(oneWay(`{ ${CREATE} }`));
    s.a.put("thing", { email: "eve@example.com", name: "Eve" });
    expect(await s.changes()).toMatchObject({ outcome: "ok" });
    expect(s.shown("b")).toHaveLength(3);

    s.a.table("thing").delete(ada.id);
    expect(await s.sweep()).toMatchObject({ outcome: "ok" });
    expect(s.shown("b")).toHaveLength(3);
    await s.expectQuiet();
    expect(await s.cases()).toEqual([]);
    expect(await s.quarantine()).toEqual([]);
  });

  test("is told of a record that a hint names, without anything being listed there", async () => {
    const s = await all.start(oneWay(`{ ${CREATE} }`));
    await s.sweep();
    const ada = s.a.put("thing", { email: "ada@example.com", name: "Ada" });
    const { pair } = s.test;

    await pair.store.addHints([
      { entity: "thing", side: "left", id: ada.id as never, channel: "webhook", due: 0 as never },
    ]);
    const first = await s.test.result("hints");
    s.a.edit("thing", ada.id, { name: "Countess" });
    await pair.store.addHints([
      { entity: "thing", side: "left", id: ada.id as never, channel: "webhook", due: 0 as never },
    ]);
    const second = await s.test.result("hints");

    expect([first.report.outcome, first.sweepWanted, second.report.outcome, second.sweepWanted]).toEqual([
      "ok",
      null,
      "ok",
      null,
    ]);
    expect(s.shown("b")).toEqual([{ email: "ada@example.com", name: "Ada" }]);
    expect(s.b.calls.every((call) => call.method === "POST")).toBe(true);
  });

  test.each(["reset-before", "reset-after"] as const)(
    "whose answer is lost (%s) is not sent to again on a guess: a person is asked",
    async (answer) => {
      const s = await all.start(oneWay(`{ ${CREATE} }`));
      s.a.put("thing", { email: "ada@example.com", name: "Ada" });
      s.b.faults.push({ method: "POST", path: /^\/thing/, answer, times: 1 });

      await s.sweep();
      await s.sweep();
      await s.sweep();

      expect(s.b.writes()).toHaveLength(1);
      expect((await s.cases()).map((each) => each.kind)).toEqual(["unknown-outcome"]);
    },
  );

  test.each(["reset-before", "reset-after"] as const)(
    "that takes a key is sent the same again after a lost answer (%s), and has it once",
    async (answer) => {
      const s = await all.start(oneWay(`{ ${CREATE}, repeat: by-key }`));
      s.a.put("thing", { email: "ada@example.com", name: "Ada" });
      s.b.faults.push({ method: "POST", path: /^\/thing/, answer, times: 8 });

      await s.sweep();
      s.b.faults.length = 0;
      await s.sweep();

      expect(s.shown("b")).toHaveLength(1);
      expect(new Set(s.b.writes().map((call) => call.headers?.["idempotency-key"])).size).toBe(1);
      expect(await s.cases()).toEqual([]);
      await s.expectQuiet();
    },
  );

  test("may answer with nothing but a word", async () => {
    const s = await all.start(oneWay(`{ ${CREATE} }`));
    s.b.faults.push({ method: "POST", path: /^\/thing/, answer: () => ({ status: 200, body: "ok" }), times: 9 });
    s.a.put("thing", { email: "ada@example.com", name: "Ada" });

    await s.swept();

    expect((await s.links()).length).toBe(1);
    await s.expectQuiet();
  });

  test("is left out of what has to be listed, while the other side still has to be", async () => {
    const s = await all.start(
      oneWay(`{ ${CREATE} }`, { leftConnector: plainConnector("left", ["thing"]).replace(/^ {4}list:.*$/m, "") }),
    );

    expect(await s.sweep()).toMatchObject({ outcome: "halted", reason: "listing-incomplete" });
  });
});
