// Every route with every role, and what reaches it without a token.

import { afterEach, describe, expect, test } from "@jest/globals";
import { methodOf, ROLES, type Role, type Route } from "../../src/admin/route.ts";
import { ask, fieldsOf, LOCAL } from "./ask.ts";
import { ledgerOf, newWorld, routesOfWorld, startAdmin, stopAll } from "./world.ts";

afterEach(stopAll);

const TOKENS = ROLES.map((role) => ({ name: `the-${role}`, role, token: `${role}-0123456789abcdefghijkl` }));
const tokenOf = (role: Role): string => `${role}-0123456789abcdefghijkl`;

const NAMES: Readonly<Record<string, string>> = {
  pair: "crm-billing",
  run: "r_01",
  plan: "p_1",
  link: "7",
  case: "1",
  entity: "customer",
  side: "crm",
  record: "c-17",
};
const BODIES: Readonly<Record<string, unknown>> = {
  "/v1/cases/{case}:resolve": { take: "crm" },
  "/v1/quarantine:retry": { all: true },
  "/v1/pairs/{pair}/links": { entity: "customer", left: "c-90", right: "B-90" },
  "/v1/pairs/{pair}/links:remove": { entity: "customer", left: "c-17", right: "B-4" },
};
const STATUS: Readonly<Record<string, number>> = {
  "POST /v1/pairs/{pair}:run": 202,
  "POST /v1/pairs/{pair}/plans": 201,
  "POST /v1/pairs/{pair}/links": 201,
  "POST /v1/runs/{run}:undo": 201,
};

const addressOf = (route: Route): string =>
  route.path.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => NAMES[name] ?? "?");
const nameOf = (route: Route): string => `${methodOf(route)} ${route.path}`;
// A stream never ends by itself; events.test.ts reads it.
const ROUTES = routesOfWorld().filter((route) => route.kind !== "stream");
const bodyFor = (route: Route): { readonly body?: unknown } =>
  route.path in BODIES && route.kind === "act" ? { body: BODIES[route.path] } : {};

describe("roles", () => {
  test.each(ROUTES.flatMap((route) => ROLES.map((role) => ({ name: nameOf(route), role, route }))))(
    "$name as $role",
    async ({ name, role, route }) => {
      const { admin, world } = await startAdmin({ tokens: TOKENS });

      const answer = await ask(admin, methodOf(route), addressOf(route), { token: tokenOf(role), ...bodyFor(route) });

      const allowed = route.role === null || ROLES.indexOf(role) >= ROLES.indexOf(route.role);
      expect(answer.status).toBe(allowed ? (STATUS[name] ?? 200) : 403);
      if (!allowed) expect([world.asked, world.audit]).toEqual([[], []]);
    },
  );

  test.each(ROUTES.map((route) => ({ name: nameOf(route), route })))(
    "$name without a token, where tokens are configured",
    async ({ route }) => {
      const { admin, world } = await startAdmin({ tokens: TOKENS });

      const answer = await ask(admin, methodOf(route), addressOf(route), { headers: LOCAL, ...bodyFor(route) });

      expect(answer.status).toBe(route.role === null ? 200 : 401);
      expect([world.asked, world.audit]).toEqual([[], []]);
    },
  );

  test("who may do what", () => {
    const needed = Object.fromEntries(
      ROUTES.filter((route) => route.kind === "act").map((route) => [route.path, route.role]),
    );

    expect(needed).toEqual({
      "/v1/pairs/{pair}:run": "operate",
      "/v1/pairs/{pair}:pause": "operate",
      "/v1/pairs/{pair}:resume": "operate",
      "/v1/pairs/{pair}:accept": "admin",
      "/v1/pairs/{pair}/plans": "operate",
      "/v1/plans/{plan}:apply": "admin",
      "/v1/runs/{run}:undo": "admin",
      "/v1/pairs/{pair}/links": "admin",
      "/v1/pairs/{pair}/links:remove": "admin",
      "/v1/cases/{case}:resolve": "operate",
      "/v1/quarantine:retry": "operate",
    });
  });

  test("every mutation that was done is in the audit log with who and what", async () => {
    const { admin, world } = await startAdmin({ tokens: TOKENS });
    const acts = ROUTES.filter((route) => route.kind === "act");

    for (const route of acts)
      await ask(admin, "POST", addressOf(route), { token: tokenOf("admin"), ...bodyFor(route) });

    expect(world.audit.map(({ who, what }) => `${who}: ${what}`)).toEqual(
      acts.map((route) => `the-admin: POST ${route.path}`),
    );
    expect(JSON.stringify(world.audit)).toContain("crm-billing");
  });

  test("what cannot be written to the audit log is not done", async () => {
    const world = newWorld();
    const ledger = { ...ledgerOf(world), audit: () => Promise.reject(new Error("disk full")) };
    const { admin } = await startAdmin({ ledger }, world);

    const answer = await ask(admin, "POST", "/v1/pairs/crm-billing:run", { headers: LOCAL });

    expect(answer.status).toBe(500);
    expect(world.asked).toEqual([]);
  });
});

