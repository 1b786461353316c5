// What is wrong with a WSDL or with a request is found before anything is sent, with the place and the mend.

import { mkdtempSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "@jest/globals";
import type { Problem } from "../../src/core/problem.ts";
import { FIXTURES, openAccount } from "./soap-account.ts";

const BILLING = readFileSync(join(FIXTURES, "billing.wsdl"), "utf8");
const TYPES = readFileSync(join(FIXTURES, "billing-types.xsd"), "utf8");
const GET = { call: "GetCustomer", args: { id: "{{ id }}" } };

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** A folder with these files, as that of a connector. */
function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "syncline-wsdl-"));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, ".."), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

const codesOf = (problems: readonly Problem[]): string[] => problems.map((problem) => problem.code);

describe("the request", () => {
  const problemsOf = (part: Readonly<Record<string, unknown>>) => openAccount().problemsOf(part);

  test("that fits has no problems", () => {
    expect(problemsOf(GET)).toEqual([]);
    expect(problemsOf({ call: "SaveCustomer", args: { customer: "{{ record }}" } })).toEqual([]);
    expect(problemsOf({ call: "SaveCustomer", args: { customer: { name: "{{ record.name }}", tag: ["a"] } } })).toEqual(
      [],
    );
  });

  test("names an operation that does not exist", () => {
    expect(problemsOf({ call: "GetCostumer" })).toMatchObject([
      {
        code: "E_SOAP_OPERATION",
        path: ["objects", "customer", "get", "call"],
        found: "GetCostumer",
        expected: expect.stringContaining("GetCustomer"),
        hint: 'did you mean "GetCustomer"?',
      },
    ]);
  });

  test("names no operation", () => {
    expect(codesOf(problemsOf({ args: {} }))).toEqual(["E_MISSING"]);
  });

  test("names an element that does not exist, at any depth", () => {
    const part = {
      call: "SaveCustomer",
      args: { customer: { name: "A", adresses: {}, addresses: { address: [{ line: "R", zip: "1", citty: "V" }] } } },
    };

    expect(problemsOf(part)).toMatchObject([
      {
        code: "E_SOAP_ELEMENT",
        path: ["objects", "customer", "get", "args", "customer", "adresses"],
        on: "key",
        hint: 'did you mean "addresses"?',
      },
      { path: ["objects", "customer", "get", "args", "customer", "addresses", "address", 0, "citty"] },
    ]);
  });

  test("leaves out an element the operation needs", () => {
    expect(problemsOf({ call: "ListCustomers", args: { size: 10 } })).toMatchObject([
      { code: "E_SOAP_ARG_MISSING", path: ["objects", "customer", "get", "args"], expected: "page" },
    ]);
    expect(codesOf(problemsOf({ call: "GetCustomer" }))).toEqual(["E_SOAP_ARG_MISSING"]);
  });

  test("is asked for nothing where the entries of a value stand in for the elements", () => {
    const args = { customer: { "...": "{{ changed }}", nme: "A" } };

    expect(problemsOf({ call: "SaveCustomer", args: { customer: { "...": "{{ record }}" } } })).toEqual([]);
    expect(codesOf(problemsOf({ call: "SaveCustomer", args }))).toEqual(["E_SOAP_ELEMENT"]);
  });

  test("is only warned of what is missing deeper, where tools declare more than servers need", () => {
    expect(codesOf(problemsOf({ call: "SaveCustomer", args: { customer: { id: "1" } } }))).toEqual([
      "W_SOAP_ARG_MISSING",
    ]);
  });

  test("gives a list, an object or a text where the type takes another", () => {
    const codes = (args: unknown) => codesOf(problemsOf({ call: "SaveCustomer", args: { customer: args } }));

    expect(codes({ name: ["a"] })).toEqual(["E_SOAP_ELEMENT"]);
    expect(codes({ name: { first: "a" } })).toEqual(["E_SOAP_ELEMENT"]);
    expect(codes("Ada")).toEqual(["E_SOAP_ELEMENT"]);
  });

  test("reads a variable that does not exist", () => {
    expect(codesOf(problemsOf({ call: "GetCustomer", args: { id: "{{ idd }}" } }))).toEqual(["E_EXPR_NAME"]);
  });

  test("gives elements to an operation without any", () => {
    expect(codesOf(problemsOf({ call: "Ping", args: { a: 1 } }))).toEqual(["E_SOAP_ELEMENT"]);
  });
});

