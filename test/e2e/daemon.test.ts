// `syncline start` as a process: admin, webhooks, schedule, a second daemon, a clean stop and kill -9. Everything is waited for by
// looking, nothing is timed.

import { afterAll, afterEach, beforeAll, expect, jest, test } from "@jest/globals";
import { createHmac, randomBytes } from "node:crypto";
import { startTestDatabase, type TestDatabase } from "../store/server.ts";
import { endAll, type Running } from "./command.ts";
import { eventually } from "./eventually.ts";
import { config, LEFT, makeProject, MAPPING, type Project, type ProjectParts } from "./project.ts";

jest.setTimeout(240_000);

const HOOK_KEY = randomBytes(24).toString("base64");
const TOKENS = {
  view: "view-0123456789abcdef0123456789abcdef",
  operate: "ops-0123456789abcdef0123456789abcdef",
  admin: "root-0123456789abcdef0123456789abcdef",
};

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

const WEBHOOKS = `
webhooks:
  verify: standard-webhooks
  events: "$"
  event: { id: id, type: type, at: timestamp, record: data.id }
  on: { contact.updated: { contact: changed }, contact.deleted: { contact: gone } }
  payload: thin
`;

const HOOKED_LEFT = `${LEFT.replace("settings: {", "secrets: { webhook_secret: {} }\nsettings: {")}${WEBHOOKS}`;

/** @param every How often changes are looked for. */
async function project(every: string, parts: ProjectParts = {}): Promise<Project> {
  const database = parts.database === "embedded" ? "embedded" : "{ url: ${DATABASE_URL} }";
  const made = await makeProject({
    left: HOOKED_LEFT,
    mapping: `${MAPPING.replace("changes: every 2m", `changes: every ${every}`).replace("timezone:", "webhooks: true\n  timezone:")}guards: off\n`,
    config: config(database)
      .replace(
        "listen: 127.0.0.1:0\n",
        `listen: 127.0.0.1:0\n  tokens:\n    - { name: watcher, role: view, token: { env: VIEW_TOKEN } }\n    - { name: ops, role: operate, token: { env: OPERATE_TOKEN } }\n    - { name: boss, role: admin, token: { env: ADMIN_TOKEN } }\n`,
      )
      .replace(
        'settings: { base_url: "${LEFT_URL}" }',
        'settings: { base_url: "${LEFT_URL}" }\n    secrets: { webhook_secret: { env: HOOK_SECRET } }',
      ),
    env: {
      HOOK_SECRET: `whsec_${HOOK_KEY}`,
      VIEW_TOKEN: TOKENS.view,
      OPERATE_TOKEN: TOKENS.operate,
      ADMIN_TOKEN: TOKENS.admin,
    },
    ...parts,
  });
  open.push(made);
  return made;
}

interface Daemon {
  readonly process: Running;
  readonly admin: string;
  readonly hooks: string;
  get(
    path: string,
    token?: string,
  ): Promise<{ readonly status: number; readonly text: string; readonly json: unknown }>;
  post(path: string, token: string, body?: unknown): Promise<number>;
}

async function daemon(made: Project): Promise<Daemon> {
  const process = made.start("start");
  await process.says('"message":"started"');
  const line = process
    .stderr()
    .split("\n")
    .find((each) => each.includes('"message":"started"'));
  const { admin, hooks } = JSON.parse(line ?? "{}") as { admin: string; hooks: number };
  return {
    process,
    admin,
    hooks: `http://127.0.0.1:${String(hooks)}`,
    async get(path, token) {
      const response = await fetch(
        new URL(path, admin),
        token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } },
      );
      const text = await response.text();
      return {
        status: response.status,
        text,
        json: response.headers.get("content-type")?.includes("json") === true ? (JSON.parse(text) as unknown) : null,
      };
    },
    async post(path, token, body) {
      const response = await fetch(new URL(path, admin), {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify(body ?? {}),
      });
      await response.arrayBuffer();
      return response.status;
    },
  };
}

