// What becomes of a delivery: the rows of "Webhook" in the list of bad inputs that are decided here, and the hints of good ones.

import { createHmac } from "node:crypto";
import { afterAll, describe, expect, test } from "@jest/globals";
import { createExpressionCompiler } from "../../src/expression/compiler.ts";
import { Secret } from "../../src/connector/secret.ts";
import { webhooksPart } from "../../src/connector/webhook/file.ts";
import type { Delivery, Unsigned } from "../../src/connector/webhook/scheme.ts";
import {
  compileWebhooks,
  signingScheme,
  type Received,
  type WebhookContext,
} from "../../src/connector/webhook/webhooks.ts";

const NOW = 1_790_000_000_000;
const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER = "whsec_b3RoZXIgc2VjcmV0";

const expressions = createExpressionCompiler();
afterAll(async () => {
  await expressions.close();
});

const STANDARD = {
  verify: "standard-webhooks",
  on: {
    "contact.created": { contact: "changed" },
    "contact.*": { contact: "changed" },
    "contact.deleted": { contact: "gone" },
  },
};

const context = (change: Partial<WebhookContext> = {}): WebhookContext => ({
  expressions,
  objects: ["contact", "company", "invoice", "customer", "issue", "product"],
  declared: ["token", "webhook_secret"],
  usedByAuth: ["token"],
  ...change,
});

function compile(part: unknown, change: Partial<WebhookContext> = {}) {
  return compileWebhooks(webhooksPart.parse(part), context(change));
}

interface Sending {
  readonly part?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
  readonly raw?: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  readonly delivery?: Partial<Delivery>;
  readonly secret?: string;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly sent?: Partial<Unsigned>;
}

/** Signs and delivers. */
async function receive(sending: Sending): Promise<Received> {
  const part = webhooksPart.parse(sending.part ?? STANDARD);
  const { webhooks, problems } = compileWebhooks(part, context());
  if (webhooks === null) throw new Error(JSON.stringify(problems));
  const body =
    sending.raw ?? Buffer.from(JSON.stringify(sending.body ?? { type: "contact.created", data: { id: "c1" } }));
  const unsigned: Unsigned = {
    method: "POST",
    url: "https://h.example/hooks/crm",
    body,
    id: "msg_1",
    now: NOW,
    ...sending.sent,
  };
  const signed = signingScheme(part).scheme.sign(unsigned, sending.secret ?? SECRET);
  const delivery: Delivery = {
    method: "POST",
    url: unsigned.url,
    rawBody: body,
    headers: { "content-type": "application/json", ...signed, ...sending.headers },
    ...sending.delivery,
  };
  const secrets = new Map(
    Object.entries(sending.secrets ?? { webhook_secret: SECRET }).map(([name, value]) => [name, new Secret(value)]),
  );
  return webhooks.receive(delivery, secrets, NOW);
}

const refusal = async (sending: Sending): Promise<number | string> => {
  const received = await receive(sending);
  return received.kind === "refused" ? received.status : "accepted";
};

async function accepted(sending: Sending) {
  const received = await receive(sending);
  if (received.kind !== "accepted") throw new Error(`${received.code}: ${received.message}`);
  return received;
}

describe("refused", () => {
  test.each<[string, Sending, number]>([
    ["no signature", { headers: { "webhook-signature": "" } }, 401],
    ["a bad signature", { headers: { "webhook-signature": "v1,AAAA" } }, 401],
    ["signed for another account", { secret: OTHER }, 401],
    ["stale", { sent: { now: NOW - 301_000 } }, 401],
    ["from the future", { sent: { now: NOW + 301_000 } }, 401],
    ["an account without its secret", { secrets: {} }, 401],
    ["an account with an empty secret", { secrets: { webhook_secret: "  " } }, 401],
    ["another method", { delivery: { method: "GET" } }, 405],
    ["too large", { raw: Buffer.from(`"${"x".repeat(1_048_576)}"`) }, 413],
    [
      "too large for the connector's own limit",
      { part: { ...STANDARD, max_bytes: 1024 }, raw: Buffer.from(`"${"x".repeat(2000)}"`) },
      413,
    ],
    ["a form", { headers: { "content-type": "application/x-www-form-urlencoded" } }, 415],
    ["no content type", { headers: { "content-type": "" } }, 415],
    ["another charset", { headers: { "content-type": "application/json; charset=iso-8859-1" } }, 415],
    ["packed", { headers: { "content-encoding": "gzip" } }, 415],
    ["not JSON", { raw: Buffer.from('{"type":') }, 400],
    ["empty", { raw: Buffer.from("") }, 400],
    ["not UTF-8", { raw: Buffer.from([0x22, 0xff, 0x22]) }, 400],
    ["too deep", { raw: Buffer.from("[".repeat(5000) + "]".repeat(5000)) }, 400],
    ["more events than any sender sends", { raw: Buffer.from(`[${"1,".repeat(10_000)}1]`) }, 400],
  ])("%s", async (_, sending, status) => {
    expect(await refusal(sending)).toBe(status);
  });

  test("a body that is not JSON is looked at only when its signature is right", async () => {
    expect(await refusal({ raw: Buffer.from("{"), headers: { "webhook-signature": "v1,AAAA" } })).toBe(401);
  });

  test("a missing secret is told to the log by name", async () => {
    expect(await receive({ secrets: {} })).toMatchObject({
      code: "E_SECRET_MISSING",
      message: expect.stringContaining("webhook_secret"),
    });
  });

  test("the message does not hold a secret or the body", async () => {
    const received = await receive({ secret: OTHER, body: { type: "x", email: "ada@example.com" } });

    expect(JSON.stringify(received)).not.toMatch(/whsec|MfKQ|ada@/);
  });
});

