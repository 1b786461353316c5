// Why an input has no result. Thrown while evaluating and caught by compiler.ts; nothing of it leaves this room.

import type { ExpressionResult } from "../core/expression.ts";

export type FailureCode = "E_EXPR_TIMEOUT" | "E_EXPR_RESOURCE" | "E_EXPR_FAILED";

export class ExpressionFailure extends Error {
  override readonly name = "ExpressionFailure";
  readonly code: FailureCode;

  constructor(code: FailureCode, message: string) {
    super(message);
    this.code = code;
  }
}

export function failed(message: string): ExpressionFailure {
  return new ExpressionFailure("E_EXPR_FAILED", message);
}

export function failedResult(code: FailureCode, message: string): ExpressionResult {
  return { ok: false, code, message };
}

/** What was thrown while evaluating one input, as its result; null when it is a fault of ours and must be thrown on. */
export function resultOfThrown(thrown: unknown): ExpressionResult | null {
  if (thrown instanceof ExpressionFailure) return failedResult(thrown.code, thrown.message);
  // "Invalid string length", "Maximum call stack size exceeded": the engine's own limits.
  if (thrown instanceof RangeError)
    return failedResult("E_EXPR_RESOURCE", `it needs too much memory: ${thrown.message}`);
  return null;
}
