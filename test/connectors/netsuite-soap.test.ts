// connectors/netsuite-soap.yaml against a server that checks every signature and refuses what it has seen (netsuite.ts).

import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeEach, describe, expect, test } from "@jest/globals";
import { readConnectors } from "../../src/config/connectors.ts";
import { checkReading } from "../../src/connector/acceptance/reading.ts";
import { checkWriting } from "../../src/connector/acceptance/writing.ts";
import type { RemoteRecord, System, SystemObject } from "../../src/connector/contract.ts";
import { Redactor } from "../../src/connector/secret.ts";
import {
  accountFor,
  closeExpressionsAfterwards,
  expressions,
  failureOf,
  id,
  idsOf,
  readAll,
  TODAY,
  valueOf,
} from "../connector/opened.ts";
import { ACCOUNT, fault, SECRETS, startNetSuite, statusOf, type NetSuite } from "./netsuite.ts";

closeExpressionsAfterwards();

const FOLDER = fileURLToPath(new URL("../../connectors/", import.meta.url));
const shipped = readConnectors([FOLDER], TODAY, expressions).find(({ name }) => name === "netsuite-soap");

let netsuite: NetSuite;
let system: System;
let logged: readonly string[];
const started: { close(): Promise<void> }[] = [];
afterAll(() => Promise.all(started.map((each) => each.close())));

beforeEach(async () => {
  if (shipped?.connector === null || shipped === undefined) throw new Error("the file has errors");
  // The server goes by the account's clock: what waits is not too late for it.
  let seconds = (): number => 0;
  netsuite = await startNetSuite(() => seconds());
  const {
    account,
    clock,
    logged: told,
  } = accountFor(netsuite.remote.origin, {
    settings: { account: ACCOUNT },
    secrets: SECRETS,
    redactor: new Redactor(),
  });
  seconds = () => Math.floor(clock.now() / 1000);
  logged = told;
  system = await shipped.connector.open(account);
  const opened = system;
  started.push({ close: () => opened.close() }, netsuite.remote);
});

const object = (name: string): SystemObject => system.object(name, []);
const operations = (): readonly string[] => netsuite.calls.map(({ operation }) => operation);
const since = (seconds: number): string => new Date((netsuite.now() - seconds) * 1000).toISOString();

function addCustomers(...names: readonly string[]): readonly string[] {
  return names.map((name) =>
    netsuite.add("customer", { companyName: name, email: `${name}@example.com`, balance: "10.50" }),
  );
}

