// Values to an envelope, by the WSDL's types: elements in the order of their sequence, each in the namespace it is due.
//
//   absent                      left out
//   null     nillable           <x xsi:nil="true"/>
//            a text             <x/>
//            optional           left out
//            anything else      <x/>, for the system to refuse
//   list                        one element each
//
// A value that has no place in the type is refused, never dropped: it would be an edit lost without a word.

import { didYouMean } from "../../../core/problem.ts";
import { digitsOf, isFields, isList, type Fields, type Value } from "../../../core/value.ts";
import { XSI, type XmlName } from "../../xml/element.ts";
import { escapeAttribute, escapeText, illegalCharacter } from "../../xml/text.ts";
import { TemplateFailure } from "../../template.ts";
import type { Schema } from "./schema.ts";
import { ANY, type ComplexShape, type ElementShape, type TypeShape } from "./shape.ts";
import type { SoapVersion } from "./wsdl.ts";
import { ENVELOPES } from "./versions.ts";

/** Key of the type to write an element as, where the WSDL's own is abstract: `"@xsi:type": Customer`. */
export const TYPE_KEY = "@xsi:type";
export const TEXT_KEY = "#text";

export interface EnvelopeParts {
  readonly version: SoapVersion;
  /** Header blocks that are XML already (security). */
  readonly security: string;
  readonly headers: readonly { readonly shape: ElementShape; readonly value: Value }[];
  /** Null: an empty body. */
  readonly body: { readonly shape: ElementShape; readonly value: Value } | null;
}

/** @throws TemplateFailure when a value has no place in the types. */
export function writeEnvelope(parts: EnvelopeParts, schema: Schema): string {
  const writer = new Writer(schema);
  const headers = parts.headers.map(({ shape, value }) => writer.element(shape, value, shape.name)).join("");
  const body = parts.body === null ? "" : writer.element(parts.body.shape, parts.body.value, parts.body.shape.name);
  const header = parts.security + headers === "" ? "" : `<soap:Header>${parts.security}${headers}</soap:Header>`;
  return (
    `<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="${ENVELOPES[parts.version]}"${writer.declarations()}>` +
    `${header}<soap:Body>${body}</soap:Body></soap:Envelope>`
  );
}

class Writer {
  private readonly schema: Schema;
  /** Namespace to prefix; all are declared once, at the envelope. */
  private readonly prefixes = new Map<string, string>([[XSI, "xsi"]]);

  constructor(schema: Schema) {
    this.schema = schema;
  }

  declarations(): string {
    return [...this.prefixes].map(([namespace, prefix]) => ` xmlns:${prefix}="${escapeAttribute(namespace)}"`).join("");
  }

  /** @param at Where we are, for messages. */
  element(shape: ElementShape, value: Value, at: string): string {
    if (!shape.list) {
      if (isList(value)) throw new TemplateFailure("E_TEMPLATE", `${at} takes one value, not a list`);
      return this.one(shape, value, at);
    }
    if (value === null) return "";
    const values = isList(value) ? value : [value];
    return values.map((entry, index) => this.one(shape, entry, `${at}[${String(index)}]`)).join("");
  }

  private one(shape: ElementShape, value: Value, at: string): string {
    const tag = this.tag({ namespace: shape.namespace, local: shape.name });
    const type = shape.type();
    if (value === null) {
      if (shape.nillable) return `<${tag} xsi:nil="true"/>`;
      const isText = type.kind === "any" || (type.kind === "text" && type.string);
      return isText || shape.required || shape.list ? `<${tag}/>` : "";
    }
    return this.typed(tag, type, value, { at, namespace: shape.namespace });
  }

  private typed(tag: string, declared: TypeShape, value: Value, place: { at: string; namespace: string }): string {
    const wanted = isFields(value) ? value[TYPE_KEY] : undefined;
    const named = wanted === undefined ? null : this.derived(wanted, place.at);
    const hint = named === null ? "" : ` xsi:type="${this.tag(named)}"`;
    const type = named === null ? declared : this.schema.type(named);
    switch (type.kind) {
      case "text":
        return `<${tag}${hint}>${this.text(value, place.at)}</${tag}>`;
      case "complex":
        return this.complex(tag, hint, type, value, place.at);
      case "any":
        return this.untyped(tag, hint, value, place);
    }
  }

  private derived(wanted: Value, at: string): XmlName {
    const name = typeof wanted === "string" ? this.schema.typeNamed(wanted) : null;
    if (name === null)
      throw new TemplateFailure("E_TEMPLATE", `${at}: the WSDL has no single type of the name in ${TYPE_KEY}`);
    return name;
  }

