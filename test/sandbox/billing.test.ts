// The sandbox billing system as a caller meets it: a real server on a real socket, called by the npm SOAP client from the
// WSDL that the connector uses too, so that neither our server nor our WSDL is measured by itself.

import { afterEach, describe, expect, test } from "@jest/globals";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import soap from "soap";
import { buildBilling, type BillingOptions } from "../../src/sandbox/billing/server.ts";

const WSDL = fileURLToPath(new URL("../../connectors/wsdl/sandbox-billing.wsdl", import.meta.url));
const NAMESPACE = "urn:syncline:sandbox:billing:1";
const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface Item {
  readonly id: string;
  readonly name: string;
  readonly address: object;
}

/** What a response element may hold, one record or a list; a test that takes the wrong one fails. */
interface Content {
  readonly customer: Item & readonly Item[];
  readonly invoice: Item & readonly Item[];
  readonly total: number;
  readonly nextPageToken?: string;
}

/** How the client tells of a fault. */
interface ClientError {
  readonly root: {
    readonly Envelope: {
      readonly Body: { readonly Fault: { readonly detail: { readonly BillingFault: { readonly code: string } } } };
    };
  };
  readonly response: { readonly status: number };
}

interface Billing {
  readonly url: string;
  now: number;
  /** The content of the response element. */
  call(operation: string, args: object): Promise<Content>;
  /** The fault's code that a call ends with. */
  fault(operation: string, args: object): Promise<string>;
}

async function startBilling(options: Partial<BillingOptions> = {}, password = "open sesame"): Promise<Billing> {
  const data = await mkdtemp(join(tmpdir(), "sandbox-billing-"));
  closers.push(async () => rm(data, { recursive: true }));
  const time = { now: Date.UTC(2026, 0, 1) };
  const server = await buildBilling({
    data,
    seed: null,
    user: "syncline",
    password: "open sesame",
    now: () => time.now,
    burst: 1000,
    ...options,
  });
  closers.push(async () => server.close());
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  const client = await soap.createClientAsync(WSDL, {}, `${url}/soap`);
  client.setSecurity(new soap.WSSecurity("syncline", password, { passwordType: "PasswordText" }));
  const call = async (operation: string, args: object): Promise<Content> => {
    const answer: readonly [Content] = await client[`${operation}Async`](args);
    return answer[0];
  };
  return Object.assign(time, {
    url,
    call,
    fault: async (operation: string, args: object) => {
      try {
        await call(operation, args);
      } catch (error) {
        const { root, response } = error as ClientError;
        expect(response.status).toBe(500);
        return root.Envelope.Body.Fault.detail.BillingFault.code;
      }
      throw new Error(`${operation} did not fail`);
    },
  });
}

const ADA = { name: "Ada Lovelace", email: "ada@example.com" };

test("a call with another password ends with a fault, and so does one that is no SOAP", async () => {
  const billing = await startBilling({}, "wrong");

  const code = await billing.fault("GetCustomer", { id: "B1" });
  const plain = await fetch(`${billing.url}/soap`, {
    method: "POST",
    headers: { "content-type": "text/xml" },
    body: "<a><b></a>",
  });
  const entity = await fetch(`${billing.url}/soap`, {
    method: "POST",
    headers: { "content-type": "text/xml" },
    body: '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
  });

  expect(code).toBe("FailedAuthentication");
  expect([plain.status, await plain.text()]).toEqual([500, expect.stringContaining("<b:code>Invalid</b:code>")]);
  expect([entity.status, await entity.text()]).toEqual([500, expect.stringContaining("not allowed")]);
});

test("beyond the burst budget the fault is Throttled", async () => {
  const billing = await startBilling({ burst: 1 });

  await billing.call("ListCustomers", {});
  const refused = await billing.fault("ListCustomers", {});
  billing.now += 1000;
  const later = await billing.call("ListCustomers", {});

  expect(refused).toBe("Throttled");
  expect(later.total).toBe(0);
});

test("the WSDL that it serves names its own address", async () => {
  const billing = await startBilling();

  const wsdl = await (await fetch(`${billing.url}/soap?wsdl`)).text();

  expect(wsdl).toContain(`location="${billing.url}/soap"`);
});

