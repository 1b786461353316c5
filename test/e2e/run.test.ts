// `syncline run` between two plain REST servers, with files written as the formats' page writes them: what it does, what it prints
// and how it exits. Each test is a project of its own and every command a process of its own.

import { afterAll, afterEach, beforeAll, expect, jest, test } from "@jest/globals";
import { startTestDatabase, type TestDatabase } from "../store/server.ts";
import { endAll } from "./command.ts";
import { makeProject, type Project, type ProjectParts } from "./project.ts";

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

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const NOTHING = { create: 0, update: 0, delete: 0 };

function people(made: Project, count: number): void {
  for (let index = 1; index <= count; index += 1) {
    made.left.put("contact", {
      email: `P${String(index)}@Example.com`,
      name: `Person ${String(index)}`,
      stage: index % 2 === 0 ? "lead" : "customer",
    });
  }
}

test("a first sweep links who is there on both sides, creates who is not, and prints the report of the spec to the key", async () => {
  const made = await project();
  people(made, 4);
  made.right.put("customer", {
    mail: "p1@example.com",
    attributes: { title: "Person 1", segment: "active", open_balance: 19.9, colour: "red" },
    note: "untouched",
  });

  const first = await made.json("run", "ab", "--sweep");

  expect(first.stderr).toBe("");
  expect(first.code).toBe(0);
  expect(first.json).toEqual({
    pair: "ab",
    run: expect.stringMatching(/^r_[0-9A-Z]{26}$/),
    outcome: "ok",
    reason: null,
    message: null,
    entities: {
      customer: {
        read: { a: 4, b: 1 },
        situations: { matched: 1, "new-left": 3 },
        effects: { a: { create: 0, update: 1, delete: 0 }, b: { create: 3, update: 0, delete: 0 } },
        withheld: [],
        blocked: 0,
        cases: 0,
        parked: 0,
        quarantined: 0,
      },
    },
    calls: { a: { "200": expect.any(Number) }, b: { "200": expect.any(Number), "201": 3 } },
    seconds: expect.any(Number),
  });
  expect([...made.right.table("customer").values()].map((row) => [row["mail"], row["attributes"]])).toEqual([
    ["p1@example.com", { title: "Person 1", segment: "active", open_balance: 19.9, colour: "red" }],
    ["p2@example.com", { title: "Person 2", segment: "prospect" }],
    ["p3@example.com", { title: "Person 3", segment: "active" }],
    ["p4@example.com", { title: "Person 4", segment: "prospect" }],
  ]);
  expect(made.left.table("contact").get("a1")).toMatchObject({
    email: "P1@Example.com",
    name: "Person 1",
    balance: 19.9,
  });
});

test("promise 2: a second sweep and a run after it write nothing; status and links tell what there is", async () => {
  const made = await project();
  people(made, 3);
  await made.run("run", "ab", "--sweep");
  const before = [made.left.writes().length, made.right.writes().length];

  const sweep = await made.json("run", "ab", "--sweep");
  const changes = await made.json("run", "ab");

  for (const again of [sweep, changes]) {
    expect(again.code).toBe(0);
    expect(again.json).toMatchObject({
      outcome: "ok",
      entities: { customer: { situations: { "in-sync": 3 }, effects: { a: NOTHING, b: NOTHING } } },
    });
  }
  expect([made.left.writes().length, made.right.writes().length]).toEqual(before);
  const links = await made.json("links", "ab");
  expect(links.json).toEqual(
    ["1", "2", "3"].map((id) => ({ entity: "customer", left: `a${id}`, right: `b${id}`, state: "live" })),
  );
  const one = await made.json("links", "ab", "--entity", "customer", "b:b2");
  expect(one.json).toEqual([{ entity: "customer", left: "a2", right: "b2", state: "live" }]);
  const status = await made.json("status", "ab");
  expect(status.json).toEqual([
    expect.objectContaining({
      pair: "ab",
      state: "active",
      lastRun: { run: expect.stringMatching(/^r_/), outcome: "ok", reason: null, ended: expect.stringMatching(ISO) },
      cases: 0,
      quarantine: 0,
      backlog: 0,
    }),
  ]);
});

test("an edit of either side shows on the other, field by field, and what no rule names is left alone", async () => {
  const made = await project();
  people(made, 2);
  await made.run("run", "ab", "--sweep");
  made.right.edit("customer", "b2", { extra: { kept: true } });
  made.left.edit("contact", "a1", { name: "Ada" });
  made.right.edit("customer", "b2", { attributes: { title: "Person 2", segment: "active", open_balance: 7.5 } });

  const run = await made.json("run", "ab");

  expect(run.code).toBe(0);
  expect(run.json).toMatchObject({
    entities: {
      customer: {
        situations: { "changed-left": 1, "changed-right": 1 },
        effects: { a: { update: 1 }, b: { update: 1 } },
      },
    },
  });
  expect(made.left.writes().at(-1)).toMatchObject({
    method: "PATCH",
    path: "/contact/a2",
    body: { stage: "customer", balance: 7.5 },
  });
  expect(made.right.table("customer").get("b1")).toMatchObject({ attributes: { title: "Ada", segment: "active" } });
  expect(made.right.table("customer").get("b2")).toMatchObject({ extra: { kept: true } });
});

