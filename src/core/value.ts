// A value as it travels: JSON, but no digit of a number is ever lost.
//
//   number   a number that a double holds exactly as it was written (19.9, 42)
//   Exact    any other number (12345678901234567890, 0.1234567890123456789)
//
// A number therefore has one form only, so values can be compared and stored without asking how they were written.

export const EXACT_MARK = "\u0000exact:";

/** A number whose digits a double would lose. Made by `exactNumber` alone, so that equal numbers have equal digits. */
export class Exact {
  readonly digits: string;

  constructor(digits: string) {
    this.digits = digits;
  }

  /** String concatenation and logs show the digits. */
  toString(): string {
    return this.digits;
  }

  /** JSON has no form for it that JSON.stringify could give: `jsonText` writes its digits where it meets the mark. */
  toJSON(): string {
    return EXACT_MARK + this.digits;
  }
}

export type Value = null | boolean | number | string | Exact | readonly Value[] | Fields;

/** A JSON object: a remote record's body, or a part of one. */
export interface Fields {
  readonly [name: string]: Value;
}

const NUMBER = /^(-?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/;

/** So many digits a double always keeps. */
const SHORT_LENGTH = 15;
const POWERS_OF_TEN = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/** Numbers beyond this many digits are refused: they are an attack, not an amount. */
const DIGITS_MAX = 400;

/** The one form of a decimal number given as text: a double where that loses nothing, else Exact. Null when it is not a number. */
export function exactNumber(text: string): number | Exact | null {
  const short = shortDecimal(text);
  if (short !== null) return short;
  const plain = plainDecimal(text);
  if (plain === null) return null;
  const double = Number(plain);
  return plainDecimal(String(double)) === plain ? double : new Exact(plain);
}

/**
 * The double of what nearly every number is: at most 15 characters, digits with or without a point between them. Null: anything
 * else, or no number. Whole digits divided by a power of ten, both exact, give the nearest double; four times as fast as `Number`
 * after a regular expression.
 */
export function shortDecimal(text: string): number | null {
  const { length } = text;
  if (length === 0 || length > SHORT_LENGTH) return null;
  const negative = text.charCodeAt(0) === 45;
  const start = negative ? 1 : 0;
  let digits = 0;
  let point = -1;
  for (let index = start; index < length; index += 1) {
    const code = text.charCodeAt(index);
    if (code >= 48 && code <= 57) digits = digits * 10 + (code - 48);
    else if (code === 46 && point === -1 && index > start) point = index;
    else return null;
  }
  if (length === start || point === length - 1 || (negative && digits === 0)) return null;
  const number = point === -1 ? digits : digits / (POWERS_OF_TEN[length - 1 - point] ?? 1);
  return negative ? -number : number;
}

/** Decimal digits without exponent, leading or trailing zeros, or a negative zero: "1e3" is "1000", "01.50" is "1.5". */
export function plainDecimal(text: string): string | null {
  const match = NUMBER.exec(text);
  if (match === null) return null;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match;
  const shift = Number(exponent);
  if (whole.length + fraction.length + Math.abs(shift) > DIGITS_MAX) return null;
  const digits = whole + fraction;
  const point = whole.length + shift;
  const padded = point <= 0 ? "0".repeat(1 - point) + digits : digits.padEnd(point, "0");
  const cut = point <= 0 ? 1 : point;
  const left = padded.slice(0, cut).replace(/^0+(?=\d)/, "");
  const right = padded.slice(cut).replace(/0+$/, "");
  const text_ = right === "" ? left : `${left}.${right}`;
  return text_ === "0" ? "0" : sign + text_;
}

/** The digits of a number value; null for anything else. */
export function digitsOf(value: Value): string | null {
  if (typeof value === "number") {
    const text = String(value);
    // Without an exponent that is the plain form already.
    return /[^\d.-]/.test(text) ? plainDecimal(text) : text;
  }
  return value instanceof Exact ? value.digits : null;
}

export function isList(value: Value | undefined): value is readonly Value[] {
  return Array.isArray(value);
}

export function isFields(value: Value | undefined): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Exact);
}

/** Text that is equal exactly when two values are: keys sorted, numbers in their one form. The form that is hashed. */
export function canonicalText(value: Value): string {
  if (value === null || typeof value === "boolean" || typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number" || value instanceof Exact) return digitsOf(value) ?? "null";
  if (isList(value)) return `[${value.map(canonicalText).join(",")}]`;
  const fields = value;
  const parts: string[] = [];
  for (const name of Object.keys(fields).sort()) {
    const entry = fields[name];
    if (entry !== undefined) parts.push(`${JSON.stringify(name)}:${canonicalText(entry)}`);
  }
  return `{${parts.join(",")}}`;
}

export function sameValue(a: Value, b: Value): boolean {
  return a === b || canonicalText(a) === canonicalText(b);
}
