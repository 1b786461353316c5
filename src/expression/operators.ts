// The operators between two values. Pure; an absent side makes most results absent, as in JSONata.

import { spend, spendText } from "./budget.ts";
import { calculable, isNumber, toText } from "./coerce.ts";
import { failed } from "./failure.ts";
import { digitsOf, Exact, type Value } from "../core/value.ts";
import { isFields, isList, newSequence, type Item } from "./sequence.ts";

export type Order = "<" | "<=" | ">" | ">=";

/** In doubles, as JSONata: 0.1 + 0.2 is 0.30000000000000004. */
export const arithmetic: ReadonlyMap<string, (a: number, b: number) => number> = new Map([
  ["+", (a, b) => a + b],
  ["-", (a, b) => a - b],
  ["*", (a, b) => a * b],
  ["/", (a, b) => a / b],
  ["%", (a, b) => a % b],
]);

export function calculate(operation: (a: number, b: number) => number, left: Item, right: Item): Item {
  spend(2);
  if (Number.isFinite(left) && Number.isFinite(right)) return operation(left as number, right as number);
  if (left !== undefined && !isNumber(left)) throw failed("the left side of a calculation is not a number");
  if (right !== undefined && !isNumber(right)) throw failed("the right side of a calculation is not a number");
  if (left === undefined || right === undefined) return undefined;
  return operation(calculable(left), calculable(right));
}

export function negate(item: Item): Item {
  if (item === undefined) return undefined;
  if (!isNumber(item)) throw failed("- stands before something that is not a number");
  return item instanceof Exact
    ? new Exact(item.digits.startsWith("-") ? item.digits.slice(1) : `-${item.digits}`)
    : -item;
}

/** `=` between two values that are there. Numbers have one form each, so an Exact equals nothing but the same digits. */
export function equal(left: Item, right: Item): boolean {
  if (left === right) {
    if (typeof left === "string" && left.length > 64) spendText(left.length);
    return true;
  }
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return false;
  spend(10);
  if (left instanceof Exact || right instanceof Exact) return sameExact(left, right);
  if (isList(left) && isList(right)) {
    return left.length === right.length && left.every((entry, index) => equal(entry, right[index]));
  }
  if (!isFields(left) || !isFields(right)) return false;
  const names = Object.keys(left);
  if (names.length !== Object.keys(right).length) return false;
  return names.every((name) => Object.hasOwn(right, name) && equal(left[name], right[name]));
}

function sameExact(left: Item, right: Item): boolean {
  return left instanceof Exact && right instanceof Exact && left.digits === right.digits;
}

export function compare(operator: Order, left: Item, right: Item): Item {
  spend(2);
  if (!isComparable(left) || !isComparable(right))
    throw failed(`${operator} compares numbers with numbers and texts with texts only`);
  if (left === undefined || right === undefined) return undefined;
  const order = orderOf(left, right);
  if (order === null) throw failed(`${operator} compares numbers with numbers and texts with texts only`);
  switch (operator) {
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
  }
}

function isComparable(item: Item): item is undefined | string | number | Exact {
  return item === undefined || typeof item === "string" || typeof item === "number" || item instanceof Exact;
}

/** Negative, zero or positive (NaN: no order); null for a text and a number. Digits are compared exactly. */
export function orderOf(left: string | number | Exact, right: string | number | Exact): number | null {
  if (typeof left === "string" || typeof right === "string") {
    if (typeof left !== typeof right) return null;
    spendText(Math.min(String(left).length, String(right).length));
    if (left === right) return 0;
    return left < right ? -1 : 1;
  }
  if (typeof left === "number" && typeof right === "number") {
    if (left === right) return 0;
    if (left < right) return -1;
    return left > right ? 1 : NaN;
  }
  return orderOfDigits(digitsFor(left), digitsFor(right));
}

function digitsFor(number: number | Exact): string {
  const digits = digitsOf(number satisfies Value);
  if (digits === null) throw failed("a number is out of range");
  return digits;
}

function orderOfDigits(left: string, right: string): number {
  if (left === right) return 0;
  const negative = left.startsWith("-");
  if (negative !== right.startsWith("-")) return negative ? -1 : 1;
  const [a, b] = negative ? [right.slice(1), left.slice(1)] : [left, right];
  const byLength = wholeLength(a) - wholeLength(b);
  if (byLength !== 0) return byLength;
  return a < b ? -1 : 1;
}

function wholeLength(digits: string): number {
  const point = digits.indexOf(".");
  return point === -1 ? digits.length : point;
}

/** `in`: whether an item is one of a list, or the value itself. Objects and lists are never found, being compared as such. */
export function isIn(left: Item, right: Item): boolean {
  if (left === undefined || right === undefined) return false;
  if (!isList(right)) return left === right || sameExact(left, right);
  spend(right.length);
  return right.some((entry) => entry === left || sameExact(left, entry));
}

/** `&`: what is absent adds nothing. */
export function withText(before: string, item: Item): string {
  spend(2);
  const text = typeof item === "string" ? before + item : before + (toText(item) ?? "");
  spendText(text.length);
  return text;
}

/** `..`: the whole numbers from one to the other. */
export function range(from: Item, to: Item): Item {
  if (from !== undefined && !Number.isInteger(from)) throw failed("the left side of .. is not a whole number");
  if (to !== undefined && !Number.isInteger(to)) throw failed("the right side of .. is not a whole number");
  if (typeof from !== "number" || typeof to !== "number" || from > to) return undefined;
  spend(to - from + 1);
  const numbers = newSequence();
  for (let number = from; number <= to; number += 1) numbers.push(number);
  return numbers;
}
