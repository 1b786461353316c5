// OAuth 2 against a real server: who is asked for a token, with what, and what becomes of the answer. Time is made up, so that
// hours of a token's life and seconds between polls cost nothing.

import { generateKeyPairSync, createPublicKey, type KeyObject } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { jwtVerify } from "jose";
import { createMemoryVault } from "../../src/core/token-vault.ts";
import { listenForRedirect } from "../../src/connector/oauth/loopback.ts";
import type { Authorization } from "../../src/connector/oauth/authorization.ts";
import { Redactor } from "../../src/connector/secret.ts";
import { startOAuthServer, type OAuthServer } from "./oauth-server.ts";
import {
  accountFor,
  closeExpressionsAfterwards,
  closeSystemsAfterwards,
  compiled,
  fileText,
  open,
  problemsOf,
  readAll,
  type OpenOptions,
} from "./opened.ts";

let server: OAuthServer;
beforeEach(async () => {
  server = await startOAuthServer();
});
afterEach(() => server.close());
closeExpressionsAfterwards();
closeSystemsAfterwards();

const SECRETS = { id: "client-1", secret: "canary-client-secret", token: "canary-old-refresh", key: "" };

function connector(auth: string): string {
  return fileText(
    `secrets: { id: {}, secret: {}, token: {}, key: {}, user: {}, password: {} }
auth: { scheme: oauth2, token_url: "{{ settings.base_url }}/token", client_id: id, ${auth} }
objects: { contact: { list: { request: GET /contacts } } }`,
  );
}

const CODE = connector(
  'grant: authorization_code, authorize_url: "{{ settings.base_url }}/authorize", device_url: "{{ settings.base_url }}/device", scope: read write',
);

const options = (more: Partial<OpenOptions> = {}): OpenOptions => ({ secrets: SECRETS, ...more });

async function contactOf(text: string, more: Partial<OpenOptions> = {}) {
  const watched = await open(text, server.origin, options(more));
  return { ...watched, list: () => readAll(watched.system.object("contact", []).list()) };
}

async function authorizationOf(more: Partial<OpenOptions> = {}): Promise<Authorization> {
  const authorization = await compiled(CODE).connect(accountFor(server.origin, options(more)).account);
  if (authorization === null) throw new Error("the connector asks for a person");
  return authorization;
}

/** What a browser does: it follows the server's answer back to the loopback. */
async function browse(url: string): Promise<Response> {
  const sent = await fetch(url, { redirect: "manual" });
  return fetch(sent.headers.get("location") ?? "");
}

