// A column of each side that holds ids of records of one other entity.

import type { BySide } from "../../core/ids.ts";
import { digitsOf, type Value } from "../../core/value.ts";
import type { Column } from "./column.ts";
import { evidence, PLAIN_DRAFT, type Draft } from "./draft.ts";
import { kindOf } from "./kind.ts";
import { nameLikeness, wordsOf } from "./names.ts";

/** An entity that a record may name, with the ids of its sampled records. */
export interface Referred {
  readonly entity: string;
  readonly ids: BySide<ReadonlySet<string>>;
  /** The records' own entity: a parent, a head office. Then records may name each other in a circle. */
  readonly self: boolean;
}

/** Samples hold the first records of an entity, so that some of the ids named are always missing among them. */
const KNOWN_MIN = 0.6;
/** A single id could be chance. */
const IDS_MIN = 2;

export function refDrafts(left: Column, right: Column, referred: readonly Referred[]): readonly Draft[] {
  return referred.flatMap(({ entity, ids, self }): readonly Draft[] => {
    const known = { left: knownIn(left, ids.left), right: knownIn(right, ids.right) };
    if (!known.left.enough || !known.right.enough) return [];
    // Whole numbers count from one in every table, so that they need to be called after the entity.
    const numbered = [left, right].some((column) => kindOf(column) === "integer");
    if (numbered && ![left, right].every((column) => isCalledAfter(column, entity))) return [];
    const alike = nameLikeness(left.text, right.text);
    const note = `ids of ${entity}: ${known.left.text} here, ${known.right.text} there`;
    const found = evidence(null, 0, alike, note);
    const ref = { entity, optional: self };
    return [{ left: [left], right: [right], spec: null, ...PLAIN_DRAFT, ref, evidence: found, score: 1 + alike }];
  });
}

function knownIn({ values }: Column, ids: ReadonlySet<string>): { readonly enough: boolean; readonly text: string } {
  const named = new Set(values.flatMap((value) => idText(value) ?? []));
  const known = [...named].filter((id) => ids.has(id)).length;
  const all = values.every((value) => value === undefined || idText(value) !== null);
  return {
    enough: all && known >= IDS_MIN && known >= named.size * KNOWN_MIN,
    text: `${String(known)} of ${String(named.size)}`,
  };
}

export function idText(value: Value | undefined): string | null {
  if (value === undefined) return null;
  return typeof value === "string" ? value : digitsOf(value);
}

/** `customer_id` and `customer`; of itself, `parent`. */
function isCalledAfter({ text }: Column, entity: string): boolean {
  const words = wordsOf(text);
  return wordsOf(entity).some((word) => words.includes(word) || words.includes(`${word}s`)) || words.includes("parent");
}
