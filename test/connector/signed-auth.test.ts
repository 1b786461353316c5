// `auth: { scheme: signed }`: the server makes the signature by itself from what it received, and refuses a nonce that it has seen.

import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Redactor } from "../../src/connector/secret.ts";
import {
  closeExpressionsAfterwards,
  closeSystemsAfterwards,
  failureOf,
  fileText,
  open,
  problemsOf,
  readAll,
  valueOf,
} from "./opened.ts";
import { startRemote, type Answering, type Asked, type Remote } from "./remote.ts";

const SECRETS = { client: "canary-client", token: "canary-token", key: "key-7" };

let remote: Remote;
beforeAll(async () => {
  remote = await startRemote();
});
afterAll(() => remote.close());
closeExpressionsAfterwards();
closeSystemsAfterwards();

const SIGNS = `signs: "{{ settings.account }}&{{ secrets.key }}&{{ nonce }}&{{ now.seconds }}", key: "{{ secrets.client }}&{{ secrets.token }}"`;
const BODY = `body: { auth: { key: "{{ signed.id }}", nonce: "{{ signed.nonce }}", at: "{{ signed.now.seconds }}", sign: "{{ signed.signature }}" }, record: "{{ record }}" }`;
const file = (auth: string, request = BODY): string =>
  fileText(
    `secrets: { client: {}, token: {}, key: {} }\nauth: { scheme: signed, ${auth} }\n` +
      `objects: { contact: { list: { request: POST /search, ${request} }, create: { request: POST /contacts, ${request} } } }`,
  ).replace("none: {}", "account: {}");

interface Passport {
  readonly key: string;
  readonly nonce: string;
  readonly at: number;
  readonly sign: string;
}

const passportOf = ({ body }: Asked): Passport => (JSON.parse(body) as { readonly auth: Passport }).auth;

function signature({ key, nonce, at }: Passport): string {
  return createHmac("sha256", `${SECRETS.client}&${SECRETS.token}`)
    .update(`1234567_SB1&${key}&${nonce}&${String(at)}`)
    .digest("base64");
}

const ENCODED = `${SIGNS}, encoding: base64, values: { id: "{{ secrets.key }}" }`;

/** Refuses what is not signed, and what it has seen; else answers as the handler says. */
async function signedContact(handle: (asked: Asked, count: number) => Answering, redactor = new Redactor()) {
  const seen = new Set<string>();
  remote.asked.length = 0;
  remote.handle((asked, count) => {
    const passport = passportOf(asked);
    if (passport.sign !== signature(passport)) return { status: 401, body: { message: "bad signature" } };
    if (seen.has(passport.nonce)) return { status: 401, body: { message: "replayed" } };
    seen.add(passport.nonce);
    return handle(asked, count);
  });
  const options = { secrets: SECRETS, settings: { account: "1234567_SB1" }, redactor };
  const watched = await open(file(ENCODED), remote.origin, options);
  return { ...watched, contact: watched.system.object("contact", []) };
}

