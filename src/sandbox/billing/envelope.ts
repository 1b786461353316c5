// SOAP 1.1 on the wire, document/literal: an envelope becomes a tree of elements known by namespace and name, and a tree
// becomes an envelope. Prefixes are the caller's own business.

import { SaxesParser } from "saxes";

export const SOAP = "http://schemas.xmlsoap.org/soap/envelope/";
export const WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
export const BILLING = "urn:syncline:sandbox:billing:1";
const XSI = "http://www.w3.org/2001/XMLSchema-instance";

export interface Element {
  readonly namespace: string;
  readonly name: string;
  /** `xsi:nil="true"` */
  readonly nil: boolean;
  readonly children: readonly Element[];
  /** The text of an element without children; as it stands. */
  readonly text: string;
}

interface Open {
  readonly namespace: string;
  readonly name: string;
  readonly nil: boolean;
  readonly children: Element[];
  text: string;
}

const DEPTH_MAX = 20;

export class XmlError extends Error {}

/** @throws XmlError when the text is not well-formed, declares a document type, or is nested too deep. */
export function parseXml(text: string): Element {
  const parser = new SaxesParser({ xmlns: true });
  const open: Open[] = [];
  let root: Element | null = null;
  parser.on("error", (error) => {
    throw new XmlError(error.message);
  });
  parser.on("doctype", () => {
    throw new XmlError("a document type declaration is not allowed");
  });
  parser.on("opentag", (tag) => {
    if (open.length >= DEPTH_MAX) throw new XmlError("nested too deep");
    const nil = Object.values(tag.attributes).some(
      (one) => one.uri === XSI && one.local === "nil" && (one.value === "true" || one.value === "1"),
    );
    open.push({ namespace: tag.uri, name: tag.local, nil, children: [], text: "" });
  });
  const addText = (more: string) => {
    const here = open.at(-1);
    if (here !== undefined) here.text += more;
  };
  parser.on("text", addText);
  parser.on("cdata", addText);
  parser.on("closetag", () => {
    const element = open.pop();
    const parent = open.at(-1);
    if (element === undefined) return;
    if (parent === undefined) root = element;
    else parent.children.push(element);
  });
  parser.write(text).close();
  if (root === null) throw new XmlError("there is no element");
  return root;
}

export function child(element: Element | undefined, namespace: string, name: string): Element | undefined {
  return element?.children.find((one) => one.namespace === namespace && one.name === name);
}

/** What an answer is made of: null is an element with `xsi:nil`, a list repeats its element, undefined leaves it out. */
export type Content =
  string | number | boolean | null | undefined | readonly Content[] | { readonly [name: string]: Content };

/** The answer of an operation in its envelope. */
export function answerEnvelope(name: string, content: Content): string {
  return envelope(render(name, content));
}

export interface Fault {
  /** NotFound, Conflict, Duplicate, Invalid, Throttled, … */
  readonly code: string;
  /** Whose doing it is: the caller's or this system's. */
  readonly by: "Client" | "Server";
  readonly message: string;
}

/** A fault says its code twice, as faults in the wild do: behind the dot of `faultcode`, and in its detail. */
export function faultEnvelope(fault: Fault): string {
  const detail = render("BillingFault", { code: fault.code, message: fault.message });
  return envelope(
    `<soap:Fault><faultcode>soap:${fault.by}.${fault.code}</faultcode><faultstring xml:lang="en">${escape(fault.message)}</faultstring>` +
      `<detail>${detail}</detail></soap:Fault>`,
  );
}

function envelope(body: string): string {
  return (
    `<?xml version="1.0" encoding="UTF-8"?>\n<soap:Envelope xmlns:soap="${SOAP}" xmlns:b="${BILLING}" xmlns:xsi="${XSI}">` +
    `<soap:Body>${body}</soap:Body></soap:Envelope>`
  );
}

function render(name: string, content: Content): string {
  if (content === undefined) return "";
  if (content === null) return `<b:${name} xsi:nil="true"/>`;
  if (isList(content)) return content.map((one) => render(name, one)).join("");
  if (typeof content !== "object") return `<b:${name}>${escape(String(content))}</b:${name}>`;
  const inner = Object.entries(content).map(([below, value]) => render(below, value));
  return `<b:${name}>${inner.join("")}</b:${name}>`;
}

function isList(content: Content): content is readonly Content[] {
  return Array.isArray(content);
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;" };

/** Control characters, which XML cannot write, never got into a record (shape.ts). */
function escape(text: string): string {
  return text.replace(/[&<>\r]/g, (character) => ENTITIES[character] ?? "");
}