test("when_gone: the counterpart of a deleted record is deleted or let go, as the file says, and nobody comes back", async () => {
  const made = await project();
  people(made, 3);
  await made.run("run", "ab", "--sweep");
  made.left.table("contact").delete("a1");
  made.right.table("customer").delete("b2");

  const run = await made.json("run", "ab", "--sweep");
  const after = await made.json("run", "ab", "--sweep");

  expect(run.json).toMatchObject({
    outcome: "ok",
    entities: {
      customer: {
        situations: { "gone-left": 1, "gone-right": 1, "in-sync": 1 },
        effects: { a: NOTHING, b: { delete: 1 } },
      },
    },
  });
  expect(after.json).toMatchObject({ entities: { customer: { effects: { a: NOTHING, b: NOTHING } } } });
  expect([...made.left.table("contact").keys(), ...made.right.table("customer").keys()]).toEqual(["a2", "a3", "b3"]);
  const links = await made.json("links", "ab");
  expect(links.json).toEqual(
    expect.arrayContaining([{ entity: "customer", left: "a2", right: "b2", state: "tombstone" }]),
  );
});

test("withheld by a guard: exit 4 and nothing of that class is done; an approved plan does exactly that", async () => {
  const made = await project();
  people(made, 12);

  const run = await made.json("run", "ab", "--sweep");

  expect(run.code).toBe(4);
  expect(run.json).toMatchObject({
    outcome: "withheld",
    entities: { customer: { withheld: [{ side: "b", op: "create", count: 12, limit: 10 }], effects: { b: NOTHING } } },
  });
  expect(made.right.writes()).toEqual([]);
  const cases = await made.json("cases", "ab");
  expect(cases.json).toEqual([expect.objectContaining({ pair: "ab", kind: "guard" })]);

  const plan = await made.json("plan", "ab", "--sweep", "--out", "plan.json");
  expect(plan.code).toBe(0);
  expect(plan.json).toMatchObject({
    pair: "ab",
    hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    created: expect.stringMatching(ISO),
  });
  expect(made.right.writes()).toEqual([]);

  const apply = await made.json("apply", "plan.json");
  expect(apply.code).toBe(0);
  expect(apply.json).toMatchObject({ pair: "ab", outcome: "ok", applied: 12, dropped: [] });
  expect(made.right.table("customer").size).toBe(12);

  const again = await made.json("apply", "plan.json");
  expect(again.json).toMatchObject({ applied: 0 });
  const after = await made.json("run", "ab", "--sweep");
  expect(after.code).toBe(0);
  expect(made.right.table("customer").size).toBe(12);
  const closed = await made.json("cases");
  expect(closed.json).toEqual([]);
});

test("plan tells before, after and why, says with --exit-code whether there is something to do, and writes nothing", async () => {
  const made = await project();
  people(made, 2);
  await made.run("run", "ab", "--sweep");
  const nothing = await made.json("plan", "ab", "--sweep", "--exit-code");
  made.left.edit("contact", "a1", { name: "Ada" });
  const before = made.right.writes().length;

  const something = await made.json("plan", "ab", "--exit-code");
  const human = await made.run("plan", "ab");

  expect(nothing.code).toBe(0);
  expect(nothing.json).toMatchObject({ actions: [] });
  expect(something.code).toBe(4);
  expect(something.json).toMatchObject({
    actions: [
      {
        entity: "customer",
        situation: "changed-left",
        left: "a1",
        right: "b1",
        writes: [{ side: "b", op: "update", id: "b1", fields: [{ field: "name", before: "Person 1", after: "Ada" }] }],
      },
    ],
  });
  expect(human.code).toBe(0);
  expect(human.stdout).toContain('"Person 1" -> "Ada"');
  expect(made.right.writes()).toHaveLength(before);
});

test("an action whose record has moved since the plan is dropped and told", async () => {
  const made = await project();
  people(made, 2);
  await made.run("run", "ab", "--sweep");
  made.left.edit("contact", "a1", { name: "Ada" });
  made.left.edit("contact", "a2", { name: "Grace" });
  await made.run("plan", "ab", "--out", "plan.json");
  made.left.edit("contact", "a2", { name: "Joan" });

  const apply = await made.json("apply", "plan.json");

  expect(apply.json).toMatchObject({ applied: 1, dropped: [expect.any(String)] });
  expect(made.right.table("customer").get("b1")).toMatchObject({ attributes: { title: "Ada" } });
  expect(made.right.table("customer").get("b2")).toMatchObject({ attributes: { title: "Person 2" } });
});
