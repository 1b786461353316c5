// Values as text between the two processes. A number with more digits than a double keeps travels as a string with a mark (Exact's own JSON
// form); data that happens to begin with the mark at worst becomes the number it spells, as in core/json.ts.

import { DEPTH_MAX } from "../core/json.ts";
import { Exact, EXACT_MARK, exactNumber, isList, type Value } from "../core/value.ts";
import { failed } from "./failure.ts";

export function wireText(value: unknown): string {
  return JSON.stringify(value);
}

/** @throws ExpressionFailure when it is nested too deeply to be a value. */
export function valueOfWire(text: string): Value {
  // Made by wireText's counterpart in the other process out of values.
  return decoded(JSON.parse(text) as Value, 0);
}

function decoded(value: Value, depth: number): Value {
  if (depth > DEPTH_MAX) throw failed(`the result is nested deeper than ${String(DEPTH_MAX)} levels`);
  if (typeof value === "string")
    return value.startsWith(EXACT_MARK) ? (exactNumber(value.slice(EXACT_MARK.length)) ?? value) : value;
  if (typeof value !== "object" || value === null || value instanceof Exact) return value;
  if (isList(value)) return value.map((entry) => decoded(entry, depth + 1));
  const entries = Object.entries(value).filter(([name]) => name !== "__proto__");
  return Object.fromEntries(entries.map(([name, entry]) => [name, decoded(entry, depth + 1)]));
}
