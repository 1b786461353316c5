// What both sandboxes start with, made from one seed: each takes its own half, so that the halves fit together.
//
//   people on both sides     220   spelled differently; of these
//                                    6  known to the CRM by their billing number, with another e-mail address there
//                                    4  with another street: a person must say which one is right
//                                    2  with another phone number: the same
//                                    8  without a phone number in the CRM, 6 without one in billing: filled in
//                                    4  without an e-mail address in the CRM: matched by phone
//                                    3  whose VIP mark in the CRM is wrong
//                                    1  with a stage that billing has no word for
//   people of one side        15   each
//   pairs with one e-mail      2   one pair in the CRM, one in billing: which of the two is meant?
//   invoices                 300   in billing; the CRM has none yet

import { customers, invoices as billingInvoices, turnoverOf } from "../billing/shapes.ts";
import { contacts } from "../crm/shapes.ts";
import type { Entry, Stored, Values } from "../common/database.ts";
import type { ObjectShape } from "../common/shape.ts";
import { inventPeople, type Person } from "./people.ts";
import { Random } from "./random.ts";
import { asContact, asCustomer } from "./spelling.ts";

const SHARED = 220;
const ONE_SIDED = 15;
const INVOICES = 300;
/** In pence; the mapping of the demo says the same. */
const VIP_FROM = 500_000;
/** All of this happened before anybody looks. */
const FIRST_TIME = Date.UTC(2025, 0, 6, 9);
const HOUR = 3_600_000;

interface World {
  readonly crm: readonly Entry[];
  readonly billing: readonly Entry[];
}

interface Known {
  readonly person: Person;
  readonly customer: Values | null;
  /** What is different in the CRM; null: the CRM does not know the person. */
  readonly contact: Values | null;
  readonly namesBillingId: boolean;
}

export function worldEntries(seed: number): World {
  const random = new Random(seed);
  const known = invent(random);
  const billed = stored(
    customers,
    random.shuffled(known.filter((one) => one.customer !== null)),
    (one) => one.customer ?? {},
  );
  const issued = stored(billingInvoices, inventInvoices(random, [...billed.values()]), (values) => values);
  const invoiceRecords = [...issued.values()];
  const customersByPerson = new Map([...billed].map(([one, record]) => [one, withTurnover(record, invoiceRecords)]));
  const told = random.shuffled(known.filter((one) => one.contact !== null));
  const contactRecords = stored(contacts, told, (one) => {
    const customer = customersByPerson.get(one);
    const turnover = customer?.values.turnover ?? 0;
    const vip = typeof turnover === "number" && turnover >= VIP_FROM;
    const billingId = one.namesBillingId && customer !== undefined ? customer.id : null;
    return { ...one.contact, vip: one.contact?.vip === true ? !vip : vip, billingId };
  });
  return {
    crm: [...contactRecords.values()].map((record) => ({ object: contacts.object, record })),
    billing: [
      ...[...customersByPerson.values()].map((record) => ({ object: customers.object, record })),
      ...invoiceRecords.map((record) => ({ object: billingInvoices.object, record })),
    ],
  };
}

/** `vip: true` in a contact stands for "marked wrongly" until the turnover is known. */
function invent(random: Random): readonly Known[] {
  const [shared, crmOnly, billingOnly, twins] = split(inventPeople(random, SHARED + 2 * ONE_SIDED + 4), [
    SHARED,
    ONE_SIDED,
    ONE_SIDED,
    4,
  ]);
  const both = (person: Person, index: number): Known => {
    const contact = asContact(person, random, index >= 34 && index < 37);
    const customer = asCustomer(person, random);
    return { person, ...odd(index, contact, customer) };
  };
  const contactOf = (person: Person, email: string): Values => ({ ...asContact(person, random, false), email });
  const customerOf = (person: Person, email: string): Values => ({ ...asCustomer(person, random), email });
  const [a, b, c, d] = twins ?? [];
  if (a === undefined || b === undefined || c === undefined || d === undefined) throw new Error("too few people");
  const alone = { namesBillingId: false };
  return [
    ...(shared ?? []).map((person, index) => both(person, index)),
    ...(crmOnly ?? []).map((person) => ({
      person,
      contact: contactOf(person, person.email),
      customer: null,
      ...alone,
    })),
    ...(billingOnly ?? []).map((person) => ({
      person,
      contact: null,
      customer: customerOf(person, person.email),
      ...alone,
    })),
    { person: a, contact: contactOf(a, a.email), customer: customerOf(a, a.email), ...alone },
    { person: b, contact: contactOf(b, a.email), customer: null, ...alone },
    { person: c, contact: contactOf(c, c.email), customer: customerOf(c, c.email), ...alone },
    { person: d, contact: null, customer: customerOf(d, c.email), ...alone },
  ];
}

/** The few where more than the spelling differs; the table at the top. */
function odd(index: number, contact: Values, customer: Values): Omit<Known, "person"> {
  const namesBillingId = index < 6;
  if (index < 6)
    return { contact, customer: { ...customer, email: String(customer.email).replace("@", ".old@") }, namesBillingId };
  if (index < 10)
    return { contact: { ...contact, street: `${String(index)} Newly Built Close` }, customer, namesBillingId };
  if (index < 12)
    return { contact: { ...contact, phone: `0115 496 09${String(index + 80)}` }, customer, namesBillingId };
  if (index < 20) return { contact: { ...contact, phone: null }, customer, namesBillingId };
  if (index < 26) return { contact, customer: { ...customer, phone: null }, namesBillingId };
  if (index < 30) return { contact: { ...contact, email: null }, customer, namesBillingId };
  if (index === 30) return { contact: { ...contact, stage: "partner" }, customer, namesBillingId };
  return { contact, customer, namesBillingId };
}

function inventInvoices(random: Random, payers: readonly Stored[]): readonly Values[] {
  return Array.from({ length: INVOICES }, (_, index) => {
    const payer = random.pick(payers);
    const issued = FIRST_TIME + index * 14 * HOUR;
    const days = payer.values.termDays;
    const large = random.chance(0.08);
    return {
      number: `R-2025-${String(index + 1).padStart(4, "0")}`,
      customerId: payer.id,
      amount: large ? random.whole(400_000, 1_250_000) : random.whole(1_900, 240_000),
      currency: "GBP",
      status: random.pick(["OPEN", "PAID", "PAID", "PAID", "VOID"]),
      issuedOn: day(issued),
      dueOn: day(issued + (typeof days === "number" ? days : 30) * 24 * HOUR),
    };
  });
}

/** Records with ids and times, in the order given. */
function stored<T>(shape: ObjectShape, items: readonly T[], values: (item: T) => Values): ReadonlyMap<T, Stored> {
  return new Map(
    items.map((item, index) => {
      const at = FIRST_TIME + index * HOUR;
      const id = `${shape.prefix}${String(shape.firstNumber + index)}`;
      return [item, { id, version: 1, createdAt: at, changedAt: at, values: values(item) }];
    }),
  );
}

function withTurnover(customer: Stored, issued: readonly Stored[]): Stored {
  return { ...customer, values: { ...customer.values, turnover: turnoverOf(customer.id, issued) } };
}

function split<T>(list: readonly T[], sizes: readonly number[]): readonly (readonly T[])[] {
  let start = 0;
  return sizes.map((size) => list.slice(start, (start += size)));
}

function day(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
