// XML Schema, as far as calls need it: elements in the order of their sequence, qualified or not, lists, nil, simple or
// complex. Facets (lengths, patterns, enumerations) are left to the system, which checks them anyway.
//
// Names are resolved by namespace, and several schemas of one namespace add up. (The `soap` package keeps the last of
// them only, which loses half of some vendors' types.)

import { attribute, childElements, childNamed, nameIn, type XmlElement, type XmlName } from "../../xml/element.ts";
import {
  ANY,
  STRING,
  type AttributeShape,
  type ComplexShape,
  type ElementShape,
  type TextShape,
  type TypeShape,
} from "./shape.ts";

export const XSD = "http://www.w3.org/2001/XMLSchema";

/** Types whose empty text is a text. Everything else of XML Schema is a number, a date, a truth value or binary. */
const STRINGS = new Set([
  "string",
  "normalizedString",
  "token",
  "anySimpleType",
  "anyURI",
  "QName",
  "language",
  "Name",
  "NCName",
  "NMTOKEN",
  "NMTOKENS",
  "ID",
  "IDREF",
  "hexBinary",
  "base64Binary",
]);

/** A definition, with what it inherits from the schema around it. */
interface Definition {
  readonly element: XmlElement;
  readonly schema: SchemaContext;
}

interface SchemaContext {
  readonly namespace: string;
  readonly elementsQualified: boolean;
  readonly attributesQualified: boolean;
}

type DefinitionKind = "element" | "type" | "group" | "attribute" | "attributeGroup";

const KINDS: Readonly<Record<string, DefinitionKind>> = {
  element: "element",
  complexType: "type",
  simpleType: "type",
  group: "group",
  attribute: "attribute",
  attributeGroup: "attributeGroup",
};

/** What a group around an element says about it. */
interface Around {
  readonly list: boolean;
  readonly optional: boolean;
  readonly chosen: boolean;
  readonly depth: number;
}

const ALONE: Around = { list: false, optional: false, chosen: false, depth: 0 };

/** A group that (wrongly) holds itself would never end. */
const GROUPS_MAX = 50;

export class Schema {
  private readonly definitions = new Map<string, Definition>();
  private readonly shapes = new Map<string, TypeShape>();
  private byBase: ReadonlyMap<string, readonly Definition[]> | null = null;

  /** @param namespace For a schema without one that is included by another ("chameleon"); null: its own. */
  add(schema: XmlElement, namespace: string | null): void {
    this.byBase = null;
    const context: SchemaContext = {
      namespace: attribute(schema, "targetNamespace") ?? namespace ?? "",
      elementsQualified: attribute(schema, "elementFormDefault") === "qualified",
      attributesQualified: attribute(schema, "attributeFormDefault") === "qualified",
    };
    for (const child of childElements(schema)) {
      const kind = child.namespace === XSD ? KINDS[child.local] : undefined;
      const name = attribute(child, "name");
      if (kind === undefined || name === null) continue;
      this.definitions.set(key(kind, { namespace: context.namespace, local: name }), {
        element: child,
        schema: context,
      });
    }
  }

  /** A global element; null when no schema has it. */
  element(name: XmlName): ElementShape | null {
    const definition = this.definitions.get(key("element", name));
    return definition === undefined ? null : this.elementShape(definition, ALONE, true);
  }

  /** A global element by its local name alone; null when none or several have it. */
  elementNamed(local: string): ElementShape | null {
    const name = this.only("element", local);
    return name === null ? null : this.element(name);
  }

  /** A named type; types that no schema has are open. */
  type(name: XmlName): TypeShape {
    const at = key("type", name);
    const known = this.shapes.get(at);
    if (known !== undefined) return known;
    // A type that (wrongly) derives from itself would never end.
    this.shapes.set(at, ANY);
    const shape = this.namedType(name);
    this.shapes.set(at, shape);
    return shape;
  }

  /** A type by the local name that a person would write, in whichever namespace; null when none or several have it. */
  typeNamed(local: string): XmlName | null {
    return this.only("type", local);
  }

  /** Named types that derive from this one, at any remove; without those that stand for others only. */
  derived(base: XmlName): readonly XmlName[] {
    const found = new Map<string, Definition>();
    const collect = (name: XmlName): void => {
      for (const definition of this.extending().get(key("type", name)) ?? []) {
        const below = nameOf(definition);
        if (found.has(key("type", below))) continue;
        found.set(key("type", below), definition);
        collect(below);
      }
    };
    collect(base);
    return [...found.values()].filter(({ element }) => attribute(element, "abstract") !== "true").map(nameOf);
  }

