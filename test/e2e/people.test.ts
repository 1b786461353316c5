// What waits for a person, and a person's answers, on the command line: every form of `cases resolve`, and links by hand.

import { afterAll, afterEach, beforeAll, expect, jest, test } from "@jest/globals";
import { startTestDatabase, type TestDatabase } from "../store/server.ts";
import { endAll } from "./command.ts";
import { makeProject, MAPPING, type Project, type ProjectParts } from "./project.ts";

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

/** With `count` people that are linked and agree. */
async function linkedProject(count: number, parts: ProjectParts = {}): Promise<Project> {
  const made = await makeProject(parts);
  open.push(made);
  for (let index = 1; index <= count; index += 1) {
    made.left.put("contact", {
      email: `p${String(index)}@example.com`,
      name: `Person ${String(index)}`,
      stage: "lead",
    });
    made.right.put("customer", {
      mail: `p${String(index)}@example.com`,
      attributes: { title: `Person ${String(index)}`, segment: "prospect" },
    });
  }
  await made.run("run", "ab", "--sweep");
  return made;
}

interface ShownCase {
  readonly id: string;
  readonly field: string | null;
  readonly left: string | null;
  readonly right: string | null;
}

async function casesOf(made: Project): Promise<readonly ShownCase[]> {
  const { json } = await made.json("cases", "ab");
  if (!Array.isArray(json)) throw new Error(`not a list: ${JSON.stringify(json)}`);
  return json as ShownCase[];
}

function idAbout(cases: readonly ShownCase[], left: string): string {
  const found = cases.find((each) => each.left === left);
  if (found === undefined) throw new Error(`no case about ${left}: ${JSON.stringify(cases)}`);
  return found.id;
}

test("a conflict waits with both values; --take, --value and --dismiss answer it, and making the sides agree closes it", async () => {
  const made = await linkedProject(5);
  for (const id of ["1", "2", "3", "4", "5"]) {
    made.left.edit("contact", `a${id}`, { name: `Left ${id}`, stage: "customer" });
    made.right.edit("customer", `b${id}`, { attributes: { title: `Right ${id}`, segment: "prospect" } });
  }

  const run = await made.json("run", "ab");

  expect(run).toMatchObject({
    code: 0,
    json: {
      outcome: "ok",
      entities: { customer: { cases: 5, situations: { conflict: 5 }, effects: { b: { update: 5 } } } },
    },
  });
  const cases = await casesOf(made);
  expect(cases).toHaveLength(5);
  expect(cases.find((each) => each.left === "a1")).toEqual({
    id: expect.any(String),
    pair: "ab",
    entity: "customer",
    kind: "conflict",
    left: "a1",
    right: "b1",
    field: "name",
    values: { left: "Left 1", right: "Right 1" },
    since: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    answered: false,
  });
  made.left.edit("contact", "a5", { name: "Right 5" });
  const answers = [
    await made.json("cases", "resolve", idAbout(cases, "a1"), "--take", "a"),
    await made.json("cases", "resolve", idAbout(cases, "a2"), "--take", "b"),
    await made.json("cases", "resolve", idAbout(cases, "a3"), "--value", '"Neither"'),
    await made.json("cases", "resolve", idAbout(cases, "a4"), "--dismiss"),
  ];
  for (const answer of answers) expect(answer).toMatchObject({ code: 0, json: { kind: "conflict", answered: true } });

  const settled = await made.json("run", "ab");
  const quiet = await made.json("run", "ab", "--sweep");

  expect(settled.code).toBe(0);
  const names = [...made.left.table("contact").values()].map((row) => row["name"]);
  const titles = [...made.right.table("customer").values()].map(
    (row) => (row["attributes"] as { title: string }).title,
  );
  expect(names).toEqual(["Left 1", "Right 2", "Neither", "Left 4", "Right 5"]);
  expect(titles).toEqual(["Left 1", "Right 2", "Neither", "Right 4", "Right 5"]);
  expect(quiet.json).toMatchObject({
    entities: { customer: { cases: 0, effects: { a: { update: 0 }, b: { update: 0 } } } },
  });
});

test("a value that a side cannot hold is refused at once with the reason, and the case stays open for a better one", async () => {
  const made = await linkedProject(1);
  made.left.edit("contact", "a1", { email: "ada@example.com" });
  made.right.edit("customer", "b1", { mail: "grace@example.com" });
  await made.run("run", "ab");
  const cases = await casesOf(made);
  const about = cases.find(({ field }) => field === "email");

  const wrong = await made.run("cases", "resolve", about?.id ?? "", "--value", '"nobody"');
  const still = await casesOf(made);
  const right = await made.run("cases", "resolve", about?.id ?? "", "--value", '"alan@example.com"');
  await made.run("run", "ab");

  expect(about).toBeDefined();
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toContain("--value cannot be taken: email:");
  expect(still).toContainEqual(expect.objectContaining({ field: "email", answered: false }));
  expect(right.code).toBe(0);
  expect(made.left.table("contact").get("a1")?.["email"]).toBe("alan@example.com");
  expect(made.right.table("customer").get("b1")?.["mail"]).toBe("alan@example.com");
});