describe("accepted", () => {
  test("one event is one hint", async () => {
    expect(await accepted({})).toEqual({
      kind: "accepted",
      deliveryId: "msg_1",
      events: [{ object: "contact", id: "c1", what: "changed" }],
      ignored: 0,
      unidentified: 0,
    });
  });

  test("header names in any case, JSON of any kind", async () => {
    const received = await receive({
      headers: {
        "Content-Type": "application/vnd.api+json; charset=UTF-8",
        "content-type": "application/vnd.api+json; charset=UTF-8",
      },
    });

    expect(received.kind).toBe("accepted");
  });

  test("the exact type goes before a longer pattern before a shorter one", async () => {
    const part = {
      ...STANDARD,
      on: { "*": { invoice: "changed" }, "contact.*": { contact: "changed" }, "contact.deleted": { contact: "gone" } },
    };
    const objectOf = async (type: string) =>
      (await accepted({ part, body: { type, data: { id: "1" } } })).events.map(
        ({ object, what }) => `${object} ${what}`,
      );

    expect(await objectOf("contact.deleted")).toEqual(["contact gone"]);
    expect(await objectOf("contact.merged")).toEqual(["contact changed"]);
    expect(await objectOf("deal.created")).toEqual(["invoice changed"]);
  });

  test("an unknown type means nothing and is no error", async () => {
    expect(await accepted({ body: { type: "deal.created", data: { id: "1" } } })).toMatchObject({
      events: [],
      ignored: 1,
      unidentified: 0,
    });
    expect(await accepted({ body: { type: "constructor", data: { id: "1" } } })).toMatchObject({
      events: [],
      ignored: 1,
    });
    expect(await accepted({ body: "ping" })).toMatchObject({ events: [], ignored: 1 });
  });

  test("an event without its record's id is counted", async () => {
    expect(await accepted({ body: { type: "contact.created", data: {} } })).toMatchObject({
      events: [],
      unidentified: 1,
    });
    expect(await accepted({ body: { type: "contact.created", data: { id: { nested: 1 } } } })).toMatchObject({
      events: [],
      unidentified: 1,
    });
  });

  test("ids keep every digit, whether texts or numbers", async () => {
    const idOf = async (id: string) =>
      (await accepted({ raw: Buffer.from(`{"type":"contact.created","data":{"id":${id}}}`) })).events[0]?.id;

    expect(await idOf("12345678901234567890")).toBe("12345678901234567890");
    expect(await idOf("7")).toBe("7");
    expect(await idOf('"007"')).toBe("007");
  });

  test("one type may concern several objects", async () => {
    const part = { ...STANDARD, on: { merged: { contact: "changed", company: "changed" } } };

    expect(
      (await accepted({ part, body: { type: "merged", data: { id: "1" } } })).events.map(({ object }) => object),
    ).toEqual(["contact", "company"]);
  });

  test("many changes of one record are one look at it; the last word stands", async () => {
    const body = ["contact.created", "contact.updated", "contact.deleted"].map((type) => ({ type, data: { id: "1" } }));

    expect((await accepted({ body })).events).toEqual([{ object: "contact", id: "1", what: "gone" }]);
  });

  test("events stand where the expression finds them", async () => {
    const part = { ...STANDARD, events: "entry.changes[kind = 'contact']", event: { type: "event", record: "ref.id" } };
    const change = (id: string, kind: string) => ({ kind, event: "contact.created", ref: { id } });
    const body = {
      entry: [{ changes: [change("1", "contact"), change("2", "deal")] }, { changes: [change("3", "contact")] }],
    };

    expect((await accepted({ part, body })).events.map(({ id }) => id)).toEqual(["1", "3"]);
    expect((await accepted({ part, body: { entry: [] } })).events).toEqual([]);
    expect(
      (await accepted({ part, body: { entry: [{ changes: [change("9", "contact")] }] } })).events.map(({ id }) => id),
    ).toEqual(["9"]);
  });

  test("what the delivery says of the record is not taken along, with payload full either", async () => {
    const part = { ...STANDARD, payload: "full", item: "data" };

    expect(
      (await accepted({ part, body: { type: "contact.created", data: { id: "1", email: "x@example.com" } } })).events,
    ).toEqual([{ object: "contact", id: "1", what: "changed" }]);
  });
});

