// The CRM's REST interface, under /v1, for contacts and invoices alike.
//
//   GET    /v1/account                           which installation this is: { "id": "acc_…" }
//   GET    /v1/contacts?limit=&after=            every record by id; `after` is the opaque token of the page before
//   GET    /v1/contacts?updatedSince=&limit=…    what changed at that time or later, by time; lags behind (late-index.ts)
//   GET    /v1/contacts/:id                      with an ETag
//   POST   /v1/contacts/search                   { "email": "…" }; invoices by number; lags behind as well
//   POST   /v1/contacts                          201
//   PATCH  /v1/contacts/:id                      only the fields that are sent; If-Match is honoured: 412
//   DELETE /v1/contacts/:id                      204, and 404 from then on; If-Match is honoured

import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Burst } from "../common/burst.ts";
import { numberOf, type Stored } from "../common/database.ts";
import type { Records, Refusal } from "../common/records.ts";
import type { ObjectShape } from "../common/shape.ts";
import type { LateIndex } from "./late-index.ts";

export interface CrmApiOptions {
  readonly records: Records;
  readonly index: LateIndex;
  readonly token: string;
  /** Requests in any one second; the next one is answered 429. */
  readonly burst: number;
  readonly now: () => number;
  /** The id of this installation. */
  readonly account: string;
}

interface Page {
  readonly shape: ObjectShape;
  readonly limit: number;
  readonly after: Position | null;
}

/** What a page token holds. Callers are told that it is opaque, so it is free to change. */
interface Position {
  readonly at: number | null;
  readonly id: string;
}

const LIMIT_MAX = 200;
const LIMIT_DEFAULT = 50;
const SEARCHABLE: Readonly<Record<string, readonly string[]>> = {
  contacts: ["email", "billingId"],
  invoices: ["number"],
};

class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly field: string | null;

  constructor(status: number, code: string, message: string, field: string | null = null) {
    super(message);
    this.status = status;
    this.code = code;
    this.field = field;
  }
}

type ObjectRequest = FastifyRequest<{
  Params: { object: string; id?: string };
  Querystring: Record<string, string | undefined>;
}>;

/** Registers the routes on an instance of its own (`prefix: "/v1"`). */
export function crmApi(api: FastifyInstance, options: CrmApiOptions): void {
  const { records, index } = options;
  const burst = new Burst(options.burst, options.now);

  api.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    const known = error instanceof ApiError ? error : fromFramework(error);
    return reply.code(known.status).send({ error: { code: known.code, message: known.message, field: known.field } });
  });
  api.setNotFoundHandler(() => {
    throw new ApiError(404, "not_found", "there is nothing at this address");
  });
  api.addHook("onRequest", async (request, reply) => {
    if (!sameToken(request.headers.authorization, options.token)) {
      throw new ApiError(401, "unauthorized", "send the access token: Authorization: Bearer …");
    }
    if (!burst.take()) {
      void reply.header("retry-after", "1");
      throw new ApiError(429, "too_many_requests", `more than ${String(options.burst)} requests in a second`);
    }
  });

  api.get("/account", () => ({ id: options.account }));

  api.get("/:object", (request: ObjectRequest) => {
    const page = readPage(records, request);
    const since = request.query.updatedSince;
    if (since === undefined) return listing(records, page);
    const from = Date.parse(since);
    if (Number.isNaN(from))
      throw new ApiError(422, "invalid", "updatedSince must be a time as 2025-01-31T12:00:00Z", "updatedSince");
    return cut(page, index.changedSince(page.shape.object, from), (record) => ({
      at: record.changedAt,
      id: record.id,
    }));
  });

  api.post("/:object/search", (request: ObjectRequest) => {
    const shape = shapeOf(records, request);
    const [name, value, more] = Object.entries(readBody(request)).flat();
    const allowed = SEARCHABLE[shape.object] ?? [];
    if (typeof name !== "string" || !allowed.includes(name) || typeof value !== "string" || more !== undefined) {
      throw new ApiError(422, "invalid", `search for exactly one of ${allowed.join(", ")}`);
    }
    return { results: index.find(shape.object, name, value).map((record) => shown(record)) };
  });

  api.get("/:object/:id", (request: ObjectRequest, reply) => answer(reply, 200, recordOf(records, request)));

  api.post("/:object", (request: ObjectRequest, reply) => {
    const outcome = records.create(shapeOf(records, request), readBody(request), "api");
    if (!outcome.ok) throw refused(outcome.refusal);
    return answer(reply, 201, outcome.record);
  });

  api.patch("/:object/:id", (request: ObjectRequest, reply) => {
    const before = recordOf(records, request);
    requireMatch(request, before);
    const outcome = records.change(shapeOf(records, request), before, readBody(request), "api");
    if (!outcome.ok) throw refused(outcome.refusal);
    return answer(reply, 200, outcome.record);
  });

  api.delete("/:object/:id", (request: ObjectRequest, reply) => {
    const before = recordOf(records, request);
    requireMatch(request, before);
    const refusal = records.remove(shapeOf(records, request), before, "api");
    if (refusal !== null) throw refused(refusal);
    return reply.code(204).send();
  });
}

