// The made-up records that the sandboxes start with.

import { expect, test } from "@jest/globals";
import type { Entry, Stored } from "../../src/sandbox/common/database.ts";
import { checkValue } from "../../src/sandbox/common/shape.ts";
import { BILLING_SHAPES, turnoverOf } from "../../src/sandbox/billing/shapes.ts";
import { CRM_SHAPES } from "../../src/sandbox/crm/shapes.ts";
import { worldEntries } from "../../src/sandbox/seed/world.ts";

const recordsOf = (entries: readonly Entry[], object: string): readonly Stored[] =>
  entries.flatMap((entry) => (entry.object === object && "record" in entry ? [entry.record] : []));

const world = worldEntries(1);
const contacts = recordsOf(world.crm, "contacts");
const customers = recordsOf(world.billing, "customers");
const invoices = recordsOf(world.billing, "invoices");
const email = (record: Stored): string => String(record.values.email).trim().toLowerCase();

test("one seed gives one world, another seed another one", () => {
  expect(worldEntries(1)).toEqual(world);
  expect(worldEntries(2)).not.toEqual(world);
});

test("both sides have a few hundred customers, most of them the same, and the CRM has no invoice yet", () => {
  const known = new Set(customers.map(email));
  const shared = contacts.filter((contact) => known.has(email(contact)));

  expect([contacts.length, customers.length, invoices.length]).toEqual([238, 238, 300]);
  expect(recordsOf(world.crm, "invoices")).toEqual([]);
  expect(shared.length).toBeGreaterThan(200);
});

test("each side has one e-mail address that two of its records share", () => {
  for (const records of [contacts, customers]) {
    const present = records.filter((record) => record.values.email !== null).map(email);
    expect(present.length - new Set(present).size).toBe(1);
  }
});

test("a contact's billing number names a customer that exists, with another e-mail address", () => {
  const byId = new Map(customers.map((customer) => [customer.id, customer]));
  const numbered = contacts.filter((contact) => contact.values.billingId !== null);

  expect(numbered.length).toBe(6);
  for (const contact of numbered) {
    const customer = byId.get(String(contact.values.billingId));
    expect(customer?.values.name).toBe(
      `${String(contact.values.firstname).trim()} ${String(contact.values.lastname).trim()}`.normalize("NFC"),
    );
    expect(customer?.values.email).not.toBe(contact.values.email);
  }
});

test("every value is one that its own system would take, as it stands", () => {
  for (const shape of [...CRM_SHAPES, ...BILLING_SHAPES]) {
    const all = recordsOf([...world.crm, ...world.billing], shape.object);
    const own = shape === CRM_SHAPES[1] ? [] : all;
    for (const record of own) {
      for (const field of shape.fields) {
        const value = record.values[field.name] ?? null;
        expect([record.id, field.name, checkValue(field, value)]).toEqual([record.id, field.name, { ok: true, value }]);
      }
    }
  }
});

test("turnovers are those of the invoices, and all but three VIP marks agree with them", () => {
  const turnovers = new Map(customers.map((customer) => [email(customer), turnoverOf(customer.id, invoices)]));
  const wrong = contacts.filter((contact) => {
    const turnover = turnovers.get(email(contact));
    return turnover !== undefined && contact.values.vip !== turnover >= 500_000;
  });

  for (const customer of customers) expect(customer.values.turnover).toBe(turnoverOf(customer.id, invoices));
  expect(wrong.length).toBeGreaterThanOrEqual(3);
  expect(wrong.length).toBeLessThanOrEqual(4);
});
