// The sandbox CRM as a caller meets it: a real server on a real socket, with a clock that the test moves.

import { afterEach, describe, expect, test } from "@jest/globals";
import { createHmac } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildCrm, type CrmOptions } from "../../src/sandbox/crm/server.ts";

const KEY = Buffer.alloc(32, 7);
const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface Crm {
  readonly url: string;
  /** Milliseconds since 1970 that the CRM takes for now. */
  now: number;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Body;
}

/** What an answer in JSON may hold; a test that takes the wrong part fails. */
interface Body {
  readonly id: string;
  readonly total: number;
  readonly results: readonly { readonly id: string }[];
  readonly paging: { readonly next: { readonly after: string } };
  readonly error: { readonly code: string; readonly field: string | null };
  readonly rows: string;
  readonly log: string;
  readonly message: string;
}

async function startCrm(options: Partial<CrmOptions> = {}): Promise<Crm> {
  const data = await mkdtemp(join(tmpdir(), "sandbox-crm-"));
  closers.push(async () => rm(data, { recursive: true }));
  const crm: Crm = {
    url: "",
    now: Date.UTC(2026, 0, 1),
    call: async (method, path, body, headers = {}) => {
      const response = await fetch(`${crm.url}${path}`, {
        method,
        headers: {
          authorization: "Bearer secret",
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      const isJson = response.headers.get("content-type")?.startsWith("application/json") === true;
      return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : {} };
    },
  };
  const server = await buildCrm({
    data,
    seed: null,
    token: "secret",
    webhook: null,
    now: () => crm.now,
    lagMs: 1000,
    burst: 1000,
    ...options,
  });
  closers.push(async () => server.close());
  Object.assign(crm, { url: await server.listen({ host: "127.0.0.1", port: 0 }) });
  return crm;
}

const ids = (answer: Answer): string[] => answer.body.results.map((record) => record.id);

describe("requests", () => {
  test("one without the token is refused, and so is one for something that is not there", async () => {
    const crm = await startCrm();

    expect((await crm.call("GET", "/v1/contacts", undefined, { authorization: "Bearer other" })).status).toBe(401);
    expect((await crm.call("GET", "/v1/orders")).status).toBe(404);
    expect((await crm.call("GET", "/v1/contacts/c_9")).status).toBe(404);
  });

  test("beyond the burst budget the answer is 429 with Retry-After, and a second later there is room again", async () => {
    const crm = await startCrm({ burst: 3 });

    for (let count = 0; count < 3; count += 1) expect((await crm.call("GET", "/v1/contacts")).status).toBe(200);
    const refused = await crm.call("GET", "/v1/contacts");
    crm.now += 1000;
    const later = await crm.call("GET", "/v1/contacts");

    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toBe("1");
    expect(later.status).toBe(200);
  });

  test("a field that does not exist, or that only the CRM sets, is refused with its name", async () => {
    const crm = await startCrm();

    const unknown = await crm.call("POST", "/v1/contacts", { frstname: "Ada" });
    const kept = await crm.call("POST", "/v1/contacts", { version: 3 });
    const wrong = await crm.call("POST", "/v1/contacts", { stage: "prospect" });

    expect([unknown.status, unknown.body.error.field]).toEqual([422, "frstname"]);
    expect([kept.status, kept.body.error.field]).toEqual([422, "version"]);
    expect([wrong.status, wrong.body.error.field]).toEqual([422, "stage"]);
  });
});

describe("writing", () => {
  test("a contact keeps what it was given, to the letter, and a second one may have the same e-mail address", async () => {
    const crm = await startCrm();

    const made = await crm.call("POST", "/v1/contacts", {
      firstname: " Ada",
      email: "Ada@Example.com",
      zip: "sw1a 1aa",
    });
    const twin = await crm.call("POST", "/v1/contacts", { firstname: "Augusta", email: "Ada@Example.com" });

    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      id: "c_1001",
      firstname: " Ada",
      email: "Ada@Example.com",
      zip: "sw1a 1aa",
      lastname: null,
    });
    expect(twin.status).toBe(201);
  });

  test("PATCH changes what is sent and nothing else, and the version counts", async () => {
    const crm = await startCrm();
    await crm.call("POST", "/v1/contacts", { firstname: "Ada", lastname: "Lovelace" });

    const changed = await crm.call("PATCH", "/v1/contacts/c_1001", { lastname: "King" });

    expect(changed.body).toMatchObject({ firstname: "Ada", lastname: "King", version: 2 });
    expect(changed.headers.get("etag")).toBe('"2"');
  });

  test("If-Match with an old version is 412 and writes nothing, for PATCH and DELETE", async () => {
    const crm = await startCrm();
    await crm.call("POST", "/v1/contacts", { firstname: "Ada" });
    await crm.call("PATCH", "/v1/contacts/c_1001", { firstname: "Augusta" });

    const patched = await crm.call("PATCH", "/v1/contacts/c_1001", { firstname: "Eve" }, { "if-match": '"1"' });
    const deleted = await crm.call("DELETE", "/v1/contacts/c_1001", undefined, { "if-match": '"1"' });
    const current = await crm.call("GET", "/v1/contacts/c_1001");

    expect([patched.status, deleted.status]).toEqual([412, 412]);
    expect(current.body).toMatchObject({ firstname: "Augusta", version: 2 });
  });

  test("a deleted contact is gone, and its id is not given again", async () => {
    const crm = await startCrm();
    await crm.call("POST", "/v1/contacts", { firstname: "Ada" });

    const deleted = await crm.call("DELETE", "/v1/contacts/c_1001", undefined, { "if-match": '"1"' });
    const again = await crm.call("DELETE", "/v1/contacts/c_1001");
    const next = await crm.call("POST", "/v1/contacts", { firstname: "Eve" });

    expect([deleted.status, again.status]).toEqual([204, 404]);
    expect(next.body.id).toBe("c_1002");
  });

  test("an invoice needs a contact that exists and a number that is free; its total has two decimals", async () => {
    const crm = await startCrm();
    await crm.call("POST", "/v1/contacts", { firstname: "Ada" });
    const invoice = { number: "R-1", customerId: "c_1001", total: "199", currency: "GBP" };

    const orphan = await crm.call("POST", "/v1/invoices", { ...invoice, customerId: "c_9" });
    const made = await crm.call("POST", "/v1/invoices", invoice);
    const doubled = await crm.call("POST", "/v1/invoices", invoice);
    const float = await crm.call("PATCH", "/v1/invoices/i_5001", { total: 0.1 + 0.2 });

    expect([orphan.status, orphan.body.error.field]).toEqual([422, "customerId"]);
    expect([made.status, made.body.total]).toEqual([201, "199.00"]);
    expect(doubled.status).toBe(409);
    expect(float.status).toBe(422);
  });
});

