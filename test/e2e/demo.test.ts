// What `npm start` runs, as a newcomer meets it, on ports and in a folder of its own: the first load, edits on both pages, a kill -9,
// another start. Then both sandboxes are asked through their own APIs, with clients that are not ours.

import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import soap from "soap";
import { endAll, run, start, type Running } from "./command.ts";
import { eventually } from "./eventually.ts";

jest.setTimeout(300_000);

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "syncline-demo-"));
});
afterEach(() => {
  endAll();
  rmSync(folder, { recursive: true, force: true });
});

async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

interface Contact {
  readonly id: string;
  readonly email: string | null;
  readonly phone: string | null;
  readonly firstname: string | null;
  readonly lastname: string | null;
}

interface Customer {
  readonly id: string;
  readonly email?: string;
  readonly phone?: string;
  readonly name: string;
}

function secret(name: string): string {
  return readFileSync(join(folder, "secrets", name), "utf8").trim();
}

async function contactsOf(url: string): Promise<readonly Contact[]> {
  const found: Contact[] = [];
  let after: string | null = null;
  do {
    const address: URL = new URL("/v1/contacts?limit=100", url);
    if (after !== null) address.searchParams.set("after", after);
    const response = await fetch(address, { headers: { authorization: `Bearer ${secret("crm-token")}` } });
    const page = (await response.json()) as { results: readonly Contact[]; paging?: { next?: { after: string } } };
    found.push(...page.results);
    after = page.paging?.next?.after ?? null;
  } while (after !== null);
  return found;
}

async function customersOf(url: string): Promise<readonly Customer[]> {
  const client = await soap.createClientAsync(
    join(ROOT, "connectors/wsdl/sandbox-billing.wsdl"),
    { forceSoap12Headers: false },
    `${url}/soap`,
  );
  client.setSecurity(new soap.WSSecurity(secret("billing-user"), secret("billing-password")));
  const list = (
    client as unknown as {
      ListCustomersAsync(args: object): Promise<readonly [{ customer?: Customer | readonly Customer[] }]>;
    }
  ).ListCustomersAsync.bind(client);
  const found: Customer[] = [];
  for (;;) {
    const last = found.at(-1)?.id;
    const [page] = await list({ ...(last === undefined ? {} : { afterId: last }), pageSize: 100 });
    const { customer } = page;
    const customers =
      customer === undefined || customer === null
        ? []
        : Array.isArray(customer)
          ? (customer as readonly Customer[])
          : [customer as Customer];
    if (customers.length === 0) return found;
    found.push(...customers);
  }
}

async function byHand(url: string, path: string, fields: Readonly<Record<string, string>> = {}): Promise<string> {
  const response = await fetch(new URL(path, url), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(fields),
  });
  const told = (await response.json()) as { id?: string; message?: string };
  if (!response.ok || told.id === undefined)
    throw new Error(`${path}: ${String(response.status)} ${told.message ?? ""}`);
  return told.id;
}

