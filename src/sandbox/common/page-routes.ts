// The page's own endpoints. They ask for no password: this is a sandbox on the loopback interface. So that no other web
// page can use them in passing, they answer only when called by a loopback name, and writes must be JSON.

import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Stored } from "./database.ts";
import { renderPage, renderParts, type PageOptions, type View } from "./page.ts";
import { PAGE_SCRIPT } from "./page-script.ts";
import type { ObjectShape } from "./shape.ts";
import { checkWritten } from "./shape.ts";

type PageRequest = FastifyRequest<{
  Params: { object: string; id: string };
  Querystring: Record<string, string | undefined>;
}>;

const LOOPBACK = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/;

export function pageRoutes(server: FastifyInstance, options: PageOptions): void {
  const { records } = options;

  server.register((pages, _options, done) => {
    pages.addHook("onRequest", async (request, reply) => {
      if (!LOOPBACK.test(request.headers.host ?? "")) return reply.code(421).send({ message: "ask for 127.0.0.1" });
      return undefined;
    });
    pages.get("/", (request: PageRequest, reply) =>
      reply.type("text/html; charset=utf-8").send(renderPage(options, readView(options, request))),
    );
    pages.get("/ui/page.js", (_request, reply) => reply.type("text/javascript; charset=utf-8").send(PAGE_SCRIPT));
    pages.get("/ui/view", (request: PageRequest) => renderParts(options, readView(options, request)));
    pages.post("/ui/:object", (request: PageRequest, reply) => {
      const shape = records.shape(request.params.object);
      if (shape === null) return missing(reply);
      const input = readForm(shape, request.body);
      if (typeof input === "string") return refuse(reply, input);
      const outcome = records.create(shape, input, "person");
      return outcome.ok ? { id: outcome.record.id } : refuse(reply, outcome.refusal.message);
    });
    pages.post("/ui/:object/:id", (request: PageRequest, reply) => {
      const found = find(options, request);
      if (found === null) return missing(reply);
      const input = readForm(found.shape, request.body);
      if (typeof input === "string") return refuse(reply, input);
      const outcome = records.change(found.shape, found.record, input, "person");
      return outcome.ok ? { id: outcome.record.id } : refuse(reply, outcome.refusal.message);
    });
    pages.post("/ui/:object/:id/delete", (request: PageRequest, reply) => {
      const found = find(options, request);
      if (found === null) return missing(reply);
      const refusal = records.remove(found.shape, found.record, "person");
      return refusal === null ? { id: found.record.id } : refuse(reply, refusal.message);
    });
    done();
  });
}

function readView(options: PageOptions, request: PageRequest): View {
  const { object, q, order, page } = request.query;
  const [first] = options.records.shapes;
  const shape = options.records.shape(object ?? "") ?? first;
  if (shape === undefined) throw new Error("a sandbox without objects");
  return {
    shape,
    search: q ?? "",
    order: order === "id" ? "id" : "changed",
    page: Math.max(1, Math.trunc(Number(page ?? "1")) || 1),
  };
}

/** The values of a form, checked; a text says what is wrong with them. */
function readForm(shape: ObjectShape, body: unknown): Readonly<Record<string, unknown>> | string {
  if (typeof body !== "object" || body === null) return "send a JSON object";
  const input: Record<string, unknown> = {};
  for (const [name, typed] of Object.entries(body)) {
    const field = shape.fields.find((one) => one.name === name);
    if (field === undefined || typeof typed !== "string") return `there is no field "${name}"`;
    const checked = checkWritten(field, typed);
    if (!checked.ok) return `${field.label} ${checked.message}`;
    input[name] = checked.value;
  }
  return input;
}

function find(
  options: PageOptions,
  request: PageRequest,
): { readonly shape: ObjectShape; readonly record: Stored } | null {
  const shape = options.records.shape(request.params.object);
  const record = shape === null ? null : options.records.database.get(shape.object, request.params.id);
  return shape === null || record === null ? null : { shape, record };
}

function missing(reply: FastifyReply): FastifyReply {
  return reply.code(404).send({ message: "this record is gone" });
}

function refuse(reply: FastifyReply, message: string): FastifyReply {
  return reply.code(422).send({ message });
}
