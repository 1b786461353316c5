// What `check` says about a connector file: a corpus of broken files, each with its code and place, and good ones that pass.

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";
import { parse } from "yaml";
import { z } from "zod";
import { isError } from "../../src/core/problem.ts";
import { connectorFileSchema } from "../../src/connector/file.ts";
import { DIRECT_PROTOCOLS, PROTOCOLS } from "../../src/config/protocols.ts";
import { compileConnector } from "../../src/connector/compile.ts";
import { closeExpressionsAfterwards, compiled, expressions, fileText, problemsOf, TODAY } from "./opened.ts";

closeExpressionsAfterwards();

const LIST = "objects: { contact: { list: { request: GET /contacts } } }";
const object = (text: string): string => fileText(`objects: { contact: { ${text} } }`);
const contact = (...path: readonly (string | number)[]) => ["objects", "contact", ...path];

const broken: readonly (readonly [
  name: string,
  text: string,
  code: string,
  path: readonly (string | number)[],
  hint?: string,
])[] = [
  [
    "an unknown variable",
    object('get: { request: "GET /x/{{ idd }}" }'),
    "E_EXPR_NAME",
    contact("get", "request"),
    'did you mean "id"?',
  ],
  [
    "a secret in a request",
    object('list: { request: GET /x, query: { k: "{{ secrets.token }}" } }'),
    "E_EXPR_NAME",
    contact("list", "query", "k"),
    "requests do not see secrets: name the secret under `auth:`",
  ],
  [
    "an unknown setting",
    object('list: { request: "GET /x/{{ settings.base_ur }}" }'),
    "E_EXPR_NAME",
    contact("list", "request"),
    'did you mean "base_url"?',
  ],
  [
    "an unknown variable inside an expression",
    object('list: { request: GET /x, query: { k: "{{ $uppercase(recod.x) }}" } }'),
    "E_EXPR_NAME",
    contact("list", "query", "k"),
  ],
  [
    "a record in what is set once",
    "connector: x\nprotocol: rest\nbase_url: 'https://{{ id }}'\n" + LIST,
    "E_EXPR_NAME",
    ["base_url"],
  ],
  [
    "an expression that does not parse",
    object('list: { request: GET /x, body: { a: ["{{ 1 + }}"] } }'),
    "E_EXPR_SYNTAX",
    contact("list", "body", "a", 0),
  ],
  [
    "a hole that is not closed",
    object('list: { request: GET /x, body: { a: "{{ id" } }'),
    "E_EXPR_SYNTAX",
    contact("list", "body", "a"),
  ],
  [
    "a forbidden function",
    object('list: { request: GET /x, body: { a: "{{ $eval(id) }}" } }'),
    "E_EXPR_FORBIDDEN",
    contact("list", "body", "a"),
  ],
  ["a bad path", object("id: a..b, list: { request: GET /x }"), "E_PATH", contact("id")],
  [
    "a path into the prototype",
    object("list: { request: GET /x, items: __proto__ }"),
    "E_PATH",
    contact("list", "items"),
  ],
  [
    "a bad field path",
    object("fields: { a: { at: 'x[' } }, list: { request: GET /x }"),
    "E_PATH",
    contact("fields", "a", "at"),
  ],
  [
    "a misspelt method",
    object("list: { request: GTE /x }"),
    "E_REQUEST_LINE",
    contact("list", "request"),
    'did you mean "GET"?',
  ],
  [
    "a path without a slash",
    object("list: { request: GET x }"),
    "E_REQUEST_LINE",
    contact("list", "request"),
    "GET /x",
  ],
  ["no request line", object("list: { items: x }"), "E_REQUEST_LINE", contact("list")],
  [
    "another origin",
    `connector: x\nprotocol: rest\nbase_url: https://a.test\nobjects: { contact: { list: { request: "GET https://b.test/x" } } }`,
    "E_URL",
    contact("list", "request"),
  ],
  [
    "a header of the client's own",
    object("list: { request: GET /x, headers: { Content-Length: '3' } }"),
    "E_HEADER",
    contact("list", "headers", "Content-Length"),
  ],
  ["no base_url", `connector: x\nprotocol: rest\n${LIST}`, "E_URL", ["base_url"]],
  [
    "a base_url with a password",
    `connector: x\nprotocol: rest\nbase_url: https://a:b@c.test\n${LIST}`,
    "E_URL",
    ["base_url"],
  ],
  ["a timeout of nothing", fileText(`timeout: { connect: 0s }\n${LIST}`), "E_RANGE", ["timeout", "connect"]],
  ["a timeout of days", fileText(`timeout: { response: 2d }\n${LIST}`), "E_RANGE", ["timeout", "response"]],
  ["a rate of nothing", fileText(`limits: [{ name: a, rate: 0/s }]\n${LIST}`), "E_RANGE", ["limits", 0, "rate"]],
  [
    "two limits of one name",
    fileText(`limits: [{ name: a, rate: 1/s }, { name: a, rate: 2/s }]\n${LIST}`),
    "E_DUPLICATE",
    ["limits", 1, "name"],
  ],
  [
    "an undeclared secret",
    fileText(`secrets: { token: {} }\nauth: { scheme: bearer, token: tokn }\n${LIST}`),
    "E_SECRET_UNKNOWN",
    ["auth", "token"],
    'did you mean "token"?',
  ],
  [
    "a secret in place of its name",
    fileText(`auth: { scheme: bearer, token: sk_live_0123456789abcdef }\n${LIST}`),
    "E_SECRET_UNKNOWN",
    ["auth", "token"],
  ],
  [
    "a signature over nothing known",
    fileText(`secrets: { token: {} }\nauth: { scheme: hmac, token: token, signs: "{bdy}", header: X }\n${LIST}`),
    "E_SIGNS",
    ["auth", "signs"],
  ],
  [
    "a grant for a browser without its address",
    fileText(
      `secrets: { a: {}, b: {} }\nauth: { scheme: oauth2, grant: authorization_code, token_url: "https://x.test", client_id: a, client_secret: b }\n${LIST}`,
    ),
    "E_MISSING",
    ["auth"],
  ],
  [
    "a query that is missing",
    `connector: x\nprotocol: graphql\nbase_url: https://a.test\n${LIST}`,
    "E_QUERY",
    contact("list"),
  ],
  ["code", object("list: { code: ./x.js#list }"), "E_CODE", contact("list", "code")],
  [
    "a limit by cost",
    fileText(`limits: [{ name: a, cost: { at: x, available: y, restore_rate: 5 } }]\n${LIST}`),
    "E_UNKNOWN_KEY",
    ["limits", 0, "cost"],
  ],
  [
    "a key of another protocol",
    object("list: { request: GET /x, call: ListX }"),
    "E_UNKNOWN_KEY",
    contact("list", "call"),
  ],
  ["a table with rest", object("table: customers, list: { request: GET /x }"), "E_UNKNOWN_KEY", contact("table")],
  ["an API that is gone", fileText(`api: { sunset: "2026-01-01" }\n${LIST}`), "E_SUNSET", ["api", "sunset"]],
  ["an API that goes within a year", fileText(`api: { sunset: "2027-01-01" }\n${LIST}`), "W_SUNSET", ["api", "sunset"]],
  ["a day that is none", fileText(`api: { sunset: soon }\n${LIST}`), "E_RANGE", ["api", "sunset"]],
  [
    "a secret in a header",
    fileText(`headers: { Authorization: Bearer abcdefgh }\n${LIST}`),
    "W_INLINE_SECRET",
    ["headers", "Authorization"],
  ],
  [
    "a secret as a default",
    `connector: x\nprotocol: rest\nbase_url: https://a.test\nsettings: { api_token: { default: abcdefgh } }\n${LIST}`,
    "W_INLINE_SECRET",
    ["settings", "api_token"],
  ],
  [
    "verify without find",
    object("create: { request: POST /x, verify: find }"),
    "E_VERIFY",
    contact("create", "verify"),
  ],
  [
    "a marker nobody looks up",
    object("find: { by: [email], request: GET /x }, create: { request: POST /x, marker: ref, verify: marker }"),
    "E_VERIFY",
    contact("create", "marker"),
  ],
  [
    "verify: marker without one",
    object("find: { by: [email], request: GET /x }, create: { request: POST /x, verify: marker }"),
    "E_VERIFY",
    contact("create", "verify"),
  ],
  [
    "if-match without a version",
    object("update: { request: PATCH /x, guard: if-match }"),
    "E_GUARD",
    contact("update", "guard"),
  ],
  [
    "read-compare without a get",
    object("delete: { request: DELETE /x, guard: read-compare }"),
    "E_GUARD",
    contact("delete", "guard"),
  ],
  [
    "a batch that sends nothing",
    object("create: { request: POST /x }, batch: { create: { max: 5, request: POST /b, body: {} } }"),
    "E_BATCH",
    contact("batch", "create"),
  ],
  [
    "an error rule for every answer",
    fileText(`errors: [{ when: { op: list }, do: stop }]\n${LIST}`),
    "E_ERROR_RULE",
    ["errors", 0, "when"],
  ],
  [
    "an error rule that does not parse",
    fileText(`errors: [{ when: { body: "a +" }, do: stop }]\n${LIST}`),
    "E_EXPR_SYNTAX",
    ["errors", 0, "when", "body"],
  ],
  [
    "a webhook about nothing",
    fileText(`${LIST}\nwebhooks: { verify: stripe, on: { a: { contct: changed } } }`),
    "E_OBJECT_UNKNOWN",
    ["webhooks", "on", "a", "contct"],
    'did you mean "contact"?',
  ],
  ["an object that does nothing", object("id: id"), "E_MISSING", contact()],
];

