// An HTTP answer to a call: a result, a fault, or nothing that may be believed.
//
//   XML with an envelope and a fault, any status       an answer with `fault`
//   XML with the response element, 2xx                 an answer with its content
//   2xx and anything else                              failed: what happened is not known
//   another status without a readable envelope         an answer with the status alone, for the error table

import type { Sent } from "../../protocol.ts";
import type { HttpResponse } from "../../http.ts";
import type { Value } from "../../../core/value.ts";
import { childElements, childNamed, type XmlElement } from "../../xml/element.ts";
import { parseXml } from "../../xml/parse.ts";
import type { XmlErrorCode } from "../../xml/refusal.ts";
import { xmlValue } from "../../xml/value.ts";
import { readFault, type SoapFault } from "./fault.ts";
import { readAnswer, type Reader } from "./read.ts";
import { ENVELOPES } from "./versions.ts";
import type { Operation } from "./wsdl.ts";

const ENVELOPE_NAMESPACES = new Set(Object.values(ENVELOPES));

/** Codes of an answer that is XML but not believed, in the words of remote answers. */
const CODES: Readonly<Record<XmlErrorCode, string>> = {
  E_XML_DOCTYPE: "E_XML_DOCTYPE",
  E_XML_MALFORMED: "E_MALFORMED",
  E_ENCODING: "E_ENCODING",
  E_LIMIT: "E_RESPONSE_TOO_LARGE",
};

/** A code and a message: why it cannot be used. */
class Unusable extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export function readResponse(response: HttpResponse, operation: Operation, reader: Reader): Sent {
  const { status, headers } = response;
  const good = status >= 200 && status < 300;
  const answer = (body: Value, fault: SoapFault | null): Sent => {
    return { kind: "answer", answer: { status, headers, body, fault } };
  };
  if (good && response.bytes.byteLength === 0 && operation.output === null) return answer(null, null);
  try {
    const content = bodyContent(response);
    if (content !== null && content.local === "Fault" && ENVELOPE_NAMESPACES.has(content.namespace)) {
      const { fault, body } = readFault(content);
      return answer(body, fault);
    }
    if (!good) return answer(content === null ? null : xmlValue(content, reader.lists), null);
    return answer(result(content, operation, reader), null);
  } catch (error) {
    if (!(error instanceof Unusable)) throw error;
    if (!good) return answer(null, null);
    return { kind: "failed", reached: true, code: error.code, message: `${operation.name}: ${error.message}` };
  }
}

function result(content: XmlElement | null, operation: Operation, reader: Reader): Value {
  const { output } = operation;
  if (output === null) return null;
  if (content === null) throw new Unusable("E_MALFORMED", "the SOAP body is empty");
  // RPC wrappers are named by custom only; a document's element is the type of the answer.
  if (operation.style === "document" && content.local !== output.name) {
    throw new Unusable("E_SCHEMA", `answered with <${content.local}> where <${output.name}> is due`);
  }
  return readAnswer(content, output, reader);
}

/** The one element in the body; null: the body is empty. */
function bodyContent(response: HttpResponse): XmlElement | null {
  const type = response.headers["content-type"] ?? "";
  const [mediaType = ""] = type.split(";", 1);
  if (!/^(?:text\/xml|application\/(?:[\w.-]+\+)?xml)$/i.test(mediaType.trim())) {
    throw new Unusable(
      "E_CONTENT_TYPE",
      `answered with ${mediaType === "" ? "no content type" : `"${mediaType.trim().slice(0, 60)}"`}, not XML`,
    );
  }
  const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(type)?.[1] ?? null;
  const parsed = parseXml(response.bytes, { charset });
  if (!parsed.ok) throw new Unusable(CODES[parsed.code], parsed.message);
  const { root } = parsed;
  if (root.local !== "Envelope" || !ENVELOPE_NAMESPACES.has(root.namespace)) {
    throw new Unusable("E_SCHEMA", `answered with <${root.local}>, not with a SOAP envelope`);
  }
  const body = childNamed(root, root.namespace, "Body");
  if (body === null) throw new Unusable("E_SCHEMA", "the envelope has no body");
  return childElements(body)[0] ?? null;
}
