// The admin listener: health, metrics, the API under /v1 and the page at /. One request goes
//
//   host 421 · method 405 · token 401, 403, 429 · origin 403 · content type 415 · size 413 · JSON 400 · checks 4xx · audit · act
//
// so that who may not ask learns nothing of what is there, and nothing is done that the audit log does not hold.

import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { JsonError, jsonText, parseJson } from "../core/json.ts";
import type { Value } from "../core/value.ts";
import type { CaseRow, Ledger } from "../engine/ledger.ts";
import type { Operator } from "../engine/operator.ts";
import type { Log } from "../engine/ports/world.ts";
import { createAccess, type Token } from "./access.ts";
import { hostCheck, hostName, isLoopback, urlOf } from "./address.ts";
import type { Desk } from "./desk.ts";
import { createEvents } from "./events.ts";
import type { Metrics } from "./metrics.ts";
import { PAGE_POLICY, readPage } from "./page-files.ts";
import { PROBLEM_TYPE, problemText, Refusal, refusalOf } from "./problem-document.ts";
import { queryOf } from "./reading.ts";
import { methodOf, routerPath, type Act, type Answer, type Call, type Caller, type Route } from "./route.ts";
import { allRoutes } from "./routes/table.ts";

export interface AdminOptions {
  readonly ledger: Ledger;
  readonly operator: Operator;
  readonly metrics: Metrics;
  readonly listen: { readonly host: string; readonly port: number };
  /** Required unless `listen` is loopback. */
  readonly tokens: readonly Token[];
  readonly log: Log;
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Names that Host may say beside the loopback ones and the bound one, as behind a proxy. */
  readonly hosts?: readonly string[];
  /** Strikes out secrets by value, in everything that leaves. */
  readonly redact?: (text: string) => string;
  /** Whether a person's value for a case's field lies in its domain: null, or what is wrong with it. */
  readonly checkValue?: (row: CaseRow, value: Value) => Promise<string | null>;
}

export interface Admin {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/** A resolution or a list of ids is far smaller; larger only feeds an attack. */
const BODY_BYTES_MAX = 256 * 1024;
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;
/** 128 bits in base64 are 22 characters. */
const TOKEN_LENGTH_MIN = 22;

const SECURITY_HEADERS = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "content-security-policy": PAGE_POLICY,
};

/** @throws when the address is not loopback and there is no token, or when it cannot be bound. */
export async function createAdmin(options: AdminOptions): Promise<Admin> {
  const { listen, log, operator } = options;
  checkTokens(options);
  const redact = options.redact ?? ((text: string): string => text);
  const events = createEvents(operator, SECURITY_HEADERS, (value) => redact(jsonText(value)));
  const desk: Desk = {
    ledger: options.ledger,
    operator,
    metrics: options.metrics,
    version: options.version,
    now: options.now,
    checkValue: options.checkValue ?? (() => Promise.resolve(null)),
  };
  const page = await readPage();

  const refuse = (error: unknown, reply: FastifyReply): FastifyReply => {
    const foreseen = refusalOf(error) ?? clientFault(error);
    if (foreseen === null)
      log.error("admin request failed", { error: error instanceof Error ? error.message : String(error) });
    const refusal = foreseen ?? new Refusal(500, "INTERNAL", "something broke; the daemon's log says what");
    return reply
      .code(refusal.status)
      .headers({ ...SECURITY_HEADERS, ...refusal.headers })
      .type(PROBLEM_TYPE)
      .send(redact(problemText(refusal)));
  };
  const server = fastify({
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: 30_000,
    forceCloseConnections: "idle",
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: 200 },
    frameworkErrors: (error, _request, reply) => void refuse(error, reply),
  });
  server.setErrorHandler((error, _request, reply) => refuse(error, reply));
  server.setNotFoundHandler((_request, reply) =>
    refuse(new Refusal(404, "NOT_FOUND", "there is nothing at this address; see /openapi.json"), reply),
  );
  readJsonOnly(server);

  const hostAllowed = hostCheck(listen.host, options.hosts ?? null);
  server.addHook("onRequest", async (request, reply) => {
    reply.headers(SECURITY_HEADERS);
    if (!hostAllowed(request.headers.host))
      throw new Refusal(421, "MISDIRECTED", "this listener does not answer for that host name");
  });
  server.addHook("preClose", async () => events.close());

  const access = createAccess(options.tokens, options.now);
  const admit = (request: FastifyRequest, route: Route): Caller => {
    const mutates = route.kind === "act";
    if (mutates) checkOrigin(request, hostAllowed);
    if (route.role === null) return { name: "anyone", role: "view" };
    const { authorization } = request.headers;
    const marked = request.headers["x-syncline"] !== undefined;
    return access.admit({ authorization, marked, address: request.socket.remoteAddress ?? "", mutates }, route.role);
  };
  const callers = new WeakMap<FastifyRequest, Caller>();

  const routes = allRoutes(desk, events);
  for (const route of routes) {
    server.route({
      method: route.kind === "read" ? ["GET", "HEAD"] : methodOf(route),
      url: routerPath(route.path),
      onRequest: async (request) => void callers.set(request, admit(request, route)),
      handler: async (request, reply) => {
        if (route.kind === "stream") return route.stream(reply);
        const call = callOf(request, callers.get(request), route.kind === "read" ? route.queries : []);
        return send(
          reply,
          route.kind === "read"
            ? await route.read(call)
            : await actOn(desk, route.path, call, await route.decide(call)),
          redact,
        );
      },
    });
  }
  for (const file of page) {
    const type = file.type;
    server.route({
      method: ["GET", "HEAD"],
      url: file.path,
      handler: (_request, reply) => reply.type(type).send(file.text),
    });
  }
  refuseOtherMethods(server, [
    ...routes.map((route) => ({
      url: routerPath(route.path),
      methods: route.kind === "read" ? ["GET", "HEAD"] : [methodOf(route)],
    })),
    ...page.map(({ path }) => ({ url: path, methods: ["GET", "HEAD"] })),
  ]);

  await server.listen({ host: listen.host, port: listen.port });
  const address = server.server.address();
  const port = typeof address === "object" && address !== null ? address.port : listen.port;
  return { url: urlOf(listen.host, port), port, close: () => server.close() };
}

