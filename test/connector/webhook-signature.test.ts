// Who may speak: signatures of every preset and of the generic form, by the vectors their makers publish where there are any.

import { createHmac } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import { signatureForm } from "../../src/connector/webhook/file.ts";
import { genericScheme } from "../../src/connector/webhook/generic.ts";
import { SCHEMES } from "../../src/connector/webhook/presets.ts";
import type { Delivery, Scheme, Unsigned } from "../../src/connector/webhook/scheme.ts";

const NOW = 1_790_000_000_000;
const BODY = Buffer.from('{"id":"evt_1","name":"Müller"}');
const URL_ = "https://hooks.example.com/hooks/crm?tenant=a%2Fb%20c";

const generic = (form: unknown): Scheme => genericScheme(signatureForm.parse(form), ["webhooks", "verify"]).scheme;

const FORMS: readonly (readonly [string, Scheme, string])[] = [
  ["standard-webhooks", SCHEMES["standard-webhooks"], "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
  ["stripe", SCHEMES.stripe, "whsec_test_secret"],
  ["github", SCHEMES.github, "It's a Secret to Everybody"],
  ["shopify", SCHEMES.shopify, "hush"],
  ["hubspot-v3", SCHEMES["hubspot-v3"], "client-secret"],
  [
    "generic, as Slack signs",
    generic({
      algorithm: "sha256",
      signs: "v0:{timestamp}:{body}",
      signature: { header: "X-Slack-Signature", prefix: "v0=" },
      timestamp: "X-Slack-Request-Timestamp",
    }),
    "slack",
  ],
  [
    "generic, everything",
    generic({
      algorithm: "hmac-sha512",
      encoding: "base64",
      key: "base64",
      signs: "{{ method }} {{ url }} {{ id }} {{ timestamp }} {{ body }}",
      signature: "X-Sig",
      timestamp: { header: "X-At", tolerance: "1m", unit: "iso" },
      id: { header: "X-Id" },
    }),
    Buffer.from("a key of bytes").toString("base64"),
  ],
  ["generic, the body alone", generic({ algorithm: "sha1", signs: "{body}", signature: "X-Hub-Signature" }), "old"],
];

const unsigned = (change: Partial<Unsigned> = {}): Unsigned => ({
  method: "POST",
  url: URL_,
  body: BODY,
  id: "msg_1",
  now: NOW,
  ...change,
});

function deliver(
  scheme: Scheme,
  secret: string,
  change: Partial<Delivery> = {},
  from: Unsigned = unsigned(),
): Delivery {
  return { method: from.method, url: from.url, rawBody: from.body, headers: scheme.sign(from, secret), ...change };
}

describe.each(FORMS)("%s", (name, scheme, secret) => {
  const verdict = (delivery: Delivery, secrets: readonly string[] = [secret], now = NOW) =>
    scheme.verify(delivery, secrets, now);

  test("what is signed with the secret is accepted", () => {
    expect(verdict(deliver(scheme, secret))).toMatchObject({ ok: true });
  });

  test("a changed body, another secret, no header, a cut or empty signature are not", () => {
    const good = deliver(scheme, secret);
    const cut = Object.fromEntries(Object.entries(good.headers).map(([key, value]) => [key, value.slice(0, -2)]));
    const empty = Object.fromEntries(Object.keys(good.headers).map((key) => [key, ""]));

    expect(verdict({ ...good, rawBody: Buffer.from(BODY.toString().replace("1", "2")) })).toMatchObject({
      ok: false,
      code: "E_SIGNATURE",
    });
    expect(verdict(deliver(scheme, secret.startsWith("whsec_") ? "whsec_b3RoZXI=" : "b3RoZXI="))).toMatchObject({
      ok: false,
      code: "E_SIGNATURE",
    });
    expect(verdict({ ...good, headers: {} })).toMatchObject({ ok: false, code: "E_SIGNATURE" });
    expect(verdict({ ...good, headers: cut })).toMatchObject({ ok: false, code: "E_SIGNATURE" });
    expect(verdict({ ...good, headers: empty })).toMatchObject({ ok: false, code: "E_SIGNATURE" });
  });

  test("while a secret is replaced, the old and the new are both right", () => {
    expect(verdict(deliver(scheme, secret), ["b3RoZXI=", secret])).toMatchObject({ ok: true });
    expect(verdict(deliver(scheme, secret), [secret, "b3RoZXI="])).toMatchObject({ ok: true });
  });

  test("a byte order mark or other white space in the body counts: the raw bytes are what is signed", () => {
    const spaced = Buffer.from(`\ufeff${BODY.toString()}\n`);

    expect(verdict(deliver(scheme, secret, {}, unsigned({ body: spaced })))).toMatchObject({ ok: true });
    expect(verdict({ ...deliver(scheme, secret), rawBody: spaced })).toMatchObject({ ok: false });
  });

  const timed = !["github", "shopify", "generic, the body alone"].includes(name);
  const tolerance = name === "generic, everything" ? 60_000 : 300_000;

  if (!timed) return;

  test("deliveries from the past or the future are stale, those within the tolerance are not", () => {
    for (const sign of [-1, 1]) {
      const near = verdict(deliver(scheme, secret, {}, unsigned({ now: NOW + sign * (tolerance - 2000) })));
      const far = verdict(deliver(scheme, secret, {}, unsigned({ now: NOW + sign * (tolerance + 2000) })));

      expect(near).toMatchObject({ ok: true });
      expect(far).toMatchObject({ ok: false, code: "E_STALE" });
    }
  });

  test("a time of sending that was changed afterwards does not make an old delivery new", () => {
    const old = deliver(scheme, secret, {}, unsigned({ now: NOW - 3_600_000 }));
    const fresh = scheme.sign(unsigned(), secret);
    const isTime = (key: string): boolean => /time|x-at/.test(key);
    const headers = Object.fromEntries(
      Object.entries(old.headers).map(([key, value]) => [key, isTime(key) ? (fresh[key] ?? "") : value]),
    );

    const tampered =
      name === "stripe"
        ? { "stripe-signature": (old.headers["stripe-signature"] ?? "").replace(/t=\d+/, `t=${String(NOW / 1000)}`) }
        : headers;
    expect(verdict({ ...old, headers: tampered })).toMatchObject({ ok: false });
  });
});

describe("published vectors", () => {
  test("Standard Webhooks: the signature of the reference libraries", () => {
    const delivery: Delivery = {
      method: "POST",
      url: URL_,
      rawBody: Buffer.from('{"test": 2432232314}'),
      headers: {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
      },
    };

    expect(
      SCHEMES["standard-webhooks"].verify(delivery, ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], 1_614_265_330_000),
    ).toEqual({
      ok: true,
      id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
      timestamp: "1614265330",
    });
  });

  test("GitHub: the example of its documentation", () => {
    const delivery: Delivery = {
      method: "POST",
      url: URL_,
      rawBody: Buffer.from("Hello, World!"),
      headers: { "x-hub-signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17" },
    };

    expect(SCHEMES.github.verify(delivery, ["It's a Secret to Everybody"], NOW)).toMatchObject({ ok: true });
  });

  test("Slack: the example of its documentation, by the generic form", () => {
    const slack = FORMS.find(([name]) => name === "generic, as Slack signs")?.[1];
    const body =
      "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
    const delivery: Delivery = {
      method: "POST",
      url: URL_,
      rawBody: Buffer.from(body),
      headers: {
        "x-slack-request-timestamp": "1531420618",
        "x-slack-signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
      },
    };

    expect(slack?.verify(delivery, ["8f742231b10e8888abcd99yyyzzz85a5"], 1_531_420_618_000)).toMatchObject({
      ok: true,
    });
  });

  test("RFC 4231, test case 2, by the generic form", () => {
    const form = generic({ algorithm: "sha256", signs: "{body}", signature: "X-Sig" });
    const headers = { "x-sig": "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" };
    const rawBody = Buffer.from("what do ya want for nothing?");

    expect(form.verify({ method: "POST", url: URL_, headers, rawBody }, ["Jefe"], NOW)).toMatchObject({ ok: true });
  });
});

