// A request as it goes out: address, headers and body from what the templates give for one call.

import { pathText } from "../../core/path.ts";
import { isFields, type Value } from "../../core/value.ts";
import { jsonText } from "../../core/json.ts";
import { formText } from "../form.ts";
import type { CallOptions, PreparedCall, Sent, Variables } from "../protocol.ts";
import type { ProtocolContext } from "../protocol-context.ts";
import { evaluateText, TemplateFailure, type Template, type TextPart } from "../template.ts";
import { readAnswer } from "./rest-answer.ts";

const FORM = "application/x-www-form-urlencoded";

/** A parameter or header; a list in the file is sent as several of the same name. */
export interface Named {
  readonly name: string;
  readonly values: readonly Template[];
}

export interface RestRequest {
  readonly method: string;
  /** Null: below base_url. */
  readonly origin: string | null;
  readonly target: readonly TextPart[];
  readonly query: readonly Named[];
  readonly headers: readonly Named[];
  readonly body: Template | null;
}

export function callOf(request: RestRequest, context: ProtocolContext): PreparedCall {
  return async (variables, options) => {
    const { http, baseUrl } = context;
    if (http === null || baseUrl === null)
      throw new Error("a request was made with a protocol that was opened for checking only");
    try {
      const address = await addressOf(request, variables, options, baseUrl);
      if (typeof address !== "string") return address;
      const url = new URL(baseUrl);
      const { body, headers } = await payloadOf(request, variables);
      const sent = await http.send({
        method: request.method,
        origin: request.origin ?? url.origin,
        path: address,
        headers: {
          accept: "application/json",
          "user-agent": context.userAgent,
          ...headers,
          ...lowerCase(options.headers),
        },
        body,
        signal: options.signal,
      });
      return sent.kind === "failed" ? sent : readAnswer(sent);
    } catch (error) {
      if (error instanceof TemplateFailure)
        return { kind: "failed", reached: false, code: error.code, message: error.message };
      throw error;
    }
  };
}

/** Path and query as they are sent, or why there is none. */
async function addressOf(
  request: RestRequest,
  variables: Variables,
  options: CallOptions,
  baseUrl: string,
): Promise<string | Sent> {
  const base = new URL(baseUrl);
  const own = await encodedPath(request.target, variables);
  const path = (request.origin === null ? base.pathname.replace(/\/+$/, "") : "") + own;
  const fixed = Object.entries(options.query).map(([name, value]) => pair(name, value));
  if (options.url !== null) {
    const next = new URL(options.url, new URL(path, base));
    if (next.origin !== base.origin) {
      return {
        kind: "failed",
        reached: false,
        code: "E_REDIRECT_BLOCKED",
        message: "the next page's address leads to another origin",
      };
    }
    const missing = fixed.filter((text) => !next.search.includes(text));
    return withQuery(next.pathname, [...(next.search === "" ? [] : [next.search.slice(1)]), ...missing]);
  }
  const pairs: string[] = [];
  for (const { name, values } of request.query) {
    for (const template of values) {
      const text = await evaluateText(template, variables);
      if (text !== undefined) pairs.push(pair(name, text));
    }
  }
  return withQuery(path, [...pairs, ...fixed]);
}

function pair(name: string, value: string): string {
  return `${encodeURIComponent(name)}=${encodeURIComponent(value)}`;
}

function withQuery(path: string, pairs: readonly string[]): string {
  const clean = path === "" ? "/" : path;
  return pairs.length === 0 ? clean : `${clean}?${pairs.join("&")}`;
}

async function encodedPath(parts: readonly TextPart[], variables: Variables): Promise<string> {
  let path = "";
  for (const part of parts) {
    if (typeof part === "string") {
      path += encodeURI(part).replaceAll("%25", "%").replaceAll("#", "%23");
      continue;
    }
    const text = await evaluateText(part, variables);
    if (text === undefined || text === "") {
      const names = [...part.reads].map((name) => pathText([name])).join(", ");
      throw new TemplateFailure("E_TEMPLATE", `a part of the request's path is empty (${names})`);
    }
    // Encoding leaves dots alone, and a segment of dots alone climbs.
    path += /^\.{1,2}$/.test(text) ? text.replaceAll(".", "%2E") : encodeURIComponent(text);
  }
  return path;
}

async function payloadOf(
  request: RestRequest,
  variables: Variables,
): Promise<{ body: string | null; headers: Record<string, string> }> {
  const headers: Record<string, string> = {};
  for (const { name, values } of request.headers) {
    for (const template of values) {
      const text = await evaluateText(template, variables);
      if (text !== undefined) headers[name] = text;
    }
  }
  const value = await request.body?.evaluate(variables);
  if (value === undefined) return { body: null, headers };
  const type = headers["content-type"];
  if (type === undefined) headers["content-type"] = "application/json";
  return { body: bodyText(value, type), headers };
}

function bodyText(value: Value, type: string | undefined): string {
  if (type?.toLowerCase().startsWith(FORM) === true && isFields(value)) return formText(value);
  const json = type === undefined || /\bjson\b/i.test(type);
  return !json && typeof value === "string" ? value : jsonText(value);
}

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
