// What reading a raw value ends in, and the forms of text and number that all types share.

import { canonicalText, digitsOf, exactNumber, Exact, type Value } from "../../core/value.ts";
import { jsonText } from "../../core/json.ts";
import type { TypeReading } from "./type.ts";

export const NULL_READING: TypeReading = { ok: true, value: null };

export function valid(value: Value): TypeReading {
  return { ok: true, value };
}

/** `"31.02.2026" is not a date`, with what to do about it where that is known. */
export function invalid(found: Value, expected: string, advice = ""): TypeReading {
  const emptyAdvice = found === "" ? '; where it stands for no value, say empty: [""]' : "";
  return { ok: false, message: `${shownText(found)} is not ${expected}${advice === "" ? emptyAdvice : `; ${advice}`}` };
}

/** Long values are cut: the message is read in a table. */
export function shownText(value: Value): string {
  const text = jsonText(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

/** The text of a value that is text or a number; null for anything else. */
export function textOf(raw: Value): string | null {
  return typeof raw === "string" ? raw : digitsOf(raw);
}

/** Comparison text of a canonical value that is text; anything else never equals one. The quote keeps "null" apart from null. */
export function textKey(value: Value): string {
  return typeof value === "string" ? `"${value}` : canonicalText(value);
}

/** Text as the number that the record shows there now, where a number says just the same: `00123` stays text. */
export function likeShown(text: string, shown: Value | undefined): Value {
  if (typeof shown !== "number" && !(shown instanceof Exact)) return text;
  const number = exactNumber(text);
  return number !== null && digitsOf(number) === text ? number : text;
}

/** Runs of white space as one space, none at the ends, in NFC: how texts that people type are compared. */
export function collapsed(text: string): string {
  return text.normalize("NFC").trim().replace(/\s+/g, " ");
}