describe("a broken file", () => {
  test.each(broken.map(([name, text, code, path, hint]) => [name, text, code, path, hint ?? null] as const))(
    "%s",
    (_, text, code, path, hint) => {
      const found = problemsOf(text).find((problem) => problem.code === code);

      expect(found).toMatchObject({ code, path });
      if (hint !== null) expect(found?.hint).toBe(hint);
    },
  );

  test("all problems are told at once", () => {
    const codes = problemsOf(
      fileText(
        `timeout: { connect: 0s }\nobjects: { a: { id: "..", list: { request: GTE /x } }, b: { list: { request: "GET /{{ nope }}" } } }`,
      ),
    ).map((problem) => problem.code);

    expect(codes.sort()).toEqual(["E_EXPR_NAME", "E_PATH", "E_RANGE", "E_REQUEST_LINE"]);
  });
});

describe("a good file", () => {
  test("the example of the contract compiles, and says what it cannot do", () => {
    const { connector, problems } = compileConnector(connectorFileSchema.parse(parse(EXAMPLE)), {
      expressions,
      protocols: PROTOCOLS,
      folder: ".",
      today: TODAY,
    });

    expect(problems).toEqual([]);
    expect(connector?.capabilities("contact")).toEqual({
      list: true,
      get: true,
      findBy: [["email"]],
      findSettleMs: 0,
      changes: { settleMs: 60_000, cannotSeeDeletes: true },
      create: { repeat: "unsafe", verify: "find", keyLifeMs: 86_400_000 },
      update: { guard: "none", needsCurrent: false },
      delete: { guard: "read-compare", effect: "archive" },
      batch: { read: 1, create: 100, update: 1, delete: 1 },
      versioned: true,
      tellsModified: true,
      naturalKeys: ["email"],
    });
    expect(connector?.gaps.map((gap) => gap.code)).toEqual(["update-unguarded"]);
  });

  test("the gaps of a bare object are told", () => {
    const gaps = compiled(fileText(LIST)).gaps.map((gap) => gap.code);

    expect(gaps).toEqual([
      "no-get",
      "no-find",
      "no-changes",
      "no-create",
      "no-update",
      "no-delete",
      "no-version",
      "no-modified",
    ]);
  });

  test("without a word about guards, what can be read is compared before it is written", () => {
    const readable = compiled(
      object(
        'get: { request: "GET /{{ id }}" }, update: { request: "PATCH /{{ id }}" }, delete: { request: "DELETE /{{ id }}" }',
      ),
    );
    const blind = compiled(object('update: { request: "PATCH /{{ id }}" }'));

    expect(readable.capabilities("contact")).toMatchObject({
      update: { guard: "read-compare" },
      delete: { guard: "read-compare" },
    });
    expect(blind.capabilities("contact")?.update?.guard).toBe("none");
    expect(blind.capabilities("other")).toBeNull();
  });

  const folder = fileURLToPath(new URL("../../connectors/", import.meta.url));
  test.each(readdirSync(folder).filter((name) => name.endsWith(".yaml")))("connectors/%s has no errors", (name) => {
    const file = connectorFileSchema.parse(parse(readFileSync(folder + name, "utf8")));

    const { problems } = compileConnector(file, {
      expressions,
      protocols: PROTOCOLS,
      direct: DIRECT_PROTOCOLS,
      folder,
      today: TODAY,
    });

    expect(problems.filter(isError)).toEqual([]);
  });
});

