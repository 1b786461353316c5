// Elements to values, by the WSDL's types. Values stay texts, as exact as they were sent: what is a number or a date is
// said under `fields` of the connector file.
//
//   string type, empty          ""            other simple type, empty     null (no number and no date is empty)
//   xsi:nil                     null          not there                    absent
//   may come more than once     a list, also of one and of none (but for a choice: there nothing is said)
//   not in the type             as it stands, like XML without a schema

import type { Value } from "../../../core/value.ts";
import { isNil, nameIn, textOf, type XmlElement } from "../../xml/element.ts";
import { add, dataAttributes, typeHint, xmlValue } from "../../xml/value.ts";
import type { Schema } from "./schema.ts";
import type { ComplexShape, ElementShape, TypeShape } from "./shape.ts";

export interface Reader {
  readonly schema: Schema;
  /** Names of elements that are lists though the WSDL does not say so. */
  readonly lists: ReadonlySet<string>;
}

/** The content of a response element. One that is nil as a whole holds nothing: its lists are empty. */
export function readAnswer(element: XmlElement, shape: ElementShape, reader: Reader): Value {
  const type = shape.type();
  const nil = isNil(element);
  const value =
    nil && type.kind === "complex"
      ? complex({ ...element, attributes: [], children: [] }, type, reader)
      : readTyped(element, type, reader);
  if (type.kind !== "complex" || value === null || typeof value !== "object") return value;
  // An empty result is often sent as no wrapper at all. Directly in the answer that can only mean an empty list; deeper,
  // in a record, it would say "no lines" where nothing was said.
  const filled: Record<string, Value> = { ...(value as Readonly<Record<string, Value>>) };
  for (const child of type.elements) {
    if (filled[child.name] !== undefined && filled[child.name] !== null) continue;
    const inner = child.list || child.chosen ? null : listInside(child.type());
    if (inner !== null) filled[child.name] = { [inner.name]: [] };
  }
  return nil && Object.keys(filled).length === 0 ? null : filled;
}

/** The only element of a type, when it is a list: the type is its wrapper. */
function listInside(type: TypeShape): ElementShape | null {
  if (type.kind !== "complex" || type.open !== null || type.elements.length !== 1) return null;
  const [only] = type.elements;
  return only?.list === true ? only : null;
}

function readTyped(element: XmlElement, declared: TypeShape, reader: Reader): Value {
  if (isNil(element)) return null;
  const type = hintedType(element, declared, reader);
  switch (type.kind) {
    case "text":
      return element.children.some((child) => typeof child !== "string")
        ? xmlValue(element, reader.lists)
        : simple(element, type.string);
    case "complex":
      return complex(element, type, reader);
    case "any":
      return xmlValue(element, reader.lists);
  }
}

function simple(element: XmlElement, isString: boolean): string | null {
  const text = textOf(element);
  if (isString) return text;
  // Numbers and dates may stand between white space, which is not part of them.
  const trimmed = text.trim();
  return trimmed === "" ? null : trimmed;
}

/** `xsi:type` names a type that derives from the declared one; an unknown one changes nothing. */
function hintedType(element: XmlElement, declared: TypeShape, { schema }: Reader): TypeShape {
  const hint = typeHint(element);
  const name = hint === null ? null : nameIn(element, hint);
  const type = name === null ? null : schema.type(name);
  return type === null || type.kind === "any" || declared.kind === "text" ? declared : type;
}

function complex(element: XmlElement, type: ComplexShape, reader: Reader): Value {
  const fields: Record<string, Value | Value[]> = {};
  for (const attribute of dataAttributes(element)) fields[`@${attribute.local}`] = attribute.value;
  for (const child of element.children) {
    if (typeof child === "string") continue;
    const shape = shapeOf(child, type);
    const list = (shape?.list ?? false) || reader.lists.has(child.local);
    const value = shape === null ? xmlValue(child, reader.lists) : readTyped(child, shape.type(), reader);
    add(fields, child.local, value, list);
  }
  for (const child of type.elements) {
    if (child.list && !child.chosen && !Object.hasOwn(fields, child.name)) fields[child.name] = [];
  }
  if (type.text !== null) {
    const text = textOf(element);
    if (type.elements.length === 0) fields["#text"] = simple(element, type.text.string);
    else if (text.trim() !== "") fields["#text"] = text;
  }
  return fields;
}

/** By full name; else by local name, since servers mix up what is qualified more often than they reuse a name. */
function shapeOf(child: XmlElement, type: ComplexShape): ElementShape | null {
  const named = type.elements.filter((shape) => shape.name === child.local);
  return named.find((shape) => shape.namespace === child.namespace) ?? named[0] ?? null;
}
