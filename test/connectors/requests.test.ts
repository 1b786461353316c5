// Every request of every shipped connector that speaks HTTP is written once, with values that are hard to quote, and sent to a
// local server: whatever an expression of a file cannot cope with shows here, not in front of the real system. What the answers
// mean is not looked at; what goes out is, for the requests at the end of this file.

import { generateKeyPairSync } from "node:crypto";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Instant } from "../../src/core/ids.ts";
import { parsePath, withValueAt } from "../../src/core/path.ts";
import type { Fields, Value } from "../../src/core/value.ts";
import { readConnectors, type ProjectConnector } from "../../src/config/connectors.ts";
import type { RemoteFailure, Result, System, SystemObject } from "../../src/connector/contract.ts";
import type { ConnectorFile } from "../../src/connector/file.ts";
import { Secret } from "../../src/connector/secret.ts";
import { closeExpressionsAfterwards, expressions, id, TODAY } from "../connector/opened.ts";
import { startRemote, type Asked, type Remote } from "../connector/remote.ts";

closeExpressionsAfterwards();

const FOLDER = fileURLToPath(new URL("../../connectors/", import.meta.url));
const AWKWARD = `O'Brien "the\\ 2nd" & Söhne`;
const KEY = generateKeyPairSync("rsa", { modulusLength: 2048 })
  .privateKey.export({ type: "pkcs8", format: "pem" })
  .toString();

const shipped = readConnectors([FOLDER], Date.parse("2026-12-01T00:00:00Z") as Instant, expressions).filter(
  ({ part }) => part !== null && ["rest", "graphql", "odata", "soap"].includes(part.protocol),
);

let remote: Remote;
beforeAll(async () => {
  remote = await startRemote();
});
afterAll(() => remote.close());

function byName(name: string): ProjectConnector {
  const found = shipped.find((each) => each.name === name);
  if (found === undefined) throw new Error(`there is no connector ${name}`);
  return found;
}

/** A value for each setting: an address is that of the local server. */
function settingsOf({ settings = {} }: ConnectorFile): Readonly<Record<string, Value>> {
  const isAddress = (name: string, text: string): boolean => /url/.test(name) || /^https?:/.test(text);
  return Object.fromEntries(
    Object.entries(settings).map(([name, { default: fallback }]) => {
      if (isAddress(name, String(fallback ?? ""))) return [name, remote.origin];
      return [name, fallback === undefined || fallback === "" ? "setting" : fallback];
    }),
  );
}

/** Logs everybody in, and answers everything else with nothing that could be taken for a record. */
function serve(file: ConnectorFile): void {
  const { auth } = file;
  let login: Value = { access_token: "token", token_type: "Bearer", expires_in: 3600 };
  const headers: Record<string, string> = { "set-cookie": "session=1" };
  if (auth?.scheme === "session") {
    for (const place of Object.values(auth.take ?? {})) {
      if (typeof place === "object") headers[place.header] = "taken";
      else login = withValueAt(login, parsePath(place) ?? [], "taken");
    }
  }
  remote.handle(() => ({ headers, body: login }));
}

async function open(name: string): Promise<System> {
  const { connector } = byName(name);
  if (connector === null) throw new Error(`${name} has errors`);
  serve(connector.file);
  remote.asked.length = 0;
  return connector.open({
    name,
    settings: settingsOf(connector.file),
    secrets: new Map(
      Object.keys(connector.file.secrets ?? {}).map((each) => [
        each,
        new Secret(each === "private_key" ? KEY : "secret"),
      ]),
    ),
    limits: {},
    allowPrivate: true,
    observer: { called: () => undefined, waited: () => undefined },
    clock: { now: () => TODAY, sleep: () => Promise.resolve() },
    log: { warn: () => undefined, debug: () => undefined },
    version: "0.0.0",
    random: () => 0,
  });
}

/** Something for each field that can be written, and for those that are looked up by. */
function sampleOf(file: ConnectorFile, object: SystemObject): Fields {
  const declared = Object.entries(file.objects[object.name]?.fields ?? {});
  const typed = declared
    .filter(([, field]) => field.read_only !== true)
    .map(([name, { type }]) => [name, valueOf(type)] as const);
  const keys = object.capabilities.findBy.flat().map((name) => [name, AWKWARD] as const);
  return { ...Object.fromEntries(keys), ...Object.fromEntries(typed), free: AWKWARD };
}

