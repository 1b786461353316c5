// What a connector file says about SOAP: `wsdl:` and `soap:` at the top, `call:`, `args:`, `action:` in a request.

import { z } from "zod";
import { about, template, templates } from "../../file/text.ts";

const wsdl = about(
  z.string().min(1).optional(),
  "soap: the WSDL file, relative to the connector file, in its folder or below.",
  "./wsdl/billing.wsdl",
);

const security = z.strictObject({
  username: about(z.string().min(1), "Name of a secret, or of a setting, or a template.", "user"),
  password: about(z.string().min(1), "Name of a secret.", "password"),
  type: about(
    z.enum(["text", "digest"]).default("text"),
    "PasswordText, or PasswordDigest with nonce and time of creation; default text.",
    "digest",
  ),
});

const soapSettings = z.strictObject({
  endpoint: about(
    template.optional(),
    "Address that calls are sent to; default: base_url, else the address in the WSDL.",
    "{{ settings.base_url }}/services/billing",
  ),
  version: about(z.enum(["1.1", "1.2"]).optional(), "Default: what the port of the WSDL says.", "1.1"),
  service: about(z.string().min(1).optional(), "Service of the WSDL; default: the first.", "BillingService"),
  port: about(z.string().min(1).optional(), "Port of the service; default: the first that speaks SOAP.", "BillingPort"),
  security: about(security.optional(), "WS-Security user name token, sent with every call.", {
    username: "user",
    password: "password",
    type: "digest",
  }),
  elements: about(
    z.record(z.string().min(1), z.string().min(1)).optional(),
    "Elements of every call's message that hold a secret or a setting, by its name: for services that take user and password there.",
    { UserLogin: "user", Password: "password" },
  ),
  headers: about(
    z.record(z.string().min(1), templates).optional(),
    "Elements of the SOAP header, by the names the WSDL has for them.",
    { SessionHeader: { sessionId: "{{ settings.session }}" } },
  ),
  lists: about(z.array(z.string().min(1)).optional(), "Elements that are lists where the WSDL does not say so.", [
    "item",
  ]),
});

export type SoapSettings = z.output<typeof soapSettings>;

/** Keys at the top of a connector file with `protocol: soap`. */
export const soapFilePart = {
  wsdl,
  soap: about(soapSettings.optional(), "soap: how the service is called.", { version: "1.1" }),
};

/** Keys of a request: list, get, find, changes, create, update, delete, batches. */
export const soapRequestPart = {
  wsdl: about(wsdl, "soap: another WSDL file, for this request alone.", "./wsdl/reports.wsdl"),
  call: about(z.string().min(1).optional(), "soap: name of the operation in the WSDL.", "GetCustomer"),
  args: about(z.record(z.string(), templates).optional(), "soap: the operation's elements, by name.", {
    customerId: "{{ id }}",
  }),
  action: about(z.string().optional(), "soap: the SOAPAction; default: what the WSDL says.", "urn:billing#GetCustomer"),
};