test("who could be one of several is not guessed: --link names the partner; a case that is closed cannot be answered again", async () => {
  const made = await linkedProject(1);
  made.left.put("contact", { id: "a-new", email: "twin@example.com", name: "Twin", stage: "lead" });
  made.right.put("customer", {
    id: "b-one",
    mail: "twin@example.com",
    attributes: { title: "Twin", segment: "prospect" },
  });
  made.right.put("customer", {
    id: "b-two",
    mail: "twin@example.com",
    attributes: { title: "Twin", segment: "prospect" },
  });
  const run = await made.json("run", "ab", "--sweep");
  expect(run.json).toMatchObject({
    outcome: "ok",
    entities: { customer: { cases: 1, effects: { a: { create: 0 }, b: { create: 0 } } } },
  });
  const [waiting] = await casesOf(made);
  if (waiting === undefined) throw new Error("no case");
  expect(waiting).toMatchObject({ kind: "ambiguous" });

  const none = await made.run("cases", "resolve", waiting.id);
  const both = await made.run("cases", "resolve", waiting.id, "--dismiss", "--link", "b-two");
  const linked = await made.json("cases", "resolve", waiting.id, "--link", waiting.left === null ? "a-new" : "b-two");

  expect([none.code, both.code, linked.code]).toEqual([2, 2, 0]);
  expect((await made.run("run", "ab", "--sweep")).code).toBe(0);
  const links = await made.json("links", "ab");
  expect(links.json).toContainEqual({
    entity: "customer",
    left: "a-new",
    right: waiting.left === null ? waiting.right : "b-two",
    state: "live",
  });
  const late = await made.run("cases", "resolve", waiting.id, "--dismiss");
  expect(late.code).not.toBe(0);
  expect(made.left.table("contact").size).toBe(2);
});

test("a record that is gone and waits for a person: its word is followed, or it is brought back, or let go", async () => {
  const made = await linkedProject(4, {
    mapping: MAPPING.replace("when_gone: { a: delete, b: unlink }", "when_gone: review"),
  });
  for (const id of ["a1", "a2", "a3"]) made.left.table("contact").delete(id);
  await made.run("run", "ab", "--sweep");
  const cases = await casesOf(made);
  expect(cases.map((each) => `${String(each.left)} ${String(each.right)}`).toSorted()).toEqual([
    "a1 b1",
    "a2 b2",
    "a3 b3",
  ]);
  expect(cases[0]).toMatchObject({ kind: "gone", field: null });

  await made.json("cases", "resolve", idAbout(cases, "a1"), "--take", "a");
  await made.json("cases", "resolve", idAbout(cases, "a2"), "--take", "b");
  await made.json("cases", "resolve", idAbout(cases, "a3"), "--dismiss");
  const run = await made.json("run", "ab", "--sweep");

  expect(run).toMatchObject({
    code: 0,
    json: { entities: { customer: { cases: 0, effects: { a: { create: 1 }, b: { delete: 1 } } } } },
  });
  expect([...made.right.table("customer").keys()]).toEqual(["b2", "b3", "b4"]);
  expect([...made.left.table("contact").values()].map((row) => String(row["email"])).toSorted()).toEqual([
    "p2@example.com",
    "p4@example.com",
  ]);
});

test("links are added and removed by hand; what is parted stays parted", async () => {
  const made = await linkedProject(2);
  made.left.put("contact", { id: "a-other", email: "home@example.com", name: "Grace", stage: "lead" });
  made.right.put("customer", {
    id: "b-other",
    mail: "work@example.com",
    attributes: { title: "Grace", segment: "prospect" },
  });

  const added = await made.json("links", "add", "ab", "customer", "a-other", "b-other");
  const taken = await made.run("links", "add", "ab", "customer", "a-other", "b1");
  const removed = await made.json("links", "remove", "ab", "customer", "a1", "b1");
  const missing = await made.run("links", "remove", "ab", "customer", "a1", "b2");
  const run = await made.json("run", "ab", "--sweep");

  expect(added).toMatchObject({
    code: 0,
    json: { entity: "customer", left: "a-other", right: "b-other", state: "live" },
  });
  expect(removed).toMatchObject({ code: 0, json: { state: "tombstone" } });
  expect(taken.code).not.toBe(0);
  expect(missing.code).not.toBe(0);
  expect(run).toMatchObject({
    code: 0,
    json: { entities: { customer: { effects: { a: { create: 0 }, b: { create: 0 } } } } },
  });
  const links = await made.json("links", "ab");
  expect(links.json).toEqual(
    expect.arrayContaining([
      { entity: "customer", left: "a-other", right: "b-other", state: "live" },
      { entity: "customer", left: "a1", right: "b1", state: "tombstone" },
    ]),
  );
});
