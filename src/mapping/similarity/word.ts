// How alike two words are, from 0 to 1. Jaro and Jaro-Winkler as published (Winkler 1990; the tests hold the published
// values), and their mean with the share of letters that need no edit.
//
// No library: those on npm that are kept up bring a whole toolbox for two functions of thirty lines, and none has the mean.

/** Words are compared by hundreds of thousands: nothing is allocated for one (measured: five times as fast as with arrays). */
const LENGTH_MOST = 64;
const takenOne = new Uint8Array(LENGTH_MOST);
const takenOther = new Uint8Array(LENGTH_MOST);

/** Jaro's measure: letters in common near their place, and how many of them are out of order. Equal words: 1. */
export function jaro(one: string, other: string): number {
  if (one === other) return 1;
  const a = Math.min(one.length, LENGTH_MOST);
  const b = Math.min(other.length, LENGTH_MOST);
  if (a === 0 || b === 0) return 0;
  const reach = Math.max(0, (Math.max(a, b) >> 1) - 1);
  takenOne.fill(0, 0, a);
  takenOther.fill(0, 0, b);
  let common = 0;
  for (let i = 0; i < a; i += 1) {
    const letter = one.charCodeAt(i);
    const end = Math.min(b - 1, i + reach);
    for (let j = Math.max(0, i - reach); j <= end; j += 1) {
      if (takenOther[j] === 1 || other.charCodeAt(j) !== letter) continue;
      takenOne[i] = 1;
      takenOther[j] = 1;
      common += 1;
      break;
    }
  }
  if (common === 0) return 0;
  let misplaced = 0;
  let j = 0;
  for (let i = 0; i < a; i += 1) {
    if (takenOne[i] !== 1) continue;
    while (takenOther[j] !== 1) j += 1;
    if (one.charCodeAt(i) !== other.charCodeAt(j)) misplaced += 1;
    j += 1;
  }
  return (common / a + common / b + (common - misplaced / 2) / common) / 3;
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

/** Of words of up to 64 letters: those that need no edit (insert, remove, replace, swap of neighbours), as a share of the longer word. */
function unedited(one: string, other: string): number {
  const longer = Math.max(one.length, other.length);
  return longer === 0 ? 1 : 1 - edits(one, other) / longer;
}

const rows: readonly [Uint8Array, Uint8Array, Uint8Array] = [
  new Uint8Array(LENGTH_MOST + 1),
  new Uint8Array(LENGTH_MOST + 1),
  new Uint8Array(LENGTH_MOST + 1),
];

/** Optimal string alignment. */
function edits(one: string, other: string): number {
  const a = Math.min(one.length, LENGTH_MOST);
  const b = Math.min(other.length, LENGTH_MOST);
  let [beforeLast, last, row] = rows;
  for (let j = 0; j <= b; j += 1) last[j] = j;
  for (let i = 1; i <= a; i += 1) {
    row[0] = i;
    const letter = one.charCodeAt(i - 1);
    for (let j = 1; j <= b; j += 1) {
      const beside = other.charCodeAt(j - 1);
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (letter === beside ? 0 : 1));
      if (i > 1 && j > 1 && letter === other.charCodeAt(j - 2) && one.charCodeAt(i - 2) === beside)
        cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
      row[j] = cost;
    }
    [beforeLast, last, row] = [last, row, beforeLast];
  }
  return last[b] ?? 0;
}

/**
 * Jaro-Winkler alone finds Maria and Mario as near as a typing error in a long name is; the share of unedited letters alone
 * finds Jon and John far apart. The mean, with the gap to 1 a quarter wider, keeps one letter of a short name in doubt
 * (0.80 to 0.85) and forgives one of a long name (0.90 and more). Below 0.6 two words have nothing to do with each other.
 */
export function wordSimilarity(one: string, other: string): number {
  if (one === other) return 1;
  // Jaro's measure may depend on which word is read first.
  const [a, b] = one < other ? [one, other] : [other, one];
  const beside = compared.get(a) ?? new Map<string, number>();
  const known = beside.get(b);
  if (known !== undefined) return known;
  const found = compareWords(a, b);
  if (remembered >= REMEMBERED_MAX) {
    compared.clear();
    remembered = 0;
  }
  compared.set(a, beside.set(b, found));
  remembered += 1;
  return found;
}

/** Names are made of few words, which meet again and again. Full (some 20 MB): forgotten altogether. */
const REMEMBERED_MAX = 200_000;
const compared = new Map<string, Map<string, number>>();
let remembered = 0;

function compareWords(a: string, b: string): number {
  const [one, other] = [a.slice(0, LENGTH_MOST), b.slice(0, LENGTH_MOST)];
  const alike = jaroWinkler(one, other);
  if (alike + Math.min(one.length, other.length) / Math.max(one.length, other.length) < LEAST_ALIKE) return 0;
  const wide = 1 - (1 - (alike + unedited(one, other)) / 2) * 1.25;
  return wide < 0.6 ? 0 : Math.min(wide, 0.99);
}

/** What both measures must come to for 0.6; no letters go unedited but those that the shorter word has. */
const LEAST_ALIKE = 2 * (1 - 0.4 / 1.25);

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
