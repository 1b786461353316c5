// Text as words to compare: without case, accents and marks, and without the ways in which one letter is written.

const LETTERS: Readonly<Record<string, string>> = {
  ß: "ss",
  æ: "a",
  œ: "o",
  ø: "o",
  ł: "l",
  đ: "d",
  ð: "d",
  þ: "th",
  ı: "i",
};

/** Without case, accents and marks. */
function plain(text: string): string {
  return text
    .normalize("NFKD")
    .toLowerCase()
    .replace(/\p{M}+/gu, "")
    .replace(/[ßæœøłđðþı]/g, (letter) => LETTERS[letter] ?? letter);
}

/** Shorter words have no umlaut spelled out: Joe, Sue, Poe. */
const DIGRAPH_LENGTH = 5;

/** `Müller`, `Mueller` and `Muller` are one: what stands for an umlaut is the letter alone. */
export function withoutDigraphs(word: string): string {
  return word.length < DIGRAPH_LENGTH ? word : word.replace(/([aou])e/g, "$1");
}

/** Beyond these a text is no name: what counts is its beginning. */
const WORDS_MAX = 12;
const TEXT_MAX = 400;

/** Runs of letters and digits. An apostrophe joins: O'Neil is one word. */
export function wordsOf(text: string): readonly string[] {
  const found = plain(text.slice(0, TEXT_MAX))
    .replace(/['’`ʼ]/g, "")
    .match(/[\p{L}\p{N}]+/gu);
  return found?.slice(0, WORDS_MAX) ?? [];
}

/** A function of a text whose results are remembered: the same values are compared again and again. */
export function remembering<T>(make: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    const made = make(text);
    if (known.size >= REMEMBERED_MAX) known.clear();
    known.set(text, made);
    return made;
  };
}

/** Too few: a page of candidates is prepared twice. Too many: memory. Full: forgotten altogether. */
const REMEMBERED_MAX = 20_000;
