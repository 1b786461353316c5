// Where reading of changes stopped: the greatest value seen at `cursor.at`, and the same moved back by `settle`.
//
// Cursors are kept as text: a number by its digits, a text as it is, a text that looks like a number in quotes, so that each is
// sent again as what it was. Two of them are compared as times where both are times, as numbers where both are numbers, else
// as text. ISO fractions beyond the millisecond are compared as text once the milliseconds are equal.

import type { Instant } from "../core/ids.ts";
import { valueAt, type Path } from "../core/path.ts";
import { digitsOf, exactNumber, type Fields, type Value } from "../core/value.ts";
import { parseTime, writeTime } from "./instant.ts";

const NUMERIC = /^\d+(?:\.\d+)?$/;

/** The cursor for a value found in an item; null when there is none. */
function cursorText(value: Value | undefined): string | null {
  if (typeof value !== "string") return value === undefined ? null : digitsOf(value);
  if (value === "") return null;
  return NUMERIC.test(value) ? `"${value}"` : value;
}

/** The text inside a cursor, without the quotes of a numeric text. */
function bareText(cursor: string): string {
  return cursor.startsWith('"') && cursor.endsWith('"') ? cursor.slice(1, -1) : cursor;
}

/** The value as the item showed it. */
function cursorValue(cursor: string): Value {
  return NUMERIC.test(cursor) ? (exactNumber(cursor) ?? cursor) : bareText(cursor);
}

/** The greatest cursor of a page's items; null: none has one. */
export function pageCursor(items: readonly Fields[], at: Path): string | null {
  let latest: string | null = null;
  for (const item of items) latest = laterCursor(latest, cursorText(valueAt(item, at)));
  return latest;
}

export function laterCursor(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b;
  if (a === b) return a;
  return compareCursors(a, b) >= 0 ? a : b;
}

function compareCursors(cursorA: string, cursorB: string): number {
  const a = bareText(cursorA);
  const b = bareText(cursorB);
  const timeA = parseTime(a);
  const timeB = parseTime(b);
  if (timeA !== null && timeB !== null && timeA.at !== timeB.at) return timeA.at - timeB.at;
  if (NUMERIC.test(a) && NUMERIC.test(b)) return compareDigits(a, b);
  return a < b ? -1 : 1;
}

/** Compares non-negative numbers by their digits, of any length. */
function compareDigits(a: string, b: string): number {
  const [wholeA = "", fractionA = ""] = a.split(".");
  const [wholeB = "", fractionB = ""] = b.split(".");
  const width = Math.max(wholeA.length, wholeB.length);
  const textA = wholeA.padStart(width, "0") + fractionA;
  const textB = wholeB.padStart(width, "0") + fractionB;
  return textA === textB ? 0 : textA < textB ? -1 : 1;
}

/** What `{{ cursor }}` is bound to: moved back by the settle time, in the form it came in; as it is when it is not a time. */
export function settledCursor(cursor: string, settleMs: number): Value {
  const value = cursorValue(cursor);
  const time = settleMs === 0 ? null : parseTime(value);
  if (time === null) return value;
  const moved = writeTime(Math.max(0, time.at - settleMs) as Instant, time.form);
  return typeof value === "string" ? moved : Number(moved);
}
