// Texts to test with: what real records hold, and what breaks naive comparison.

import { pick, whole, type Random } from "./chance.ts";

// The escaped entries: a decomposed é, an e with a zero-width joiner, wide letters, a combining mark alone, a no-break space.
export const TEXT_EDGES: readonly string[] = [
  "",
  " ",
  "null",
  "00123",
  "12345678901234567890",
  " Ada ",
  "ADA lovelace",
  "Ze\u0301 Zé",
  "👩‍👩‍👧 family",
  "𝒳𝒴",
  "ＡＢＣ１２３",
  "\u0301",
  "a\u00a0b",
  "İstanbul ıı ß ẞ",
  "line one\nline two\r\n",
  "\"quoted\" 'and' \\ back",
  "x".repeat(300),
];

const WORDS = ["Ada", "van", "Müller", "zoë", "ACME", "co.", "&", "42", "ﬁsh", "é", "東京", "🚀", "ÅNGSTRÖM", "o'Neil"];

export function sampleText(random: Random): string {
  const words = Array.from({ length: whole(random, 0, 4) }, () => pick(random, WORDS));
  return words.join(pick(random, [" ", "  ", "-", "\u00a0", ""]));
}
