// A WSDL 1.1 file as the calls it offers. Read here rather than by the `soap` package, which fetches imports from any host,
// shares one set of operations between the SOAP 1.1 and 1.2 ports of a service, and answers only later, while a connector
// file is checked at once.

import type { KeyPath, Problem } from "../../../core/problem.ts";
import {
  attribute,
  childNamed,
  childrenNamed,
  childElements,
  nameIn,
  type XmlElement,
  type XmlName,
} from "../../xml/element.ts";
import { Schema } from "./schema.ts";
import { wrapperShape, type ElementShape } from "./shape.ts";
import { readWsdlFiles, WSDL, type WsdlFiles } from "./wsdl-files.ts";

export type SoapVersion = "1.1" | "1.2";

const BINDINGS: Readonly<Record<string, SoapVersion>> = {
  "http://schemas.xmlsoap.org/wsdl/soap/": "1.1",
  "http://schemas.xmlsoap.org/wsdl/soap12/": "1.2",
};

export interface Wsdl {
  readonly ports: readonly Port[];
  readonly schema: Schema;
}

export interface Port {
  readonly service: string;
  readonly name: string;
  readonly version: SoapVersion;
  /** Null when the WSDL states none. */
  readonly address: string | null;
  readonly operations: readonly Operation[];
}

export interface Operation {
  readonly name: string;
  readonly action: string;
  readonly style: "document" | "rpc";
  /** SOAP section 5 encoding, which predates schemas. */
  readonly encoded: boolean;
  /** The one element in the body; null: the body is empty. */
  readonly input: ElementShape | null;
  /** Null: nothing comes back. */
  readonly output: ElementShape | null;
  /** Elements that may stand in the header of the request. */
  readonly headers: readonly ElementShape[];
  /** Names of elements that its messages refer to and no schema has. */
  readonly undefinedElements: readonly string[];
}

export function loadWsdl(
  file: string,
  place: { folder: string; path: KeyPath },
): { readonly wsdl: Wsdl; readonly problems: readonly Problem[] } {
  const { files, problems } = readWsdlFiles(file, place);
  const schema = new Schema();
  for (const entry of files.schemas) schema.add(entry.schema, entry.namespace);
  const tables = new Tables(files);
  const ports = [...tables.services()].flatMap(({ service, port }) => readPort({ service, port }, tables, schema));
  return { wsdl: { ports, schema }, problems };
}

/** Messages, port types and bindings by name, over all files. */
class Tables {
  private readonly byName = new Map<string, XmlElement>();
  private readonly files: WsdlFiles;

  constructor(files: WsdlFiles) {
    this.files = files;
    for (const root of files.definitions) {
      const namespace = attribute(root, "targetNamespace") ?? "";
      for (const child of childElements(root)) {
        const local = attribute(child, "name");
        if (child.namespace === WSDL && local !== null)
          this.byName.set(tableKey(child.local, { namespace, local }), child);
      }
    }
  }

  *services(): Iterable<{ service: string; port: XmlElement }> {
    for (const root of this.files.definitions) {
      for (const service of childrenNamed(root, WSDL, "service")) {
        for (const port of childrenNamed(service, WSDL, "port"))
          yield { service: attribute(service, "name") ?? "", port };
      }
    }
  }

  /** What the attribute `key` of this element names. */
  referred(from: XmlElement, key: string, kind: string): XmlElement | null {
    const text = attribute(from, key);
    const name = text === null ? null : nameIn(from, text);
    return name === null ? null : (this.byName.get(tableKey(kind, name)) ?? null);
  }
}

function tableKey(kind: string, name: XmlName): string {
  return `${kind} {${name.namespace}}${name.local}`;
}

/** None for ports that do not speak SOAP (HTTP GET, MIME). */
function readPort(from: { service: string; port: XmlElement }, tables: Tables, schema: Schema): readonly Port[] {
  const { port } = from;
  const binding = tables.referred(port, "binding", "binding");
  const portType = binding === null ? null : tables.referred(binding, "type", "portType");
  if (binding === null || portType === null) return [];
  const soap = childElements(binding).find((child) => child.local === "binding" && child.namespace in BINDINGS);
  const version = soap === undefined ? undefined : BINDINGS[soap.namespace];
  if (soap === undefined || version === undefined) return [];
  const address = childNamed(port, soap.namespace, "address");
  const operations: Operation[] = [];
  for (const bound of childrenNamed(binding, WSDL, "operation")) {
    const name = attribute(bound, "name");
    const abstract = childrenNamed(portType, WSDL, "operation").find((entry) => attribute(entry, "name") === name);
    if (name === null || abstract === undefined || operations.some((entry) => entry.name === name)) continue;
    operations.push(readOperation({ name, bound, abstract, soap }, tables, schema));
  }
  return [
    {
      service: from.service,
      name: attribute(port, "name") ?? "",
      version,
      address: address === null ? null : attribute(address, "location"),
      operations,
    },
  ];
}