describe("a listing", () => {
  test("follows the search by its id, page by page, and is whole", async () => {
    const ids = addCustomers("Ada", "Bob", "Cleo", "Dora", "Eve");
    netsuite.add("contact", { email: "x@example.com" });

    const { pages, records, failure } = await readAll(object("customer").list());

    expect(failure).toBeNull();
    expect(idsOf(records)).toEqual(ids);
    expect(pages.map(({ total }) => total)).toEqual([5, 5, 5]);
    expect(operations()).toEqual(["search", "searchMoreWithId", "searchMoreWithId"]);
    expect(netsuite.calls.map(({ body }) => body["pageIndex"])).toEqual([undefined, "2", "3"]);
    expect(new Set(netsuite.calls.map(({ passport }) => passport["nonce"])).size).toBe(3);
    expect(records[0]).toMatchObject({ fields: { companyName: "Ada" }, version: expect.any(String) });
  });

  test.each([0, 1, 2, 4])("of %i records ends where it ends", async (count) => {
    const ids = addCustomers(...["A", "B", "C", "D"].slice(0, count));

    const { records, failure } = await readAll(object("customer").list());

    expect(failure).toBeNull();
    expect(idsOf(records)).toEqual(ids);
    expect(operations()).toHaveLength(Math.max(1, Math.ceil(count / 2)));
  });

  test("whose search has expired is a failure, never a short listing", async () => {
    addCustomers("Ada", "Bob", "Cleo");
    netsuite.disturb = ({ operation }) => {
      if (operation === "searchMoreWithId") netsuite.expire();
      return null;
    };

    const { records, failure } = await readAll(object("customer").list());

    expect(records).toHaveLength(2);
    expect(failure).toMatchObject({ kind: "rejected" });
    expect(operations()).toEqual(["search", "searchMoreWithId"]);
  });

  test("that shifts under a deletion is a failure, though as many were read as there are", async () => {
    const [first = ""] = addCustomers("Ada", "Bob", "Cleo", "Dora", "Eve");
    netsuite.disturb = ({ operation, count }) => {
      if (operation === "searchMoreWithId" && count === 2) netsuite.remove(first);
      return null;
    };

    const { failure } = await readAll(object("customer").list());

    expect(failure).toMatchObject({ kind: "malformed", code: "E_PAGE_DRIFT" });
  });

  test("answered with another page than was asked for is a failure", async () => {
    addCustomers("Ada", "Bob", "Cleo", "Dora", "Eve");
    netsuite.disturb = (call) => {
      if (call.operation === "searchMoreWithId") Object.assign(call.body, { pageIndex: "3" });
      return null;
    };

    expect((await readAll(object("customer").list())).failure).toMatchObject({ code: "E_PAGE_DRIFT" });
  });

  test("goes through a broken connection, a throttle and a server error, each attempt signed anew", async () => {
    const ids = addCustomers("Ada", "Bob", "Cleo");
    netsuite.disturb = ({ count }) => {
      if (count === 1) return "cut";
      if (count === 2) return fault("SSS_REQUEST_LIMIT_EXCEEDED", "too many at once");
      return count === 4 ? fault("UNEXPECTED_ERROR", "an unexpected error") : null;
    };

    const { records, failure } = await readAll(object("customer").list());

    expect(failure).toBeNull();
    expect(idsOf(records)).toEqual(ids);
    expect(netsuite.calls).toHaveLength(5);
    expect(new Set(netsuite.calls.map(({ passport }) => passport["nonce"])).size).toBe(5);
  });

  test("of another object has its own search: items, price levels, transactions by their kind", async () => {
    const item = netsuite.add("inventoryItem", { itemId: "SKU-1", quantityOnHand: "7" });
    const level = netsuite.add("priceLevel", { name: "Trade" });
    const order = netsuite.add("salesOrder", { tranId: "SO1", total: "12.30" });
    const invoice = netsuite.add("invoice", { tranId: "INV1" });
    const payment = netsuite.add("customerPayment", { tranId: "P1", payment: "5" });
    const found: Record<string, readonly string[]> = {};
    for (const name of ["item", "price_level", "sales_order", "invoice", "payment"])
      found[name] = idsOf((await readAll(object(name).list())).records);

    expect(found).toEqual({
      item: [item],
      price_level: [level],
      sales_order: [order],
      invoice: [invoice],
      payment: [payment],
    });
  });
});

describe("a call that is not let in", () => {
  test("with a clock that goes wrong ends as a refused login, and is not tried again", async () => {
    netsuite.ahead = 3600;

    const { failure } = await readAll(object("customer").list());

    expect(failure).toMatchObject({ kind: "auth" });
    expect(netsuite.calls).toHaveLength(1);
  });

  test("tells neither its nonce nor a secret, in what it says or logs", async () => {
    netsuite.ahead = 3600;

    const { failure } = await readAll(object("customer").list());

    const told = JSON.stringify([failure, logged]);
    const hidden = [
      ...Object.values(SECRETS),
      ...Object.values(netsuite.calls[0]?.passport ?? {}).filter((each) => each.length > 12),
    ];
    expect(told).toContain("[redacted]");
    for (const each of hidden) expect(told).not.toContain(each);
  });
});

describe("changes", () => {
  test("since a time, and what was deleted since then", async () => {
    const [old = ""] = addCustomers("Old");
    netsuite.ahead = 7200;
    const ids = addCustomers("Ada", "Bob", "Cleo");
    netsuite.add("contact", { email: "x@example.com" });
    const gone = addCustomers("Dora", "Eve", "Fay");
    for (const each of gone) netsuite.remove(each);
    netsuite.remove(netsuite.add("contact", { email: "y@example.com" }));
    const cursor = since(60);
    netsuite.ahead = 0;

    const { records, pages, failure } = await readAll(object("customer").changes(cursor));

    expect(failure).toBeNull();
    expect(records.map((record) => [record.id, record.deleted])).toEqual([
      ...ids.map((each) => [each, false]),
      ...gone.map((each) => [each, true]),
    ]);
    expect(idsOf(records)).not.toContain(old);
    expect(operations()).toEqual(["search", "searchMoreWithId", "getDeleted", "getDeleted"]);
    expect(pages.map((page) => page.cursor)).toEqual([expect.any(String), expect.any(String), null, null]);
  });

  test("whose deletions are not told to this role are a failure, for the cursor would go past them", async () => {
    addCustomers("Ada");
    netsuite.disturb = ({ operation }) =>
      operation === "getDeleted" ? fault("INSUFFICIENT_PERMISSION", "Deleted Records") : null;

    expect((await readAll(object("customer").changes(since(60)))).failure).toMatchObject({ kind: "rejected" });
  });
});

