// The built-in functions on numbers, truths and times.

import { builtin, type Builtins } from "./builtin.ts";
import { HandOver, spend } from "./budget.ts";
import { calculable, truth } from "./coerce.ts";
import { failed } from "./failure.ts";
import { Exact, exactNumber, shortDecimal } from "../core/value.ts";
import { isList, type Item } from "./sequence.ts";
import { type Argument } from "./signature.ts";
import { asItem } from "./text-functions.ts";

export const numberFunctions: Builtins = {
  number: builtin("(nsb)-", (item) => numberOf(item)),
  abs: builtin("n-", (number) => mapNumber(number, Math.abs)),
  floor: builtin("n-", (number) => mapNumber(number, Math.floor)),
  ceil: builtin("n-", (number) => mapNumber(number, Math.ceil)),
  round: builtin("n- n?", (number, places) => mapNumber(number, (value) => round(value, places))),
  sqrt: builtin("n-", (number) => mapNumber(number, squareRoot)),
  power: builtin("n- n", (number, exponent) => mapNumber(number, (value) => power(value, exponent))),
  sum: builtin("a<n>", (numbers) => fold(numbers, 0, add)),
  max: builtin("a<n>", (numbers) => fold(numbers, undefined, (a, b) => Math.max(a, b))),
  min: builtin("a<n>", (numbers) => fold(numbers, undefined, (a, b) => Math.min(a, b))),
  average: builtin("a<n>", (numbers) => average(numbers)),
  boolean: builtin("x-", (item) => truth(asItem(item))),
  not: builtin("x-", (item) => negated(truth(asItem(item)))),
  toMillis: builtin("s- s?", (text, picture) => (picture === undefined ? toMillis(text) : withPicture())),
  fromMillis: builtin("n- s? s?", (millis, picture, zone) =>
    picture === undefined && zone === undefined ? mapNumber(millis, fromMillis) : withPicture(),
  ),
};

function mapNumber(number: Argument, change: (number: number) => Item): Item {
  if (typeof number === "number") return change(number);
  return number instanceof Exact ? change(calculable(number)) : undefined;
}

function negated(value: boolean | undefined): boolean | undefined {
  return value === undefined ? undefined : !value;
}

/** Text with more digits than a double keeps becomes an Exact, where the reference would lose them. */
function numberOf(item: Argument): Item {
  if (item === undefined || typeof item === "number" || item instanceof Exact) return item;
  if (typeof item === "boolean") return item ? 1 : 0;
  if (typeof item === "string") {
    const short = shortDecimal(item);
    if (short !== null) return short;
    if (/^-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?$/.test(item) && Number.isFinite(Number(item))) {
      return exactNumber(item) ?? Number(item);
    }
    // The anchors bind to the outer alternatives only, in the reference too.
    if (/^(?:0[xX][\dA-Fa-f]+)|(?:0[oO][0-7]+)|(?:0[bB][01]+)$/.test(item)) return Number(item);
  }
  throw failed(`${JSON.stringify(item).slice(0, 60)} cannot be made a number`);
}

/** Half to even, on the decimal digits as written (multiplying by a power of ten would already round). */
function round(number: number, places: Argument): number {
  const shift = typeof places === "number" ? places : 0;
  const shifted = shiftPoint(number, shift);
  let whole = Math.round(shifted);
  if (Math.abs(whole - shifted) === 0.5 && Math.abs(whole % 2) === 1) whole -= 1;
  const result = shiftPoint(whole, -shift);
  return result === 0 ? 0 : result;
}

function shiftPoint(number: number, places: number): number {
  if (places === 0) return number;
  const [digits = "", exponent = "0"] = String(number).split("e");
  return Number(`${digits}e${String(Number(exponent) + places)}`);
}

function squareRoot(number: number): number {
  if (number < 0) throw failed("$sqrt of a negative number");
  return Math.sqrt(number);
}

function power(number: number, exponent: Argument): number {
  const result = number ** (typeof exponent === "number" ? exponent : NaN);
  if (!Number.isFinite(result)) throw failed("$power gives a number that is out of range");
  return result;
}

/** One number of all; undefined when there are none, but for a sum. */
function fold(numbers: Argument, from: number | undefined, combine: (all: number, one: number) => number): Item {
  const list = numbers === undefined ? undefined : asItem(numbers);
  if (!isList(list)) return undefined;
  spend(list.length * 2);
  let all = from;
  for (const item of list) {
    const one = item instanceof Exact ? calculable(item) : Number(item);
    all = all === undefined ? one : combine(all, one);
  }
  return all;
}

function add(total: number, number: number): number {
  return total + number;
}

function average(numbers: Argument): Item {
  const total = fold(numbers, undefined, add);
  const list = numbers === undefined ? undefined : asItem(numbers);
  return typeof total === "number" && isList(list) ? total / list.length : undefined;
}

/** Pictures are a language of their own; only jsonata itself reads them. */
function withPicture(): never {
  throw new HandOver("a time with a picture");
}

const ISO_TIME = /^\d{4}(?:-[01]\d)?(?:-[0-3]\d)?(?:T[0-2]\d:[0-5]\d:[0-5]\d)?(?:\.\d+)?(?:[+-][0-2]\d:?[0-5]\d|Z)?$/;

function toMillis(text: Argument): Item {
  if (typeof text !== "string") return undefined;
  if (!ISO_TIME.test(text)) throw failed(`${JSON.stringify(text).slice(0, 60)} is not a time in ISO 8601`);
  return Date.parse(text);
}

/** The reference writes "0NaN-NaN-…" beyond what a Date holds, and no four-digit year beyond 9999. */
function fromMillis(millis: number): string {
  const date = new Date(millis);
  const year = date.getUTCFullYear();
  if (!(year >= 0 && year <= 9999)) throw failed(`${String(millis)} milliseconds are not a time`);
  return date.toISOString();
}