describe("the WSDL file", () => {
  const problemsOf = (folder: string, file: Readonly<Record<string, unknown>> = {}) =>
    openAccount({ folder, file }).problemsOf(GET);

  test("is not said, or not there", () => {
    expect(problemsOf(FIXTURES, { wsdl: undefined })).toMatchObject([{ code: "E_MISSING" }]);
    expect(problemsOf(FIXTURES, { wsdl: "./biling.wsdl" })).toMatchObject([
      { code: "E_WSDL_MISSING", path: ["wsdl"], found: "./biling.wsdl" },
    ]);
  });

  test("is an address", () => {
    expect(problemsOf(FIXTURES, { wsdl: "https://erp.example/billing?wsdl" })).toMatchObject([
      { code: "E_WSDL_IMPORT", path: ["wsdl"] },
    ]);
  });

  test("imports from a host: that is refused and never fetched", async () => {
    let requests = 0;
    const host = createServer((_, response) => {
      requests += 1;
      response.end(TYPES);
    });
    await new Promise<void>((resolve) => host.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${String((host.address() as AddressInfo).port)}/billing-types.xsd`;
    const folder = folderWith({ "billing.wsdl": BILLING.replace("billing-types.xsd", url) });

    const problems = problemsOf(folder);

    await new Promise((resolve) => host.close(resolve));
    expect(problems).toMatchObject([{ code: "E_WSDL_IMPORT", path: ["wsdl"], found: url }]);
    expect(requests).toBe(0);
  });

  test.each([
    "file:///etc/passwd",
    "//host/types.xsd",
    "jar:http://host/a.jar!/types.xsd",
    "../outside.xsd",
    "/etc/hostname",
  ])("imports %s, outside of the connector's folder", (location) => {
    const folder = folderWith({
      "connector/billing.wsdl": BILLING.replace("billing-types.xsd", location),
      "outside.xsd": TYPES,
    });

    expect(codesOf(problemsOf(join(folder, "connector")))).toEqual(["E_WSDL_IMPORT"]);
  });

  test("leads out of the folder by a symbolic link", () => {
    const folder = folderWith({ "connector/billing.wsdl": BILLING, "outside.xsd": TYPES });
    symlinkSync(join(folder, "outside.xsd"), join(folder, "connector/billing-types.xsd"));

    expect(codesOf(problemsOf(join(folder, "connector")))).toEqual(["E_WSDL_IMPORT"]);
  });

  test("names a schema file that is not there", () => {
    expect(problemsOf(folderWith({ "billing.wsdl": BILLING }))).toMatchObject([
      { code: "E_WSDL_MISSING", message: 'there is no file "billing-types.xsd"' },
    ]);
  });

  test("lies in a folder below, with its imports beside it", () => {
    const folder = folderWith({ "wsdl/billing.wsdl": BILLING, "wsdl/billing-types.xsd": TYPES });

    expect(problemsOf(folder, { wsdl: "./wsdl/billing.wsdl" })).toEqual([]);
  });

  test("may name the addresses of XML's own schemas, which are not needed", () => {
    const known =
      '<xs:import namespace="http://schemas.xmlsoap.org/soap/encoding/" schemaLocation="http://schemas.xmlsoap.org/soap/encoding/"/>';
    const folder = folderWith({
      "billing.wsdl": BILLING.replace("<xs:import", `${known}<xs:import`),
      "billing-types.xsd": TYPES,
    });

    expect(problemsOf(folder)).toEqual([]);
  });

  test("includes a schema without a namespace, which takes on that of the one including it", () => {
    const included = `<x:schema xmlns:x="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified">
      <x:element name="GetCustomer"><x:complexType><x:sequence><x:element name="key" type="Key"/></x:sequence></x:complexType></x:element>
      <x:complexType name="Key"><x:sequence><x:element name="number" type="x:string"/></x:sequence></x:complexType></x:schema>`;
    const own = /<xs:element name="GetCustomer">[\s\S]*?<\/xs:element>\s*(?=<xs:element name="GetCustomerResponse">)/;
    const wsdl = BILLING.replace(own, "").replace("<xs:import", '<xs:include schemaLocation="key.xsd"/><xs:import');
    const folder = folderWith({ "billing.wsdl": wsdl, "billing-types.xsd": TYPES, "key.xsd": included });
    const account = openAccount({ folder });

    expect(account.problemsOf({ call: "GetCustomer", args: { key: { number: "7" } } })).toEqual([]);
    expect(codesOf(account.problemsOf({ call: "GetCustomer", args: { key: { nummer: "7" } } }))).toEqual([
      "E_SOAP_ELEMENT",
      "W_SOAP_ARG_MISSING",
    ]);
  });

  test.each<[string, string, string]>([
    [
      "has a document type",
      `<!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]>${BILLING.replace(/^<\?xml.*\?>/, "")}`,
      "E_XML_DOCTYPE",
    ],
    ["is cut off", BILLING.slice(0, 3000), "E_XML_MALFORMED"],
    ["is something else", "<html/>", "E_WSDL"],
    ["has no service", BILLING.replace(/<wsdl:service[\s\S]*<\/wsdl:service>/, ""), "E_WSDL"],
    ["has no usable address", BILLING.replace("http://127.0.0.1:1/soap", "REPLACE_WITH_ACTUAL_URL"), "E_URL"],
    [
      "has an address with a password in it",
      BILLING.replace("http://127.0.0.1:1/soap", "http://u:p@127.0.0.1/soap"),
      "E_URL",
    ],
    [
      "names a message element that no schema has",
      BILLING.replace('element="m:GetCustomer"', 'element="m:GetNobody"'),
      "E_WSDL",
    ],
    [
      "uses SOAP encoding",
      BILLING.replace(/(urn:test:billing#Get"\/>[\s\S]*?<soap:body use=")literal/, "$1encoded"),
      "E_NOT_SUPPORTED",
    ],
  ])("%s", (_, text, code) => {
    expect(codesOf(problemsOf(folderWith({ "billing.wsdl": text, "billing-types.xsd": TYPES })))).toContain(code);
  });

  test("has types that hold or derive from themselves: nothing runs forever", () => {
    const types = TYPES.replace(
      "</xs:schema>",
      `<xs:complexType name="Loop"><xs:complexContent><xs:extension base="t:Loop"/></xs:complexContent></xs:complexType>
       <xs:group name="g"><xs:sequence><xs:group ref="t:g"/></xs:sequence></xs:group></xs:schema>`,
    ).replace(
      '<xs:element name="zip" type="xs:string"/>',
      '<xs:element name="zip" type="xs:string"/><xs:group ref="t:g"/><xs:element name="loop" type="t:Loop" minOccurs="0"/><xs:element name="nearby" type="t:Address" minOccurs="0"/>',
    );
    const folder = folderWith({ "billing.wsdl": BILLING, "billing-types.xsd": types });
    const args = {
      customer: {
        name: "A",
        addresses: { address: { line: "1", zip: "2", loop: {}, nearby: { line: "1", zip: "3" } } },
      },
    };

    expect(openAccount({ folder }).problemsOf({ call: "SaveCustomer", args })).toEqual([]);
  });
});

describe("soap:", () => {
  test("names a service or port that does not exist", () => {
    const problemsOf = (soap: unknown) => openAccount({ file: { soap } }).problemsOf(GET);

    expect(problemsOf({ port: "Billing13" })).toMatchObject([
      { code: "E_WSDL", path: ["soap", "port"], expected: "Billing11, Billing12" },
    ]);
    expect(problemsOf({ service: "Invoicing" })).toMatchObject([{ code: "E_WSDL", path: ["soap", "service"] }]);
    expect(problemsOf({ port: "Billing12" })).toEqual([]);
  });

  test("names secrets that are not declared", () => {
    const { problems } = openAccount({
      file: { secrets: { password: {} }, soap: { security: { username: "user", password: "pasword" } } },
    });

    expect(problems).toMatchObject([
      { code: "E_SECRET_UNKNOWN", path: ["soap", "security", "password"], hint: 'did you mean "password"?' },
      { code: "E_SECRET_UNKNOWN", path: ["soap", "security", "username"] },
    ]);
  });

  test("puts into a header what its element has not", () => {
    const account = openAccount({ file: { soap: { headers: { SessionHeader: { sessionIt: "s" } } } } });

    expect(account.prepare(GET).problems).toMatchObject([
      { code: "E_SOAP_ELEMENT", path: ["soap", "headers", "SessionHeader", "sessionIt"], expected: "sessionId" },
      { code: "W_SOAP_ARG_MISSING", path: ["soap", "headers", "SessionHeader"] },
    ]);
  });

  test("names a type that the WSDL has not, or an element that the named type has not", () => {
    const codes = (customer: unknown) => openAccount().problemsOf({ call: "SaveCustomer", args: { customer } });

    expect(codes({ "@xsi:type": "Custmer", name: "A" })).toMatchObject([
      {
        code: "E_SOAP_ELEMENT",
        path: ["objects", "customer", "get", "args", "customer", "@xsi:type"],
        found: "Custmer",
      },
    ]);
    expect(codes({ "@xsi:type": "Customer", nme: "A" })).toMatchObject([
      { code: "E_SOAP_ELEMENT", hint: 'did you mean "name"?' },
      { code: "W_SOAP_ARG_MISSING" },
    ]);
    expect(codes({ "@xsi:type": "{{ record.kind }}", nme: "A" })).toEqual([]);
  });

  test("names a header element that does not exist, once for all requests", () => {
    const account = openAccount({ file: { soap: { headers: { SessionHeaders: {} } } } });

    expect(account.prepare(GET).problems).toMatchObject([
      { code: "E_SOAP_ELEMENT", path: ["soap", "headers", "SessionHeaders"], hint: 'did you mean "SessionHeader"?' },
    ]);
  });
});
