// Elements to values where no schema says what they are.
//
//   <a>text</a>                 "text", exactly
//   <a/>                        ""
//   <a xsi:nil="true"/>         null
//   <a><b/><b/></a>             { b: ["", ""] }; a single one is a list too when `lists` names it
//   <a x="1">text</a>           { "@x": "1", "#text": "text" }

import type { Value } from "../../core/value.ts";
import { attribute, isNil, XML, XSI, type XmlAttribute, type XmlElement } from "./element.ts";

/** @param lists Local names of elements that are lists even when there is one. */
export function xmlValue(element: XmlElement, lists: ReadonlySet<string>): Value {
  if (isNil(element)) return null;
  // A child is never a list itself, so a list here is always one that was begun below.
  const fields: Record<string, Value | Value[]> = {};
  for (const entry of dataAttributes(element)) fields[`@${entry.local}`] = entry.value;
  let text = "";
  let elements = 0;
  for (const child of element.children) {
    if (typeof child === "string") {
      text += child;
      continue;
    }
    elements += 1;
    add(fields, child.local, xmlValue(child, lists), lists.has(child.local));
  }
  if (Object.keys(fields).length === 0) return text;
  // White space between elements is layout; beside attributes alone it is the text.
  if (elements === 0 || text.trim() !== "") fields["#text"] = text;
  return fields;
}

/** Puts a child's value at its name; a second one makes it a list. */
export function add(fields: Record<string, Value | Value[]>, name: string, value: Value, list: boolean): void {
  const before = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (before === undefined) fields[name] = list ? [value] : value;
  else if (Array.isArray(before)) before.push(value);
  else fields[name] = [before, value];
}

/** Attributes that carry data: `xsi:` and `xml:` ones speak to the reader. */
export function dataAttributes(element: XmlElement): readonly XmlAttribute[] {
  return element.attributes.filter((entry) => entry.namespace !== XSI && entry.namespace !== XML);
}

/** The `xsi:type` as written; null: none. */
export function typeHint(element: XmlElement): string | null {
  return attribute(element, "type", XSI);
}
