// What differs between protocols: how one request is written and its answer read. Everything else (paging, cursors, error
// table, limits, retries, batches, decoding of records) is the kit's and the same for all.

import type { KeyPath, Problem } from "../core/problem.ts";
import type { Value } from "../core/value.ts";

/** What request expressions see; a name that is absent here is absent there. */
export type Variables = Readonly<Record<string, Value | undefined>>;

/** A complete answer, whatever its status. */
export interface Answer {
  /** HTTP status; for a SOAP fault the status it came with. */
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Decoded without losing a digit; null for an empty body. */
  readonly body: Value;
  /** SOAP: the fault. GraphQL: the first error. Else null. */
  readonly fault: Fault | null;
}

export interface Fault {
  readonly code: string;
  readonly message: string;
  /** What it usually means, where the protocol knows; the file's error table is asked before. `by-status`: what the status says. */
  readonly means?: FaultMeaning;
}

/** `partial`: something was answered and something is missing. */
export type FaultMeaning =
  "by-status" | "refresh-auth" | "auth" | "wait" | "retry" | "gone" | "stale" | "duplicate" | "reject" | "partial";

export type Sent =
  | { readonly kind: "answer"; readonly answer: Answer }
  /**
   * No usable answer. `reached` false: certainly before any effect (refused, DNS, blocked address); true: the request may
   * have been carried out (timeout, reset, cut or unreadable answer).
   */
  | { readonly kind: "failed"; readonly reached: boolean; readonly code: string; readonly message: string };

export interface CallOptions {
  /** Added by the kit: authentication, If-Match, Idempotency-Key. */
  readonly headers: Readonly<Record<string, string>>;
  /** Query parameters added by the kit: authentication, paging. */
  readonly query: Readonly<Record<string, string>>;
  /** The next page's whole address (`page: { url }` or `{ link }`), already checked to be of the same origin; null: by the template. */
  readonly url: string | null;
  readonly signal: AbortSignal;
}

/** One request, ready to be made many times. */
export type PreparedCall = (variables: Variables, options: CallOptions) => Promise<Sent>;

/** One protocol of one system. */
export interface Protocol {
  /** Checks a request part (`request/query/headers/body`, or `call/args`) and makes it callable. Problems carry paths below `path`. */
  prepare(
    part: Readonly<Record<string, unknown>>,
    path: KeyPath,
  ): { readonly call: PreparedCall | null; readonly problems: readonly Problem[] };
  close(): Promise<void>;
}
