// Promise 24: secrets never leave. A canary stands in every place of a secret, the systems throw it back in their answers, and
// then everything that anybody could look at is searched for it.

import { afterAll, afterEach, beforeAll, expect, jest, test } from "@jest/globals";
import pg from "pg";
import { startTestDatabase, type TestDatabase } from "../store/server.ts";
import { endAll } from "./command.ts";
import { eventually } from "./eventually.ts";
import { config, LEFT, makeProject, MAPPING, RIGHT, type Project } from "./project.ts";

jest.setTimeout(240_000);

const CANARY = "canary-4f1c9a7b2e8d6035";
const ADMIN = `${CANARY}-admin-0123456789abcdef`;

let server: TestDatabase;
let made: Project | null = null;

beforeAll(async () => {
  server = await startTestDatabase();
});
afterEach(async () => {
  endAll();
  await made?.close();
  made = null;
});
afterAll(() => server.stop());

test("a canary in every secret is found nowhere: not in output, logs, metrics, admin answers, plans or any table", async () => {
  made = await makeProject({
    left:
      LEFT.replace("auth:     { scheme: none }", "auth:     { scheme: bearer, token: token }").replace(
        "settings: {",
        "secrets: { token: { required: true }, webhook_secret: {} }\nsettings: {",
      ) +
      '\nwebhooks: { verify: standard-webhooks, events: "$", event: { id: id, type: type, record: data.id }, on: { "contact.*": { contact: changed } } }\n',
    right: RIGHT.replace(
      "auth: { scheme: none }",
      "auth: { scheme: header, name: X-Key, token: key }\nsecrets: { key: { required: true } }",
    ),
    mapping: MAPPING.replace("every 2m", "every 1s").replace("timezone:", "webhooks: true\n  timezone:"),
    config: config("{ url: ${DATABASE_URL} }")
      .replace(
        "listen: 127.0.0.1:0\nhooks",
        "listen: 127.0.0.1:0\n  tokens: [ { name: boss, role: admin, token: { env: ADMIN_TOKEN } } ]\nhooks",
      )
      .replace("level: info", "level: debug")
      .replace(
        "connector: left",
        "connector: left\n    secrets: { token: { env: LEFT_TOKEN }, webhook_secret: { env: HOOK_SECRET } }",
      )
      .replace("connector: right", "connector: right\n    secrets: { key: { file: ../key.secret } }"),
    env: {
      LEFT_TOKEN: `${CANARY}-left`,
      HOOK_SECRET: `whsec_${Buffer.from(`${CANARY}-hook`).toString("base64")}`,
      ADMIN_TOKEN: ADMIN,
    },
  });
  const project = made;
  project.write("key.secret", `${CANARY}-right\n`);
  for (const number of ["1", "2", "3"])
    project.left.put("contact", { email: `p${number}@example.com`, name: `Person ${number}`, stage: "lead" });
  // As careless systems do: they say what they were sent.
  const refusal = (secret: string) => () => ({
    status: secret.endsWith("left") ? 401 : 422,
    body: { message: `${secret} is not welcome` },
  });
  project.right.faults.push({
    method: "POST",
    path: /^\/customer$/,
    answer: refusal(`${CANARY}-right`),
    times: 1,
  });
  const seen: string[] = [];

  for (const args of [
    ["check"],
    ["check", "--live", "--json"],
    ["run", "ab", "--sweep", "--json"],
    ["status"],
    ["quarantine", "--json"],
    ["doctor", "--json"],
    ["plan", "ab", "--sweep"],
  ]) {
    const { stdout, stderr } = await project.run(...args);
    seen.push(stdout, stderr);
  }
  project.left.faults.push({ method: "GET", path: /./, answer: refusal(`${CANARY}-left`), times: 1 });
  const refused = await project.run("run", "ab", "--sweep");
  expect(refused.code).toBe(1);
  seen.push(refused.stdout, refused.stderr);

  const daemon = project.start("start");
  await daemon.says('"message":"started"');
  const { admin, hooks } = JSON.parse(
    daemon
      .stderr()
      .split("\n")
      .find((line) => line.includes('"message":"started"')) ?? "{}",
  ) as { admin: string; hooks: number };
  project.left.edit("contact", "a3", { name: "Ada" });
  await eventually("the edit has crossed", () =>
    JSON.stringify([...project.right.table("customer").values()]).includes("Ada"),
  );
  await fetch(`http://127.0.0.1:${String(hooks)}/hooks/left-account`, {
    method: "POST",
    headers: { "webhook-id": CANARY, "webhook-timestamp": "1", "webhook-signature": `v1,${CANARY}` },
    body: CANARY,
  });
  for (const path of [
    "/metrics",
    "/readyz",
    "/",
    "/openapi.json",
    "/v1/status",
    "/v1/pairs",
    "/v1/runs",
    "/v1/cases",
    "/v1/quarantine",
    "/v1/systems",
    "/v1/budgets",
    "/v1/pairs/ab/links",
  ]) {
    const response = await fetch(new URL(path, admin), { headers: { authorization: `Bearer ${ADMIN}` } });
    expect([path, response.status]).toEqual([path, 200]);
    seen.push(await response.text());
  }
  const wrong = await fetch(new URL("/v1/status", admin), { headers: { authorization: `Bearer ${ADMIN}x` } });
  seen.push(await wrong.text());
  daemon.send("SIGTERM");
  const { stdout, stderr } = await daemon.ended;
  seen.push(stdout, stderr, await everyTable(project.databaseUrl ?? ""));

  // What was searched is what it should be.
  const all = seen.join("\n");
  for (const word of ["Ada", "is not welcome", "webhook refused", "syncline_requests_total"])
    expect(all).toContain(word);
  expect(seen.filter((text) => text.includes(CANARY))).toEqual([]);
});

/** Every row of every table there is, as text. */
async function everyTable(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      "select format('%I.%I', table_schema, table_name) as name from information_schema.tables where table_schema not in ('pg_catalog', 'information_schema')",
    );
    expect(tables.length).toBeGreaterThan(10);
    const texts: string[] = [];
    for (const { name } of tables) {
      const { rows } = await client.query<{ row: string }>(`select to_jsonb(t)::text as row from ${name} t`);
      texts.push(...rows.map(({ row }) => row));
    }
    return texts.join("\n");
  } finally {
    await client.end();
  }
}
