// XML bytes to elements, or a coded reason why they are not believed. A cut answer must never read as "the rest was
// deleted", so the text is validated before it is parsed (fast-xml-parser alone takes `<a><b>1</b>` for whole).
//
//   E_XML_DOCTYPE     a document type: nine CVEs of this parser in eight months were about entities
//   E_XML_MALFORMED   cut, mis-nested, more than one root, undeclared prefix, unknown entity, characters XML does not have
//   E_ENCODING        bytes that are not what they are said to be
//   E_LIMIT           larger or deeper than allowed

import { XMLParser, XMLValidator } from "fast-xml-parser";
import { DEPTH_MAX } from "../../core/json.ts";
import { XML, type Scope, type XmlAttribute, type XmlElement } from "./element.ts";
import { decodeXml } from "./encoding.ts";
import { illegalCharacter, unescapeText } from "./text.ts";

export interface XmlOptions {
  /** `charset=` of the content type; null: none. */
  readonly charset?: string | null;
  /** Too small: large pages fail. Too large: one answer can fill the memory (elements take about ten times their text). */
  readonly bytesMax?: number;
  readonly depthMax?: number;
}

export type XmlErrorCode = "E_XML_DOCTYPE" | "E_XML_MALFORMED" | "E_ENCODING" | "E_LIMIT";

export type ParsedXml =
  | { readonly ok: true; readonly root: XmlElement }
  | { readonly ok: false; readonly code: XmlErrorCode; readonly message: string };

const BYTES_MAX = 64 * 1024 * 1024;

/** What the parser gives with `preserveOrder`: one key with the children, beside `:@` with the attributes. */
type Node = Readonly<Record<string, unknown>>;

class XmlRefusal extends Error {
  readonly code: XmlErrorCode;

  constructor(code: XmlErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

export function parseXml(bytes: Uint8Array, options: XmlOptions = {}): ParsedXml {
  try {
    return { ok: true, root: parse(bytes, options) };
  } catch (error) {
    if (error instanceof XmlRefusal) return { ok: false, code: error.code, message: error.message };
    // The parser's own refusals: names that would touch a prototype, entities, nesting.
    return { ok: false, code: "E_XML_MALFORMED", message: error instanceof Error ? error.message : String(error) };
  }
}

function parse(bytes: Uint8Array, options: XmlOptions): XmlElement {
  const bytesMax = options.bytesMax ?? BYTES_MAX;
  if (bytes.byteLength > bytesMax) throw new XmlRefusal("E_LIMIT", `larger than ${String(bytesMax)} bytes`);
  const decoded = decodeXml(bytes, options.charset ?? null);
  if (!decoded.ok) throw new XmlRefusal("E_ENCODING", decoded.message);
  const text = decoded.text;
  refuseDeclarations(text);
  const illegal = illegalCharacter(text);
  if (illegal !== null) throw new XmlRefusal("E_XML_MALFORMED", `contains the character ${illegal}`);
  const valid = XMLValidator.validate(text);
  if (valid !== true) {
    throw new XmlRefusal(
      "E_XML_MALFORMED",
      `line ${String(valid.err.line)}, column ${String(valid.err.col)}: ${valid.err.msg}`,
    );
  }
  if (text.slice(text.lastIndexOf(">") + 1).trim() !== "")
    throw new XmlRefusal("E_XML_MALFORMED", "text after the root element");
  const depthMax = options.depthMax ?? DEPTH_MAX;
  const nodes: unknown = parser(depthMax).parse(text);
  const roots = isList(nodes) ? nodes.filter((node) => elementName(node) !== null) : [];
  const [root] = roots;
  if (root === undefined || roots.length !== 1) {
    throw new XmlRefusal("E_XML_MALFORMED", `${String(roots.length)} root elements, 1 is due`);
  }
  return element(root, { "": "", xml: XML }, depthMax);
}

/** Refuses `<!DOCTYPE` and its kin wherever they are markup; inside comments and CDATA they are mere text. */
function refuseDeclarations(text: string): void {
  let at = text.indexOf("<");
  while (at !== -1) {
    let end = at + 1;
    if (text.startsWith("<!--", at)) end = endOf(text, "-->", at + 4);
    else if (text.startsWith("<![CDATA[", at)) end = endOf(text, "]]>", at + 9);
    else if (text.startsWith("<?", at)) end = endOf(text, "?>", at + 2);
    else if (text.startsWith("<!", at)) {
      const doctype = /^<!doctype/i.test(text.slice(at, at + 9));
      throw doctype
        ? new XmlRefusal("E_XML_DOCTYPE", "document types are not accepted")
        : new XmlRefusal("E_XML_MALFORMED", "declarations are not accepted");
    }
    at = text.indexOf("<", end);
  }
}

function endOf(text: string, mark: string, from: number): number {
  const at = text.indexOf(mark, from);
  if (at === -1) throw new XmlRefusal("E_XML_MALFORMED", `"${mark}" is missing`);
  return at + mark.length;
}

function parser(depthMax: number): XMLParser {
  return new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: "",
    parseTagValue: false,
    parseAttributeValue: false,
    trimValues: false,
    // References are resolved here, so that an unknown one is an error and CDATA is left alone.
    processEntities: false,
    cdataPropName: "#cdata",
    ignoreDeclaration: true,
    ignorePiTags: true,
    maxNestedTags: depthMax,
    jPath: false,
    // Names such as valueOf would be renamed; they are not keys of anything here.
    onDangerousProperty: (name) => name,
  });
}

