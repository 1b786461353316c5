// What is sent again and what never is, over real sockets, with a clock that only writes down how long it would wait.

import { createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import {
  closeExpressionsAfterwards,
  closeSystemsAfterwards,
  failureOf,
  fileText,
  id,
  open,
  readAll,
  valueOf,
} from "./opened.ts";
import { startRemote, type Answering, type Remote } from "./remote.ts";

const OBJECT = (create = "", more = ""): string => `
timeout: { response: 300ms }
${more}
objects:
  contact:
    list: { request: GET /contacts }
    get: { request: "GET /contacts/{{ id }}" }
    create: { request: POST /contacts, body: "{{ record }}"${create} }
    update: { request: "PATCH /contacts/{{ id }}", body: "{{ changed }}", guard: none }
    delete: { request: "DELETE /contacts/{{ id }}", guard: none }
`;
const UNSAFE = fileText(OBJECT());
const BY_KEY = fileText(OBJECT(", repeat: by-key"));

const hang: Answering = () => undefined;
const failures: readonly (readonly [string, Answering])[] = [
  ["a 500", { status: 500 }],
  ["a 503", { status: 503, headers: { "retry-after": "1" } }],
  ["a reset connection", "cut"],
  ["no answer in time", hang],
];

let remote: Remote;
beforeAll(async () => {
  remote = await startRemote();
});
afterAll(() => remote.close());
closeExpressionsAfterwards();
closeSystemsAfterwards();

const create = { key: "key-1", record: { name: "Ada" } };
const update = { key: "key-1", id: id("1"), version: null, changed: { name: "Ada" }, current: null };

async function contact(text: string) {
  const watched = await open(text, remote.origin);
  remote.asked.length = 0;
  return { ...watched, contact: watched.system.object("contact", []) };
}

describe("a create that is not safe to repeat", () => {
  test.each(failures)("after %s is unknown, and is never sent a second time", async (_, answer) => {
    remote.answers(answer, { status: 201, body: { id: "1" } });
    const { contact: object } = await contact(UNSAFE);

    const [result] = await object.create([create]);

    expect(failureOf(result).kind).toBe("unknown");
    expect(remote.asked).toHaveLength(1);
  });

  test("after a 429 is sent again when the time has come: it had been refused", async () => {
    remote.answers({ status: 429, headers: { "retry-after": "7" } }, { status: 201, body: { id: "1" } });
    const { contact: object, sleeps } = await contact(UNSAFE);

    const [result] = await object.create([create]);

    expect(valueOf(result).id).toBe("1");
    expect(sleeps).toEqual([7000]);
    expect(remote.asked).toHaveLength(2);
  });

  test("that never reached the system is unreachable, not unknown", async () => {
    const free = await freePort();
    const { system } = await open(UNSAFE, `http://127.0.0.1:${String(free)}`);

    const [result] = await system.object("contact", []).create([create]);

    expect(failureOf(result)).toMatchObject({ kind: "unreachable", code: "E_UNREACHABLE" });
  });

  test("whose answer names no id is unknown", async () => {
    remote.answers({ status: 201, body: { ok: true } });
    const { contact: object } = await contact(UNSAFE);

    const [result] = await object.create([create]);

    expect(failureOf(result)).toMatchObject({ kind: "unknown", code: "E_SCHEMA" });
  });
});

describe("a writer who may no longer begin", () => {
  const may = (times: number) => {
    let left = times;
    return () => (left -= 1) >= 0;
  };

  test("sends nothing more, of what waited for its turn and of what would be sent again", async () => {
    remote.answers({ status: 201, body: { id: "1" } });
    const waiting = await contact(fileText(OBJECT("", "concurrency: 1")));
    const mayBegin = may(1);

    const [first, second] = await waiting.contact.create([
      { ...create, mayBegin },
      { key: "key-2", record: { name: "Grace" }, mayBegin },
    ]);

    expect(valueOf(first).id).toBe("1");
    expect(failureOf(second).kind).toBe("unreachable");
    expect(remote.asked).toHaveLength(1);

    remote.answers({ status: 503 }, { status: 201, body: { id: "1" } });
    const repeating = await contact(BY_KEY);
    await repeating.contact.create([{ ...create, mayBegin: may(1) }]);
    expect(remote.asked).toHaveLength(1);
  });

  test("sends no batch, update or delete either", async () => {
    remote.answers({ status: 200, body: {} });
    const batched = await contact(
      fileText(
        OBJECT("", "").replace(
          "    update:",
          '    batch: { create: { max: 2, request: POST /batch, body: { inputs: "{{ items }}" }, ok: results } }\n    update:',
        ),
      ),
    );
    const mayBegin = may(0);

    await batched.contact.create([create, { key: "key-2", record: {} }].map((each) => ({ ...each, mayBegin })));
    await batched.contact.update([{ ...update, mayBegin }]);
    await batched.contact.delete([{ key: "key-3", id: id("1"), version: null, mayBegin }]);

    expect(remote.asked).toEqual([]);
  });
});

describe("a create with an idempotency key", () => {
  test.each(failures)("after %s is sent again with the same key", async (_, answer) => {
    remote.answers(answer, { status: 201, body: { id: "1" } });
    const { contact: object } = await contact(BY_KEY);

    const [result] = await object.create([create]);

    expect(valueOf(result).id).toBe("1");
    expect(remote.asked.map((asked) => asked.headers["idempotency-key"])).toEqual(["key-1", "key-1"]);
  });

  test("that keeps failing ends as unknown after a few times", async () => {
    remote.answers({ status: 500 });
    const { contact: object } = await contact(BY_KEY);

    const [result] = await object.create([create]);

    expect(failureOf(result)).toMatchObject({ kind: "unknown", code: "HTTP_500" });
    expect(remote.asked).toHaveLength(4);
  });

  test("sends it where the file says: another header, or a place in the request", async () => {
    remote.answers({ status: 201, body: { id: "1" } });
    const named = await contact(fileText(OBJECT(", repeat: by-key, key: { header: X-Request-Id }")));
    await named.contact.create([create]);
    expect(remote.asked[0]?.headers).toMatchObject({ "x-request-id": "key-1" });
    expect(remote.asked[0]?.headers["idempotency-key"]).toBeUndefined();

    const placed = await contact(fileText(OBJECT(', repeat: by-key, query: { request_id: "{{ op.key }}" }')));
    await placed.contact.create([create]);
    expect(remote.asked[0]?.query.get("request_id")).toBe("key-1");
    expect(remote.asked[0]?.headers["idempotency-key"]).toBeUndefined();
  });
});

describe("updates, deletes and reads", () => {
  test.each(failures)("an update after %s is sent again: it says absolute values", async (_, answer) => {
    remote.answers(answer, { status: 200, body: {} });
    const { contact: object } = await contact(UNSAFE);

    const [result] = await object.update([update]);

    expect(result?.ok).toBe(true);
    expect(remote.asked).toHaveLength(2);
  });

  test.each(failures)("a listing after %s is asked for again", async (_, answer) => {
    remote.answers(answer, { body: [{ id: "1" }] });
    const { contact: object } = await contact(UNSAFE);

    const { records, failure } = await readAll(object.list());

    expect(failure).toBeNull();
    expect(records).toHaveLength(1);
  });

  test("a delete of what is gone says so", async () => {
    remote.answers({ status: 404 });
    const { contact: object } = await contact(UNSAFE);

    const [result] = await object.delete([{ key: "k", id: id("1"), version: null }]);

    expect(failureOf(result).kind).toBe("gone");
  });

  test("a listing that is not there is refused, not empty", async () => {
    remote.answers({ status: 404 });
    const { contact: object } = await contact(UNSAFE);

    expect((await readAll(object.list())).failure).toMatchObject({ kind: "rejected", code: "HTTP_404" });
  });
});

describe("waiting", () => {
  test("a date in Retry-After is a time to wait until", async () => {
    remote.answers({ status: 429, headers: { "retry-after": "Mon, 01 Jun 2026 00:00:09 GMT" } }, { body: [] });
    const { contact: object, sleeps } = await contact(UNSAFE);

    await readAll(object.list());

    expect(sleeps).toEqual([9000]);
  });

  test("without Retry-After the waits grow", async () => {
    remote.answers({ status: 429 }, { status: 429 }, { status: 429 }, { body: [] });
    const { contact: object, sleeps } = await contact(UNSAFE);

    await readAll(object.list());

    expect(sleeps).toEqual([750, 1500, 3000]);
  });

  test("a wait beyond all patience is given back as throttled, with its length", async () => {
    remote.answers({ status: 429, headers: { "retry-after": "3600" } });
    const { contact: object, sleeps } = await contact(UNSAFE);

    const { failure } = await readAll(object.list());

    expect(failure).toMatchObject({ kind: "throttled", retryAfterMs: 3_600_000 });
    expect(sleeps).toEqual([]);
  });

  test.each([
    [{ "ratelimit-remaining": "0", "ratelimit-reset": "4" }, 4000],
    [{ "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(Date.parse("2026-06-01T00:00:05Z") / 1000) }, 5000],
    [{ ratelimit: '"default";r=0;t=6' }, 6000],
    [{ "ratelimit-remaining": "3", "ratelimit-reset": "4" }, null],
  ])("a budget that headers call empty is waited for: %j", async (headers, wait) => {
    remote.answers({ headers, body: [] }, { body: [] });
    const { contact: object, sleeps } = await contact(UNSAFE);

    await readAll(object.list());
    await readAll(object.list());

    expect(sleeps).toEqual(wait === null ? [] : [wait]);
  });

  test("all objects of a system share its named limits, and an account may change their figure", async () => {
    remote.answers({ body: [] });
    const limited = fileText(OBJECT("", "limits: [{ name: burst, rate: 2/10s }]"));
    const { system, sleeps } = await open(limited, remote.origin);
    for (let round = 0; round < 5; round += 1) await readAll(system.object("contact", []).list());
    expect(sleeps).toEqual([10_000, 10_000]);

    const wider = await open(limited, remote.origin, { limits: { burst: "100/10s" } });
    for (let round = 0; round < 5; round += 1) await readAll(wider.system.object("contact", []).list());
    expect(wider.sleeps).toEqual([]);
  });

  test("a daily limit that is used up throttles without asking", async () => {
    remote.answers({ body: [] });
    const { contact: object } = await contact(fileText(OBJECT("", "limits: [{ name: daily, rate: 1/d }]")));
    await readAll(object.list());

    const { failure } = await readAll(object.list());

    expect(failure).toMatchObject({ kind: "throttled", retryAfterMs: 86_400_000 });
    expect(remote.asked).toHaveLength(1);
  });

  test("no more requests run at once than the file says", async () => {
    let running = 0;
    let most = 0;
    remote.handle(() => (response) => {
      running += 1;
      most = Math.max(most, running);
      setTimeout(() => {
        running -= 1;
        response.writeHead(200, { "content-type": "application/json" });
        response.end('{"id":"1"}');
      }, 5);
    });
    const { contact: object } = await contact(fileText(OBJECT("", "concurrency: 3")));

    const results = await object.get(Array.from({ length: 20 }, (_, index) => id(String(index))));

    expect(results.every((result) => result.ok)).toBe(true);
    expect(most).toBe(3);
  });
});

describe("the error table", () => {
  const TABLE = fileText(
    OBJECT(
      "",
      `errors:
  - { when: { status: 200, body: "$exists(error)" }, do: reject }
  - { when: { status: [400, 418], body: 'code = "TAKEN"' }, do: duplicate }
  - { when: { status: 418, op: [list, get] }, do: stop }
  - { when: { status: 404, op: create }, do: retry }
  - { when: { status: 451 }, do: resync }`,
    ),
  );

  test.each([
    ["create", { status: 400, body: { code: "TAKEN" } }, "duplicate"],
    ["create", { status: 400, body: { code: "OTHER" } }, "rejected"],
    ["create", { status: 200, body: { error: "no" } }, "rejected"],
    ["create", { status: 404 }, "unknown"],
    ["create", { status: 409 }, "duplicate"],
    ["create", { status: 403 }, "auth"],
    ["create", { status: 401 }, "auth"],
    ["create", { status: 422, body: { message: "bad name" } }, "rejected"],
    ["update", { status: 412 }, "stale"],
    ["update", { status: 404 }, "gone"],
    ["list", { status: 418 }, "stop"],
    ["list", { status: 451 }, "resync"],
  ] as const)("on %s, %j means %s", async (operation, answer, kind) => {
    remote.answers(answer);
    const { contact: object } = await contact(TABLE);

    const failure =
      operation === "list"
        ? (await readAll(object.list())).failure
        : failureOf(operation === "create" ? (await object.create([create]))[0] : (await object.update([update]))[0]);

    expect(failure?.kind).toBe(kind);
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
