// Signatures of senders that have a public description.
//
//   standard-webhooks   webhook-id, webhook-timestamp, webhook-signature "v1,BASE64 …" over id.timestamp.body
//   stripe              stripe-signature "t=…,v1=HEX,…" over t.body
//   github              x-hub-signature-256 "sha256=HEX" over body
//   shopify             x-shopify-hmac-sha256 BASE64 over body
//   hubspot-v3          x-hubspot-signature-v3 BASE64 over method, url, body, timestamp
//
// GitHub and Shopify sign no time: old deliveries are known by their id alone.

import type { Preset } from "./file.ts";
import { staleness, TOLERANCE_MS, unsigned, wholeNumber, type Delivery, type Scheme, type Verdict } from "./scheme.ts";
import { anySigned, decodeSignature, hmac, type SignatureEncoding } from "./signature.ts";

const text = (secret: string): Uint8Array => Buffer.from(secret, "utf8");
const secondsText = (ms: number): string => String(Math.floor(ms / 1000));

const standardWebhooks: Scheme = {
  verify(delivery, secrets, now) {
    // Svix, where the standard comes from, still sends its own names.
    const header = (name: string): string =>
      delivery.headers[`webhook-${name}`] ?? delivery.headers[`svix-${name}`] ?? "";
    const id = header("id");
    const timestamp = header("timestamp");
    if (id === "" || timestamp === "" || header("signature") === "")
      return unsigned("webhook-id, -timestamp or -signature is missing");
    const given = header("signature")
      .split(" ")
      .filter((entry) => entry.startsWith("v1,"))
      .map((entry) => entry.slice(3));
    const sign = (key: Uint8Array): Buffer => hmac("sha256", key, [`${id}.${timestamp}.`, delivery.rawBody]);
    if (!signedBy(given, "base64", secrets.map(standardKey), sign)) return unsigned("no signature is right");
    return staleness(wholeNumber(timestamp) * 1000, now, TOLERANCE_MS) ?? { ok: true, id, timestamp };
  },
  sign({ id, now, body }, secret) {
    const timestamp = secondsText(now);
    const signature = hmac("sha256", standardKey(secret), [`${id}.${timestamp}.`, body]).toString("base64");
    return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": `v1,${signature}` };
  },
};

function standardKey(secret: string): Uint8Array {
  return Buffer.from(secret.startsWith("whsec_") ? secret.slice("whsec_".length) : secret, "base64");
}

const stripe: Scheme = {
  verify(delivery, secrets, now) {
    const parts = (delivery.headers["stripe-signature"] ?? "").split(",").map((part) => part.trim().split("=", 2));
    const timestamp = parts.find(([name]) => name === "t")?.[1] ?? "";
    const given = parts.flatMap(([name, value]) => (name === "v1" && value !== undefined ? [value] : []));
    if (timestamp === "" || given.length === 0) return unsigned("stripe-signature is missing");
    const sign = (key: Uint8Array): Buffer => hmac("sha256", key, [`${timestamp}.`, delivery.rawBody]);
    if (!signedBy(given, "hex", secrets.map(text), sign)) return unsigned("no signature is right");
    return staleness(wholeNumber(timestamp) * 1000, now, TOLERANCE_MS) ?? { ok: true, id: null, timestamp };
  },
  sign({ now, body }, secret) {
    const timestamp = secondsText(now);
    const signature = hmac("sha256", text(secret), [`${timestamp}.`, body]).toString("hex");
    return { "stripe-signature": `t=${timestamp},v1=${signature}` };
  },
};

const github: Scheme = {
  verify(delivery, secrets) {
    const given = delivery.headers["x-hub-signature-256"] ?? "";
    if (!given.startsWith("sha256=")) return unsigned("x-hub-signature-256 is missing");
    return overBody(delivery, [given.slice("sha256=".length)], "hex", secrets, "x-github-delivery");
  },
  sign: ({ body, id }, secret) => ({
    "x-hub-signature-256": `sha256=${hmac("sha256", text(secret), [body]).toString("hex")}`,
    "x-github-delivery": id,
  }),
};

const shopify: Scheme = {
  verify(delivery, secrets) {
    const given = delivery.headers["x-shopify-hmac-sha256"] ?? "";
    if (given === "") return unsigned("x-shopify-hmac-sha256 is missing");
    return overBody(delivery, [given], "base64", secrets, "x-shopify-webhook-id");
  },
  sign: ({ body, id }, secret) => ({
    "x-shopify-hmac-sha256": hmac("sha256", text(secret), [body]).toString("base64"),
    "x-shopify-webhook-id": id,
  }),
};

const hubspotV3: Scheme = {
  verify(delivery, secrets, now) {
    const given = delivery.headers["x-hubspot-signature-v3"] ?? "";
    const timestamp = delivery.headers["x-hubspot-request-timestamp"] ?? "";
    if (given === "" || timestamp === "") return unsigned("x-hubspot-signature-v3 or -request-timestamp is missing");
    const start = delivery.method.toUpperCase() + hubspotUrl(delivery.url);
    const sign = (key: Uint8Array): Buffer => hmac("sha256", key, [start, delivery.rawBody, timestamp]);
    if (!signedBy([given], "base64", secrets.map(text), sign)) return unsigned("the signature is not right");
    return staleness(wholeNumber(timestamp), now, TOLERANCE_MS) ?? { ok: true, id: null, timestamp };
  },
  sign({ method, url, body, now }, secret) {
    const timestamp = String(now);
    const signature = hmac("sha256", text(secret), [method.toUpperCase() + hubspotUrl(url), body, timestamp]);
    return { "x-hubspot-signature-v3": signature.toString("base64"), "x-hubspot-request-timestamp": timestamp };
  },
};

export const SCHEMES: Readonly<Record<Preset, Scheme>> = {
  "standard-webhooks": standardWebhooks,
  stripe,
  github,
  shopify,
  "hubspot-v3": hubspotV3,
};

function overBody(
  delivery: Delivery,
  given: readonly string[],
  encoding: SignatureEncoding,
  secrets: readonly string[],
  idHeader: string,
): Verdict {
  const sign = (key: Uint8Array): Buffer => hmac("sha256", key, [delivery.rawBody]);
  if (!signedBy(given, encoding, secrets.map(text), sign)) return unsigned("the signature is not right");
  const id = delivery.headers[idHeader] ?? "";
  return { ok: true, id: id === "" ? null : id, timestamp: null };
}

function signedBy(
  given: readonly string[],
  encoding: SignatureEncoding,
  keys: readonly Uint8Array[],
  sign: (key: Uint8Array) => Buffer,
): boolean {
  const signatures = given.map((entry) => decodeSignature(entry, encoding)).filter((entry) => entry !== null);
  return anySigned(signatures, keys, sign);
}

/** HubSpot signs the address with these, and only these, characters decoded; the fragment is no part of it. */
const DECODED: Readonly<Record<string, string>> = {
  "%3A": ":",
  "%2F": "/",
  "%3F": "?",
  "%40": "@",
  "%21": "!",
  "%24": "$",
  "%27": "'",
  "%28": "(",
  "%29": ")",
  "%2A": "*",
  "%2C": ",",
  "%3B": ";",
};

function hubspotUrl(url: string): string {
  const [address = ""] = url.split("#", 1);
  return address.replace(/%[0-9A-Fa-f]{2}/g, (code) => DECODED[code.toUpperCase()] ?? code);
}
