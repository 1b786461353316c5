// The connector files of the demo, opened with the kit and held against the sandboxes they are written for.

import { afterAll, afterEach, describe, expect, test } from "@jest/globals";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { compileConnector } from "../../src/connector/compile.ts";
import type { RemoteRecord, Result, System, SystemObject } from "../../src/connector/contract.ts";
import { connectorFileSchema } from "../../src/connector/file.ts";
import { restProtocol } from "../../src/connector/protocols/rest.ts";
import { soapProtocol } from "../../src/connector/protocols/soap/soap.ts";
import { Secret } from "../../src/connector/secret.ts";
import { remoteId, type Instant } from "../../src/core/ids.ts";
import type { Value } from "../../src/core/value.ts";
import { createExpressionCompiler } from "../../src/expression/compiler.ts";
import { buildBilling } from "../../src/sandbox/billing/server.ts";
import { buildCrm } from "../../src/sandbox/crm/server.ts";

const FOLDER = fileURLToPath(new URL("../../connectors", import.meta.url));
const expressions = createExpressionCompiler();
const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});
afterAll(async () => expressions.close());

async function open(
  name: "sandbox-crm" | "sandbox-billing",
  options: { seed: number | null; burst?: number },
): Promise<System> {
  const data = await mkdtemp(join(tmpdir(), "sandbox-connector-"));
  closers.push(async () => rm(data, { recursive: true }));
  const common = { data, seed: options.seed, now: Date.now, burst: options.burst ?? 1000 };
  const server =
    name === "sandbox-crm"
      ? await buildCrm({ ...common, token: "open sesame", webhook: null, lagMs: 0 })
      : await buildBilling({ ...common, user: "syncline", password: "open sesame" });
  closers.push(async () => server.close());
  const url = await server.listen({ host: "127.0.0.1", port: 0 });

  const file = connectorFileSchema.parse(parse(await readFile(join(FOLDER, `${name}.yaml`), "utf8")));
  const protocols = { rest: restProtocol, soap: soapProtocol };
  const { connector, problems } = compileConnector(file, {
    expressions,
    protocols,
    folder: FOLDER,
    today: Date.now() as Instant,
  });
  expect(problems).toEqual([]);
  if (connector === null) throw new Error("no connector");
  const secrets = { token: "open sesame", webhook_secret: "unused", user: "syncline", password: "open sesame" };
  const system = await connector.open({
    name,
    settings: { base_url: url },
    secrets: new Map(Object.entries(secrets).map(([key, value]) => [key, new Secret(value)])),
    limits: {},
    allowPrivate: true,
    observer: { called: () => undefined, waited: () => undefined },
    clock: { now: () => Date.now() as Instant, sleep: async (ms) => wait(ms) },
    log: { warn: () => undefined, debug: () => undefined },
    version: "0.0.0",
  });
  closers.push(async () => system.close());
  return system;
}

async function readAll(
  pages: ReturnType<SystemObject["list"]>,
): Promise<{ records: RemoteRecord[]; total: number | null; cursor: string | null }> {
  const records: RemoteRecord[] = [];
  let total: number | null = null;
  let cursor: string | null = null;
  for await (const page of pages) {
    const value = valueOf(page);
    expect(value.broken).toEqual([]);
    records.push(...value.records);
    total = value.total ?? total;
    if (value.cursor !== null && (cursor === null || value.cursor > cursor)) cursor = value.cursor;
  }
  return { records, total, cursor };
}

function valueOf<T>(result: Result<T> | undefined): T {
  if (result?.ok !== true) throw new Error(JSON.stringify(result));
  return result.value;
}

const at = (record: RemoteRecord | null | undefined, name: string): Value | undefined => record?.fields[name];

const KINDS = [
  {
    name: "sandbox-crm",
    object: "contact",
    other: "invoice",
    count: 238,
    record: { firstname: "Ada", lastname: "Lovelace", email: "ada@example.com" },
    change: { phone: "020 7946 0000" },
    kept: "firstname",
  },
  {
    name: "sandbox-billing",
    object: "customer",
    other: "invoice",
    count: 238,
    record: {
      name: "Ada Lovelace",
      email: "ada@example.com",
      termDays: 30,
      address: { line1: "1 Mill Lane", postcode: "SW1A 1AA" },
    },
    change: { phone: "020 7946 0000" },
    kept: "termDays",
  },
] as const;

