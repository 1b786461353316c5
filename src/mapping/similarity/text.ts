// Any other text: its words in whatever order, or its letters in groups of three, whichever finds more in common.

import { align, type Word } from "./alignment.ts";
import { soundCode } from "./word.ts";
import { remembering, withoutDigraphs, wordsOf } from "./words.ts";

/** A word that only one of two texts has takes this much away. */
const MISSING_WORTH = 0.6;
/** The same letters, parted otherwise. */
const JOINED_WORTH = 0.98;

interface Prepared {
  readonly words: readonly Word[];
  readonly joined: string;
  readonly trigrams: ReadonlySet<string>;
}

const prepared = remembering((text: string): Prepared => {
  const words = wordsOf(text).map(withoutDigraphs);
  return {
    words: words.map((word) => ({ text: word, weight: 1 })),
    joined: words.join(""),
    trigrams: trigramsOf(words),
  };
});

export function textSimilarity(one: string, other: string): number {
  if (one === other) return 1;
  const [a, b] = one <= other ? [prepared(one), prepared(other)] : [prepared(other), prepared(one)];
  if (a.words.length === 0 || b.words.length === 0) return 0;
  if (a.joined === b.joined) return a.words.length === b.words.length ? 1 : JOINED_WORTH;
  const { alike, paired, over } = align(a.words, b.words);
  return Math.min(1, Math.max(alike / (paired + MISSING_WORTH * over), trigramSimilarity(a.trigrams, b.trigrams)));
}

/** Twice the shared groups of three letters among all of both (Dice). */
function trigramSimilarity(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  let shared = 0;
  for (const group of one) if (other.has(group)) shared += 1;
  const all = one.size + other.size;
  return all === 0 ? 0 : (2 * shared) / all;
}

function trigramsOf(words: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>();
  for (const word of words) {
    const padded = `  ${word} `;
    for (let at = 0; at + 3 <= padded.length; at += 1) found.add(padded.slice(at, at + 3));
  }
  return found;
}

/** Words of so few letters stand in too many texts. */
const CODED_LENGTH = 3;
const CODED_MAX = 3;

/** As for names: the sound of one long word with the first letter of another. */
export function textBlocks(text: string): readonly string[] {
  const words = [...new Set(wordsOf(text).map(withoutDigraphs))];
  const longest = words
    .filter((word) => word.length >= CODED_LENGTH)
    .toSorted((a, b) => b.length - a.length || (a < b ? -1 : 1))
    .slice(0, CODED_MAX);
  if (longest.length <= 1) return (longest.length === 0 ? words.slice(0, 1) : longest).map((word) => soundCode(word));
  return [
    ...new Set(
      longest.flatMap((word) =>
        longest.flatMap((next) => (next === word ? [] : [`${soundCode(word)}+${next.slice(0, 1)}`])),
      ),
    ),
  ];
}