  /** By the type that they extend. Made once: some vendors have thousands of types. */
  private extending(): ReadonlyMap<string, readonly Definition[]> {
    if (this.byBase !== null) return this.byBase;
    const byBase = new Map<string, Definition[]>();
    for (const definition of this.definitions.values()) {
      const content = childNamed(definition.element, XSD, "complexContent");
      const derivation = content === null ? null : childNamed(content, XSD, "extension");
      const text = derivation === null ? null : attribute(derivation, "base");
      const name = derivation === null || text === null ? null : nameIn(derivation, text);
      if (name === null) continue;
      const at = key("type", this.inherit(name, "type", definition.schema));
      byBase.set(at, [...(byBase.get(at) ?? []), definition]);
    }
    this.byBase = byBase;
    return byBase;
  }

  private only(kind: DefinitionKind, local: string): XmlName | null {
    const found: XmlName[] = [];
    for (const [at, { schema }] of this.definitions) {
      const name = { namespace: schema.namespace, local };
      if (at === key(kind, name)) found.push(name);
    }
    return found.length === 1 ? (found[0] ?? null) : null;
  }

  private namedType(name: XmlName): TypeShape {
    if (name.namespace === XSD) {
      return name.local === "anyType" ? ANY : { kind: "text", string: STRINGS.has(name.local) };
    }
    const definition = this.definitions.get(key("type", name));
    return definition === undefined ? ANY : this.typeShape(definition, name);
  }

  private elementShape(definition: Definition, around: Around, global: boolean): ElementShape {
    const { element, schema } = definition;
    const form = attribute(element, "form");
    const qualified = global || (form === null ? schema.elementsQualified : form === "qualified");
    return {
      name: attribute(element, "name") ?? "",
      namespace: qualified ? schema.namespace : "",
      ...occurrence(element, around),
      nillable: attribute(element, "nillable") === "true",
      type: lazily(() => this.elementType(definition)),
    };
  }

  private elementType({ element, schema }: Definition): TypeShape {
    const named = attribute(element, "type");
    if (named !== null) return this.typeAt(element, named, schema);
    const inline = childNamed(element, XSD, "complexType") ?? childNamed(element, XSD, "simpleType");
    return inline === null ? ANY : this.typeShape({ element: inline, schema }, null);
  }

  private typeAt(element: XmlElement, text: string, schema: SchemaContext): TypeShape {
    const name = nameIn(element, text);
    return name === null ? ANY : this.type(this.inherit(name, "type", schema));
  }

  private typeShape(definition: Definition, name: XmlName | null): TypeShape {
    const { element, schema } = definition;
    if (element.local === "simpleType") return this.simpleShape(definition);
    const complex = childNamed(element, XSD, "complexContent");
    const simple = childNamed(element, XSD, "simpleContent");
    const own = complex ?? simple;
    if (own === null) {
      return {
        kind: "complex",
        name,
        ...this.content({ element, schema }),
        text: attribute(element, "mixed") === "true" ? STRING : null,
      };
    }
    const derivation = childNamed(own, XSD, "extension") ?? childNamed(own, XSD, "restriction");
    if (derivation === null) return ANY;
    const content = this.content({ element: derivation, schema });
    const base = this.typeAt(derivation, attribute(derivation, "base") ?? "", schema);
    if (simple !== null) return this.textContent(name, base, content);
    if (derivation.local === "restriction" || base.kind !== "complex") {
      const attributes = base.kind === "complex" ? merged(base.attributes, content.attributes) : content.attributes;
      return { kind: "complex", name, ...content, attributes, text: null };
    }
    return {
      kind: "complex",
      name,
      elements: [...base.elements, ...content.elements],
      attributes: merged(base.attributes, content.attributes),
      text: base.text,
      open: content.open ?? base.open,
    };
  }

  private textContent(name: XmlName | null, base: TypeShape, content: Content): ComplexShape {
    const text = base.kind === "text" ? base : base.kind === "complex" ? (base.text ?? STRING) : STRING;
    const attributes = base.kind === "complex" ? merged(base.attributes, content.attributes) : content.attributes;
    return { kind: "complex", name, elements: [], attributes, text, open: null };
  }

