// Systems that can less, or say things differently: no `get`, no `changes`, no `find`, no `delete`, archived instead of gone,
// numbers as ids.

import { describe, expect, test } from "@jest/globals";
import { plainConnector } from "./pair.ts";
import { scenarios, type Said, type Scenario } from "./scenario.ts";

const all = scenarios();

/** The usual connector without the lines of these operations. */
function without(...operations: readonly string[]): string {
  const lines = plainConnector("right", ["thing"], { find: "email" }).replace(", verify: find", "").split("\n");
  return lines.filter((line) => !operations.some((operation) => line.startsWith(`    ${operation}:`))).join("\n");
}

async function lifeOf(said: Said): Promise<Scenario> {
  const s = await all.start({ ...said, entity: `when_gone: { a: delete, b: delete }\n${said.entity ?? ""}` });
  s.a.put("thing", { email: "ada@example.com", name: "Ada" });
  s.a.put("thing", { email: "bob@example.com", name: "Bob" });
  s.b.put("thing", { email: "bob@example.com", name: "Bob" });
  s.b.put("thing", { email: "eve@example.com", name: "Eve" });
  await s.sweep();
  return s;
}

const names = (s: Scenario, side: "a" | "b"): readonly string[] =>
  [...s[side].table("thing").values()].map((row) => String(row["name"])).toSorted();
const idOf = (s: Scenario, side: "a" | "b", name: string): string =>
  [...s[side].table("thing").values()].find((row) => row["name"] === name)?.id ?? "";

describe("a connector", () => {
  test.each([
    ["with everything", []],
    ["without get", ["get"]],
    ["without changes", ["changes"]],
    ["without find", ["find"]],
    ["without get, changes and find", ["get", "changes", "find"]],
  ] as const)("%s: created, edited both ways, deleted, quiet", async (_what, operations) => {
    const s = await lifeOf({ rightConnector: without(...operations) });
    const three = ["Ada", "Bob", "Eve"];
    expect([names(s, "a"), names(s, "b")]).toEqual([three, three]);
    await s.expectQuiet();

    s.a.edit("thing", idOf(s, "a", "Ada"), { name: "Countess" });
    s.b.edit("thing", idOf(s, "b", "Bob"), { name: "Robert" });
    await s.changes();
    expect([names(s, "a"), names(s, "b")]).toEqual([
      ["Countess", "Eve", "Robert"],
      ["Countess", "Eve", "Robert"],
    ]);
    s.b.put("thing", { email: "new@example.com", name: "New" });
    s.a.put("thing", { email: "newer@example.com", name: "Newer" });
    await s.changes();
    expect([names(s, "a").length, names(s, "b").length]).toEqual([5, 5]);

    s.b.table("thing").delete(idOf(s, "b", "Eve"));
    s.a.table("thing").delete(idOf(s, "a", "Robert"));
    await s.sweep();
    expect([names(s, "a"), names(s, "b")]).toEqual([
      ["Countess", "New", "Newer"],
      ["Countess", "New", "Newer"],
    ]);
    await s.expectQuiet();
  });

  test("without delete: the deletion cannot be carried out and nothing else is done instead", async () => {
    const s = await lifeOf({ rightConnector: without("delete") });
    s.a.table("thing").delete(idOf(s, "a", "Bob"));

    await s.sweep();
    await s.sweep();

    expect([names(s, "a"), names(s, "b")]).toEqual([
      ["Ada", "Eve"],
      ["Ada", "Bob", "Eve"],
    ]);
    await s.expectQuiet();
  });

  test("that flags deleted records: a flagged one counts as gone, and an unlinked one is nobody", async () => {
    const s = await lifeOf({
      leftConnector: plainConnector("left", ["thing"], { find: "email" }).replace(
        "    modified: updatedAt\n",
        "    modified: updatedAt\n    deleted: archived\n",
      ),
    });
    s.a.put("thing", { email: "old@example.com", name: "Old", archived: true });
    s.a.edit("thing", idOf(s, "a", "Ada"), { archived: true });

    await s.sweep();

    expect(names(s, "b")).toEqual(["Bob", "Eve"]);
    await s.expectQuiet();
  });

  test("whose ids are numbers: linked, matched by a stored id, and told as texts", async () => {
    const s = await all.start({ match: "match:\n      - { a: billing_id, b: id }\n      - [email]" });
    s.a.normalise = (_object, row) => ({ ...row, id: Number(row.id.replace("l", "")) as never });
    s.b.normalise = (_object, row) => ({ ...row, id: Number(row.id.replace("r", "")) as never });
    const right = s.b.put("thing", { id: "7", email: "new@example.com", name: "Ada" });
    s.a.put("thing", { id: "5", email: "new@example.com", name: "Ada", billing_id: right.id });

    await s.sweep();

    expect(await s.links()).toEqual([["5", "7", "live"]]);
    expect(s.writes()).toBe(0);
  });
});
