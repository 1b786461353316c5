// Faults that wait for the next call they fit: armed by an event of the history, used up by a call.

import type { RemoteFailure } from "../../connector/contract.ts";
import type { Side } from "../../core/ids.ts";

export type Operation = "list" | "changes" | "get" | "find" | "create" | "update" | "delete";

export type Mishap =
  /** The write did not happen, or the read failed; nobody can say. */
  | "lost-before"
  /** The write happened, and its answer was lost. */
  | "lost-after"
  | "throttled"
  | "unreachable"
  | "forbidden"
  | "rejected"
  /** The answer cannot be read: a write happened. */
  | "malformed"
  /** A listing that ends early, and says so. */
  | "truncated"
  /** A listing that leaves a record out, and does not say so. */
  | "omits"
  /** A listing that shows a record twice. */
  | "repeats"
  /** A listing that shows nothing at all. */
  | "empty"
  /** The feed no longer knows the cursor. */
  | "expired"
  /** A read that shows the record as it was some time ago. */
  | "stale"
  /** Of a batch the first half is done and answered, the rest is refused. */
  | "partial"
  /** Of a batch the first half is done, and the answer is lost. */
  | "partial-lost"
  /** From here on until the end of the round every call is forbidden. */
  | "revoked"
  /** A listing or feed in which one record cannot be decoded. */
  | "garbled";

export interface ArmedFault {
  readonly side: Side;
  readonly operation: Operation;
  readonly mishap: Mishap;
}

const WRITE_MISHAPS: readonly Mishap[] = [
  "lost-before",
  "lost-after",
  "lost-after",
  "throttled",
  "unreachable",
  "malformed",
  "partial",
  "partial-lost",
  "revoked",
];

/** What each operation may suffer. */
export const MISHAPS: Readonly<Record<Operation, readonly Mishap[]>> = {
  list: [
    "lost-before",
    "throttled",
    "unreachable",
    "forbidden",
    "revoked",
    "malformed",
    "truncated",
    "repeats",
    "garbled",
  ],
  changes: [
    "lost-before",
    "throttled",
    "unreachable",
    "revoked",
    "malformed",
    "truncated",
    "repeats",
    "expired",
    "garbled",
  ],
  get: ["lost-before", "throttled", "unreachable", "malformed", "forbidden", "revoked", "stale"],
  find: ["lost-before", "throttled", "unreachable", "malformed", "revoked"],
  create: [...WRITE_MISHAPS, "rejected"],
  update: [...WRITE_MISHAPS, "rejected"],
  delete: WRITE_MISHAPS,
};

export function failureOf(mishap: Mishap): RemoteFailure {
  const message = `simulated: ${mishap}`;
  switch (mishap) {
    case "throttled":
      return { kind: "throttled", retryAfterMs: 5000, message };
    case "unreachable":
    case "partial":
      return { kind: "unreachable", code: "E_CONNECTION", message };
    case "forbidden":
    case "revoked":
      return { kind: "auth", message };
    case "rejected":
      return { kind: "rejected", code: "422", message };
    case "malformed":
    case "truncated":
      return { kind: "malformed", code: "E_MALFORMED", message };
    case "expired":
      return { kind: "resync", message };
    default:
      return { kind: "unknown", code: "E_TIMEOUT", message };
  }
}