describe("listing", () => {
  test("pages follow each other by an opaque token, and what is deleted meanwhile makes no other one slip through", async () => {
    const crm = await startCrm();
    for (const firstname of ["A", "B", "C", "D", "E"]) await crm.call("POST", "/v1/contacts", { firstname });

    const first = await crm.call("GET", "/v1/contacts?limit=2");
    await crm.call("DELETE", "/v1/contacts/c_1001");
    const second = await crm.call("GET", `/v1/contacts?limit=2&after=${first.body.paging.next.after}`);
    const third = await crm.call("GET", `/v1/contacts?limit=2&after=${second.body.paging.next.after}`);

    expect([ids(first), ids(second), ids(third)]).toEqual([["c_1001", "c_1002"], ["c_1003", "c_1004"], ["c_1005"]]);
    expect(first.body.total).toBe(5);
    expect(third.body.paging).toEqual({});
  });

  test("a change shows late among the changes, and a newer one may show before it", async () => {
    const crm = await startCrm();
    const since = new Date(crm.now).toISOString();
    const changes = async () => ids(await crm.call("GET", `/v1/contacts?updatedSince=${since}`));

    for (const firstname of ["A", "B", "C"]) {
      crm.now += 1;
      await crm.call("POST", "/v1/contacts", { firstname });
    }
    const soon = await changes();
    crm.now += 1000;
    const later = await changes();

    expect(soon).toEqual(["c_1003"]);
    expect(later).toEqual(["c_1001", "c_1002", "c_1003"]);
  });

  test("changes since a time include that very time, and come in pages by time", async () => {
    const crm = await startCrm();
    for (const firstname of ["A", "B", "C"]) await crm.call("POST", "/v1/contacts", { firstname });
    const since = new Date(crm.now).toISOString();
    crm.now += 5000;
    await crm.call("PATCH", "/v1/contacts/c_1001", { firstname: "Z" });
    crm.now += 5000;

    const first = await crm.call("GET", `/v1/contacts?updatedSince=${since}&limit=2`);
    const second = await crm.call(
      "GET",
      `/v1/contacts?updatedSince=${since}&limit=2&after=${first.body.paging.next.after}`,
    );

    expect([ids(first), ids(second)]).toEqual([["c_1002", "c_1003"], ["c_1001"]]);
  });

  test("the search finds an e-mail address in any spelling, a new contact only after a while", async () => {
    const crm = await startCrm();
    await crm.call("POST", "/v1/contacts", { email: " Ada@Example.com" });
    const search = async (email: string) => ids(await crm.call("POST", "/v1/contacts/search", { email }));

    const soon = await search("ada@example.com");
    crm.now += 1000;
    const later = await search("ada@example.com");
    const byId = await crm.call("GET", "/v1/contacts/c_1001");

    expect(soon).toEqual([]);
    expect(later).toEqual(["c_1001"]);
    expect(byId.status).toBe(200);
  });
});

