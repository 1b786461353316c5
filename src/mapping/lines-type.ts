// The value of an `each` field on one side: a list of canonical lines, { sku: "A", qty: 2 }, in that side's normal form. It is
// compared by key, so the order of the lines makes no difference.

import type { Side } from "../core/ids.ts";
import { canonicalText, isFields, isList, type Value } from "../core/value.ts";
import type { FieldLens, LinesLens } from "./lens.ts";
import { goesWithItsLine } from "./lines-direction.ts";
import { fieldKey } from "./lines-key.ts";
import { hasLineExpressions, readLines } from "./lines-read.ts";
import { writeLinesNow } from "./lines-write.ts";
import type { FieldType } from "./types/type.ts";

/** Where lines have expressions, `read` and `write` cannot say all: lines-read.ts and lines-write.ts work on whole pages instead. */
export function linesType(lines: LinesLens, side: Side): FieldType {
  const open = lines.fields.filter((field) => goesWithItsLine(lines, field));
  const type: FieldType = {
    name: "lines",
    lossless: lines.fields.every(({ sides }) => sides[side].type.lossless),
    read: (raw) =>
      hasLineExpressions(lines, side)
        ? { ok: false, message: "lines with expressions are read with their record" }
        : readLines(lines, side, raw, null),
    write: (value, shown) => {
      const written = writeLinesNow(lines, side, value, shown);
      // Not a list, so `read` refuses it.
      return written.ok ? written.value : written.message;
    },
    key: (value) => linesKey(lines, lines.fields, side, value),
  };
  return lines.mixed ? { ...type, bothWays: (value) => linesKey(lines, open, side, value) } : type;
}

function linesKey(lines: LinesLens, fields: readonly FieldLens[], side: Side, value: Value): string {
  // A base of an earlier mapping: equal to no list of lines.
  if (!isList(value) || !value.every((line) => isFields(line))) return `other ${canonicalText(value)}`;
  const texts = value.map((line) => {
    const keys = fields.map(({ policy }) => fieldKey(lines, side, line, policy.name));
    return JSON.stringify([fieldKey(lines, side, line, lines.key.policy.name), ...keys]);
  });
  return JSON.stringify(texts.sort());
}
