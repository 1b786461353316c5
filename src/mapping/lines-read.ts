// Reading the raw lines of one side. Lines that cannot be told apart by their key hold the field. Expressions of lines see the
// line alone; those of all lines of a page of records are evaluated together.

import type { ExpressionResult } from "../core/expression.ts";
import { NULL_KEY, type Reading } from "../core/field.ts";
import type { Side } from "../core/ids.ts";
import { valueAt } from "../core/path.ts";
import { isFields, isList, type Fields, type Value } from "../core/value.ts";
import { readField } from "./lens-read.ts";
import type { FieldLens, LinesLens } from "./lens.ts";
import { fieldKey } from "./lines-key.ts";
import { shownText } from "./types/reading.ts";
import type { TypeReading } from "./types/type.ts";

/** What the expressions of one list's lines gave: by line, as they stand, and by field. */
export type LineResults = readonly Readonly<Record<string, ExpressionResult>>[];

export function hasLineExpressions({ fields }: LinesLens, side: Side): boolean {
  return fields.some(({ sides }) => sides[side].source.kind === "expression");
}

/** One list of results a list of lines, in order; an entry that is no list, or no line, has none. */
export async function evaluateLines(
  { fields }: LinesLens,
  side: Side,
  lists: readonly (Value | undefined)[],
): Promise<readonly LineResults[]> {
  const found = lists.map((list) => (isList(list) ? list : []).map((): Record<string, ExpressionResult> => ({})));
  const places = lists.flatMap((list, at) =>
    (isList(list) ? list : []).flatMap((line, index) =>
      isFields(line) ? [{ line, results: found[at]?.[index] }] : [],
    ),
  );
  if (places.length === 0) return found;
  await Promise.all(
    fields.map(async ({ policy, sides }) => {
      const { source } = sides[side];
      if (source.kind !== "expression") return;
      const results = await source.expression.evaluate(places.map(({ line }) => line));
      places.forEach((place, index) => {
        const result = results[index];
        if (result !== undefined && place.results !== undefined) place.results[policy.name] = result;
      });
    }),
  );
  return found;
}

/** @param results Of these lines; null: none of their fields has an expression on this side. */
export function readLines(lines: LinesLens, side: Side, raw: Value, results: LineResults | null): TypeReading {
  if (raw === null) return { ok: true, value: null };
  if (!isList(raw)) return { ok: false, message: `${shownText(raw)} is not a list of lines` };
  const read: Fields[] = [];
  const keys = new Set<string>();
  for (const [index, line] of raw.entries()) {
    const place = `line ${String(index + 1)}`;
    if (!isFields(line)) return { ok: false, message: `${place}: ${shownText(line)} is not an object` };
    const reading = readLine(lines, side, line, results?.[index]);
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
function readLine(
  { fields }: LinesLens,
  side: Side,
  raw: Fields,
  results: LineResults[number] | undefined,
): LineReading {
  const line: Record<string, Value> = {};
  for (const field of fields) {
    const { name } = field.policy;
    const reading = readLineField(field, side, raw, results);
    if (reading.kind === "invalid") return { ok: false, message: `${name}: ${reading.message}` };
    if (reading.kind === "value") line[name] = reading.cell.value;
  }
  return { ok: true, line };
}

export function readLineField(
  field: FieldLens,
  side: Side,
  raw: Fields,
  results: LineResults[number] | undefined,
): Reading {
  return readField(field, side, raw, results?.[field.policy.name] ?? null);
}

/** The lines of records as they stand there, for trying their rules; so many at most. */
export async function rawLines(
  { sides }: FieldLens,
  side: Side,
  records: readonly Fields[],
  countMax: number,
): Promise<readonly Fields[]> {
  const { source } = sides[side];
  const lists =
    source.kind === "path"
      ? records.map((record) => valueAt(record, source.path))
      : source.kind === "expression"
        ? (await source.expression.evaluate(records)).map((result) => (result.ok ? result.value : undefined))
        : [];
  return lists.flatMap((list) => (isList(list) ? list.filter((line) => isFields(line)) : [])).slice(0, countMax);
}
