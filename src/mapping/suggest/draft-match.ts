// Match rules by what both sides share: a stored id of the other side, and fields that name a record.

import type { BySide } from "../../core/ids.ts";
import type { Draft } from "./draft.ts";
import type { NamedDraft } from "./draft-rule.ts";
import { isTelling, type KeyFound } from "./join.ts";

export interface SuggestedMatch {
  /** As it stands under `match`. */
  readonly rule: readonly string[] | Readonly<Record<string, unknown>>;
  readonly shared: number;
  readonly of: number;
  /** In words, for what is no equal value. */
  readonly note: string | null;
}

/** Stored ids of the other side first, then fields that name a record. */
export function matchesOf(
  keys: readonly KeyFound[],
  rules: readonly NamedDraft[],
  names: BySide<string>,
): readonly SuggestedMatch[] {
  const byPaths = keys
    .filter(({ left, right }) => left.isId !== right.isId)
    .map(({ left, right, shared, of }): SuggestedMatch => ({
      rule: { [names.left]: left.text, [names.right]: right.text },
      shared,
      of,
      note: null,
    }));
  const byFields = keys.filter(isTelling).flatMap(({ left, right, shared, of, spec }): readonly SuggestedMatch[] => {
    const field = rules.find(
      ({ draft }) => draft.left[0] === left && draft.right[0] === right && draft.left.length === 1 && isPlain(draft),
    );
    // A text that both sides may spell otherwise is no name of a record.
    return field === undefined || (spec !== null && typeof spec === "object" && "text" in spec)
      ? []
      : [{ rule: [field.name], shared, of, note: null }];
  });
  return [...byPaths.slice(0, 1), ...byFields.slice(0, 2)];
}

/** An id of another entity differs on the two sides; a table's words, and lists, name no record. */
function isPlain({ values, ref, lines }: Draft): boolean {
  return values === null && ref === null && lines === null;
}
