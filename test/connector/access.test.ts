// Who may be reached, and with what: addresses, credentials, and that no secret ever leaves but in the request itself.

import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { judgeAddress } from "../../src/connector/address.ts";
import { Redactor, Secret } from "../../src/connector/secret.ts";
import {
  closeExpressionsAfterwards,
  closeSystemsAfterwards,
  compileText,
  compiled,
  fileText,
  open,
  problemsOf,
  readAll,
} from "./opened.ts";
import { startRemote, type Remote } from "./remote.ts";

const LIST = `objects: { contact: { list: { request: GET /contacts } } }`;
const CANARY = "canary-5f0c9e/+=";

let remote: Remote;
let elsewhere: Remote;
beforeAll(async () => {
  remote = await startRemote();
  elsewhere = await startRemote();
});
afterAll(() => Promise.all([remote.close(), elsewhere.close()]));
closeExpressionsAfterwards();
closeSystemsAfterwards();

describe("addresses", () => {
  test.each([
    ["8.8.8.8", "public"],
    ["2606:4700::1111", "public"],
    ["64:ff9b::808:808", "public"],
    ["127.0.0.1", "private"],
    ["127.9.9.9", "private"],
    ["::1", "private"],
    ["10.0.0.1", "private"],
    ["172.16.0.1", "private"],
    ["192.168.1.1", "private"],
    ["100.64.0.1", "private"],
    ["fd12::1", "private"],
    ["::ffff:127.0.0.1", "private"],
    ["64:ff9b::7f00:1", "private"],
    ["169.254.169.254", "forbidden"],
    ["::ffff:169.254.169.254", "forbidden"],
    ["64:ff9b::a9fe:a9fe", "forbidden"],
    ["fd00:ec2::254", "forbidden"],
    ["100.100.100.200", "forbidden"],
    ["fe80::1", "forbidden"],
    ["fe80::1%eth0", "forbidden"],
    ["0.0.0.0", "forbidden"],
    ["::", "forbidden"],
    ["224.0.0.1", "forbidden"],
    ["ff02::1", "forbidden"],
    ["255.255.255.255", "forbidden"],
    ["2002:7f00:1::", "forbidden"],
    ["2001::1", "forbidden"],
    ["198.18.0.1", "forbidden"],
    ["not an address", "forbidden"],
  ])("%s is %s", (address, verdict) => {
    expect(judgeAddress(address)).toBe(verdict);
  });

  test.each(["http://127.0.0.1", "http://[::1]", "http://0x7f.1", "http://2130706433", "http://localhost"])(
    "%s is not connected to without allow_private",
    async (host) => {
      remote.asked.length = 0;
      const { system } = await open(fileText(LIST), `${host}:${new URL(remote.origin).port}`, { allowPrivate: false });

      const { failure } = await readAll(system.object("contact", []).list());

      expect(failure).toMatchObject({ kind: "unreachable", code: "E_SSRF_BLOCKED" });
      expect(remote.asked).toHaveLength(0);
    },
  );

  test("a name is resolved once, and what was checked is what is connected to", async () => {
    remote.answers({ body: [{ id: "1" }] });
    let asked = 0;
    const { system } = await open(fileText(LIST), `http://rebind.test:${new URL(remote.origin).port}`, {
      resolve: (_, answer) => {
        asked += 1;
        answer(null, [{ address: asked === 1 ? "127.0.0.1" : "169.254.169.254", family: 4 }]);
      },
    });

    const { records } = await readAll(system.object("contact", []).list());

    expect(records).toHaveLength(1);
    expect(asked).toBe(1);
  });

  test("a name with one forbidden address among its addresses is not reached, also with allow_private", async () => {
    const { system } = await open(fileText(LIST), "http://mixed.test", {
      resolve: (_, answer) => {
        answer(null, [
          { address: "8.8.8.8", family: 4 },
          { address: "169.254.169.254", family: 4 },
        ]);
      },
    });

    const { failure } = await readAll(system.object("contact", []).list());

    expect(failure).toMatchObject({ kind: "unreachable", code: "E_SSRF_BLOCKED" });
  });

  test("a name nobody knows is unreachable", async () => {
    const { system } = await open(fileText(LIST), "http://nowhere.invalid");

    expect((await readAll(system.object("contact", []).list())).failure).toMatchObject({
      kind: "unreachable",
      code: "E_DNS",
    });
  });

  test("an account whose address is not public is told so by check", async () => {
    const account = { settings: { base_url: "http://10.0.0.1" }, secrets: [], limits: {} };
    const connector = compiled(fileText(LIST));

    expect(await connector.checkAccount({ ...account, allowPrivate: false })).toMatchObject([
      { code: "E_SSRF_BLOCKED" },
    ]);
    expect(await connector.checkAccount({ ...account, allowPrivate: true })).toEqual([]);
  });

  test.each([
    "ftp://example.com",
    "file:///etc/passwd",
    "http://user:pass@example.com",
    "example.com",
    "https://example.com?x=1",
  ])("%s is no base_url", async (address) => {
    const connector = compiled(fileText(LIST));
    const account = { settings: { base_url: address }, secrets: [], limits: {}, allowPrivate: false };

    expect(await connector.checkAccount(account)).toMatchObject([{ code: "E_URL" }]);
    const written = problemsOf(`connector: x\nprotocol: rest\nbase_url: ${address}\n${LIST}`);
    expect(written).toMatchObject([{ code: "E_URL", path: ["base_url"] }]);
    expect(JSON.stringify(written)).not.toContain("pass@");
  });
});

