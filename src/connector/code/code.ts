// `code: ./file.js#fn`: a function of ours in the place of one request, for the odd operation that no template can say. The rest
// of the operation stays as the file says it: paths into the answer, paging, error table, guards, verification.
//
//   export async function create({ record, settings }, { send }) {
//     const found = await send({ method: "POST", path: "/search", body: { code: record.code }, reads: true });
//     if (found.status !== 200) return found;
//     return send({ method: "POST", path: "/orders", body: { product: found.body[0].id } });
//   }
//
// The first argument holds what templates see. `send` makes a request below base_url, authenticated like any other, and gives
// { status, headers, body }. The function returns the answer that the operation is judged by, or just a body, which is then a
// good answer: an answer it cannot go on with, it returns as it is. What it throws is a fault of the file.
//
// It is the operator's own code and runs in the daemon's process with all its rights; what is held here is that the file lies
// below the connector's folder, also behind links, that it ends in time, and that what it returns is JSON. A loop that never
// waits cannot be ended from outside.

import { jsonText } from "../../core/json.ts";
import { problem, type KeyPath, type Problem } from "../../core/problem.ts";
import { parseDuration } from "../../core/units.ts";
import type { CallOptions, PreparedCall, Protocol, Sent, Variables } from "../protocol.ts";
import type { ProtocolContext, ProtocolFactory } from "../protocol-context.ts";
import { readAnswer } from "../protocols/rest-answer.ts";
import {
  lowerCase,
  OutOfTime,
  plain,
  prepareFunction,
  readTold,
  seen,
  valueOf,
  within,
  type CodeAnswer,
  type CodeFunction,
} from "./function.ts";

export const TIME_DEFAULT_MS = 60_000;

/** What `send` takes. */
interface CodeRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** True: it changes nothing, so that its failure leaves nothing unknown. */
  readonly reads?: boolean;
}

/** A request that got no usable answer ends the function; this carries why to the caller. */
class Unanswered extends Error {
  override readonly name = "Unanswered";
  readonly sent: Sent & { readonly kind: "failed" };

  constructor(sent: Sent & { readonly kind: "failed" }) {
    super(sent.message);
    this.sent = sent;
  }
}

/** The same protocol, with functions where a request says `code:`. */
export function withCode(factory: ProtocolFactory): ProtocolFactory {
  return (context) => {
    const { protocol, problems } = factory(context);
    const prepare: Protocol["prepare"] = (part, path) => {
      if (part["code"] === undefined) return protocol.prepare(part, path);
      const prepared = prepareCode(part["code"], [...path, "code"], context);
      const beside = REPLACED.filter((key) => part[key] !== undefined);
      return { ...prepared, problems: [...prepared.problems, ...beside.map((key) => replaced(key, path))] };
    };
    return { problems, protocol: { prepare, close: () => protocol.close() } };
  };
}

/** What a function stands for: beside it they would say nothing. */
export const REPLACED = ["request", "query", "headers", "body", "variables", "call", "args", "action"];

export function replaced(key: string, path: KeyPath): Problem {
  const message = `the function stands in the place of the request, so nothing reads "${key}"`;
  return problem("E_COMBINATION", [...path, key], message, { on: "key", hint: "keep one of them" });
}

function prepareCode(
  said: unknown,
  path: KeyPath,
  context: ProtocolContext,
): { readonly call: PreparedCall | null; readonly problems: readonly Problem[] } {
  const { load, problems } = prepareFunction(said, path, { folder: context.folder, tool: "send" });
  if (load === null) return { call: null, problems };
  return { call: async (variables, options) => perform(await load(), variables, options, context), problems };
}

async function perform(
  run: CodeFunction,
  variables: Variables,
  options: CallOptions,
  context: ProtocolContext,
): Promise<Sent> {
  // Once a request that may change something has gone out, whatever fails afterwards leaves the outcome unknown.
  let effects = false;
  const ending = new AbortController();
  const limitMs = parseDuration(context.file.timeout?.response ?? "") ?? TIME_DEFAULT_MS;
  const signal = AbortSignal.any([options.signal, ending.signal]);
  const send = async (request: CodeRequest): Promise<CodeAnswer> => {
    const sent = await sendOne(request, { ...options, signal }, context);
    if (sent.kind === "failed") {
      const reached = effects || (request.reads !== true && sent.reached);
      // What only read and got no answer may be asked again: nothing has happened.
      throw new Unanswered({ ...sent, reached });
    }
    if (request.reads !== true) effects = true;
    const { status, headers, body } = sent.answer;
    return { status, headers, body: plain(body) };
  };
  try {
    const running = Promise.resolve(run(seen(variables), { send, signal }));
    return { kind: "answer", answer: readTold(await within(running, limitMs, options.signal)) };
  } catch (error) {
    if (error instanceof OutOfTime) {
      ending.abort();
      return { kind: "failed", reached: true, code: "E_TIMEOUT", message: error.message };
    }
    if (error instanceof Unanswered) return error.sent;
    const message = `the function failed: ${error instanceof Error ? error.message : String(error)}`;
    return { kind: "failed", reached: effects, code: effects ? "E_CODE" : "E_TEMPLATE", message };
  }
}

async function sendOne(
  request: CodeRequest,
  options: CallOptions,
  { http, baseUrl, userAgent }: ProtocolContext,
): Promise<Sent> {
  if (http === null || baseUrl === null)
    throw new Error("a request was made with a protocol that was opened for checking only");
  const base = new URL(baseUrl);
  const target = new URL(`${baseUrl}${request.path.startsWith("/") ? "" : "/"}${request.path}`);
  if (target.origin !== base.origin)
    return { kind: "failed", reached: false, code: "E_URL", message: "the function's path leads to another origin" };
  for (const [name, value] of Object.entries(options.query)) target.searchParams.set(name, value);
  const text = request.body === undefined ? null : bodyText(request.body);
  const sent = await http.send({
    method: request.method,
    origin: target.origin,
    path: target.pathname + target.search,
    headers: {
      accept: "application/json",
      "user-agent": userAgent,
      ...(text === null ? {} : { "content-type": "application/json" }),
      ...lowerCase(request.headers ?? {}),
      ...lowerCase(options.headers),
    },
    body: text,
    signal: options.signal,
  });
  return sent.kind === "failed" ? sent : readAnswer(sent);
}

function bodyText(body: unknown): string {
  return typeof body === "string" ? body : jsonText(valueOf(body));
}
