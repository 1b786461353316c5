// `domain`: which canonical values of a field the laws are tried with. It bounds nothing at run time.
//
//   domain: { min: 0, max: 1000, scale: 2 }      numbers, or dates and times as text
//   domain: { length: 40 }                       texts and lists
//   domain: { one_of: [Ada Lovelace, Bob] }      these and no others

import { z } from "zod";

import { problem, type KeyPath } from "../core/problem.ts";
import { canonicalText, digitsOf, exactNumber, isList, type Value } from "../core/value.ts";
import type { CompileContext } from "./compile-context.ts";
import { whole, type Random } from "./types/chance.ts";
import { compareValues } from "./value-order.ts";

const bound = z.union([z.number(), z.string()]);

export const domainSchema = z
  .strictObject({
    min: bound.describe("The least value: a number, or a date or time as text. Example: 0").optional(),
    max: bound.describe("The greatest value. Example: 1000").optional(),
    scale: z.int().min(0).max(30).describe("Decimals of a number, at most. Example: 2").optional(),
    length: z.int().min(0).describe("Characters of a text or entries of a list, at most. Example: 40").optional(),
    one_of: z.array(z.unknown()).min(1).describe("These values and no others. Example: [Ada Lovelace, Bob]").optional(),
  })
  .describe(
    "Bounds the values that `check` tries an expression with: min, max, scale, length, one_of. Example: { min: 0, max: 100 }",
  );

export type DomainFile = z.infer<typeof domainSchema>;

export interface ValueDomain {
  /** Values to take in place of the type's own; null: the type's own. */
  readonly given: readonly Value[] | null;
  includes(value: Value): boolean;
  /** A raw value between the bounds, for types whose own samples rarely fall there; null: the domain has no such bounds. */
  readonly sample: ((random: Random) => Value) | null;
}

const EVERY_VALUE: ValueDomain = { given: null, includes: () => true, sample: null };

export function compileDomain(file: DomainFile | undefined, at: KeyPath, context: CompileContext): ValueDomain {
  if (file === undefined) return EVERY_VALUE;
  const { min, max, scale, length } = file;
  const least = boundOf(min);
  const greatest = boundOf(max);
  if (least !== null && greatest !== null) {
    const order = compareValues(least, greatest);
    if (order === null || order > 0) {
      const message = "no value lies between `min` and `max`";
      context.report(
        problem("E_RANGE", [...at, "max"], message, { found: String(max), expected: `${String(min)} or more` }),
      );
    }
  }
  const within = (value: Value): boolean => {
    if (least !== null && !isOrdered(least, value)) return false;
    if (greatest !== null && !isOrdered(value, greatest)) return false;
    if (scale !== undefined && (digitsOf(value)?.split(".")[1] ?? "").length > scale) return false;
    if (length === undefined) return true;
    return isList(value) ? value.length <= length : typeof value !== "string" || Array.from(value).length <= length;
  };
  const given = file.one_of?.map((each) => each as Value) ?? null; // what a YAML file holds
  const texts = given === null ? null : new Set(given.map(canonicalText));
  return {
    given,
    includes: (value) => within(value) && (texts === null || texts.has(canonicalText(value))),
    sample: sampleBetween(least, greatest, scale ?? 2),
  };
}

/** A number written as text is a number. */
function boundOf(found: number | string | undefined): Value | null {
  if (found === undefined) return null;
  return typeof found === "string" ? (exactNumber(found) ?? found) : found;
}

/** Values that cannot be compared are not within any bound. */
function isOrdered(less: Value, more: Value): boolean {
  const order = compareValues(less, more);
  return order !== null && order <= 0;
}

/** Far enough to see what large amounts do, where one bound is missing. */
const REACH = 1_000_000;

function sampleBetween(least: Value, greatest: Value, scale: number): ((random: Random) => Value) | null {
  const low = least === null ? null : Number(digitsOf(least) ?? "NaN");
  const high = greatest === null ? null : Number(digitsOf(greatest) ?? "NaN");
  if ((low === null && high === null) || Number.isNaN(low) || Number.isNaN(high)) return null;
  const from = low ?? (high ?? 0) - REACH;
  const to = high ?? (low ?? 0) + REACH;
  return (random) => {
    const places = whole(random, 0, scale);
    return exactNumber((from + random() * (to - from)).toFixed(places));
  };
}
