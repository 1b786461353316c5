import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";
import { importWsdl } from "../../../src/connector/import/wsdl.ts";
import { accepted, notesOf } from "./drafts.ts";

const CONNECTORS = fileURLToPath(new URL("../../../connectors", import.meta.url));
const WSDL = "./wsdl/sandbox-billing.wsdl";

test("operations that share a noun become one object, with arguments and paging by their names", async () => {
  const { objects, soap } = await accepted(importWsdl(WSDL, CONNECTORS, "billing", ["customer"]), CONNECTORS);

  expect(soap?.endpoint).toBe("{{ settings.base_url }}/soap");
  expect(objects["customer"]).toMatchObject({
    id: "id",
    version: "revision",
    modified: "changedAt",
    natural_keys: ["email"],
    list: {
      call: "ListCustomers",
      args: { pageSize: 100, afterId: "{{ page.after }}" },
      items: "customer",
      page: { after: "id", size: 100 },
    },
    get: { call: "GetCustomer", args: { id: "{{ id }}" }, item: "customer" },
    find: { by: ["email"], call: "FindCustomers", args: { email: "{{ key.email }}" } },
    changes: { call: "ListCustomerChanges", page: { token: "nextPageToken" }, cursor: { at: "changedAt" } },
    create: { call: "CreateCustomer", args: { customer: "{{ record }}" }, repeat: "unsafe", verify: "find" },
    update: { call: "UpdateCustomer", args: { customer: "{{ changed }}", expectedRevision: "{{ version }}" } },
    delete: { call: "DeleteCustomer" },
  });
});

