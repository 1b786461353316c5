// How a record looks in XML: the elements of the WSDL's Customer and Invoice, in their order.

import type { Stored } from "../common/database.ts";
import { checkWritten, type FieldShape, type ObjectShape } from "../common/shape.ts";
import { BILLING, child, type Content, type Element } from "./envelope.ts";
import { customers } from "./shapes.ts";

const ADDRESS = ["line1", "city", "postcode", "country"] as const;
/** Elements that say something of the record and cannot be written: callers may send them back as they read them. */
const KEPT = ["id", "revision", "changedAt", "deleted"] as const;

/** The element that holds one record: `customer`, `invoice`. */
export function toXml(shape: ObjectShape, record: Stored): Content {
  const values: Record<string, Content> = {};
  for (const field of shape.fields) {
    const value = record.values[field.name] ?? null;
    if (!isAddressPart(shape, field)) values[field.name] = value;
    else if (values.address === undefined)
      values.address = Object.fromEntries(ADDRESS.map((name) => [name, record.values[name] ?? null]));
  }
  return { id: record.id, revision: record.version, changedAt: new Date(record.changedAt).toISOString(), ...values };
}

/** What a listing of changes says of a record that was deleted. */
export function goneToXml(id: string, at: number): Content {
  return { id, revision: 0, changedAt: new Date(at).toISOString(), deleted: true };
}

export type FromXml =
  | { readonly ok: true; readonly input: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly message: string };

/** Every field that can be written, with null for each element that is left out, empty or nil: a record is sent whole. */
export function fromXml(shape: ObjectShape, element: Element): FromXml {
  const input: Record<string, unknown> = {};
  const address = shape === customers ? child(element, BILLING, "address") : undefined;
  for (const field of shape.fields) {
    if (field.readOnly === true) continue;
    const found = child(isAddressPart(shape, field) ? address : element, BILLING, field.name);
    const checked = checkWritten(field, found === undefined || found.nil ? "" : found.text);
    if (!checked.ok) return { ok: false, message: `${field.name} ${checked.message}` };
    input[field.name] = checked.value;
  }
  const wrong =
    wrongElement(element, elementsOf(shape)) ?? (address === undefined ? null : wrongElement(address, ADDRESS));
  return wrong === null ? { ok: true, input } : { ok: false, message: wrong };
}

/** What is against the sequence of the schema: an element it does not have, twice, of another namespace, or out of order; null: nothing. */
export function wrongElement(element: Element, sequence: readonly string[]): string | null {
  let last = -1;
  for (const one of element.children) {
    if (one.namespace !== BILLING) return `element ${one.name} is not in the namespace ${BILLING}`;
    const place = sequence.indexOf(one.name);
    if (place === -1) return `${element.name} has no element ${one.name}`;
    if (place <= last)
      return `element ${one.name} of ${element.name} stands twice or too late; the order is ${sequence.join(", ")}`;
    last = place;
  }
  return null;
}

function elementsOf(shape: ObjectShape): readonly string[] {
  return [
    ...new Set([...KEPT, ...shape.fields.map((field) => (isAddressPart(shape, field) ? "address" : field.name))]),
  ];
}

function isAddressPart(shape: ObjectShape, field: FieldShape): boolean {
  return shape === customers && ADDRESS.some((name) => name === field.name);
}
