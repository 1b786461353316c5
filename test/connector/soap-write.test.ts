// Envelopes as they arrive at a server: order, namespaces, nil, lists, exact texts, headers, security.

import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Exact, type Value } from "../../src/core/value.ts";
import { childElements, childNamed, textOf, type XmlElement } from "../../src/connector/xml/element.ts";
import { parseXml } from "../../src/connector/xml/parse.ts";
import { xmlValue } from "../../src/connector/xml/value.ts";
import { answerOf, envelope, openAccount, startServer, type AccountOptions } from "./soap-account.ts";

const MESSAGES = "urn:test:billing";
const TYPES = "urn:test:billing:types";
const SAVED = envelope('<r:SaveCustomerResponse xmlns:r="urn:test:billing"><r:id>7</r:id></r:SaveCustomerResponse>');

let server: Awaited<ReturnType<typeof startServer>>;

beforeAll(async () => {
  server = await startServer();
});
afterAll(async () => {
  await server.close();
});

const open = (options: AccountOptions = {}) => openAccount({ http: server.http, baseUrl: server.url, ...options });

/** The envelope that was sent last. */
function sentEnvelope(): XmlElement {
  const parsed = parseXml(Buffer.from(server.last().body));
  if (!parsed.ok) throw new Error(`${parsed.code}: ${parsed.message}`);
  return parsed.root;
}

function sentBody(): XmlElement {
  const root = sentEnvelope();
  const [content] = childElements(childNamed(root, root.namespace, "Body") ?? root);
  if (content === undefined) throw new Error("the body is empty");
  return content;
}

async function save(customer: Value): Promise<XmlElement> {
  server.answer({ body: SAVED });
  answerOf(await open().call({ call: "SaveCustomer", args: { customer: "{{ record }}" } }, { record: customer }));
  const sent = childNamed(sentBody(), MESSAGES, "customer");
  if (sent === null) throw new Error("no customer was sent");
  return sent;
}

describe("elements", () => {
  test("stand in the order of the schema, those of the base type first, whatever the order of the values", async () => {
    const sent = await save({ tag: ["a"], email: "ada@example.com", name: "Ada", id: "7" });

    expect(childElements(sent).map((child) => child.local)).toEqual(["id", "name", "email", "tag"]);
  });

  test("are in the namespace that is due, or in none", async () => {
    const sent = await save({ name: "Ada", note: "x" });

    expect(sentBody().namespace).toBe(MESSAGES);
    expect(childElements(sent).map((child) => [child.local, child.namespace])).toEqual([
      ["name", TYPES],
      ["note", ""],
    ]);
  });

  test("hold texts, numbers and dates exactly", async () => {
    const name = ' <Ada> & "Söhne" \u{1f600}\r\n\tGmbH ';
    const sent = await save({ id: "00123", name, since: "2026-02-28", balance: new Exact("12345678901234567.890") });

    expect(childElements(sent).map(textOf)).toEqual(["00123", name, "2026-02-28", "12345678901234567.890"]);
  });

  test("hold numbers without an exponent, and truth values as words", async () => {
    const sent = await save({ id: 1e-7, name: true, balance: 1e21 });

    expect(childElements(sent).map(textOf)).toEqual(["0.0000001", "true", "1000000000000000000000"]);
  });

  test("are repeated for each entry of a list, and none for an empty one", async () => {
    expect(childElements(await save({ name: "A", tag: ["x", "y"] })).map(textOf)).toEqual(["A", "x", "y"]);
    expect(childElements(await save({ name: "A", tag: [] })).map(textOf)).toEqual(["A"]);
    expect(childElements(await save({ name: "A", tag: "x" })).map(textOf)).toEqual(["A", "x"]);
  });

  test("say null as nil where the schema allows it, as nothing or empty elsewhere", async () => {
    const sent = await save({ name: null, email: null, balance: null, since: null, tag: null });

    expect(xmlValue(sent, new Set())).toEqual({ name: "", email: null, balance: null });
  });

  test("are left out where the value is absent", async () => {
    server.answer({ body: SAVED });
    await open().call(
      { call: "SaveCustomer", args: { customer: { name: "{{ record.name }}", email: "{{ record.email }}" } } },
      { record: { name: "A" } },
    );

    expect(
      childElements(childNamed(sentBody(), MESSAGES, "customer") ?? sentBody()).map((child) => child.local),
    ).toEqual(["name"]);
  });

  test("nest, with attributes and typed texts", async () => {
    const sent = await save({
      "@status": "new",
      name: "A",
      credit: { "#text": "5.00", "@currency": "EUR" },
      addresses: { address: [{ zip: "1010", line: "Ring 1" }] },
    });

    expect(xmlValue(sent, new Set(["address"]))).toEqual({
      "@status": "new",
      name: "A",
      credit: { "@currency": "EUR", "#text": "5.00" },
      addresses: { address: [{ line: "Ring 1", zip: "1010" }] },
    });
  });

  test("of an open type are passed on", async () => {
    server.answer({ body: envelope('<StoreResponse xmlns="urn:test:billing"/>') });
    await open().call(
      { call: "Store", args: { bag: "{{ record }}" } },
      { record: { Custom__c: "1", kind: "Account" } },
    );

    const bag = childNamed(sentBody(), MESSAGES, "bag");
    expect(childElements(bag ?? sentBody()).map((child) => [child.namespace, child.local, textOf(child)])).toEqual([
      [TYPES, "kind", "Account"],
      [TYPES, "Custom__c", "1"],
    ]);
  });

  test("name a derived type where the value says so", async () => {
    const sent = await save({ "@xsi:type": "Customer", name: "A" });

    expect(sent.attributes.map((entry) => [entry.local, entry.value.split(":").at(-1)])).toEqual([
      ["type", "Customer"],
    ]);
  });
});

