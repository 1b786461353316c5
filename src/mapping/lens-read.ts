// Reading one field of one side: raw value, placeholder or value, canonical value.
//
//   nothing at the path             absent   no opinion
//   null, or listed under `empty`   value    canonical null
//   outside the type or the table   invalid  the field is held, the record's others flow
//   else                            value    in this side's normal form

import type { ExpressionResult } from "../core/expression.ts";
import { ABSENT, NULL_CELL, type Reading } from "../core/field.ts";
import type { Side } from "../core/ids.ts";
import { valueAt } from "../core/path.ts";
import { canonicalText, type Fields, type Value } from "../core/value.ts";
import { cellOf } from "./cell.ts";
import type { FieldLens } from "./lens.ts";
import type { TypeReading } from "./types/type.ts";

/**
 * @param result Of the side's expression for this record; null where the side has none.
 * @param read What the type reads with: of lines whose own expressions have been evaluated, their reader.
 */
export function readField(
  field: FieldLens,
  side: Side,
  record: Fields,
  result: ExpressionResult | null,
  read: TypeReader = (value) => field.sides[side].type.read(value),
): Reading {
  const { source } = field.sides[side];
  switch (source.kind) {
    case "none":
      return ABSENT;
    case "path":
      return readingOf(field, side, valueAt(record, source.path), read);
    case "expression":
      if (result?.ok === false) return { kind: "invalid", found: null, message: `${result.code}: ${result.message}` };
      return readingOf(field, side, result?.value, read);
    case "parts": {
      const { placeholders } = field.sides[side];
      const raws = source.paths.map((path) => withoutPlaceholder(valueAt(record, path), placeholders));
      const joined = source.type.join(raws);
      return joined === null
        ? ABSENT
        : typeReading(
            field,
            side,
            raws.map((raw) => raw ?? null),
            joined,
          );
    }
  }
}

export type TypeReader = (value: Value) => TypeReading;

/** The reading of a raw value that stands alone. */
export function readingOf(
  field: FieldLens,
  side: Side,
  raw: Value | undefined,
  read: TypeReader = (value) => field.sides[side].type.read(value),
): Reading {
  if (raw === undefined) return ABSENT;
  const { placeholders } = field.sides[side];
  const value = withoutPlaceholder(raw, placeholders);
  if (value === null || value === undefined) return { kind: "value", cell: NULL_CELL };
  return typeReading(field, side, raw, read(value));
}

function typeReading(field: FieldLens, side: Side, raw: Value, reading: TypeReading): Reading {
  if (!reading.ok) return { kind: "invalid", found: raw, message: reading.message };
  const cell = cellOf(field.sides[side].type, reading.value);
  if (field.table !== null && cell.value !== null) {
    const words = side === "left" ? field.table.toRight : field.table.toLeft;
    if (!words.has(cell.key)) return { kind: "invalid", found: raw, message: "the table of values has no such entry" };
  }
  return { kind: "value", cell };
}

function withoutPlaceholder(raw: Value | undefined, placeholders: ReadonlySet<string>): Value | undefined {
  return raw !== undefined && placeholders.size > 0 && placeholders.has(canonicalText(raw)) ? null : raw;
}