describe("a signature inside a request", () => {
  test("stands where the request has it, over the file's own text", async () => {
    const { contact } = await signedContact(() => ({ body: [{ id: "1" }] }));

    const { records, failure } = await readAll(contact.list());

    expect(failure).toBeNull();
    expect(records).toHaveLength(1);
    const [asked] = remote.asked;
    expect(asked === undefined ? null : passportOf(asked)).toMatchObject({ key: "key-7", at: 1_780_272_000 });
    expect(asked === undefined ? "" : passportOf(asked).nonce).toMatch(/^[0-9a-f]{32}$/);
  });

  test("is made anew for every attempt: a repeated request has a nonce and a time of its own", async () => {
    const { contact } = await signedContact((_asked, count) =>
      count < 3 ? { status: 503, headers: { "retry-after": "30" } } : { body: [] },
    );

    const { failure } = await readAll(contact.list());

    expect(failure).toBeNull();
    const passports = remote.asked.map(passportOf);
    expect(new Set(passports.map(({ nonce }) => nonce)).size).toBe(3);
    expect(passports.map(({ at }) => at - 1_780_272_000)).toEqual([0, 30, 60]);
  });

  test("is made when the request's turn has come, not while it waits for it", async () => {
    remote.asked.length = 0;
    remote.answers({ body: [] });
    const limited = file(ENCODED).replace("objects:", "limits: [{ name: minute, rate: 1/1m }]\nobjects:");
    const options = { secrets: SECRETS, settings: { account: "1234567_SB1" } };
    const { system } = await open(limited, remote.origin, options);

    await readAll(system.object("contact", []).list());
    await readAll(system.object("contact", []).list());

    const [first, second] = remote.asked.map((asked) => passportOf(asked).at);
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(60);
  });

  test("that is refused is not sent again: there is no other key", async () => {
    const { contact } = await signedContact(() => ({ status: 401, body: { message: "no" } }));

    const { failure } = await readAll(contact.list());

    expect(failure).toMatchObject({ kind: "auth" });
    expect(remote.asked).toHaveLength(1);
  });

  test("and its nonce are struck out of what the system echoes, also of the last of many requests", async () => {
    const redactor = new Redactor();
    const { contact } = await signedContact((asked, count) => {
      const { sign, nonce, key } = passportOf(asked);
      return count <= 300 ? { body: [] } : { status: 422, body: { message: `sign ${sign} nonce ${nonce} key ${key}` } };
    }, redactor);
    for (let count = 0; count < 300; count += 1) await readAll(contact.list());

    const { failure } = await readAll(contact.list());

    expect(JSON.stringify(failure)).toContain("sign [redacted] nonce [redacted] key [redacted]");
  });

  test("can be sent in headers, too", async () => {
    remote.asked.length = 0;
    remote.answers({ body: [] });
    const auth = `${SIGNS}, send: { X-Sign: "v1={{ signature }}", X-Nonce: "{{ nonce }}", X-Time: "{{ now.seconds }}" }`;
    const options = { secrets: SECRETS, settings: { account: "1" } };
    const { system } = await open(file(auth, "body: {}"), remote.origin, options);

    await readAll(system.object("contact", []).list());

    const headers = remote.asked[0]?.headers ?? {};
    const signed = createHmac("sha256", `${SECRETS.client}&${SECRETS.token}`)
      .update(`1&key-7&${String(headers["x-nonce"])}&${String(headers["x-time"])}`)
      .digest("hex");
    expect(headers["x-sign"]).toBe(`v1=${signed}`);
  });

  test("with a secret that the account lacks is not made: nothing is sent", async () => {
    remote.asked.length = 0;
    const options = { secrets: { client: "canary-client", key: "key-7" }, settings: { account: "1" } };
    const { system } = await open(file(ENCODED), remote.origin, options);

    const { failure } = await readAll(system.object("contact", []).list());
    const created = await system.object("contact", []).create([{ key: "k1", record: { name: "Ada" } }]);

    expect(failure).toMatchObject({ kind: "unreachable", code: "E_REQUEST" });
    expect(failureOf(created[0])).toMatchObject({ kind: "unreachable" });
    expect(remote.asked).toHaveLength(0);
  });

  test("goes with a write as with a read", async () => {
    const { contact } = await signedContact(() => ({ body: { id: "9" } }));

    const [created] = await contact.create([{ key: "k1", record: { name: "Ada" } }]);

    expect(valueOf(created)).toMatchObject({ id: "9" });
  });
});

describe("check says of such a block", () => {
  const codes = (text: string) => problemsOf(text).map(({ code, path, message }) => [code, path.join("."), message]);

  test("that it is in order", () => {
    expect(problemsOf(file(ENCODED))).toEqual([]);
  });

  test("that the signature, or what is signed, is never sent", () => {
    expect(codes(file(ENCODED, "body: {}"))).toEqual([
      ["E_SIGNS", "auth", "the signature is never sent"],
      ["E_SIGNS", "auth.signs", "nonce is signed and never sent"],
      ["E_SIGNS", "auth.signs", "now is signed and never sent"],
    ]);
  });

  test("that a name is not there, with the one that was meant", () => {
    const named = (text: string) => problemsOf(text).find(({ code }) => code === "E_EXPR_NAME");
    const wrong = named(file(ENCODED, BODY.replace("signed.nonce", "signed.nonse")));
    const unknown = named(file(ENCODED.replace("{{ nonce }}", "{{ nonces }}")));

    expect(wrong).toMatchObject({
      code: "E_EXPR_NAME",
      path: ["objects", "contact", "list", "body", "auth", "nonce"],
      expected: "signature, nonce, now, id",
      hint: expect.stringContaining("nonce"),
    });
    expect(unknown).toMatchObject({ code: "E_EXPR_NAME", path: ["auth", "signs"] });
  });

  test("that a secret is not declared", () => {
    expect(codes(file(ENCODED.replace("secrets.token", "secrets.tokn")))[0]?.slice(0, 2)).toEqual([
      "E_SECRET_UNKNOWN",
      "auth.key",
    ]);
  });

  test("that a value has the name of something made", () => {
    expect(codes(file(`${SIGNS}, values: { nonce: "x", id: "y" }`))).toContainEqual([
      "E_DUPLICATE",
      "auth.values.nonce",
      "signed.nonce is there already",
    ]);
  });

  test("that a function would send several requests under one signature", () => {
    const text = file(ENCODED).replace("create: {", "get: { code: ./x.js#get }, create: {");

    expect(codes(text)).toContainEqual([
      "E_COMBINATION",
      "objects.contact.get.code",
      "a function makes requests of its own, and a signature is good for one",
    ]);
  });

  test("that signed is nothing without it", () => {
    const [found] = problemsOf(
      fileText(
        'objects: { contact: { list: { request: GET /contacts, headers: { X-Sign: "{{ signed.signature }}" } } } }',
      ),
    );

    expect(found).toMatchObject({ code: "E_EXPR_NAME", hint: "it comes with auth: { scheme: signed }" });
  });
});