function element(node: Node, outer: Scope, depthLeft: number): XmlElement {
  if (depthLeft < 0) throw new XmlRefusal("E_LIMIT", "nested too deeply");
  const tag = elementName(node) ?? "";
  const written = attributesOf(node);
  const scope = scopeOf(written, outer);
  const attributes: XmlAttribute[] = [];
  for (const [name, value] of written) {
    if (name === "xmlns" || name.startsWith("xmlns:")) continue;
    attributes.push({ ...resolve(name, scope, ""), value });
  }
  return {
    ...resolve(tag, scope, scope[""] ?? ""),
    attributes,
    children: children(node[tag], scope, depthLeft - 1),
    scope,
  };
}

function children(nodes: unknown, scope: Scope, depthLeft: number): (XmlElement | string)[] {
  const result: (XmlElement | string)[] = [];
  let text = "";
  const flush = (): void => {
    if (text !== "") result.push(text);
    text = "";
  };
  for (const node of isList(nodes) ? nodes : []) {
    if (typeof node["#text"] === "string") text += plain(node["#text"]);
    else if ("#cdata" in node) text += cdata(node["#cdata"]);
    else {
      flush();
      result.push(element(node, scope, depthLeft));
    }
  }
  flush();
  return result;
}

function cdata(nodes: unknown): string {
  const [node] = isList(nodes) ? nodes : [];
  return typeof node?.["#text"] === "string" ? node["#text"] : "";
}

function plain(text: string): string {
  const unescaped = unescapeText(text);
  if (unescaped === null) throw new XmlRefusal("E_XML_MALFORMED", "an entity that XML does not define");
  return unescaped;
}

function scopeOf(written: readonly (readonly [string, string])[], outer: Scope): Scope {
  let scope: Record<string, string> | null = null;
  for (const [name, value] of written) {
    if (name !== "xmlns" && !name.startsWith("xmlns:")) continue;
    scope ??= { ...outer };
    scope[name === "xmlns" ? "" : name.slice("xmlns:".length)] = value;
  }
  return scope ?? outer;
}

function resolve(name: string, scope: Scope, unprefixed: string): { namespace: string; local: string } {
  const colon = name.indexOf(":");
  if (colon === -1) return { namespace: unprefixed, local: name };
  const prefix = name.slice(0, colon);
  const namespace = Object.hasOwn(scope, prefix) ? scope[prefix] : undefined;
  if (namespace === undefined)
    throw new XmlRefusal("E_XML_MALFORMED", `the prefix of "${name.slice(0, 60)}" is not declared`);
  return { namespace, local: name.slice(colon + 1) };
}

function attributesOf(node: Node): (readonly [string, string])[] {
  const attributes = node[":@"];
  if (typeof attributes !== "object" || attributes === null) return [];
  return Object.entries(attributes).map(
    ([name, value]) => [name, plain(String(value).replace(/[\t\n]/g, " "))] as const,
  );
}

/** The tag of a node; null for text and the like. */
function elementName(node: Node): string | null {
  for (const name in node) if (name !== ":@" && !name.startsWith("#")) return name;
  return null;
}

function isList(value: unknown): value is readonly Node[] {
  return Array.isArray(value);
}