describe("presets know what their senders send", () => {
  const secrets = { webhook_secret: "s" };

  test("stripe", async () => {
    const part = { verify: "stripe", on: { "customer.updated": { customer: "changed" } } };
    const body = { id: "evt_1", type: "customer.updated", created: 1, data: { object: { id: "cus_1" } } };

    expect((await accepted({ part, body, secret: "s", secrets })).events).toEqual([
      { object: "customer", id: "cus_1", what: "changed" },
    ]);
  });

  test("github tells the type in a header", async () => {
    const part = { verify: "github", event: { record: "issue.id" }, on: { issues: { issue: "changed" } } };
    const received = await accepted({
      part,
      body: { action: "opened", issue: { id: 5 } },
      headers: { "x-github-event": "issues" },
      secret: "s",
      secrets,
    });

    expect([received.deliveryId, received.events]).toEqual(["msg_1", [{ object: "issue", id: "5", what: "changed" }]]);
  });

  test("shopify tells the topic in a header", async () => {
    const part = { verify: "shopify", on: { "products/*": { product: "changed" } } };
    const received = await accepted({
      part,
      body: { id: 632910392 },
      headers: { "x-shopify-topic": "products/update" },
      secret: "s",
      secrets,
    });

    expect(received.events).toEqual([{ object: "product", id: "632910392", what: "changed" }]);
  });

  test("hubspot-v3 sends a list", async () => {
    const part = { verify: "hubspot-v3", on: { "contact.deletion": { contact: "gone" } } };
    const body = [{ eventId: 1, subscriptionType: "contact.deletion", occurredAt: NOW, objectId: 101 }];

    expect((await accepted({ part, body, secret: "s", secrets })).events).toEqual([
      { object: "contact", id: "101", what: "gone" },
    ]);
  });
});

describe("the id of a delivery", () => {
  const hubspot = { verify: "hubspot-v3", on: {} };
  const secrets = { webhook_secret: "s" };
  const idOf = async (body: unknown, sent: Partial<Unsigned> = {}, part: Readonly<Record<string, unknown>> = hubspot) =>
    (await accepted({ part, body, secret: "s", secrets, sent })).deliveryId;

  test("is that of its events, as a repetition may differ in the rest", async () => {
    const event = { eventId: 100, subscriptionType: "x", objectId: 1 };
    const first = await idOf([{ ...event, attemptNumber: 0 }]);

    expect(await idOf([{ ...event, attemptNumber: 1 }], { now: NOW + 1000 })).toBe(first);
    expect(await idOf([{ ...event, eventId: 101 }])).not.toBe(first);
  });

  test("is that of its bytes and time where there is none: two equal bodies sent at two times are two deliveries", async () => {
    const body = [{ subscriptionType: "x", objectId: 1 }];
    const first = await idOf(body);

    expect(await idOf(body)).toBe(first);
    expect(await idOf(body, { now: NOW + 1000 })).not.toBe(first);
    expect(await idOf([...body, ...body])).not.toBe(first);
  });
});

describe("rotation of secrets", () => {
  test("the file names several, or one secret holds several", async () => {
    const part = { ...STANDARD, secret: ["webhook_secret", "token"] };

    expect(await refusal({ part, secrets: { webhook_secret: OTHER, token: SECRET } })).toBe("accepted");
    expect(await refusal({ secrets: { webhook_secret: `${OTHER} ${SECRET}\n` } })).toBe("accepted");
    expect(await refusal({ secrets: { webhook_secret: OTHER } })).toBe(401);
  });
});

