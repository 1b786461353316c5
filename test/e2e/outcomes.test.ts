// How a run ends other than well, and how that is told: outcome, reason and exit code, one project and one process each.

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

test("a record that is refused is quarantined alone: partial, exit 1; it can be tried again", async () => {
  const made = await project();
  people(made, 3);
  made.right.faults.push({ method: "POST", path: /^\/customer$/, answer: 422, times: 1 });

  const run = await made.json("run", "ab", "--sweep");

  expect(run.code).toBe(1);
  expect(run.json).toMatchObject({
    outcome: "partial",
    entities: { customer: { quarantined: 1, effects: { b: { create: 2 } } } },
  });
  const quarantine = await made.json("quarantine", "ab");
  expect(quarantine.json).toEqual([
    {
      id: expect.any(String),
      pair: "ab",
      entity: "customer",
      side: expect.stringMatching(/^[ab]$/),
      record: expect.stringMatching(/^a\d$/),
      code: expect.any(String),
      message: expect.any(String),
      attempts: 1,
      // It is tried again by itself some minutes later.
      next: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    },
  ]);
  const retry = await made.json("quarantine", "retry", "--all");
  expect(retry).toMatchObject({ code: 0, json: { retried: 1 } });
  const after = await made.json("run", "ab");
  expect(after.code).toBe(0);
  expect(made.right.table("customer").size).toBe(3);
  const empty = await made.json("quarantine");
  expect(empty.json).toEqual([]);
});

test("a side that had records and lists none halts the run: empty-side, exit 4, nothing is deleted", async () => {
  const made = await project();
  people(made, 3);
  await made.run("run", "ab", "--sweep");
  made.left.table("contact").clear();

  const run = await made.json("run", "ab", "--sweep");

  expect(run.code).toBe(4);
  expect(run.json).toMatchObject({ outcome: "halted", reason: "empty-side" });
  expect(made.right.table("customer").size).toBe(3);
});

test("a listing that disagrees with the source's own count halts the run: listing-incomplete, exit 3", async () => {
  const made = await project();
  people(made, 3);
  await made.run("run", "ab", "--sweep");
  made.left.faults.push({
    method: "GET",
    path: /^\/contact$/,
    answer: ({ status, body }) => ({ status, body: { ...(body as object), total: 5 } }),
    times: 100,
  });

  const run = await made.json("run", "ab", "--sweep");

  expect(run.code).toBe(3);
  expect(run.json).toMatchObject({ outcome: "halted", reason: "listing-incomplete" });
});

test("credentials that are refused fail the run: auth, exit 1, and nothing is written on either side", async () => {
  const made = await project();
  people(made, 2);
  made.right.put("customer", { mail: "x@example.com", attributes: { title: "X", segment: "active" } });
  made.left.faults.push({ method: "GET", path: /./, answer: 401, times: 100 });

  const run = await made.json("run", "ab", "--sweep");

  expect(run.code).toBe(1);
  expect(run.json).toMatchObject({ outcome: "failed", reason: "auth" });
  expect([...made.left.writes(), ...made.right.writes()]).toEqual([]);
});

test("a system that does not answer halts the run: unreachable, exit 3", async () => {
  const made = await project();
  people(made, 2);
  await made.run("run", "ab", "--sweep");
  await made.right.close();

  const run = await made.json("run", "ab", "--sweep");

  expect(run.code).toBe(3);
  expect(run.json).toMatchObject({ outcome: "halted", reason: "unreachable" });
});

test("a changed meaning stops the pair until it is accepted; a changed policy does not", async () => {
  const made = await project();
  people(made, 2);
  await made.run("run", "ab", "--sweep");
  made.write(
    "mappings/ab.yaml",
    `${MAPPING.replace("when_gone: { a: delete, b: unlink }", "when_gone: unlink")}\nguards: off\n`,
  );
  const policy = await made.json("run", "ab");
  made.write(
    "mappings/ab.yaml",
    MAPPING.replace(
      "name:  { a: name, b: title }",
      "name:  { a: name, b: title, as: { text: [trim] } }\n      phone: {}",
    ),
  );

  const run = await made.json("run", "ab", "--sweep");

  expect(policy.code).toBe(0);
  expect(run.code).toBe(4);
  expect(run.json).toMatchObject({ outcome: "halted", reason: "mapping-changed" });
  expect((await made.json("accept", "ab")).code).toBe(0);
  expect((await made.run("accept", "ab")).code).toBe(0);
  expect((await made.json("run", "ab", "--sweep")).json).toMatchObject({ outcome: "ok" });
});

test("a proposed pair plans and never writes; state is proposed where the file does not say it", async () => {
  const made = await project({ mapping: MAPPING.replace("state: active\n", "") });
  people(made, 2);

  const run = await made.json("run", "ab", "--sweep");
  const plan = await made.json("plan", "ab", "--sweep");

  expect(run.code).toBe(0);
  expect(run.json).toMatchObject({ outcome: "ok", entities: { customer: { effects: { a: NOTHING, b: NOTHING } } } });
  expect(plan.json).toMatchObject({ actions: [{ writes: [{ op: "create" }] }, { writes: [{ op: "create" }] }] });
  expect([...made.left.writes(), ...made.right.writes()]).toEqual([]);
});

test("a paused pair does not run until it is resumed", async () => {
  const made = await project();
  people(made, 1);

  const pause = await made.json("pause", "ab");
  const held = await made.json("run", "ab", "--sweep");
  const resume = await made.json("resume", "ab");
  const run = await made.json("run", "ab", "--sweep");

  expect(pause).toMatchObject({ code: 0, json: { pair: "ab", paused: true } });
  expect(held).toMatchObject({ code: 4, json: { outcome: "halted", reason: "paused" } });
  expect(resume).toMatchObject({ code: 0, json: { pair: "ab", paused: false } });
  expect(run).toMatchObject({ code: 0, json: { outcome: "ok" } });
});

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)(
  "%s during a run stops it cleanly with exit %i, and the next run ends what it began",
  async (signal, code) => {
    const made = await project({ left: LEFT, mapping: `${MAPPING}\nguards: off\n` });
    people(made, 250);
    let creates = 0;
    const run = made.start("run", "ab", "--sweep", "--json");
    made.right.meanwhile = (method, path) => {
      if (method === "POST" && path === "/customer" && (creates += 1) === 5) run.send(signal);
    };

    const ended = await run.ended;
    made.right.meanwhile = null;

    expect(ended.code).toBe(code);
    expect(ended.json()).toMatchObject({ pair: "ab", reason: "interrupted" });
    expect(made.right.table("customer").size).toBeLessThan(250);
    const next = await made.json("run", "ab", "--sweep");
    expect(next.code).toBe(0);
    expect(new Set([...made.right.table("customer").values()].map((row) => row["mail"])).size).toBe(250);
    expect(made.right.table("customer").size).toBe(250);
  },
);
