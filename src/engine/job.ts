// One write on its way to a system.

import type { RemoteFailure, RemoteRecord } from "../connector/contract.ts";
import type { Write } from "../core/decision.ts";
import type { WriteOutcome } from "../core/settle.ts";
import type { Fields } from "../core/value.ts";
import type { PlannedDecision } from "./ports/run.ts";

/** One write on its way: the decision it belongs to, and how far it has come. */
export interface Job {
  readonly planned: PlannedDecision;
  readonly writeIndex: number;
  /** With references resolved. */
  readonly write: Write;
  /** The record as just read; null: not read. */
  readonly current: RemoteRecord | null;
  readonly body: Fields;
  readonly key: string;
}

export type Prepared =
  { readonly kind: "job"; readonly job: Job } | { readonly kind: "outcome"; readonly outcome: WriteOutcome };

/** A system that must not be written to any more in this run, and why. */
export type Stop = Extract<RemoteFailure, { readonly kind: "auth" | "stop" | "unreachable" }>;

export function stopOf(failure: RemoteFailure): Stop | null {
  return failure.kind === "auth" || failure.kind === "stop" || failure.kind === "unreachable" ? failure : null;
}
