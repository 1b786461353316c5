// Answers of a server that may say anything: results, faults, and what must not be believed.

import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Sent } from "../../src/connector/protocol.ts";
import { answerOf, envelope, openAccount, startServer, type Reply } from "./soap-account.ts";

const XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';
const ENV12 = "http://www.w3.org/2003/05/soap-envelope";

let server: Awaited<ReturnType<typeof startServer>>;

beforeAll(async () => {
  server = await startServer();
});
afterAll(async () => {
  await server.close();
});

const GET = { call: "GetCustomer", args: { id: "7" } };
const LIST = { call: "ListCustomers", args: { page: 1 } };

async function ask(
  part: Readonly<Record<string, unknown>>,
  reply: Reply,
  file: Readonly<Record<string, unknown>> = {},
): Promise<Sent> {
  server.answer(reply);
  return openAccount({ http: server.http, baseUrl: server.url, file }).call(part);
}

const bodyOf = async (part: Readonly<Record<string, unknown>>, body: string, file = {}) =>
  answerOf(await ask(part, { body: envelope(body) }, file)).body;

const customer = (inner: string): string =>
  `<GetCustomerResponse xmlns="urn:test:billing" xmlns:t="urn:test:billing:types" ${XSI}><customer>${inner}</customer></GetCustomerResponse>`;

const list = (inner: string): string =>
  `<ListCustomersResponse xmlns="urn:test:billing" xmlns:t="urn:test:billing:types" ${XSI}>${inner}</ListCustomersResponse>`;

describe("a result", () => {
  test("is the content of the response element", async () => {
    expect(await bodyOf(GET, customer("<t:id>7</t:id><t:name>Ada</t:name>"))).toEqual({
      customer: { id: "7", name: "Ada", tag: [] },
    });
  });

  test("keeps texts as they are: leading zeros, blanks, exponents, truth words", async () => {
    const body = await bodyOf(GET, customer("<t:id>00123</t:id><t:name> 1e5 </t:name><t:balance>19.90</t:balance>"));

    expect(body).toEqual({ customer: { id: "00123", name: " 1e5 ", balance: "19.90", tag: [] } });
  });

  test("an empty text is empty, an empty date is null, nil is null, absent is absent", async () => {
    const body = await bodyOf(GET, customer('<t:id/><t:name></t:name><t:since/><t:balance xsi:nil="true"/>'));

    expect(body).toEqual({ customer: { id: "", name: "", since: null, balance: null, tag: [] } });
  });

  test("an element that may repeat is a list, of one, of many and of none", async () => {
    const one = "<t:customer><t:name>A</t:name></t:customer>".replaceAll("t:customer", "customer");
    const single = { name: "A", tag: [] };

    expect(await bodyOf(LIST, list(`<customers>${one}</customers>`))).toEqual({ customers: { customer: [single] } });
    expect(await bodyOf(LIST, list(`<customers>${one}${one}</customers>`))).toEqual({
      customers: { customer: [single, single] },
    });
    expect(await bodyOf(LIST, list("<customers/>"))).toEqual({ customers: { customer: [] } });
  });

  test("an empty listing may come without its wrapper, or with a nil one", async () => {
    expect(await bodyOf(LIST, list(""))).toEqual({ customers: { customer: [] } });
    expect(await bodyOf(LIST, list('<customers xsi:nil="true"/>'))).toEqual({ customers: { customer: [] } });
  });

  test("an answer that is nil as a whole has empty lists, and nothing else", async () => {
    const nil = `<ListCustomersResponse xmlns="urn:test:billing" ${XSI} xsi:nil="true"/>`;

    expect(await bodyOf(LIST, nil)).toEqual({ customers: { customer: [] } });
    expect(await bodyOf(GET, nil.replaceAll("ListCustomers", "GetCustomer"))).toBeNull();
  });

  test("a wrapper that is missing inside a record stays absent: nothing was said about its list", async () => {
    expect(await bodyOf(GET, customer("<t:name>A</t:name>"))).toEqual({ customer: { name: "A", tag: [] } });
  });

  test("other prefixes, the same namespaces: the same result", async () => {
    const plain = await bodyOf(
      GET,
      customer("<t:name>A</t:name><t:tag>x</t:tag><note>n</note>".replace("<note>", '<note xmlns="">')),
    );
    const prefixed = answerOf(
      await ask(GET, {
        body: envelope(
          '<q1:GetCustomerResponse xmlns:q1="urn:test:billing"><q1:customer><a:name xmlns:a="urn:test:billing:types">A</a:name>' +
            '<b:tag xmlns:b="urn:test:billing:types">x</b:tag><note>n</note></q1:customer></q1:GetCustomerResponse>',
          "SOAP-ENV",
        ),
      }),
    ).body;

    expect(prefixed).toEqual(plain);
    expect(plain).toEqual({ customer: { name: "A", tag: ["x"], note: "n" } });
  });

  test("attributes, typed texts and nested lists keep their place", async () => {
    const body = await bodyOf(
      GET,
      customer(
        '<t:name>A</t:name><t:credit currency="EUR">5.00</t:credit><t:addresses><t:address><t:line>R 1</t:line><t:zip>01010</t:zip></t:address></t:addresses>',
      ).replace("<customer>", '<customer status="old">'),
    );

    expect(body).toEqual({
      customer: {
        "@status": "old",
        name: "A",
        credit: { "@currency": "EUR", "#text": "5.00" },
        addresses: { address: [{ line: "R 1", zip: "01010" }] },
        tag: [],
      },
    });
  });

  test("elements the WSDL does not list pass through, as in open types", async () => {
    const body = await bodyOf(
      { call: "Store", args: { bag: { kind: "Account" } } },
      '<StoreResponse xmlns="urn:test:billing" xmlns:t="urn:test:billing:types"><bag><t:kind>Account</t:kind><t:Id>001</t:Id><t:Owner><t:Name>Ada</t:Name></t:Owner></bag></StoreResponse>',
    );

    expect(body).toEqual({ bag: { kind: "Account", Id: "001", Owner: { Name: "Ada" } } });
  });

  test("soap.lists makes a list where the WSDL does not say so", async () => {
    const answer = '<StoreResponse xmlns="urn:test:billing"><bag><item>1</item></bag></StoreResponse>';

    expect(
      await bodyOf({ call: "Store", args: { bag: { kind: "A" } } }, answer, { soap: { lists: ["item"] } }),
    ).toEqual({ bag: { item: ["1"] } });
  });

  test("xsi:type tells the derived type, so that its lists are lists", async () => {
    const body = await bodyOf(
      GET,
      customer("<t:name>A</t:name><t:tag>x</t:tag>").replace("<customer>", '<customer xsi:type="t:Customer">'),
    );

    expect(body).toEqual({ customer: { name: "A", tag: ["x"] } });
  });

  test("a call without an answer is done when the server says nothing", async () => {
    expect(answerOf(await ask({ call: "Ping" }, { status: 202, body: "" })).body).toBeNull();
  });

  test("headers and status come along", async () => {
    const answer = answerOf(await ask(GET, { status: 200, body: envelope(customer("<t:name>A</t:name>")) }));

    expect([answer.status, answer.headers["content-type"], answer.fault]).toEqual([
      200,
      "text/xml; charset=utf-8",
      null,
    ]);
  });
});

