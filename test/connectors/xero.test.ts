// The requests of connectors/xero.yaml, judged by Xero's own description of its API (../shared/specs/xero_accounting.json).

import type { Asked } from "../connector/remote.ts";
import { vendorContract } from "./contract.ts";

const ENVELOPES: Readonly<Record<string, readonly [list: string, id: string]>> = {
  contact: ["Contacts", "ContactID"],
  item: ["Items", "ItemID"],
  invoice: ["Invoices", "InvoiceID"],
  credit_note: ["CreditNotes", "CreditNoteID"],
  quote: ["Quotes", "QuoteID"],
  purchase_order: ["PurchaseOrders", "PurchaseOrderID"],
  payment: ["Payments", "PaymentID"],
};

const UPDATED = "/Date(1772000000000+0000)/";

vendorContract({
  connector: "xero.yaml",
  description: "xero_accounting.json",
  settings: { base_url: "/api.xro/2.0", tenant_id: "8f1b4a2c-0000-4000-8000-000000000001", token_url: "" },
  secrets: { client_id: "client", client_secret: "secret" },
  cursor: UPDATED,
  objects: {
    contact: {
      record: {
        Name: "Ada Lovelace",
        EmailAddress: "ada@example.com",
        Addresses: [
          { AddressType: "STREET", AddressLine1: "1 Byron Row", City: "London", PostalCode: "NW1 6XE", Country: "GB" },
        ],
        Phones: [{ PhoneType: "DEFAULT", PhoneNumber: "71838750", PhoneCountryCode: "44" }],
      },
      changed: { Name: "Ada King", TaxNumber: "GB123" },
      key: [{ EmailAddress: "ada@example.com" }, { Name: 'Ada "Countess" King' }],
    },
    item: {
      record: { Code: "AE-1", Name: "Engine", Description: "Brass", sales_price: "19.99", IsSold: true },
      changed: { Name: "Engine 2", sales_price: "21.5" },
      key: [{ Code: "AE-1" }],
      unpaged: true,
    },
    invoice: {
      record: {
        Type: "ACCREC",
        contact_id: "8f1b4a2c-0000-4000-8000-000000000002",
        date: "2026-03-01",
        due_date: "2026-03-31",
        InvoiceNumber: "A-0001",
        Status: "DRAFT",
        LineAmountTypes: "Exclusive",
        CurrencyCode: "GBP",
        LineItems: [{ Description: "Engine", Quantity: 1, UnitAmount: 19.99, AccountCode: "200" }],
      },
      changed: { Reference: "PO 7", due_date: "2026-04-30" },
      key: [{ InvoiceNumber: "A-0001" }],
    },
    credit_note: {
      record: {
        Type: "ACCRECCREDIT",
        contact_id: "8f1b4a2c-0000-4000-8000-000000000002",
        date: "2026-03-01",
        CreditNoteNumber: "CN-0001",
        LineItems: [{ Description: "Engine", Quantity: 1, UnitAmount: 19.99, AccountCode: "200" }],
      },
      changed: { Reference: "PO 7", date: "2026-03-02" },
      key: [{ CreditNoteNumber: 'CN-"1"' }],
    },
    quote: {
      record: {
        contact_id: "8f1b4a2c-0000-4000-8000-000000000002",
        date: "2026-03-01",
        QuoteNumber: "QU-0001",
        Title: "Engines",
        LineItems: [{ Description: "Engine", Quantity: 1, UnitAmount: 19.99 }],
      },
      changed: { Title: "Two engines", expiry_date: "2026-04-01" },
      key: [{ QuoteNumber: "QU-0001" }],
    },
    purchase_order: {
      record: {
        contact_id: "8f1b4a2c-0000-4000-8000-000000000002",
        date: "2026-03-01",
        PurchaseOrderNumber: "PO-0001",
        LineItems: [{ Description: "Brass", Quantity: 2, UnitAmount: 5.5, AccountCode: "300" }],
      },
      changed: { Reference: "R 7", delivery_date: "2026-04-01" },
    },
    payment: {
      record: {
        invoice_id: "8f1b4a2c-0000-4000-8000-000000000003",
        account_code: "090",
        date: "2026-03-02",
        Amount: "19.99",
        Reference: "R1",
      },
    },
  },
  answer(asked, object) {
    const [list, id] = ENVELOPES[object] ?? ["", ""];
    const contact = { ContactID: "8f1b4a2c-0000-4000-8000-000000000002" };
    const more = object === "quote" ? { Contact: contact, Date: "/Date(1772323200000)/" } : {};
    const one = (name: string): object => ({ [id]: name, Code: `C-${name}`, UpdatedDateUTC: UPDATED, ...more });
    if (asked.method === "GET" && asked.path.endsWith(`/${list}`)) return { body: page(asked, list, one) };
    const ids = sentIds(asked, list, id);
    return { body: { [list]: ids.map(one) } };
  },
  operations: [
    "GET /Contacts",
    "GET /Contacts/{ContactID}",
    "PUT /Contacts",
    "POST /Contacts",
    "POST /Contacts/{ContactID}",
    "GET /Items",
    "GET /Items/{ItemID}",
    "PUT /Items",
    "POST /Items/{ItemID}",
    "DELETE /Items/{ItemID}",
    "GET /Invoices",
    "GET /Invoices/{InvoiceID}",
    "PUT /Invoices",
    "POST /Invoices",
    "POST /Invoices/{InvoiceID}",
    ...["CreditNote", "Quote", "PurchaseOrder"].flatMap((one) => [
      `GET /${one}s`,
      `GET /${one}s/{${one}ID}`,
      `PUT /${one}s`,
      `POST /${one}s/{${one}ID}`,
    ]),
    "GET /Payments",
    "GET /Payments/{PaymentID}",
    "PUT /Payments",
    "POST /Payments/{PaymentID}",
  ],
});

/** Two on the first page and one on the second; items come all at once. */
function page(asked: Asked, list: string, one: (name: string) => object): object {
  const number = asked.query.get("page");
  const names = number === null ? ["a", "b", "c"] : number === "1" ? ["a", "b"] : number === "2" ? ["c"] : [];
  return { pagination: { page: Number(number ?? 1), pageSize: 2, pageCount: 2, itemCount: 3 }, [list]: names.map(one) };
}

function sentIds(asked: Asked, list: string, id: string): readonly string[] {
  const last = asked.path.split("/").at(-1) ?? "";
  if (last !== list) return [last];
  const sent = (asked.body === "" ? {} : JSON.parse(asked.body)) as Readonly<
    Record<string, readonly Readonly<Record<string, string>>[]>
  >;
  return (sent[list] ?? []).map((entry, at) => entry[id] ?? `new-${String(at)}`);
}
