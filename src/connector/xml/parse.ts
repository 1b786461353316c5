// XML bytes to elements, or a coded reason why they are not believed. A cut answer must never read as "the rest was
// deleted", so the text is validated before it is parsed (fast-xml-parser alone takes `<a><b>1</b>` for whole).
//
//   E_XML_DOCTYPE     a document type: nine CVEs of this parser in eight months were about entities
//   E_XML_MALFORMED   cut, mis-nested, more than one root, undeclared prefix, unknown entity, characters XML does not have
//   E_ENCODING        bytes that are not what they are said to be
//   E_LIMIT           larger or deeper than allowed

import { XMLParser, XMLValidator } from "fast-xml-parser";
import { DEPTH_MAX } from "../../core/json.ts";
import type { XmlElement } from "./element.ts";
import { decodeXml } from "./encoding.ts";
import { XmlRefusal, type XmlErrorCode } from "./refusal.ts";
import { illegalCharacter } from "./text.ts";
import { rootElement } from "./tree.ts";

export interface XmlOptions {
  /** `charset=` of the content type; null: none. */
  readonly charset?: string | null;
  /** Too small: large pages fail. Too large: one answer can fill the memory (elements take about ten times their text). */
  readonly bytesMax?: number;
  readonly depthMax?: number;
}

export type ParsedXml =
  | { readonly ok: true; readonly root: XmlElement }
  | { readonly ok: false; readonly code: XmlErrorCode; readonly message: string };

const BYTES_MAX = 64 * 1024 * 1024;

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
  return rootElement(parser(depthMax).parse(text));
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
