// Why a document is not believed; thrown inside this folder only, a value outside of it.

export type XmlErrorCode = "E_XML_DOCTYPE" | "E_XML_MALFORMED" | "E_ENCODING" | "E_LIMIT";

export class XmlRefusal extends Error {
  override readonly name = "XmlRefusal";
  readonly code: XmlErrorCode;

  constructor(code: XmlErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
