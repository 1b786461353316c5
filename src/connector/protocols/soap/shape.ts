// What the WSDL's types say about an element: as much as is needed to write a request and to read an answer.

import type { XmlName } from "../../xml/element.ts";

export interface ElementShape {
  readonly name: string;
  /** Namespace as it must be written; the empty text: unqualified. */
  readonly namespace: string;
  /** maxOccurs above 1, here or of a group around it. */
  readonly list: boolean;
  /** Must be there: minOccurs of 1 or more, and not one of a choice. */
  readonly required: boolean;
  /** One of a choice: that it is not there says nothing, not even "an empty list". */
  readonly chosen: boolean;
  readonly nillable: boolean;
  /** Types may hold themselves, so they are looked up when needed. */
  type(): TypeShape;
}

export type TypeShape = TextShape | ComplexShape | AnyShape;

/** A simple type. */
export interface TextShape {
  readonly kind: "text";
  /** Derived from xs:string: an empty element is the empty text. Otherwise it is null, for no number or date is empty. */
  readonly string: boolean;
}

export interface ComplexShape {
  readonly kind: "complex";
  /** Null for a type without a name. */
  readonly name: XmlName | null;
  readonly elements: readonly ElementShape[];
  readonly attributes: readonly AttributeShape[];
  /** simpleContent: the type of the text, which stands at `#text`; null: elements only. */
  readonly text: TextShape | null;
  /** Namespace in which elements that are not listed may be written (`xs:any`); null: no others. */
  readonly open: string | null;
}

/** xs:anyType, or a type that the WSDL does not define: written and read without one. */
export interface AnyShape {
  readonly kind: "any";
}

export interface AttributeShape {
  readonly name: string;
  readonly namespace: string;
}

export const ANY: AnyShape = { kind: "any" };
export const STRING: TextShape = { kind: "text", string: true };

/** An element of the caller's making, such as the wrapper of an RPC call. */
export function wrapperShape(name: XmlName, elements: readonly ElementShape[]): ElementShape {
  const type: ComplexShape = { kind: "complex", name: null, elements, attributes: [], text: null, open: null };
  return {
    name: name.local,
    namespace: name.namespace,
    list: false,
    required: true,
    chosen: false,
    nillable: false,
    type: () => type,
  };
}