  private complex(tag: string, hint: string, type: ComplexShape, value: Value, at: string): string {
    if (!isFields(value)) {
      if (type.text !== null) return `<${tag}${hint}>${this.text(value, at)}</${tag}>`;
      throw new TemplateFailure("E_TEMPLATE", `${at} takes elements, not ${kindOf(value)}`);
    }
    let attributes = hint;
    for (const attribute of type.attributes) {
      const found = own(value, `@${attribute.name}`);
      if (found === undefined || found === null) continue;
      const name =
        attribute.namespace === ""
          ? attribute.name
          : this.tag({ namespace: attribute.namespace, local: attribute.name });
      attributes += ` ${name}="${escapeAttribute(plainText(found, `${at}.@${attribute.name}`))}"`;
    }
    let inner = "";
    const text = type.text === null ? undefined : own(value, TEXT_KEY);
    if (text !== undefined && text !== null) inner += this.text(text, at);
    for (const child of type.elements) {
      const found = own(value, child.name);
      if (found !== undefined) inner += this.element(child, found, `${at}.${child.name}`);
    }
    inner += this.others(type, value, at);
    return `<${tag}${attributes}>${inner}</${tag}>`;
  }

  /** Names the type does not list: elements of an open type, else a mistake. */
  private others(type: ComplexShape, value: Fields, at: string): string {
    let inner = "";
    for (const [name, entry] of Object.entries(value)) {
      if (
        name === TYPE_KEY ||
        (name === TEXT_KEY && type.text !== null) ||
        type.elements.some((child) => child.name === name)
      )
        continue;
      if (name.startsWith("@") && type.attributes.some((attribute) => `@${attribute.name}` === name)) continue;
      if (type.open === null || name.startsWith("@") || name === TEXT_KEY) throw unknownElement(type, name, at);
      inner += this.untypedElement(name, entry, { at: `${at}.${name}`, namespace: type.open });
    }
    return inner;
  }

  private untypedElement(name: string, value: Value, place: { at: string; namespace: string }): string {
    if (!/^[\p{L}_][\p{L}\p{N}_.-]*$/u.test(name))
      throw new TemplateFailure("E_TEMPLATE", `${place.at}: not a name of XML`);
    if (isList(value)) return value.map((entry) => this.untypedElement(name, entry, place)).join("");
    const tag = this.tag({ namespace: place.namespace, local: name });
    return value === null ? `<${tag} xsi:nil="true"/>` : this.typed(tag, ANY, value, place);
  }

  private untyped(tag: string, hint: string, value: Value, place: { at: string; namespace: string }): string {
    if (!isFields(value)) return `<${tag}${hint}>${this.text(value, place.at)}</${tag}>`;
    let inner = "";
    let attributes = hint;
    for (const [name, entry] of Object.entries(value)) {
      if (name === TYPE_KEY) continue;
      const at = `${place.at}.${name}`;
      if (name === TEXT_KEY) inner += this.text(entry, at);
      else if (name.startsWith("@")) attributes += ` ${name.slice(1)}="${escapeAttribute(plainText(entry, at))}"`;
      else inner += this.untypedElement(name, entry, { at, namespace: place.namespace });
    }
    return `<${tag}${attributes}>${inner}</${tag}>`;
  }

  private text(value: Value, at: string): string {
    return escapeText(plainText(value, at));
  }

  private tag(name: XmlName): string {
    if (name.namespace === "") return name.local;
    let prefix = this.prefixes.get(name.namespace);
    if (prefix === undefined) {
      prefix = `n${String(this.prefixes.size)}`;
      this.prefixes.set(name.namespace, prefix);
    }
    return `${prefix}:${name.local}`;
  }
}

function unknownElement(type: ComplexShape, name: string, at: string): TemplateFailure {
  const hint = didYouMean(name, namesOf(type));
  return new TemplateFailure(
    "E_TEMPLATE",
    `${at} has no element "${name}" in the WSDL${hint === undefined ? "" : `; ${hint}`}`,
  );
}

/** What may be written in a type, by the keys of args. */
export function namesOf(type: ComplexShape): readonly string[] {
  return [
    ...type.elements.map((child) => child.name),
    ...type.attributes.map((attribute) => `@${attribute.name}`),
    ...(type.text === null ? [] : [TEXT_KEY]),
  ];
}

function plainText(value: Value, at: string): string {
  if (value === null) return "";
  if (isList(value) || isFields(value))
    throw new TemplateFailure("E_TEMPLATE", `${at} takes a text or a number, not ${kindOf(value)}`);
  const text = typeof value === "string" ? value : (digitsOf(value) ?? String(value));
  const illegal = illegalCharacter(text);
  if (illegal !== null)
    throw new TemplateFailure("E_TEMPLATE", `${at} holds the character ${illegal}, which XML does not have`);
  return text;
}

function kindOf(value: Value): string {
  if (isList(value)) return "a list";
  return isFields(value) ? "an object" : `a ${typeof value}`;
}

function own(value: Fields, name: string): Value | undefined {
  return Object.hasOwn(value, name) ? value[name] : undefined;
}