  private simpleShape({ element, schema }: Definition): TextShape {
    const restriction = childNamed(element, XSD, "restriction");
    const base = restriction === null ? null : attribute(restriction, "base");
    const inline = restriction === null ? null : childNamed(restriction, XSD, "simpleType");
    if (inline !== null) return this.simpleShape({ element: inline, schema });
    const type = restriction === null || base === null ? STRING : this.typeAt(restriction, base, schema);
    return type.kind === "text" ? type : STRING;
  }

  /** Elements, attributes and openness of a type, an extension or a group. */
  private content(definition: Definition): Content {
    const content: Mutable = { elements: [], attributes: [], open: null };
    this.collect(definition, ALONE, content);
    return content;
  }

  private collect({ element, schema }: Definition, around: Around, content: Mutable): void {
    if (around.depth > GROUPS_MAX) return;
    for (const child of childElements(element)) {
      if (child.namespace !== XSD) continue;
      switch (child.local) {
        case "sequence":
        case "all":
        case "choice":
          this.collect({ element: child, schema }, within(child, around), content);
          break;
        case "element":
          content.elements.push(this.particle({ element: child, schema }, around));
          break;
        case "group":
        case "attributeGroup": {
          const group = this.referred(child, child.local, schema);
          if (group !== null) this.collect(group, within(child, around), content);
          break;
        }
        case "attribute":
          content.attributes.push(...this.attributeShapes({ element: child, schema }));
          break;
        case "any":
          content.open = schema.namespace;
          break;
        default:
      }
    }
  }

  private particle(definition: Definition, around: Around): ElementShape {
    const referred = this.referred(definition.element, "element", definition.schema);
    if (referred === null) return this.elementShape(definition, around, false);
    return { ...this.elementShape(referred, ALONE, true), ...occurrence(definition.element, around) };
  }

  private attributeShapes(definition: Definition): readonly AttributeShape[] {
    const referred = this.referred(definition.element, "attribute", definition.schema);
    const { element, schema } = referred ?? definition;
    const name = attribute(element, "name");
    if (name === null) return [];
    const form = attribute(element, "form");
    const qualified = referred !== null || (form === null ? schema.attributesQualified : form === "qualified");
    return [{ name, namespace: qualified ? schema.namespace : "" }];
  }

  /** What a `ref` points to; null without one, or when nothing has the name. */
  private referred(element: XmlElement, kind: DefinitionKind, schema: SchemaContext): Definition | null {
    const ref = attribute(element, "ref");
    const name = ref === null ? null : nameIn(element, ref);
    return name === null ? null : (this.definitions.get(key(kind, this.inherit(name, kind, schema))) ?? null);
  }

  /** In a schema that took its namespace from the one including it, names without a namespace mean that one. */
  private inherit(name: XmlName, kind: DefinitionKind, schema: SchemaContext): XmlName {
    if (name.namespace !== "" || this.definitions.has(key(kind, name))) return name;
    return { namespace: schema.namespace, local: name.local };
  }
}

function nameOf({ element, schema }: Definition): XmlName {
  return { namespace: schema.namespace, local: attribute(element, "name") ?? "" };
}

interface Content {
  readonly elements: readonly ElementShape[];
  readonly attributes: readonly AttributeShape[];
  readonly open: string | null;
}

interface Mutable {
  readonly elements: ElementShape[];
  readonly attributes: AttributeShape[];
  open: string | null;
}

function key(kind: DefinitionKind, name: XmlName): string {
  return `${kind} {${name.namespace}}${name.local}`;
}

function occurrence(element: XmlElement, around: Around): Pick<ElementShape, "list" | "required" | "chosen"> {
  const required = !around.optional && !around.chosen && attribute(element, "minOccurs") !== "0";
  return { list: around.list || isMany(element), required, chosen: around.chosen };
}

function within(group: XmlElement, around: Around): Around {
  return {
    list: around.list || isMany(group),
    optional: around.optional || attribute(group, "minOccurs") === "0",
    chosen: around.chosen || group.local === "choice",
    depth: around.depth + 1,
  };
}

function isMany(element: XmlElement): boolean {
  const most = attribute(element, "maxOccurs");
  return most === "unbounded" || Number(most ?? "1") > 1;
}

function merged(base: readonly AttributeShape[], own: readonly AttributeShape[]): readonly AttributeShape[] {
  return [...base.filter((entry) => !own.some((other) => other.name === entry.name)), ...own];
}

function lazily(make: () => TypeShape): () => TypeShape {
  let made: TypeShape | null = null;
  return () => (made ??= make());
}
