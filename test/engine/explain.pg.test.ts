// Why a record shows what it shows, on the real engine: how it stands now, what to type next, and the story of each field.

import { describe, expect, test } from "@jest/globals";
import { remoteId, type Side } from "../../src/core/ids.ts";
import { SILENT } from "../../src/daemon/runtime.ts";
import type { Explanation, FieldStory } from "../../src/engine/explain/explanation.ts";
import { scenarios, type Said, type Scenario } from "./scenario.ts";

const all = scenarios();

async function explain(s: Scenario, side: Side, id: string, field: string | null = null): Promise<Explanation> {
  const record = remoteId(id);
  if (record === null) throw new Error(`"${id}" is no id`);
  return s.test.pair.explain({ entity: "thing", side, id: record }, field);
}

const explainOnly = (s: Scenario, field: string | null = null): Promise<Explanation> =>
  explain(s, "left", s.only("a").id, field);

function fieldOf(told: Explanation, name: string): FieldStory {
  const found = told.fields.find(({ field }) => field === name);
  if (found === undefined) throw new Error(`nothing is told of ${name}`);
  return found;
}

const storyOf = (told: Explanation, field: string): readonly string[] =>
  fieldOf(told, field).timeline.map(({ what, text }) => `${what}: ${text}`);

async function inStep(said: Said = {}): Promise<Scenario> {
  const s = await all.start({ fields: "phone: {}", ...said });
  s.a.put("thing", { email: "ada@example.com", name: "Ada", phone: "1" });
  await s.sweep();
  return s;
}

