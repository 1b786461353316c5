// An XML element with its names resolved: prefixes are gone, so a system may rename them as it likes.

/** Namespace URI; the empty text: none. */
export interface XmlName {
  readonly namespace: string;
  readonly local: string;
}

export interface XmlAttribute extends XmlName {
  readonly value: string;
}

export interface XmlElement extends XmlName {
  readonly attributes: readonly XmlAttribute[];
  /** Text exactly as written, CDATA included. */
  readonly children: readonly (XmlElement | string)[];
  /** Prefixes in scope, for names that stand in values (`xsi:type`, `base="x:y"`). */
  readonly scope: Scope;
}

/** Prefix to namespace; the empty prefix is the default namespace. */
export type Scope = Readonly<Record<string, string>>;

export const XSI = "http://www.w3.org/2001/XMLSchema-instance";
export const XML = "http://www.w3.org/XML/1998/namespace";

export function childElements(element: XmlElement): readonly XmlElement[] {
  return element.children.filter((child): child is XmlElement => typeof child !== "string");
}

export function childrenNamed(element: XmlElement, namespace: string, local: string): readonly XmlElement[] {
  return childElements(element).filter((child) => child.local === local && child.namespace === namespace);
}

export function childNamed(element: XmlElement, namespace: string, local: string): XmlElement | null {
  return childrenNamed(element, namespace, local)[0] ?? null;
}

/** An attribute's value; null when it is not there. */
export function attribute(element: XmlElement, local: string, namespace = ""): string | null {
  return element.attributes.find((entry) => entry.local === local && entry.namespace === namespace)?.value ?? null;
}

/** All text directly inside, joined. */
export function textOf(element: XmlElement): string {
  let text = "";
  for (const child of element.children) if (typeof child === "string") text += child;
  return text;
}

export function isNil(element: XmlElement): boolean {
  const nil = attribute(element, "nil", XSI)?.trim();
  return nil === "true" || nil === "1";
}

/** The name that a text such as `tns:Customer` means at this element; null when its prefix is not declared. */
export function nameIn(element: XmlElement, text: string): XmlName | null {
  const [first = "", second] = text.trim().split(":", 2);
  const namespace = element.scope[second === undefined ? "" : first];
  if (namespace === undefined && second !== undefined) return null;
  return { namespace: namespace ?? "", local: second ?? first };
}
