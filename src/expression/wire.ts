// Values as text between the two processes. A number with more digits than a double keeps travels as a string with a mark; data
// that happens to begin with the mark at worst becomes the number it spells, as in core/json.ts.

import { DEPTH_MAX } from "../core/json.ts";
import { Exact, exactNumber, isList, type Value } from "../core/value.ts";
import { failed } from "./failure.ts";

const MARK = "\u0000exact:";

export function wireText(value: unknown): string {
  return JSON.stringify(value, (_name, part: unknown) => (part instanceof Exact ? MARK + part.digits : part));
}

/** @throws ExpressionFailure when it is nested too deeply to be a value. */
export function valueOfWire(text: string): Value {
  // Made by wireText's counterpart in the other process out of values.
  return decoded(JSON.parse(text) as Value, 0);
}

function decoded(value: Value, depth: number): Value {
  if (depth > DEPTH_MAX) throw failed(`the result is nested deeper than ${String(DEPTH_MAX)} levels`);
  if (typeof value === "string")
    return value.startsWith(MARK) ? (exactNumber(value.slice(MARK.length)) ?? value) : value;
  if (typeof value !== "object" || value === null || value instanceof Exact) return value;
  if (isList(value)) return value.map((entry) => decoded(entry, depth + 1));
  const entries = Object.entries(value).filter(([name]) => name !== "__proto__");
  return Object.fromEntries(entries.map(([name, entry]) => [name, decoded(entry, depth + 1)]));
}