describe("customers", () => {
  test("names are trimmed and postcodes put in upper case as they are written", async () => {
    const billing = await startBilling();

    const { customer } = await billing.call("CreateCustomer", {
      customer: { name: "  Ada Lovelace ", address: { line1: "1 Mill Lane", postcode: " sw1a 1aa ", country: "GB" } },
    });

    expect(customer).toMatchObject({ id: "B20001", revision: 1, name: "Ada Lovelace", turnover: 0 });
    expect(customer.address).toMatchObject({ line1: "1 Mill Lane", postcode: "SW1A 1AA" });
  });

  test("an update replaces the record: what is left out becomes empty, what the system keeps stays", async () => {
    const billing = await startBilling();
    await billing.call("CreateCustomer", {
      customer: { ...ADA, phone: "020 7946 0000", address: { city: "London" }, termDays: 30 },
    });

    await billing.call("UpdateCustomer", { customer: { id: "B20001", name: "Ada King" } });
    const wire = await send(billing, `<GetCustomer xmlns="${NAMESPACE}"><id>B20001</id></GetCustomer>`);

    expect(wire).toContain("<b:name>Ada King</b:name>");
    expect(wire).toContain('<b:email xsi:nil="true"/><b:phone xsi:nil="true"/>');
    expect(wire).toContain('<b:city xsi:nil="true"/>');
    expect(wire).toContain('<b:termDays xsi:nil="true"/><b:turnover>0</b:turnover>');
  });

  test("an update that expects another revision is a Conflict and writes nothing", async () => {
    const billing = await startBilling();
    await billing.call("CreateCustomer", { customer: ADA });
    await billing.call("UpdateCustomer", { customer: { ...ADA, id: "B20001", phone: "1" }, expectedRevision: 1 });

    const update = await billing.fault("UpdateCustomer", {
      customer: { id: "B20001", name: "Eve" },
      expectedRevision: 1,
    });
    const remove = await billing.fault("DeleteCustomer", { id: "B20001", expectedRevision: 1 });
    const { customer } = await billing.call("GetCustomer", { id: "B20001" });

    expect([update, remove]).toEqual(["Conflict", "Conflict"]);
    expect(customer).toMatchObject({ name: "Ada Lovelace", revision: 2 });
  });

  test("there is no idempotency key: a create that is sent twice makes two", async () => {
    const billing = await startBilling();

    await billing.call("CreateCustomer", { customer: ADA });
    await billing.call("CreateCustomer", { customer: ADA });
    const found = await billing.call("FindCustomers", { email: " ADA@example.com" });

    expect(found.customer.map(({ id }) => id)).toEqual(["B20001", "B20002"]);
  });

  test("what is not allowed is Invalid, what is not there NotFound", async () => {
    const billing = await startBilling();

    expect(await billing.fault("CreateCustomer", { customer: { email: "ada@example.com" } })).toBe("Invalid");
    expect(await billing.fault("CreateCustomer", { customer: { ...ADA, address: { country: "England" } } })).toBe(
      "Invalid",
    );
    expect(await billing.fault("CreateCustomer", { customer: { ...ADA, segment: "GOLD" } })).toBe("Invalid");
    expect(await billing.fault("CreateCustomer", { customer: { ...ADA, termDays: "soon" } })).toBe("Invalid");
    expect(await billing.fault("GetCustomer", { id: "B20001" })).toBe("NotFound");
    expect(await billing.fault("UpdateCustomer", { customer: { ...ADA, id: "B20001" } })).toBe("NotFound");
    expect((await billing.call("ListCustomers", {})).total).toBe(0);
  });

  test("elements out of the order of the schema are refused, and so are those of another namespace", async () => {
    const billing = await startBilling();
    const create = (customer: string) =>
      send(billing, `<CreateCustomer xmlns="${NAMESPACE}"><customer>${customer}</customer></CreateCustomer>`);

    expect(await create("<email>ada@example.com</email><name>Ada</name>")).toContain("<b:code>Invalid</b:code>");
    expect(await create('<name xmlns="urn:other">Ada</name>')).toContain("<b:code>Invalid</b:code>");
    expect(await create("<name>Ada</name><email>ada@example.com</email>")).toContain("<b:id>B20001</b:id>");
  });

  test("listings go on behind an id, until a page is empty", async () => {
    const billing = await startBilling();
    for (const name of ["A", "B", "C"]) await billing.call("CreateCustomer", { customer: { name } });

    const first = await billing.call("ListCustomers", { pageSize: 2 });
    const second = await billing.call("ListCustomers", { afterId: "B20002", pageSize: 2 });
    const third = await billing.call("ListCustomers", { afterId: "B20003", pageSize: 2 });

    expect(first.customer.map(({ name }) => name)).toEqual(["A", "B"]);
    expect(second.customer.map(({ name }) => name)).toEqual(["C"]);
    expect(third).toEqual({ total: 3 });
  });

  test("changes come by time with the deleted ones among them, and from that very time on", async () => {
    const billing = await startBilling();
    for (const name of ["A", "B", "C"]) await billing.call("CreateCustomer", { customer: { name } });
    billing.now += 1000;
    const since = new Date(billing.now).toISOString();
    await billing.call("UpdateCustomer", { customer: { id: "B20002", name: "Z" } });
    billing.now += 1000;
    await billing.call("DeleteCustomer", { id: "B20001" });

    const first = await billing.call("ListCustomerChanges", { since, pageSize: 1 });
    const second = await billing.call("ListCustomerChanges", { since, pageToken: first.nextPageToken, pageSize: 1 });

    expect(first.customer).toMatchObject([{ id: "B20002", name: "Z" }]);
    expect(second.customer).toMatchObject([{ id: "B20001", deleted: true }]);
    expect(second.nextPageToken).toBeUndefined();
  });
});

