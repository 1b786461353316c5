// Under which texts a record without a link is looked for on the other side, one for each match rule.

import type { Reading } from "../core/field.ts";
import type { BySide, Side } from "../core/ids.ts";
import { valueAt, type Path } from "../core/path.ts";
import type { Fields } from "../core/value.ts";
import type { FieldLens } from "./lens.ts";
import { sharedCell } from "./match-cell.ts";
import { blockKey, exactKey, profileKey } from "./match-key.ts";
import type { ReadableScoreRule } from "./match-score.ts";
import { scalarText } from "./word-types.ts";

export type MatchRule =
  /** The values at these paths are equal as texts: a stored foreign id. */
  | { readonly kind: "paths"; readonly paths: BySide<Path> }
  /** The canonical values of these fields are all equal and present. */
  | { readonly kind: "fields"; readonly fields: readonly FieldLens[] }
  /** The fields are alike enough. */
  | { readonly kind: "score"; readonly rule: ReadableScoreRule };

/** One key of an exact rule, or null where a part is missing; of a scored rule what is compared, and where it is looked for. */
export function matchKeys(
  rules: readonly MatchRule[],
  side: Side,
  record: Fields,
  readings: Readonly<Record<string, Reading>>,
): readonly (string | null)[] {
  return rules.flatMap((rule, index): readonly (string | null)[] => {
    if (rule.kind === "score") return scoreKeys(rule.rule, side, readings);
    const text = rule.kind === "paths" ? pathKey(rule.paths[side], record) : fieldsKey(rule.fields, side, readings);
    return [text === null ? null : exactKey(index, text)];
  });
}

function scoreKeys(
  rule: ReadableScoreRule,
  side: Side,
  readings: Readonly<Record<string, Reading>>,
): readonly (string | null)[] {
  const profile = rule.profile(side, readings);
  if (profile === null) return [null];
  return [profileKey(rule.index, profile), ...rule.blocks(profile).map((block) => blockKey(rule.index, block))];
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

function sharedKey(field: FieldLens, side: Side, reading: Reading): string | null {
  return reading.kind === "value" ? (sharedCell(field, side, reading.cell)?.key ?? null) : null;
}
