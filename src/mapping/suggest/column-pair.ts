// Whether a column of the left and one of the right are one field: by their values in the records that could be joined, else by
// their names. Equal values, words that go together, or a factor between numbers.

import { digitsOf, type Value } from "../../core/value.ts";
import type { Column } from "./column.ts";
import { evidence, EQUAL_MIN, JOINED_MIN, NAMES_MIN, PLAIN_DRAFT, type Draft } from "./draft.ts";
import type { Joined } from "./join.ts";
import { keyOf, kindOf, specsFor } from "./kind.ts";
import { nameLikeness } from "./names.ts";

/** A table with more entries is a list of things, not of words. */
const WORDS_MAX = 8;

/** One column of each side as one field; null: nothing speaks for it. */
export function draftOf(left: Column, right: Column, joined: Joined): Draft | null {
  const alike = nameLikeness(left.text, right.text);
  const both = joined.flatMap((pair) => {
    const one = left.values[pair.left];
    const other = right.values[pair.right];
    return one === undefined || other === undefined ? [] : [[one, other] as const];
  });
  const plain = { left: [left], right: [right], ...PLAIN_DRAFT };
  const specs = specsFor(kindOf(left), kindOf(right));
  if (both.length < JOINED_MIN) {
    const [spec] = specs;
    if (specs.length === 0 || alike < NAMES_MIN) return null;
    const readable = specs.find((each) => isReadable(each, left) && isReadable(each, right));
    return {
      ...plain,
      spec: readable === undefined ? spec : readable,
      evidence: evidence(both.length === 0 ? null : equalOf(spec, both), both.length, alike),
      score: alike * 0.6,
    };
  }
  const [best] = specs.map((spec) => ({ spec, equal: equalOf(spec, both) })).sort((a, b) => b.equal - a.equal);
  const variety = Math.min(left.distinct, right.distinct) > 1 || alike >= NAMES_MIN;
  if (best !== undefined && variety && best.equal / both.length >= EQUAL_MIN) {
    const score = (best.equal / both.length) * 0.7 + alike * 0.3;
    return { ...plain, spec: best.spec, evidence: evidence(best.equal, both.length, alike), score };
  }
  return tableOf(plain, both, alike) ?? factorOf(plain, both, alike);
}

function equalOf(spec: unknown, both: readonly (readonly [Value, Value])[]): number {
  return both.filter(([one, other]) => {
    const key = keyOf(spec, one);
    return key !== null && key === keyOf(spec, other);
  }).length;
}

function isReadable(spec: unknown, { values }: Column): boolean {
  return values.every((value) => value === undefined || keyOf(spec, value) !== null);
}

type Plain = Omit<Draft, "spec" | "evidence" | "score">;

/** Few words on each side, and each always stands beside the same other one. */
function tableOf(plain: Plain, both: readonly (readonly [Value, Value])[], alike: number): Draft | null {
  const table = new Map<string, string>();
  let kept = 0;
  for (const [one, other] of both) {
    if (typeof one !== "string" || typeof other !== "string") return null;
    const known = table.get(one);
    if (known === undefined) table.set(one, other);
    if (known === undefined || known === other) kept += 1;
  }
  const right = new Set(table.values());
  if (
    table.size < 2 ||
    table.size > WORDS_MAX ||
    right.size !== table.size ||
    table.size * 2 > both.length ||
    kept / both.length < 0.9
  )
    return null;
  const note = `${String(table.size)} pairs of words that go together in ${String(kept)} of ${String(both.length)}`;
  return {
    ...plain,
    spec: null,
    values: table,
    evidence: evidence(kept, both.length, alike, note),
    score: (kept / both.length) * 0.6 + alike * 0.3,
  };
}

const FACTORS = [100, 1000, 10, 60, 0.01, 0.001];

/** Cents and euros, grams and kilograms. */
function factorOf(plain: Plain, both: readonly (readonly [Value, Value])[], alike: number): Draft | null {
  const numbers = both.map(([one, other]) => [Number(digitsOf(one) ?? one), Number(digitsOf(other) ?? other)] as const);
  if (numbers.some(([one, other]) => !Number.isFinite(one) || !Number.isFinite(other))) return null;
  for (const factor of FACTORS) {
    const kept = numbers.filter(
      ([one, other]) => one !== 0 && Math.abs(one * factor - other) < 1e-9 * Math.abs(other),
    ).length;
    if (kept / both.length < 0.9) continue;
    const note = `the right is ${String(factor)} times the left in ${String(kept)} of ${String(both.length)}`;
    return {
      ...plain,
      spec: "decimal",
      times: String(factor),
      evidence: evidence(kept, both.length, alike, note),
      score: (kept / both.length) * 0.6 + alike * 0.3,
    };
  }
  return null;
}