function listing(records: Records, page: Page): object {
  const all = records.database.list(page.shape.object);
  return { ...cut(page, all, (record) => ({ at: null, id: record.id })), total: all.length };
}

/** The page after a position in an ordered list. The position is a value, not a row number: what is inserted or deleted meanwhile shifts nothing. */
function cut(page: Page, ordered: readonly Stored[], position: (record: Stored) => Position): object {
  const { after, limit, shape } = page;
  const rest = after === null ? ordered : ordered.filter((record) => isAfter(shape, position(record), after));
  const results = rest.slice(0, limit);
  const last = results.at(-1);
  const next =
    rest.length > limit && last !== undefined
      ? Buffer.from(JSON.stringify(position(last))).toString("base64url")
      : null;
  return { results: results.map((record) => shown(record)), paging: next === null ? {} : { next: { after: next } } };
}

function isAfter(shape: ObjectShape, a: Position, b: Position): boolean {
  const byTime = (a.at ?? 0) - (b.at ?? 0);
  return byTime > 0 || (byTime === 0 && numberOf(shape, a.id) > numberOf(shape, b.id));
}

function readPage(records: Records, request: ObjectRequest): Page {
  const limit = request.query.limit === undefined ? LIMIT_DEFAULT : Number(request.query.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX) {
    throw new ApiError(422, "invalid", `limit must be a number from 1 to ${String(LIMIT_MAX)}`, "limit");
  }
  const token = request.query.after;
  return {
    shape: shapeOf(records, request),
    limit,
    after: token === undefined || token === "" ? null : readToken(token),
  };
}

function readToken(token: string): Position {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
    if (
      typeof parsed === "object" &&
      parsed !== null &&
      "id" in parsed &&
      typeof parsed.id === "string" &&
      "at" in parsed
    ) {
      return { at: typeof parsed.at === "number" ? parsed.at : null, id: parsed.id };
    }
  } catch {
    // Not one of our tokens, whatever it is.
  }
  throw new ApiError(422, "invalid", "this is not a token that a page of this listing gave", "after");
}

function shown(record: Stored): object {
  return {
    id: record.id,
    ...record.values,
    version: record.version,
    createdAt: new Date(record.createdAt).toISOString(),
    updatedAt: new Date(record.changedAt).toISOString(),
  };
}

function answer(reply: FastifyReply, status: number, record: Stored): FastifyReply {
  return reply.code(status).header("etag", etag(record)).send(shown(record));
}

function etag(record: Stored): string {
  return `"${String(record.version)}"`;
}

function requireMatch(request: FastifyRequest, record: Stored): void {
  const wanted = request.headers["if-match"];
  if (wanted === undefined || wanted.trim() === "*") return;
  if (wanted.split(",").some((one) => one.trim() === etag(record))) return;
  throw new ApiError(412, "precondition_failed", `${record.id} is at version ${String(record.version)}, not ${wanted}`);
}

function shapeOf(records: Records, request: ObjectRequest): ObjectShape {
  const shape = records.shape(request.params.object);
  if (shape === null) throw new ApiError(404, "not_found", `there are no ${request.params.object} here`);
  return shape;
}

function recordOf(records: Records, request: ObjectRequest): Stored {
  const shape = shapeOf(records, request);
  const id = request.params.id ?? "";
  const record = records.database.get(shape.object, id);
  if (record === null) throw new ApiError(404, "not_found", `there is no ${shape.singular} ${id}`);
  return record;
}

function readBody(request: FastifyRequest): Readonly<Record<string, unknown>> {
  const body = request.body;
  if (typeof body !== "object" || body === null || Array.isArray(body))
    throw new ApiError(400, "bad_request", "send a JSON object");
  return body as Readonly<Record<string, unknown>>;
}

function refused(refusal: Refusal): ApiError {
  const status = refusal.reason === "taken" || refusal.reason === "in-use" ? 409 : 422;
  return new ApiError(status, refusal.reason.replaceAll("-", "_"), refusal.message, refusal.field);
}

function fromFramework(error: Error & { statusCode?: number }): ApiError {
  const status = error.statusCode ?? 500;
  if (status >= 500) return new ApiError(500, "internal", "something went wrong here");
  return new ApiError(status, "bad_request", error.message);
}

function sameToken(header: string | undefined, token: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(header ?? ""), digest(`Bearer ${token}`));
}