describe("a value that has no place in the types is refused before anything is sent", () => {
  test.each<[string, Value, RegExp]>([
    ["an unknown element, with the nearest name", { name: "A", emial: "x" }, /"emial".*did you mean "email"/],
    ["an object where a text is due", { name: { first: "A" } }, /customer\.name takes a text/],
    ["a list where one value is due", { name: ["A", "B"] }, /customer\.name takes one value/],
    ["a text where elements are due", "Ada", /customer takes elements/],
    ["a character that XML does not have", { name: "A\u0007" }, /U\+0007/],
    ["half of a surrogate pair", { name: "\ud83d" }, /U\+D83D/],
  ])("%s", async (_, record, message) => {
    const before = server.seen.length;

    const sent = await open().call({ call: "SaveCustomer", args: { customer: "{{ record }}" } }, { record });

    expect(sent).toMatchObject({
      kind: "failed",
      reached: false,
      code: "E_TEMPLATE",
      message: expect.stringMatching(message),
    });
    expect(server.seen.length).toBe(before);
  });
});

describe("the request around the envelope", () => {
  const get = { call: "GetCustomer", args: { id: "{{ id }}" } };
  const found = { body: envelope('<GetCustomerResponse xmlns="urn:test:billing"/>') };

  test("SOAP 1.1: text/xml and a quoted SOAPAction", async () => {
    server.answer(found);
    await open().call(get, { id: "7" });

    expect(server.last().headers).toMatchObject({
      "content-type": "text/xml; charset=utf-8",
      soapaction: '"urn:test:billing#Get"',
    });
    expect(sentEnvelope().namespace).toBe("http://schemas.xmlsoap.org/soap/envelope/");
  });

  test("SOAP 1.2: the action stands in the content type, and the port's own is sent", async () => {
    server.answer(found);
    await open({ file: { soap: { version: "1.2" } } }).call(get, { id: "7" });

    expect(server.last().headers["content-type"]).toBe(
      'application/soap+xml; charset=utf-8; action="urn:test:billing#Get12"',
    );
    expect(server.last().headers["soapaction"]).toBeUndefined();
    expect(sentEnvelope().namespace).toBe("http://www.w3.org/2003/05/soap-envelope");
  });

  test("action: replaces what the WSDL says, as some servers refuse their own", async () => {
    server.answer(found);
    await open().call({ ...get, action: "http://example.org/#GetCustomer" }, { id: "7" });

    expect(server.last().headers["soapaction"]).toBe('"http://example.org/#GetCustomer"');
  });

  test("headers of the file and of the request are sent", async () => {
    server.answer(found);
    const account = open({ file: { headers: { "User-Agent": "syncline/test" } } });
    await account.call({ ...get, headers: { "X-Tenant": "{{ id }}" } }, { id: "7" });

    expect(server.last().headers).toMatchObject({ "user-agent": "syncline/test", "x-tenant": "7" });
  });

  test("calls go to soap.endpoint before base_url before the WSDL's address", async () => {
    server.answer(found);
    const settings = { host: new URL(server.url).origin };
    const account = openAccount({
      http: server.http,
      baseUrl: "http://127.0.0.1:9/nowhere",
      settings,
      file: { settings: { host: {} }, soap: { endpoint: "{{ settings.host }}/elsewhere?x=1" } },
    });
    await account.call(get, { id: "7" });

    expect(server.last().path).toBe("/elsewhere?x=1");
  });

  test("elements of the SOAP header are written by their types", async () => {
    server.answer(found);
    const account = open({
      settings: { session: "s-1" },
      file: {
        settings: { session: {} },
        soap: { headers: { SessionHeader: { sessionId: "{{ settings.session }}" } } },
      },
    });
    await account.call(get, { id: "7" });

    const root = sentEnvelope();
    const header = childNamed(root, root.namespace, "Header");
    expect(header === null ? null : xmlValue(header, new Set())).toEqual({ SessionHeader: { sessionId: "s-1" } });
    expect(childElements(header ?? root)[0]?.namespace).toBe(MESSAGES);
  });

  test("elements that hold secrets or settings stand in every message, in the order of the schema", async () => {
    server.answer({ body: envelope('<ListCustomersResponse xmlns="urn:test:billing"/>') });
    const file = { secrets: { page: {} }, soap: { elements: { page: "page" } } };
    await open({ file, secrets: { page: "3" } }).call({ call: "ListCustomers" });

    expect(server.last().body).toMatch(/<\w+:page>3<\/\w+:page>/);
    expect(open({ file: { soap: file.soap } }).problemsOf({ call: "ListCustomers" })).toMatchObject([
      { code: "E_SECRET_UNKNOWN", path: ["soap", "elements", "page"] },
    ]);
    expect(
      open({ file: { ...file, soap: { elements: { pages: "page" } } } }).problemsOf({ call: "ListCustomers" }),
    ).toContainEqual(expect.objectContaining({ code: "E_SOAP_ELEMENT" }));
  });

  test("an RPC call is wrapped in its operation, its parts without a namespace", async () => {
    server.answer({ body: envelope('<x:anything xmlns:x="urn:test:rpc"><count>2</count></x:anything>') });
    const account = open({ file: { wsdl: "./rpc.wsdl" } });
    const answer = answerOf(
      await account.call({ call: "AddLine", args: { line: { amount: 1.5, sku: "A" }, order: "7" } }),
    );

    expect([sentBody().namespace, sentBody().local]).toEqual(["urn:test:rpc", "AddLine"]);
    expect(childElements(sentBody()).map((child) => [child.namespace, child.local])).toEqual([
      ["", "order"],
      ["", "line"],
    ]);
    expect(xmlValue(sentBody(), new Set())).toEqual({ order: "7", line: { sku: "A", amount: "1.5" } });
    expect(server.last().headers["soapaction"]).toBe('""');
    expect(answer.body).toEqual({ count: "2" });
  });
});

