// Columns: what kind of value each holds, and how a value of ours is bound to it. Nothing is cut or rounded on the way: what a
// column cannot hold whole is refused before it is sent.
//
//   kind       read as                                     bound as
//   integer    number, exact                               digits; a fraction is refused
//   decimal    number, exact                               digits; more decimals than the column keeps are refused
//   zoned      2026-03-01T10:00:00.123456Z                 the same instant, in UTC
//   local      2026-03-01T10:00:00.123456, no zone         a value with a zone is put into UTC
//   json       the value                                   JSON text
//   bytes      base64                                      bytes; other text is refused

import { jsonText, JsonError, parseJson } from "../../../core/json.ts";
import { digitsOf, exactNumber, isFields, isList, type Value } from "../../../core/value.ts";
import { parseTime } from "../../instant.ts";
import type { SqlValue } from "./value.ts";

export type ColumnKind =
  | "text"
  | "integer"
  | "decimal"
  | "float"
  | "boolean"
  | "date"
  | "zoned"
  | "local"
  | "json"
  | "bytes"
  | "list"
  /** Postgres' own version of a row. */
  | "xmin"
  /** SQL Server's rowversion: eight bytes that count up. */
  | "rowversion"
  /** Anything that has a text form. */
  | "other";

export interface Column {
  readonly kind: ColumnKind;
  /** The database computes it: it is never written. */
  readonly computed: boolean;
  /** Decimals it keeps; null: as many as come, or not told. */
  readonly scale: number | null;
}

export interface TableShape {
  readonly columns: ReadonlyMap<string, Column>;
  /** False: what was written stays, whatever becomes of the rest (MyISAM). */
  readonly transactional: boolean;
}

export type Bound = { readonly ok: true; readonly value: SqlValue } | { readonly ok: false; readonly message: string };

const NUMBER = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,4})?$/;
const WHOLE = /^-?\d{1,40}$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

export function bound({ kind, scale }: Pick<Column, "kind" | "scale">, value: Value): Bound {
  if (value === null) return { ok: true, value: null };
  switch (kind) {
    case "integer": {
      const digits = numberDigits(value);
      if (digits === null || !WHOLE.test(digits)) return refused(value, "a whole number");
      return { ok: true, value: BigInt(digits) };
    }
    case "decimal":
    case "float": {
      const digits = numberDigits(value);
      if (digits === null) return refused(value, "a number");
      const decimals = digits.split(".")[1]?.length ?? 0;
      if (kind === "decimal" && scale !== null && decimals > scale)
        return refused(
          value,
          `a number of at most ${String(scale)} decimals (the mapping can round: { decimal: ${String(scale)} })`,
        );
      return { ok: true, value: digits };
    }
    case "boolean":
      if (value === true || value === "true" || value === 1 || value === "1") return { ok: true, value: true };
      if (value === false || value === "false" || value === 0 || value === "0") return { ok: true, value: false };
      return refused(value, "true or false");
    case "json":
      return { ok: true, value: jsonText(value) };
    case "zoned":
    case "local":
      return typeof value === "string" ? { ok: true, value: inUtc(value, kind) } : refused(value, "a time as text");
    case "bytes":
      if (typeof value !== "string" || !BASE64.test(value)) return refused(value, "bytes, written as base64");
      return { ok: true, value: Buffer.from(value, "base64") };
    case "rowversion":
      return typeof value === "string" && /^0x[0-9a-f]{16}$/.test(value)
        ? { ok: true, value: Buffer.from(value.slice(2), "hex") }
        : refused(value, "a row version");
    case "list":
      return listOf(value);
    case "text":
    case "date":
    case "xmin":
    case "other": {
      const text = plainText(value);
      return text === null ? refused(value, "text") : { ok: true, value: text };
    }
  }
}

function refused(value: Value, expected: string): Bound {
  const found = isList(value)
    ? "a list"
    : isFields(value)
      ? "an object"
      : typeof value === "boolean"
        ? "true or false"
        : "this value";
  return { ok: false, message: `${found} does not fit: the column holds ${expected}` };
}

function numberDigits(value: Value): string | null {
  if (typeof value !== "string") return digitsOf(value);
  const text = value.trim();
  const number = NUMBER.test(text) ? exactNumber(text) : null;
  return number === null ? null : digitsOf(number);
}

function plainText(value: Value): string | null {
  if (typeof value === "string") return value;
  return typeof value === "boolean" ? String(value) : digitsOf(value);
}

function listOf(value: Value): Bound {
  if (!isList(value)) return refused(value, "a list");
  const entries: SqlValue[] = [];
  for (const entry of value) {
    if (isFields(entry)) return refused(entry, "a list of plain values");
    const inner: Bound = isList(entry)
      ? listOf(entry)
      : { ok: true, value: entry === null ? null : (plainText(entry) ?? null) };
    if (!inner.ok) return inner;
    entries.push(inner.value);
  }
  return { ok: true, value: entries };
}

const ZONED = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2})?)(?:[.,](\d{1,9}))?\s?(Z|[+-]\d{2}(?::?\d{2})?)$/i;

/**
 * Postgres takes `12:00+02:00` for 12:00 where the column has no zone, and says nothing; MySQL refuses any zone. So a time with a
 * zone is always sent as UTC, with all its digits. Other text is the database's to judge.
 */
function inUtc(text: string, kind: "zoned" | "local"): string {
  const match = ZONED.exec(text.trim());
  const at = match === null ? null : parseTime(text)?.at;
  if (match === null || at === null || at === undefined) return text;
  const [, , , fraction] = match;
  const seconds = new Date(at).toISOString().slice(0, 19);
  return `${seconds}${fraction === undefined ? "" : `.${fraction}`}${kind === "zoned" ? "Z" : ""}`;
}

/** What a driver gave without knowing the column's kind. */
export function asKind(kind: ColumnKind, value: Value): Value {
  switch (kind) {
    case "boolean":
      return value === 1 || value === "1" ? true : value === 0 || value === "0" ? false : value;
    case "integer":
    case "decimal":
    case "float":
      return typeof value === "string" ? (exactNumber(value.trim()) ?? value) : value;
    case "json":
      return typeof value === "string" ? parsedJson(value) : value;
    default:
      return value;
  }
}

/** JSON of a column; text that is none is passed on, and the mapping says what is wrong with it. */
export function parsedJson(text: string): Value {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof JsonError) return text;
    throw error;
  }
}
