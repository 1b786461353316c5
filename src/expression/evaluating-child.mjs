// The process that evaluates what compiled code does not, with jsonata itself. It is expected to hang or to run out of memory
// now and then: the parent watches it, kills it and starts another. Plain JavaScript, since Node starts it as it is.
//
// In:  { source, names, bindings, inputs }   texts of values; `bindings` one object or one for each input, `names` all variables there are
// Out: { ready } once, then for each input in order { value } (text; null: absent) or { code, message }
//
// A number that a double cannot hold is in the texts as the string MARK + digits. Here it is an opaque thing, which can be
// passed on, compared for being the same, and nothing else: whatever else is tried fails instead of losing digits.

import jsonata from "jsonata";
import { SafeRegex } from "./safe-regex.mjs";

const MARK = "\u0000exact:";
const [timeoutMs = 0, resultLengthMax = 0] = process.argv.slice(2).map(Number);
// Deeper than any written expression goes; jsonata counts the parts of a list evaluated side by side as depth.
const STACK_MAX = 1000;
// Lists made while evaluating. Some functions compare each item with each other, and nothing stops them in between.
const SEQUENCE_MAX = 10_000;
const EXPRESSIONS_MAX = 500;

/** @typedef {{ code: string, message: string }} Failure */
/** @typedef {{ source: string, names: string[], bindings: string | string[], inputs: string[] }} Page */

/** @param {string} code @param {string} message @returns {Error & { failure: Failure }} */
function failure(code, message) {
  return Object.assign(new Error(message), { failure: { code, message } });
}

// --- Numbers with all their digits

/** One for each number, so that the same number is the same thing. @type {Map<string, object>} */
const exactByDigits = new Map();
/** @type {WeakMap<object, string>} */
const digitsOfExact = new WeakMap();

/** @returns {never} */
function refuseExact() {
  throw failure(
    "E_EXPR_FAILED",
    "a number has more digits than an expression can calculate with; use a decimal field type for it",
  );
}

/** @param {string} digits */
function exactOf(digits) {
  const known = exactByDigits.get(digits);
  if (known !== undefined) return known;
  // jsonata compares two things by the names they have, and then it must go no further: so this has one name of its own, which
  // cannot be looked at. Whatever counts or lists names looks at it, and fails.
  const ownName = MARK + digits;
  const exact = new Proxy(Object.create(null), {
    get: (_target, name) => (name === "toJSON" || name === Symbol.toPrimitive ? refuseExact() : undefined),
    has: () => false,
    ownKeys: () => [ownName],
    getOwnPropertyDescriptor: (_target, name) => (name === ownName ? refuseExact() : undefined),
    set: () => false,
  });
  exactByDigits.set(digits, exact);
  digitsOfExact.set(exact, digits);
  return exact;
}

/** @param {unknown} value @returns {string | undefined} */
function digitsOf(value) {
  return typeof value === "object" && value !== null ? digitsOfExact.get(value) : undefined;
}

/** @param {string} text @returns {unknown} */
function decode(text) {
  return JSON.parse(text, (name, value) => {
    // jsonata takes an object with such a field for a function of its own, with the body that the data names.
    if (name === "_jsonata_lambda" || name === "_jsonata_function") {
      throw failure("E_EXPR_FAILED", `the input has a field ${name}, which jsonata keeps for itself`);
    }
    return typeof value === "string" && value.startsWith(MARK) ? exactOf(value.slice(MARK.length)) : value;
  });
}

/** @param {unknown} value @returns {string | null} */
function encode(value) {
  if (value === undefined) return null;
  let length = 0;
  // Measured before any text is made of it: a text of a hundred million characters is quickly had by doubling.
  const grow = (/** @type {number} */ by) => {
    length += by;
    if (length > resultLengthMax)
      throw failure("E_EXPR_RESOURCE", `the result is larger than ${resultLengthMax} characters`);
  };
  /** @param {unknown} part @returns {unknown} */
  const plain = (part) => {
    if (typeof part === "string") grow(part.length + 2);
    else if (typeof part === "number") {
      grow(8);
      if (!Number.isFinite(part)) {
        throw failure("E_EXPR_FAILED", "the result is not a number (a division by zero, perhaps)");
      }
    } else grow(4);
    if (typeof part === "function") throw failure("E_EXPR_FAILED", "the result is a function");
    if (typeof part !== "object" || part === null) return part;
    const digits = digitsOf(part);
    if (digits !== undefined) return MARK + digits;
    if (Array.isArray(part)) return part.map(plain);
    /** @type {Record<string, unknown>} */
    const fields = Object.create(null);
    for (const [name, entry] of Object.entries(part)) {
      grow(name.length);
      fields[name] = plain(entry);
    }
    return fields;
  };
  return JSON.stringify(plain(value));
}

