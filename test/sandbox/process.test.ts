// The sandboxes as processes: what they say, how they end, and what is left when they are killed.

import { afterEach, expect, test } from "@jest/globals";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { createInterface } from "node:readline";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sandbox-process-"));
  closers.push(async () => rm(folder, { recursive: true }));
  return folder;
}

interface Running {
  readonly child: ChildProcess;
  readonly url: string;
}

async function start(name: "crm" | "billing", ...words: string[]): Promise<Running> {
  const main = fileURLToPath(new URL(`../../src/sandbox/${name}-main.ts`, import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", main, ...words], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, SANDBOX_CRM_TOKEN: "secret", SANDBOX_BILLING_USER: "u", SANDBOX_BILLING_PASSWORD: "p" },
  });
  closers.push(async () => stop(child, "SIGKILL"));
  const [line] = await Promise.race([
    once(createInterface({ input: child.stdout }), "line"),
    once(child, "exit").then(([code]) => Promise.reject(new Error(`ended with ${String(code)}`))),
  ]);
  return { child, url: JSON.parse(String(line)).url };
}

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const ended = once(child, "exit");
  child.kill(signal);
  await ended;
  return child.exitCode;
}

async function call(
  running: Running,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${running.url}${path}`, {
    method,
    headers: { authorization: "Bearer secret", "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}

test("kill -9 amid many writes loses none that was acknowledged, and a line cut short does no harm", async () => {
  const data = await newFolder();
  const before = await start("crm", "--data", data);
  const acknowledged: string[] = [];
  const writers = Array.from({ length: 8 }, async () => {
    for (;;) {
      const made = await call(before, "POST", "/v1/contacts", { firstname: "Ada" });
      if (made.status === 429) continue;
      acknowledged.push((made.body as { id: string }).id);
      if (acknowledged.length === 60) before.child.kill("SIGKILL");
    }
  });
  await Promise.allSettled(writers);
  await appendFile(join(data, "crm.jsonl"), '{"object":"contacts","rec');

  const after = await start("crm", "--data", data);
  const missing = [];
  for (const id of acknowledged) {
    const found = await call(after, "GET", `/ui/view?object=contacts&q=${id}`);
    if (!JSON.stringify(found.body).includes(id)) missing.push(id);
  }
  const next = await call(after, "POST", "/v1/contacts", { firstname: "Eve" });
  await stop(after.child, "SIGKILL");
  const last = await start("crm", "--data", data);
  const { id } = next.body as { id: string };

  expect(acknowledged.length).toBeGreaterThanOrEqual(60);
  expect(missing).toEqual([]);
  expect(acknowledged).not.toContain(id);
  expect((await call(last, "GET", `/v1/contacts/${id}`)).status).toBe(200);
});

test("SIGTERM ends it cleanly, and what a person changed is there again", async () => {
  const data = await newFolder();
  const before = await start("crm", "--data", data, "--seed", "1");
  await call(before, "POST", "/ui/contacts/c_1001", { notes: "changed by hand" });

  const code = await stop(before.child, "SIGTERM");
  const after = await start("crm", "--data", data, "--seed", "1");
  const record = await call(after, "GET", "/v1/contacts/c_1001");

  expect(code).toBe(0);
  expect(record.body).toMatchObject({ notes: "changed by hand", version: 2 });
});

test("with --with-parent it ends when its standard input does", async () => {
  const { child } = await start("billing", "--data", await newFolder(), "--seed", "--with-parent");

  child.stdin?.end();
  const [code] = await once(child, "exit");

  expect(code).toBe(0);
});

test("it says what is missing and ends with 2", async () => {
  const main = fileURLToPath(new URL("../../src/sandbox/crm-main.ts", import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", main, "--data", "/nowhere", "--prot", "1"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const [line] = await once(createInterface({ input: child.stderr }), "line");
  const [code] = child.exitCode === null ? await once(child, "exit") : [child.exitCode];

  expect(String(line)).toContain("there is no --prot");
  expect(code).toBe(2);
});
