// What a column holds, by its values and where they leave it open by its name.

import { digitsOf, isFields, isList, type Value } from "../../core/value.ts";
import { fieldType } from "../types/registry.ts";
import type { KnownType } from "../types/type.ts";
import type { Column } from "./column.ts";
import { isAbout, wordsOf } from "./names.ts";

export type Kind =
  | "boolean"
  | "email"
  | "uuid"
  | "url"
  | "datetime"
  | "date"
  | "phone"
  | "postal_code"
  | "currency"
  | "country"
  | "integer"
  | "decimal"
  | "list"
  /** Lists of objects. */
  | "lines"
  | "text";

/** Of a hundred values this many may be odd ones: real records have them. */
const ODD_FRACTION = 0.05;

export function kindOf(column: Column): Kind {
  const values = column.values.filter((value) => value !== undefined);
  const all = (test: (value: Value) => boolean): boolean =>
    values.filter((value) => !test(value)).length <= values.length * ODD_FRACTION;
  const words = wordsOf(column.text);
  const named = (...things: readonly string[]): boolean => things.some((thing) => isAbout(column.text, thing));
  const text = (pattern: RegExp) => (value: Value) => typeof value === "string" && pattern.test(value.trim());
  if (all((value) => typeof value === "boolean")) return "boolean";
  if (values.every((value) => isList(value) && value.every(isFields))) return "lines";
  if (all(Array.isArray)) return "list";
  if (all(text(/^(?:yes|no|true|false)$/i))) return "boolean";
  if (all((value) => reads("email", value))) return "email";
  if (all((value) => reads("uuid", value))) return "uuid";
  if (all(text(/^https?:\/\/\S+$/i))) return "url";
  if (all(text(/^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}/))) return "datetime";
  if (all(text(/^\d{4}-\d{2}-\d{2}$/))) return "date";
  if (named("zip") && all((value) => reads("postal_code", value))) return "postal_code";
  if ((named("phone") || words.includes("phone")) && all(text(/^\+?[\d\s().\-/]{5,}$/))) return "phone";
  if (all(text(/^\+\d[\d\s().-]{6,}$/))) return "phone";
  if (named("currency") && all((value) => reads("currency", value))) return "currency";
  if (named("country") && all((value) => reads("country", value))) return "country";
  // Digits with a zero before them are a code, and so is what is called a number: nobody adds them up.
  if (all((value) => digitsOf(value) !== null && Number.isInteger(Number(digitsOf(value))))) return "integer";
  if (all((value) => digitsOf(value) !== null)) return "decimal";
  if (all(text(/^-?\d+\.\d+$/))) return "decimal";
  return "text";
}

function reads(type: string, value: Value): boolean {
  return typeOf(type)?.read(value).ok ?? false;
}

const types = new Map<string, KnownType | null>();

/** A type by what `as:` says; null: there is none such. */
export function typeOf(spec: unknown): KnownType | null {
  const key = JSON.stringify(spec) ?? "";
  const known = types.get(key);
  if (known !== undefined) return known;
  const { type } = fieldType(spec === null ? undefined : spec, undefined, []);
  types.set(key, type);
  return type;
}

/** Comparison text of a value; null: not of this type, or empty. */
export function keyOf(spec: unknown, value: Value | undefined): string | null {
  const type = value === undefined ? null : typeOf(spec);
  const reading = value === undefined ? undefined : type?.read(value);
  return type === null || reading?.ok !== true || reading.value === null ? null : type.key(reading.value);
}

const PHONE_COUNTRIES = [
  "GB",
  "US",
  "DE",
  "AT",
  "CH",
  "FR",
  "IT",
  "ES",
  "NL",
  "BE",
  "PL",
  "SE",
  "DK",
  "IE",
  "AU",
  "IN",
];

/** What `as:` could say of two columns of these kinds; the most telling first. Empty: they cannot be one field. */
export function specsFor(left: Kind, right: Kind): readonly unknown[] {
  // Lines have no type of their own; see lines-draft.ts.
  if (left === "lines" || right === "lines") return [];
  if (left === right) {
    if (left === "phone") return ["phone", ...PHONE_COUNTRIES.map((country) => ({ phone: country }))];
    if (left === "text") return [null, { text: ["trim", "lower"] }];
    return [left];
  }
  const both = new Set([left, right]);
  if (both.has("integer") && both.has("decimal")) return ["decimal"];
  if (both.has("text") && (both.has("integer") || both.has("decimal"))) return ["decimal", "text"];
  if (both.has("text") && (both.has("country") || both.has("currency") || both.has("postal_code")))
    return [left === "text" ? right : left, null];
  return [];
}
