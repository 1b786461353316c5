// The auth scheme `session` against a real server that hands out sessions, ends them, and counts its logins.

import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import {
  closeExpressionsAfterwards,
  closeSystemsAfterwards,
  failureOf,
  fileText,
  open,
  problemsOf,
  readAll,
} from "./opened.ts";
import { startRemote, type Answering, type Asked, type Remote } from "./remote.ts";

closeExpressionsAfterwards();
closeSystemsAfterwards();

const SECRETS = { user: "ada", password: "pass word+1" };

const OBJECTS = `
objects:
  contact:
    list: { request: GET /contacts }
    get: { request: "GET /contacts/{{ id }}" }
    update: { request: "PATCH /contacts/{{ id }}", body: "{{ changed }}", guard: none, repeat: unsafe }
`;

const TOKEN = fileText(`
secrets: { user: { required: true }, password: { required: true } }
auth:
  scheme: session
  request: POST /login
  body: { params: { login: "{{ secrets.user }}", password: "{{ secrets.password }}" } }
  refused: $exists(error)
  take: { uid: "result[0]", key: "result[1]" }
  send: { Authorization: 'Session {{ $base64encode(secrets.user & ":" & session.uid & ":" & session.key) }}' }
errors:
  - { when: { status: 200, body: '$exists(expired)' }, do: refresh-auth }
${OBJECTS}`);

const COOKIES = fileText(`
secrets: { user: {}, password: {} }
auth:
  scheme: session
  request: POST /login
  headers: { Content-Type: application/x-www-form-urlencoded }
  body: { user: "{{ secrets.user }}", password: "{{ secrets.password }}" }
  life: 10m
${OBJECTS}`);

let remote: Remote;
/** Logins so far; the key of the present session is their count. */
let logins: Asked[] = [];
let valid = new Set<string>();

beforeAll(async () => {
  remote = await startRemote();
});
afterAll(() => remote.close());
beforeEach(() => {
  logins = [];
  valid = new Set();
  remote.asked.length = 0;
});

/** Answers as a system that knows its sessions by what they send. */
function serve(
  loggedIn: (count: number) => Answering & object,
  sent: (asked: Asked) => string,
  unknown: Answering,
): void {
  remote.handle((asked) => {
    if (asked.path === "/login") {
      logins.push(asked);
      return loggedIn(logins.length);
    }
    if (!valid.has(sent(asked))) return unknown;
    return { body: asked.path === "/contacts" ? [{ id: "1" }] : { id: asked.path.split("/")[2] } };
  });
}

function keyOf(asked: Asked): string {
  const text = asked.headers.authorization ?? "";
  return Buffer.from(text.replace("Session ", ""), "base64").toString("utf8");
}

function serveTokens(unknown: Answering = { status: 401 }): void {
  serve(
    (count) => {
      valid = new Set([`ada:7:key-${String(count)}`]);
      return { body: { result: [7, `key-${String(count)}`] } };
    },
    keyOf,
    unknown,
  );
}

test("many calls at once log in one single time, and send what the login answered", async () => {
  serveTokens();
  const { system } = await open(TOKEN, remote.origin, { secrets: SECRETS });
  const contact = system.object("contact", []);

  const results = await Promise.all([
    readAll(contact.list()),
    contact.get(["1", "2", "3"] as never),
    readAll(contact.list()),
  ]);

  expect(results[0].failure).toBeNull();
  expect(results[1].every((result) => result.ok)).toBe(true);
  expect(logins.map((login) => JSON.parse(login.body) as unknown)).toEqual([
    { params: { login: "ada", password: "pass word+1" } },
  ]);
});

test.each<[string, Answering]>([
  ["a 401", { status: 401 }],
  ["an error rule that says refresh-auth", { status: 200, body: { expired: true } }],
])("after %s the next session is opened once, and the call is made again", async (_, unknown) => {
  serveTokens(unknown);
  const { system } = await open(TOKEN, remote.origin, { secrets: SECRETS });
  const contact = system.object("contact", []);
  await readAll(contact.list());
  valid.clear();

  const [first, second] = await Promise.all([readAll(contact.list()), readAll(contact.list())]);

  expect([first.failure, second.failure]).toEqual([null, null]);
  expect(logins).toHaveLength(2);
});

test("a write that met an ended session is made exactly once", async () => {
  serveTokens();
  const { system } = await open(TOKEN, remote.origin, { secrets: SECRETS });
  const contact = system.object("contact", []);
  await readAll(contact.list());
  valid.clear();

  const [written] = await contact.update([
    { key: "k", id: "1" as never, version: null, changed: { name: "N" }, current: null },
  ]);

  expect(written?.ok).toBe(true);
  const patches = remote.asked.filter((asked) => asked.method === "PATCH");
  expect(patches.map((asked) => keyOf(asked))).toEqual(["ada:7:key-1", "ada:7:key-2"]);
});

