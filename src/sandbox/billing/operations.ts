// What the billing system can be asked, for customers and invoices alike. Names and elements are those of the WSDL.
//
//   GetAccount()                                       which installation this is
//   ListCustomers(afterId, pageSize)                   by id; an empty page is the end
//   GetCustomer(id)                                    fault NotFound
//   FindCustomers(email), FindInvoices(number)         at once, there is no index that lags
//   CreateCustomer(customer)                           no idempotency key: sent twice is created twice
//   UpdateCustomer(customer, expectedRevision)         replaces the whole record; fault Conflict when the revision is another
//   DeleteCustomer(id, expectedRevision)               refused (Invalid) while invoices refer to it
//   ListCustomerChanges(since, pageToken, pageSize)    by time, deleted ones included

import { numberOf, type Database, type Stored } from "../common/database.ts";
import type { Records, Refusal } from "../common/records.ts";
import type { ObjectShape } from "../common/shape.ts";
import { BILLING, child, type Content, type Element, type Fault } from "./envelope.ts";
import { customers, invoices } from "./shapes.ts";
import { wrongElement, fromXml, goneToXml, toXml } from "./wire.ts";

export class BillingError extends Error {
  readonly fault: Fault;

  constructor(code: string, message: string, by: Fault["by"] = "Client") {
    super(message);
    this.fault = { code, by, message };
  }
}

interface Call {
  readonly shape: ObjectShape;
  readonly records: Records;
  readonly element: Element;
}

interface Operation {
  /** Elements that it takes, in their order. */
  readonly takes: readonly string[];
  readonly run: (call: Call) => Content;
}

const PAGE_MAX = 200;
const PAGE_DEFAULT = 50;

/** Whether an operation changes anything, for the page's log. */
export function isWrite(name: string): boolean {
  return /^(?:Create|Update|Delete)/.test(name);
}

/** Runs the operation that the body's element names. @returns The content of its response element. @throws BillingError */
export function runOperation(records: Records, account: string, element: Element): Content {
  if (element.namespace === BILLING && element.name === "GetAccount") return { account: { id: account } };
  const found = element.namespace === BILLING ? OPERATIONS.get(element.name) : undefined;
  if (found === undefined)
    throw new BillingError(
      "Invalid",
      `there is no operation ${element.name} in ${element.namespace || "no namespace"}`,
    );
  const wrong = wrongElement(element, found.operation.takes);
  if (wrong !== null) throw new BillingError("Invalid", wrong);
  return found.operation.run({ shape: found.shape, records, element });
}

function operationsOf(
  shape: ObjectShape,
  names: { readonly one: string; readonly many: string; readonly findBy: string },
): [string, Operation][] {
  const single = shape.singular;
  return [
    [`List${names.many}`, { takes: ["afterId", "pageSize"], run: list }],
    [`Get${names.one}`, { takes: ["id"], run: (call) => ({ [single]: toXml(shape, recordOf(call, "id")) }) }],
    [`Find${names.many}`, { takes: [names.findBy], run: (call) => find(call, names.findBy) }],
    [`Create${names.one}`, { takes: [single], run: create }],
    [`Update${names.one}`, { takes: [single, "expectedRevision"], run: update }],
    [`Delete${names.one}`, { takes: ["id", "expectedRevision"], run: remove }],
    [`List${names.one}Changes`, { takes: ["since", "pageToken", "pageSize"], run: changes }],
  ];
}

const OPERATIONS: ReadonlyMap<string, { readonly shape: ObjectShape; readonly operation: Operation }> = new Map([
  ...operationsOf(customers, { one: "Customer", many: "Customers", findBy: "email" }).map(
    ([name, operation]) => [name, { shape: customers, operation }] as const,
  ),
  ...operationsOf(invoices, { one: "Invoice", many: "Invoices", findBy: "number" }).map(
    ([name, operation]) => [name, { shape: invoices, operation }] as const,
  ),
]);

function list(call: Call): Content {
  const { shape } = call;
  const after = argument(call, "afterId");
  const all = call.records.database.list(shape.object);
  const from = after === null ? 0 : numberOf(shape, after);
  const page = all.filter((record) => numberOf(shape, record.id) > from).slice(0, pageSize(call));
  return { [shape.singular]: page.map((record) => toXml(shape, record)), total: all.length };
}

function find(call: Call, by: string): Content {
  const wanted = required(call, by).trim().toLowerCase();
  const found = call.records.database.list(call.shape.object).filter(
    (record) =>
      String(record.values[by] ?? "")
        .trim()
        .toLowerCase() === wanted,
  );
  return { [call.shape.singular]: found.map((record) => toXml(call.shape, record)) };
}

