// Answers of remote systems, broken in every way, over real sockets: a listing never ends as if it were whole with records that
// were not sent, a write is done, refused or unknown, and nothing is thrown. A failure prints its seed and path.

import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { fileURLToPath } from "node:url";
import { readFileSync } from "node:fs";
import type { SystemObject } from "../../src/connector/contract.ts";
import { createExpressionCompiler } from "../../src/expression/compiler.ts";
import { closeExpressionsAfterwards, closeSystemsAfterwards, fileText, id, open } from "../connector/opened.ts";
import { startRemote, type Remote } from "../connector/remote.ts";
import { openSoapSystem } from "../connector/soap-opened.ts";
import { damaged } from "./damaged.ts";

const BOUNDED = { numRuns: 300, interruptAfterTimeLimit: 8000, markInterruptAsFailure: false };

let remote: Remote;
beforeAll(async () => {
  remote = await startRemote();
});
afterAll(() => remote.close());
closeExpressionsAfterwards();
closeSystemsAfterwards();

const REST = fileText(`
timeout: { connect: 1s, response: 500ms }
objects:
  contact:
    version: rev
    fields: { balance: { at: money.balance, type: decimal } }
    list: { request: GET /contacts, items: results, count: total, page: { token: next }, query: { after: "{{ page.token }}" } }
    get: { request: "GET /contacts/{{ id }}" }
    create: { request: POST /contacts, body: "{{ record }}" }
`);

const PAGE = JSON.stringify({
  total: 2,
  results: [
    { id: "1", rev: 7, money: { balance: "12.50" }, name: "Ada" },
    { id: 12_345_678, rev: "8", money: { balance: 0.1 }, name: "Zoë" },
  ],
  next: null,
});

/** Every id that a listing may believe: it has to stand in the bytes that were sent. */
async function listed(object: SystemObject): Promise<{ readonly ids: readonly string[]; readonly whole: boolean }> {
  const ids: string[] = [];
  for await (const page of object.list()) {
    if (!page.ok) return { ids, whole: false };
    ids.push(...page.value.records.map((record) => record.id));
    // A next page that the damage made up would be the same bytes again.
    if (ids.length > 100) break;
  }
  return { ids, whole: true };
}

describe("answers in JSON", () => {
  test("a listing holds only records that were sent, and fails where the bytes cannot be read", async () => {
    const { system } = await open(REST, remote.origin, { allowPrivate: true });
    const object = system.object("contact", []);

    await fc.assert(
      fc.asyncProperty(damaged(PAGE), async (body) => {
        remote.handle((_, count) =>
          count > 1 && body.includes('"next": "')
            ? { status: 404 }
            : { headers: { "content-type": "application/json" }, body },
        );
        const { ids } = await listed(object);
        for (const each of ids) expect(body.includes(each) || /\\u|\d[eE.]/.test(body.toString("latin1"))).toBe(true);
      }),
      BOUNDED,
    );
  });

  test("a record is one, or a failure; a write is done, refused or unknown", async () => {
    const { system } = await open(REST, remote.origin, { allowPrivate: true });
    const object = system.object("contact", []);
    const sound = '{ "id": "1", "rev": 7, "money": { "balance": "12.50" } }';

    await fc.assert(
      fc.asyncProperty(
        damaged(sound),
        fc.constantFrom(200, 201, 204, 400, 404, 409, 412, 500),
        async (body, status) => {
          remote.handle(() => ({
            status,
            headers: { "content-type": "application/json" },
            body: status === 204 ? "" : body,
          }));
          const [got] = await object.get([id("1")]);
          const [made] = await object.create([{ key: "k", record: { name: "Ada" } }]);
          expect(typeof got?.ok).toBe("boolean");
          if (made?.ok === true) expect(made.value.id).not.toBe("");
          // Bytes that cannot be read are no proof that a write did not happen.
          if (made?.ok === false && status < 300) expect(["unknown", "malformed"]).toContain(made.failure.kind);
        },
      ),
      BOUNDED,
    );
  });
});

describe("answers in XML", () => {
  const folder = fileURLToPath(new URL("../../connectors", import.meta.url));
  const expressions = createExpressionCompiler();
  afterAll(() => expressions.close());
  const ENVELOPE = `<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>
    <ListCustomersResponse xmlns="urn:syncline:sandbox-billing"><total>1</total>
    <customer><id>c1</id><revision>3</revision><name>Ada &amp; Co</name><email>ada@example.com</email></customer>
    </ListCustomersResponse></s:Body></s:Envelope>`;

  test("a listing holds only records that were sent, and fails where the bytes cannot be read", async () => {
    const text = readFileSync(new URL("../../connectors/sandbox-billing.yaml", import.meta.url), "utf8");
    const secrets = { user: "syncline", password: "open sesame" };
    const system = await openSoapSystem({ text, folder, expressions, baseUrl: remote.origin, secrets });
    try {
      await fc.assert(
        fc.asyncProperty(damaged(ENVELOPE), fc.constantFrom(200, 500), async (body, status) => {
          remote.handle(() => ({ status, headers: { "content-type": "text/xml; charset=utf-8" }, body }));
          const { ids, whole } = await listed(system.object("customer", []));
          if (status === 500) expect(whole && ids.length > 0).toBe(false);
          for (const each of ids) expect(body.includes(each) || body.includes("&")).toBe(true);
        }),
        { ...BOUNDED, numRuns: 150 },
      );
    } finally {
      await system.close();
    }
  });
});