describe("habits of senders", () => {
  test("Standard Webhooks: one right signature of several is enough, other versions are passed over", () => {
    const scheme = SCHEMES["standard-webhooks"];
    const good = deliver(scheme, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    const signature = good.headers["webhook-signature"] ?? "";
    const with_ = (value: string) =>
      scheme.verify(
        { ...good, headers: { ...good.headers, "webhook-signature": value } },
        ["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        NOW,
      );

    expect(with_(`v1a,AAAA v1,AAAA ${signature}`)).toMatchObject({ ok: true });
    expect(with_(signature.replace("v1,", "v2,"))).toMatchObject({ ok: false });
  });

  test("Standard Webhooks: Svix's own header names", () => {
    const scheme = SCHEMES["standard-webhooks"];
    const good = deliver(scheme, "whsec_AAAA");
    const headers = Object.fromEntries(
      Object.entries(good.headers).map(([name, value]) => [name.replace("webhook-", "svix-"), value]),
    );

    expect(scheme.verify({ ...good, headers }, ["whsec_AAAA"], NOW)).toMatchObject({ ok: true, id: "msg_1" });
  });

  test("Stripe: several v1 while a secret is rolled; v0 counts for nothing", () => {
    const good = SCHEMES.stripe.sign(unsigned(), "s")["stripe-signature"] ?? "";
    const verify = (value: string) =>
      SCHEMES.stripe.verify(
        { method: "POST", url: URL_, rawBody: BODY, headers: { "stripe-signature": value } },
        ["s"],
        NOW,
      );

    expect(verify(good.replace(",v1=", `,v1=${"0".repeat(64)},v1=`))).toMatchObject({ ok: true });
    expect(verify(good.replace(",v1=", ",v0="))).toMatchObject({ ok: false });
  });

  test("HubSpot: the address is signed with some characters decoded, and the method counts", () => {
    const url = "https://hooks.example.com/hooks/crm?next=https%3A%2F%2Fx.y%2F%3Fa%3D1%26b";
    const text = `POSThttps://hooks.example.com/hooks/crm?next=https://x.y/?a%3D1%26b${BODY.toString()}${String(NOW)}`;
    const signature = createHmac("sha256", "s").update(text).digest("base64");
    const headers = { "x-hubspot-signature-v3": signature, "x-hubspot-request-timestamp": String(NOW) };
    const scheme = SCHEMES["hubspot-v3"];

    expect(scheme.verify({ method: "POST", url, headers, rawBody: BODY }, ["s"], NOW)).toMatchObject({ ok: true });
    expect(scheme.verify({ method: "PUT", url, headers, rawBody: BODY }, ["s"], NOW)).toMatchObject({ ok: false });
    expect(scheme.verify({ method: "POST", url: `${url}c`, headers, rawBody: BODY }, ["s"], NOW)).toMatchObject({
      ok: false,
    });
  });

  test("a secret that decodes to nothing signs nothing", () => {
    const scheme = SCHEMES["standard-webhooks"];
    const forged = createHmac("sha256", "")
      .update(`msg_1.${String(NOW / 1000)}.`)
      .update(BODY)
      .digest("base64");
    const headers = {
      "webhook-id": "msg_1",
      "webhook-timestamp": String(NOW / 1000),
      "webhook-signature": `v1,${forged}`,
    };

    expect(scheme.verify({ method: "POST", url: URL_, headers, rawBody: BODY }, ["whsec_", "!!!!"], NOW)).toMatchObject(
      { ok: false },
    );
  });

  test.each(["1e9", " 1790000000", "-1790000000", "1790000000.5", "0x10", ""])(
    "a time of sending written as %j is none",
    (time) => {
      const { scheme } = genericScheme(
        signatureForm.parse({
          algorithm: "sha256",
          signs: "{timestamp}.{body}",
          signature: "X-Sig",
          timestamp: "X-At",
        }),
        [],
      );
      const signature = createHmac("sha256", "s").update(`${time}.`).update(BODY).digest("hex");

      expect(
        scheme.verify(
          { method: "POST", url: URL_, headers: { "x-sig": signature, "x-at": time }, rawBody: BODY },
          ["s"],
          NOW,
        ),
      ).toMatchObject({
        ok: false,
      });
    },
  );
});
