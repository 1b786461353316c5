// SOAP faults of both versions, in one form.

import type { Value } from "../../../core/value.ts";
import { attribute, childElements, childNamed, textOf, XML, type XmlElement } from "../../xml/element.ts";
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

export function readFault(fault: XmlElement): { readonly fault: SoapFault; readonly body: Value } {
  return {
    fault: fault.namespace.endsWith("soap-envelope") ? fault12(fault) : fault11(fault),
    body: xmlValue(fault, NONE),
  };
}

/** SOAP 1.1: its parts have no namespace; some servers give them one. */
function fault11(fault: XmlElement): SoapFault {
  const part = (name: string): XmlElement | null => childElements(fault).find((child) => child.local === name) ?? null;
  const code = localPart(part("faultcode"));
  const message = part("faultstring");
  return {
    code: joined(code, detailCode(part("detail"), null)),
    message: message === null ? code : textOf(message).trim(),
  };
}

function fault12(fault: XmlElement): SoapFault {
  const code = childNamed(fault, fault.namespace, "Code");
  const reason = childNamed(fault, fault.namespace, "Reason");
  const texts = reason === null ? [] : childElements(reason);
  const message = texts.find((text) => attribute(text, "lang", XML)?.startsWith("en") === true) ?? texts[0];
  let subcode: string | null = null;
  let below = code === null ? null : childNamed(code, fault.namespace, "Subcode");
  while (below !== null) {
    subcode = localPart(childNamed(below, fault.namespace, "Value"));
    below = childNamed(below, fault.namespace, "Subcode");
  }
  const own = localPart(code === null ? null : childNamed(code, fault.namespace, "Value"));
  return {
    code: joined(own, detailCode(childNamed(fault, fault.namespace, "Detail"), subcode)),
    message: message === undefined ? own : textOf(message).trim(),
  };
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
