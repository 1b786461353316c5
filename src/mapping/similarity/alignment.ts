// Words of two texts paired off, each with the one it is most like, whatever their order.

import { wordSimilarity } from "./word.ts";

export interface Word {
  readonly text: string;
  /** What it counts for: a particle less than a name. */
  readonly weight: number;
}

export interface Aligned {
  /** Weighted similarity of the pairs, and the weight of the words in them (one side's). */
  readonly alike: number;
  readonly paired: number;
  /** Weight of the words without a partner. */
  readonly over: number;
}

/** The best pairs first, so that no word is taken by a worse partner. */
export function align(
  one: readonly Word[],
  other: readonly Word[],
  alike: (a: string, b: string) => number = wordSimilarity,
): Aligned {
  const pairs: { readonly a: number; readonly b: number; readonly value: number; readonly weight: number }[] = [];
  one.forEach((left, a) =>
    other.forEach((right, b) => {
      const value = alike(left.text, right.text);
      if (value > 0) pairs.push({ a, b, value, weight: Math.max(left.weight, right.weight) });
    }),
  );
  pairs.sort((x, y) => y.value * y.weight - x.value * x.weight || x.a - y.a || x.b - y.b);
  const usedOne = new Set<number>();
  const usedOther = new Set<number>();
  let sum = 0;
  let paired = 0;
  for (const { a, b, value, weight } of pairs) {
    if (usedOne.has(a) || usedOther.has(b)) continue;
    usedOne.add(a);
    usedOther.add(b);
    sum += value * weight;
    paired += weight;
  }
  const left = (words: readonly Word[], used: ReadonlySet<number>): readonly number[] =>
    words.flatMap((word, index) => (used.has(index) ? [] : [word.weight]));
  // Of two words that have no partner, one each side, one is written for the other; what is more is merely missing.
  const loose = [left(one, usedOne), left(other, usedOther)].map((weights) =>
    weights.reduce((total, weight) => total + weight, 0),
  );
  const different = Math.min(loose[0] ?? 0, loose[1] ?? 0);
  return { alike: sum, paired: paired + different, over: Math.max(loose[0] ?? 0, loose[1] ?? 0) - different };
}
