// What a protocol without requests lends a function that stands for one of its operations: its tools, for as long as the operation
// lasts, and what it means when one of them fails.

import type { RemoteFailure } from "../contract.ts";
import type { Operation } from "../file.ts";
import type { Answer } from "../protocol.ts";
import { OutOfTime } from "./function.ts";

type CodeTools = Readonly<Record<string, unknown>>;

/** One call of a function. */
interface CodeCall {
  readonly object: string;
  readonly operation: Operation;
  /** It may change something; nothing is read by it alone. */
  readonly writes: boolean;
  /** Of the write; null: it has none. */
  readonly key: string | null;
}

export type Performed =
  { readonly ok: true; readonly answer: Answer } | { readonly ok: false; readonly failure: RemoteFailure };

export interface CodeWorld {
  /** @param run Calls the function. It rejects with what the function threw, an OutOfTime, or a ToolFailure. */
  perform(call: CodeCall, run: (tools: CodeTools) => Promise<Answer>): Promise<Performed>;
}

/** A tool could not do what it was asked; the function ends with it, unless it knows better. */
export class ToolFailure extends Error {
  override readonly name = "ToolFailure";
}

/** Of a function whose tools worked. @param effects Something was written that stays. */
export function failureOfFunction(error: unknown, effects: boolean): RemoteFailure {
  if (error instanceof OutOfTime) return { kind: "unknown", code: "E_TIMEOUT", message: error.message };
  const message = `the function failed: ${error instanceof Error ? error.message : String(error)}`;
  return effects ? { kind: "unknown", code: "E_CODE", message } : { kind: "rejected", code: "E_TEMPLATE", message };
}

export function toolsEnded(): ToolFailure {
  return new ToolFailure("the function was ended, and may ask for nothing more");
}
