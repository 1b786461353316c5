// Expressions that would hang or fill a program, in a real daemon: their own field of their own record waits with a clear error, all
// else goes on. What can be told from the text alone is refused before anything runs. And a person's value is held against the mapping.

import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { startTestDatabase, type TestDatabase } from "../store/server.ts";
import { endAll, type Running } from "./command.ts";
import { eventually } from "./eventually.ts";
import { makeProject, MAPPING, type Project } from "./project.ts";

jest.setTimeout(240_000);

let server: TestDatabase;
const open: Project[] = [];

beforeAll(async () => {
  server = await startTestDatabase();
});
afterEach(async () => {
  endAll();
  for (const project of open.splice(0)) await project.close();
});
afterAll(() => server.stop());

async function project(mapping: string): Promise<Project> {
  const made = await makeProject({ mapping });
  open.push(made);
  return made;
}

async function daemon(made: Project): Promise<{ readonly process: Running; readonly admin: string }> {
  const process = made.start("start");
  await process.says('"message":"started"');
  const line = process
    .stderr()
    .split("\n")
    .find((each) => each.includes('"message":"started"'));
  return { process, admin: (JSON.parse(line ?? "{}") as { admin: string }).admin };
}

const nameRule = (read: string): string =>
  MAPPING.replace("name:  { a: name, b: title }", `name:  { a: { read: '${read}' }, b: title, direction: a -> b }`);

const THOUSAND = "[1..1000]";
const ENDLESS = `$map(${THOUSAND}, function($a) { $map(${THOUSAND}, function($b) { $map(${THOUSAND}, function($c) { $a + $b + $c }) }) })`;
/** 100 MB of text. */
const HUGE = '$reduce([1..25], function($a, $b) { $a & $a }, "abc")';

test("a record whose expression hangs or grows without end waits alone, with its error; the daemon syncs the others meanwhile", async () => {
  const read = `name = "hang" ? $string(${ENDLESS}) : name = "huge" ? ${HUGE} : $contains(name, /(a+)+$/) ? "many a" : name`;
  const made = await project(`${nameRule(read).replace("every 2m", "every 1s")}guards: off\n`);
  const names = ["Bob", "hang", "huge", `${"a".repeat(50_000)}!`, "Grace"];
  for (const [index, name] of names.entries())
    made.left.put("contact", { email: `p${String(index + 1)}@example.com`, name, stage: "lead" });
  const up = await daemon(made);
  let refused = 0;
  const beat = setInterval(() => {
    fetch(new URL("/healthz", up.admin)).then(
      (answer) => (refused += answer.ok ? 0 : 1),
      () => (refused += 1),
    );
  }, 50);

  const byMail = (mail: string) => [...made.right.table("customer").values()].find((row) => row["mail"] === mail);
  const titleOf = (mail: string) => (byMail(mail)?.["attributes"] as { title?: unknown } | undefined)?.title;
  await eventually("all five are on the other side", () => made.right.table("customer").size === 5);
  made.left.edit("contact", "a5", { name: "Grace Hopper" });
  await eventually("an edit of another record flows", () => titleOf("p5@example.com") === "Grace Hopper");
  clearInterval(beat);
  const cases = (await made.json("cases", "ab")).json;

  expect(titleOf("p1@example.com")).toBe("Bob");
  expect([titleOf("p2@example.com"), titleOf("p3@example.com")]).toEqual([undefined, undefined]);
  expect(titleOf("p4@example.com")).toBe(names[3]);
  expect(refused).toBe(0);
  expect(cases).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ kind: "value-rejected", field: "name", left: "a2" }),
      expect.objectContaining({ kind: "value-rejected", field: "name", left: "a3" }),
    ]),
  );
  expect(JSON.stringify(cases)).toContain("E_EXPR_TIMEOUT");
  expect(JSON.stringify(cases)).toContain("E_EXPR_RESOURCE");
  up.process.send("SIGTERM");
  expect((await up.process.ended).code).toBe(143);
});

describe("what the text alone tells is refused by check, at its place", () => {
  test.each([
    ["a text padded to 200 million", '$pad("a", 2e8)', "E_EXPR_FORBIDDEN"],
    ["a width that comes from the record", "$pad(name, width)", "E_EXPR_FORBIDDEN"],
    ["recursion", "( $f := function($n) { $f($n + 1) }; $f(1) )", "E_EXPR_FORBIDDEN"],
    ["$eval", "$eval(name)", "E_EXPR_FORBIDDEN"],
    ["chance", "$random()", "E_EXPR_FORBIDDEN"],
    ["the clock", "$now()", "E_EXPR_FORBIDDEN"],
    ["a reference to a group", "$contains(name, /(a)\\1/)", "E_REGEX_UNSAFE"],
    ["an error of syntax", "$uppercase(name", "E_EXPR_SYNTAX"],
  ])("%s", async (_what, read, code) => {
    const made = await project(nameRule(read));

    const { code: exit, json } = await made.json("check", "ab");

    expect(exit).toBe(2);
    const line =
      nameRule(read)
        .split("\n")
        .findIndex((each) => each.includes("name:  {")) + 1;
    expect(json).toMatchObject({
      problems: expect.arrayContaining([
        expect.objectContaining({ code, file: expect.stringMatching(/mappings\/.*\.yaml$/), line }),
      ]),
    });
  });
});

test("over HTTP, too, a value that a side cannot hold is refused at once: 422 with the reason", async () => {
  const made = await project(`${MAPPING.replace("every 2m", "every 1h")}guards: off\n`);
  made.left.put("contact", { email: "p1@example.com", name: "One", stage: "lead" });
  made.right.put("customer", { mail: "p1@example.com", attributes: { title: "One", segment: "prospect" } });
  await made.run("run", "ab", "--sweep");
  made.left.edit("contact", "a1", { email: "ada@example.com" });
  made.right.edit("customer", "b1", { mail: "grace@example.com" });
  await made.run("run", "ab");
  const [about] = (await made.json("cases", "ab")).json as readonly { readonly id: string }[];
  const up = await daemon(made);
  const resolve = (value: unknown) =>
    fetch(new URL(`/v1/cases/${about?.id ?? ""}:resolve`, up.admin), {
      method: "POST",
      headers: { "content-type": "application/json", "x-syncline": "1" },
      body: JSON.stringify({ value }),
    });

  const wrong = await resolve("nobody");
  const right = await resolve("alan@example.com");

  expect(wrong.status).toBe(422);
  expect(await wrong.text()).toContain("email: ");
  expect(right.status).toBe(200);
  up.process.send("SIGTERM");
  await up.process.ended;
});