describe("the schema", () => {
  test("becomes JSON Schema (draft-07) in which keys are described", () => {
    const schema = z.toJSONSchema(connectorFileSchema, { target: "draft-7", io: "input" });

    expect(schema.$schema).toContain("draft-07");
    expect(schema.additionalProperties).toBe(false);
    const undescribed = Object.entries(schema.properties ?? {}).filter(
      ([, value]) => typeof value !== "object" || value.description === undefined,
    );
    expect(undescribed.map(([name]) => name)).toEqual([]);
  });

  test("an unknown key is refused", () => {
    const read = connectorFileSchema.safeParse(parse(fileText(`objcts: {}\n${LIST}`)));

    expect(read.error?.issues[0]).toMatchObject({ code: "unrecognized_keys", keys: ["objcts"] });
  });
});

const EXAMPLE = `
connector: hubspot
version: 1.0.0
title: HubSpot CRM
api: { version: v3, sunset: null }
protocol: rest
settings: { base_url: { default: "https://api.hubapi.com" }, portal_id: { required: true } }
secrets:  { token: { required: true }, client_secret: {} }
base_url: "{{ settings.base_url }}"
headers:  { User-Agent: "syncline/{{ syncline.version }}" }
auth:     { scheme: bearer, token: token }
timeout:  { connect: 5s, response: 30s }
limits:   [ { name: burst, rate: 190/10s }, { name: daily, rate: 250000/d } ]
concurrency: 6
errors:
  - { when: { status: 401 }, do: refresh-auth }
  - { when: { status: 404, op: [get, update, delete] }, do: gone }
  - { when: { status: 409 }, do: duplicate }
  - { when: { status: 412 }, do: stale }
  - { when: { status: 429 }, do: wait }
  - { when: { status: [500, 502, 503, 504] }, do: retry }
  - { when: { status: [400, 422] }, do: reject }
objects:
  contact:
    id: id
    version: updatedAt
    modified: updatedAt
    deleted: archived
    natural_keys: [email]
    fields:
      email:   { at: properties.email }
      balance: { at: properties.open_balance, type: decimal }
      stage:   { at: properties.lifecyclestage }
      owner:   { at: properties.owner_id, read_only: true }
    list:
      request: GET /crm/v3/objects/contacts
      query: { limit: 100, after: "{{ page.token }}", properties: "{{ wanted }}" }
      items: results
      page: { token: paging.next.after }
      count: total
    get:
      request: GET /crm/v3/objects/contacts/{{ id }}
      item: "$"
    find: { by: [email], request: POST /crm/v3/objects/contacts/search, body: {}, items: results }
    changes:
      request: POST /crm/v3/objects/contacts/search
      body: { filterGroups: [ { filters: [ { propertyName: lastmodifieddate, operator: GTE, value: "{{ cursor }}" } ] } ], after: "{{ page.token }}" }
      items: results
      page: { token: paging.next.after }
      cursor: { at: updatedAt, settle: 60s }
      cannot_see: [deletes]
    create:
      request: POST /crm/v3/objects/contacts
      body: { properties: "{{ record }}" }
      returns: { id: id, version: updatedAt }
      repeat: unsafe
      verify: find
    update:
      request: PATCH /crm/v3/objects/contacts/{{ id }}
      body: { properties: "{{ changed }}" }
      guard: none
    delete: { request: "DELETE /crm/v3/objects/contacts/{{ id }}", effect: archive }
    batch:
      create: { max: 100, request: POST /crm/v3/objects/contacts/batch/create, body: { inputs: "{{ items }}" }, ok: results, failed: errors, match: by-index }
webhooks:
  verify: hubspot-v3
  events: "$"
  event: { id: eventId, type: subscriptionType, at: occurredAt, record: objectId }
  on: { contact.creation: { contact: changed }, contact.propertyChange: { contact: changed }, contact.deletion: { contact: gone } }
  payload: thin
`;