describe("a person connects the account", () => {
  test("by the browser of this machine: PKCE is sent and verified, the tokens are kept and used", async () => {
    const tokens = createMemoryVault();
    const authorization = await authorizationOf({ tokens });
    const results: unknown[] = [];
    let attempt: ReturnType<Authorization["byBrowser"]> = null;
    const loopback = await listenForRedirect({ port: null, path: "/callback" }, async (query) => {
      results.push(await attempt?.finish(query));
      return { status: 200, text: "done" };
    });
    attempt = authorization.byBrowser(`http://127.0.0.1:${String(loopback.port)}/callback`);
    if (attempt === null) throw new Error("there is an authorize_url");

    const page = await browse(attempt.url);
    await loopback.close();
    await authorization.close();

    expect(page.status).toBe(200);
    expect(results).toEqual([{ ok: true, lasts: true, scope: "read write" }]);
    expect(new URL(attempt.url).searchParams.get("code_challenge_method")).toBe("S256");
    expect(server.requests[0]?.["code_verifier"]).toMatch(/^[\w-]{43}$/);
    const { list } = await contactOf(CODE, { tokens });
    expect((await list()).failure).toBeNull();
    expect(server.requests).toHaveLength(1);
  });

  test("a code that was taken by another attempt is worth nothing: its verifier is another", async () => {
    const authorization = await authorizationOf();
    const mine = authorization.byBrowser("http://127.0.0.1:1/callback");
    const theirs = authorization.byBrowser("http://127.0.0.1:1/callback");
    const location = (await fetch(theirs?.url ?? "", { redirect: "manual" })).headers.get("location") ?? "";
    const code = new URL(location).searchParams.get("code") ?? "";
    const state = new URL(mine?.url ?? "").searchParams.get("state") ?? "";

    const injected = await mine?.finish(new URLSearchParams({ code, state }));

    expect(injected).toMatchObject({ ok: false, code: "invalid_grant" });
    await authorization.close();
  });

  test("an answer with a wrong state, or none, is refused before anything is asked", async () => {
    const tokens = createMemoryVault();
    const authorization = await authorizationOf({ tokens });
    const attempt = authorization.byBrowser("http://127.0.0.1:1/callback");

    for (const query of ["code=x&state=guessed", "code=x"])
      expect(await attempt?.finish(new URLSearchParams(query))).toMatchObject({ ok: false, code: "E_STATE" });

    expect(server.requests).toEqual([]);
    expect(await tokens.read("remote")).toBeNull();
    await authorization.close();
  });

  test("a person who says no is told as the server's own word", async () => {
    const authorization = await authorizationOf();
    const attempt = authorization.byBrowser("http://127.0.0.1:1/callback");
    const state = new URL(attempt?.url ?? "").searchParams.get("state") ?? "";

    expect(await attempt?.finish(new URLSearchParams({ state, error: "access_denied" }))).toMatchObject({
      ok: false,
      code: "access_denied",
    });
    await authorization.close();
  });

  test("the loopback answers nobody but the browser that comes back to it", async () => {
    const came: string[] = [];
    const loopback = await listenForRedirect({ port: null, path: "/callback" }, async (query) => {
      came.push(query.toString());
      return { status: 200, text: "done" };
    });
    const at = `http://127.0.0.1:${String(loopback.port)}`;

    expect((await fetch(`${at}/other?code=1`)).status).toBe(404);
    expect((await fetch(`${at}/callback?code=1`, { method: "POST" })).status).toBe(404);
    expect((await fetch(`${at}/callback?code=2`)).status).toBe(200);
    expect(came).toEqual(["code=2"]);
    await loopback.close();
  });

  test("by a device code: pending is waited for, slow_down makes it slower", async () => {
    const tokens = createMemoryVault();
    const { account, sleeps } = accountFor(server.origin, options({ tokens }));
    const authorization = await compiled(CODE).connect(account);
    server.deviceAnswers = ["authorization_pending", "slow_down", "authorization_pending"];
    const attempt = await authorization?.byDevice();
    if (attempt === undefined || "ok" in attempt) throw new Error("the server gives codes");

    const connected = await attempt.finish(new AbortController().signal);

    expect(attempt).toMatchObject({ code: "ABCD-EFGH", url: `${server.origin}/activate` });
    expect(connected).toMatchObject({ ok: true, lasts: true });
    expect(sleeps).toEqual([3000, 3000, 8000, 8000]);
    expect(await tokens.read("remote")).toContain("refresh-");
    await authorization?.close();
  });

  test.each(["access_denied", "expired_token"])("a device code that ends with %s is not connected", async (word) => {
    server.deviceAnswers = [word];
    const authorization = await authorizationOf();
    const attempt = await authorization.byDevice();
    if ("ok" in attempt) throw new Error("the server gives codes");

    expect(await attempt.finish(new AbortController().signal)).toMatchObject({ ok: false, code: word });
    await authorization.close();
  });

  test("a device code that nobody answers ends with its life", async () => {
    server.deviceAnswers = Array.from({ length: 1000 }, () => "authorization_pending");
    const authorization = await authorizationOf();
    const attempt = await authorization.byDevice();
    if ("ok" in attempt) throw new Error("the server gives codes");

    expect(await attempt.finish(new AbortController().signal)).toMatchObject({ ok: false, code: "expired_token" });
    expect(server.requests).toHaveLength(200);
    await authorization.close();
  });
});