interface Delivery {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

async function startReceiver(): Promise<{
  url: string;
  server: Server;
  received: (count: number) => Promise<readonly Delivery[]>;
}> {
  const deliveries: Delivery[] = [];
  let wake = (): void => undefined;
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      deliveries.push({ headers: request.headers, body });
      response.statusCode = 204;
      response.end();
      wake();
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(async () => new Promise((resolve) => server.close(resolve)));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const received = async (count: number): Promise<readonly Delivery[]> => {
    while (deliveries.length < count) await new Promise<void>((resolve) => (wake = resolve));
    return deliveries;
  };
  return { url: `http://127.0.0.1:${String(address.port)}/hooks/crm`, server, received };
}

describe("webhooks", () => {
  test("each change is told with a signature over id, time and body; every seventh comes twice under one id", async () => {
    const receiver = await startReceiver();
    const crm = await startCrm({ webhook: { url: receiver.url, secret: `whsec_${KEY.toString("base64")}` } });

    for (let count = 0; count < 7; count += 1) await crm.call("POST", "/v1/contacts", { firstname: String(count) });
    const deliveries = await receiver.received(8);

    for (const { headers, body } of deliveries) {
      const signed = `${String(headers["webhook-id"])}.${String(headers["webhook-timestamp"])}.${body}`;
      expect(headers["webhook-signature"]).toBe(`v1,${createHmac("sha256", KEY).update(signed).digest("base64")}`);
      expect(headers["webhook-timestamp"]).toBe(String(crm.now / 1000));
    }
    expect(new Set(deliveries.map(({ headers }) => headers["webhook-id"])).size).toBe(7);
    expect(new Set(deliveries.map(({ body }) => JSON.parse(body).data.id)).size).toBe(7);
    expect(JSON.parse(deliveries[0]?.body ?? "").type).toBe("contact.created");
  });

  test("one that meets a closed door is lost, and the change is kept all the same", async () => {
    const receiver = await startReceiver();
    const crm = await startCrm({ webhook: { url: receiver.url, secret: `whsec_${KEY.toString("base64")}` } });
    await crm.call("POST", "/v1/contacts", { firstname: "Ada" });
    await receiver.received(1);
    await crm.call("DELETE", "/v1/contacts/c_1001");
    const deliveries = await receiver.received(2);
    receiver.server.closeAllConnections();
    receiver.server.close();

    const made = await crm.call("POST", "/v1/contacts", { firstname: "Eve" });

    expect(deliveries.map(({ body }) => JSON.parse(body).type)).toEqual(["contact.created", "contact.deleted"]);
    expect(made.status).toBe(201);
    expect((await crm.call("GET", "/v1/contacts/c_1002")).status).toBe(200);
  });
});

describe("the page", () => {
  test("shows the records to a browser, marks what changed just now, and escapes what people typed", async () => {
    const crm = await startCrm();
    await crm.call("POST", "/v1/contacts", { firstname: "<b>Ada</b>" });

    const page = await crm.call("GET", "/?object=contacts");
    const view = await crm.call("GET", "/ui/view?object=contacts&q=ada");

    expect(page.text).toContain("Sandbox CRM");
    expect(view.body.rows).toContain('<tr data-id="c_1001" class="fresh">');
    expect(view.body.rows).toContain("&#60;b&#62;Ada&#60;/b&#62;");
    expect(view.body.rows).not.toContain("<b>Ada");
    expect(view.body.log).toContain("POST /v1/contacts: 201");
  });

  test("creates, edits and deletes as the API does, and says what is wrong", async () => {
    const crm = await startCrm();

    const made = await crm.call("POST", "/ui/contacts", { firstname: "Ada", vip: "true", email: "" });
    const wrong = await crm.call("POST", "/ui/contacts/c_1001", { email: "nobody" });
    const edited = await crm.call("POST", "/ui/contacts/c_1001", { email: "ada@example.com" });
    const record = await crm.call("GET", "/v1/contacts/c_1001");
    const deleted = await crm.call("POST", "/ui/contacts/c_1001/delete", {});

    expect(made.body).toEqual({ id: "c_1001" });
    expect([wrong.status, wrong.body.message]).toEqual([422, "E-mail must be an e-mail address"]);
    expect(edited.status).toBe(200);
    expect(record.body).toMatchObject({ firstname: "Ada", vip: true, email: "ada@example.com", version: 2 });
    expect(deleted.status).toBe(200);
    expect((await crm.call("GET", "/v1/contacts/c_1001")).status).toBe(404);
  });
});
