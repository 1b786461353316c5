// JSON text to values and back without losing a digit. Used for remote bodies and for jsonb columns alike.

import { Exact, EXACT_MARK, exactNumber, isList, type Fields, type Value } from "./value.ts";

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
const EXACT_IN_JSON = JSON.stringify(EXACT_MARK).slice(1, -1);

/** @throws JsonError when the text is not JSON, is nested deeper than DEPTH_MAX, or holds a number no system could mean. */
export function parseJson(text: string, depthMax = DEPTH_MAX): Value {
  let parsed: unknown;
  try {
    if (MAY_LOSE.test(text)) {
      parsed = JSON.parse(markNumbers(text));
    } else {
      const plain: unknown = JSON.parse(text);
      checkPlain(plain, 0, depthMax);
      return plain as Value;
    }
  } catch (cause) {
    if (cause instanceof JsonError) throw cause;
    throw new JsonError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
  return decode(parsed, 0, depthMax);
}

/** JSON text of a value; numbers with all their digits. Keys stay in their order. */
export function jsonText(value: Value): string {
  // Four times as fast as walking the value, and nearly no value holds an exact number. A text that looks like our mark only
  // costs the walk.
  const text = JSON.stringify(value);
  return text.includes(EXACT_IN_JSON) ? exactText(value) : text;
}

function exactText(value: Value): string {
  if (value instanceof Exact) return value.digits;
  if (isList(value)) return `[${value.map(exactText).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const parts: string[] = [];
  for (const [name, entry] of Object.entries(value)) {
    if (entry !== undefined) parts.push(`${JSON.stringify(name)}:${exactText(entry)}`);
  }
  return `{${parts.join(",")}}`;
}

function markNumbers(text: string): string {
  return text.replace(TOKEN, (token) => {
    if (token.startsWith('"')) return token;
    const number = exactNumber(token);
    if (number === null) throw new JsonError(`a number of more digits than any amount has: ${token.slice(0, 40)}…`);
    return typeof number === "number" ? token : JSON.stringify(EXACT_MARK + number.digits);
  });
}

/** What `decode` does where no number was marked. A name of a hostile key is dropped in place: the objects are ours. */
function checkPlain(value: unknown, depth: number, depthMax: number): void {
  if (depth > depthMax) throw new JsonError(`nested deeper than ${String(depthMax)} levels`);
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    for (const entry of value)
      if (typeof entry === "object" || depth === depthMax) checkPlain(entry, depth + 1, depthMax);
    return;
  }
  const fields = value as Record<string, unknown>;
  for (const name in fields) {
    if (name === "__proto__") delete fields[name];
    else {
      const entry = fields[name];
      if (typeof entry === "object" || depth === depthMax) checkPlain(entry, depth + 1, depthMax);
    }
  }
}

/** Checks depth, makes Exact numbers, and drops `__proto__` keys, in one walk. Objects are changed in place: they are ours. */
function decode(value: unknown, depth: number, depthMax: number): Value {
  if (depth > depthMax) throw new JsonError(`nested deeper than ${String(depthMax)} levels`);
  if (typeof value === "string") return value.startsWith(EXACT_MARK) ? markedNumber(value) : value;
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
  return exactNumber(text.slice(EXACT_MARK.length)) ?? text;
}
