// The whole way: the connector file of the sandbox's billing system, compiled and opened by the kit, against that system.

import { mkdtemp, readFile, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { RemoteId } from "../../src/core/ids.ts";
import type { Fields } from "../../src/core/value.ts";
import type { Page, RemoteRecord, Result, System, SystemObject, Written } from "../../src/connector/contract.ts";
import { createExpressionCompiler } from "../../src/expression/compiler.ts";
import { buildBilling } from "../../src/sandbox/billing/server.ts";
import { openSoapSystem } from "./soap-opened.ts";

const CONNECTORS = fileURLToPath(new URL("../../connectors/", import.meta.url));
const WANTED = ["name", "email", "address", "termDays"];

const expressions = createExpressionCompiler();
const closers: (() => Promise<unknown>)[] = [() => expressions.close()];
let system: System;
let customers: SystemObject;
let url = "";

beforeAll(async () => {
  const data = await mkdtemp(join(tmpdir(), "sandbox-billing-"));
  closers.push(() => rm(data, { recursive: true }));
  const server = await buildBilling({
    data,
    seed: null,
    user: "syncline",
    password: "open sesame",
    now: Date.now,
    burst: 1000,
  });
  closers.push(() => server.close());
  await server.listen({ host: "127.0.0.1", port: 0 });
  const { port } = server.server.address() as AddressInfo;
  url = `http://127.0.0.1:${String(port)}`;
  system = await open(url, "open sesame");
  customers = system.object("customer", WANTED);
});

afterAll(async () => {
  for (const close of closers.reverse()) await close();
});

async function open(baseUrl: string, password: string): Promise<System> {
  const text = await readFile(join(CONNECTORS, "sandbox-billing.yaml"), "utf8");
  const secrets = { user: "syncline", password };
  const opened = await openSoapSystem({ text, folder: CONNECTORS, expressions, baseUrl, secrets });
  closers.push(() => opened.close());
  return opened;
}

function valueOf<T>(result: Result<T> | undefined): T {
  if (result === undefined || !result.ok) throw new Error(JSON.stringify(result));
  return result.value;
}

const create = async (record: Fields): Promise<Written> => valueOf((await customers.create([{ key: "k", record }]))[0]);
const get = async (id: RemoteId): Promise<RemoteRecord> => valueOf((await customers.get([id]))[0]);

async function pagesOf(pages: AsyncIterable<Result<Page>>): Promise<readonly RemoteRecord[]> {
  const records: RemoteRecord[] = [];
  for await (const page of pages) records.push(...valueOf(page).records);
  return records;
}

describe("a customer of the sandbox's billing system", () => {
  test("none is an empty listing, and a search for nobody finds nobody", async () => {
    expect(await pagesOf(customers.list())).toEqual([]);
    expect(valueOf(await customers.find({ email: "nobody@example.com" }))).toEqual([]);
  });

  test("is created, found, read and listed as it was sent", async () => {
    const written = await create({
      name: "Müller & Söhne <GmbH>",
      email: "office@example.com",
      address: { line1: "Ring 1", city: "Wien", postcode: "a01", country: "AT" },
      termDays: 14,
      phone: null,
    });
    const record = await get(written.id);

    expect(record.fields).toMatchObject({
      name: "Müller & Söhne <GmbH>",
      email: "office@example.com",
      address: { line1: "Ring 1", city: "Wien", postcode: "A01", country: "AT" },
      termDays: 14,
      phone: null,
    });
    expect(record.version).toBe(written.version);
    expect(valueOf(await customers.find({ email: "office@example.com" })).map(({ id }) => id)).toEqual([written.id]);
    expect((await pagesOf(customers.list())).map(({ id }) => id)).toEqual([written.id]);
  });

  test("is replaced whole: what the change does not name stays as it was read", async () => {
    const { id } = await create({ name: "Ada", email: "ada@example.com", termDays: 30 });
    const current = await get(id);

    valueOf(
      (await customers.update([{ key: "u", id, version: current.version, changed: { email: null }, current }]))[0],
    );

    expect((await get(id)).fields).toMatchObject({ name: "Ada", email: null, termDays: 30 });
  });

  test("an edit in between is stale and writes nothing", async () => {
    const { id } = await create({ name: "Ada" });
    const current = await get(id);
    await customers.update([{ key: "a", id, version: current.version, changed: { name: "Ada L." }, current }]);

    const [late] = await customers.update([
      { key: "b", id, version: current.version, changed: { name: "late" }, current },
    ]);

    expect(late).toMatchObject({ ok: false, failure: { kind: "stale" } });
    expect((await get(id)).fields["name"]).toBe("Ada L.");
  });

  test("is gone after a delete, and shows as deleted among the changes", async () => {
    const { id } = await create({ name: "Short" });
    const { version } = await get(id);
    valueOf((await customers.delete([{ key: "d", id, version }]))[0]);

    expect((await customers.get([id]))[0]).toMatchObject({ ok: false, failure: { kind: "gone" } });
    const changes = await pagesOf(customers.changes("2020-01-01T00:00:00.000Z"));
    expect(changes.find((record) => record.id === id)?.deleted).toBe(true);
    expect(changes.find((record) => record.id !== id)?.deleted).toBe(false);
  });

  test("a value the system refuses concerns that record alone", async () => {
    const [refused] = await customers.create([{ key: "x", record: { name: "A", address: { country: "Austria" } } }]);
    const [unknown] = await customers.create([{ key: "y", record: { name: "A", vatNo: "1" } }]);

    expect(refused).toMatchObject({ ok: false, failure: { kind: "rejected" } });
    expect(unknown).toMatchObject({
      ok: false,
      failure: { kind: "rejected", message: expect.stringContaining("vatNo") },
    });
  });
});

test("a wrong password is an authentication failure", async () => {
  const stranger = await open(url, "wrong");

  expect(await stranger.probe()).toMatchObject({ ok: false, failure: { kind: "auth" } });
});
