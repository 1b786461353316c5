// The API as an OpenAPI document. Written by hand for its readers; a test holds it against the routes.

import type { Fields, Value } from "../core/value.ts";
import { SCHEMAS } from "./openapi-schemas.ts";

const ref = (name: string): Fields => ({ $ref: `#/components/schemas/${name}` });
const listOf = (name: string): Fields => ({ type: "array", items: ref(name) });
const json = (schema: Fields): Fields => ({ "application/json": { schema } });

const inPath = (name: string, description: string): Fields => ({
  name,
  in: "path",
  required: true,
  description,
  schema: { type: "string" },
});
const asked = (name: string, description: string, schema: Fields = { type: "string" }): Fields => ({
  name,
  in: "query",
  required: false,
  description,
  schema,
});

const PAIR = inPath("pair", "Name of the pair.");
const RUN = inPath("run", "Id of the run.");
const PAGES: readonly Fields[] = [
  asked("limit", "Rows of a page.", { type: "integer", minimum: 1, maximum: 1000, default: 100 }),
  asked("page", "From 1; a page reaches 10,000 rows at most.", { type: "integer", minimum: 1, default: 1 }),
];
const OF_PAIR = asked("pair", "Of this pair alone.");

interface About {
  readonly summary: string;
  /** Null: no token is needed. */
  readonly role: "view" | "operate" | "admin" | null;
  readonly parameters?: readonly Fields[];
  readonly body?: Fields;
  readonly status?: number;
  readonly answer: Fields;
}

const DEFAULT: Fields = {
  description: "Refused: a problem document.",
  content: { "application/problem+json": { schema: ref("Problem") } },
};

function operation(about: About): Fields {
  const open: Fields = about.role === null ? { security: [] } : { security: [{ token: [] }], "x-role": about.role };
  const body: Fields = about.body === undefined ? {} : { requestBody: { required: false, content: json(about.body) } };
  const parameters: readonly Value[] = about.parameters ?? [];
  const answer = { description: "Done.", content: about.answer };
  return {
    summary: about.summary,
    ...open,
    parameters,
    ...body,
    responses: { [String(about.status ?? 200)]: answer, default: DEFAULT },
  };
}

const read = (summary: string, answer: Fields, parameters: readonly Fields[] = []): Fields =>
  operation({ summary, role: "view", answer: json(answer), parameters });
const open = (summary: string, answer: Fields): Fields => operation({ summary, role: null, answer });
const flag: Fields = { type: "boolean", default: false };
const object = (properties: Fields, required: readonly string[] = []): Fields => ({
  type: "object",
  additionalProperties: false,
  properties,
  ...(required.length === 0 ? {} : { required }),
});
const told = (properties: Fields): Fields => ({ type: "object", properties });

const LINK_BODY = object({ entity: { type: "string" }, left: { type: "string" }, right: { type: "string" } }, [
  "entity",
  "left",
  "right",
]);
const text: Fields = { type: "string" };

