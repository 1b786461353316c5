// The CRM's webhooks, signed as https://www.standardwebhooks.com describes. They are a courtesy: one attempt, no retry, so one
// that meets a closed door is lost; and every seventh is delivered twice.

import { createHmac, randomBytes } from "node:crypto";
import type { Activity } from "../common/activity.ts";
import type { Change } from "../common/database.ts";
import { contacts } from "./shapes.ts";

const TWICE_EVERY = 7;
/** Too small: a busy receiver counts as down. Too large: a hanging one holds sockets. */
const TIMEOUT_MS = 5000;

export class Webhooks {
  readonly #url: string;
  readonly #key: Buffer;
  readonly #activity: Activity;
  readonly #now: () => number;
  #count = 0;

  /** @param secret `whsec_` and the key in base64. */
  constructor(options: {
    readonly url: string;
    readonly secret: string;
    readonly activity: Activity;
    readonly now: () => number;
  }) {
    this.#url = options.url;
    this.#key = webhookKey(options.secret);
    this.#activity = options.activity;
    this.#now = options.now;
  }

  /** Tells the receiver, and nobody waits for it. */
  send(change: Change): void {
    this.#count += 1;
    const type = `${change.object === contacts.object ? "contact" : "invoice"}.${verb(change)}`;
    const body = JSON.stringify({
      id: `evt_${randomBytes(9).toString("base64url")}`,
      type,
      timestamp: new Date(change.at).toISOString(),
      data: { id: change.id },
    });
    const message = `msg_${randomBytes(12).toString("base64url")}`;
    const deliveries = this.#count % TWICE_EVERY === 0 ? 2 : 1;
    void this.#deliver(message, body, `${type} ${change.id}`, deliveries);
  }

  async #deliver(message: string, body: string, subject: string, times: number): Promise<void> {
    for (let delivery = 1; delivery <= times; delivery += 1) {
      const again = delivery > 1 ? " (again)" : "";
      try {
        const response = await fetch(this.#url, {
          method: "POST",
          headers: this.#headers(message, body),
          body,
          redirect: "error",
          signal: AbortSignal.timeout(TIMEOUT_MS),
        });
        await response.arrayBuffer();
        this.#activity.tell("webhook", `webhook ${subject}${again}: ${String(response.status)}`);
      } catch {
        this.#activity.tell("refused", `webhook ${subject}${again}: lost, nobody answered`);
      }
    }
  }

  #headers(message: string, body: string): Record<string, string> {
    const timestamp = String(Math.floor(this.#now() / 1000));
    const signature = createHmac("sha256", this.#key).update(`${message}.${timestamp}.${body}`).digest("base64");
    return {
      "content-type": "application/json",
      "webhook-id": message,
      "webhook-timestamp": timestamp,
      "webhook-signature": `v1,${signature}`,
    };
  }
}

/** @throws when the text is not `whsec_` and at least 24 bytes in base64. */
function webhookKey(secret: string): Buffer {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  if (!secret.startsWith("whsec_") || key.length < 24) {
    throw new Error('the webhook secret must be "whsec_" and at least 24 bytes in base64');
  }
  return key;
}

function verb(change: Change): string {
  if (change.after === null) return "deleted";
  return change.before === null ? "created" : "updated";
}