test("a session that is refused twice ends as auth, without a third login", async () => {
  serve((count) => ({ body: { result: [7, `key-${String(count)}`] } }), keyOf, { status: 401 });
  const { system } = await open(TOKEN, remote.origin, { secrets: SECRETS });

  const { failure } = await readAll(system.object("contact", []).list());

  expect(failure?.kind).toBe("auth");
  expect(logins).toHaveLength(2);
});

test.each<[string, Answering & object, string]>([
  ["a 403", { status: 403, body: { message: "wrong password" } }, "403"],
  ["a good status whose body is a refusal", { body: { error: { message: "wrong password" } } }, "wrong password"],
  ["an answer without the session's values", { body: { result: [7] } }, "result[1]"],
])("a login answered with %s is an auth failure that names no secret", async (_, answer, words) => {
  serve(() => answer, keyOf, { status: 401 });
  const { system } = await open(TOKEN, remote.origin, { secrets: SECRETS });

  const failure = failureOf(await system.probe());

  expect(failure.kind).toBe("auth");
  expect(failure.message).toContain(words);
  expect(JSON.stringify(failure)).not.toContain(SECRETS.password);
});

test("a login that the system could not answer is tried again, and then the system is unreachable", async () => {
  serve(() => ({ status: 503 }), keyOf, { status: 401 });
  const { system } = await open(TOKEN, remote.origin, { secrets: SECRETS });

  expect(failureOf(await system.probe()).kind).toBe("unreachable");
  expect(logins.length).toBeGreaterThan(1);
});

test("cookies of the login are kept and sent, without their attributes; after `life` a new session is opened", async () => {
  serve(
    (count) => {
      valid.add(`B1SESSION=s${String(count)}; ROUTEID=.node1`);
      const cookies = [
        `B1SESSION=s${String(count)}; HttpOnly; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Path=/`,
        "ROUTEID=.node1; path=/",
      ];
      return (response) => {
        response.setHeader("set-cookie", cookies);
        response.setHeader("content-type", "application/json");
        response.end("{}");
      };
    },
    (asked) => asked.headers.cookie ?? "",
    { status: 401 },
  );
  const { system, clock } = await open(COOKIES, remote.origin, { secrets: SECRETS });
  const contact = system.object("contact", []);

  const before = await readAll(contact.list());
  await clock.sleep(601_000, new AbortController().signal);
  const after = await readAll(contact.list());

  expect([before.failure, after.failure]).toEqual([null, null]);
  expect(logins.map((login) => login.body)).toEqual([
    "user=ada&password=pass%20word%2B1",
    "user=ada&password=pass%20word%2B1",
  ]);
});

test.each([
  ["a secret that is not declared", `body: { p: "{{ secrets.pasword }}" }`, "E_SECRET_UNKNOWN"],
  ["a request line that is none", `body: {}\n  request: login`, "E_REQUEST_LINE"],
  ["a session that nothing is sent of", `cookies: false`, "E_MISSING"],
  ["a path that is none", `take: { token: "a[" }\n  send: { A: "{{ session.token }}" }`, "E_PATH"],
  ["a name that the login does not know", `body: { p: "{{ session.token }}" }`, "E_EXPR_NAME"],
])("check finds %s", (_, keys, code) => {
  const line = keys.includes("request:") ? "" : "\n  request: POST /login";

  const problems = problemsOf(
    fileText(`secrets: { password: {} }\nauth:\n  scheme: session${line}\n  ${keys}\n${OBJECTS}`),
  );

  expect(problems.map((problem) => problem.code)).toContain(code);
});

test("a login that gives nothing to send is an auth failure, not a session", async () => {
  remote.handle(() => ({ body: {} }));
  const { system } = await open(COOKIES, remote.origin, { secrets: SECRETS });

  expect(failureOf(await system.probe())).toMatchObject({ kind: "auth" });
});

test("requests may say what the login answered, and only where there is a login", async () => {
  serveTokens();
  remote.handle((asked) =>
    asked.path === "/login"
      ? { body: { result: [7, "k"] } }
      : { body: [{ id: "1", sent: JSON.parse(asked.body) as unknown }] },
  );
  const told = TOKEN.replace("GET /contacts }", 'POST /contacts, body: { uid: "{{ session.uid }}" } }');
  const { system } = await open(told, remote.origin, { secrets: SECRETS });

  const { records } = await readAll(system.object("contact", []).list());

  expect(records[0]?.fields.sent).toEqual({ uid: 7 });
  const elsewhere = fileText(OBJECTS.replace("GET /contacts }", 'POST /contacts, body: "{{ session.uid }}" }'));
  expect(problemsOf(elsewhere).map((problem) => problem.code)).toContain("E_EXPR_NAME");
});

test("requests still see no secrets", () => {
  const problems = problemsOf(
    TOKEN.replace("GET /contacts }", "GET /contacts, query: { p: '{{ secrets.password }}' } }"),
  );

  expect(problems.map((problem) => problem.code)).toContain("E_EXPR_NAME");
});
