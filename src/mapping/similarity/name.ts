// Names of people: the order of the words, small particles, titles, accents, hyphens and initials make little or no difference.

import { align, type Word } from "./alignment.ts";
import { soundCode, wordSimilarity } from "./word.ts";
import { remembering, withoutDigraphs, wordsOf } from "./words.ts";

/** What a system may leave out of a family name. */
const PARTICLES = new Set(
  "af al av bin bint da das de degli dei del dela della den der des di do dos du el ibn la las le les lo los ten ter thoe tot van vom von y zu zum zur".split(
    " ",
  ),
);
const TITLES = new Set(
  "dr prof mag dipl ing bsc msc ba ma mba phd mr mrs ms miss mister herr hr frau fr sir dame mme mlle monsieur madame senor senora".split(
    " ",
  ),
);

const PARTICLE_WEIGHT = 0.1;
/** A first letter for a whole name: likely, never certain. */
const INITIAL_WORTH = 0.85;
/** What a word that only one of two names has takes away: a middle name, the second half of a double name. */
const MISSING_WORTH = 0.3;
/** One and the same, but for where the words are parted: Anna-Maria and Annamaria. */
const JOINED_WORTH = 0.98;
/** A lone word is half a name: it may bring two records before a person, never together. */
const LONE_MAX = 0.75;

interface Name {
  readonly words: readonly Word[];
  /** All its words as one, in the order written. */
  readonly joined: string;
  /** Words that are neither particles nor titles. */
  readonly main: readonly string[];
}

const nameOf = remembering((text: string): Name => {
  const all = wordsOf(text);
  const named = all.filter((word) => !TITLES.has(word));
  const kept = named.length === 0 ? all : named;
  const proper = kept.filter((word) => !PARTICLES.has(word));
  const isMain = (word: string): boolean => proper.length === 0 || !PARTICLES.has(word);
  const main = kept.filter(isMain).map(withoutDigraphs);
  const words = kept.map((word): Word => ({ text: withoutDigraphs(word), weight: isMain(word) ? 1 : PARTICLE_WEIGHT }));
  return { words, joined: main.join(""), main };
});

export function nameSimilarity(one: string, other: string): number {
  const [a, b] = one <= other ? [nameOf(one), nameOf(other)] : [nameOf(other), nameOf(one)];
  if (a.words.length === 0 || b.words.length === 0) return one === other ? 1 : 0;
  const { alike, paired, over } = align(a.words, b.words, partSimilarity);
  const byWords = alike / (paired + MISSING_WORTH * over);
  const lone = a.main.length !== b.main.length && Math.min(a.main.length, b.main.length) === 1;
  const joined = a.joined === b.joined ? JOINED_WORTH : 0;
  return Math.max(lone ? Math.min(byWords, LONE_MAX) : byWords, joined);
}

function partSimilarity(one: string, other: string): number {
  if (one === other) return 1;
  if (one.length === 1 || other.length === 1) return one[0] === other[0] ? INITIAL_WORTH : 0;
  return wordSimilarity(one, other);
}

/** Main words by which candidates are looked for: the longest ones say the most. */
const CODED_MAX = 3;

/**
 * The sound of one word with the first letter of another, each way round: an error in one word leaves the other's key, and the
 * order of the words makes no difference.
 */
export function nameBlocks(text: string): readonly string[] {
  const { main } = nameOf(text);
  const longest = main
    .map((word, index) => ({ word, index }))
    .toSorted((x, y) => y.word.length - x.word.length || x.index - y.index)
    .slice(0, CODED_MAX)
    .map(({ word }) => word);
  if (longest.length === 1) return longest.map((word) => soundCode(word));
  return [
    ...new Set(
      longest.flatMap((word, index) =>
        word.length === 1
          ? []
          : longest.flatMap((next, at) => (at === index ? [] : [`${soundCode(word)}+${next.slice(0, 1)}`])),
      ),
    ),
  ];
}

/** First letters of the main words. */
export function nameInitials(text: string): readonly string[] {
  return [
    ...new Set(
      nameOf(text)
        .main.slice(0, CODED_MAX)
        .map((word) => word.slice(0, 1)),
    ),
  ];
}