describe("credentials", () => {
  const secrets = "secrets: { user: {}, token: { required: true } }";
  test.each([
    ["{ scheme: bearer, token: token }", { authorization: `Bearer ${CANARY}` }],
    ["{ scheme: basic, username: user, password: token }", { authorization: `Basic ${btoa(`ada:${CANARY}`)}` }],
    ["{ scheme: header, name: X-Api-Key, token: token }", { "x-api-key": CANARY }],
    ["{ scheme: header, name: Authorization, token: token, prefix: 'Token ' }", { authorization: `Token ${CANARY}` }],
  ])("%s", async (auth, headers) => {
    remote.answers({ body: [] });
    remote.asked.length = 0;
    const text = fileText(`${secrets}\nauth: ${auth}\n${LIST}`);
    const { system } = await open(text, remote.origin, { secrets: { user: "ada", token: CANARY } });

    await readAll(system.object("contact", []).list());

    expect(remote.asked[0]?.headers).toMatchObject(headers);
  });

  test("query: the secret is a parameter, also of the next page", async () => {
    remote.answers({ body: { items: [{ id: "1" }], next: "/contacts?page=2" } }, { body: { items: [] } });
    remote.asked.length = 0;
    const text = fileText(
      `${secrets}\nauth: { scheme: query, name: key, token: token }\nobjects: { contact: { list: { request: GET /contacts, items: items, page: { url: next } } } }`,
    );
    const { system } = await open(text, remote.origin, { secrets: { token: CANARY } });

    await readAll(system.object("contact", []).list());

    expect(remote.asked.map((asked) => asked.query.get("key"))).toEqual([CANARY, CANARY]);
  });

  test("a 401 of a fixed credential is auth, at once", async () => {
    remote.answers({ status: 401 });
    remote.asked.length = 0;
    const { system } = await open(
      fileText(`${secrets}\nauth: { scheme: bearer, token: token }\n${LIST}`),
      remote.origin,
      {
        secrets: { token: CANARY },
      },
    );

    expect((await readAll(system.object("contact", []).list())).failure?.kind).toBe("auth");
    expect(remote.asked).toHaveLength(1);
  });

  const OAUTH = (more = ""): string =>
    fileText(`secrets: { id: {}, secret: {}, refresh: {} }
auth: { scheme: oauth2, token_url: "{{ settings.base_url }}/token", client_id: id, client_secret: secret, scope: "read write"${more} }
concurrency: 8
objects: { contact: { list: { request: GET /contacts }, get: { request: "GET /contacts/{{ id }}" } } }`);

  test("oauth2: one token for many calls at once, and another after a 401", async () => {
    let tokens = 0;
    let valid = 1;
    remote.handle(({ path, headers }) => {
      if (path === "/token") {
        tokens += 1;
        return { body: { access_token: `token-${String(tokens)}`, expires_in: 3600 } };
      }
      return headers.authorization === `Bearer token-${String(valid)}` ? { body: [] } : { status: 401 };
    });
    remote.asked.length = 0;
    const { system } = await open(OAUTH(), remote.origin, { secrets: { id: "me", secret: CANARY } });
    const list = () => readAll(system.object("contact", []).list());

    const first = await Promise.all([list(), list(), list(), list()]);
    expect(first.map((read) => read.failure)).toEqual([null, null, null, null]);
    expect(tokens).toBe(1);
    expect(new URLSearchParams(remote.asked[0]?.body)).toEqual(
      new URLSearchParams({
        grant_type: "client_credentials",
        scope: "read write",
        client_id: "me",
        client_secret: CANARY,
      }),
    );

    valid = 2;
    const second = await Promise.all([list(), list(), list(), list()]);
    expect(second.map((read) => read.failure)).toEqual([null, null, null, null]);
    expect(tokens).toBe(2);

    valid = 99;
    expect((await list()).failure?.kind).toBe("auth");
  });

  test("oauth2: a refresh token is used, kept up to date, and replaced by the client's own credentials when refused", async () => {
    const grants: string[] = [];
    remote.handle(({ path, body }) => {
      if (path !== "/token") return { body: [] };
      const asked = new URLSearchParams(body);
      grants.push(`${asked.get("grant_type") ?? ""} ${asked.get("refresh_token") ?? ""}`.trim());
      if (asked.get("refresh_token") === "second") return { status: 400, body: { error: "invalid_grant" } };
      return { body: { access_token: "t", expires_in: 1, refresh_token: "second" } };
    });
    const { system, clock } = await open(OAUTH(", refresh_token: refresh"), remote.origin, {
      secrets: { id: "me", secret: CANARY, refresh: "first-one" },
    });

    await readAll(system.object("contact", []).list());
    await clock.sleep(2000, new AbortController().signal);
    const { failure } = await readAll(system.object("contact", []).list());

    expect(failure).toBeNull();
    expect(grants).toEqual(["refresh_token first-one", "refresh_token second", "client_credentials"]);
  });

  test("oauth2: a token endpoint that refuses is auth", async () => {
    remote.answers({ status: 400, body: { error: "invalid_client" } });
    const { system } = await open(OAUTH(), remote.origin, { secrets: { id: "me", secret: CANARY } });

    expect((await readAll(system.object("contact", []).list())).failure).toMatchObject({ kind: "auth" });
  });
});

