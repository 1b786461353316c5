// One message to one server, and what is known afterwards.
//
//   no connection, no TLS, refused before DATA    it was certainly not sent
//   4xx                                           not sent, and may be later
//   5xx                                           refused
//   broken off once the text was on its way       unknown: the server may have taken it

import { Readable } from "node:stream";
import SMTPConnection from "nodemailer/lib/smtp-connection";
import type { RemoteFailure } from "../../contract.ts";
import type { ReadyMessage } from "./message.ts";

export interface Delivery {
  /** Checked: this is what is connected to. */
  readonly address: string;
  /** For the certificate. */
  readonly host: string;
  readonly port: number;
  readonly tls: "starttls" | "implicit" | "none";
  readonly ca: string | null;
  readonly login: { readonly user: string; readonly pass: string } | null;
  readonly connectTimeoutMs: number;
  readonly responseTimeoutMs: number;
}

export interface MailLine {
  /** Null: it was taken. */
  send(message: ReadyMessage): Promise<RemoteFailure | null>;
  close(): void;
}

/** Servers that refuse for the moment (greylisting, load) commonly mean minutes. */
const LATER_MS = 60_000;

type Opened = { readonly ok: true; readonly line: MailLine } | { readonly ok: false; readonly failure: RemoteFailure };

/** Connected, secured and logged in. */
export async function openLine(delivery: Delivery): Promise<Opened> {
  const connection = new SMTPConnection({
    host: delivery.address,
    port: delivery.port,
    secure: delivery.tls === "implicit",
    requireTLS: delivery.tls === "starttls",
    ignoreTLS: delivery.tls === "none",
    connectionTimeout: delivery.connectTimeoutMs,
    greetingTimeout: delivery.connectTimeoutMs,
    socketTimeout: delivery.responseTimeoutMs,
    tls: {
      servername: /^[\d.]+$|:/.test(delivery.host) ? "" : delivery.host,
      minVersion: "TLSv1.2",
      ...(delivery.ca === null ? {} : { ca: delivery.ca }),
    },
  });
  let broken: unknown = null;
  connection.on("error", (error) => {
    broken = error;
  });
  const connected = await new Promise<unknown>((done) => {
    connection.once("error", done);
    connection.connect((error) => {
      done(error ?? null);
    });
  });
  const refuse = (error: unknown): Opened => {
    connection.close();
    return { ok: false, failure: failureOf(error, { reached: false, login: true }) };
  };
  if (connected !== null) return refuse(connected);
  const { login } = delivery;
  if (login !== null) {
    const refused = await new Promise<unknown>((done) => {
      connection.once("error", done);
      connection.login({ credentials: login }, (error) => {
        done(error ?? null);
      });
    });
    if (refused !== null) return refuse(refused);
  }
  return {
    ok: true,
    line: {
      async send(message) {
        if (broken !== null) return failureOf(broken, { reached: false, login: false });
        let reached = false;
        // Read only once the server has asked for the text.
        const text = new Readable({
          read() {
            reached = true;
            this.push(message.bytes);
            this.push(null);
          },
        });
        const error = await new Promise<unknown>((done) => {
          connection.once("error", done);
          connection.send({ from: message.envelope.from, to: message.envelope.to }, text, (failed) => {
            done(failed ?? null);
          });
        });
        return error === null ? null : failureOf(error, { reached, login: false });
      },
      close() {
        connection.quit();
      },
    },
  };
}

function failureOf(error: unknown, how: { readonly reached: boolean; readonly login: boolean }): RemoteFailure {
  const facts = (typeof error === "object" && error !== null ? error : {}) as {
    readonly code?: unknown;
    readonly responseCode?: unknown;
    readonly message?: unknown;
  };
  const code = typeof facts.code === "string" ? facts.code : "ESMTP";
  const status = typeof facts.responseCode === "number" ? facts.responseCode : null;
  const message =
    typeof facts.message === "string" ? (facts.message.split("\n")[0]?.slice(0, 200) ?? "") : String(error);
  if (code === "EAUTH" || (how.login && status === 535) || status === 530) return { kind: "auth", message };
  // 421 closes the line; everything of 4xx says "later", whatever it answers.
  if (status !== null && status >= 400 && status < 500) return { kind: "throttled", retryAfterMs: LATER_MS, message };
  if (status !== null && status >= 500)
    return how.login
      ? { kind: "unreachable", code: `SMTP_${String(status)}`, message }
      : { kind: "rejected", code: `SMTP_${String(status)}`, message };
  if (how.reached) return { kind: "unknown", code, message };
  if (code === "EENVELOPE" || code === "EMESSAGE") return { kind: "rejected", code, message };
  return { kind: "unreachable", code, message };
}