describe("invoices", () => {
  const invoice = {
    number: "R-1",
    customerId: "B20001",
    amount: 19900,
    currency: "GBP",
    status: "OPEN",
    dueOn: "2026-02-01",
  };

  test("an invoice needs its customer and a free number; its amount is whole pence", async () => {
    const billing = await startBilling();
    await billing.call("CreateCustomer", { customer: ADA });

    expect(await billing.fault("CreateInvoice", { invoice: { ...invoice, customerId: "B9" } })).toBe("Invalid");
    expect(await billing.fault("CreateInvoice", { invoice: { ...invoice, amount: "199.00" } })).toBe("Invalid");
    expect((await billing.call("CreateInvoice", { invoice })).invoice).toMatchObject({ id: "R30001", amount: 19900 });
    expect(await billing.fault("CreateInvoice", { invoice })).toBe("Duplicate");
  });

  test("a customer's turnover is the sum of its invoices that are not void, and a change of it is a change of the customer", async () => {
    const billing = await startBilling();
    await billing.call("CreateCustomer", { customer: ADA });
    await billing.call("CreateInvoice", { invoice });
    await billing.call("CreateInvoice", { invoice: { ...invoice, number: "R-2", amount: 100 } });

    const before = await billing.call("GetCustomer", { id: "B20001" });
    await billing.call("UpdateInvoice", { invoice: { id: "R30001", ...invoice, status: "VOID" } });
    const after = await billing.call("GetCustomer", { id: "B20001" });

    expect(before.customer).toMatchObject({ turnover: 20000, revision: 3 });
    expect(after.customer).toMatchObject({ turnover: 100, revision: 4 });
  });

  test("a customer with invoices cannot be deleted", async () => {
    const billing = await startBilling();
    await billing.call("CreateCustomer", { customer: ADA });
    await billing.call("CreateInvoice", { invoice });

    expect(await billing.fault("DeleteCustomer", { id: "B20001" })).toBe("Invalid");
  });
});

/** An envelope by hand, and the answer as it travels: the client puts elements in order, and does not tell an empty one from a missing one. */
async function send(billing: Billing, body: string): Promise<string> {
  const security = new soap.WSSecurity("syncline", "open sesame", { passwordType: "PasswordText" }).toXML();
  const response = await fetch(`${billing.url}/soap`, {
    method: "POST",
    headers: { "content-type": "text/xml" },
    body: `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Header>${security}</soap:Header><soap:Body>${body}</soap:Body></soap:Envelope>`,
  });
  return response.text();
}
