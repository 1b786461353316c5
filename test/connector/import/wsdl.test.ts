import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";
import { importWsdl } from "../../../src/connector/import/wsdl.ts";
import { accepted } from "./drafts.ts";

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
