// The billing system's two objects. A customer has one name, an address with a country code, and a turnover that the system
// works out itself; amounts are whole pence. Names are trimmed and postcodes are put in upper case when they are written.

import type { Change, Database, Stored } from "../common/database.ts";
import type { ObjectShape } from "../common/shape.ts";

const trim = (text: string) => text.trim();

export const customers: ObjectShape = {
  object: "customers",
  singular: "customer",
  title: "Customers",
  prefix: "B",
  firstNumber: 20001,
  fields: [
    { name: "name", label: "Name", kind: "text", required: true, tidy: trim },
    { name: "email", label: "E-mail", kind: "email", tidy: trim },
    { name: "phone", label: "Phone", kind: "text", tidy: trim },
    { name: "line1", label: "Address", kind: "text", tidy: trim },
    { name: "city", label: "City", kind: "text", tidy: trim },
    { name: "postcode", label: "Postcode", kind: "text", tidy: (text) => text.trim().toUpperCase() },
    {
      name: "country",
      label: "Country",
      kind: "pattern",
      pattern: /^[A-Z]{2}$/,
      says: "a country code of two capital letters",
    },
    { name: "segment", label: "Segment", kind: "choice", choices: ["PROSPECT", "ACTIVE", "CLOSED"] },
    { name: "taxId", label: "Tax no.", kind: "text", tidy: trim },
    { name: "termDays", label: "Days to pay", kind: "integer" },
    { name: "turnover", label: "Turnover (pence)", kind: "integer", readOnly: true, initial: 0 },
  ],
};

export const invoices: ObjectShape = {
  object: "invoices",
  singular: "invoice",
  title: "Invoices",
  prefix: "R",
  firstNumber: 30001,
  fields: [
    { name: "number", label: "Number", kind: "text", required: true, unique: true, tidy: trim },
    { name: "customerId", label: "Customer", kind: "reference", to: "customers", required: true },
    { name: "amount", label: "Amount (pence)", kind: "integer", required: true },
    {
      name: "currency",
      label: "Currency",
      kind: "pattern",
      pattern: /^[A-Z]{3}$/,
      says: "a currency code as GBP",
      required: true,
    },
    { name: "status", label: "Status", kind: "choice", choices: ["OPEN", "PAID", "VOID"], required: true },
    { name: "issuedOn", label: "Issued", kind: "date" },
    { name: "dueOn", label: "Due", kind: "date" },
  ],
};

export const BILLING_SHAPES = [customers, invoices] as const;

/** Keeps each customer's turnover at the sum of its invoices that are not void, whoever changes them. */
export function keepTurnover(database: Database): void {
  database.onChange((change: Change) => {
    if (change.object !== invoices.object) return;
    for (const id of new Set([ownerOf(change.before), ownerOf(change.after)])) {
      const customer = id === null ? null : database.get(customers.object, id);
      if (customer === null) continue;
      database.replace(
        customers.object,
        customer,
        { ...customer.values, turnover: turnoverOf(customer.id, database.list(invoices.object)) },
        "system",
      );
    }
  });
}

/** In pence. */
export function turnoverOf(customerId: string, all: readonly Pick<Stored, "values">[]): number {
  let sum = 0;
  for (const { values } of all) {
    if (values.customerId === customerId && values.status !== "VOID" && typeof values.amount === "number")
      sum += values.amount;
  }
  return sum;
}

function ownerOf(invoice: Stored | null): string | null {
  const owner = invoice?.values.customerId;
  return typeof owner === "string" ? owner : null;
}
