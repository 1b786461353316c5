// What a database says no with, in one vocabulary for all of them, and what it means to the engine.
//
//   fault        what is certain                             read                    write (in a transaction)
//   unreachable  never connected                             again, then unreachable the same
//   auth         not let in, or not allowed                  auth                    auth
//   busy         deadlock, lock, serialization, too many     again, then throttled   rolled back: again, then throttled
//   slow         the statement's time was up                 unknown                 rolled back: throttled
//   lost         the connection broke                        again, then unknown     before commit: again, then unreachable; in commit: unknown
//   duplicate    a unique constraint                         malformed               duplicate
//   refused      the value, the row, the statement           rejected                rejected

import type { RemoteFailure } from "../../contract.ts";

export type FaultKind = "unreachable" | "auth" | "busy" | "slow" | "lost" | "duplicate" | "refused";

export interface SqlFault {
  readonly kind: FaultKind;
  /** SQLSTATE, the driver's code, or one of ours. */
  readonly code: string;
  readonly message: string;
}

export type Ran<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: SqlFault };

export function fault(
  kind: FaultKind,
  code: string,
  message: string,
): { readonly ok: false; readonly fault: SqlFault } {
  return { ok: false, fault: { kind, code, message } };
}

export function ran<T>(value: T): Ran<T> {
  return { ok: true, value };
}

/** How long to stay away from a database that is busy, in milliseconds. Shorter adds to its load; longer delays the next run. */
const BUSY_WAIT_MS = 5000;

/** @param outcome `certain`: nothing of a write is left; `open`: nobody knows. */
export function failureOf(
  { kind, code, message }: SqlFault,
  operation: "read" | "write",
  outcome: "certain" | "open" = "certain",
): RemoteFailure {
  if (outcome === "open") return { kind: "unknown", code, message };
  switch (kind) {
    case "unreachable":
      return { kind: "unreachable", code, message };
    case "auth":
      return { kind: "auth", message };
    case "busy":
      return { kind: "throttled", retryAfterMs: BUSY_WAIT_MS, message };
    case "slow":
      return operation === "read"
        ? { kind: "unknown", code, message }
        : { kind: "throttled", retryAfterMs: BUSY_WAIT_MS, message };
    case "lost":
      return operation === "read" ? { kind: "unknown", code, message } : { kind: "unreachable", code, message };
    case "duplicate":
      return operation === "read" ? { kind: "malformed", code, message } : { kind: "duplicate", message };
    case "refused":
      return { kind: "rejected", code, message };
  }
}

/** What drivers throw is an error with a code, mostly. */
export function errorText(error: unknown, name: string): string | null {
  const value: unknown = typeof error === "object" && error !== null && name in error ? Reflect.get(error, name) : null;
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : null;
}

const NETWORK: Readonly<Record<string, string>> = {
  ENOTFOUND: "E_DNS",
  EAI_AGAIN: "E_DNS",
  ETIMEDOUT: "E_CONNECT_TIMEOUT",
};

const NETWORK_CODE =
  /^(?:E[A-Z]{3,}|ERR_[A-Z_]+|PROTOCOL_[A-Z_]+|CERT_[A-Z_]+|DEPTH_ZERO_[A-Z_]+|SELF_SIGNED_[A-Z_]+|UNABLE_[A-Z_]+)$/;
const CERTIFICATE = /^(?:ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_)/;

/** The fault of an attempt to connect that no answer of the database explains. */
export function connectFault(error: unknown, where: string): SqlFault {
  const code = errorText(error, "code") ?? "";
  const message = errorText(error, "message") ?? String(error);
  if (CERTIFICATE.test(code)) return { kind: "unreachable", code: "E_TLS", message: `${where}: ${message}` };
  if (/does not support (?:SSL|secure)/i.test(message)) {
    return {
      kind: "unreachable",
      code: "E_TLS",
      message: `${where} offers no TLS; ?tls=off in base_url allows a connection that others on the way can read`,
    };
  }
  if (/timeout/i.test(message))
    return { kind: "unreachable", code: "E_CONNECT_TIMEOUT", message: `${where}: ${message}` };
  const known = NETWORK[code] ?? (NETWORK_CODE.test(code) ? "E_UNREACHABLE" : "E_CONNECTION");
  return { kind: "unreachable", code: known, message: `${where}: ${message}` };
}