function valueOf(type: string | undefined): Value {
  if (type === "integer") return "5";
  if (type === "decimal") return "19.90";
  if (type === "boolean") return true;
  return type === "date" ? "2026-03-01" : type === "datetime" ? "2026-03-01T12:00:00Z" : AWKWARD;
}

/** What could not even be written down; every other failure is the empty answers'. */
function unwritable(failures: readonly RemoteFailure[]): readonly RemoteFailure[] {
  // The SOAP schema of the sandboxes knows no field called free.
  const ours = failures.filter((failure) => "code" in failure && /^E_(?:EXPR|TEMPLATE)/.test(failure.code));
  return ours.filter(({ message }) => !message.includes("free"));
}

const failuresOf = (results: readonly Result<unknown>[]): readonly RemoteFailure[] =>
  results.flatMap((result) => (result.ok ? [] : [result.failure]));

async function ended(pages: AsyncIterable<Result<unknown>>): Promise<readonly RemoteFailure[]> {
  for await (const page of pages) if (!page.ok) return [page.failure];
  return [];
}

/** As each system writes its times. */
const CURSORS: Readonly<Record<string, string>> = {
  netsuite: "2026-03-01 12:00:00",
  odoo: "2026-03-01 12:00:00",
  stripe: "1772000000",
  woocommerce: "2026-03-01T12:00:00",
  xero: "/Date(1772000000000+0000)/",
};

// Those that are tried against the real system are tried better there.
const each = shipped
  .filter(({ part }) => part?.proven !== "live")
  .flatMap(({ name, connector }) => (connector?.objects ?? []).map((object) => [name ?? "", object] as const));