interface Delivery {
  readonly id: string;
  readonly record: string;
  readonly key?: string;
  readonly at?: number;
}

/** By the rules of Standard Webhooks. */
async function deliver(
  to: Daemon,
  { id, record, key = HOOK_KEY, at = Date.now() }: Delivery,
  system = "left-account",
): Promise<number> {
  const body = JSON.stringify({
    id: `event-${id}`,
    type: "contact.updated",
    timestamp: new Date(at).toISOString(),
    data: { id: record },
  });
  const seconds = String(Math.floor(at / 1000));
  const signature = createHmac("sha256", Buffer.from(key, "base64"))
    .update(`${id}.${seconds}.${body}`)
    .digest("base64");
  const headers = {
    "content-type": "application/json",
    "webhook-id": id,
    "webhook-timestamp": seconds,
    "webhook-signature": `v1,${signature}`,
  };
  const response = await fetch(`${to.hooks}/hooks/${system}`, { method: "POST", headers, body });
  await response.arrayBuffer();
  return response.status;
}

function titleOf(made: Project, id: string): unknown {
  const row = made.right.table("customer").get(id);
  return (row?.["attributes"] as { title?: unknown } | undefined)?.title;
}

function person(made: Project, number: number): void {
  made.left.put("contact", {
    email: `p${String(number)}@example.com`,
    name: `Person ${String(number)}`,
    stage: "lead",
  });
}

/** Of the customer with this person's address; creates that run beside each other take ids in any order. */
function idOf(made: Project, number: number): string {
  const row = [...made.right.table("customer").values()].find(
    (each) => each["mail"] === `p${String(number)}@example.com`,
  );
  if (row === undefined) throw new Error(`no customer ${String(number)}`);
  return row.id;
}

test("a signed webhook has its record read again; what is doubled, forged, late or unknown is not believed", async () => {
  const made = await project("1h");
  person(made, 1);
  const up = await daemon(made);
  await eventually("the first load is done", () => titleOf(made, "b1") === "Person 1");
  made.left.edit("contact", "a1", { name: "Ada" });

  const statuses = {
    forged: await deliver(up, { id: "m0", record: "a1", key: randomBytes(24).toString("base64") }),
    late: await deliver(up, { id: "m1", record: "a1", at: Date.now() - 3_600_000 }),
    future: await deliver(up, { id: "m2", record: "a1", at: Date.now() + 3_600_000 }),
    unknown: await deliver(up, { id: "m3", record: "a1" }, "nobody"),
    unheard: await deliver(up, { id: "m3", record: "a1" }, "right-account"),
    good: await deliver(up, { id: "m4", record: "a1" }),
    doubled: await deliver(up, { id: "m4", record: "a1" }),
  };

  expect(statuses).toEqual({
    forged: 401,
    late: 401,
    future: 401,
    unknown: 404,
    unheard: 404,
    good: 202,
    doubled: 200,
  });
  await eventually("the edit has crossed", () => titleOf(made, "b1") === "Ada");
  expect((await fetch(`${up.hooks}/hooks/left-account`)).status).toBe(405);
  expect((await fetch(`${up.hooks}/v1/status`)).status).toBe(404);
  const metrics = await up.get("/metrics");
  expect(metrics.text).toMatch(/^syncline_webhooks_total\{.*result="duplicate".*\} 1$/m);
  expect(metrics.text).toMatch(/^syncline_webhooks_total\{.*result="accepted".*\} 1$/m);

  up.process.send("SIGTERM");
  expect((await up.process.ended).code).toBe(143);
});