describe("secrets", () => {
  test("a Secret prints as [redacted] however it is printed", () => {
    const secret = new Secret(CANARY);

    expect([String(secret), JSON.stringify({ secret }), inspect({ secret })].join()).not.toContain("canary");
    expect(secret.reveal()).toBe(CANARY);
  });

  test("a redactor strikes out a secret in each form in which it travels", () => {
    const redactor = new Redactor();
    redactor.add(CANARY);

    const text = redactor.redact(`a ${CANARY} b ${encodeURIComponent(CANARY)} c ${btoa(CANARY)}`);

    expect(text).toBe("a [redacted] b [redacted] c [redacted]");
  });

  test("no failure, log line or problem holds a secret, even when the system echoes it", async () => {
    const text = fileText(`secrets: { token: { required: true } }
auth: { scheme: query, name: key, token: token }
timeout: { response: 200ms }
objects:
  contact:
    list: { request: GET /contacts }
    create: { request: POST /contacts, body: "{{ record }}" }`);
    const said: unknown[] = [];
    for (const answer of [
      { status: 422, body: { message: `the key ${CANARY} may not do this (${encodeURIComponent(CANARY)})` } },
      { status: 401, body: CANARY, headers: { "content-type": "text/plain" } },
      { status: 500, body: { error: { message: CANARY } } },
      { status: 302, headers: { location: `http://x/?key=${CANARY}` } },
      { status: 200, body: `{"half": "${CANARY}` },
      "cut" as const,
      () => undefined,
    ]) {
      remote.answers(answer);
      const { system, logged, calls } = await open(text, remote.origin, { secrets: { token: CANARY } });
      said.push((await readAll(system.object("contact", []).list())).failure);
      said.push(await system.object("contact", []).create([{ key: "k", record: { a: 1 } }]));
      said.push(await system.probe(), logged, calls, inspect(system, { depth: 8 }));
    }
    said.push(compileText(text).problems);

    const everything = inspect(said, { depth: 12, maxStringLength: null });
    expect(everything).not.toContain(CANARY);
    expect(everything).not.toContain(encodeURIComponent(CANARY));
    expect(said).toHaveLength(7 * 6 + 1);
  });

  test("a missing secret is named, by name only", async () => {
    const connector = compiled(
      fileText(`secrets: { token: { required: true } }\nauth: { scheme: bearer, token: token }\n${LIST}`),
    );

    const problems = await connector.checkAccount({
      settings: {},
      secrets: ["tokn"],
      limits: { x: "1/s" },
      allowPrivate: true,
    });

    expect(problems.map((problem) => [problem.code, problem.expected])).toEqual([
      ["E_UNKNOWN_KEY", "token"],
      ["E_UNKNOWN_KEY", "none"],
      ["E_SETTING_MISSING", "base_url"],
      ["E_SECRET_MISSING", "token"],
    ]);
    expect(problems[0]?.hint).toBe('did you mean "token"?');
  });

  test("credentials are not sent to a next page elsewhere", async () => {
    elsewhere.asked.length = 0;
    remote.answers({ body: { items: [{ id: "1" }], next: `${elsewhere.origin}/contacts` } });
    const text = fileText(
      `objects: { contact: { list: { request: GET /contacts, items: items, page: { url: next } } } }`,
    );
    const { system } = await open(text, remote.origin);

    const { failure } = await readAll(system.object("contact", []).list());

    expect(failure).toMatchObject({ kind: "malformed", code: "E_REDIRECT_BLOCKED" });
    expect(elsewhere.asked).toHaveLength(0);
  });
});
