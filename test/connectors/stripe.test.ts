// The requests of connectors/stripe.yaml, judged by Stripe's own description of its API (../shared/specs/stripe.json).

import type { Asked } from "../connector/remote.ts";
import { vendorContract } from "./contract.ts";

const address = { line1: "1 Byron Row", city: "London", postal_code: "NW1 6XE", country: "GB" };

vendorContract({
  connector: "stripe.yaml",
  description: "stripe.json",
  settings: {},
  secrets: { key: "sk_test_1" },
  cursor: "1772000000",
  objects: {
    customer: {
      record: {
        email: "ada@example.com",
        name: "Ada Lovelace",
        phone: "+442071838750",
        address,
        metadata: { crm_id: "7" },
      },
      changed: {
        name: "Ada King",
        description: null,
        address: { ...address, line2: "Flat & 2" },
        metadata: { crm_id: null },
      },
      key: [{ email: "ada+tag@example.com" }],
    },
    product: {
      record: {
        name: "Analytical engine",
        sku: "AE'1",
        active: true,
        description: "Brass",
        images: ["https://example.com/a.png"],
      },
      changed: { name: "Engine", sku: null, active: false },
      key: [{ sku: "AE'1" }],
    },
    price: {
      record: {
        product: "prod_1",
        currency: "gbp",
        unit_amount: "1999",
        lookup_key: "ae-gbp",
        recurring: { interval: "month" },
      },
      changed: { nickname: "Monthly", active: false, metadata: { a: "b" } },
      key: [{ lookup_key: "ae-gbp" }],
    },
    invoice: {
      record: {
        customer: "cus_1",
        collection_method: "send_invoice",
        due_date: "2026-04-01T00:00:00Z",
        auto_advance: false,
        metadata: { order: "12" },
        pending_invoice_items_behavior: "exclude",
      },
      changed: { description: "For the engine", due_date: "2026-05-01T00:00:00Z", metadata: { order: "13" } },
      key: [{ number: "A-0001" }],
    },
    invoice_item: {
      record: { customer: "cus_1", invoice: "in_1", price: "price_1", quantity: "2", description: "Cards" },
      changed: { quantity: "3", description: null },
    },
    payment: {},
    refund: {
      record: { payment_intent: "pi_1", amount: "500", reason: "requested_by_customer", metadata: { case: "7" } },
      changed: { metadata: { case: "8" } },
    },
  },
  answer(asked, object) {
    const last = asked.path.split("/").at(-1) ?? "";
    if (asked.path === "/v1/events") return { body: { object: "list", data: events(asked), has_more: false } };
    const listed = asked.method === "GET" && (asked.path.split("/").length === 3 || last === "search");
    if (listed) return { body: { object: "list", data: page(asked, object), has_more: true, next_page: null } };
    return {
      body: {
        id: asked.method === "POST" && asked.path.split("/").length === 3 ? "new" : last,
        object,
        created: 1772000001,
      },
    };
  },
  operations: [
    ...["customers", "products", "prices", "invoices", "invoiceitems", "refunds"].flatMap((path) => {
      const one = path === "products" ? "id" : path.replace(/s$/, "");
      return [`GET /v1/${path}`, `GET /v1/${path}/{${one}}`, `POST /v1/${path}`, `POST /v1/${path}/{${one}}`];
    }),
    "DELETE /v1/customers/{customer}",
    "DELETE /v1/products/{id}",
    "DELETE /v1/invoices/{invoice}",
    "DELETE /v1/invoiceitems/{invoiceitem}",
    "GET /v1/products/search",
    "GET /v1/invoices/search",
    "GET /v1/payment_intents",
    "GET /v1/payment_intents/{intent}",
    "GET /v1/events",
  ],
});

/** Two on the first page, one on the second, none on the third: Stripe goes by the last id. */
function page(asked: Asked, object: string): readonly object[] {
  const ids =
    asked.query.get("starting_after") === null ? ["a", "b"] : asked.query.get("starting_after") === "b" ? ["c"] : [];
  return ids.map((id) => ({ id, object, created: 1772000000 }));
}

function events(asked: Asked): readonly object[] {
  if (asked.query.get("starting_after") !== null) return [];
  return ["a", "b"].map((id) => ({ id: `evt_${id}`, created: 1772000002, data: { object: { id } } }));
}