describe("problems of the file", () => {
  const problemsOf = (part: unknown, change: Partial<WebhookContext> = {}) => compile(part, change).problems;

  test("a good one has none", () => {
    expect(problemsOf(STANDARD)).toEqual([]);
  });

  test("the secret is the usual one, or the only one left; else it must be named", () => {
    expect(problemsOf(STANDARD, { declared: ["token", "client_secret"], usedByAuth: ["token"] })).toEqual([]);
    expect(problemsOf(STANDARD, { declared: ["token", "hmac"], usedByAuth: ["token"] })).toEqual([]);
    expect(problemsOf(STANDARD, { declared: ["token", "a", "b"] })).toMatchObject([
      { code: "E_MISSING", path: ["webhooks"], expected: "secret: NAME" },
    ]);
    expect(problemsOf(STANDARD, { declared: [], usedByAuth: [] })).toMatchObject([{ code: "E_MISSING" }]);
    expect(problemsOf({ ...STANDARD, secret: "webhok_secret" })).toMatchObject([
      { code: "E_SECRET_UNKNOWN", path: ["webhooks", "secret"], hint: 'did you mean "webhook_secret"?' },
    ]);
  });

  test("an event whose type or record cannot be told", () => {
    expect(problemsOf({ verify: "github", on: {} })).toMatchObject([
      { code: "E_MISSING", path: ["webhooks", "event"], expected: "record: PATH" },
    ]);
    expect(problemsOf({ verify: { algorithm: "sha256", signs: "{body}", signature: "X" }, on: {} })).toHaveLength(2);
  });

  test("an object the connector does not have", () => {
    expect(problemsOf({ ...STANDARD, on: { x: { contakt: "changed" } } })).toMatchObject([
      { code: "E_OBJECT_UNKNOWN", path: ["webhooks", "on", "x", "contakt"], hint: 'did you mean "contact"?' },
    ]);
  });

  test("paths, patterns and expressions that are none", () => {
    const event = { type: "a..b", record: "__proto__.x" };

    expect(problemsOf({ ...STANDARD, event }).map(({ code, path }) => [code, path.at(-1)])).toEqual([
      ["E_PATH", "type"],
      ["E_PATH", "record"],
    ]);
    expect(problemsOf({ ...STANDARD, on: { "a.*.b": { contact: "changed" } } })).toMatchObject([
      { code: "E_EVENT_TYPE", path: ["webhooks", "on", "a.*.b"], on: "key" },
    ]);
    expect(problemsOf({ ...STANDARD, events: "entry[" })).toMatchObject([
      { code: "E_EXPR_SYNTAX", path: ["webhooks", "events"] },
    ]);
  });

  test("a signature form that signs too little, or what it does not say where to find", () => {
    const form = (change: object) =>
      problemsOf({
        ...STANDARD,
        event: { type: "t", record: "r" },
        verify: { algorithm: "sha256", signs: "{body}", signature: "X-Sig", ...change },
      });

    expect(form({})).toEqual([]);
    expect(form({ signs: "{id}", id: "X-Id" })).toMatchObject([
      { code: "E_SIGNATURE_FORM", path: ["webhooks", "verify", "signs"] },
    ]);
    expect(form({ signs: "{timestamp}.{body}" })).toMatchObject([{ code: "E_MISSING" }]);
    expect(form({ signs: "{id}.{body}" })).toMatchObject([{ code: "E_MISSING" }]);
    expect(form({ signs: "{bodi}{body}" })).toMatchObject([{ code: "E_SIGNATURE_FORM", found: "{bodi}" }]);
    expect(form({ timestamp: "X-At" })).toMatchObject([{ code: "W_TIMESTAMP_UNSIGNED" }]);
  });
});

test("the generic form verifies what another program signed", async () => {
  const part = {
    verify: {
      algorithm: "sha256",
      encoding: "base64",
      signs: "{timestamp}.{body}",
      signature: { header: "X-Sig", prefix: "s=" },
      timestamp: { header: "X-At", unit: "ms" },
    },
    event: { type: "kind", record: "ref" },
    on: { moved: { contact: "changed" } },
  };
  const raw = Buffer.from('{"kind":"moved","ref":"9"}');
  const signature = createHmac("sha256", "s")
    .update(`${String(NOW)}.`)
    .update(raw)
    .digest("base64");

  const received = await receive({
    part,
    raw,
    headers: { "x-sig": `s=${signature}`, "x-at": String(NOW) },
    secrets: { webhook_secret: "s" },
  });

  expect(received).toMatchObject({ kind: "accepted", events: [{ object: "contact", id: "9" }] });
});