// --- Expressions

/** @type {Map<string, jsonata.Expression>} */
const expressions = new Map();
/** @typedef {(...args: unknown[]) => unknown} Original */
/** @type {Promise<{ number: Original, fromMillis: Original, type: Original }> | undefined} */
let originals;

/** jsonata's own functions, behind the ones below. */
function originalFunctions() {
  originals ??= jsonata('{"number": [$number], "fromMillis": [$fromMillis], "type": [$type]}')
    .evaluate(null)
    .then((found) => ({
      number: found.number[0].implementation,
      fromMillis: found.fromMillis[0].implementation,
      type: found.type[0].implementation,
    }));
  return originals;
}

/** @param {string} source */
async function expressionOf(source) {
  const known = expressions.get(source);
  if (known !== undefined) return known;
  // The type of this option is narrower than what is asked of it: `new`, `exec` and `lastIndex`.
  const RegexEngine = /** @type {RegExpConstructor} */ (/** @type {unknown} */ (SafeRegex));
  const expression = jsonata(source, { timeout: timeoutMs, stack: STACK_MAX, sequence: SEQUENCE_MAX, RegexEngine });
  const { number, fromMillis, type } = await originalFunctions();
  expression.registerFunction("type", (value) => (digitsOf(value) === undefined ? type(value) : "number"), "<x:s>");
  expression.registerFunction(
    "number",
    (value) => {
      if (digitsOf(value) !== undefined) return value;
      const made = number(value);
      if (typeof value === "string" && losesDigits(value)) refuseExact();
      return made;
    },
    "<x-:n>",
  );
  expression.registerFunction(
    "fromMillis",
    (millis, picture, zone) => {
      // jsonata would write "0NaN-NaN-NaN".
      if (typeof millis === "number" && Number.isNaN(new Date(millis).getTime())) {
        throw failure("E_EXPR_FAILED", `${millis} milliseconds are not a time`);
      }
      return fromMillis(millis, picture, zone);
    },
    "<n-s?s?:s>",
  );
  if (expressions.size >= EXPRESSIONS_MAX) expressions.clear();
  expressions.set(source, expression);
  return expression;
}

/** Whether a double has other digits than this text. A decimal of up to 15 digits always survives. @param {string} text */
function losesDigits(text) {
  const [mantissa = ""] = text.toLowerCase().split("e");
  const digits = mantissa.replace(/^-|\./g, "").replace(/^0+/, "");
  if (digits.length <= 15 || text.toLowerCase().includes("x")) return false;
  const [kept = ""] = Number(text).toExponential().replace(/^-/, "").split("e");
  return kept.replace(".", "").replace(/0+$/, "") !== digits.replace(/0+$/, "");
}

/** @param {unknown} thrown @returns {Failure} */
function failureOf(thrown) {
  if (typeof thrown !== "object" || thrown === null) return { code: "E_EXPR_FAILED", message: String(thrown) };
  if ("failure" in thrown) return /** @type {{ failure: Failure }} */ (thrown).failure;
  const { code, message } = /** @type {{ code?: string, message?: string }} */ (thrown);
  if (code === "D1012") return { code: "E_EXPR_TIMEOUT", message: `it took longer than ${timeoutMs} ms` };
  if (code === "D1011" || code === "D2014" || code === "D2015")
    return { code: "E_EXPR_RESOURCE", message: String(message) };
  if (thrown instanceof RangeError) return { code: "E_EXPR_RESOURCE", message: `it needs too much memory: ${message}` };
  return { code: "E_EXPR_FAILED", message: String(message ?? code) };
}

// --- Pages

/** Resolves when the message is out, so that the parent knows which input was being evaluated when this process ended. */
function send(/** @type {object} */ message) {
  return new Promise((resolve) => {
    process.send?.(message, undefined, undefined, resolve);
  });
}

/** @param {Page} page */
async function evaluatePage({ source, names, bindings, inputs }) {
  for (const [index, input] of inputs.entries()) {
    let answer;
    try {
      const expression = await expressionOf(source);
      const values = /** @type {Record<string, unknown>} */ (
        decode(typeof bindings === "string" ? bindings : (bindings[index] ?? "{}"))
      );
      // A variable without a value hides a function of its name all the same.
      const variables = Object.fromEntries(names.map((name) => [name, values[name]]));
      answer = { value: encode(await expression.evaluate(decode(input), variables)) };
    } catch (thrown) {
      answer = failureOf(thrown);
    }
    await send(answer);
  }
}

process.on("disconnect", () => process.exit());
process.on("message", (/** @type {Page} */ page) => void evaluatePage(page));
await originalFunctions();
await send({ ready: true });
