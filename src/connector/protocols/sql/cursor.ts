// Where reading of changes stopped: a time, or a number that only grows. Times are compared to the last digit, whatever their form.
// A row dated after the database's own clock would make everything until then old, so such a row moves no cursor.

import type { Instant } from "../../../core/ids.ts";
import { digitsOf, type Value } from "../../../core/value.ts";
import { laterCursor as laterByForm, settledCursor } from "../../cursor.ts";
import { parseTime, writeTime } from "../../instant.ts";

const NUMERIC = /^\d+$/;
const FRACTION = /[.,](\d{1,9})\s?(?:Z|[+-]\d{2}(?::?\d{2})?)?$/i;

/** Without a zone a column may be in anybody's local time: at most this much ahead of UTC. */
const ZONE_MAX_MS = 14 * 3_600_000;

export function laterCursor(a: string | null, b: string | null): string | null {
  if (a === null || b === null || a === b) return a ?? b;
  const timeA = parseTime(a);
  const timeB = parseTime(b);
  if (timeA?.form.kind === "iso" && timeB?.form.kind === "iso" && timeA.at === timeB.at)
    return fractionOf(a) >= fractionOf(b) ? a : b;
  return laterByForm(a, b);
}

function fractionOf(text: string): string {
  return (FRACTION.exec(text)?.[1] ?? "").padEnd(9, "0");
}

/** What a cursor's column holds: a time, or a number that only grows. The file says so, for numbers look alike. */
export type CursorMeans = "time" | "number";

/** The first value of the next reading: moved back by the settle time, or by so many numbers. */
export function readingStart(
  cursor: string,
  how: { readonly means: CursorMeans; readonly settleMs: number; readonly overlap: number; readonly settled: boolean },
): Value {
  if (how.settled) return bareCursor(cursor);
  if (how.means === "time") return settledCursor(cursor, how.settleMs);
  const text = bareCursor(cursor);
  if (ROWVERSION.test(text)) return `0x${moved(text, how.overlap).toString(16).padStart(16, "0")}`;
  return NUMERIC.test(text) ? moved(text, how.overlap).toString() : text;
}

const ROWVERSION = /^0x[0-9a-f]{16}$/;

function moved(number: string, overlap: number): bigint {
  const back = BigInt(number) - BigInt(overlap);
  return back < 0n ? 0n : back;
}

/** A cursor of a numeric text is kept in quotes. */
export function bareCursor(cursor: string): string {
  return cursor.startsWith('"') && cursor.endsWith('"') ? cursor.slice(1, -1) : cursor;
}

/** The cursor that a value of the cursor's column is; null: it has none. */
export function cursorOf(value: Value | undefined): string | null {
  if (value === undefined || value === null) return null;
  const digits = digitsOf(value);
  if (digits !== null) return digits;
  if (typeof value !== "string" || value === "") return null;
  return NUMERIC.test(value) ? `"${value}"` : value;
}

/**
 * The latest value that may be a cursor, where this one lies after the database's own clock; null: it does not.
 * @param now ISO text in UTC.
 */
export function capOf(value: Value | undefined, now: string): Value | null {
  const time = parseTime(value);
  const clock = parseTime(now);
  if (time === null || clock === null) return null;
  const zoned = time.form.kind !== "iso" || time.form.zone !== "";
  const latest = (clock.at + (zoned ? 0 : ZONE_MAX_MS)) as Instant;
  if (time.at <= latest) return null;
  const written = writeTime(latest, time.form);
  return typeof value === "string" ? written : Number(written);
}
