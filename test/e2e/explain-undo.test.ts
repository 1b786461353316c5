// `syncline explain` and `syncline undo` as people type them: a run that was a mistake is understood, taken back, and stays so.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, jest, test } from "@jest/globals";
import { startTestDatabase, type TestDatabase } from "../store/server.ts";
import { endAll } from "./command.ts";
import { LEFT, makeProject, MAPPING, type Project, type ProjectParts } from "./project.ts";

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

async function project(parts: ProjectParts = {}): Promise<Project> {
  const made = await makeProject(parts);
  open.push(made);
  return made;
}

/** Two people on both sides, and a run that carried a new name of the first to `b`. */
async function renamed(made: Project): Promise<string> {
  made.left.put("contact", { email: "ada@example.com", name: "Ada", stage: "lead" });
  made.left.put("contact", { email: "bob@example.com", name: "Bob", stage: "lead" });
  await made.run("run", "ab", "--sweep");
  made.left.edit("contact", "a1", { name: "Ada King" });
  const { json } = await made.json("run", "ab", "--sweep");
  return (json as { run: string }).run;
}

function titleOf(made: Project): unknown {
  return made.right.table("customer").get("b1")?.["attributes"];
}

test("undo plans, apply carries it out, nothing flows back, and one answer settles all that waits", async () => {
  const made = await project();
  const run = await renamed(made);
  expect(titleOf(made)).toMatchObject({ title: "Ada King" });

  const planned = await made.run("undo", run, "--out", "undo.json");
  expect([planned.code, planned.stderr]).toEqual([0, ""]);
  expect(planned.stdout).toContain(`update customer in b b1  (run ${run} taken back)`);
  expect(planned.stdout).toContain('name: "Ada King" -> "Ada"');
  expect(planned.stdout).toContain(`takes back run ${run}; left as they are: none`);
  expect(planned.stdout).toContain("afterwards: updates are put back on the side that was written only");
  expect(titleOf(made)).toMatchObject({ title: "Ada King" });
  expect(JSON.parse(readFileSync(join(made.folder, "undo.json"), "utf8"))).toMatchObject({
    kind: "undo",
    undo: { run },
  });

  const applied = await made.json("apply", "undo.json");
  expect([applied.code, applied.json]).toMatchObject([0, { outcome: "ok", applied: 1, dropped: [] }]);
  expect(titleOf(made)).toMatchObject({ title: "Ada" });
  expect(made.left.table("contact").get("a1")).toMatchObject({ name: "Ada King" });

  const writes = [made.left.writes().length, made.right.writes().length];
  for (const how of [["--sweep"], [], ["--sweep"]]) expect((await made.run("run", "ab", ...how)).code).toBe(0);
  expect([made.left.writes().length, made.right.writes().length]).toEqual(writes);
  const cases = await made.json("cases", "ab");
  expect(cases.json).toMatchObject([
    { kind: "conflict", field: "name", values: { left: "Ada King", right: "Ada", undone: run } },
  ]);
  expect((await made.run("cases", "ab")).stdout).toContain(`syncline cases resolve --undone ${run} --take SIDE`);

  const answered = await made.json("cases", "resolve", "--undone", run, "--take", "a");
  expect([answered.code, answered.json]).toEqual([0, { answered: 1 }]);
  await made.run("run", "ab");
  expect(titleOf(made)).toMatchObject({ title: "Ada King" });
  expect((await made.json("cases", "ab")).json).toEqual([]);
});

