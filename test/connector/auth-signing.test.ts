// `auth: { scheme: hmac }`: the server checks the signature by itself, over the bytes it received.

import { createHash, createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import {
  closeExpressionsAfterwards,
  closeSystemsAfterwards,
  fileText,
  open,
  problemsOf,
  readAll,
  valueOf,
} from "./opened.ts";
import { startRemote, type Asked, type Remote } from "./remote.ts";

const SECRET = "canary-signing-secret";

let remote: Remote;
beforeAll(async () => {
  remote = await startRemote();
});
afterAll(() => remote.close());
closeExpressionsAfterwards();
closeSystemsAfterwards();

const OBJECT = `objects: { contact: { list: { request: GET /contacts, query: { q: "a b", name: "{{ settings.none }}" } }, create: { request: POST /contacts, body: "{{ record }}" } } }`;
const file = (auth: string): string =>
  fileText(`secrets: { signing: {}, key_id: {} }\nauth: { scheme: hmac, token: signing, ${auth} }\n${OBJECT}`);

async function contactOf(auth: string) {
  remote.asked.length = 0;
  remote.answers({ body: [] });
  const { system } = await open(file(auth), remote.origin, { secrets: { signing: SECRET, key_id: "key-7" } });
  return system.object("contact", []);
}

const hmac = (text: string, encoding: "hex" | "base64" = "hex", secret: string | Buffer = SECRET): string =>
  createHmac("sha256", secret).update(text).digest(encoding);

function only(): Asked {
  const [asked, ...more] = remote.asked;
  if (asked === undefined || more.length > 0) throw new Error("one request is due");
  return asked;
}

describe("a signature", () => {
  test("covers method, path with query, and time, as they are sent", async () => {
    const contact = await contactOf(
      `signs: "{timestamp}.{method}.{target}.{body}", header: X-Signature, timestamp: { header: X-Timestamp }`,
    );

    await readAll(contact.list());

    const { headers, url } = only();
    expect(url).toBe("/contacts?q=a%20b");
    expect(headers["x-timestamp"]).toBe("1780272000");
    expect(headers["x-signature"]).toBe(hmac(`1780272000.GET.${url}.`));
  });

  test("covers the body's very bytes, digits and all", async () => {
    const contact = await contactOf(`signs: "{body}|{body_sha256}", header: X-Signature, encoding: base64`);
    remote.answers({ status: 201, body: { id: "1" } });

    valueOf((await contact.create([{ key: "k", record: { note: "ü {timestamp} {key}", total: 1.1 } }]))[0]);

    const { headers, body } = only();
    const digest = createHash("sha256").update(body).digest("hex");
    expect(headers["x-signature"]).toBe(hmac(`${body}|${digest}`, "base64"));
  });

  test("stands in a header of the vendor's form, with key, nonce and another spelling of the secret", async () => {
    const contact = await contactOf(
      `signs: "{key}{nonce}{path}?{query}", header: Authorization, value: "HMAC {key}:{signature}:{nonce}", key: key_id, secret_is: hex, nonce: { header: X-Nonce }`,
    );

    await readAll(contact.list());

    const { headers } = only();
    const nonce = String(headers["x-nonce"]);
    const signature = hmac(`key-7${nonce}/contacts?q=a%20b`, "hex", Buffer.from(SECRET, "hex"));
    expect(headers.authorization).toBe(`HMAC key-7:${signature}:${nonce}`);
  });

  test("is made anew when a request is sent again", async () => {
    const contact = await contactOf(
      `signs: "{timestamp}", header: X-Signature, timestamp: { header: X-Timestamp, form: milliseconds }`,
    );
    remote.answers({ status: 503 }, { body: [] });

    await readAll(contact.list());

    const sent = remote.asked.map(({ headers }) => [headers["x-timestamp"], headers["x-signature"]] as const);
    expect(sent).toHaveLength(2);
    for (const [time, signature] of sent) expect(signature).toBe(hmac(String(time)));
    expect(sent[0]?.[0]).not.toBe(sent[1]?.[0]);
  });

  test("that is refused is auth, and the secret is not told", async () => {
    const contact = await contactOf(`signs: "{body}", header: X-Signature`);
    remote.answers({ status: 401, body: { message: `not signed with ${SECRET}` } });

    const { failure } = await readAll(contact.list());

    expect(failure?.kind).toBe("auth");
    expect(JSON.stringify(failure)).not.toContain(SECRET);
  });
});

describe("what is wrong with a signature", () => {
  test.each([
    ["a name there is not", `signs: "{methd}", header: X`, "E_SIGNS", 'did you mean "method"?'],
    [
      "a time that is never sent",
      `signs: "{timestamp}{body}", header: X`,
      "E_SIGNS",
      "add timestamp: { header: NAME }",
    ],
    ["a key that nobody named", `signs: "{key}", header: X`, "E_MISSING", null],
    ["a header of other things", `signs: "{body}", header: X, value: "{body}"`, "E_SIGNS", null],
  ])("%s is told", (_, auth, code, hint) => {
    const [found] = problemsOf(file(auth));

    expect(found).toMatchObject({ code, ...(hint === null ? {} : { hint }) });
  });
});
