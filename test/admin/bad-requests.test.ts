// Every bad input of the admin API gets its outcome: a problem document with its status and code, and nothing is done.

import { afterEach, describe, expect, test } from "@jest/globals";
import type { RunId } from "../../src/core/ids.ts";
import { ask, codeOf, fieldsOf, LOCAL, type Asked } from "./ask.ts";
import { aCase, newWorld, startAdmin, stopAll, summary, type World } from "./world.ts";

afterEach(stopAll);

const TOKENS = [{ name: "boss", role: "admin" as const, token: "boss-0123456789abcdefghij" }];
const BOSS = { token: "boss-0123456789abcdefghij" };

interface Row {
  readonly what: string;
  readonly method?: string;
  readonly path: string;
  readonly asked?: Asked;
  readonly world?: (world: World) => void;
  readonly status: number;
  readonly code: string;
}

const ROWS: readonly Row[] = [
  { what: "no token", path: "/v1/status", asked: {}, status: 401, code: "UNAUTHORIZED" },
  { what: "a wrong token", path: "/v1/status", asked: { token: "wrong" }, status: 401, code: "UNAUTHORIZED" },
  {
    what: "a token in another scheme",
    path: "/v1/status",
    asked: { headers: { authorization: `Basic ${BOSS.token}` } },
    status: 401,
    code: "UNAUTHORIZED",
  },
  {
    what: "a foreign Host",
    path: "/v1/status",
    asked: { ...BOSS, headers: { host: "evil.example" } },
    status: 421,
    code: "MISDIRECTED",
  },
  {
    what: "a foreign Host that begins like ours",
    path: "/healthz",
    asked: { headers: { host: "127.0.0.1.evil.example" } },
    status: 421,
    code: "MISDIRECTED",
  },
  {
    what: "a body that is not JSON",
    method: "POST",
    path: "/v1/quarantine:retry",
    asked: { ...BOSS, raw: '{"all": tru' },
    status: 400,
    code: "BAD_JSON",
  },
  {
    what: "a body that is not UTF-8",
    method: "POST",
    path: "/v1/quarantine:retry",
    asked: { ...BOSS, raw: Buffer.from([0x22, 0xff, 0x22]) },
    status: 400,
    code: "BAD_JSON",
  },
  {
    what: "a body nested too deep",
    method: "POST",
    path: "/v1/quarantine:retry",
    asked: { ...BOSS, raw: "[".repeat(5000) + "]".repeat(5000) },
    status: 400,
    code: "BAD_JSON",
  },
  {
    what: "a zero character in a body",
    method: "POST",
    path: "/v1/quarantine:retry",
    asked: { ...BOSS, raw: '{"ids":["\\u0000"]}' },
    status: 400,
    code: "BAD_JSON",
  },
  {
    what: "a form instead of JSON",
    method: "POST",
    path: "/v1/pairs/crm-billing:run",
    asked: { ...BOSS, raw: "sweep=true", headers: { "content-type": "application/x-www-form-urlencoded" } },
    status: 415,
    code: "MEDIA_TYPE",
  },
  {
    what: "JSON sent as plain text",
    method: "POST",
    path: "/v1/pairs/crm-billing:run",
    asked: { ...BOSS, raw: "{}", headers: { "content-type": "text/plain" } },
    status: 415,
    code: "MEDIA_TYPE",
  },
  {
    what: "a body that is too large",
    method: "POST",
    path: "/v1/quarantine:retry",
    asked: { ...BOSS, raw: `{"ids":["${"x".repeat(300_000)}"]}` },
    status: 413,
    code: "TOO_LARGE",
  },
  { what: "an unknown pair", path: "/v1/pairs/crm-biling", asked: BOSS, status: 404, code: "NOT_FOUND" },
  {
    what: "a run of an unknown pair",
    method: "POST",
    path: "/v1/pairs/nope:run",
    asked: BOSS,
    status: 404,
    code: "NOT_FOUND",
  },
  { what: "cases of an unknown pair", path: "/v1/cases?pair=nope", asked: BOSS, status: 404, code: "NOT_FOUND" },
  {
    what: "links of an unknown entity",
    path: "/v1/pairs/crm-billing/links?entity=order",
    asked: BOSS,
    status: 404,
    code: "NOT_FOUND",
  },
  {
    what: "the history of an unknown link",
    path: "/v1/links/999/history",
    asked: BOSS,
    status: 404,
    code: "NOT_FOUND",
  },
  {
    what: "the history of what cannot be a link",
    path: "/v1/links/no-link/history",
    asked: BOSS,
    status: 404,
    code: "NOT_FOUND",
  },
  { what: "an unknown run", path: "/v1/runs/r_99", asked: BOSS, status: 404, code: "NOT_FOUND" },
  { what: "an unknown plan", path: "/v1/plans/p_99", asked: BOSS, status: 404, code: "NOT_FOUND" },
  {
    what: "an unknown case",
    method: "POST",
    path: "/v1/cases/99:resolve",
    asked: { ...BOSS, body: { take: "crm" } },
    status: 404,
    code: "NOT_FOUND",
  },
  { what: "an address where nothing is", path: "/v2/status", asked: BOSS, status: 404, code: "NOT_FOUND" },
  { what: "an address that is not one", path: "/v1/runs/%E0%A4%A", asked: BOSS, status: 400, code: "BAD_REQUEST" },
  { what: "a zero character in the address", path: "/v1/runs/%00", asked: BOSS, status: 400, code: "BAD_REQUEST" },
  {
    what: "an unknown query parameter",
    path: "/v1/cases?pari=crm-billing",
    asked: BOSS,
    status: 400,
    code: "BAD_REQUEST",
  },
  {
    what: "a query parameter given twice",
    path: "/v1/cases?limit=1&limit=2",
    asked: BOSS,
    status: 400,
    code: "BAD_REQUEST",
  },
  { what: "a negative page", path: "/v1/runs?page=-1", asked: BOSS, status: 400, code: "BAD_PAGE" },
  { what: "a huge page", path: "/v1/runs?page=99999999999999999999", asked: BOSS, status: 400, code: "BAD_PAGE" },
  {
    what: "a page beyond the reach",
    path: "/v1/cases?page=5000&limit=1000",
    asked: BOSS,
    status: 400,
    code: "BAD_PAGE",
  },
  { what: "a negative limit", path: "/v1/quarantine?limit=-5", asked: BOSS, status: 400, code: "BAD_PAGE" },
  {
    what: "a huge limit",
    path: "/v1/pairs/crm-billing/links?limit=100000",
    asked: BOSS,
    status: 400,
    code: "BAD_PAGE",
  },
  { what: "a limit of none", path: "/v1/cases?limit=0", asked: BOSS, status: 400, code: "BAD_PAGE" },
  { what: "a limit in exponents", path: "/v1/cases?limit=1e2", asked: BOSS, status: 400, code: "BAD_PAGE" },
  {
    what: "links after what is no link",
    path: "/v1/pairs/crm-billing/links?after=x",
    asked: BOSS,
    status: 400,
    code: "BAD_PAGE",
  },
  {
    what: "a record without its side",
    path: "/v1/pairs/crm-billing/links?record=17",
    asked: BOSS,
    status: 400,
    code: "BAD_REQUEST",
  },
  {
    what: "a plan whose records have moved",
    method: "POST",
    path: "/v1/plans/p_1:apply",
    asked: { ...BOSS, body: {} },
    world: (world) => void world.stale.add("p_1"),
    status: 409,
    code: "PLAN_STALE",
  },
  {
    what: "another hash than the plan has",
    method: "POST",
    path: "/v1/plans/p_1:apply",
    asked: { ...BOSS, body: { hash: "other" } },
    status: 409,
    code: "PLAN_STALE",
  },
  {
    what: "a closed case",
    method: "POST",
    path: "/v1/cases/1:resolve",
    asked: { ...BOSS, body: { take: "crm" } },
    world: (world) => void (world.cases = [{ ...aCase(), closed: true }]),
    status: 409,
    code: "CLOSED",
  },
  {
    what: "a run while one is under way",
    method: "POST",
    path: "/v1/pairs/crm-billing:run",
    asked: BOSS,
    world: (world) => void (world.pairs = [summary({ running: "r_02" as never })]),
    status: 409,
    code: "RUNNING",
  },
  {
    what: "a link of a record that is linked",
    method: "POST",
    path: "/v1/pairs/crm-billing/links",
    asked: { ...BOSS, body: { entity: "customer", left: "c-17", right: "B-99" } },
    status: 409,
    code: "TAKEN",
  },
  {
    what: "taking a side that is not there",
    method: "POST",
    path: "/v1/cases/1:resolve",
    asked: { ...BOSS, body: { take: "erp" } },
    status: 422,
    code: "INVALID",
  },
  {
    what: "no answer to a case",
    method: "POST",
    path: "/v1/cases/1:resolve",
    asked: { ...BOSS, body: {} },
    status: 422,
    code: "INVALID",
  },
  {
    what: "two answers to a case",
    method: "POST",
    path: "/v1/cases/1:resolve",
    asked: { ...BOSS, body: { take: "crm", dismiss: true } },
    status: 422,
    code: "INVALID",
  },
  {
    what: "an answer that does not fit the case",
    method: "POST",
    path: "/v1/cases/1:resolve",
    asked: { ...BOSS, body: { link: "B-4" } },
    status: 422,
    code: "INVALID",
  },
  {
    what: "a link to what is no candidate",
    method: "POST",
    path: "/v1/cases/1:resolve",
    asked: { ...BOSS, body: { link: "B-99" } },
    world: (world) =>
      void (world.cases = [
        aCase({ kind: "ambiguous", field: null, right: null, values: { billing: ["B-1", "B-2"], crm: ["c-17"] } }),
      ]),
    status: 422,
    code: "INVALID",
  },
  {
    what: "an answer to a guard",
    method: "POST",
    path: "/v1/cases/1:resolve",
    asked: { ...BOSS, body: { dismiss: true } },
    world: (world) => void (world.cases = [aCase({ kind: "guard", field: null })]),
    status: 422,
    code: "INVALID",
  },
  {
    what: "a body that is a list",
    method: "POST",
    path: "/v1/pairs/crm-billing:run",
    asked: { ...BOSS, body: [] },
    status: 422,
    code: "INVALID",
  },
  {
    what: "an unknown key",
    method: "POST",
    path: "/v1/pairs/crm-billing:run",
    asked: { ...BOSS, body: { swep: true } },
    status: 422,
    code: "INVALID",
  },
  {
    what: "a text where yes or no is due",
    method: "POST",
    path: "/v1/pairs/crm-billing:run",
    asked: { ...BOSS, body: { sweep: "yes" } },
    status: 422,
    code: "INVALID",
  },
  {
    what: "a retry of nothing in particular",
    method: "POST",
    path: "/v1/quarantine:retry",
    asked: { ...BOSS, body: {} },
    status: 422,
    code: "INVALID",
  },
  {
    what: "a retry of all that says no",
    method: "POST",
    path: "/v1/quarantine:retry",
    asked: { ...BOSS, body: { all: false } },
    status: 422,
    code: "INVALID",
  },
  {
    what: "the undoing of a run that nobody knows",
    method: "POST",
    path: "/v1/runs/r_77:undo",
    asked: BOSS,
    status: 404,
    code: "NOT_FOUND",
  },
  {
    what: "the undoing of a run that is under way",
    method: "POST",
    path: "/v1/runs/r_01:undo",
    asked: BOSS,
    world: (world) => {
      world.pairs = world.pairs.map((pair) => ({ ...pair, running: "r_01" as RunId }));
      world.runs = world.runs.map((run) => ({ ...run, endedAt: null }));
    },
    status: 409,
    code: "RUNNING",
  },
  {
    what: "the explanation of a record of an entity that there is not",
    path: "/v1/pairs/crm-billing/explain/costumer/crm/c-17",
    asked: BOSS,
    status: 404,
    code: "NOT_FOUND",
  },
  {
    what: "the explanation of a record of a side that there is not",
    path: "/v1/pairs/crm-billing/explain/customer/erp/c-17",
    asked: BOSS,
    status: 400,
    code: "BAD_REQUEST",
  },
  {
    what: "a database that does not answer",
    path: "/v1/status",
    asked: BOSS,
    world: (world) => void (world.databaseFails = true),
    status: 500,
    code: "INTERNAL",
  },
  { what: "a wrong method", method: "DELETE", path: "/v1/pairs/crm-billing", asked: BOSS, status: 405, code: "METHOD" },
  { what: "reading where one acts", path: "/v1/pairs/crm-billing:run", asked: BOSS, status: 405, code: "METHOD" },
  { what: "acting where one reads", method: "POST", path: "/v1/status", asked: BOSS, status: 405, code: "METHOD" },
  {
    what: "asking for CORS",
    method: "OPTIONS",
    path: "/v1/cases/1:resolve",
    asked: { headers: { origin: "http://evil.example", "access-control-request-method": "POST" } },
    status: 405,
    code: "METHOD",
  },
  { what: "writing to the page", method: "POST", path: "/", asked: { ...BOSS, body: {} }, status: 405, code: "METHOD" },
];

