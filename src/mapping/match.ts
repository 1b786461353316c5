// Under which texts a record without a link is looked for on the other side, one for each match rule.

import { NULL_KEY, type Reading } from "../core/field.ts";
import type { BySide, Side } from "../core/ids.ts";
import { valueAt, type Path } from "../core/path.ts";
import type { Fields } from "../core/value.ts";
import { settledCell } from "./settled.ts";
import type { FieldLens } from "./lens.ts";
import { scalarText } from "./word-types.ts";

export type MatchRule =
  /** The values at these paths are equal as texts: a stored foreign id. */
  | { readonly kind: "paths"; readonly paths: BySide<Path> }
  /** The canonical values of these fields are all equal and present. */
  | { readonly kind: "fields"; readonly fields: readonly FieldLens[] };

/** The keys are the rule's index and the text, so that a text of one rule is never found by another. */
export function matchKeys(
  rules: readonly MatchRule[],
  side: Side,
  record: Fields,
  readings: Readonly<Record<string, Reading>>,
): readonly (string | null)[] {
  return rules.map((rule, index) => {
    const text = rule.kind === "paths" ? pathKey(rule.paths[side], record) : fieldsKey(rule.fields, side, readings);
    return text === null ? null : `${String(index)}:${text}`;
  });
}

function pathKey(path: Path, record: Fields): string | null {
  const value = valueAt(record, path);
  const text = value === undefined || typeof value === "boolean" ? null : scalarText(value);
  return text === "" ? null : text;
}

function fieldsKey(
  fields: readonly FieldLens[],
  side: Side,
  readings: Readonly<Record<string, Reading>>,
): string | null {
  const keys: string[] = [];
  for (const field of fields) {
    const reading = readings[field.policy.name];
    const key = reading === undefined ? null : sharedKey(field, side, reading);
    if (key === null) return null;
    keys.push(key);
  }
  return JSON.stringify(keys);
}

/** Both sides' keys in the form of the right side, so that equal values have equal keys. */
function sharedKey(field: FieldLens, side: Side, reading: Reading): string | null {
  if (reading.kind !== "value" || reading.cell.key === NULL_KEY) return null;
  const { cell } = reading;
  if (side === "right" || field.sameForm) return cell.key;
  if (field.table !== null) return field.table.toRight.get(cell.key)?.key ?? null;
  return settledCell(field.sides.right, cell)?.key ?? null;
}