describe("tokens in use", () => {
  const connected = async (more: Partial<OpenOptions> = {}) => {
    const tokens = createMemoryVault();
    const { access, refresh } = server.grant();
    const until = Date.parse("2026-06-01T00:50:00Z");
    await tokens.put("remote", JSON.stringify({ access, until, refresh, refreshUntil: null, seed: null }));
    return { tokens, access, refresh, ...(await contactOf(CODE, { tokens, ...more })) };
  };

  test("an account that nobody has connected is auth, with what to type", async () => {
    const { list } = await contactOf(CODE);

    expect((await list()).failure).toEqual({
      kind: "auth",
      message: "remote is not connected; connect it: syncline connect remote",
    });
    expect(server.calls).toEqual([]);
  });

  test("twenty calls that meet a 401 refresh once; the old refresh token is never used again", async () => {
    const { system } = await connected();
    server.revokeAccess();

    const read = await Promise.all(
      Array.from({ length: 20 }, () => readAll(system.object("contact", []).list()).then(({ failure }) => failure)),
    );

    expect(read).toEqual(Array.from({ length: 20 }, () => null));
    expect(server.requests).toHaveLength(1);
    expect(server.reuses).toBe(0);
  });

  test("the new refresh token is stored before the new access token is used", async () => {
    const { tokens, refresh, list } = await connected();
    server.revokeAccess();
    const order: string[] = [];
    const put = tokens.change.bind(tokens);
    Object.assign(tokens, {
      change: async (name: string, work: never) => {
        const result = await put(name, work);
        order.push(`stored after ${String(server.calls.filter((status) => status === 200).length)} good calls`);
        return result;
      },
    });

    await list();

    expect(order.at(-1)).toBe("stored after 0 good calls");
    expect(await tokens.read("remote")).not.toContain(refresh);
  });

  test("a refresh that the server cannot answer is asked again with the same token", async () => {
    const { list, tokens, refresh } = await connected();
    server.revokeAccess();
    server.failures = [{ status: 503, body: {} }];

    expect((await list()).failure).toBeNull();
    expect(server.requests.map((request) => request["refresh_token"])).toEqual([refresh, refresh]);
    expect(await tokens.read("remote")).not.toContain(refresh);
  });

  test("a refresh token that is refused is auth, and says how to connect anew", async () => {
    const { list } = await connected();
    server.revokeAccess();
    server.failures = [{ status: 400, body: { error: "invalid_grant", error_description: "expired" } }];

    expect((await list()).failure).toEqual({
      kind: "auth",
      message: "the token endpoint answered 400 (invalid_grant: expired); connect it: syncline connect remote",
    });
  });

  test("a refresh token whose time is over is not even sent", async () => {
    const tokens = createMemoryVault();
    const past = Date.parse("2026-05-31T00:00:00Z");
    await tokens.put(
      "remote",
      JSON.stringify({ access: "a", until: past, refresh: "r", refreshUntil: past, seed: null }),
    );
    const { list } = await contactOf(CODE, { tokens });

    expect((await list()).failure).toMatchObject({
      kind: "auth",
      message: expect.stringContaining("the connection of remote has ended; connect it: syncline connect remote"),
    });
    expect(server.requests).toEqual([]);
  });

  test("a token that ends soon is renewed before it is used", async () => {
    const { list, clock } = await connected();
    await list();
    expect(server.requests).toHaveLength(0);

    await clock.sleep(51 * 60_000);
    await list();

    expect(server.requests).toHaveLength(1);
    expect(server.calls).toEqual([200, 200]);
  });

  test("no token is told in a failure, not even when the server sends it back", async () => {
    const redactor = new Redactor();
    const { tokens, access, refresh, list } = await connected({ redactor });
    server.revokeAccess();
    server.failures = [{ status: 400, body: { error: "invalid_grant", error_description: `no ${refresh}` } }];

    const { failure } = await list();

    expect(JSON.stringify(failure)).not.toContain(refresh);
    expect(JSON.stringify(failure)).toContain("[redacted]");
    expect(redactor.redact(`${access} ${refresh} ${String(await tokens.read("remote"))}`)).not.toMatch(
      /access-|refresh-/,
    );
  });

  test("a refresh token of the config is used once; what came instead of it outlives a restart", async () => {
    const tokens = createMemoryVault();
    const { refresh } = server.grant();
    const text = connector("grant: refresh_token, refresh_token: token, client_secret: secret");
    const secrets = { ...SECRETS, token: refresh };

    expect((await (await contactOf(text, { tokens, secrets })).list()).failure).toBeNull();
    server.revokeAccess();
    expect((await (await contactOf(text, { tokens, secrets })).list()).failure).toBeNull();

    expect(server.reuses).toBe(0);
    expect(server.requests.filter((request) => request["refresh_token"] === refresh)).toHaveLength(1);
  });

  test("another refresh token in the config begins anew", async () => {
    const tokens = createMemoryVault();
    const text = connector("grant: refresh_token, refresh_token: token, client_secret: secret");
    const first = server.grant().refresh;
    const second = server.grant().refresh;
    await (await contactOf(text, { tokens, secrets: { ...SECRETS, token: first } })).list();

    await (await contactOf(text, { tokens, secrets: { ...SECRETS, token: second } })).list();

    expect(server.requests.map((request) => request["refresh_token"])).toEqual([first, second]);
  });
});

