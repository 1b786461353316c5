// `merge: lines` of a plain list, or of the lines of a text: both sides' additions and removals, each addition where its side
// put it (behind the same line), both sides in one order.

import { canonicalText, isList, type Value } from "../core/value.ts";

type Change = readonly [before: Value, after: Value];

/** The merged value; the left's form of line ends. Null: these are neither lists nor texts. */
export function combineSequence(left: Change, right: Change): Value {
  const values = [...left, ...right];
  const isText = values.every((value) => value === null || typeof value === "string");
  const entries = values.map((value) =>
    isText ? textLines(value) : isList(value) ? value : value === null ? [] : null,
  );
  const [leftBefore, leftAfter, rightBefore, rightAfter] = entries;
  if (!leftBefore || !leftAfter || !rightBefore || !rightAfter) return null;
  const merged = mergeEntries([leftBefore, leftAfter], [rightBefore, rightAfter]);
  if (!isText) return merged;
  const lineEnd = typeof left[1] === "string" && left[1].includes("\r\n") ? "\r\n" : "\n";
  return merged.map(String).join(lineEnd);
}

function textLines(value: Value | undefined): readonly Value[] {
  return typeof value === "string" ? value.split(/\r?\n/) : [];
}

type EntryChange = readonly [before: readonly Value[], after: readonly Value[]];

function mergeEntries(left: EntryChange, right: EntryChange): readonly Value[] {
  const leftMore = difference(left[1], left[0]);
  const rightMore = difference(right[1], right[0]);
  const rightLess = difference(right[0], right[1]);
  const leftLess = difference(left[0], left[1]);

  // What the right took away and the left did not, and what the right brought and the left did not.
  const drop = remaining(rightLess, leftLess);
  const bring = remaining(rightMore, leftMore);
  const result: { readonly value: Value; readonly fromLeft: boolean }[] = [];
  const leftNew = new Map(leftMore);
  for (const value of left[1]) {
    const text = canonicalText(value);
    if (take(drop, text)) continue;
    result.push({ value, fromLeft: take(leftNew, text) });
  }
  let behind = 0;
  for (const value of right[1]) {
    const text = canonicalText(value);
    const isEqual = (entry: { readonly value: Value }): boolean => canonicalText(entry.value) === text;
    const next = result.findIndex((entry, index) => index >= behind && isEqual(entry));
    const at = next >= 0 ? next : result.findIndex(isEqual);
    if (take(bring, text)) {
      while (behind > 0 && result[behind]?.fromLeft === true) behind += 1;
      result.splice(behind, 0, { value, fromLeft: false });
      behind += 1;
    } else if (at >= 0) behind = at + 1;
  }
  return result.map(({ value }) => value);
}

/** How often each entry stands in the one list more than in the other. */
function difference(more: readonly Value[], less: readonly Value[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of more) counts.set(canonicalText(value), (counts.get(canonicalText(value)) ?? 0) + 1);
  for (const value of less) counts.set(canonicalText(value), (counts.get(canonicalText(value)) ?? 0) - 1);
  return new Map([...counts].filter(([, count]) => count > 0));
}

function remaining(counts: ReadonlyMap<string, number>, done: ReadonlyMap<string, number>): Map<string, number> {
  return new Map([...counts].map(([text, count]) => [text, count - (done.get(text) ?? 0)]));
}

function take(counts: Map<string, number>, text: string): boolean {
  const count = counts.get(text) ?? 0;
  if (count <= 0) return false;
  counts.set(text, count - 1);
  return true;
}
