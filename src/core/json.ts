// JSON text to values and back without losing a digit. Used for remote bodies and for jsonb columns alike.

import { Exact, exactNumber, isList, type Fields, type Value } from "./value.ts";

/** Deeper JSON from outside is refused: JSON.stringify and structuredClone overflow the stack at 5,000 levels (measured, Node 20). */
export const DEPTH_MAX = 200;

/** Our own state wraps what came from outside in some levels more. */
export const STATE_DEPTH_MAX = 400;

export class JsonError extends Error {
  override readonly name = "JsonError";
}

// A run of 16 or more digits, or an exponent, right after a structural character: only then can a double lose anything
// (every decimal of up to 15 significant digits survives a double). A false hit costs time, never correctness.
const MAY_LOSE = /[:,[\s]-?(?:[\d.]{16,}|[\d.]+[eE])|^-?(?:[\d.]{16,}|[\d.]+[eE])/;
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const MARK = "\u0000exact:";

/** @throws JsonError when the text is not JSON, is nested deeper than DEPTH_MAX, or holds a number no system could mean. */
export function parseJson(text: string, depthMax = DEPTH_MAX): Value {
  let parsed: unknown;
  try {
    parsed = MAY_LOSE.test(text) ? JSON.parse(markNumbers(text)) : JSON.parse(text);
  } catch (cause) {
    throw new JsonError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
  return decode(parsed, 0, depthMax);
}

/** JSON text of a value; numbers with all their digits. Keys stay in their order. */
export function jsonText(value: Value): string {
  if (value instanceof Exact) return value.digits;
  if (isList(value)) return `[${value.map(jsonText).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const parts: string[] = [];
  for (const [name, entry] of Object.entries(value)) {
    if (entry !== undefined) parts.push(`${JSON.stringify(name)}:${jsonText(entry)}`);
  }
  return `{${parts.join(",")}}`;
}

function markNumbers(text: string): string {
  return text.replace(TOKEN, (token) => {
    if (token.startsWith('"')) return token;
    const number = exactNumber(token);
    if (number === null) throw new JsonError(`a number of more digits than any amount has: ${token.slice(0, 40)}…`);
    return typeof number === "number" ? token : JSON.stringify(MARK + number.digits);
  });
}

/** Checks depth, makes Exact numbers, and drops `__proto__` keys, in one walk. Objects are changed in place: they are ours. */
function decode(value: unknown, depth: number, depthMax: number): Value {
  if (depth > depthMax) throw new JsonError(`nested deeper than ${String(depthMax)} levels`);
  if (typeof value === "string") return value.startsWith(MARK) ? markedNumber(value) : value;
  if (typeof value !== "object" || value === null) return value as Value;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) value[index] = decode(value[index], depth + 1, depthMax);
    return value as Value[];
  }
  const fields = value as Record<string, unknown>;
  for (const name of Object.keys(fields)) {
    if (name === "__proto__") delete fields[name];
    else fields[name] = decode(fields[name], depth + 1, depthMax);
  }
  return fields as Fields;
}

/** A body may hold a string that looks like our mark: at worst it becomes the number it spells. */
function markedNumber(text: string): Value {
  return exactNumber(text.slice(MARK.length)) ?? text;
}
