// Every shipped connector file, read by the code that `syncline check` reads them with. A file that is wrong, or warns, fails here.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";
import type { Instant } from "../../src/core/ids.ts";
import { readConnectors } from "../../src/config/connectors.ts";
import { closeExpressionsAfterwards, expressions } from "../connector/opened.ts";

closeExpressionsAfterwards();

const FOLDER = fileURLToPath(new URL("../../connectors/", import.meta.url));
const connectors = readConnectors([FOLDER], Date.parse("2026-12-01T00:00:00Z") as Instant, expressions);
const names = connectors.map(({ name, file }) => name ?? file);
const byName = new Map(connectors.map((connector) => [connector.name, connector]));

/** What users look for first: each of these systems with these objects. */
const OBJECTS: Readonly<Record<string, readonly string[]>> = {
  "business-central": [
    "customer",
    "contact",
    "item",
    "sales_order",
    "sales_invoice",
    "sales_quote",
    "sales_credit_memo",
    "vendor",
    "stock_movement",
    "payment",
  ],
  "csv-drop": ["customer", "product", "stock", "order", "invoice"],
  directus: ["contact", "company", "product", "order", "order_line", "invoice", "payment"],
  github: ["issue", "pull_request"],
  hubspot: ["contact", "company", "deal", "product", "line_item", "order", "invoice", "payment"],
  medusa: ["customer", "customer_group", "product", "variant", "price_list", "stock", "order", "payment"],
  netsuite: ["customer", "contact", "item", "sales_order", "invoice", "payment", "stock"],
  "netsuite-soap": ["customer", "contact", "item", "price_level", "sales_order", "invoice", "payment"],
  odoo: ["partner", "product", "price", "stock", "order", "order_line", "invoice", "payment"],
  quickbooks: ["customer", "item", "invoice", "sales_receipt", "estimate", "credit_memo", "payment"],
  salesforce: ["account", "contact", "opportunity", "product", "price_book", "price", "order", "order_item"],
  "salesforce-soap": ["account", "contact", "opportunity", "product", "price", "order"],
  "sap-business-one": ["partner", "item", "order", "invoice", "quotation", "credit_note", "price_list", "payment"],
  shopify: ["customer", "company", "company_location", "product", "variant", "stock", "order", "payment"],
  slack: ["message"],
  smtp: ["message"],
  sql: ["customer", "product", "order", "order_line", "invoice", "payment"],
  strapi: ["contact"],
  stripe: ["customer", "product", "price", "invoice", "invoice_item", "payment", "refund"],
  tryton: ["party", "template", "product", "stock", "sale", "invoice", "payment"],
  vendure: ["customer", "product", "variant", "stock", "order"],
  woocommerce: ["customer", "product", "variation", "order", "refund"],
  xero: ["contact", "item", "invoice", "credit_note", "quote", "purchase_order", "payment"],
};

test.each(names)("connectors/%s: no problem, not even a warning", (name) => {
  const found = connectors.filter((connector) => (connector.name ?? connector.file) === name);

  expect(found.flatMap(({ problems }) => problems)).toEqual([]);
});

test.each(names)("connectors/%s says what it is, how far it is tried, and where its schema lies", (name) => {
  const connector = connectors.find((each) => (each.name ?? each.file) === name);
  const text = readFileSync(`${FOLDER}${name}.yaml`, "utf8");

  expect(text.split("\n")[0]).toBe("# yaml-language-server: $schema=../schema/connector.json");
  expect(text.split("\n").slice(1, 3).join("").startsWith("#")).toBe(true);
  expect(connector?.part).toMatchObject({ connector: name, title: expect.any(String), version: expect.any(String) });
  const isOurs = name.startsWith("sandbox-");
  expect(isOurs ? "live" : connector?.part?.proven).toMatch(/^(?:live|contract|unproven)$/);
});

test.each(Object.entries(OBJECTS))(
  "%s has the objects people look for, each read or written, and its gaps are told",
  (name, objects) => {
    const connector = byName.get(name)?.connector ?? null;
    if (connector === null) throw new Error(`there is no connector ${name}`);

    expect([...connector.objects].toSorted()).toEqual([...objects].toSorted());
    for (const object of objects) {
      const can = connector.capabilities(object);
      const told = connector.gaps.filter((gap) => gap.object === object).map((gap) => gap.code);
      const parts: readonly (readonly [string, boolean])[] = [
        ["no-list", can?.list === true],
        ["no-get", can?.get === true],
        ["no-changes", can?.changes !== null],
        ["no-create", can?.create !== null],
        ["no-update", can?.update !== null],
        ["no-delete", can?.delete !== null],
      ];
      // Mail says nothing of what mail cannot do.
      const sink = connector.file.protocol === "smtp";
      expect(can?.list === true || can?.create !== null).toBe(true);
      for (const [gap, there] of parts) expect([gap, there || sink || told.includes(gap)]).toEqual([gap, true]);
    }
  },
);