function checkTokens({ tokens, listen, log }: AdminOptions): void {
  const loopback = isLoopback(listen.host);
  if (tokens.length === 0 && !loopback)
    throw new Error(`admin.listen ${listen.host} is not loopback, and admin.tokens has no token`);
  for (const { name, token } of tokens) {
    if (token.length >= TOKEN_LENGTH_MIN) continue;
    if (token === "") throw new Error(`the admin token "${name}" is empty`);
    log.warn("an admin token is short enough to be guessed", { token: name, charactersMin: TOKEN_LENGTH_MIN });
  }
}

/** Bodies are JSON with every digit of their numbers; no body is an empty object. */
function readJsonOnly(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body: Buffer, done) => {
    try {
      const text = new TextDecoder("utf-8", { fatal: true }).decode(body);
      if (text.includes("\\u0000")) throw new JsonError("a zero character");
      done(null, text.trim() === "" ? undefined : parseJson(text));
    } catch {
      done(new Refusal(400, "BAD_JSON", "the body is not JSON"));
    }
  });
}

/** A browser says where a request comes from; another site's page has nothing to change here. */
function checkOrigin(request: FastifyRequest, hostAllowed: (header: string | undefined) => boolean): void {
  const { origin } = request.headers;
  if (origin === undefined) return;
  const from = /^https?:\/\/(.+)$/.exec(origin)?.[1];
  const own = hostName(request.headers.host);
  if (from === undefined || !hostAllowed(from) || hostName(from) !== own)
    throw new Refusal(403, "FORBIDDEN", "requests from other sites' pages change nothing here");
}

function callOf(request: FastifyRequest, caller: Caller | undefined, queries: readonly string[]): Call {
  if (caller === undefined) throw new Error(`nobody was admitted to ${request.method}`);
  const query = queryOf(request.query, queries);
  const params = request.params as Readonly<Record<string, string>>; // the router's own: text by name
  // Postgres has no text with a zero character, so nothing is called that.
  if ([...Object.values(params), ...Object.values(query)].some((text) => text.includes("\0")))
    throw new Refusal(400, "BAD_REQUEST", "a zero character in the address");
  return { params, query, body: (request.body ?? {}) as Value /* parsed by parseJson, or none */, caller };
}

async function actOn(desk: Desk, path: string, call: Call, act: Act): Promise<Answer> {
  await desk.ledger.audit({ who: call.caller.name, what: `POST ${path}`, facts: act.facts });
  return act.carryOut();
}

function send(reply: FastifyReply, answer: Answer, redact: (text: string) => string): FastifyReply {
  if ("text" in answer) return reply.code(answer.status).type(answer.type).send(redact(answer.text));
  return reply
    .code(answer.status)
    .headers(answer.headers ?? {})
    .type("application/json; charset=utf-8")
    .send(redact(jsonText(answer.json)));
}

/** Every other method of a known path is 405 and says which are allowed, before anybody is asked for a token. */
function refuseOtherMethods(
  server: FastifyInstance,
  known: readonly { readonly url: string; readonly methods: readonly string[] }[],
): void {
  const allowed = new Map<string, readonly string[]>();
  for (const { url, methods } of known) allowed.set(url, [...(allowed.get(url) ?? []), ...methods]);
  for (const [url, methods] of allowed) {
    const refused = (): never => {
      throw new Refusal(405, "METHOD", `this address knows ${methods.join(", ")}`, { allow: methods.join(", ") });
    };
    server.route({
      method: METHODS.filter((method) => !methods.includes(method)),
      url,
      onRequest: async () => refused(),
      handler: refused,
    });
  }
}

/** What the HTTP library refuses for reasons of its own, as a header that lies. */
function clientFault(error: unknown): Refusal | null {
  if (!(error instanceof Error) || !("statusCode" in error) || typeof error.statusCode !== "number") return null;
  return error.statusCode >= 400 && error.statusCode < 500
    ? new Refusal(400, "BAD_REQUEST", "the request is not a valid one")
    : null;
}
