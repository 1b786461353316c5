// Words of two texts paired off, each with the one it is most like, whatever their order.

import { wordSimilarity } from "./word.ts";

export interface Word {
  readonly text: string;
  /** What it counts for: a particle less than a name. */
  readonly weight: number;
}

export interface Aligned {
  /** Weighted similarity of the words that have a partner. */
  readonly alike: number;
  /** Weight of the words that have a partner, and of those of which one is written for the other. */
  readonly paired: number;
  /** Weight of the words that only one text has. */
  readonly over: number;
}

/** The best pairs first, so that no word is taken by a worse partner. Called for most candidates: loops, no lists of pairs. */
export function align(
  one: readonly Word[],
  other: readonly Word[],
  alikeness: (a: string, b: string) => number = wordSimilarity,
): Aligned {
  const values = new Float64Array(one.length * other.length);
  one.forEach((left, a) => {
    other.forEach((right, b) => {
      values[a * other.length + b] = alikeness(left.text, right.text) * Math.max(left.weight, right.weight);
    });
  });
  const free = { one: one.map(({ weight }) => weight), other: other.map(({ weight }) => weight) };
  let alike = 0;
  let paired = 0;
  for (;;) {
    let best = 0;
    let at = -1;
    for (let index = 0; index < values.length; index += 1) {
      const value = values[index] ?? 0;
      if (value > best) [best, at] = [value, index];
    }
    if (at < 0) break;
    const a = Math.floor(at / other.length);
    const b = at % other.length;
    alike += best;
    paired += Math.max(one[a]?.weight ?? 0, other[b]?.weight ?? 0);
    free.one[a] = 0;
    free.other[b] = 0;
    for (let index = 0; index < other.length; index += 1) values[a * other.length + index] = 0;
    for (let index = 0; index < one.length; index += 1) values[index * other.length + b] = 0;
  }
  // Of two words that have no partner, one on each side, one is written for the other; what is more is merely missing.
  const [loose, otherLoose] = [sumOf(free.one), sumOf(free.other)];
  const different = Math.min(loose, otherLoose);
  return { alike, paired: paired + different, over: Math.max(loose, otherLoose) - different };
}

function sumOf(weights: readonly number[]): number {
  let sum = 0;
  for (const weight of weights) sum += weight;
  return sum;
}
