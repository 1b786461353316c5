// How alike two words are, from 0 to 1. Jaro and Jaro-Winkler as published (Winkler 1990; the tests hold the published
// values), and their mean with the share of letters that need no edit.
//
// No library: those on npm that are kept up bring a whole toolbox for two functions of thirty lines, and none has the mean.

/** Jaro's measure: letters in common near their place, and how many of them are out of order. Equal words: 1. */
export function jaro(one: string, other: string): number {
  if (one === other) return 1;
  const a = [...one];
  const b = [...other];
  if (a.length === 0 || b.length === 0) return 0;
  const reach = Math.max(0, Math.floor(Math.max(a.length, b.length) / 2) - 1);
  const taken = new Uint8Array(b.length);
  const common: string[] = [];
  a.forEach((letter, index) => {
    const end = Math.min(b.length - 1, index + reach);
    for (let at = Math.max(0, index - reach); at <= end; at += 1) {
      if (taken[at] === 1 || b[at] !== letter) continue;
      taken[at] = 1;
      common.push(letter);
      return;
    }
  });
  if (common.length === 0) return 0;
  let misplaced = 0;
  let next = 0;
  b.forEach((letter, index) => {
    if (taken[index] !== 1) return;
    if (common[next] !== letter) misplaced += 1;
    next += 1;
  });
  const count = common.length;
  return (count / a.length + count / b.length + (count - misplaced / 2) / count) / 3;
}

/** What each letter of a common beginning (at most four) closes of the gap to 1: Winkler's own figure. */
const PREFIX_WORTH = 0.1;
const PREFIX_MAX = 4;

export function jaroWinkler(one: string, other: string): number {
  const base = jaro(one, other);
  let prefix = 0;
  while (prefix < PREFIX_MAX && prefix < one.length && one[prefix] === other[prefix]) prefix += 1;
  return base + prefix * PREFIX_WORTH * (1 - base);
}

/** Letters that need no edit (insert, remove, replace, swap of neighbours), as a share of the longer word. */
export function unedited(one: string, other: string): number {
  const longer = Math.max(one.length, other.length);
  return longer === 0 ? 1 : 1 - edits(one, other) / longer;
}

/** Optimal string alignment. */
function edits(one: string, other: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const same = one[i - 1] === other[j - 1];
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1])
        cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[other.length] ?? 0;
}

/** Longer words are compared by their beginnings: nobody's name is longer, and the cost grows with the square. */
const WORD_MAX = 40;

/**
 * Jaro-Winkler alone finds Maria and Mario as near as a typing error in a long name is; the share of unedited letters alone
 * finds Jon and John far apart. The mean, with the gap to 1 a quarter wider, keeps one letter of a short name in doubt
 * (0.80 to 0.85) and forgives one of a long name (0.90 and more). Below 0.6 two words have nothing to do with each other.
 */
export function wordSimilarity(one: string, other: string): number {
  if (one === other) return 1;
  const a = one.slice(0, WORD_MAX);
  const b = other.slice(0, WORD_MAX);
  const mean = (jaroWinkler(a, b) + jaroWinkler(b, a)) / 4 + unedited(a, b) / 2;
  const wide = 1 - (1 - mean) * 1.25;
  return wide < 0.6 ? 0 : Math.min(wide, 0.99);
}

/**
 * What stays of a word when its spelling varies: consonants by their sound, without doubles; a vowel only at the beginning.
 * Meier, Mayer and Maier are one, as are Schmidt and Schmitt, Philip and Filip. For finding candidates, never for judging them.
 */
export function soundCode(word: string): string {
  const sounds = word
    .replace(/sch/g, "s")
    .replace(/ph/g, "f")
    .replace(/[ct]h/g, (pair) => (pair === "ch" ? "k" : "t"))
    .replace(/(?<=.)h/g, "")
    .replace(/[ckqx]/g, "k")
    .replace(/[dt]/g, "t")
    .replace(/[vw]/g, "f")
    .replace(/z/g, "s")
    .replace(/[ij]/g, (letter) => (letter === "j" ? "j" : "a"))
    .replace(/[aeouy]/g, "a");
  const code = sounds.slice(0, 1) + sounds.slice(1).replace(/[aj]/g, "");
  return code.replace(/(.)\1+/g, "$1").slice(0, 6);
}
