// The value of an `each` field on one side: a list of canonical lines, { sku: "A", qty: 2 }, in that side's normal form. It is
// compared by key, so the order of the lines makes no difference. Lines that cannot be told apart by their key hold the field.

import { NULL_KEY } from "../core/field.ts";
import type { Side } from "../core/ids.ts";
import { valueAt, withValueAt } from "../core/path.ts";
import { canonicalText, isFields, isList, type Fields, type Value } from "../core/value.ts";
import { cellOf } from "./cell.ts";
import { readField } from "./lens-read.ts";
import type { LinesLens } from "./lens.ts";
import { fieldKey } from "./lines-key.ts";
import { obstacleOn, plainPuts } from "./puts.ts";
import { shownText } from "./types/reading.ts";
import type { FieldType, TypeReading } from "./types/type.ts";

export function linesType(lines: LinesLens, side: Side): FieldType {
  return {
    name: "lines",
    lossless: lines.fields.every(({ sides }) => sides[side].type.lossless),
    read: (raw) => readLines(lines, side, raw),
    write: (value, shown) => {
      const written = writeLines(lines, side, value, shown);
      // Not a list, so `read` refuses it.
      return written.ok ? written.value : written.message;
    },
    key: (value) => linesKey(lines, side, value),
  };
}

function readLines(lines: LinesLens, side: Side, raw: Value): TypeReading {
  if (raw === null) return { ok: true, value: null };
  if (!isList(raw)) return { ok: false, message: `${shownText(raw)} is not a list of lines` };
  const read: Fields[] = [];
  const keys = new Set<string>();
  for (const [index, line] of raw.entries()) {
    const place = `line ${String(index + 1)}`;
    if (!isFields(line)) return { ok: false, message: `${place}: ${shownText(line)} is not an object` };
    const reading = readLine(lines, side, line);
    if (!reading.ok) return { ok: false, message: `${place}: ${reading.message}` };
    const name = lines.key.policy.name;
    const key = fieldKey(lines, side, reading.line, name);
    if (key === NULL_KEY) return { ok: false, message: `${place} has no ${name}, which tells lines apart` };
    if (keys.has(key)) {
      const message = `two lines have the ${name} ${shownText(reading.line[name] ?? null)}, so they cannot be told apart`;
      return { ok: false, message };
    }
    keys.add(key);
    read.push(reading.line);
  }
  return { ok: true, value: read };
}

type LineReading = { readonly ok: true; readonly line: Fields } | { readonly ok: false; readonly message: string };

/** What a line shows; absent properties are left out. */
function readLine({ fields }: LinesLens, side: Side, raw: Fields): LineReading {
  const line: Record<string, Value> = {};
  for (const field of fields) {
    const { name } = field.policy;
    const reading = readField(field, side, raw, null);
    if (reading.kind === "invalid") return { ok: false, message: `${name}: ${reading.message}` };
    if (reading.kind === "value") line[name] = reading.cell.value;
  }
  return { ok: true, line };
}

function linesKey(lines: LinesLens, side: Side, value: Value): string {
  // A base of an earlier mapping: equal to no list of lines.
  if (!isList(value) || !value.every((line) => isFields(line))) return `other ${canonicalText(value)}`;
  const texts = value.map((line) => {
    const keys = lines.fields.map(({ policy }) => fieldKey(lines, side, line, policy.name));
    return JSON.stringify([fieldKey(lines, side, line, lines.key.policy.name), ...keys]);
  });
  return JSON.stringify(texts.sort());
}

type Written = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly message: string };

/**
 * The raw list that says these canonical lines. Lines that are there keep their place and what no rule names; new ones go last.
 * Raw lines that no key tells apart were never read, and stay.
 */
export function writeLines(lines: LinesLens, side: Side, value: Value, shown: Value | undefined): Written {
  if (!isList(value)) return { ok: true, value };
  const name = lines.key.policy.name;
  const wanted = new Map(
    value.flatMap((line): [string, Fields][] => (isFields(line) ? [[fieldKey(lines, side, line, name), line]] : [])),
  );
  const met = new Set<string>();
  const written: Value[] = [];
  for (const raw of isList(shown) ? shown : []) {
    const key = isFields(raw) ? rawKey(lines, side, raw) : NULL_KEY;
    const line = wanted.get(key);
    if (!isFields(raw) || key === NULL_KEY || met.has(key)) written.push(raw);
    else if (line !== undefined) {
      const result = writeLine(lines, side, line, raw);
      if (!result.ok) return result;
      written.push(result.value);
    }
    met.add(key);
  }
  for (const [key, line] of wanted) {
    if (met.has(key)) continue;
    const result = writeLine(lines, side, line, null);
    if (!result.ok) return result;
    written.push(result.value);
  }
  return { ok: true, value: written };
}

function rawKey({ key }: LinesLens, side: Side, raw: Fields): string {
  const reading = readField(key, side, raw, null);
  return reading.kind === "value" ? reading.cell.key : NULL_KEY;
}

/** @param raw The line as it stands there; null: a new one. */
function writeLine({ fields }: LinesLens, side: Side, line: Fields, raw: Fields | null): Written {
  let next: Value = raw ?? {};
  for (const field of fields) {
    const { name } = field.policy;
    const value = line[name];
    if (value === undefined) continue;
    const there = raw === null ? null : readField(field, side, raw, null);
    const wanted = value === null ? NULL_KEY : cellOf(field.sides[side].type, value).key;
    const shows = there?.kind === "value" ? there.cell.key : there?.kind === "invalid" ? null : NULL_KEY;
    if (shows === wanted) continue;
    for (const put of plainPuts(field.sides[side], value, raw ?? {})) {
      const obstacle = obstacleOn(isFields(next) ? next : {}, put.path);
      if (obstacle !== null) return { ok: false, message: `${name}: ${obstacle}` };
      if (put.value === null && valueAt(next, put.path) === undefined) continue;
      next = withValueAt(next, put.path, put.value);
    }
  }
  return { ok: true, value: next };
}
