// What is drafted before it is written down: columns of both sides that seem to be one field, and why.

import type { Column } from "./column.ts";

export interface Evidence {
  /** Joined records that show the same; null: none could be joined. */
  readonly equal: number | null;
  readonly of: number;
  /** How alike the names are, 0 to 1. */
  readonly names: number;
  /** In words, for what is neither: `factor 100 in 20 of 20`. */
  readonly note: string | null;
}

export interface Draft {
  /** Several of a side make up one value. */
  readonly left: readonly Column[];
  readonly right: readonly Column[];
  readonly spec: unknown;
  /** Table of words, left to right. */
  readonly values: ReadonlyMap<string, string> | null;
  /** What the right side shows is the left's value times this. */
  readonly times: string | null;
  /** The entity whose ids these are; optional: records may name each other in a circle. */
  readonly ref: { readonly entity: string; readonly optional: boolean } | null;
  /** Lists of lines, found on the other side by one of their fields. */
  readonly lines: { readonly key: Draft; readonly fields: readonly Draft[] } | null;
  readonly evidence: Evidence;
  readonly score: number;
}

export const PLAIN_DRAFT: Pick<Draft, "values" | "times" | "ref" | "lines"> = {
  values: null,
  times: null,
  ref: null,
  lines: null,
};

/** With fewer joined records, names have the say. */
export const JOINED_MIN = 3;
export const EQUAL_MIN = 0.6;
export const NAMES_MIN = 0.75;

export function evidence(equal: number | null, of: number, names: number, note: string | null = null): Evidence {
  return { equal, of, names: Math.round(names * 100) / 100, note };
}

/** The best first, each column in one draft only; in the order of the left's columns. */
export function chosenOf(candidates: readonly Draft[], columns: readonly Column[]): readonly Draft[] {
  const taken = { left: new Set<string>(), right: new Set<string>() };
  const chosen: Draft[] = [];
  for (const draft of candidates.toSorted((a, b) => b.score - a.score)) {
    if (draft.left.some(({ text }) => taken.left.has(text)) || draft.right.some(({ text }) => taken.right.has(text)))
      continue;
    for (const { text } of draft.left) taken.left.add(text);
    for (const { text } of draft.right) taken.right.add(text);
    chosen.push(draft);
  }
  const order = new Map(columns.map(({ text }, index) => [text, index]));
  const place = ({ left: [first] }: Draft): number => order.get(first?.text ?? "") ?? 0;
  return chosen.toSorted((a, b) => place(a) - place(b));
}
