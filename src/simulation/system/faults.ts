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
  | "stale";

export interface ArmedFault {
  readonly side: Side;
  readonly operation: Operation;
  readonly mishap: Mishap;
}

/** What each operation may suffer. */
export const MISHAPS: Readonly<Record<Operation, readonly Mishap[]>> = {
  list: ["lost-before", "throttled", "unreachable", "forbidden", "malformed", "truncated", "repeats"],
  changes: ["lost-before", "throttled", "unreachable", "malformed", "truncated", "repeats", "expired"],
  get: ["lost-before", "throttled", "unreachable", "malformed", "forbidden", "stale"],
  find: ["lost-before", "throttled", "unreachable", "malformed"],
  create: ["lost-before", "lost-after", "lost-after", "throttled", "unreachable", "rejected", "malformed"],
  update: ["lost-before", "lost-after", "lost-after", "throttled", "unreachable", "rejected", "malformed"],
  delete: ["lost-before", "lost-after", "lost-after", "throttled", "unreachable", "malformed"],
};

export function failureOf(mishap: Mishap): RemoteFailure {
  const message = `simulated: ${mishap}`;
  switch (mishap) {
    case "throttled":
      return { kind: "throttled", retryAfterMs: 5000, message };
    case "unreachable":
      return { kind: "unreachable", code: "E_CONNECTION", message };
    case "forbidden":
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
