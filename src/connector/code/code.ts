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

import { readFileSync, realpathSync } from "node:fs";
import { join, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { DEPTH_MAX, jsonText } from "../../core/json.ts";
import { problem, type KeyPath, type Problem } from "../../core/problem.ts";
import { parseDuration } from "../../core/units.ts";
import { Exact, digitsOf, exactNumber, isFields, isList, type Value } from "../../core/value.ts";
import type { CallOptions, PreparedCall, Protocol, Sent, Variables } from "../protocol.ts";
import type { ProtocolContext, ProtocolFactory } from "../protocol-context.ts";
import { readAnswer } from "../protocols/rest-answer.ts";

const FORM = /^\.\/((?:[\w-][\w.-]*\/)*[\w-][\w.-]*\.m?js)#([A-Za-z_$][\w$]*)$/;

const TIME_DEFAULT_MS = 60_000;

/** What `send` takes. */
interface CodeRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** True: it changes nothing, so that its failure leaves nothing unknown. */
  readonly reads?: boolean;
}

interface CodeAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

type CodeFunction = (
  variables: Readonly<Record<string, unknown>>,
  tools: { readonly send: (request: CodeRequest) => Promise<CodeAnswer>; readonly signal: AbortSignal },
) => unknown;

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
const REPLACED = ["request", "query", "headers", "body", "variables", "call", "args", "action"];

function replaced(key: string, path: KeyPath): Problem {
  const message = `the function stands in the place of the request, so nothing reads "${key}"`;
  return problem("E_COMBINATION", [...path, key], message, { on: "key", hint: "keep one of them" });
}

function prepareCode(
  said: unknown,
  path: KeyPath,
  context: ProtocolContext,
): { readonly call: PreparedCall | null; readonly problems: readonly Problem[] } {
  const match = typeof said === "string" ? FORM.exec(said) : null;
  const [, file = "", name = ""] = match ?? [];
  const bad = (message: string, expected: string): { readonly call: null; readonly problems: readonly Problem[] } => ({
    call: null,
    problems: [problem("E_CODE", path, message, { found: String(said), expected })],
  });
  if (match === null)
    return bad("this does not name a function", "./file.js#function, beside the connector file or below");
  const found = fileBelow(context.folder, file);
  if (found === null) return bad(`there is no file ${file}`, "a file beside the connector file or below");
  const { at, inside } = found;
  if (!inside)
    return bad(`${file} is a link that leads out of the folder`, "a file beside the connector file or below");
  if (!exportsName(readFileSync(at, "utf8"), name))
    return bad(`${file} exports no ${name}`, `export async function ${name}(variables, { send })`);
  let loaded: Promise<CodeFunction> | null = null;
  const call: PreparedCall = async (variables, options) => {
    loaded ??= load(at, name);
    return perform(await loaded, variables, options, context);
  };
  return { call, problems: [] };
}

/** Null: it is not there. */
function fileBelow(folder: string, file: string): { readonly at: string; readonly inside: boolean } | null {
  try {
    const root = realpathSync(folder);
    const at = realpathSync(join(folder, file));
    return { at, inside: at.startsWith(root + sep) };
  } catch {
    return null;
  }
}

/** By the text: what a module does when it is loaded is not for a check to find out. */
function exportsName(text: string, name: string): boolean {
  const word = name.replaceAll("$", "\\$");
  const declared = new RegExp(`export\\s+(?:async\\s+)?(?:function\\s*\\*?|const|let)\\s*${word}(?![\\w$])`);
  const listed = new RegExp(`export\\s*\\{[^}]*(?:^|[\\s,{])${word}\\s*[,}]`);
  return declared.test(text) || listed.test(text);
}

async function load(file: string, name: string): Promise<CodeFunction> {
  const module: unknown = await import(pathToFileURL(file).href);
  const found = typeof module === "object" && module !== null ? Reflect.get(module, name) : undefined;
  if (typeof found !== "function") throw new Error(`${file} exports no function ${name}`);
  return found as CodeFunction; // what it takes and gives is checked by nobody before it is called
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
    return readTold(await within(running, limitMs, options.signal));
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

class OutOfTime extends Error {
  override readonly name = "OutOfTime";
}

/** What a function does after its time is up is its own: nobody waits for it. */
async function within<T>(running: Promise<T>, ms: number, signal: AbortSignal): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let stop = (): void => undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => {
      fail(new OutOfTime(`the function has not ended within ${String(ms)} ms`));
    }, ms);
    stop = (): void => {
      fail(new OutOfTime("the function was interrupted"));
    };
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([running, late]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
    running.catch(() => undefined);
  }
}

/** An answer, when it has a status; anything else is the body of a good one. @throws when it is no JSON. */
function readTold(told: unknown): Sent {
  const answer = typeof told === "object" && told !== null && !Array.isArray(told) ? (told as Partial<CodeAnswer>) : {};
  const isAnswer = typeof answer.status === "number" && Object.keys(answer).every((key) => ANSWER_KEYS.has(key));
  const status = isAnswer ? (answer.status ?? 200) : 200;
  if (!Number.isInteger(status) || status < 100 || status > 599)
    throw new Error(`the function answered with the status ${String(status)}`);
  const headers = isAnswer ? lowerCase(answer.headers ?? {}) : {};
  return { kind: "answer", answer: { status, headers, body: valueOf(isAnswer ? answer.body : told, 0), fault: null } };
}

const ANSWER_KEYS = new Set(["status", "headers", "body"]);

function valueOf(made: unknown, depth: number): Value {
  if (depth > DEPTH_MAX) throw new Error("the function returned something without end");
  if (made === undefined || made === null) return null;
  if (typeof made === "string" || typeof made === "boolean" || made instanceof Exact) return made;
  if (typeof made === "bigint") return exactNumber(made.toString());
  if (typeof made === "number" && Number.isFinite(made)) return made;
  if (made instanceof Date) return made.toISOString();
  if (Array.isArray(made)) return made.map((entry) => valueOf(entry, depth + 1));
  if (typeof made !== "object") throw new Error(`the function returned a ${typeof made}, which is no JSON`);
  return Object.fromEntries(
    Object.entries(made).flatMap(([name, entry]) =>
      entry === undefined || name === "__proto__" ? [] : [[name, valueOf(entry, depth + 1)]],
    ),
  );
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
  return typeof body === "string" ? body : jsonText(valueOf(body, 0));
}

function seen(variables: Variables): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(variables).flatMap(([name, value]) =>
      value === undefined || name.includes("@") ? [] : [[name, plain(value)]],
    ),
  );
}

/** Numbers that a double cannot hold are shown by their digits. */
function plain(value: Value): unknown {
  if (value instanceof Exact) return digitsOf(value);
  if (isList(value)) return value.map(plain);
  if (isFields(value)) return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, plain(entry)]));
  return value;
}

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
