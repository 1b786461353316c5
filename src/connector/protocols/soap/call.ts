// One call: templates to an envelope, the envelope over HTTP, the answer back.

import { isFields, type Value } from "../../../core/value.ts";
import type { HttpClient } from "../../http.ts";
import type { CallOptions, Sent, Variables } from "../../protocol.ts";
import { evaluateText, TemplateFailure, type Template } from "../../template.ts";
import { readResponse } from "./answer.ts";
import { textHeaders, type Connection, type Service } from "./connection.ts";
import type { ElementShape } from "./shape.ts";
import { actionHeaders } from "./versions.ts";
import { writeEnvelope } from "./write.ts";
import type { Operation } from "./wsdl.ts";

/** Everything of one request that is known before it is made. */
export interface Call {
  readonly operation: Operation;
  readonly service: Service;
  readonly connection: Connection;
  readonly args: Template;
  readonly action: Template | null;
  readonly headers: readonly (readonly [string, Template])[];
  readonly soapHeaders: readonly { readonly shape: ElementShape; readonly template: Template }[];
  readonly lists: ReadonlySet<string>;
}

/** A value without a place in the types, or an expression that fails on it, concerns this record alone: nothing was sent. */
export async function makeCall(
  http: HttpClient,
  call: Call,
  variables: Variables,
  options: CallOptions,
): Promise<Sent> {
  try {
    return await send(http, call, variables, options);
  } catch (error) {
    if (!(error instanceof TemplateFailure)) throw error;
    return { kind: "failed", reached: false, code: error.code, message: `${call.operation.name}: ${error.message}` };
  }
}

async function send(http: HttpClient, call: Call, variables: Variables, options: CallOptions): Promise<Sent> {
  const { connection, service, operation } = call;
  const address = options.url ?? (await connection.address(service.port, variables));
  if (!isWebAddress(address)) {
    return {
      kind: "failed",
      reached: false,
      code: "E_URL",
      message: "the service's address is not an http(s) address",
    };
  }
  const url = targetUrl(address, options.query);
  const action = call.action === null ? operation.action : ((await evaluateText(call.action, variables)) ?? "");
  const version = connection.settings.version ?? service.port.version;
  const body = await envelope(call, version, variables);
  const response = await http.send({
    method: "POST",
    origin: url.origin,
    path: url.pathname + url.search,
    headers: {
      "user-agent": connection.context.userAgent,
      ...lowerCase(await connection.httpHeaders(variables)),
      ...lowerCase(await textHeaders(call.headers, variables)),
      ...actionHeaders(version, action),
      ...lowerCase(options.headers),
    },
    body,
    signal: options.signal,
  });
  if (response.kind === "failed") return response;
  return readResponse(response, operation, { schema: service.wsdl.schema, lists: call.lists });
}

async function envelope(call: Call, version: "1.1" | "1.2", variables: Variables): Promise<string> {
  const { operation, connection, service } = call;
  const own = (await call.args.evaluate(variables)) ?? {};
  const args = isFields(own) ? { ...connection.elements(), ...own } : own;
  const headers: { shape: ElementShape; value: Value }[] = [];
  for (const { shape, template } of call.soapHeaders) {
    const value = await template.evaluate(variables);
    if (value !== undefined) headers.push({ shape, value });
  }
  const body = operation.input === null ? null : { shape: operation.input, value: textContent(args, operation.input) };
  return writeEnvelope({ version, security: await connection.security(variables), headers, body }, service.wsdl.schema);
}

/** An operation whose one element is a simple value takes it at `#text`. */
function textContent(args: Value, shape: ElementShape): Value {
  if (shape.type().kind !== "text" || !isFields(args)) return args;
  return args["#text"] ?? null;
}

/** An address that may be called: http or https, and no credentials in it. */
export function isWebAddress(address: string | null): address is string {
  if (address === null || !URL.canParse(address)) return false;
  const url = new URL(address);
  return (url.protocol === "http:" || url.protocol === "https:") && url.username === "" && url.password === "";
}

function targetUrl(address: string, query: Readonly<Record<string, string>>): URL {
  const url = new URL(address);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url;
}

function lowerCase(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
