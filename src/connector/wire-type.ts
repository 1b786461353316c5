// Wire types: what a field is where JSON alone does not say it. Decoding makes one form of the many; a value that does not fit
// its type is passed on as it is, and the mapping says what is wrong with it. Encoding writes the form that the place had.
//
//   type      decoded                       written
//   text      text                          text; a number where the record just read had one
//   integer   exact number                  number; text where the record just read had text
//   decimal   exact number                  as integer
//   boolean   true, false                   boolean; text or 1/0 where the record just read had that
//   date      2026-03-01                    text
//   datetime  ISO text in UTC for others    as the record just read showed it, else ISO text
//   json      the value inside the text     text

import { jsonText, parseJson, JsonError } from "../core/json.ts";
import { digitsOf, exactNumber, Exact, type Value } from "../core/value.ts";
import type { FieldPart } from "./file/object.ts";
import { parseInstant, parseTime, writeTime } from "./instant.ts";

export type WireType = NonNullable<FieldPart["type"]>;
export type WireForm = NonNullable<FieldPart["encode"]>;

export function decodeWire(type: WireType, value: Value): Value {
  switch (type) {
    case "text":
      return typeof value === "boolean" ? String(value) : (digitsOf(value) ?? value);
    case "integer":
    case "decimal":
      return typeof value === "string" ? (exactNumber(value.trim()) ?? value) : value;
    case "boolean":
      return decodeBoolean(value);
    case "date":
      return decodeDate(value);
    case "datetime":
      return decodeDateTime(value);
    case "json":
      return decodeJson(value);
  }
}

/** @param shown The value that stands at this place on the wire now; undefined: not known. */
export function encodeWire(
  type: WireType | null,
  form: WireForm | null,
  value: Value,
  shown: Value | undefined,
): Value {
  if (value === null) return null;
  if (form !== null) return forced(form, value);
  switch (type) {
    case null:
    case "date":
      return value;
    case "text":
      return typeof shown === "number" || shown instanceof Exact ? numberOr(value) : value;
    case "integer":
    case "decimal":
      return typeof shown === "string" ? (digitsOf(value) ?? value) : numberOr(value);
    case "boolean":
      return encodeBoolean(value, shown);
    case "datetime":
      return encodeDateTime(value, shown);
    case "json":
      return jsonText(value);
  }
}

function forced(form: WireForm, value: Value): Value {
  if (form === "number") return numberOr(value);
  if (form === "text") return typeof value === "boolean" ? String(value) : (digitsOf(value) ?? value);
  const at = parseInstant(value);
  return at === null ? value : form === "seconds" ? Math.floor(at / 1000) : at;
}

function numberOr(value: Value): Value {
  return typeof value === "string" ? (exactNumber(value) ?? value) : value;
}

function decodeBoolean(value: Value): Value {
  if (value === 1 || value === "true" || value === "1" || value === "TRUE" || value === "True") return true;
  if (value === 0 || value === "false" || value === "0" || value === "FALSE" || value === "False") return false;
  return value;
}

function encodeBoolean(value: Value, shown: Value | undefined): Value {
  if (typeof value !== "boolean" || shown === undefined || typeof shown === "boolean") return value;
  if (typeof shown === "number") return value ? 1 : 0;
  if (shown === "1" || shown === "0") return value ? "1" : "0";
  return typeof shown === "string" ? String(value) : value;
}

function decodeDate(value: Value): Value {
  if (typeof value === "string" && /^\d{4}-\d{2}-\d{2}[T ]/.test(value)) return value.slice(0, 10);
  const time = parseTime(value);
  if (time === null || (typeof value === "string" && time.form.kind !== "dotnet")) return value;
  return new Date(time.at).toISOString().slice(0, 10);
}

function decodeDateTime(value: Value): Value {
  const time = parseTime(value);
  return time !== null && time.form.kind !== "iso" ? new Date(time.at).toISOString() : value;
}

function encodeDateTime(value: Value, shown: Value | undefined): Value {
  const form = parseTime(shown)?.form;
  const at = parseInstant(value);
  if (form === undefined || form.kind === "iso" || at === null) return value;
  const written = writeTime(at, form);
  return form.kind === "dotnet" || form.text ? written : Number(written);
}

function decodeJson(value: Value): Value {
  if (typeof value !== "string") return value;
  try {
    return parseJson(value);
  } catch (error) {
    if (error instanceof JsonError) return value;
    throw error;
  }
}