export const OPENAPI: Fields = {
  openapi: "3.1.0",
  paths: {
    "/healthz": { get: open("Whether the process and its database answer; 503 when not.", json(ref("Health"))) },
    "/readyz": {
      get: open(
        "Whether the daemon works; a failing pair is listed and does not make it unready.",
        json(ref("Readiness")),
      ),
    },
    "/metrics": { get: open("Prometheus metrics.", { "text/plain": { schema: text } }) },
    "/openapi.json": { get: open("This document.", json({ type: "object" })) },
    "/v1/status": { get: read("Everything at a glance, and who is asking.", ref("Status")) },
    "/v1/pairs": { get: read("All pairs.", listOf("Pair")) },
    "/v1/pairs/{pair}": { get: read("One pair.", ref("Pair"), [PAIR]) },
    "/v1/pairs/{pair}:run": {
      post: operation({
        summary: "Starts a run and returns at once; 409 RUNNING while one is under way.",
        role: "operate",
        parameters: [PAIR],
        body: object({ sweep: flag }),
        status: 202,
        answer: json(told({ pair: text, started: { enum: ["changes", "sweep"] } })),
      }),
    },
    "/v1/pairs/{pair}:pause": {
      post: operation({
        summary: "No run begins until the pair is resumed.",
        role: "operate",
        parameters: [PAIR],
        answer: json(told({ pair: text, paused: { const: true } })),
      }),
    },
    "/v1/pairs/{pair}:resume": {
      post: operation({
        summary: "Lets a paused or stopped pair go on.",
        role: "operate",
        parameters: [PAIR],
        answer: json(told({ pair: text, paused: { const: false } })),
      }),
    },
    "/v1/pairs/{pair}:accept": {
      post: operation({
        summary: "Goes on after a change of the mapping's meaning.",
        role: "admin",
        parameters: [PAIR],
        answer: json(told({ pair: text, accepted: { const: true } })),
      }),
    },
    "/v1/pairs/{pair}/plans": {
      post: operation({
        summary: "Reads and decides, writes nothing; stores the plan.",
        role: "operate",
        parameters: [PAIR],
        body: object({ sweep: flag }),
        status: 201,
        answer: json(ref("Plan")),
      }),
    },
    "/v1/plans/{plan}": { get: read("A stored plan.", ref("Plan"), [inPath("plan", "Id of the plan.")]) },
    "/v1/plans/{plan}:apply": {
      post: operation({
        summary:
          "Carries out exactly that plan, withheld actions included. With `hash`, only while the plan still has it; else 409 PLAN_STALE.",
        role: "admin",
        parameters: [inPath("plan", "Id of the plan.")],
        body: object({ hash: text }),
        answer: json(
          told({
            run: text,
            outcome: text,
            plan: text,
            applied: { type: "integer" },
            dropped: { type: "array", items: text },
          }),
        ),
      }),
    },
    "/v1/runs": {
      get: read("Runs, newest first.", listOf("Run"), [
        OF_PAIR,
        ...PAGES,
        asked("before", "Runs older than this one."),
      ]),
    },
    "/v1/runs/{run}": { get: read("One run.", ref("Run"), [RUN]) },
    "/v1/runs/{run}/effects": {
      get: read("What the run changed, record by record.", listOf("Effect"), [RUN, ...PAGES]),
    },
    "/v1/runs/{run}:undo": {
      post: operation({
        summary: "Makes the plan that takes a run back, only where a value is still what the run wrote.",
        role: "admin",
        parameters: [RUN],
        status: 201,
        answer: json(ref("Plan")),
      }),
    },
    "/v1/pairs/{pair}/links": {
      get: read("Links, oldest first.", listOf("Link"), [
        PAIR,
        asked("entity", "Of this entity alone."),
        asked("record", "The link of one record: SIDE:ID."),
        ...PAGES,
        asked("after", "Links after this one, by id."),
      ]),
      post: operation({
        summary: "Links two records by hand.",
        role: "admin",
        parameters: [PAIR],
        body: LINK_BODY,
        status: 201,
        answer: json(ref("Link")),
      }),
    },
    "/v1/pairs/{pair}/links:remove": {
      post: operation({
        summary: "Ends a link; a tombstone remains, nothing is deleted.",
        role: "admin",
        parameters: [PAIR],
        body: LINK_BODY,
        answer: json(ref("Link")),
      }),
    },
    "/v1/pairs/{pair}/explain/{entity}/{side}/{record}": {
      get: read("Why a record shows what it shows: how it stands, and what happened to it.", ref("Explanation"), [
        PAIR,
        inPath("entity", "Its entity."),
        inPath("side", "Name of its side."),
        inPath("record", "Id of the record."),
        asked("field", "This field alone."),
      ]),
    },
    "/v1/links/{link}/history": {
      get: read("What was written to the records of a link, newest first.", listOf("Effect"), [
        inPath("link", "Id of the link."),
        ...PAGES,
      ]),
    },
    "/v1/cases": { get: read("Open cases, newest first.", listOf("Case"), [OF_PAIR, ...PAGES]) },
    "/v1/cases/{case}:resolve": {
      post: operation({
        summary: "Answers a case; the next run acts on it. One of the four keys.",
        role: "operate",
        parameters: [inPath("case", "Id of the case.")],
        body: object({
          take: { type: "string", description: "Name of a side." },
          value: {},
          link: { type: "string", description: "Id of a record." },
          dismiss: { const: true },
        }),
        answer: json(ref("Case")),
      }),
    },
    "/v1/quarantine": { get: read("Records that fail, newest first.", listOf("Quarantined"), [OF_PAIR, ...PAGES]) },
    "/v1/quarantine:retry": {
      post: operation({
        summary: "Tries records again in the next run. One of the three keys.",
        role: "operate",
        body: object({
          ids: { type: "array", items: text, minItems: 1, maxItems: 1000 },
          pair: text,
          all: { const: true },
        }),
        answer: json(told({ retried: { type: "integer" } })),
      }),
    },
    "/v1/systems": { get: read("Calls and errors by system.", listOf("System")) },
    "/v1/budgets": { get: read("What is known to be left of the systems' limits.", listOf("Budget")) },
    "/v1/events": {
      get: operation({
        summary: "Everything as it happens.",
        role: "view",
        answer: { "text/event-stream": { schema: text } },
      }),
    },
  },
  components: { securitySchemes: { token: { type: "http", scheme: "bearer" } }, schemas: SCHEMAS },
};
