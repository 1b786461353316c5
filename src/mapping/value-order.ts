// Which of two canonical values is the greater: numbers by amount; dates and times by when; any other texts letter by letter.

import { digitsOf, type Value } from "../core/value.ts";
import { decimalOf } from "./types/exact-decimal.ts";

/** Below 0: `a` is less. Null: the two cannot be compared. */
export function compareValues(a: Value, b: Value): number | null {
  const [left, right] = [digitsOf(a), digitsOf(b)];
  if (left !== null && right !== null) return decimalOf(left).comparedTo(decimalOf(right));
  if (typeof a !== "string" || typeof b !== "string") return null;
  const [first, second] = [orderText(a), orderText(b)];
  return first < second ? -1 : first > second ? 1 : 0;
}

/** Canonical times end with a Z, which would put a whole second behind its fractions. */
function orderText(text: string): string {
  return text.replace(/(?<=\d)Z$/, "");
}