describe("single records", () => {
  test("get reads one, and says of one that is not there that it is gone", async () => {
    const [ada = ""] = addCustomers("Ada");

    const [there, gone] = await object("customer").get([id(ada), id("9")]);

    expect(valueOf(there).fields).toMatchObject({ companyName: "Ada" });
    expect(failureOf(gone)).toMatchObject({ kind: "gone" });
  });

  test("find finds nothing for nobody, whatever stands in the key", async () => {
    addCustomers("Ada");

    expect(valueOf(await object("customer").find({ email: `a&b<"'@example.com` }))).toEqual([]);
    expect(netsuite.calls[0]?.xml).toContain("a&amp;b&lt;");
  });

  test("find by a customer's e-mail, and by an order's number", async () => {
    const [ada = ""] = addCustomers("Ada", "Bob");
    const order = netsuite.add("salesOrder", { tranId: "SO1" });
    netsuite.add("invoice", { tranId: "SO1" });

    expect(idsOf(valueOf(await object("customer").find({ email: "Ada@example.com" })))).toEqual([ada]);
    expect(idsOf(valueOf(await object("sales_order").find({ tranId: "SO1" })))).toEqual([order]);
  });
});

describe("writes", () => {
  const create = async (record: Readonly<Record<string, string | boolean | null>>) => {
    const [made] = await object("customer").create([{ key: "k-1", record }]);
    return made;
  };
  const current = async (ofId: string): Promise<RemoteRecord> => {
    const [record] = await object("customer").get([id(ofId)]);
    return valueOf(record);
  };

  test("a create whose answer is lost is sent again under its key, and makes one record", async () => {
    netsuite.disturb = ({ count }) => (count === 1 ? "lose" : null);

    const made = valueOf(await create({ companyName: "Engines", email: "ada@example.com", isPerson: false }));

    expect(operations()).toEqual(["upsert", "upsert"]);
    expect([...netsuite.rows.values()]).toMatchObject([
      { id: made.id, externalId: "k-1", fields: { companyName: "Engines", isPerson: "false" } },
    ]);
  });

  test("a create that is refused for its key is a duplicate, one that is refused otherwise is rejected", async () => {
    addCustomers("Ada");
    const taken = await create({ companyName: "Other", email: "Ada@example.com" });
    netsuite.disturb = () => statusOf("upsert", "writeResponse", "INVALID_KEY_OR_REF");
    const refused = await create({ companyName: "Other" });

    expect(failureOf(taken)).toMatchObject({ kind: "duplicate" });
    expect(failureOf(refused)).toMatchObject({ kind: "rejected" });
  });

  test("an update names what is to be emptied, and writes amounts and references as they are", async () => {
    const ofId = netsuite.add("customer", { companyName: "Ada", phone: "1", terms: '<ref internalId="3"/>' });

    const [written] = await object("customer").update([
      {
        key: "k-2",
        id: id(ofId),
        version: null,
        changed: {
          phone: null,
          terms: { "@internalId": null },
          creditLimit: "1000000000000.10",
          subsidiary: { "@internalId": "2" },
          isInactive: true,
        },
        current: await current(ofId),
      },
    ]);

    expect(written?.ok).toBe(true);
    expect(netsuite.rows.get(ofId)?.fields).toEqual({
      companyName: "Ada",
      creditLimit: "1000000000000.10",
      subsidiary: '<ref internalId="2"/>',
      isInactive: "true",
    });
    const sent = netsuite.calls.at(-1)?.xml ?? "";
    expect(sent.replaceAll(/<(\/?)n\d+:/g, "<$1")).toContain(
      "<nullFieldList><name>phone</name><name>terms</name></nullFieldList><",
    );
  });

  test("an update of nothing empty names nothing", async () => {
    const [ofId = ""] = addCustomers("Ada");

    await object("customer").update([
      { key: "k", id: id(ofId), version: null, changed: { phone: "2" }, current: await current(ofId) },
    ]);

    expect(netsuite.calls.at(-1)?.xml).not.toContain("nullFieldList");
    expect(netsuite.rows.get(ofId)?.fields["phone"]).toBe("2");
  });

  test("an update and a delete of what is not there are gone; what was changed meanwhile is stale", async () => {
    const [ada = ""] = addCustomers("Ada");
    const there = await current(ada);
    const update = (record: RemoteRecord) =>
      object("customer").update([{ key: "k", id: record.id, version: null, changed: { phone: "2" }, current: record }]);
    const [updated] = await update({ ...there, id: id("9") });
    const [removed] = await object("customer").delete([{ key: "k", id: id("9"), version: null }]);
    netsuite.disturb = () => statusOf("update", "writeResponse", "RCRD_HAS_BEEN_CHANGED");
    const [changed] = await update(there);

    expect(failureOf(updated)).toMatchObject({ kind: "gone" });
    expect(removed).toMatchObject({ ok: false, failure: { kind: "gone" } });
    expect(failureOf(changed)).toMatchObject({ kind: "stale" });
  });

  test("lines are written whole, with the account's own fields", async () => {
    const [made] = await object("sales_order").create([
      {
        key: "so-1",
        record: {
          entity: { "@internalId": "5" },
          itemList: { item: [{ item: { "@internalId": "7" }, quantity: "2", rate: "9.90" }] },
          customFieldList: {
            customField: [{ "@xsi:type": "StringCustomFieldRef", "@scriptId": "custbody_shop", value: "S-1" }],
          },
        },
      },
    ]);

    expect(made?.ok).toBe(true);
    const sent = (netsuite.calls.at(-1)?.xml ?? "").replaceAll(/<(\/?)n\d+:/g, "<$1");
    expect(sent).toContain(
      '<itemList><item><item internalId="7"></item><quantity>2</quantity><rate>9.90</rate></item></itemList>',
    );
    expect(sent).toMatch(
      /<customField xsi:type="n\d+:StringCustomFieldRef" scriptId="custbody_shop"><value>S-1<\/value>/,
    );
  });

  test("a field that the WSDL has not is refused by its name, and nothing is sent", async () => {
    const failure = failureOf(await create({ companyName: "Ada", shoeSize: "44" }));

    expect(failure).toMatchObject({ kind: "rejected", message: expect.stringContaining("shoeSize") });
    expect(netsuite.calls).toEqual([]);
  });
});

