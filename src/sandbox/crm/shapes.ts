// The CRM's two objects. A contact keeps first and last name apart, its address flat and its country as an English name;
// phone numbers and postcodes are whatever somebody typed. Two contacts may have one e-mail address.

import type { ObjectShape } from "../common/shape.ts";

export const contacts: ObjectShape = {
  object: "contacts",
  singular: "contact",
  title: "Contacts",
  prefix: "c_",
  firstNumber: 1001,
  fields: [
    { name: "firstname", label: "First name", kind: "text" },
    { name: "lastname", label: "Last name", kind: "text" },
    { name: "email", label: "E-mail", kind: "email" },
    { name: "phone", label: "Phone", kind: "text" },
    { name: "street", label: "Street", kind: "text" },
    { name: "city", label: "City", kind: "text" },
    { name: "zip", label: "Postcode", kind: "text" },
    { name: "country", label: "Country", kind: "text" },
    { name: "stage", label: "Stage", kind: "choice", choices: ["lead", "customer", "former", "partner"] },
    { name: "vip", label: "VIP", kind: "boolean" },
    { name: "billingId", label: "Billing no.", kind: "text" },
    { name: "notes", label: "Notes", kind: "text" },
  ],
};

const invoices: ObjectShape = {
  object: "invoices",
  singular: "invoice",
  title: "Invoices",
  prefix: "i_",
  firstNumber: 5001,
  fields: [
    { name: "number", label: "Number", kind: "text", required: true, unique: true },
    { name: "customerId", label: "Contact", kind: "reference", to: "contacts" },
    { name: "total", label: "Total", kind: "amount", required: true },
    { name: "currency", label: "Currency", kind: "pattern", pattern: /^[A-Z]{3}$/, says: "a currency code as GBP" },
    { name: "status", label: "Status", kind: "choice", choices: ["open", "paid", "cancelled"] },
    { name: "dueDate", label: "Due", kind: "date" },
  ],
};

export const CRM_SHAPES = [contacts, invoices] as const;
