// A SOAP account as the kit opens it, without the kit: the protocol over the real HTTP client, and a server that answers
// what a test tells it to.

import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import type { ExpressionCompiler } from "../../src/core/expression.ts";
import type { KeyPath, Problem } from "../../src/core/problem.ts";
import type { Value } from "../../src/core/value.ts";
import { connectorFileSchema } from "../../src/connector/file.ts";
import { createHttpClient, type HttpClient } from "../../src/connector/http.ts";
import type { ProtocolContext } from "../../src/connector/protocol-context.ts";
import type { Answer, Sent, Variables } from "../../src/connector/protocol.ts";
import { Secret } from "../../src/connector/secret.ts";
import { compileTemplate, compileText, type TemplateScope } from "../../src/connector/template.ts";
import { REQUEST_NAMES } from "../../src/connector/variables.ts";
import { soapProtocol } from "../../src/connector/protocols/soap/soap.ts";

export const FIXTURES = fileURLToPath(new URL("fixtures/soap/", import.meta.url));

/** Plain paths such as {{ record.name }} need no engine; nothing else is used here. */
const PLAIN_PATHS: ExpressionCompiler = {
  compile: (source) => ({
    ok: true,
    expression: { source, reads: null, evaluate: () => Promise.reject(new Error(`no engine for ${source}`)) },
  }),
  close: () => Promise.resolve(),
};

export interface AccountOptions {
  readonly file?: Readonly<Record<string, unknown>>;
  readonly folder?: string;
  readonly http?: HttpClient | null;
  readonly baseUrl?: string | null;
  readonly settings?: Readonly<Record<string, Value>>;
  readonly secrets?: Readonly<Record<string, string>>;
}

export function openAccount(options: AccountOptions = {}) {
  const file = connectorFileSchema.parse({
    connector: "billing",
    protocol: "soap",
    wsdl: "./billing.wsdl",
    objects: {},
    ...options.file,
  });
  const scope: TemplateScope = {
    expressions: PLAIN_PATHS,
    names: REQUEST_NAMES,
    settings: Object.keys(file.settings ?? {}),
  };
  const context: ProtocolContext = {
    file,
    folder: options.folder ?? FIXTURES,
    expressions: PLAIN_PATHS,
    http: options.http ?? null,
    baseUrl: options.baseUrl ?? null,
    settings: options.settings ?? {},
    secrets: new Map(Object.entries(options.secrets ?? {}).map(([name, value]) => [name, new Secret(value)])),
    userAgent: "syncline/test",
    template: (value, path, position) => compileTemplate(value, path, position, scope),
    text: (text, path) => compileText(text, path, scope),
  };
  const { protocol, problems } = soapProtocol(context);
  const prepare = (part: Readonly<Record<string, unknown>>, path: KeyPath = ["objects", "customer", "get"]) =>
    protocol.prepare(part, path);
  return {
    problems,
    prepare,
    /** Every problem of the file and of one request. */
    problemsOf: (part: Readonly<Record<string, unknown>>): readonly Problem[] => [
      ...problems,
      ...prepare(part).problems,
    ],
    async call(part: Readonly<Record<string, unknown>>, variables: Variables = {}): Promise<Sent> {
      const { call, problems: found } = prepare(part);
      if (call === null) throw new Error(`not callable: ${JSON.stringify([...problems, ...found])}`);
      const own = { settings: options.settings ?? {}, ...variables };
      return call(own, { headers: {}, query: {}, url: null, signal: new AbortController().signal });
    },
  };
}

export function answerOf(sent: Sent): Answer {
  if (sent.kind !== "answer") throw new Error(`failed: ${sent.code} ${sent.message}`);
  return sent.answer;
}

export interface Seen {
  readonly headers: IncomingHttpHeaders;
  readonly path: string;
  readonly body: string;
}

export interface Reply {
  readonly status?: number;
  readonly type?: string;
  readonly body: string | Buffer;
}

/** A server that says what it is told, and the client that talks to it. */
export async function startServer() {
  const seen: Seen[] = [];
  let reply: Reply = { body: "" };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      seen.push({ headers: request.headers, path: request.url ?? "", body: Buffer.concat(chunks).toString("utf8") });
      response.writeHead(reply.status ?? 200, { "content-type": reply.type ?? "text/xml; charset=utf-8" });
      response.end(reply.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address() as AddressInfo;
  const http = testClient();
  return {
    url: `http://127.0.0.1:${String(address.port)}/soap`,
    http,
    seen,
    last: (): Seen => seen.at(-1) ?? { headers: {}, path: "", body: "" },
    answer: (next: Reply): void => {
      reply = next;
    },
    async close(): Promise<void> {
      await http.close();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function testClient(): HttpClient {
  return createHttpClient({
    allowPrivate: true,
    connectTimeoutMs: 5000,
    responseTimeoutMs: 10_000,
    responseBytesMax: 10_000_000,
    connections: 2,
  });
}

/** An envelope of SOAP 1.1 with this in its body. */
export function envelope(body: string, prefix = "soap"): string {
  const env = "http://schemas.xmlsoap.org/soap/envelope/";
  return `<?xml version="1.0"?><${prefix}:Envelope xmlns:${prefix}="${env}"><${prefix}:Body>${body}</${prefix}:Body></${prefix}:Envelope>`;
}
