// Bytes from outside, broken in every way: readers answer with a value, a refusal or problems; they never throw and never hang. A
// failure prints its seed and path; fast-check's `seed` and `path` options repeat it.

import { afterAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { readYaml } from "../../src/config/yaml-file.ts";
import { laterCursor, settledCursor } from "../../src/connector/cursor.ts";
import { parseInstant, parseTime, writeTime } from "../../src/connector/instant.ts";
import { Secret } from "../../src/connector/secret.ts";
import { webhooksPart } from "../../src/connector/webhook/file.ts";
import { compileWebhooks, signingScheme } from "../../src/connector/webhook/webhooks.ts";
import { parseXml } from "../../src/connector/xml/parse.ts";
import { createExpressionCompiler } from "../../src/expression/compiler.ts";
import { damaged } from "./damaged.ts";

const BOUNDED = { numRuns: 1000, interruptAfterTimeLimit: 4000, markInterruptAsFailure: false };
const NOW = 1_790_000_000_000;
const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

const expressions = createExpressionCompiler();
afterAll(() => expressions.close());

const YAML = `pair: ab
sides: { a: left-system, b: right-system }
defaults: &d { direction: a -> b }
entities:
  thing:
    a: { object: thing, scope: "{{ x = 1 }}" }
    fields: { email: { as: email }, name: { <<: *d } }
`;
const XML = `<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><r a="1">&amp;<b>00123</b><c xsi:nil="true" xmlns:xsi="x"/><![CDATA[<x>]]></r></s:Body></s:Envelope>`;
const BODY = JSON.stringify([
  { type: "thing.updated", data: { id: "t1" } },
  { type: "thing.gone", data: { id: 12345678901234567890n.toString() } },
]);

describe("bytes from outside", () => {
  test("YAML files become values or problems", () => {
    fc.assert(
      fc.property(damaged(YAML), (bytes) => {
        expect(readYaml(bytes, "mappings/ab.yaml")).toHaveProperty("problems");
      }),
      BOUNDED,
    );
  });

  test("XML becomes a tree or a refusal", () => {
    fc.assert(
      fc.property(damaged(XML), (bytes) => {
        expect(parseXml(bytes)).toBeInstanceOf(Object);
      }),
      BOUNDED,
    );
  });

  test("webhook bodies, rightly signed, become hints or a refusal", async () => {
    const part = webhooksPart.parse({ verify: "standard-webhooks", on: { "thing.*": { thing: "changed" } } });
    const { webhooks } = compileWebhooks(part, {
      expressions,
      objects: ["thing"],
      declared: ["webhook_secret"],
      usedByAuth: [],
    });
    const secrets = new Map([["webhook_secret", new Secret(SECRET)]]);
    await fc.assert(
      fc.asyncProperty(damaged(BODY), async (body) => {
        const unsigned = { method: "POST", url: "https://h.example/hooks/crm", body, id: "msg_1", now: NOW };
        const headers = { "content-type": "application/json", ...signingScheme(part).scheme.sign(unsigned, SECRET) };
        const received = await webhooks?.receive(
          { method: "POST", url: unsigned.url, rawBody: body, headers },
          secrets,
          NOW,
        );
        expect(["accepted", "refused"]).toContain(received?.kind);
      }),
      BOUNDED,
    );
  });

  test("cursors and times of any text are compared, moved back and written again", () => {
    const time = fc
      .date({ noInvalidDate: true, min: new Date(0), max: new Date("9000-01-01") })
      .map((each) => each.toISOString());
    const cursor = fc.oneof(
      time,
      fc.string({ minLength: 1, unit: "binary" }),
      fc.stringMatching(/^\d{1,25}$/),
      fc.stringMatching(/^"\d{1,25}"$/),
    );
    fc.assert(
      fc.property(cursor, cursor, fc.nat({ max: 1e9 }), (a, b, settleMs) => {
        expect([a, b]).toContain(laterCursor(a, b));
        expect(laterCursor(a, a)).toBe(a);
        expect(settledCursor(a, settleMs)).not.toBeUndefined();
        const found = parseTime(a);
        if (found !== null) expect(parseInstant(writeTime(found.at, found.form))).not.toBeNull();
      }),
      BOUNDED,
    );
  });
});