test("a file that is no WSDL, and a noun that is not there, are refused with the reason", () => {
  const folder = mkdtempSync(join(tmpdir(), "syncline-import-"));
  try {
    writeFileSync(join(folder, "x.wsdl"), "<a/>");

    expect(() => importWsdl("./x.wsdl", folder, "x", [])).toThrow(/wsdl|WSDL|SOAP port/);
    expect(() => importWsdl(WSDL, CONNECTORS, "x", ["ship"])).toThrow("there are ListCustomers");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe("operations that are verbs alone", () => {
  const PARTNER = "./wsdl/salesforce-partner.wsdl";
  const NETSUITE = "./wsdl/netsuite.wsdl";

  test("over a record that takes any element: an object for each kind that is asked for", async () => {
    const draft = importWsdl(PARTNER, CONNECTORS, "crm", ["Account", "Contact"]);
    const { objects, errors } = await accepted(draft, CONNECTORS);

    expect(Object.keys(objects)).toEqual(["account", "contact"]);
    expect(objects["contact"]).toMatchObject({
      id: "Id",
      list: { call: "query", args: { queryString: "SELECT Id FROM Contact" }, items: "result.records" },
      create: {
        call: "create",
        args: { sObjects: { type: "Contact", "...": "{{ record }}" } },
        returns: { id: "result[0].id" },
      },
      update: { call: "update", args: { sObjects: { type: "Contact", Id: "{{ id }}", "...": "{{ changed }}" } } },
      delete: { call: "delete", args: { ids: "{{ id }}" } },
    });
    expect(errors?.at(-1)).toEqual({ when: { status: 200, body: 'result.success = "false"' }, do: "reject" });
  });

  test("over a record that takes any element, and none asked for: one object, marked to be filled in", async () => {
    const draft = importWsdl(PARTNER, CONNECTORS, "crm", []);
    const { objects } = await accepted(draft, CONNECTORS);

    expect(Object.keys(objects)).toEqual(["record"]);
    expect(notesOf(draft)).toEqual(
      expect.arrayContaining([
        "objects.record.id: the WSDL knows no kinds of record: put the name of one for RECORD_TYPE, everywhere below",
        expect.stringMatching(/^objects\.record\.list\.args: the statement/),
        expect.stringMatching(/^errors: where an answer says that it is no success/),
      ]),
    );
  });

  test("a next page by its token, and records by their ids", async () => {
    const folder = mkdtempSync(join(tmpdir(), "syncline-import-"));
    try {
      writeFileSync(join(folder, "partner.wsdl"), withOperations(readFileSync(join(CONNECTORS, PARTNER), "utf8")));

      const { objects } = await accepted(importWsdl("./partner.wsdl", folder, "crm", ["Account"]), folder);

      expect(objects["account"]?.list?.page).toEqual({
        token: "result.queryLocator",
        next: { call: "queryMore", args: { queryLocator: "{{ page.token }}" } },
      });
      expect(objects["account"]?.get).toEqual({
        call: "retrieve",
        args: { fieldList: '{{ $join(wanted, ", ") }}', sObjectType: "Account", ids: "{{ id }}" },
        item: "result",
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("over records that derive from one: an object for each, searched by its own search", async () => {
    const draft = importWsdl(NETSUITE, CONNECTORS, "erp", ["customer"]);
    const { objects } = await accepted(draft, CONNECTORS);

    expect(objects["customer"]).toMatchObject({
      id: "@internalId",
      version: "lastModifiedDate",
      natural_keys: ["email"],
      list: {
        call: "search",
        args: { searchRecord: { "@xsi:type": "CustomerSearchBasic" } },
        items: "searchResult.recordList.record",
        count: "searchResult.totalRecords",
        page: {
          number: "pageIndex",
          pages: "searchResult.totalPages",
          at: "searchResult.pageIndex",
          keep: { searchId: "searchResult.searchId" },
          next: {
            call: "searchMoreWithId",
            args: { searchId: "{{ page.searchId }}", pageIndex: "{{ page.number }}" },
          },
        },
      },
      get: {
        call: "get",
        args: { baseRef: { "@xsi:type": "RecordRef", "@type": "customer", "@internalId": "{{ id }}" } },
        item: "readResponse.record",
      },
      create: {
        call: "upsert",
        args: { record: { "@xsi:type": "Customer", "...": "{{ record }}" } },
        returns: { id: "writeResponse.baseRef.@internalId" },
      },
    });
    expect(notesOf(draft)).toContain("soap: tokenPassport carries a signature: see auth: { scheme: signed }");
  });

  test("all of them, where none is asked for; what the types do not tell is marked", async () => {
    const draft = importWsdl(NETSUITE, CONNECTORS, "erp", []);
    const { objects } = await accepted(draft, CONNECTORS);

    expect(Object.keys(objects)).toEqual(
      expect.arrayContaining(["customer", "contact", "inventoryItem", "salesOrder", "invoice", "customerPayment"]),
    );
    expect(notesOf(draft)).toContainEqual(
      expect.stringMatching(
        /^objects\.salesOrder\.list\.args: which type of searchRecord finds .*TransactionSearchBasic/,
      ),
    );
  });

  test("a type that is not there is refused with those that are", () => {
    expect(() => importWsdl(NETSUITE, CONNECTORS, "erp", ["ship"])).toThrow(/there are .*customer, /);
  });

  test("over a record like any other: one object of its name", async () => {
    const folder = mkdtempSync(join(tmpdir(), "syncline-import-"));
    try {
      writeFileSync(join(folder, "ships.wsdl"), SHIPS);

      const { objects } = await accepted(importWsdl("./ships.wsdl", folder, "ships", []), folder);

      expect(objects).toMatchObject({
        ship: {
          id: "id",
          list: { call: "list", items: "ship" },
          get: { call: "get", args: { id: "{{ id }}" }, item: "ship" },
          create: { call: "create", args: { ship: { "...": "{{ record }}" } } },
          update: { call: "update", args: { ship: { id: "{{ id }}", "...": "{{ changed }}" } } },
        },
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

// No vendor's WSDL is part of this repository: put one there to see what becomes of it.
const SPECS = fileURLToPath(new URL("../../../../shared/specs/", import.meta.url));
describe.each([
  ["salesforce-partner.wsdl", ["Account"]],
  ["netsuite/netsuite.wsdl", ["customer"]],
])("the vendor's own %s", (file, only) => {
  const there = existsSync(join(SPECS, file));
  const tried = there ? test : test.skip;

  tried(there ? "becomes a draft" : `becomes a draft (skipped: ${file} is not in ../shared/specs)`, async () => {
    const { objects } = await accepted(importWsdl(`./${file}`, SPECS, "vendor", only), SPECS);

    expect(Object.keys(objects)).toHaveLength(1);
  });
});

/** The interface with two operations more, as the vendor's own has them. */
function withOperations(wsdl: string): string {
  const element = (name: string, inner: string): string =>
    `<element name="${name}"><complexType><sequence>${inner}</sequence></complexType></element>`;
  const operations = ["queryMore", "retrieve"];
  const elements = [
    element("queryMore", '<element name="queryLocator" type="string" />'),
    element("queryMoreResponse", '<element name="result" type="tns:QueryResult" />'),
    element(
      "retrieve",
      '<element name="fieldList" type="string" /><element name="sObjectType" type="string" /><element name="ids" type="string" maxOccurs="unbounded" />',
    ),
    element("retrieveResponse", '<element name="result" type="ens:sObject" minOccurs="0" maxOccurs="unbounded" />'),
  ];
  return wsdl
    .replace('<element name="queryAll">', `${elements.join("")}<element name="queryAll">`)
    .replace(
      '<portType name="Soap">',
      operations
        .flatMap((name) => [name + "Request", name + "Response"].map((message) => [name, message] as const))
        .map(([name, message]) => {
          const of = message.endsWith("Response") ? `${name}Response` : name;
          return `<message name="${message}"><part name="parameters" element="tns:${of}" /></message>`;
        })
        .join("") + '<portType name="Soap">',
    )
    .replace(
      "</portType>",
      `${operations.map((name) => `<operation name="${name}"><input message="tns:${name}Request" /><output message="tns:${name}Response" /></operation>`).join("")}</portType>`,
    )
    .replace(
      "</binding>",
      `${operations.map((name) => `<operation name="${name}"><soap:operation soapAction="" /><input><soap:body use="literal" /></input><output><soap:body use="literal" /></output></operation>`).join("")}</binding>`,
    );
}

const SHIP_OPERATIONS: Readonly<Record<string, readonly [input: string, output: string]>> = {
  list: ["", '<element name="ship" type="t:Ship" minOccurs="0" maxOccurs="unbounded"/>'],
  get: ['<element name="id" type="string"/>', '<element name="ship" type="t:Ship"/>'],
  create: ['<element name="ship" type="t:Ship"/>', '<element name="id" type="string"/>'],
  update: ['<element name="ship" type="t:Ship"/>', ""],
};
const SHIPS = `<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:t="urn:ships" targetNamespace="urn:ships">
<types><schema xmlns="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:ships" elementFormDefault="qualified">
<complexType name="Ship"><sequence><element name="id" type="string" minOccurs="0"/><element name="name" type="string" minOccurs="0"/></sequence></complexType>
${Object.entries(SHIP_OPERATIONS)
  .map(
    ([name, [input, output]]) =>
      `<element name="${name}"><complexType><sequence>${input}</sequence></complexType></element>` +
      `<element name="${name}Response"><complexType><sequence>${output}</sequence></complexType></element>`,
  )
  .join("\n")}
</schema></types>
${Object.keys(SHIP_OPERATIONS)
  .map(
    (name) =>
      `<message name="${name}In"><part name="p" element="t:${name}"/></message><message name="${name}Out"><part name="p" element="t:${name}Response"/></message>`,
  )
  .join("\n")}
<portType name="P">${Object.keys(SHIP_OPERATIONS)
  .map((name) => `<operation name="${name}"><input message="t:${name}In"/><output message="t:${name}Out"/></operation>`)
  .join("")}</portType>
<binding name="B" type="t:P"><soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>${Object.keys(
  SHIP_OPERATIONS,
)
  .map(
    (name) =>
      `<operation name="${name}"><soap:operation soapAction=""/><input><soap:body use="literal"/></input><output><soap:body use="literal"/></output></operation>`,
  )
  .join("")}</binding>
<service name="Ships"><port name="P" binding="t:B"><soap:address location="http://localhost/ships"/></port></service>
</definitions>`;