function create(call: Call): Content {
  const outcome = call.records.create(call.shape, sentRecord(call).input, "api");
  if (!outcome.ok) throw refused(outcome.refusal);
  return { [call.shape.singular]: toXml(call.shape, outcome.record) };
}

function update(call: Call): Content {
  const { element, input } = sentRecord(call);
  const before = lookUp(call, child(element, BILLING, "id")?.text ?? "");
  requireRevision(call, before);
  const outcome = call.records.change(call.shape, before, input, "api");
  if (!outcome.ok) throw refused(outcome.refusal);
  return { [call.shape.singular]: toXml(call.shape, outcome.record) };
}

function remove(call: Call): Content {
  const before = recordOf(call, "id");
  requireRevision(call, before);
  const refusal = call.records.remove(call.shape, before, "api");
  if (refusal !== null) throw refused(refusal);
  return { id: before.id };
}

interface ChangeLine {
  readonly at: number;
  readonly id: string;
  readonly content: Content;
}

function changes(call: Call): Content {
  const { shape } = call;
  const since = Date.parse(required(call, "since"));
  if (Number.isNaN(since)) throw new BillingError("Invalid", "since must be a time as 2025-01-31T12:00:00Z");
  const after = readPageToken(argument(call, "pageToken"));
  const size = pageSize(call);
  const lines = changeLines(call.records.database, shape).filter(
    (line) =>
      line.at >= since &&
      (after === null ||
        line.at > after.at ||
        (line.at === after.at && numberOf(shape, line.id) > numberOf(shape, after.id))),
  );
  const page = lines.slice(0, size);
  const last = page.at(-1);
  const next = lines.length > size && last !== undefined ? `${String(last.at)}/${last.id}` : undefined;
  return { [shape.singular]: page.map((line) => line.content), nextPageToken: next };
}

function changeLines(database: Database, shape: ObjectShape): readonly ChangeLine[] {
  const present = database
    .list(shape.object)
    .map((record) => ({ at: record.changedAt, id: record.id, content: toXml(shape, record) }));
  const gone = [...database.gone(shape.object)].map(([id, at]) => ({ at, id, content: goneToXml(id, at) }));
  return [...present, ...gone].sort((a, b) => a.at - b.at || numberOf(shape, a.id) - numberOf(shape, b.id));
}

function readPageToken(token: string | null): { readonly at: number; readonly id: string } | null {
  if (token === null) return null;
  const match = /^(\d{1,15})\/(\w+)$/.exec(token);
  if (match === null) throw new BillingError("Invalid", "this is not a token that a page of changes gave");
  return { at: Number(match[1]), id: match[2] ?? "" };
}

function sentRecord(call: Call): { readonly element: Element; readonly input: Readonly<Record<string, unknown>> } {
  const element = child(call.element, BILLING, call.shape.singular);
  if (element === undefined)
    throw new BillingError("Invalid", `${call.element.name} needs an element ${call.shape.singular}`);
  const read = fromXml(call.shape, element);
  if (!read.ok) throw new BillingError("Invalid", read.message);
  return { element, input: read.input };
}

/** An element of the operation that may be left out; null where it is, or is empty. */
function argument(call: Call, name: string): string | null {
  const found = child(call.element, BILLING, name);
  const text = found === undefined || found.nil ? "" : found.text.trim();
  return text === "" ? null : text;
}

function required(call: Call, name: string): string {
  const text = argument(call, name);
  if (text === null) throw new BillingError("Invalid", `${call.element.name} needs an element ${name}`);
  return text;
}

function pageSize(call: Call): number {
  const text = argument(call, "pageSize");
  const size = text === null ? PAGE_DEFAULT : Number(text);
  if (!Number.isInteger(size) || size < 1 || size > PAGE_MAX)
    throw new BillingError("Invalid", `pageSize must be from 1 to ${String(PAGE_MAX)}`);
  return size;
}

function recordOf(call: Call, name: string): Stored {
  return lookUp(call, required(call, name));
}

function lookUp(call: Call, id: string): Stored {
  const record = call.records.database.get(call.shape.object, id.trim());
  if (record === null) throw new BillingError("NotFound", `there is no ${call.shape.singular} ${id}`);
  return record;
}

function requireRevision(call: Call, record: Stored): void {
  const expected = argument(call, "expectedRevision");
  if (expected === null || expected === String(record.version)) return;
  throw new BillingError("Conflict", `${record.id} is at revision ${String(record.version)}, not ${expected}`);
}

function refused(refusal: Refusal): BillingError {
  return new BillingError(refusal.reason === "taken" ? "Duplicate" : "Invalid", refusal.message);
}