describe("a linked record", () => {
  test("in step: how each field came to be, with the values that were seen, decided and written, and their run", async () => {
    const s = await inStep();
    s.a.edit("thing", s.only("a").id, { name: "Ada King" });
    const { run } = await s.sweep();

    const told = await explainOnly(s);

    expect(told).toMatchObject({ record: s.only("a").id, other: s.only("b").id, link: { state: "live" } });
    expect(told.now).toEqual({ code: "in-step", text: "in step: the next run writes nothing", next: [] });
    expect(fieldOf(told, "name")).toMatchObject({
      says: "two-way; conflict: review",
      sides: { left: { shows: "Ada King", agreed: "Ada King" }, right: { shows: "Ada King", agreed: "Ada King" } },
      now: { code: "in-step" },
    });
    expect(storyOf(told, "name")).toEqual([
      'seen: a showed "Ada"',
      "decided: new in a",
      `created: made in b:${s.only("b").id} with "Ada"`,
      'seen: a showed "Ada King"',
      "decided: changed in a",
      `written: b:${s.only("b").id} was changed from "Ada" to "Ada King"`,
    ]);
    expect(fieldOf(told, "name").timeline.slice(3)).toMatchObject([
      { run, side: "left", values: { value: "Ada King", run_kind: "sweep" } },
      { run, side: "right" },
      { run, side: "right", values: { from: "Ada", to: "Ada King", shown: "Ada King" } },
    ]);
    expect(told.timeline.map(({ what }) => what)).toEqual(expect.arrayContaining(["linked", "created", "written"]));
  });

  test("one field alone is told when only it is asked for; a field that there is not is refused", async () => {
    const s = await inStep();

    expect((await explainOnly(s, "phone")).fields.map(({ field }) => field)).toEqual(["phone"]);
    await expect(explainOnly(s, "fax")).rejects.toThrow('thing has no field "fax"');
  });

  test("an edit that no run has seen yet: what the next run writes, where and why", async () => {
    const s = await inStep();
    s.a.edit("thing", s.only("a").id, { name: "Ada King" });

    const told = await explainOnly(s);

    expect(told.now).toMatchObject({ code: "differs", text: "the next run writes name to b" });
    expect(told.now.next).toEqual([`syncline run ${told.pair}`]);
    expect(fieldOf(told, "name").now).toMatchObject({
      code: "differs",
      text: "the next run writes it to b: changed in a",
    });
    expect(fieldOf(told, "phone").now.code).toBe("in-step");
  });

  test("a conflict: the case that waits, and what to type", async () => {
    const s = await inStep();
    s.a.edit("thing", s.only("a").id, { name: "Ada King" });
    s.b.edit("thing", s.only("b").id, { name: "Augusta" });
    await s.sweep();
    const [found] = await s.cases();
    const id = found?.id ?? "";

    const told = await explainOnly(s, "name");

    expect(told.now.code).toBe("waits");
    expect(fieldOf(told, "name").now).toEqual({
      code: "waits",
      text: `both sides have moved apart, and the rule leaves it to a person (case ${id})`,
      next: [`syncline cases resolve ${id} --take a`, `syncline cases resolve ${id} --take b`],
    });
    expect(storyOf(told, "name").at(-1)).toBe(`asked: case ${id} (conflict) was opened: a "Ada King", b "Augusta"`);
  });

  test("an answered case: who said what, and that it was acted on", async () => {
    const s = await inStep();
    s.a.edit("thing", s.only("a").id, { name: "Ada King" });
    s.b.edit("thing", s.only("b").id, { name: "Augusta" });
    await s.sweep();
    await s.resolve("conflict", { kind: "take", side: "right" });
    await s.sweep();

    const story = storyOf(await explainOnly(s), "name");

    expect(story).toContainEqual(expect.stringMatching(/^answered: test answered case c\d+: take b$/));
    expect(story).toContainEqual(expect.stringMatching(/^closed: case c\d+ was closed: the answer was acted on$/));
    expect(story).toContain(`written: a:${s.only("a").id} was changed from "Ada King" to "Augusta"`);
  });

  test("the side whose word counts by the rule: the reason is in the words of the file", async () => {
    const s = await inStep({ name: "{ conflict: a }" });
    s.a.edit("thing", s.only("a").id, { name: "Ada King" });
    s.b.edit("thing", s.only("b").id, { name: "Augusta" });
    await s.sweep();

    const told = await explainOnly(s);

    expect(fieldOf(told, "name").says).toBe("two-way; conflict: a");
    expect(storyOf(told, "name").slice(-3)).toEqual([
      'seen: a showed "Ada King"',
      "decided: a wins",
      `written: b:${s.only("b").id} was changed from "Augusta" to "Ada King"`,
    ]);
  });

  test("both sides were given the same value: agreed without a write", async () => {
    const s = await inStep();
    s.a.edit("thing", s.only("a").id, { name: "Ada King" });
    s.b.edit("thing", s.only("b").id, { name: "Ada King" });
    await s.sweep();

    expect(storyOf(await explainOnly(s), "name").at(-1)).toBe(
      'agreed: both sides showed the same, or were made to: agreed without a write: a "Ada King", b "Ada King"',
    );
  });

  test("the receiving side of a one-way rule was edited: the edit stands, and the story says so", async () => {
    const s = await inStep({ fields: "phone: { direction: a -> b }" });
    s.b.edit("thing", s.only("b").id, { phone: "9" });
    const before = await explainOnly(s);
    await s.sweep();

    expect(fieldOf(before, "phone").now).toMatchObject({
      code: "let-stand",
      text: "the edit in b stands: the rule goes from a to b, and its strength is normal",
    });
    const told = await explainOnly(s);
    expect(fieldOf(told, "phone").now.code).toBe("agreed-apart");
    expect(storyOf(told, "phone").at(-1)).toContain('taken as agreed, without a write: a "1", b "9"');
  });

  test("values that are spelt otherwise on each side are equal", async () => {
    const s = await inStep({ email: "{ as: email }" });
    s.b.edit("thing", s.only("b").id, { email: "ADA@example.com" });

    expect(fieldOf(await explainOnly(s), "email").now.code).toBe("in-step");
  });

  test("updates that the mapping does not allow: blocked, and which side", async () => {
    const s = await inStep({ allow: "{ a: [create, update, delete], b: [create] }" });
    s.a.edit("thing", s.only("a").id, { name: "Ada King" });

    const told = await explainOnly(s);

    expect(told.now.code).toBe("blocked");
    expect(fieldOf(told, "name").now.text).toBe("a has moved, but the mapping does not allow updates in b");
  });

  test("a guard withholds its write: which, its case, and how to let it through", async () => {
    const s = await inStep({ pair: "guards: { update: { floor: 0, fraction: 0% }, all_changed: allow }" });
    s.a.edit("thing", s.only("a").id, { name: "Ada King" });
    expect(await s.sweep()).toMatchObject({ outcome: "withheld" });

    const told = await explainOnly(s);

    expect(told.now.code).toBe("withheld");
    expect(fieldOf(told, "name").now).toMatchObject({
      code: "withheld",
      next: [`syncline plan ${told.pair} --sweep --out plan.json`, "syncline apply plan.json"],
    });
  });

  test("a value outside its domain is held", async () => {
    const s = await inStep({ fields: "age: { as: integer }" });
    s.a.edit("thing", s.only("a").id, { age: "old" });
    await s.sweep();

    const told = await explainOnly(s, "age");

    expect(fieldOf(told, "age").now).toMatchObject({
      code: "waits",
      next: ["mend the value in its system, or the mapping"],
    });
  });

  test("a write that its system refuses: quarantined, with what it said", async () => {
    const s = await inStep();
    s.b.faults.push({ method: "PATCH", path: /thing/, answer: 422, times: 9 });
    s.a.edit("thing", s.only("a").id, { name: "Ada King" });
    await s.sweep();

    const told = await explainOnly(s);

    expect(told.now.code).toBe("quarantined");
    expect(told.now.next[0]).toMatch(/^syncline quarantine retry q\d+$/);
    expect(told.timeline.map(({ what }) => what)).toContain("failed");
  });

  test("after a run was taken back: apart since then, with the case", async () => {
    const s = await inStep();
    s.a.edit("thing", s.only("a").id, { name: "Ada King" });
    const { run } = await s.sweep();
    const planned = await s.test.pair.undo(run, { signal: new AbortController().signal, progress: SILENT });
    await s.test.apply(planned);

    const told = await explainOnly(s);

    expect(fieldOf(told, "name").now).toMatchObject({ code: "waits" });
    expect(fieldOf(told, "name").now.text).toContain(`since run ${run} was taken back`);
    expect(storyOf(told, "name")).toContain(`decided: run ${run} taken back`);
  });

  test("its record is gone from a side: what the file says of it", async () => {
    const s = await inStep({ entity: "when_gone: { a: delete, b: delete }" });
    const { id } = s.only("a");
    s.a.table("thing").delete(id);

    const told = await explain(s, "left", id);

    expect(told.now).toMatchObject({ code: "gone" });
    expect(told.now.text).toContain("when_gone: delete");
  });

  test("it is explained by either side's id", async () => {
    const s = await inStep();

    const told = await explain(s, "right", s.only("b").id);

    expect(told).toMatchObject({ side: "right", other: s.only("a").id, now: { code: "in-step" } });
  });

  test("explaining writes nothing, to no system and to no table", async () => {
    const s = await inStep();
    s.a.put("thing", { email: "bob@example.com", name: "Bob" });
    const writes = s.writes();

    for (const row of s.a.table("thing").values()) await explain(s, "left", row.id);

    expect(s.writes()).toBe(writes);
    await s.sweep();
    for (const row of s.a.table("thing").values()) await explain(s, "left", row.id);
    await s.expectQuiet();
  });
});