describe.each(KINDS)("$name", ({ name, object, other, count, record, change, kept }) => {
  test("a listing is complete, by the system's own count", async () => {
    const system = await open(name, { seed: 1 });

    const { records, total } = await readAll(system.object(object, []).list());

    expect([records.length, new Set(records.map(({ id }) => id)).size, total]).toEqual([count, count, count]);
    expect((await system.probe()).ok).toBe(true);
  });

  test("an installation tells which one it is, and another one is another", async () => {
    const [one, other] = [await open(name, { seed: null }), await open(name, { seed: null })];
    const answers = [await one.epoch?.(), await one.epoch?.(), await other.epoch?.()].map((answer) =>
      answer === undefined ? null : valueOf(answer),
    );

    expect(answers[0]).toMatch(/^acc_/);
    expect(answers[1]).toBe(answers[0]);
    expect(answers[2]).not.toBe(answers[0]);
  });

  test("a record is created, found, changed where nobody was faster, seen among the changes, and deleted", async () => {
    const system = await open(name, { seed: null });
    const things = system.object(object, []);
    const begin = new Date().toISOString();

    const created = valueOf((await things.create([{ key: "k1", record }]))[0]);
    const found = valueOf(await things.find({ email: " ADA@example.com" }));
    const call = { key: "k2", id: created.id, version: created.version, changed: change, current: created.record };
    const updated = valueOf((await things.update([call]))[0]);
    const late = (await things.update([{ ...call, key: "k3", changed: { phone: "1" } }]))[0];
    const changes = await readAll(things.changes(begin));
    const lateDelete = (await things.delete([{ key: "k4", id: created.id, version: created.version }]))[0];
    const deleted = (await things.delete([{ key: "k5", id: created.id, version: updated.version }]))[0];
    const gone = (await things.get([created.id]))[0];

    expect(found.map(({ id }) => id)).toEqual([created.id]);
    expect([at(updated.record, "phone"), at(updated.record, kept)]).toEqual([change.phone, at(created.record, kept)]);
    expect(at(created.record, kept)).toBeDefined();
    expect(late).toMatchObject({ ok: false, failure: { kind: "stale" } });
    expect(changes.records.map(({ id, version }) => [id, version])).toEqual([[created.id, "2"]]);
    expect(lateDelete).toMatchObject({ ok: false, failure: { kind: "stale" } });
    expect(deleted?.ok).toBe(true);
    expect(gone).toMatchObject({ ok: false, failure: { kind: "gone" } });
  });

  test("what the system does not take is rejected with its own words, and an invoice number that is taken is a duplicate", async () => {
    const system = await open(name, { seed: 1 });
    const invoices = system.object(other, []);
    const [first] = (await readAll(system.object(object, []).list())).records;
    const amount =
      name === "sandbox-crm"
        ? { total: 199, currency: "GBP", status: "open" }
        : { amount: 19900, currency: "GBP", status: "OPEN" };
    const invoice = { ...amount, number: "R-1", customerId: first?.id ?? "" };

    const orphan = (await invoices.create([{ key: "k1", record: { ...invoice, customerId: "nobody" } }]))[0];
    const made = valueOf((await invoices.create([{ key: "k2", record: invoice }]))[0]);
    const doubled = (await invoices.create([{ key: "k3", record: invoice }]))[0];

    expect(orphan).toMatchObject({
      ok: false,
      failure: { kind: "rejected", message: expect.stringContaining("nobody") },
    });
    expect(at(made.record, "number")).toBe("R-1");
    expect(doubled).toMatchObject({ ok: false, failure: { kind: "duplicate" } });
  });

  test("a refusal for too many requests is waited out", async () => {
    const system = await open(name, { seed: 1, burst: 2 });

    const { records } = await readAll(system.object(object, []).list());

    expect(records.length).toBe(count);
  });
});

test("billing tells of deleted customers among its changes", async () => {
  const system = await open("sandbox-billing", { seed: null });
  const customers = system.object("customer", []);
  const begin = new Date().toISOString();
  const { id, version } = valueOf((await customers.create([{ key: "k1", record: { name: "Ada" } }]))[0]);
  await customers.delete([{ key: "k2", id, version }]);

  const { records } = await readAll(customers.changes(begin));

  expect(records).toMatchObject([{ id, deleted: true }]);
  expect((await customers.get([remoteId("nobody") ?? id]))[0]).toMatchObject({ ok: false, failure: { kind: "gone" } });
});