interface OperationParts {
  readonly name: string;
  readonly bound: XmlElement;
  readonly abstract: XmlElement;
  readonly soap: XmlElement;
}

function readOperation(parts: OperationParts, tables: Tables, schema: Schema): Operation {
  const { name, bound, soap } = parts;
  const own = childNamed(bound, soap.namespace, "operation");
  const stated = (own === null ? null : attribute(own, "style")) ?? attribute(soap, "style");
  const style = stated === "rpc" ? "rpc" : "document";
  const input = readMessage(parts, "input", { style, wrapper: name }, tables, schema);
  const output = readMessage(parts, "output", { style, wrapper: `${name}Response` }, tables, schema);
  return {
    name,
    action: (own === null ? null : attribute(own, "soapAction")) ?? "",
    style,
    encoded: input.encoded,
    input: input.body,
    output: output.body,
    headers: input.headers,
    undefinedElements: [...input.undefinedElements, ...output.undefinedElements],
  };
}

interface MessageShape {
  readonly body: ElementShape | null;
  readonly headers: readonly ElementShape[];
  readonly encoded: boolean;
  readonly undefinedElements: readonly string[];
}

function readMessage(
  { bound, abstract, soap }: OperationParts,
  direction: "input" | "output",
  form: { style: "document" | "rpc"; wrapper: string },
  tables: Tables,
  schema: Schema,
): MessageShape {
  const declared = childNamed(abstract, WSDL, direction);
  const message = declared === null ? null : tables.referred(declared, "message", "message");
  const binding = childNamed(bound, WSDL, direction);
  const extensions = binding === null ? [] : soapExtensions(binding, soap.namespace);
  const body = extensions.find((child) => child.local === "body");
  const headerElements = extensions.filter((child) => child.local === "header");
  const headers = headerElements.flatMap((header) => {
    const parts = childrenNamed(tables.referred(header, "message", "message") ?? header, WSDL, "part");
    const part = parts.find((entry) => attribute(entry, "name") === attribute(header, "part"));
    const shape = part === undefined ? null : partShape(part, schema);
    return shape === null ? [] : [shape];
  });
  const encoded = body !== undefined && attribute(body, "use") === "encoded";
  if (message === null) return { body: null, headers, encoded, undefinedElements: [] };
  const named = body === undefined ? null : attribute(body, "parts");
  const inHeader = new Set(
    headerElements
      .filter((header) => tables.referred(header, "message", "message") === message)
      .map((header) => attribute(header, "part")),
  );
  const parts = childrenNamed(message, WSDL, "part").filter((part) => {
    const name = attribute(part, "name") ?? "";
    return named === null ? !inHeader.has(name) : named.split(/\s+/).includes(name);
  });
  const shapes = parts.map((part) => partShape(part, schema)).filter((shape) => shape !== null);
  const undefinedElements = parts.flatMap((part) =>
    partShape(part, schema) === null ? [attribute(part, "element") ?? ""] : [],
  );
  const rest = { headers, encoded, undefinedElements };
  if (form.style === "document") return { body: shapes[0] ?? null, ...rest };
  const namespace = (body === undefined ? null : attribute(body, "namespace")) ?? "";
  return { body: wrapperShape({ namespace, local: form.wrapper }, shapes), ...rest };
}

/** Body and headers, which stand inside a multipart part where attachments are foreseen. */
function soapExtensions(element: XmlElement, namespace: string): readonly XmlElement[] {
  const found: XmlElement[] = [];
  for (const child of childElements(element)) {
    if (child.namespace === namespace) found.push(child);
    else if (child.namespace === "http://schemas.xmlsoap.org/wsdl/mime/")
      found.push(...soapExtensions(child, namespace));
  }
  return found;
}

/** Null when the WSDL does not define the element it names. */
function partShape(part: XmlElement, schema: Schema): ElementShape | null {
  const element = attribute(part, "element");
  if (element !== null) {
    const name = nameIn(part, element);
    return name === null ? null : schema.element(name);
  }
  const type = attribute(part, "type");
  const name = type === null ? null : nameIn(part, type);
  if (name === null) return null;
  return {
    name: attribute(part, "name") ?? "",
    namespace: "",
    list: false,
    required: true,
    chosen: false,
    nillable: true,
    type: () => schema.type(name),
  };
}