test("the acceptance suite finds nothing amiss", async () => {
  addCustomers("Ada", "Bob", "Cleo");
  // What the suite writes is later than what was there.
  netsuite.ahead = 1;
  const sample = {
    create: { companyName: "Engines $unique", email: "ada+$unique@example.com" },
    update: { phone: "7" },
  };

  const checks = [
    ...(await checkReading(object("customer"), { recordsMax: 500 })),
    ...(await checkWriting(object("customer"), sample, { unique: "u1", sleep: () => Promise.resolve() })),
  ];

  expect(checks.filter(({ outcome }) => outcome === "failed").map(({ name, why }) => `${name}: ${why}`)).toEqual([]);
  expect(checks.filter(({ outcome }) => outcome === "passed").length).toBeGreaterThanOrEqual(15);
});

// NetSuite's own WSDL is not part of this repository: put it there, with the files that it imports.
const SPECS = fileURLToPath(new URL("../../../shared/specs/netsuite/", import.meta.url));
const isThere = existsSync(join(SPECS, "netsuite.wsdl"));
const tried = isThere ? test : test.skip;

tried(
  isThere
    ? "NetSuite's own WSDL has every element"
    : "NetSuite's own WSDL (skipped: no ../shared/specs/netsuite/netsuite.wsdl)",
  () => {
    const folder = mkdtempSync(join(tmpdir(), "syncline-netsuite-"));
    try {
      cpSync(SPECS, join(folder, "netsuite"), { recursive: true });
      const text = readFileSync(join(FOLDER, "netsuite-soap.yaml"), "utf8");
      writeFileSync(join(folder, "netsuite-soap.yaml"), text.replace("./wsdl/", "./netsuite/"));

      expect(readConnectors([folder], TODAY, expressions).flatMap(({ problems }) => problems)).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
