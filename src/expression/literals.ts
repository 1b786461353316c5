// Numbers written in an expression that jsonata evaluates: its parser has made them doubles.

import { Exact } from "../core/value.ts";
import { Refusal } from "./refusal.ts";

/** @throws Refusal when a number anywhere in the tree has lost digits. */
export function refuseLostDigits(tree: unknown): void {
  if (typeof tree !== "object" || tree === null || tree instanceof RegExp) return;
  const { value, position } = tree as { readonly value?: unknown; readonly position?: number | null };
  if (value instanceof Exact) {
    throw new Refusal(
      "E_EXPR_FORBIDDEN",
      `${value.digits} has more digits than this expression can keep`,
      position ?? null,
      {
        hint: `write it as text: "${value.digits}"`,
      },
    );
  }
  for (const part of Object.values(tree)) refuseLostDigits(part);
}