describe("a fault", () => {
  const fault11 = (detail: string, code = "soap:Client"): string =>
    envelope(
      `<soap:Fault><faultcode>${code}</faultcode><faultstring>No such customer</faultstring>${detail}</soap:Fault>`,
    );
  const fault12 = (inner: string): Reply => ({
    status: 500,
    type: "application/soap+xml; charset=utf-8",
    body: `<e:Envelope xmlns:e="${ENV12}"><e:Body><e:Fault>${inner}</e:Fault></e:Body></e:Envelope>`,
  });

  test.each<[string, string, string]>([
    ["the fault code alone, without its prefix", fault11(""), "Client"],
    ["a fault code of the application", fault11("", "app:NotFound"), "NotFound"],
    [
      "the code in the detail",
      fault11("<detail><err xmlns='urn:e'><errorCode>E404</errorCode></err></detail>"),
      "Client.E404",
    ],
    [
      "a code deep in the detail, with a prefix",
      fault11("<detail><x><y><code>ns:GONE</code></y></x></detail>"),
      "Client.GONE",
    ],
    [
      "the declared exception",
      fault11("<detail><CustomerNotFound><id>7</id></CustomerNotFound></detail>"),
      "Client.CustomerNotFound",
    ],
    ["the same code twice", fault11("<detail><code>Client.Auth</code></detail>", "soap:Client.Auth"), "Client.Auth"],
    [
      "parts in a namespace, as some servers write them",
      envelope(
        "<soap:Fault><soap:faultcode>Server</soap:faultcode><soap:faultstring>x</soap:faultstring></soap:Fault>",
      ),
      "Server",
    ],
  ])("SOAP 1.1, %s", async (_, body, code) => {
    const { fault, status } = answerOf(await ask(GET, { status: 500, body }));

    expect([status, fault?.code]).toEqual([500, code]);
  });

  test("SOAP 1.2: code, innermost subcode, the English reason", async () => {
    const { fault } = answerOf(
      await ask(
        GET,
        fault12(
          "<e:Code><e:Value>e:Sender</e:Value><e:Subcode><e:Value xmlns:m='urn:m'>m:Outer</e:Value><e:Subcode><e:Value xmlns:m='urn:m'>m:Stale</e:Value></e:Subcode></e:Subcode></e:Code>" +
            "<e:Reason><e:Text xml:lang='de'>Veraltet</e:Text><e:Text xml:lang='en'>Stale version</e:Text></e:Reason>",
        ),
      ),
    );

    expect(fault).toEqual({ code: "Sender.Stale", message: "Stale version" });
  });

  test("is one with any status, and in either version's envelope", async () => {
    expect(answerOf(await ask(GET, { status: 200, body: fault11("") })).fault?.message).toBe("No such customer");
    expect(
      answerOf(
        await ask(GET, {
          ...fault12("<e:Code><e:Value>e:Receiver</e:Value></e:Code><e:Reason><e:Text>Down</e:Text></e:Reason>"),
          status: 200,
        }),
      ).fault,
    ).toEqual({
      code: "Receiver",
      message: "Down",
    });
  });

  test("shows its whole content as the body, for `when: { body }`", async () => {
    const { body } = answerOf(
      await ask(GET, { status: 500, body: fault11("<detail><err><field>email</field></err></detail>") }),
    );

    expect(body).toEqual({
      faultcode: "soap:Client",
      faultstring: "No such customer",
      detail: { err: { field: "email" } },
    });
  });
});