describe.each(each)("%s, %s", (name, objectName) => {
  test("every request can be written", async () => {
    const { part } = byName(name);
    const system = await open(name);
    if (part === null) return;
    const object = system.object(objectName, ["free"]);
    const { capabilities: can } = object;
    const sample = sampleOf(part, object);
    const ids = [id("7"), id("8")];
    const shown = Object.fromEntries(Object.keys(part.objects[objectName]?.fields ?? {}).map((field) => [field, "5"]));
    const fields = { ...shown, ...sample, id: "7" };
    const current = { id: id("7"), version: "3", modified: TODAY, deleted: false, fields };
    const updates = ids.map((each) => ({ key: `k${each}`, id: each, version: "3", changed: sample, current }));

    const failures = [
      ...(can.list ? await ended(object.list()) : []),
      ...(can.get ? failuresOf(await object.get(ids)) : []),
      ...failuresOf(
        await Promise.all(
          can.findBy.map((names) => object.find(Object.fromEntries(names.map((key) => [key, AWKWARD])))),
        ),
      ),
      ...(can.changes === null ? [] : await ended(object.changes(CURSORS[name] ?? "2026-03-01T12:00:00.000+0000"))),
      ...(can.create === null
        ? []
        : failuresOf(await object.create(ids.map((each) => ({ key: `k${each}`, record: sample }))))),
      ...(can.update === null ? [] : failuresOf(await object.update(updates))),
      ...(can.update === null ? [] : failuresOf(await object.update(updates.slice(0, 1)))),
      ...(can.delete === null
        ? []
        : failuresOf(await object.delete(ids.map((each) => ({ key: `k${each}`, id: each, version: "3" }))))),
    ];
    await system.close();

    expect(unwritable(failures)).toEqual([]);
    expect(remote.asked.length).toBeGreaterThan(0);
    expect(
      remote.asked.filter((asked) =>
        /undefined|\[object Object\]|\{\{/.test(decodeURIComponent(asked.url) + asked.body),
      ),
    ).toEqual([]);
  });
});

describe("what goes out", () => {
  async function asked(
    name: string,
    objectName: string,
    ask: (object: SystemObject) => Promise<unknown>,
  ): Promise<Asked> {
    const system = await open(name);
    await ask(system.object(objectName, ["Email"]));
    await system.close();
    const last = remote.asked.at(-1);
    if (last === undefined) throw new Error("nothing was asked");
    return last;
  }
  const update = (changed: Fields) => (object: SystemObject) =>
    object.update([
      {
        key: "k",
        id: id("7"),
        version: "3",
        changed,
        current: { id: id("7"), version: "3", modified: null, deleted: false, fields: {} },
      },
    ]);

  test("Salesforce: a key is quoted for SOQL, and what the mapping names is selected", async () => {
    const { query } = await asked("salesforce", "contact", (contact) => contact.find({ Email: `a'b\\c@example.com` }));

    expect(query.get("q")).toBe(
      `SELECT Id, SystemModstamp, IsDeleted, Email FROM Contact WHERE Email = 'a\\'b\\\\c@example.com'`,
    );
  });

  test("Salesforce: a batch says of each record what it is, also of a single one", async () => {
    const { body } = await asked("salesforce", "contact", (contact) =>
      contact.create(["A", "B"].map((LastName) => ({ key: LastName, record: { LastName } }))),
    );

    expect(JSON.parse(body)).toEqual({
      allOrNone: false,
      records: ["A", "B"].map((LastName) => ({ attributes: { type: "Contact" }, LastName })),
    });
  });

  test("QuickBooks: an update is sparse and carries the token that was read", async () => {
    const { body } = await asked("quickbooks", "customer", update({ DisplayName: "Ada" }));

    expect(JSON.parse(body)).toEqual({ DisplayName: "Ada", sparse: true, Id: "7", SyncToken: "3" });
  });

  test("QuickBooks: a create says its request id", async () => {
    const { query } = await asked("quickbooks", "customer", (customer) =>
      customer.create([{ key: "k1", record: { DisplayName: "Ada" } }]),
    );

    expect(query.get("requestid")).toBe("k1");
  });

  test("Odoo: a call names model and method, an id is a number, nothing is false", async () => {
    const { path, body, headers } = await asked("odoo", "partner", update({ email: null, name: "Ada" }));

    expect(path).toBe("/web/dataset/call_kw/res.partner/write");
    expect(JSON.parse(body)).toEqual({
      jsonrpc: "2.0",
      method: "call",
      params: { model: "res.partner", method: "write", args: [[7], { email: false, name: "Ada" }], kwargs: {} },
    });
    expect(headers.cookie).toBe("session=1");
  });

  test("NetSuite: a create is an upsert under its key", async () => {
    const { method, path } = await asked("netsuite", "customer", (customer) =>
      customer.create([{ key: "k1", record: { companyName: "Engines" } }]),
    );

    expect(`${method} ${path}`).toBe("PUT /services/rest/record/v1/customer/eid:k1");
  });

  test("NetSuite by SOAP: the passport is signed, and what is emptied is named", async () => {
    const { path, body, headers } = await asked("netsuite-soap", "contact", update({ phone: null, lastName: "King" }));

    expect(path).toBe("/services/NetSuitePort_2025_2");
    expect(headers.soapaction).toBe('"update"');
    const plain = body.replaceAll(/n\d+:/g, "").replaceAll(/ xmlns\S*?="[^"]*"/g, "");
    expect(plain).toMatch(/<nonce>[0-9a-f]{32}<\/nonce><timestamp>\d+<\/timestamp><signature algorithm="HMAC-SHA256">/);
    expect(plain).toContain(
      '<record xsi:type="Contact" internalId="7"><nullFieldList><name>phone</name></nullFieldList><lastName>King</lastName></record>',
    );
  });

  test("WooCommerce: changes ask for the second before, without a zone", async () => {
    const { query } = await asked("woocommerce", "product", (product) =>
      ended(product.changes("2026-03-01T12:00:00", { settled: true })),
    );

    expect(query.get("modified_after")).toBe("2026-03-01T11:59:59");
  });

  test("Shopify: e-mail and phone go where the input has them", async () => {
    const { body } = await asked("shopify", "customer", update({ email: "a@example.com", firstName: "Ada" }));

    expect((JSON.parse(body) as { variables: unknown }).variables).toEqual({
      input: { email: "a@example.com", firstName: "Ada", id: "7" },
    });
  });

  test("Shopify: a company is written by its own mutation, a location below its company", async () => {
    const company = await asked("shopify", "company", update({ name: "Engines", note: null }));
    const location = await asked("shopify", "company_location", (object) =>
      object.create([
        { key: "k1", record: { name: "Works", externalId: "L1", company_id: "gid://shopify/Company/7" } },
      ]),
    );

    expect((JSON.parse(company.body) as { variables: unknown }).variables).toEqual({
      id: "7",
      input: { name: "Engines", note: null },
    });
    expect((JSON.parse(location.body) as { variables: unknown }).variables).toEqual({
      company: "gid://shopify/Company/7",
      input: { name: "Works", externalId: "L1" },
    });
  });

  test("Shopify: payments are asked for by the time they were made", async () => {
    const { body } = await asked("shopify", "payment", (payment) =>
      ended(payment.changes("2026-03-01T12:00:00Z", { settled: true })),
    );

    expect((JSON.parse(body) as { variables: unknown }).variables).toEqual({
      query: "processed_at:>='2026-03-01T12:00:00Z'",
    });
  });

  test("HubSpot: an invoice is a draft of properties, amounts are texts", async () => {
    const invoice = await asked("hubspot", "invoice", (object) =>
      object.create([{ key: "k1", record: { reference: "R-1", currency: "EUR", due: "2026-04-01T00:00:00Z" } }]),
    );
    const payment = await asked("hubspot", "payment", (object) =>
      object.create([{ key: "k1", record: { amount: "19.90", date: "2026-03-01T00:00:00Z" } }]),
    );

    expect(invoice.path).toBe("/crm/v3/objects/invoices");
    expect(JSON.parse(invoice.body)).toEqual({
      properties: { hs_purchase_order_number: "R-1", hs_currency: "EUR", hs_due_date: "2026-04-01T00:00:00Z" },
    });
    expect(payment.path).toBe("/crm/v3/objects/commerce_payments");
    expect(JSON.parse(payment.body)).toEqual({
      properties: { hs_initial_amount: "19.90", hs_initiated_date: "2026-03-01T00:00:00Z" },
    });
  });

  test("Odoo: stock is set in inventory mode", async () => {
    const { path, body } = await asked("odoo", "stock", update({ inventory_quantity_auto_apply: "12" }));

    expect(path).toBe("/web/dataset/call_kw/stock.quant/write");
    expect((JSON.parse(body) as { params: unknown }).params).toEqual({
      model: "stock.quant",
      method: "write",
      args: [[7], { inventory_quantity_auto_apply: 12 }],
      kwargs: { context: { inventory_mode: true } },
    });
  });

  test("NetSuite: stock of one item at one place is asked for by both", async () => {
    const { body } = await asked("netsuite", "stock", (stock) => stock.get([id("12-3")]));

    expect((JSON.parse(body) as { q: string }).q).toMatch(/ WHERE item = 12 AND location = 3$/);
  });

  test("QuickBooks: a credit memo is deleted with its token", async () => {
    const { path, query, body } = await asked("quickbooks", "credit_memo", (memo) =>
      memo.delete([{ key: "k1", id: id("7"), version: "3" }]),
    );

    expect(path).toBe("/v3/company/setting/creditmemo");
    expect(query.get("operation")).toBe("delete");
    expect(JSON.parse(body)).toEqual({ Id: "7", SyncToken: "3" });
  });

  test("Salesforce by SOAP: the token is the session, and what is emptied is named", async () => {
    const { path, body } = await asked("salesforce-soap", "contact", update({ Phone: null, LastName: "King" }));

    expect(path).toBe("/services/Soap/u/62.0");
    const plain = body.replaceAll(/n\d+:/g, "").replaceAll(/ xmlns\S*?="[^"]*"/g, "");
    expect(plain).toContain("<SessionHeader><sessionId>taken</sessionId></SessionHeader>");
    expect(plain).toContain(
      "<update><sObjects><type>Contact</type><fieldsToNull>Phone</fieldsToNull><Id>7</Id><LastName>King</LastName></sObjects></update>",
    );
  });

  test("Business Central: the record is addressed by its GUID, in the company, with its ETag", async () => {
    const { path, headers } = await asked("business-central", "customer", update({ displayName: "Ada" }));

    expect(path).toBe("/setting/Production/api/v2.0/companies(setting)/customers(7)");
    expect(headers["if-match"]).toBe('"3"');
  });
});
