// Values as text, as a truth, and as numbers to calculate with, by JSONata's rules.

import { spend, spendText } from "./budget.ts";
import { failed } from "./failure.ts";
import { Exact } from "../core/value.ts";
import { isFields, isList, unwrapped, type Item } from "./sequence.ts";

/** `$string`: text as it is, anything else as JSON; a computed number with 15 digits, a long one with all of its own. */
export function toText(item: Item): string | undefined {
  if (item === undefined || typeof item === "string") return item;
  if (typeof item === "number") {
    if (!Number.isFinite(item)) throw failed("a number that is infinite or none cannot be made text");
    return numberText(item);
  }
  const text = jsonOf(unwrapped(item)) ?? "null";
  spendText(text.length);
  return text;
}

function numberText(number: number): string {
  if (Number.isInteger(number)) return String(number === 0 ? 0 : number);
  return String(Number(number.toPrecision(15)));
}

function jsonOf(item: Item): string | undefined {
  spend(12);
  if (item === undefined) return undefined;
  if (item instanceof Exact) return item.digits;
  if (typeof item === "number") {
    checkFinite(item);
    return Number.isNaN(item) ? "null" : numberText(item);
  }
  if (isList(item)) return `[${item.map((entry) => jsonOf(entry) ?? "null").join(",")}]`;
  if (!isFields(item)) return JSON.stringify(item);
  const parts: string[] = [];
  for (const name of Object.keys(item)) {
    const text = jsonOf(item[name]);
    if (text !== undefined) parts.push(`${JSON.stringify(name)}:${text}`);
  }
  return `{${parts.join(",")}}`;
}

/** `$boolean`: what is empty, zero or null is false; absent stays absent. */
export function truth(item: Item): boolean | undefined {
  switch (typeof item) {
    case "undefined":
      return undefined;
    case "boolean":
      return item;
    case "string":
      return item !== "";
    case "number":
      checkFinite(item);
      return item !== 0 && !Number.isNaN(item);
    default:
      if (item === null) return false;
      // An Exact has digits that a double loses, so it is not zero.
      if (item instanceof Exact) return true;
      if (!isList(item)) return Object.keys(item).length > 0;
      if (item.length === 1) return truth(item[0]);
      spend(item.length);
      return item.some((entry) => truth(entry) === true);
  }
}

export function isTrue(item: Item): boolean {
  return item === true || (item !== false && truth(item) === true);
}

function checkFinite(number: number): void {
  if (number === Infinity || number === -Infinity) throw failed("a number is out of range");
}

export function isNumber(item: Item): item is number | Exact {
  if (typeof item === "number") {
    checkFinite(item);
    return !Number.isNaN(item);
  }
  return item instanceof Exact;
}

/**
 * A number to calculate with. JSONata calculates in doubles; a number with more digits than a double keeps is refused, because
 * the result would look right and be wrong.
 */
export function calculable(number: number | Exact): number {
  if (number instanceof Exact) {
    throw failed(
      `${shortened(number.digits)} has more digits than an expression can calculate with; use a decimal field type for it`,
    );
  }
  return number;
}

function shortened(digits: string): string {
  return digits.length > 40 ? `${digits.slice(0, 40)}…` : digits;
}