describe("WS-Security", () => {
  const SECEXT = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
  const UTILITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd";

  async function sentToken(type: "text" | "digest"): Promise<XmlElement> {
    server.answer({ body: SAVED });
    const account = open({
      file: {
        secrets: { user: {}, password: {} },
        soap: { security: { username: "user", password: "password", type } },
      },
      secrets: { user: "erp & co", password: "p<ss" },
    });
    await account.call({ call: "SaveCustomer", args: { customer: { name: "A" } } });
    const root = sentEnvelope();
    const header = childNamed(root, root.namespace, "Header") ?? root;
    const token = childNamed(childNamed(header, SECEXT, "Security") ?? root, SECEXT, "UsernameToken");
    if (token === null) throw new Error("no token was sent");
    return token;
  }

  const part = (token: XmlElement, namespace: string, name: string): string => {
    const found = childNamed(token, namespace, name);
    return found === null ? "" : textOf(found);
  };

  test("PasswordText holds user and password", async () => {
    const token = await sentToken("text");

    expect([part(token, SECEXT, "Username"), part(token, SECEXT, "Password")]).toEqual(["erp & co", "p<ss"]);
  });

  test("PasswordDigest proves the password without showing it, anew each time", async () => {
    const token = await sentToken("digest");
    const other = await sentToken("digest");

    const nonce = Buffer.from(part(token, SECEXT, "Nonce"), "base64");
    const created = part(token, UTILITY, "Created");
    const due = createHash("sha1")
      .update(Buffer.concat([nonce, Buffer.from(created), Buffer.from("p<ss")]))
      .digest("base64");
    expect(part(token, SECEXT, "Password")).toBe(due);
    expect(part(other, SECEXT, "Nonce")).not.toBe(part(token, SECEXT, "Nonce"));
    expect(server.last().body).not.toContain("p&lt;ss");
  });

  test("an account without the secret sends nothing", async () => {
    const account = open({
      file: { secrets: { password: {} }, soap: { security: { username: "password", password: "password" } } },
    });
    const before = server.seen.length;

    const sent = await account.call({ call: "SaveCustomer", args: { customer: { name: "A" } } });

    expect(sent).toMatchObject({ kind: "failed", reached: false });
    expect(server.seen.length).toBe(before);
  });
});
