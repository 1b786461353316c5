// Traces of runs: one a run, a span in it for each request.

import type { CallObserver } from "../connector/contract.ts";

/** What is told of a run when it begins. No names of records, no values. */
export interface RunFacts {
  readonly pair: string;
  readonly run: string;
  readonly kind: string;
  readonly dryRun: boolean;
}

/** How it ended. */
export interface RunEnd {
  readonly outcome: string;
  readonly reason: string | null;
}

export interface Tracing extends CallObserver {
  /** Calls made by `work`, however far below, are spans of its trace. */
  during<T>(facts: RunFacts, work: () => Promise<T>, endOf: (result: T) => RunEnd): Promise<T>;
  /** What has not been sent is sent, for as long as the receiver takes it. */
  close(): Promise<void>;
}