describe("a record without a link", () => {
  const start = async (said: Said = {}): Promise<Scenario> => {
    const s = await all.start(said);
    await s.sweep();
    return s;
  };

  test("nobody matches it: by what it was looked for, and what the next run does", async () => {
    const s = await start();
    s.a.put("thing", { email: "ada@example.com", name: "Ada" });

    expect((await explainOnly(s)).now).toMatchObject({
      code: "unlinked",
      text: "not linked: nobody in b matches it by email; the next run makes it in b",
    });
  });

  test("nobody matches it, and creates are not allowed", async () => {
    const s = await start({ allow: "{ a: [create, update], b: [update] }" });
    s.a.put("thing", { email: "ada@example.com", name: "Ada" });

    expect((await explainOnly(s)).now.text).toBe(
      "not linked: nobody in b matches it by email, and the mapping does not allow creates in b",
    );
  });

  test("nobody matches it, and a guard withholds creates", async () => {
    const s = await start({ pair: "guards: { create: { floor: 0, fraction: 0% } }" });
    s.a.put("thing", { email: "ada@example.com", name: "Ada" });
    await s.sweep();

    const { now } = await explainOnly(s);

    expect(now.code).toBe("withheld");
    expect(now.text).toContain(
      "nobody in b matches it by email; the next run makes it in b, but the create guard of b",
    );
  });

  test("several match: which, and the case to answer", async () => {
    const s = await start();
    s.a.put("thing", { id: "l1", email: "ada@example.com", name: "Ada" });
    s.b.put("thing", { id: "r1", email: "ada@example.com", name: "Ada" });
    s.b.put("thing", { id: "r2", email: "ada@example.com", name: "Ada" });
    await s.sweep();

    const { now } = await explain(s, "left", "l1");

    expect(now.text).toBe("not linked: several records may belong together by email: b:r1, b:r2");
    expect(now.next[0]).toMatch(/^syncline cases resolve c\d+ --link ID$/);
  });

  test("it has nothing to be matched by", async () => {
    const s = await start();
    s.a.put("thing", { id: "l1", name: "Ada" });
    await s.sweep();

    const { now } = await explain(s, "left", "l1");

    expect(now.code).toBe("quarantined");
    expect(now.text).toContain("no-key");
  });

  test("it is out of scope", async () => {
    const s = await start({ a: "{ object: thing, scope: kind = 'x' }" });
    s.a.put("thing", { id: "l1", email: "ada@example.com", name: "Ada", kind: "y" });

    expect((await explain(s, "left", "l1")).now).toMatchObject({ code: "out-of-scope" });
  });

  test("its link has ended: why, until when it is remembered, and that nothing makes it again", async () => {
    const s = await start({ entity: "when_gone: unlink" });
    s.a.put("thing", { email: "ada@example.com", name: "Ada" });
    await s.sweep();
    s.b.table("thing").clear();
    await s.sweep();

    const { now } = await explainOnly(s);

    expect(now.code).toBe("tombstoned");
    expect(now.text).toMatch(
      /^its link has ended: gone in b\. a:\w+ is still there, and is neither matched nor made again until \d{4}/,
    );
  });

  test("one that nobody knows", async () => {
    const s = await start();

    expect((await explain(s, "left", "nobody")).now).toMatchObject({
      code: "unknown-record",
      text: "a has no thing nobody, and nothing is remembered of one",
    });
  });

  test("one whose system does not answer", async () => {
    const s = await start();
    s.a.put("thing", { id: "l1", email: "ada@example.com", name: "Ada" });
    s.a.faults.push({ method: "GET", path: /thing/, answer: 422, times: 99 });

    expect((await explain(s, "left", "l1")).now).toMatchObject({ code: "unreadable", next: ["syncline doctor"] });
  });
});