test("admin: health for all, the rest by token and role; a run, a pause and a plan are asked for over HTTP", async () => {
  const made = await project("1h");
  person(made, 1);
  const up = await daemon(made);
  await eventually("the first load is done", () => titleOf(made, "b1") === "Person 1");

  expect((await up.get("/healthz")).status).toBe(200);
  expect(await up.get("/readyz")).toMatchObject({ status: 200, json: { ready: true } });
  expect((await up.get("/openapi.json")).status).toBe(200);
  expect((await up.get("/")).text).toContain("<html");
  const metrics = await up.get("/metrics");
  for (const name of [
    "records_read_total",
    "effects_total",
    "situations_total",
    "requests_total",
    "request_duration_seconds",
    "run_duration_seconds",
    "build_info",
  ])
    expect(metrics.text).toContain(`syncline_${name}`);
  expect((await up.get("/v1/status")).status).toBe(401);
  expect((await up.get("/v1/status", "wrong-0123456789abcdef0123456789abcdef")).status).toBe(401);
  expect(await up.get("/v1/pairs", TOKENS.view)).toMatchObject({ status: 200, json: [{ pair: "ab" }] });
  expect(await up.get("/v1/pairs/ab/links", TOKENS.view)).toMatchObject({ status: 200 });
  expect(await up.get("/v1/pairs/none", TOKENS.view)).toMatchObject({
    status: 404,
    json: { title: expect.any(String), status: 404 },
  });
  for (const path of ["runs", "cases", "quarantine", "systems", "budgets"])
    expect([path, (await up.get(`/v1/${path}`, TOKENS.view)).status]).toEqual([path, 200]);
  expect(await up.get("/v1/pairs/ab/explain/customer/a/nobody", TOKENS.view)).toMatchObject({
    status: 200,
    json: { record: "nobody", now: { code: "unknown-record" } },
  });
  expect((await up.get("/v1/pairs/ab/explain/customer/a/nobody?field=fax", TOKENS.view)).status).toBe(404);
  expect(await up.post("/v1/pairs/ab:run", TOKENS.view, { sweep: true })).toBe(403);
  expect(await up.post("/v1/pairs/ab:accept", TOKENS.operate)).toBe(403);

  expect(await up.post("/v1/pairs/ab:pause", TOKENS.operate)).toBe(200);
  expect((await made.json("status", "ab")).json).toMatchObject([{ state: "paused" }]);
  expect(await up.post("/v1/pairs/ab:resume", TOKENS.operate)).toBe(200);
  person(made, 2);
  await eventually(
    "nothing runs",
    async () => (await up.post("/v1/pairs/ab:run", TOKENS.operate, { sweep: true })) === 202,
  );
  await eventually("the sweep has found the new record", () => titleOf(made, "b2") === "Person 2");
  const [last] = (await up.get("/v1/runs", TOKENS.view)).json as readonly { readonly run: string }[];
  expect(await up.post(`/v1/runs/${last?.run ?? ""}:undo`, TOKENS.operate)).toBe(403);
  await eventually(
    "the plan that takes the run back is made, once no run is under way",
    async () => (await up.post(`/v1/runs/${last?.run ?? ""}:undo`, TOKENS.admin)) === 201,
  );
  expect(titleOf(made, "b2")).toBe("Person 2");
  expect(
    (
      await fetch(new URL("/v1/status", up.admin), {
        method: "DELETE",
        headers: { authorization: `Bearer ${TOKENS.admin}` },
      })
    ).status,
  ).toBe(405);

  up.process.send("SIGINT");
  expect((await up.process.ended).code).toBe(130);
});

test("the schedule finds what no webhook told; two daemons on one state keep out of each other's way", async () => {
  const made = await project("1s");
  const first = await daemon(made);
  const second = await daemon(made);
  for (let number = 1; number <= 30; number += 1) person(made, number);

  await eventually("all are there", () => made.right.table("customer").size >= 30);
  const [one, two] = [idOf(made, 1), idOf(made, 2)];
  made.left.edit("contact", "a1", { name: "Ada" });
  await eventually("the edit has crossed", () => titleOf(made, one) === "Ada");
  made.right.edit("customer", two, { attributes: { title: "Grace", segment: "prospect" } });
  await eventually("the other one, too", () => made.left.table("contact").get("a2")?.["name"] === "Grace");

  expect((await first.get("/readyz")).status).toBe(200);
  expect((await second.get("/readyz")).status).toBe(200);
  for (const each of [first, second]) each.process.send("SIGTERM");
  expect([(await first.process.ended).code, (await second.process.ended).code]).toEqual([143, 143]);
  const after = await made.json("run", "ab", "--sweep");
  expect(after.json).toMatchObject({ outcome: "ok", entities: { customer: { situations: { "in-sync": 30 } } } });
  expect(new Set([...made.right.table("customer").values()].map((row) => row["mail"])).size).toBe(30);
  expect(made.right.table("customer").size).toBe(30);
});

