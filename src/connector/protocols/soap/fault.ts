// SOAP faults of both versions, in one form.

import type { Value } from "../../../core/value.ts";
import { attribute, childElements, textOf, XML, type XmlElement } from "../../xml/element.ts";
import { xmlValue } from "../../xml/value.ts";

export interface SoapFault {
  /**
   * Local part of the fault code, and after a dot what the application says more exactly: `Client.CustomerNotFound`.
   * That is, in this order, the first element of the detail called `code`, `errorCode` or the like; the innermost subcode
   * (SOAP 1.2); the name of the detail's own element (a declared exception).
   */
  readonly code: string;
  readonly message: string;
}

const NONE: ReadonlySet<string> = new Set();
const CODE_NAME = /^(?:error|fault|exception|status|reason|message|result)?[_-]?code$/i;

/** The form is told by what is there: some servers answer a call of 1.1 with a fault of 1.2 in an envelope of 1.1. */
export function readFault(fault: XmlElement): { readonly fault: SoapFault; readonly body: Value } {
  const code = child(fault, "Code");
  return { fault: code === null ? fault11(fault) : fault12(fault, code), body: xmlValue(fault, NONE) };
}

function fault11(fault: XmlElement): SoapFault {
  const code = localPart(child(fault, "faultcode"));
  const message = child(fault, "faultstring");
  return {
    code: joined(code, detailCode(child(fault, "detail"), null)),
    message: message === null ? code : textOf(message).trim(),
  };
}

function fault12(fault: XmlElement, code: XmlElement): SoapFault {
  const texts = childElements(child(fault, "Reason") ?? fault).filter((text) => text.local === "Text");
  const message = texts.find((text) => attribute(text, "lang", XML)?.startsWith("en") === true) ?? texts[0];
  let subcode: string | null = null;
  for (let below = child(code, "Subcode"); below !== null; below = child(below, "Subcode")) {
    subcode = localPart(child(below, "Value"));
  }
  const own = localPart(child(code, "Value"));
  return {
    code: joined(own, detailCode(child(fault, "Detail") ?? child(fault, "detail"), subcode)),
    message: message === undefined ? own : textOf(message).trim(),
  };
}

/** By local name: the parts of a 1.1 fault have no namespace, and some servers give them one. */
function child(element: XmlElement, local: string): XmlElement | null {
  return childElements(element).find((entry) => entry.local === local) ?? null;
}

function joined(code: string, detail: string | null): string {
  return detail === null || detail === "" || code === detail || code.endsWith(`.${detail}`)
    ? code
    : `${code}.${detail}`;
}

function localPart(element: XmlElement | null): string {
  const text = element === null ? "" : textOf(element).trim();
  return text.slice(text.lastIndexOf(":") + 1);
}

function detailCode(detail: XmlElement | null, subcode: string | null): string | null {
  if (detail === null) return subcode;
  return firstCode(detail) ?? subcode ?? childElements(detail)[0]?.local ?? null;
}

/** Depth first, in document order. */
function firstCode(element: XmlElement): string | null {
  for (const child of childElements(element)) {
    const text = childElements(child).length === 0 ? localPart(child) : "";
    if (CODE_NAME.test(child.local) && text !== "") return text;
    const below = firstCode(child);
    if (below !== null) return below;
  }
  return null;
}