test("explain tells how a value came to be, with times, runs and the rule's file and line", async () => {
  const made = await project();
  const run = await renamed(made);

  const told = await made.run("explain", "ab", "customer", "a:a1", "--field", "name");

  const line = MAPPING.split("\n").findIndex((text) => /^\s+name:/.test(text)) + 1;
  expect([told.code, told.stderr]).toEqual([0, ""]);
  expect(told.stdout).toContain("ab customer a:a1 / b:b1  (link ");
  expect(told.stdout).toContain("now: in step: the next run writes nothing");
  expect(told.stdout).toContain(`name  mappings/ab.yaml:${String(line)}  two-way; conflict: `);
  expect(told.stdout).toContain(`b:b1 was changed from "Ada" to "Ada King"  (${run})`);
  const { json, code } = await made.json("explain", "ab", "customer", "b:b1", "--field", "name");
  expect(code).toBe(0);
  expect(json).toMatchObject({
    pair: "ab",
    entity: "customer",
    side: "b",
    record: "b1",
    other: "a1",
    link: { state: "live" },
    now: { code: "in-step", next: [] },
    fields: [
      {
        field: "name",
        rule: { file: "mappings/ab.yaml", line },
        sides: { a: { shows: "Ada King", agreed: "Ada King" }, b: { shows: "Ada King", agreed: "Ada King" } },
        timeline: expect.arrayContaining([
          expect.objectContaining({ what: "seen", side: "a", value: "Ada King", run }),
          expect.objectContaining({ what: "decided", run, rule: `mappings/ab.yaml:${String(line)}` }),
          expect.objectContaining({ what: "written", side: "b", from: "Ada", to: "Ada King", run }),
        ]),
      },
    ],
  });
});

test("a record that is not there, an unlinked one, and names that nobody has each get an answer that helps", async () => {
  const made = await project();
  await renamed(made);
  made.left.put("contact", { email: "cyd@example.com", name: "Cyd", stage: "lead" });

  const nobody = await made.run("explain", "ab", "customer", "a:nobody");
  expect(nobody.stdout).toContain("now: a has no customer nobody, and nothing is remembered of one");
  expect(nobody.stdout).not.toContain("mappings/ab.yaml");
  expect((await made.run("explain", "ab", "customer", "a:a3")).stdout).toContain(
    "now: not linked: nobody in b matches it",
  );
  const wrong: readonly (readonly [readonly string[], string])[] = [
    [["explain", "ab", "costumer", "a:a1"], 'did you mean "customer"?'],
    [["explain", "ab", "customer", "a:a1", "--field", "nam"], 'did you mean "name"?'],
    [["explain", "ab", "customer", "a1"], "is not SIDE:ID"],
    [["undo", "r_nobody"], 'there is no run "r_nobody"'],
    [["cases", "resolve"], "--undone RUN"],
    [["cases", "resolve", "--undone", "r_nobody", "--take", "a"], "no case waits since run r_nobody"],
  ];
  for (const [args, hint] of wrong) {
    const refused = await made.run(...args);
    expect([args, refused.code, refused.stderr]).toEqual([args, 2, expect.stringContaining(hint)]);
  }
});

test("a plan to undo that was edited is refused, and a secret that stands in a value is struck out of what explain shows", async () => {
  const secret = "s3cret-0123456789";
  const left = LEFT.replace("settings: {", "secrets: { key: {} }\nsettings: {");
  const made = await project({ left, env: { SHOP_KEY: secret } });
  made.write(
    "config/syncline.yaml",
    readFileSync(join(made.folder, "config/syncline.yaml"), "utf8").replace(
      "connector: left",
      "connector: left\n    secrets: { key: { env: SHOP_KEY } }",
    ),
  );
  made.left.put("contact", { email: "ada@example.com", name: secret, stage: "lead" });
  const { json } = await made.json("run", "ab", "--sweep");
  const { run } = json as { run: string };

  const told = [
    await made.run("explain", "ab", "customer", "a:a1"),
    await made.run("explain", "ab", "customer", "a:a1", "--json"),
  ];
  for (const { stdout, code } of told) {
    expect(code).toBe(0);
    expect(stdout).toContain("[redacted]");
    expect(stdout).not.toContain(secret);
  }

  await made.run("undo", run, "--out", "undo.json");
  const text = readFileSync(join(made.folder, "undo.json"), "utf8");
  made.write("undo.json", text.replaceAll(run, "r_00000000000000000000000000"));
  expect(await made.run("apply", "undo.json")).toMatchObject({ code: 2 });
});