test("the demo loads, follows edits of both pages through a kill -9, and ends with two sides that agree and nothing doubled", async () => {
  const [adminPort = 0, hooksPort = 0, crmPort = 0, billingPort = 0] = await freePorts(4);
  const text = readFileSync(join(ROOT, "config/demo.yaml"), "utf8")
    .replaceAll("../.syncline", folder)
    .replace("mappings: ../mappings", `mappings: ${join(ROOT, "mappings")}`)
    .replace("connectors: ../connectors", `connectors: ${join(ROOT, "connectors")}`)
    .replace("127.0.0.1:8080", `127.0.0.1:${String(adminPort)}`)
    .replace("127.0.0.1:8081", `127.0.0.1:${String(hooksPort)}`);
  const config = join(folder, "demo.yaml");
  writeFileSync(config, text);
  const [crm, billing] = [`http://127.0.0.1:${String(crmPort)}`, `http://127.0.0.1:${String(billingPort)}`];
  const demo = (): Running =>
    start(
      [
        "--config",
        config,
        "demo",
        "--folder",
        folder,
        "--crm-port",
        String(crmPort),
        "--billing-port",
        String(billingPort),
      ],
      { folder },
    );
  const ask = async (...args: readonly string[]): Promise<unknown> => {
    const env = { SANDBOX_CRM_URL: crm, SANDBOX_BILLING_URL: billing };
    return (await run(["--config", config, ...args, "--json"], { folder, env })).json();
  };

  const first = demo();
  await first.says("Ctrl-C");
  for (const address of [`http://127.0.0.1:${String(adminPort)}`, crm, billing])
    expect(first.stdout()).toContain(address);
  expect(first.stdout().trim().split("\n").length).toBeLessThanOrEqual(16);
  expect((await fetch(crm)).status).toBe(200);
  expect((await fetch(billing)).status).toBe(200);
  const links = (await ask("links", "crm-billing", "--entity", "customer")) as readonly {
    left: string;
    right: string;
    state: string;
  }[];
  const [one, two, three] = links.filter(({ state }) => state === "live");
  if (one === undefined || two === undefined || three === undefined) throw new Error("nothing was linked");

  await byHand(crm, `/ui/contacts/${one.left}`, { phone: "020 7946 0001", email: "edited.in.crm@example.com" });
  await byHand(billing, `/ui/customers/${two.right}`, { email: "edited.in.billing@example.com" });
  const added = await byHand(crm, "/ui/contacts", {
    firstname: "Brand",
    lastname: "New",
    email: "brand.new@example.com",
    stage: "lead",
  });
  await eventually("the edit in the CRM has reached billing", async () =>
    (await customersOf(billing)).some(({ id, email }) => id === one.right && email === "edited.in.crm@example.com"),
  );
  await eventually("the edit in billing has reached the CRM", async () =>
    (await contactsOf(crm)).some(({ id, email }) => id === two.left && email === "edited.in.billing@example.com"),
  );
  await eventually("the new contact is a customer", async () =>
    (await customersOf(billing)).some(({ email }) => email === "brand.new@example.com"),
  );
  await byHand(crm, `/ui/contacts/${three.left}`, { firstname: "Edited", lastname: "Before Kill" });
  first.send("SIGKILL");
  await first.ended;

  const second = demo();
  await second.says("Ctrl-C");
  expect(second.stdout()).toContain("continued");
  await byHand(crm, `/ui/contacts/${added}/delete`);
  await eventually("what was edited before the kill has crossed", async () =>
    (await customersOf(billing)).some(({ id, name }) => id === three.right && name.includes("Before Kill")),
  );
  await eventually("the deleted contact waits for a person", async () =>
    JSON.stringify(await ask("cases", "crm-billing")).includes(`"${added}"`),
  );
  const [contacts, customers] = [await contactsOf(crm), await customersOf(billing)];
  const live = (
    (await ask("links", "crm-billing", "--entity", "customer")) as readonly {
      left: string;
      right: string;
      state: string;
    }[]
  ).filter(({ state }) => state === "live");
  const cases = (await ask("cases", "crm-billing")) as readonly { left: string | null; right: string | null }[];
  second.send("SIGINT");
  expect((await second.ended).code).toBe(130);

  expect(new Set(live.map(({ left }) => left)).size).toBe(live.length);
  expect(new Set(live.map(({ right }) => right)).size).toBe(live.length);
  const differing = live.flatMap(({ left, right }) => {
    const contact = contacts.find(({ id }) => id === left);
    const customer = customers.find(({ id }) => id === right);
    const waits = cases.some((each) => each.left === left || each.right === right);
    const equal =
      shown(contact?.email) === shown(customer?.email) && digits(contact?.phone) === digits(customer?.phone);
    return waits || equal ? [] : [{ contact, customer }];
  });
  expect(differing).toEqual([]);
  // Whoever has no partner is told in a case (under the first of those who share an address); nobody was created twice.
  const told = JSON.stringify(cases);
  const alone = contacts.filter(({ id }) => !live.some(({ left }) => left === id) && !told.includes(`"${id}"`));
  expect(alone.filter(({ email }) => email !== null)).toEqual([]);
  expect(customers.filter(({ email }) => email === "brand.new@example.com")).toHaveLength(1);
  expect(customers.filter(({ email }) => email === "edited.in.crm@example.com")).toHaveLength(1);
});

function shown(email: string | null | undefined): string {
  return (email ?? "").trim().toLowerCase();
}

/** A British number, with or without its country code. */
function digits(phone: string | null | undefined): string {
  return (phone ?? "")
    .replaceAll(/\D/g, "")
    .replace(/^(?:0044|44|0)/, "")
    .replace(/^0/, "");
}