test("kill -9 in the middle of a run, with the embedded database: the next start goes on, and nothing is doubled", async () => {
  const made = await project("1s", { database: "embedded" });
  for (let number = 1; number <= 300; number += 1) person(made, number);
  const killed = made.start("start");
  let creates = 0;
  made.right.meanwhile = (method, path) => {
    if (method === "POST" && path === "/customer" && (creates += 1) === 120) killed.send("SIGKILL");
  };
  await killed.ended;
  made.right.meanwhile = null;
  const before = made.right.table("customer").size;
  expect(before).toBeLessThan(300);

  const up = await daemon(made);
  await eventually("all are there", () => made.right.table("customer").size >= 300);
  made.left.edit("contact", "a300", { name: "Ada" });
  await eventually("an edit crosses", () =>
    [...made.right.table("customer").values()].some(
      (row) => (row["attributes"] as { title?: unknown }).title === "Ada",
    ),
  );
  up.process.send("SIGTERM");
  expect((await up.process.ended).code).toBe(143);

  const after = await made.json("run", "ab", "--sweep");
  expect(after).toMatchObject({
    code: 0,
    json: { outcome: "ok", entities: { customer: { situations: { "in-sync": 300 }, cases: 0 } } },
  });
  expect(made.right.table("customer").size).toBe(300);
  expect(new Set([...made.right.table("customer").values()].map((row) => row["mail"])).size).toBe(300);
});

test("kill -9 in the middle of a flood of webhooks: what was acknowledged crosses, and each record ends as it is now", async () => {
  const made = await project("1h");
  const PEOPLE = 40;
  const DELIVERIES = 400;
  for (let number = 1; number <= PEOPLE; number += 1) person(made, number);
  const first = await daemon(made);
  await eventually("all are there", () => made.right.table("customer").size === PEOPLE);
  const waiting: Delivery[] = [];
  for (let n = 0; n < DELIVERIES; n += 1) {
    const record = `a${String(1 + ((n * 7) % PEOPLE))}`;
    made.left.edit("contact", record, { name: `Edit ${String(n)}` });
    if (n === DELIVERIES / 2) first.process.send("SIGKILL");
    // A sender that heard nothing comes again with the same delivery.
    const status = await deliver(first, { id: `flood-${String(n)}`, record }).catch(() => 0);
    if (status !== 202) waiting.push({ id: `flood-${String(n)}`, record });
  }
  await first.process.ended;
  expect(waiting.length).toBeGreaterThan(0);
  expect(waiting.length).toBeLessThan(DELIVERIES);

  const second = await daemon(made);
  for (const delivery of waiting) expect([200, 202]).toContain(await deliver(second, delivery));

  const sorted = (values: readonly unknown[]): string =>
    JSON.stringify(values.map(String).toSorted((a, b) => (a < b ? -1 : 1)));
  const names = (): string => sorted([...made.left.table("contact").values()].map((row) => row["name"]));
  const titles = (): string => sorted([...made.right.table("customer").keys()].map((id) => titleOf(made, id)));
  await eventually("each edit has crossed", () => titles() === names());
  second.process.send("SIGTERM");
  expect((await second.process.ended).code).toBe(143);
  const after = await made.json("run", "ab", "--sweep");
  expect(after.json).toMatchObject({ outcome: "ok", entities: { customer: { situations: { "in-sync": PEOPLE } } } });
  expect(made.right.table("customer").size).toBe(PEOPLE);
});
