// What the admin API may ask of the running daemon beyond reading: one person's word, carried out by the engine.

import type { BudgetRow } from "../core/budget.ts";
import type { RunId } from "../core/ids.ts";
import type { Value } from "../core/value.ts";
import type { RecordName } from "./ports/history.ts";

export interface PairSummary {
  readonly pair: string;
  readonly file: string;
  readonly state: "proposed" | "active" | "paused";
  readonly sides: {
    readonly left: { readonly name: string; readonly system: string };
    readonly right: { readonly name: string; readonly system: string };
  };
  readonly entities: readonly string[];
  readonly running: RunId | null;
  /** ISO times of the next scheduled changes run and sweep; null: none. */
  readonly next: { readonly changes: string | null; readonly sweep: string | null };
  readonly pendingAccept: boolean;
}

/** `E_NOT_FOUND`, `E_RUNNING`, `E_PLAN_STALE`, `E_INVALID`. */
export class OperatorError extends Error {
  override readonly name = "OperatorError";
  readonly code: "E_NOT_FOUND" | "E_RUNNING" | "E_PLAN_STALE" | "E_INVALID";
  constructor(code: OperatorError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

export interface Operator {
  pairs(): Promise<readonly PairSummary[]>;
  /** Starts a run now and returns at once. @throws OperatorError E_RUNNING when one is under way. */
  startRun(pair: string, how: { readonly sweep: boolean }, who: string): Promise<void>;
  pause(pair: string, who: string): Promise<void>;
  resume(pair: string, who: string): Promise<void>;
  accept(pair: string, who: string): Promise<void>;
  /** Makes and stores a plan. @returns the document as `plan --json` prints it. */
  plan(pair: string, how: { readonly sweep: boolean }): Promise<Value>;
  /** Makes and stores the plan that takes a run back. @returns the document as `undo --json` prints it. */
  undo(pair: string, run: RunId): Promise<Value>;
  /** Why a record shows what it shows, as `explain --json` prints it. @throws OperatorError E_NOT_FOUND. */
  explain(pair: string, record: RecordName, field: string | null): Promise<Value>;
  apply(planId: string, who: string): Promise<Value>;
  /** One line for each system: reachable, last error, limits. */
  systems(): Promise<
    readonly {
      readonly system: string;
      readonly connector: string;
      readonly calls: Readonly<Record<string, number>>;
      readonly lastError: string | null;
    }[]
  >;
  /** What is taken of the systems' limits, by all processes. */
  budgets(): Promise<readonly BudgetRow[]>;
  /** Told of everything that happens, for server-sent events; returns the function that ends it. */
  subscribe(listener: (event: { readonly event: string; readonly data: Value }) => void): () => void;
  /** Ready: migrated, files loaded, workers running. */
  ready(): { readonly ready: boolean; readonly why: string | null };
}
