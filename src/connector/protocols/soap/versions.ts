// What differs on the wire between SOAP 1.1 and 1.2, outside of faults.

import type { SoapVersion } from "./wsdl.ts";

export const ENVELOPES: Readonly<Record<SoapVersion, string>> = {
  "1.1": "http://schemas.xmlsoap.org/soap/envelope/",
  "1.2": "http://www.w3.org/2003/05/soap-envelope",
};

/** The action stands in a header of its own, in quotes even when empty; in 1.2 it is a part of the content type. */
export function actionHeaders(version: SoapVersion, action: string): Readonly<Record<string, string>> {
  const quoted = `"${action.replace(/["\\\r\n]/g, "")}"`;
  if (version === "1.1") return { "content-type": "text/xml; charset=utf-8", soapaction: quoted, accept: "text/xml" };
  const type = "application/soap+xml; charset=utf-8";
  return {
    "content-type": action === "" ? type : `${type}; action=${quoted}`,
    accept: "application/soap+xml, text/xml",
  };
}
