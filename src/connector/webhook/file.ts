// The `webhooks:` block of a connector file.

import { z } from "zod";
import { about, duration, expression, name, path } from "../file/text.ts";

const PRESETS = ["standard-webhooks", "stripe", "github", "shopify", "hubspot-v3"] as const;
export type Preset = (typeof PRESETS)[number];

const headerName = z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, "a header name");

/** An HMAC signature of any form, for senders without a preset. */
export const signatureForm = z.strictObject({
  algorithm: about(
    z.enum(["sha256", "sha1", "sha512", "hmac-sha256", "hmac-sha1", "hmac-sha512"]),
    "The HMAC's hash.",
    "sha256",
  ),
  encoding: about(z.enum(["hex", "base64"]).optional(), "How the signature is written; default hex.", "base64"),
  key: about(
    z.enum(["text", "hex", "base64"]).optional(),
    "How the secret becomes the key: its text as it is (default), or decoded.",
    "base64",
  ),
  signs: about(
    z.string().min(1),
    "What is signed: text with {body}, and {id} {timestamp} {method} {url} where they belong.",
    "{timestamp}.{body}",
  ),
  signature: about(
    z.union([
      headerName,
      z.strictObject({
        header: about(headerName, "Header of the signature.", "X-Signature"),
        prefix: about(z.string().optional(), "Text before the signature.", "sha256="),
      }),
    ]),
    "Where the signature stands: a header. Several, parted by commas or spaces, are tried each.",
    { header: "X-Signature", prefix: "sha256=" },
  ),
  timestamp: about(
    z
      .union([
        headerName,
        z.strictObject({
          header: about(headerName, "Header of the time of sending.", "X-Timestamp"),
          tolerance: about(duration.optional(), "How far it may be from now, both ways; default 5m.", "5m"),
          unit: about(
            z.enum(["s", "ms", "iso"]).optional(),
            "Seconds or milliseconds since 1970, or ISO 8601; default s.",
            "s",
          ),
        }),
      ])
      .optional(),
    "Where the time of sending stands; without it old deliveries can be played again.",
    { header: "X-Timestamp", tolerance: "5m" },
  ),
  id: about(
    z.union([headerName, z.strictObject({ header: headerName })]).optional(),
    "Header of the delivery's id; default: known by its events' ids, or by its body.",
    { header: "X-Delivery-Id" },
  ),
});

export type SignatureForm = z.output<typeof signatureForm>;

/** A secret that each delivery carries, for senders that cannot sign. */
const sharedTokenForm = z
  .strictObject({
    header: about(headerName.optional(), "Header that carries the secret.", "X-Webhook-Token"),
    prefix: about(z.string().optional(), "Text before the secret in that header.", "Bearer "),
    query: about(name.optional(), "Parameter of the address that carries the secret.", "token"),
  })
  .refine((form) => (form.header === undefined) !== (form.query === undefined), "either header or query");

export type SharedTokenForm = z.output<typeof sharedTokenForm>;

const what = z.enum(["changed", "gone"]);

export const webhooksPart = z.strictObject({
  verify: about(
    z.union([z.enum(PRESETS), signatureForm, sharedTokenForm]),
    "How deliveries are proven: a preset, the form of an HMAC signature, or { header: NAME } or { query: NAME } where the " +
      "sender cannot sign and carries the secret itself.",
    "standard-webhooks",
  ),
  secret: about(
    z.union([name, z.array(name).min(1)]).optional(),
    "Name of the secret that signs, or several while one is replaced; a secret's value may also hold several, parted by " +
      "spaces. Default: webhook_secret, signing_secret or client_secret, or the only secret that auth does not use.",
    "webhook_secret",
  ),
  events: about(expression.optional(), "Expression: the list of events in a delivery; default $, the whole body.", "$"),
  event: about(
    z
      .strictObject({
        id: about(path.optional(), "Path of the event's id.", "eventId"),
        type: about(
          z.union([path, z.strictObject({ header: headerName })]).optional(),
          "Path of the event's type in the event, or the header that tells it.",
          "subscriptionType",
        ),
        at: about(path.optional(), "Path of the time of the event.", "occurredAt"),
        record: about(path.optional(), "Path of the record's id.", "objectId"),
      })
      .optional(),
    "Where an event tells what happened to which record; presets know their own.",
    { id: "eventId", type: "subscriptionType", record: "objectId" },
  ),
  on: about(
    z.record(z.string().min(1), z.record(name, what)),
    "Event types, exact or with * at the end, and what they say of which object; other types are accepted and mean nothing.",
    { "contact.creation": { contact: "changed" }, "contact.deletion": { contact: "gone" } },
  ),
  payload: about(
    z.enum(["thin", "full"]).optional(),
    "What a delivery holds. Either way the record is read again: a delivery is a hint, never believed.",
    "thin",
  ),
  item: about(path.optional(), "payload: full. Path of the record in an event.", "data.object"),
  max_bytes: about(
    z.number().int().min(1024).max(16_777_216).optional(),
    "Larger deliveries are refused; default 1048576.",
    1_048_576,
  ),
});

export type WebhooksPart = z.output<typeof webhooksPart>;