describe("grants without a person", () => {
  const pem = (key: KeyObject): string => key.export({ type: "pkcs8", format: "pem" }).toString();
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });

  test.each([
    ["RS256", rsa],
    ["ES256", ec],
  ] as const)("jwt_bearer: an assertion signed with %s says who, for whom and for what", async (algorithm, keys) => {
    const text = connector(
      `grant: jwt_bearer, scope: read, jwt: { private_key: key, algorithm: ${algorithm}, subject: user, audience: "https://login.example.com", key_id: "k 1" }`,
    );
    // As it stands in an environment variable.
    const key = pem(keys.privateKey).replaceAll("\n", "\\n");
    const { list } = await contactOf(text, { secrets: { ...SECRETS, key, user: "ada@example.com" } });

    expect((await list()).failure).toBeNull();
    const { payload, protectedHeader } = await jwtVerify(
      server.requests[0]?.["assertion"] ?? "",
      createPublicKey(keys.privateKey),
      { currentDate: new Date("2026-06-01T00:00:01Z") },
    );
    expect(protectedHeader).toMatchObject({ alg: algorithm, kid: "k 1" });
    expect(payload).toMatchObject({
      iss: "client-1",
      sub: "ada@example.com",
      aud: "https://login.example.com",
      scope: "read",
    });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(180);
  });

  test("a client may say who it is with its key", async () => {
    const text = connector("client_auth: private_key_jwt, jwt: { private_key: key, algorithm: PS256 }");
    const { list } = await contactOf(text, { secrets: { ...SECRETS, key: pem(rsa.privateKey) } });

    expect((await list()).failure).toBeNull();
    const [request] = server.requests;
    expect(request).toMatchObject({ grant_type: "client_credentials", client_id: "client-1" });
    const { payload } = await jwtVerify(request?.["client_assertion"] ?? "", rsa.publicKey, {
      currentDate: new Date("2026-06-01T00:00:01Z"),
    });
    expect(payload).toMatchObject({ iss: "client-1", sub: "client-1", aud: `${server.origin}/token` });
  });

  test("a key that is none, or of another kind, is auth and is not shown", async () => {
    for (const key of ["canary-not-a-key", pem(ec.privateKey)]) {
      const text = connector("grant: jwt_bearer, jwt: { private_key: key }");
      const { failure } = await (await contactOf(text, { secrets: { ...SECRETS, key } })).list();

      expect(failure).toMatchObject({ kind: "auth", message: expect.stringContaining("the secret key") });
      expect(JSON.stringify(failure)).not.toContain("canary");
    }
    expect(server.requests).toEqual([]);
  });

  test("password: name and password are sent in the body of the token request", async () => {
    const text = connector("grant: password, username: user, password: password, client_secret: secret");
    const { list } = await contactOf(text, { secrets: { ...SECRETS, user: "ada", password: "canary-pw" } });

    expect((await list()).failure).toBeNull();
    expect(server.requests[0]).toMatchObject({ grant_type: "password", username: "ada", password: "canary-pw" });
  });
});

describe("what is wrong with an auth block", () => {
  test.each([
    ["a code without an address", "grant: authorization_code", "E_MISSING", "authorize_url or device_url"],
    ["a client without a secret", "grant: client_credentials", "E_MISSING", "client's secret"],
    ["an assertion without a key", "grant: jwt_bearer", "E_MISSING", "jwt"],
    ["a password grant without a password", "grant: password, username: user", "E_MISSING", "password"],
    ["a key nobody declared", "grant: jwt_bearer, jwt: { private_key: privat }", "E_SECRET_UNKNOWN", "not declared"],
    [
      "keys of another grant",
      "grant: client_credentials, client_secret: secret, redirect: { port: 1 }",
      "E_COMBINATION",
      "redirect",
    ],
  ])("%s is told", (_, auth, code, message) => {
    expect(problemsOf(connector(auth))).toEqual([
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    ]);
  });
});
