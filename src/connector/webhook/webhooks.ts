// A delivery that arrives at POST /hooks/{system}: verified, then read as hints. Nothing is stored here and nothing answered:
// the caller makes the hints durable first, and drops a delivery whose id it already has.
//
//   405 not POST · 413 too large · 415 not JSON · 401 signature missing, wrong or out of its time · 400 not readable
//
// The signature is checked over the raw bytes before anything of them is parsed.

import { createHash } from "node:crypto";
import type { ExpressionCompiler } from "../../core/expression.ts";
import { JsonError, parseJson } from "../../core/json.ts";
import { isError, type Problem } from "../../core/problem.ts";
import type { Value } from "../../core/value.ts";
import type { Secret } from "../secret.ts";
import { compileEvents, type EventReader, type Hint, type ReadEvents } from "./events.ts";
import type { WebhooksPart } from "./file.ts";
import { genericScheme } from "./generic.ts";
import { SCHEMES } from "./presets.ts";
import type { Delivery, Scheme } from "./scheme.ts";
import { sharedTokenScheme } from "./shared-token.ts";
import { chooseSecrets, secretValues, type DeclaredSecrets } from "./secret-names.ts";

export type Received =
  | {
      readonly kind: "accepted";
      /** Equal for the repetition of a delivery, and unequal for any other. */
      readonly deliveryId: string;
      readonly events: readonly Hint[];
      /** Events of types the connector file does not name. */
      readonly ignored: number;
      /** Events whose record id is not there; polling finds what changed. */
      readonly unidentified: number;
    }
  /** `message` is for our log; a stranger is told nothing but the status. */
  | {
      readonly kind: "refused";
      readonly status: 400 | 401 | 405 | 413 | 415;
      readonly code: string;
      readonly message: string;
    };

export interface Webhooks {
  /** Larger bodies are refused; the listener may stop reading there. */
  readonly bytesMax: number;
  /** @param now Milliseconds since 1970. */
  receive(delivery: Delivery, secrets: ReadonlyMap<string, Secret>, now: number): Promise<Received>;
}

export interface WebhookContext extends DeclaredSecrets {
  readonly expressions: ExpressionCompiler;
  /** Names of the connector's objects. */
  readonly objects: readonly string[];
}

/** Too small: batched deliveries are refused and polling has to find them. Too large: strangers can make us read that much. */
const BYTES_MAX = 1_048_576;

export function compileWebhooks(
  part: WebhooksPart,
  context: WebhookContext,
): { readonly webhooks: Webhooks | null; readonly problems: readonly Problem[] } {
  const signing = signingScheme(part);
  const secrets = chooseSecrets(part, context);
  const events = compileEvents(part, context);
  const problems = [...signing.problems, ...secrets.problems, ...events.problems];
  if (problems.some(isError)) return { webhooks: null, problems };
  const plan: Plan = {
    scheme: signing.scheme,
    secretNames: secrets.names,
    reader: events.reader,
    bytesMax: part.max_bytes ?? BYTES_MAX,
  };
  const receive: Webhooks["receive"] = (delivery, values, now) => receiveDelivery(plan, delivery, values, now);
  return { webhooks: { bytesMax: plan.bytesMax, receive }, problems };
}

/** The scheme of a `verify:` key. */
export function signingScheme(part: Pick<WebhooksPart, "verify">): {
  readonly scheme: Scheme;
  readonly problems: readonly Problem[];
} {
  if (typeof part.verify === "string") return { scheme: SCHEMES[part.verify], problems: [] };
  if (!("signs" in part.verify)) return { scheme: sharedTokenScheme(part.verify), problems: [] };
  return genericScheme(part.verify, ["webhooks", "verify"]);
}

interface Plan {
  readonly scheme: Scheme;
  readonly secretNames: readonly string[];
  readonly reader: EventReader;
  readonly bytesMax: number;
}

async function receiveDelivery(
  plan: Plan,
  given: Delivery,
  secrets: ReadonlyMap<string, Secret>,
  now: number,
): Promise<Received> {
  const delivery: Delivery = { ...given, headers: lowerCase(given.headers) };
  if (delivery.method.toUpperCase() !== "POST")
    return refused(405, "E_METHOD", `${delivery.method.slice(0, 20)} is not POST`);
  if (delivery.rawBody.byteLength > plan.bytesMax) {
    return refused(413, "E_TOO_LARGE", `larger than ${String(plan.bytesMax)} bytes`);
  }
  if (!isJson(delivery.headers)) return refused(415, "E_CONTENT_TYPE", "the content type is not JSON in UTF-8");
  const values = secretValues(plan.secretNames, secrets);
  if (values.length === 0) {
    return refused(
      401,
      "E_SECRET_MISSING",
      `none of the secrets ${plan.secretNames.join(", ")} is set for this account`,
    );
  }
  const verdict = plan.scheme.verify(delivery, values, now);
  if (!verdict.ok) return refused(401, verdict.code, verdict.message);
  const body = readBody(delivery.rawBody);
  if (!body.ok) return refused(400, "E_JSON", body.message);
  const read = await plan.reader.read(body.value, delivery.headers);
  if (!read.ok) return refused(400, "E_EVENTS", read.message);
  const { hints, ignored, unidentified } = read.events;
  const deliveryId = verdict.id ?? derivedId(delivery.rawBody, verdict.timestamp, read.events);
  return { kind: "accepted", deliveryId, events: hints, ignored, unidentified };
}

function refused(status: 400 | 401 | 405 | 413 | 415, code: string, message: string): Received {
  return { kind: "refused", status, code, message };
}

/**
 * By the ids of its events where each has one: senders put other things into the body of a repetition (HubSpot counts its
 * attempts there). Else by its bytes, with the time of sending: two thin deliveries on one record may have the same body, and
 * to read a record twice costs less than to miss a change.
 */
function derivedId(rawBody: Uint8Array, timestamp: string | null, { eventIds }: ReadEvents): string {
  const digest = createHash("sha256");
  if (eventIds.length > 0 && eventIds.every((id) => id !== null)) digest.update(JSON.stringify(eventIds));
  else digest.update(`${timestamp ?? ""}.`).update(rawBody);
  return `sha256:${digest.digest("hex")}`;
}

function readBody(
  rawBody: Uint8Array,
): { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly message: string } {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(rawBody);
  } catch {
    return { ok: false, message: "the body is not UTF-8" };
  }
  try {
    return { ok: true, value: parseJson(text) };
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    return { ok: false, message: error.message };
  }
}

function isJson(headers: Readonly<Record<string, string>>): boolean {
  const [mediaType = "", ...parameters] = (headers["content-type"] ?? "")
    .split(";")
    .map((part) => part.trim().toLowerCase());
  const charset = parameters
    .find((parameter) => parameter.startsWith("charset="))
    ?.slice("charset=".length)
    .replaceAll('"', "");
  const encoding = headers["content-encoding"]?.trim().toLowerCase() ?? "identity";
  return (
    /^application\/(?:[\w.+-]+\+)?json$/.test(mediaType) &&
    (charset === undefined || charset === "utf-8" || charset === "utf8") &&
    encoding === "identity"
  );
}

function lowerCase(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
