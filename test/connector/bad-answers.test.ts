// Each bad answer of a remote system, over a real socket: what a listing, and what a write makes of it. A listing that meets
// one never ends as if it were complete; a write that meets one is unknown, never done and never refused.

import { deflateRawSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import {
  closeExpressionsAfterwards,
  closeSystemsAfterwards,
  failureOf,
  fileText,
  id,
  idsOf,
  open,
  readAll,
} from "./opened.ts";
import { Exact } from "../../src/core/value.ts";
import { startRemote, type Answering, type Remote } from "./remote.ts";

const FILE = fileText(`
timeout: { connect: 1s, response: 400ms }
response_bytes: 65536
objects:
  contact:
    list: { request: GET /contacts, items: results, query: { after: "{{ page.token }}" }, page: { token: next } }
    get: { request: "GET /contacts/{{ id }}" }
    create: { request: POST /contacts, body: "{{ record }}" }
    update: { request: "PATCH /contacts/{{ id }}", body: "{{ changed }}", repeat: unsafe, guard: none }
`);

const JSON_TYPE = { "content-type": "application/json" };
const ONE = { results: [{ id: "1" }] };

let remote: Remote;
beforeAll(async () => {
  remote = await startRemote();
});
afterAll(() => remote.close());
closeExpressionsAfterwards();
closeSystemsAfterwards();

const bad: readonly (readonly [name: string, answer: Answering, code: string])[] = [
  [
    "a web page with status 200",
    { headers: { "content-type": "text/html" }, body: "<html>log in</html>" },
    "E_CONTENT_TYPE",
  ],
  ["an empty 200", { status: 200 }, "E_CONTENT_TYPE"],
  ["a 204", { status: 204 }, "E_CONTENT_TYPE"],
  ["plain text", { headers: { "content-type": "text/plain" }, body: "OK" }, "E_CONTENT_TYPE"],
  ["JSON that is cut off", { headers: JSON_TYPE, body: '{"results": [{"id": "1"}, {"id"' }, "E_MALFORMED"],
  [
    "JSON too deep",
    { headers: JSON_TYPE, body: '{"results":' + "[".repeat(300) + "]".repeat(300) + "}" },
    "E_MALFORMED",
  ],
  ["invalid UTF-8", { headers: JSON_TYPE, body: Buffer.from([0x7b, 0xff, 0xfe, 0x7d]) }, "E_ENCODING"],
  [
    "an unknown character set",
    { headers: { "content-type": "application/json; charset=x-klingon" }, body: "{}" },
    "E_ENCODING",
  ],
  [
    "a body larger than the limit",
    { headers: JSON_TYPE, body: JSON.stringify({ results: ["x".repeat(70_000)] }) },
    "E_RESPONSE_TOO_LARGE",
  ],
  [
    "a gzip bomb",
    { headers: { ...JSON_TYPE, "content-encoding": "gzip" }, body: gzipSync(Buffer.alloc(5_000_000, 32)) },
    "E_RESPONSE_TOO_LARGE",
  ],
  [
    "gzip that is cut off",
    { headers: { ...JSON_TYPE, "content-encoding": "gzip" }, body: gzipSync(JSON.stringify(ONE)).subarray(0, 20) },
    "E_MALFORMED",
  ],
  ["a redirect", { status: 302, headers: { location: "http://169.254.169.254/" } }, "E_REDIRECT_BLOCKED"],
  ["an error in a good answer that no rule names", { body: { error: "down for maintenance" } }, "E_SCHEMA"],
  ["a list that is null", { body: { results: null } }, "E_SCHEMA"],
];

describe("a listing", () => {
  test.each(bad)("%s ends it as malformed", async (_, answer, code) => {
    remote.answers({ body: { ...ONE, next: "b" } }, answer);
    const { system } = await open(FILE, remote.origin);

    const { records, failure } = await readAll(system.object("contact", []).list());

    expect(idsOf(records)).toEqual(["1"]);
    expect(failure).toMatchObject({ kind: "malformed", code });
  });

  test("an answer that drips is given up at the deadline", async () => {
    remote.handle(() => (response) => {
      response.writeHead(200, JSON_TYPE);
      const drip = setInterval(() => response.write(" "), 20);
      response.on("close", () => {
        clearInterval(drip);
      });
    });
    const { system } = await open(FILE, remote.origin);

    const { failure } = await readAll(system.object("contact", []).list());

    expect(failure).toMatchObject({ kind: "unknown", code: "E_TIMEOUT" });
  });

  test("a body shorter than it said is a broken connection", async () => {
    remote.handle(() => (response) => {
      response.writeHead(200, { ...JSON_TYPE, "content-length": "100" });
      response.write('{"results":[]}');
      setTimeout(() => response.socket?.destroy(), 20);
    });
    const { system } = await open(FILE, remote.origin);

    const { failure } = await readAll(system.object("contact", []).list());

    expect(failure).toMatchObject({ kind: "unknown", code: "E_RESET" });
  });

  test("items without an id, and items that are no objects, are told beside the others", async () => {
    remote.answers({ body: { results: [{ id: "1" }, { name: "no id" }, "text", { id: "" }, { id: 2 }] } });
    const { system } = await open(FILE, remote.origin);

    const { pages, records } = await readAll(system.object("contact", []).list());

    expect(idsOf(records)).toEqual(["1", "2"]);
    expect(pages[0]?.broken.map((item) => item.code)).toEqual(["E_SCHEMA", "E_SCHEMA", "E_SCHEMA"]);
  });

  test("ids beyond what a double holds keep every digit", async () => {
    remote.answers({
      headers: JSON_TYPE,
      body: '{"results":[{"id":12345678901234567890,"amount":0.12345678901234567890}]}',
    });
    const { system } = await open(FILE, remote.origin);

    const { records } = await readAll(system.object("contact", []).list());

    expect(idsOf(records)).toEqual(["12345678901234567890"]);
    expect(records[0]?.fields.amount).toEqual(new Exact("0.1234567890123456789"));
  });

  test("packed answers are unpacked", async () => {
    const bytes = Buffer.from(JSON.stringify(ONE));
    for (const [encoding, body] of [
      ["gzip", gzipSync(bytes)],
      ["deflate", deflateRawSync(bytes)],
    ] as const) {
      remote.answers({ headers: { ...JSON_TYPE, "content-encoding": encoding }, body });
      const { system } = await open(FILE, remote.origin);

      const { records } = await readAll(system.object("contact", []).list());

      expect(idsOf(records)).toEqual(["1"]);
    }
  });

  test("JSON without a content type is still JSON", async () => {
    remote.answers({ body: JSON.stringify(ONE) });
    const { system } = await open(FILE, remote.origin);

    expect(idsOf((await readAll(system.object("contact", []).list())).records)).toEqual(["1"]);
  });
});

describe("a create", () => {
  test.each(bad.filter(([name]) => !name.startsWith("a list")))(
    "%s leaves its outcome unknown, and it is not sent again",
    async (_, answer) => {
      remote.answers(answer);
      remote.asked.length = 0;
      const { system } = await open(FILE, remote.origin);

      const [result] = await system.object("contact", []).create([{ key: "k", record: { name: "Ada" } }]);

      expect(failureOf(result).kind).toBe("unknown");
      expect(remote.asked).toHaveLength(1);
    },
  );
});

describe("a single record", () => {
  test("an empty answer to a get is malformed, not gone", async () => {
    remote.answers({ status: 200 });
    const { system } = await open(FILE, remote.origin);

    const [result] = await system.object("contact", []).get([id("1")]);

    expect(failureOf(result)).toMatchObject({ kind: "malformed", code: "E_CONTENT_TYPE" });
  });

  test("an update answered with 204, or with OK, is done", async () => {
    const { system } = await open(FILE, remote.origin);
    const update = { key: "k", id: id("1"), version: null, changed: { name: "Ada" }, current: null };
    for (const answer of [{ status: 204 }, { headers: { "content-type": "text/plain" }, body: "OK" }]) {
      remote.answers(answer);

      const [result] = await system.object("contact", []).update([update]);

      expect(result).toEqual({ ok: true, value: { id: "1", version: null, record: null } });
    }
  });
});