describe("an answer with a good status that is not believed: what happened is not known", () => {
  const good = envelope(customer("<t:name>A</t:name>"));

  test.each<[string, Reply, string]>([
    ["cut off", { body: good.slice(0, -40) }, "E_MALFORMED"],
    ["mis-nested", { body: good.replace("</customer>", "</t:name>") }, "E_MALFORMED"],
    [
      "a document type",
      { body: `<!DOCTYPE x [<!ENTITY y "z">]>${good.replace('<?xml version="1.0"?>', "")}` },
      "E_XML_DOCTYPE",
    ],
    ["an HTML page", { type: "text/html", body: "<html><body>Welcome</body></html>" }, "E_CONTENT_TYPE"],
    ["JSON", { type: "application/json", body: "{}" }, "E_CONTENT_TYPE"],
    ["no content type", { type: "", body: good }, "E_CONTENT_TYPE"],
    ["nothing at all", { body: "" }, "E_MALFORMED"],
    [
      "an envelope without a body",
      { body: '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"/>' },
      "E_SCHEMA",
    ],
    ["an empty body", { body: envelope("") }, "E_MALFORMED"],
    ["another answer", { body: envelope('<ListCustomersResponse xmlns="urn:test:billing"/>') }, "E_SCHEMA"],
    ["XML that is no envelope", { body: "<html xmlns='http://www.w3.org/1999/xhtml'/>" }, "E_SCHEMA"],
    [
      "an envelope of an unknown version",
      { body: '<s:Envelope xmlns:s="urn:soap:9"><s:Body/></s:Envelope>' },
      "E_SCHEMA",
    ],
    ["bytes of another encoding", { body: Buffer.from(good.replace(">A<", ">\xdc<"), "latin1") }, "E_ENCODING"],
  ])("%s", async (_, reply, code) => {
    expect(await ask(GET, reply)).toMatchObject({ kind: "failed", reached: true, code });
  });
});

describe("a bad status without a fault is an answer for the error table", () => {
  test.each<[string, Reply]>([
    ["an HTML page of a proxy", { status: 502, type: "text/html", body: "<!doctype html><p>Bad gateway" }],
    ["nothing", { status: 503, body: "" }],
    ["a login page", { status: 401, type: "text/html", body: "<html></html>" }],
  ])("%s", async (_, reply) => {
    expect(answerOf(await ask(GET, reply))).toMatchObject({ status: reply.status, body: null, fault: null });
  });
});

test("a server that is not there was certainly not reached", async () => {
  const account = openAccount({ http: server.http, baseUrl: "http://127.0.0.1:1/soap" });

  expect(await account.call(GET)).toMatchObject({ kind: "failed", reached: false });
});