describe("on this machine, with no token configured", () => {
  test("reading needs nothing", async () => {
    const { admin } = await startAdmin();

    const answer = await ask(admin, "GET", "/v1/status");

    expect(answer.status).toBe(200);
    expect(fieldsOf(answer)["you"]).toEqual({ name: "local", role: "operate" });
  });

  test("acting needs the header that another site's page cannot send", async () => {
    const { admin, world } = await startAdmin();

    const without = await ask(admin, "POST", "/v1/pairs/crm-billing:run");
    const with_ = await ask(admin, "POST", "/v1/pairs/crm-billing:run", { headers: LOCAL });

    expect(without.status).toBe(403);
    expect(with_.status).toBe(202);
    expect(world.asked).toEqual(["run crm-billing local"]);
  });

  test("a page of another site is refused even with the header", async () => {
    const { admin, world } = await startAdmin();
    const from = (origin: string) => ask(admin, "POST", "/v1/pairs/crm-billing:run", { headers: { ...LOCAL, origin } });

    expect((await from("https://evil.example")).status).toBe(403);
    expect((await from("null")).status).toBe(403);
    expect((await from(`http://127.0.0.1:${String(admin.port)}`)).status).toBe(202);
    expect(world.asked).toHaveLength(1);
  });

  test("what only admin may do stays forbidden", async () => {
    const { admin, world } = await startAdmin();

    const answer = await ask(admin, "POST", "/v1/pairs/crm-billing:accept", { headers: LOCAL });

    expect(answer.status).toBe(403);
    expect(world.asked).toEqual([]);
  });

  test("an address beyond this machine is refused at start", async () => {
    await expect(startAdmin({ listen: { host: "0.0.0.0", port: 0 } })).rejects.toThrow("is not loopback");
  });
});

describe("Host", () => {
  test.each(["localhost", "LOCALHOST:8080", "127.0.0.1:1", "[::1]:8080", "127.0.0.1"])(
    "%s is this machine",
    async (host) => {
      const { admin } = await startAdmin();

      expect((await ask(admin, "GET", "/healthz", { headers: { host } })).status).toBe(200);
    },
  );

  test.each([
    "evil.example",
    "evil.example:8080",
    "127.0.0.1@evil.example",
    "localhost.evil.example",
    "10.0.0.1",
    "a b",
  ])("%p is not", async (host) => {
    const { admin } = await startAdmin();

    expect((await ask(admin, "GET", "/healthz", { headers: { host } })).status).toBe(421);
  });

  test("names can be allowed, as behind a proxy", async () => {
    const { admin } = await startAdmin({ hosts: ["sync.example.com"] });

    expect((await ask(admin, "GET", "/healthz", { headers: { host: "sync.example.com" } })).status).toBe(200);
    expect((await ask(admin, "GET", "/healthz", { headers: { host: "evil.example" } })).status).toBe(421);
  });

  test("a listener for others takes any name when none is listed", async () => {
    const { admin } = await startAdmin({ listen: { host: "0.0.0.0", port: 0 }, tokens: TOKENS });

    expect(
      (await ask(admin, "GET", "/v1/status", { token: tokenOf("view"), headers: { host: "sync.example.com" } })).status,
    ).toBe(200);
  });

  test("a token that can be guessed is warned of, without being shown", async () => {
    const { logged } = await startAdmin({ tokens: [{ name: "ops", role: "view", token: "hunter2" }] });

    expect(logged.join("\n")).toContain("short enough to be guessed");
    expect(logged.join("\n")).not.toContain("hunter2");
  });
});
