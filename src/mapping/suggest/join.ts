// Which sampled records of the two sides are the same one: by the pair of columns whose values both sides share most and that name
// a record uniquely.

import type { BySide } from "../../core/ids.ts";
import type { Column } from "./column.ts";
import { keyOf, kindOf, specsFor, type Kind } from "./kind.ts";
import { nameLikeness } from "./names.ts";

export interface KeyFound {
  readonly left: Column;
  readonly right: Column;
  readonly spec: unknown;
  /** Values that both sides show. */
  readonly shared: number;
  /** Of the side that shows fewer. */
  readonly of: number;
}

/** Records by their position in the samples. */
export type Joined = readonly BySide<number>[];

/** A column that names records: nearly every value is another one. */
const UNIQUE_FRACTION = 0.9;
/** Fewer could be chance. */
const SHARED_MIN = 2;
/** Kinds whose equal values mean something; small whole numbers are equal by chance. */
const KEY_KINDS: ReadonlySet<Kind> = new Set(["email", "uuid", "phone", "url", "text"]);

/** The best first. */
export function keysOf(left: readonly Column[], right: readonly Column[]): readonly KeyFound[] {
  const found: KeyFound[] = [];
  for (const one of left.filter(namesRecords)) {
    for (const other of right.filter(namesRecords)) {
      const best = bestOverlap(one, other);
      if (best !== null) found.push(best);
    }
  }
  return found.sort((a, b) => rank(b) - rank(a));
}

function rank({ left, right, shared }: KeyFound): number {
  return shared + nameLikeness(left.text, right.text) / 2;
}

function namesRecords({ distinct, present }: Column): boolean {
  return distinct >= present * UNIQUE_FRACTION;
}

function bestOverlap(left: Column, right: Column): KeyFound | null {
  const kinds = [kindOf(left), kindOf(right)] as const;
  const alike = nameLikeness(left.text, right.text);
  // Two ids of their own systems are never one; a stored id of the other side is.
  if (left.isId && right.isId) return null;
  const numbered = kinds.every((kind) => kind === "integer") && alike >= 0.9 && !left.isId && !right.isId;
  const telling = numbered || kinds.every((kind) => KEY_KINDS.has(kind));
  if (!telling) return null;
  let best: KeyFound | null = null;
  for (const spec of specsFor(kinds[0], kinds[1])) {
    const own = keysIn(left, spec);
    const other = keysIn(right, spec);
    const shared = [...own].filter((key) => other.has(key)).length;
    const enough = shared >= SHARED_MIN || (shared === 1 && alike >= 0.9);
    if (enough && shared > (best?.shared ?? 0))
      best = { left, right, spec, shared, of: Math.min(own.size, other.size) };
  }
  return best;
}

/** Names of people are alike by chance; what has no space in it is mostly a code that somebody gave out. */
export function isTelling({ left, right }: KeyFound): boolean {
  const isCode = ({ values }: Column): boolean =>
    values.every((value) => typeof value !== "string" || !/\s/.test(value.trim()));
  return kindOf(left) !== "text" || (isCode(left) && isCode(right));
}

function keysIn({ values }: Column, spec: unknown): ReadonlySet<string> {
  return new Set(values.flatMap((value) => keyOf(spec, value) ?? []));
}

/** Pairs of records that have the same key; a key that two records of a side have joins nobody. */
export function joinBy({ left, right, spec }: KeyFound): Joined {
  const positions = uniquePositions(right, spec);
  const own = uniquePositions(left, spec);
  return [...own].flatMap(([key, position]) => {
    const other = positions.get(key);
    return other === undefined ? [] : [{ left: position, right: other }];
  });
}

function uniquePositions({ values }: Column, spec: unknown): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  const doubled = new Set<string>();
  values.forEach((value, index) => {
    const key = keyOf(spec, value);
    if (key === null) return;
    if (found.has(key)) doubled.add(key);
    found.set(key, index);
  });
  for (const key of doubled) found.delete(key);
  return found;
}
