// What is asked of a run.

import type { RunId } from "../core/ids.ts";
import type { RunReport } from "./ports/run.ts";

export interface RunRequest {
  readonly run: RunId;
  /** `hints`: only what the inbox names, as after a webhook. */
  readonly kind: "changes" | "sweep" | "hints";
  /** This entity alone; null: all. */
  readonly entity: string | null;
  /** Decide and tell, write nothing. */
  readonly dryRun: boolean;
  /** Do just these actions (by hash) and nothing else; they pass the guards. Null: everything that is decided. */
  readonly only: ReadonlySet<string> | null;
  /** Take this run back, and look at nothing else. Left out: decide as the mapping says. */
  readonly undo?: RunId;
  /** Names the holder of the lease, for people. */
  readonly owner: string;
  readonly signal: AbortSignal;
  /** Calls made so far, for the report. */
  readonly calls: () => RunReport["calls"];
}