describe("bad requests", () => {
  test.each(ROWS)("$what: $status $code", async ({ method = "GET", path, asked = {}, world: change, status, code }) => {
    const world = newWorld();
    change?.(world);
    const { admin } = await startAdmin({ tokens: TOKENS }, world);

    const answer = await ask(admin, method, path, asked);

    expect(answer.status).toBe(status);
    expect(answer.headers["content-type"]).toBe("application/problem+json; charset=utf-8");
    expect(fieldsOf(answer)).toEqual({
      type: expect.stringMatching(/^urn:syncline:problem:/),
      title: expect.any(String),
      status,
      detail: expect.any(String),
      code,
    });
    expect(world.asked).toEqual([]);
    expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
  });
});

describe("more about refusals", () => {
  test("405 says which methods are allowed, also where two are", async () => {
    const { admin } = await startAdmin();

    expect((await ask(admin, "PUT", "/v1/status")).headers["allow"]).toBe("GET, HEAD");
    expect((await ask(admin, "PUT", "/v1/pairs/crm-billing/links")).headers["allow"]).toBe("GET, HEAD, POST");
  });

  test("401 says which scheme is wanted", async () => {
    const { admin } = await startAdmin({ tokens: TOKENS });

    expect((await ask(admin, "GET", "/v1/status")).headers["www-authenticate"]).toBe('Bearer realm="syncline"');
  });

  test("an address that guesses tokens has to wait, and is told how long; then it may try again", async () => {
    let now = 1_000_000;
    const { admin } = await startAdmin({ tokens: TOKENS, now: () => now });

    for (let guess = 0; guess < 20; guess += 1)
      expect((await ask(admin, "GET", "/v1/status", { token: `guess-${String(guess)}` })).status).toBe(401);
    const refused = await ask(admin, "GET", "/v1/status", { token: "guess" });
    const right = await ask(admin, "GET", "/v1/status", BOSS);
    now += Number(refused.headers["retry-after"]) * 1000;
    const later = await ask(admin, "GET", "/v1/status", BOSS);

    expect(refused.status).toBe(429);
    expect(codeOf(refused)).toBe("TOO_MANY_FAILURES");
    expect(right.status).toBe(429);
    expect(later.status).toBe(200);
  });

  test("an unforeseen error is in the log, and its text is not in the answer", async () => {
    const { admin, world, logged } = await startAdmin();
    world.databaseFails = true;

    const answer = await ask(admin, "GET", "/v1/cases");

    expect(answer.text).not.toContain("connection refused");
    expect(logged.join("\n")).toContain("connection refused");
  });

  test("a value outside its field's domain is refused with what is wrong", async () => {
    const { admin, world } = await startAdmin({
      checkValue: (_row, value) => Promise.resolve(value === "a@b.example" ? null : "not an e-mail address"),
    });

    const wrong = await ask(admin, "POST", "/v1/cases/1:resolve", { headers: LOCAL, body: { value: "nonsense" } });
    const right = await ask(admin, "POST", "/v1/cases/1:resolve", { headers: LOCAL, body: { value: "a@b.example" } });

    expect(wrong.status).toBe(422);
    expect(fieldsOf(wrong)["detail"]).toBe("not an e-mail address");
    expect(right.status).toBe(200);
    expect(world.cases[0]?.answer).toEqual({ kind: "value", value: "a@b.example" });
  });

  test("a misspelt name gets the one that was probably meant", async () => {
    const { admin } = await startAdmin();

    expect(fieldsOf(await ask(admin, "GET", "/v1/pairs/crm-biling"))["detail"]).toContain(
      'did you mean "crm-billing"?',
    );
  });
});
